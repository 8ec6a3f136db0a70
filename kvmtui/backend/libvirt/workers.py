"""Connections and lanes for what the user asks for: one per action that runs, so that none waits for another."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

from kvmtui.backend.lane import Lane, awaitable
from kvmtui.backend.libvirt.connection import Connection, Opening
from kvmtui.backend.libvirt.session import Session

T = TypeVar("T")

KEPT = 2
"""Idle workers that are kept, with their connections."""


class _Worker:
    def __init__(self) -> None:
        self.lane = Lane("action")
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._is_closed = False
        self._opening: Opening | None = None

    def connected(self, session: Session) -> Connection:
        """Return this worker's connection, opened or opened anew where needed. Blocks; runs on the lane."""
        if session.is_single:
            return session.connection
        if self._connection is None or not self._connection.is_alive:
            self._let_go()
            self._opening = Opening(session.uri, is_read_only=session.is_read_only)
            connection = self._opening.run()
            with self._lock:
                self._connection = connection
                is_late = self._is_closed
            if is_late:
                self._let_go()
            return connection
        return self._connection

    def close(self) -> None:
        """End lane and connection without waiting; a call that is stuck is released."""
        with self._lock:
            self._is_closed = True
        self.lane.abandon()
        if self._opening:
            self._opening.give_up()
        self._let_go()

    def _let_go(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.dispose_in_background()


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
        future.add_done_callback(lambda _done: _tell(loop, self._take_back, worker))
        return await awaitable(future)

    def close(self) -> None:
        """End all connections without waiting; calls that are stuck are released."""
        for worker in (*self._idle, *self._busy):
            worker.close()
        self._idle.clear()
        self._busy.clear()

    def _take_back(self, worker: _Worker) -> None:
        if worker not in self._busy:
            return
        self._busy.discard(worker)
        if len(self._idle) < KEPT:
            self._idle.append(worker)
        else:
            worker.close()


def _tell(loop: asyncio.AbstractEventLoop, take_back: Callable[[_Worker], None], worker: _Worker) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(take_back, worker)
