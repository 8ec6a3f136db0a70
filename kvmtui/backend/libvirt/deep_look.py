"""When the monitors of the visible domains are asked for disk rates and memory, and what happens when one does not answer."""

from __future__ import annotations

import asyncio
import time

import libvirt

from kvmtui.backend.libvirt.attention import Attention
from kvmtui.backend.libvirt.calls import chunks
from kvmtui.backend.libvirt.measures import deep_reading
from kvmtui.backend.libvirt.probe import Probe
from kvmtui.backend.libvirt.session import Session
from kvmtui.backend.libvirt.statistics import FOR_ROWS, Sample, read_samples
from kvmtui.model.failure import Failure

INTERVAL = 4.5
LOOK_AROUND = 1.0
LONGEST_PAUSE = 60.0
PORTION = 6
"""Domains per call: one that hangs takes the others of its portion along, once."""
DEADLINE = 2.0
SHARE = 0.2
"""Share of the time that the daemon may work on it."""
PATIENCE = 15.0
"""Seconds after which a call that is merely slow is given up."""
SILENT_FROM = 1.0
"""Seconds without an answer from which a monitor counts as silent."""


class DeepLook:
    """Reads the visible domains in turns, in portions, on a probe."""

    def __init__(self, session: Session, attention: Attention, probe: Probe) -> None:
        self._session = session
        self._attention = attention
        self._ledger = session.ledger
        self._probe = probe
        self._samples: dict[str, Sample] = {}
        self._failures = 0
        """Readings in a row that did not come to their end."""

    async def run(self) -> None:
        """Read until cancelled."""
        pause = 0.5
        while True:
            await self._rest(pause)
            await self._attention.watched.wait()
            is_first = not self._samples
            started = time.monotonic()
            is_complete = await self._read_all()
            took = time.monotonic() - started
            self._failures = 0 if is_complete else self._failures + 1
            if is_complete and not is_first:
                pause = max(INTERVAL, took / SHARE)
            else:
                pause = min(LONGEST_PAUSE, took + 2.0**self._failures)

    async def _rest(self, seconds: float) -> None:
        """Wait; not so long when domains have come into sight of which nothing is known yet."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(LOOK_AROUND, left))
            if self._samples and not self._failures and any(uuid not in self._samples for uuid in self._answering()):
                return

    async def _read_all(self) -> bool:
        for portion in chunks(self._answering(), PORTION):
            try:
                await self._read(list(portion))
            except TimeoutError:
                await self._find_the_silent(list(portion))
                return False
            except (libvirt.libvirtError, Failure):
                # its guest was killed while it was asked, or the connection is gone, which the session notices itself
                self._probe.replace()
                return True
        self._drop_those_out_of_sight()
        return True

    def _answering(self) -> list[str]:
        """Return the domains that are looked at, run, and have a monitor that answers."""
        entries, silent = self._ledger.entries, self._ledger.unanswered
        return [
            uuid for uuid in self._attention.looked_at
            if uuid not in silent and (entry := entries.get(uuid)) is not None and entry.state.is_active
        ]  # fmt: skip

    async def _read(self, portion: list[str]) -> None:
        facts = self._ledger.whole_facts
        deadline = DEADLINE + 10 * self._session.connection.round_trip
        samples = await self._probe.call(lambda connection: read_samples(connection, portion, FOR_ROWS, facts), deadline)
        for uuid, sample in samples.items():
            reading = deep_reading(self._samples.get(uuid), sample)
            self._samples[uuid] = sample
            if self._ledger.deep.get(uuid) != reading:
                self._ledger.deep[uuid] = reading
                self._ledger.stale.append(uuid)

    def _drop_those_out_of_sight(self) -> None:
        looked_at = self._attention.looked_at
        for uuid in [uuid for uuid in self._samples if uuid not in looked_at]:
            del self._samples[uuid]
            if self._ledger.deep.pop(uuid, None) is not None:  # old figures must not come back with the row
                self._ledger.stale.append(uuid)

    async def _find_the_silent(self, suspects: list[str]) -> None:
        """Leave a stuck call behind, and ask no more of the guests that hold it up until they answer again."""
        started = time.monotonic()
        while self._probe.is_overdue:
            hung = await self._session.silences(suspects)
            hung = {uuid: seconds for uuid, seconds in hung.items() if seconds >= SILENT_FROM}
            if hung or time.monotonic() - started > PATIENCE:
                self._ledger.unanswered.update(hung)
                self._ledger.stale.extend(hung)
                self._probe.replace()
                self._attention.wake.set()
                return
            await asyncio.sleep(0.5)
