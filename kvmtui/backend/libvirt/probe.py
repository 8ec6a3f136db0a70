"""A lane with a connection of its own, for calls that a hung guest can hold up; it is replaced when that happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from kvmtui.backend.lane import Lane, awaitable
from kvmtui.backend.libvirt.connection import Connection, open_connection
from kvmtui.backend.libvirt.session import Session

T = TypeVar("T")

OPEN_DEADLINE = 30.0


class Probe:
    """Runs blocking calls with a deadline.

    A driver that lives in this process keeps its state per connection, so there all share the session's one.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name
        self._lane = Lane(name)
        self._connection: Connection | None = session.connection if session.is_single else None
        self._overdue: Future[Any] | None = None

    @property
    def is_overdue(self) -> bool:
        """Whether a call is still out that missed its deadline."""
        return self._overdue is not None and not self._overdue.done()

    async def call(self, job: Callable[[Connection], T], deadline: float) -> T:
        """Run `job` with this probe's connection, which is opened when it is first needed or was lost.

        Raises:
            TimeoutError: no answer in time; the call is still out (`is_overdue`).
            Failure: no connection could be made.
            libvirt.libvirtError: whatever `job` raises.
        """
        connection = await self._connected()

        def work() -> T:
            with connection.in_use():
                return job(connection)

        future = self._lane.submit(work)
        try:
            async with asyncio.timeout(deadline):
                return await awaitable(future)
        except TimeoutError:
            self._overdue = future
            raise

    def replace(self) -> None:
        """Leave the lane and its connection behind; the call that is out is released by ending its socket."""
        self._lane.abandon()
        self._let_go()
        self._lane = Lane(self._name)
        self._overdue = None

    def close(self) -> None:
        """End the lane and the connection without waiting."""
        self._lane.abandon()
        self._let_go()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if self._session.is_single:
            self._connection = self._session.connection
        elif connection is not None:
            connection.dispose_in_background()

    async def _connected(self) -> Connection:
        if self._connection is not None and (self._session.is_single or self._connection.is_alive):
            return self._connection
        self._let_go()
        future = self._lane.submit(lambda: open_connection(self._session.uri, is_read_only=self._session.is_read_only))
        try:
            async with asyncio.timeout(OPEN_DEADLINE):
                self._connection = await awaitable(future)
        except (TimeoutError, asyncio.CancelledError):
            future.add_done_callback(_dispose_of)
            self._lane.abandon()
            self._lane = Lane(self._name)
            raise
        return self._connection


def _dispose_of(future: Future[Connection]) -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().dispose_in_background()
