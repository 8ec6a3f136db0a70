"""When XML, flags, leases and processes are read: at once for what is looked at, in turns for the rest."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from kvmtui.backend.libvirt.attention import Attention
from kvmtui.backend.libvirt.session import Session

STEP, IDLE_STEP = 0.25, 2.0
"""Seconds between two looks at what is due, while domains are left to read and when none is."""
GATHERING = 0.05
"""Seconds for which a scroll is let go on before what it brought into sight is read."""
SMALLEST_PORTION, LARGEST_PORTION = 16, 120
"""Domains out of sight whose XML is read in one go, as far as `DUTY` allows."""
DUTY, EAGER_DUTY, EAGER_FOR = 0.01, 0.08, 4.0
"""Share of one core that reading XML in the background may take; and in so many first seconds, so that filters soon know all."""
ROLLING, ROLLING_EACH = 120.0, 0.05
"""Seconds after which a domain's XML is read again, and by which each domain prolongs that where there are many.

Many changes of a configuration cause no event.
"""
NEVER = float("-inf")
QUEUEING = 5.0
"""Seconds between two looks for domains whose XML is old or was never read."""
SELECTED = 5.0
"""Likewise of the selected domain."""
FLAGS = 30.0
LEASES, LEASES_AFTER_START = 8.0, 4.0
PROCESSES = 60.0
FLAGS_DUTY = 0.01


class FactRounds:
    """Keeps the ledger's books of facts fresh."""

    def __init__(self, session: Session, attention: Attention) -> None:
        self._session = session
        self._attention = attention
        self._ledger = session.ledger
        self._due = {"flags": 0.0, "leases": 0.0, "processes": 0.0}
        self._has_processes = session.has_local_processes
        self._queue: list[str] = []
        self._queue_due = 0.0
        self._resting_until = 0.0
        self._flags_rest = 0.0
        self._portion = SMALLEST_PORTION
        self._began = time.monotonic()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await self._attention.watched.wait()
            await self._read_what_is_due()
            await self._read_xml()
            await self._pause()

    def expect_start(self) -> None:
        """Take the hint that a domain was started: it has a process, and will have a lease."""
        now = time.monotonic() - self._began
        self._hasten("processes", now)
        self._hasten("leases", now + LEASES_AFTER_START)

    async def _pause(self) -> None:
        wanted = self._attention.facts_wanted
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STEP if self._queue else IDLE_STEP):
                await wanted.wait()
            await asyncio.sleep(GATHERING)
        wanted.clear()

    def _hasten(self, what: str, due: float) -> None:
        self._due[what] = min(self._due[what], due)

    async def _read_what_is_due(self) -> None:
        reader = self._session.facts_reader
        now = time.monotonic() - self._began
        if self._attention.redefined:
            self._hasten("flags", now)
        if now >= max(self._due["flags"], self._flags_rest):
            self._due["flags"] = now + FLAGS
            cost = await self._run(reader.read_flags)
            self._flags_rest = now + cost / FLAGS_DUTY
            self._show()
        if now >= self._due["processes"] and self._has_processes:
            self._due["processes"] = now + PROCESSES
            await self._run(reader.read_processes)
        if now >= self._due["leases"]:
            self._due["leases"] = now + LEASES
            await self._run(reader.read_leases)

    async def _read_xml(self) -> None:
        looked_at = self._attention.looked_at
        reader, ledger = self._session.facts_reader, self._ledger
        for uuid in [uuid for uuid in ledger.whole_facts if uuid not in looked_at]:
            del ledger.whole_facts[uuid]
        wanted = [uuid for uuid in looked_at if uuid in ledger.entries and self._is_due(uuid)]
        if wanted:
            self._attention.redefined -= set(wanted)
            await self._run(lambda: reader.read_xml(wanted, keeps_whole=True))
            self._show()
        if time.monotonic() < self._resting_until:
            return
        portion = self._next_unseen(looked_at)
        if portion:
            self._attention.redefined -= set(portion)
            cost = await self._run(lambda: reader.read_xml(portion, keeps_whole=False))
            now = time.monotonic()
            duty = EAGER_DUTY if now < self._began + EAGER_FOR else DUTY
            self._resting_until = now + cost / duty - STEP
            affordable = int(STEP * duty * len(portion) / max(cost, 1e-6))
            self._portion = max(SMALLEST_PORTION, min(LARGEST_PORTION, affordable))

    def _is_due(self, uuid: str) -> bool:
        if uuid in self._attention.redefined or uuid not in self._ledger.whole_facts:
            return True
        age = time.monotonic() - self._session.facts_reader.read_at.get(uuid, NEVER)
        return age > (SELECTED if uuid == self._attention.interest.selected else ROLLING)

    def _next_unseen(self, looked_at: frozenset[str]) -> list[str]:
        """Return the next portion of what is out of sight: what changed, what was never read, what was read long ago."""
        entries, read_at = self._ledger.entries, self._session.facts_reader.read_at
        now = time.monotonic()
        if not self._queue and now >= self._queue_due:
            self._queue_due = now + QUEUEING
            rolling = max(ROLLING, ROLLING_EACH * len(entries))
            self._queue = [uuid for uuid in entries if read_at.get(uuid, NEVER) <= now - rolling]
        changed = [uuid for uuid in self._attention.redefined if uuid not in looked_at][: self._portion]
        portion = [uuid for uuid in changed if uuid in entries]
        self._attention.redefined -= set(changed) - set(portion)
        while self._queue and len(portion) < self._portion:
            uuid = self._queue.pop()
            if uuid in entries and uuid not in looked_at and uuid not in portion:
                portion.append(uuid)
        return portion

    def _show(self) -> None:
        if self._ledger.stale:
            self._attention.wake.set()

    async def _run(self, job: Callable[[], float | None]) -> float:
        with contextlib.suppress(TimeoutError):
            return await self._session.look_up(job) or 0.0
        return 0.0
