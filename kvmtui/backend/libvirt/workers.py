"""Connections and lanes for what the user asks for: one per action that runs, so that none waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from kvmtui.backend.lane import Lane
from kvmtui.backend.libvirt.connection import Connection, open_connection
from kvmtui.backend.libvirt.session import Session

T = TypeVar("T")

KEPT = 2
"""Idle workers that are kept, with their connections."""


class _Worker:
    def __init__(self) -> None:
        self.lane = Lane("action")
        self.connection: Connection | None = None

    def connected(self, session: Session) -> Connection:
        """Return this worker's connection, opened or opened anew where needed. Blocks; runs on the lane."""
        if session.is_single:
            return session.connection
        if self.connection is None or not self.connection.is_alive:
            self.let_go()
            self.connection = open_connection(session.uri, is_read_only=session.is_read_only)
        return self.connection

    def let_go(self) -> None:
        if self.connection is not None:
            self.connection.dispose_in_background()
            self.connection = None

    def close(self) -> None:
        self.lane.abandon()
        self.let_go()


class Workers:
    """The workers of one host."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()

    async def run(self, session: Session, job: Callable[[Connection], T]) -> T:
        """Run `job` with a connection on a worker of its own; when the caller is cancelled, nobody waits for it any more."""
        loop = asyncio.get_running_loop()
        worker = self._idle.pop() if self._idle else _Worker()
        self._busy.add(worker)
        future = worker.lane.submit(lambda: job(worker.connected(session)))
        future.add_done_callback(lambda done: self._call_back(loop, worker, done))
        return await asyncio.shield(asyncio.wrap_future(future))

    def close(self) -> None:
        """End all connections without waiting; calls that are stuck are released."""
        for worker in (*self._idle, *self._busy):
            worker.close()
        self._idle.clear()
        self._busy.clear()

    def _call_back(self, loop: asyncio.AbstractEventLoop, worker: _Worker, done: Future[T]) -> None:
        if not done.cancelled():
            done.exception()
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._take_back, worker)

    def _take_back(self, worker: _Worker) -> None:
        if worker not in self._busy:
            return
        self._busy.discard(worker)
        if len(self._idle) < KEPT:
            self._idle.append(worker)
        else:
            worker.close()
