"""The tasks that serve one session, from its first table to its end. Runs on the event loop, blocks nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import libvirt

from kvmtui.backend.lane import Lane, awaitable
from kvmtui.backend.libvirt.attention import Attention
from kvmtui.backend.libvirt.close_look import CloseLook
from kvmtui.backend.libvirt.deep_look import DeepLook
from kvmtui.backend.libvirt.events import Heard, Inbox
from kvmtui.backend.libvirt.fact_rounds import FactRounds
from kvmtui.backend.libvirt.probe import Probe
from kvmtui.backend.libvirt.session import Session, lost
from kvmtui.backend.protocol import HostListener
from kvmtui.model.event import DomainEvent
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.host import HostSnapshot
from kvmtui.model.key import Key

T = TypeVar("T")

LATE_AFTER = 5.0
"""Seconds without an answer after which the host is called late."""
GIVEN_UP_AFTER = 60.0
PULSE, NO_PULSE = 3.0, 8.0
"""Seconds between two requests that only ask whether anybody is there, and without an answer until the connection is given up."""
SECOND_POLL = 0.3
"""Seconds from the first CPU times to those that they are compared with."""
SHORTEST_GAP = 0.05
"""Seconds between two polls, however many events ask for one."""
LONGEST_INTERVAL = 30.0
PROCESSOR_SHARE, WALL_SHARE = 0.04, 0.5
"""Shares of the interval that a poll may take of one core, and of the time; one that takes more stretches the interval."""


class Watch:
    """Reads one session until it ends."""

    def __init__(self, key: str, session: Session, listener: HostListener, attention: Attention, interval: float) -> None:
        self._key = key
        self._session = session
        self._listener = listener
        self._attention = attention
        self._interval = interval
        self._facts = FactRounds(session, attention)
        statistics = Probe(session, "statistics")
        # one ssh less where each connection is one
        selected = Probe(session, "selected domain") if session.is_host_local else statistics
        self._probes = statistics, selected
        self._deep_look = DeepLook(session, attention, statistics)
        self._close_look = CloseLook(session, listener, attention, selected, interval)

    async def run(self) -> Failure:
        """Serve the session until its connection ends; return why it did."""
        loop = asyncio.get_running_loop()
        ended = awaitable(self._session.ended)
        parts = (
            self._poll(), self._hear(), self._feel_pulse(), self._facts.run(), self._deep_look.run(), self._close_look.run(),
        )  # fmt: skip
        tasks = [loop.create_task(part) for part in parts]
        waited_for: list[asyncio.Future[Any]] = [ended, *tasks]
        try:
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await asyncio.gather(*tasks)  # none of them returns: this raises what one of them raised
            return await ended
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._close_look.close()
            for probe in self._probes:
                probe.close()

    async def _poll(self) -> None:
        await self._fill()
        interval = self._interval
        while True:
            await self._pause(interval)
            touched, self._attention.touched = frozenset(self._attention.touched), set()
            visible = self._attention.looked_at
            reading = self._session.submit(_tick(self._session, visible, touched))
            if not await self._show(reading):
                self._attention.touched |= touched
                continue
            cost = self._session.poll.cost
            interval = min(LONGEST_INTERVAL, max(self._interval, cost.processor / PROCESSOR_SHARE, cost.wall / WALL_SHARE))

    async def _fill(self) -> None:
        """Read all domains once, and those that run a second time, which makes rates."""
        poll = self._session.poll
        await self._show(self._session.filled)
        while not poll.is_filled:
            await self._show(self._session.submit(poll.fill))
        await asyncio.sleep(SECOND_POLL)
        poll.compare()
        while not poll.is_filled:
            await self._show(self._session.submit(poll.fill))

    async def _show(self, reading: Future[HostSnapshot]) -> bool:
        snapshot = await self._answer(reading)
        if snapshot is None:
            return False
        self._listener.found(snapshot)
        return True

    async def _pause(self, seconds: float) -> None:
        """Wait for the next poll: so long, or until somebody wakes it; while nobody looks, without end."""
        await asyncio.sleep(SHORTEST_GAP)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._attention.wake.wait()
        await self._attention.watched.wait()
        self._attention.wake.clear()

    async def _answer(self, future: Future[T]) -> T | None:
        """Wait for a reading, however long; say so when it is late, and end the session when it never comes.

        Returns:
            None when libvirt refused; the listener has been told.
        """
        started = time.monotonic()
        while True:
            elapsed = time.monotonic() - started
            try:
                async with asyncio.timeout((LATE_AFTER if elapsed < LATE_AFTER else GIVEN_UP_AFTER) - elapsed):
                    return await awaitable(future)
            except TimeoutError:
                self._be_late(time.monotonic() - started)
            except libvirt.libvirtError as error:
                failure = self._session.check(error.with_traceback(None), "read the host")
                if failure.kind is not FailureKind.CONNECTION:
                    self._listener.late(failure)
                return None

    def _be_late(self, elapsed: float) -> None:
        failure = Failure(FailureKind.TIMEOUT, "read the host", f"No answer for {elapsed:.0f} s.", "It is waited for.")
        self._listener.late(failure)
        if elapsed >= GIVEN_UP_AFTER:
            self._session.end(lost(failure.said))

    async def _feel_pulse(self) -> None:
        """End the session when the daemon does not answer a request that waits for nothing (virConnectNumOfDomains)."""
        raw, lane = self._session.connection.raw, Lane(f"pulse {self._key}")
        try:
            while self._session.has_link:
                await asyncio.sleep(PULSE)
                with contextlib.suppress(libvirt.libvirtError, Failure):
                    await lane.call(lambda: self._session.use(raw.numOfDomains), NO_PULSE)
        except TimeoutError:
            self._session.end(lost("libvirt's daemon does not answer any more."))
        finally:
            lane.abandon()
        await asyncio.Event().wait()

    async def _hear(self) -> None:
        """Register for events once the first table is there, then have everything read again."""
        await asyncio.wait([awaitable(self._session.filled)])
        inbox = Inbox(asyncio.get_running_loop(), self._heard)
        lane = Lane("register events")
        try:
            await lane.call(lambda: self._session.hear(inbox))
        finally:
            lane.end()
        self._session.poll.list_again()
        self._attention.wake.set()
        await asyncio.Event().wait()

    def _heard(self, heard: Heard) -> None:
        self._session.ledger.started.update(heard.started)
        if heard.started:
            self._facts.expect_start()
        for uuid, when, text in heard.news:
            self._listener.happened(DomainEvent(Key(self._key, uuid), when, text))
        self._attention.touch(heard.touched, heard.redefined)


def _tick(session: Session, visible: frozenset[str], touched: frozenset[str]) -> Callable[[], HostSnapshot]:
    return lambda: session.poll.tick(visible, touched)
