"""One daemon thread that runs blocking calls in order, awaited from asyncio."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class AbandonedError(Exception):
    """The lane was left behind before it came to the call."""


class Lane:
    """A queue of blocking calls and the thread that runs them, one at a time.

    The thread is a daemon: a call that is never answered holds up neither another lane nor the end of the program.
    A lane whose call is overdue is left behind with `abandon` and another one takes its place.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self._is_abandoned = False
        self._is_started = False

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Queue `job`; this needs no event loop, so that work can begin before there is one."""
        future: Future[T] = Future()
        self._jobs.put((job, future))
        if self._is_abandoned:
            self._refuse_the_rest()
        elif not self._is_started:  # a thread that is never needed costs memory
            self._is_started = True
            threading.Thread(target=self._run, name=self.name, daemon=True).start()
        return future

    async def call(self, job: Callable[[], T], timeout: float | None = None) -> T:
        """Run `job` on this lane and return its result.

        Cancelling drops the job if it has not started. After `timeout` seconds the wait ends; the job may still run.

        Raises:
            TimeoutError: the job did not end in time.
            AbandonedError: the lane was left behind before the job's turn.
        """
        import asyncio  # here, so that calls can be under way before it is loaded

        async with asyncio.timeout(timeout):
            return await asyncio.wrap_future(self.submit(job))

    def abandon(self) -> None:
        """Let the thread end after the call that it is in; later calls fail."""
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
            with contextlib.suppress(InvalidStateError):  # nobody wants it any more
                try:
                    result = job()
                except BaseException as error:  # noqa: BLE001 - it belongs to whoever awaits the call
                    future.set_exception(error)
                else:
                    future.set_result(result)
                    del result
            del entry, job, future  # nothing may keep a libvirt object alive while the lane waits
        self._is_abandoned = True
        self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        while not self._jobs.empty():
            entry = self._jobs.get()
            if entry is not None and entry[1].set_running_or_notify_cancel():
                entry[1].set_exception(AbandonedError(f"{self.name} was left behind"))


def awaitable(future: Future[T]) -> asyncio.Future[T]:
    """Return a view of `future` for the event loop: cancelling it leaves the call alone, and nobody need ask for its outcome."""
    import asyncio

    waiting = asyncio.wrap_future(future)
    shielded = asyncio.shield(waiting)
    for view in (waiting, shielded):
        view.add_done_callback(lambda done: done.cancelled() or done.exception())
    return shielded
