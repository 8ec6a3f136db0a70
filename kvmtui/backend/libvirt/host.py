"""One host over libvirt: keeps the URI connected, lets a watch read it, and runs operations on it.

What needs asyncio is imported when there is an event loop, so that the first connection opens while that is loaded.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import libvirt

from kvmtui.backend.lane import AbandonedError, awaitable
from kvmtui.backend.libvirt.acting import DomainActs, logs_of
from kvmtui.backend.libvirt.calls import VirConnect, VirDomain
from kvmtui.backend.libvirt.connection import Connection
from kvmtui.backend.libvirt.errors import failure_of
from kvmtui.backend.libvirt.ledger import Ledger
from kvmtui.backend.libvirt.reachability import is_local, open_timeout, resolved
from kvmtui.backend.libvirt.session import Session, lost
from kvmtui.backend.protocol import HostListener, Interest
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.text import printable

if TYPE_CHECKING:
    from kvmtui.backend.libvirt.attention import Attention
    from kvmtui.backend.libvirt.workers import Workers

T = TypeVar("T")

OPEN_DEADLINE_LOCAL, OPEN_DEADLINE_REMOTE = 8.0, 30.0
LONG_OPEN = 120.0
"""Seconds for the test driver: it parses its file while it opens."""
RETRY_LOCAL, RETRY_REMOTE = (0.2, 5.0), (1.0, 30.0)
"""Seconds before the first and, doubling, the later tries to connect."""
STEADY = 10.0
"""Seconds that a connection must have lasted for the tries to begin anew."""

_log = logging.getLogger(__name__)


class LibvirtHost(DomainActs):
    """A host that libvirt reaches under one URI; "" leaves the choice to libvirt."""

    def __init__(self, uri: str, *, is_read_only: bool = False, interval: float = 2.0) -> None:
        self.key = uri
        self._is_read_only = is_read_only
        self._interval = interval
        self._ledger = Ledger(uri)
        self._session: Session | None = None
        self._is_connected = False
        self._is_closed = False

    @cached_property
    def _attention(self) -> Attention:
        from kvmtui.backend.libvirt.attention import Attention

        return Attention()

    @cached_property
    def _workers(self) -> Workers:
        from kvmtui.backend.libvirt.workers import Workers

        return Workers()

    def begin(self) -> None:
        """Start to connect on a thread, before there is an event loop; `run` takes the result."""
        if self._session is None and not self._is_closed:
            self._ledger = self._ledger.successor()
            self._session = Session(self.key, self._ledger, is_read_only=self._is_read_only)

    async def run(self, listener: HostListener) -> None:
        """Connect, read and reconnect until cancelled."""
        from kvmtui.backend.libvirt.watch import Watch

        shortest, longest = RETRY_LOCAL if is_local(resolved(self.key)) else RETRY_REMOTE
        wait = shortest
        try:
            while not self._is_closed:
                listener.connecting()
                try:
                    began = time.monotonic()
                    session = await self._connect(listener)
                    failure = await Watch(self.key, session, listener, self._attention, self._interval).run()
                except Failure as reason:
                    failure = reason
                except Exception as bug:  # noqa: BLE001 - the other hosts and the screen go on; this host is tried again
                    _log.exception("Reading %s", self.key)
                    failure = Failure(FailureKind.OTHER, "read the host", printable(repr(bug)), "This is a fault of kvmtui.")
                self._retire()
                listener.lost(failure)
                if time.monotonic() - began > STEADY:
                    wait = shortest
                await self._rest(wait)
                wait = min(wait * 2, longest)
        finally:
            self._retire()

    def look_at(self, interest: Interest) -> None:
        """Say what is being looked at."""
        self._attention.look_at(interest)

    def poll_soon(self) -> None:
        """End the wait for the next poll, or for the next try to connect."""
        self._attention.wake.set()

    def pause(self) -> None:
        """Stop polling (nobody looks); events are still heard."""
        self._attention.watched.clear()

    def resume_polling(self) -> None:
        """Poll again, at once."""
        self._attention.watched.set()
        self._attention.wake.set()

    def close(self) -> None:
        """Give the connection up without waiting for it."""
        self._is_closed = True
        self._retire()

    async def _connect(self, listener: HostListener) -> Session:
        import asyncio

        self.begin()
        session = self._session
        if session is None:
            raise lost("It was closed.")
        deadline = self._open_deadline()
        try:
            async with asyncio.timeout(deadline):
                facts, snapshot = await awaitable(session.opened)
        except TimeoutError:
            raise open_timeout(self.key, deadline) from None
        self._is_connected = True
        listener.connected(facts)
        listener.found(snapshot)
        return session

    def _open_deadline(self) -> float:
        uri = resolved(self.key)
        if uri.startswith("test"):
            return LONG_OPEN
        return OPEN_DEADLINE_LOCAL if is_local(uri) else OPEN_DEADLINE_REMOTE

    async def _rest(self, seconds: float) -> None:
        import asyncio
        import random

        self._attention.wake.clear()
        spread = random.uniform(0.8, 1.2)  # noqa: S311 - so that many do not come back at the same moment
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds * spread):
                await self._attention.wake.wait()

    def _retire(self) -> None:
        session, self._session, self._is_connected = self._session, None, False
        self._workers.close()
        if session is not None:
            session.retire()

    async def _run(self, uuid: str, verb: str, job: Callable[[VirDomain], T]) -> T:
        try:
            return await self._ask(uuid, verb, job)
        finally:
            self._attention.touch({uuid}, {uuid})

    async def _ask(self, uuid: str, verb: str, job: Callable[[VirDomain], T]) -> T:
        name = self._ledger.name(uuid)
        return await self._work(f"{verb} {name}", lambda connection: job(connection.raw.lookupByUUIDString(uuid)), target=name)

    async def _ask_host(self, attempted: str, job: Callable[[VirConnect], T]) -> T:
        return await self._work(attempted, lambda connection: job(connection.raw))

    async def _work(self, attempted: str, job: Callable[[Connection], T], target: str = "") -> T:
        session = self._session
        if session is None or not self._is_connected:
            said = "There is no connection to the host."
            raise Failure(FailureKind.CONNECTION, attempted, said, target=target, was_sent=False)
        was_sent = False

        def work(connection: Connection) -> T | Failure:
            nonlocal was_sent
            try:
                with connection.in_use():
                    was_sent = True
                    return job(connection)
            except libvirt.libvirtError as error:
                return failure_of(error, attempted, is_alive=connection.is_alive, target=target, uri=self.key)

        try:
            outcome = await self._workers.run(session, work)
        except AbandonedError:
            said = "The connection was lost."
            raise Failure(FailureKind.CONNECTION, attempted, said, target=target, was_sent=was_sent) from None
        except Failure as failure:
            failure.was_sent = was_sent
            raise
        if isinstance(outcome, Failure):
            raise outcome
        return outcome

    def _list_again(self) -> None:
        if self._session is not None and self._is_connected:
            self._session.poll.list_again()
            self._attention.wake.set()

    def _note_job(self, uuid: str, job: str) -> None:
        if job:
            self._ledger.jobs[uuid] = job
        else:
            self._ledger.jobs.pop(uuid, None)
        self._ledger.stale.append(uuid)
        self._attention.wake.set()

    def _local_logs(self) -> Path | None:
        session = self._session
        return logs_of(session.actual_uri) if session and session.has_local_processes else None
