"""One daemon thread that runs blocking calls in order, awaited from asyncio."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Lane:
    """A queue of blocking calls and the thread that runs them, one at a time.

    The thread is a daemon: a call that is never answered holds up neither another lane nor the end of the program.
    A lane whose call is overdue is left behind with `abandon` and another one takes its place.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self._is_abandoned = False
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Queue `job`; this needs no event loop, so that work can begin before there is one."""
        future: Future[T] = Future()
        self._jobs.put((job, future))
        return future

    async def call(self, job: Callable[[], T], timeout: float | None = None) -> T:
        """Run `job` on this lane and return its result.

        Cancelling drops the job if it has not started. After `timeout` seconds the wait ends; the job may still run.

        Raises:
            TimeoutError: the job did not end in time.
        """
        import asyncio  # here, so that calls can be under way before it is loaded

        async with asyncio.timeout(timeout):
            return await asyncio.wrap_future(self.submit(job))

    def abandon(self) -> None:
        """Let the thread end after the call that it is in; later calls are not run."""
        self._is_abandoned = True
        self._jobs.put(None)

    def end(self) -> None:
        """Let the thread end after all calls that are queued."""
        self._jobs.put(None)

    def _run(self) -> None:
        while not self._is_abandoned and (entry := self._jobs.get()) is not None:
            job, future = entry
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever awaits the call
                if not future.cancelled():
                    future.set_exception(error)
            else:
                if not future.cancelled():
                    future.set_result(result)
                del result
            del entry, job, future  # nothing may keep a libvirt object alive while the lane waits
