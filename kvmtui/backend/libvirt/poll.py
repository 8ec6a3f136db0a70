"""The reading that needs no monitor: states, network counters, CPU times and sizes of all domains, and the host's load.

Everything here blocks and runs on the poll's lane. No guest can hold it up: none of its calls talks to QEMU.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import libvirt

from kvmtui.backend.libvirt.calls import VirDomain, in_slices
from kvmtui.backend.libvirt.connection import Connection
from kvmtui.backend.libvirt.errors import is_gone, one_line
from kvmtui.backend.libvirt.ledger import Entry, Ledger
from kvmtui.backend.libvirt.listing import Stats, all_states, statistics_of
from kvmtui.backend.libvirt.load import LoadMeter
from kvmtui.backend.libvirt.turns import Rotation, Turn
from kvmtui.model.host import HostSnapshot
from kvmtui.model.rates import Counter

RESYNC = 30.0
"""Seconds after which everything is listed afresh, events or not."""
RESYNC_DUTY, STATS_DUTY, INFO_DUTY = 0.005, 0.02, 0.01
"""Shares of one core for listing everything, the statistics of all running domains, and the sizes of those out of sight."""
ROUND = 10.0
"""Seconds in which every running domain's CPU time is read once, as far as `INFO_DUTY` and `MOST_PER_SECOND` allow."""
MOST_PER_SECOND = 150.0
ROUNDS_OF_RESTING = 6
"""Once in so many rounds the sizes of domains that do not run are read too: their changes cause no event."""
IN_PORTIONS_FROM = 1000
"""Domains from which on a list in one answer would hold the interpreter's lock for longer than a key may wait."""
PORTION = 2500
"""Domains that are read before the table is shown again, while it is filled."""
MANY_TOUCHED = 200
"""From so many touched domains on, everything is listed instead of looking each one up."""

_STATE = libvirt.VIR_DOMAIN_STATS_STATE
_STATE_AND_TRAFFIC = libvirt.VIR_DOMAIN_STATS_STATE | libvirt.VIR_DOMAIN_STATS_INTERFACE
_SILENT = libvirt.VIR_DOMAIN_CONTROL_OCCUPIED, libvirt.VIR_DOMAIN_CONTROL_ERROR

Infos = list[tuple[str, tuple[list[int], float] | libvirt.libvirtError]]
"""UUIDs with what virDomainGetInfo told and when."""


@dataclass(slots=True)
class Cost:
    """What one poll took, in seconds."""

    wall: float = 0.0
    processor: float = 0.0


@dataclass(slots=True)
class Poll:
    """Reads one connection into a ledger."""

    connection: Connection
    ledger: Ledger
    cost: Cost = field(default_factory=Cost)
    hears_events: bool = False
    _load: LoadMeter = field(init=False)
    _has_traffic: bool = True
    _resync: Turn = field(default_factory=lambda: Turn(RESYNC))
    _all_stats: Turn = field(default_factory=lambda: Turn(0.0))
    _unseen: Rotation = field(init=False)
    _to_fill: list[str] = field(default_factory=list)
    _last_tick: float = 0.0
    _info_cost: float = 0.0002
    """Processor seconds per call."""

    def __post_init__(self) -> None:
        self._load = LoadMeter(self.connection.raw)
        self._unseen = Rotation(self._round)

    def start(self) -> HostSnapshot:
        """List all domains with their states: enough for a first table."""
        self._list_all()
        self._to_fill = list(self.ledger.entries)
        return self._snapshot()

    def fill(self) -> HostSnapshot:
        """Read the sizes and counters of the next portion of all domains; `is_filled` tells whether that was the last one."""
        portion, self._to_fill = self._to_fill[:PORTION], self._to_fill[PORTION:]
        entries = self.ledger.entries
        present = [uuid for uuid in portion if uuid in entries]
        self._read([uuid for uuid in present if entries[uuid].state.is_active], present)
        self._last_tick = time.monotonic()
        return self._snapshot()

    @property
    def is_filled(self) -> bool:
        """Whether nothing is left to `fill`."""
        return not self._to_fill

    def compare(self) -> None:
        """Have `fill` read the running domains once more: two readings make a rate."""
        self._to_fill = self.ledger.active()

    def tick(self, visible: frozenset[str], touched: frozenset[str]) -> HostSnapshot:
        """Read what is due and return everything.

        Args:
            visible: the domains on the screen, read every time.
            touched: domains of which an event spoke.
        """
        started, processor = time.monotonic(), time.thread_time()
        are_many = len(touched) >= MANY_TOUCHED
        if self._resync.is_due or are_many:
            self._list_all()
        if are_many:
            self._take_infos(self._fetch_infos([uuid for uuid in touched if uuid in self.ledger.entries]))
        elif touched:
            self._look_again(touched)
        active = self.ledger.active()
        seen = [uuid for uuid in active if uuid in visible]
        unseen = self._next_unseen(len(active) - len(seen), visible, started - self._last_tick)
        is_turn_of_all = self._all_stats.is_due
        self._read(active if is_turn_of_all else seen, seen + unseen, is_all=is_turn_of_all)
        self._last_tick = started
        self._check_silent()
        snapshot = self._snapshot()
        self.cost = Cost(time.monotonic() - started, time.thread_time() - processor)
        return snapshot

    def list_again(self) -> None:
        """Have the next poll list everything."""
        self._resync.due = 0.0

    def silence(self, uuid: str) -> float | None:
        """Return for how many seconds QEMU's monitor has not answered; None when it does (virDomainGetControlInfo)."""
        try:
            state, _, milliseconds = self.connection.domain(uuid).controlInfo()
        except libvirt.libvirtError:
            return None
        return round(milliseconds / 1000, 1) if state in _SILENT else None

    def _snapshot(self) -> HostSnapshot:
        return HostSnapshot(self.ledger.make_rows(), time.monotonic(), self._load.load)

    def _list_all(self) -> None:
        processor = time.thread_time()
        known = set(self.ledger.entries)
        in_portions = len(known) > IN_PORTIONS_FROM
        for domain, record in in_slices(all_states(self.connection, in_portions=in_portions)):
            uuid = domain.UUIDString()
            known.discard(uuid)
            self._take_record(domain, uuid, record)
        self._resync.done(time.thread_time() - processor, RESYNC_DUTY)
        if known:  # gone, or between two states while both lists were made
            self._look_again(known)

    def _look_again(self, uuids: Iterable[str]) -> None:
        """Read single domains afresh, by looking them up: names may have changed, and what is gone is dropped."""
        wanted = list(uuids)
        look_up = self.connection.raw.lookupByUUIDString
        for uuid in wanted:
            self.connection.domains.pop(uuid, None)
        present = []
        for uuid, domain in zip(wanted, self.connection.side_by_side([_bound(look_up, uuid) for uuid in wanted]), strict=True):
            if isinstance(domain, libvirt.libvirtError):
                self._take_error(uuid, domain)
            else:
                present.append(domain)
        for domain, record in statistics_of(self.connection, present, _STATE):
            self._take_record(domain, domain.UUIDString(), record)
        self.ledger.stale.extend(uuid for uuid in wanted if uuid in self.ledger.entries)
        self._take_infos(self._fetch_infos([uuid for uuid in wanted if uuid in self.ledger.entries]))

    def _read(self, traffic_of: list[str], info_of: list[str], *, is_all: bool = False) -> None:
        """Read network counters and sizes of some domains, and the host's load; side by side where the link is slow."""

        def fetch_traffic() -> tuple[Stats, float]:
            started = time.thread_time()
            return self._fetch_traffic(traffic_of), time.thread_time() - started

        def fetch_infos() -> Infos:
            return self._fetch_infos(info_of)

        calls: list[Callable[[], Any]] = [fetch_infos, fetch_traffic, self._load.read]
        answers: list[Any] = list(self.connection.side_by_side(calls))
        for answer in answers:
            if isinstance(answer, libvirt.libvirtError):
                raise answer
        infos, traffic, _load = answers
        processor = time.thread_time()
        self._take_traffic(traffic[0], traffic_of)
        if is_all:
            self._all_stats.done(traffic[1] + time.thread_time() - processor, STATS_DUTY)
            if not self._has_traffic and self.hears_events:  # nothing but states, which events tell
                self._all_stats.due = max(self._all_stats.due, time.monotonic() + RESYNC / 2)
        self._take_infos(infos)

    def _fetch_traffic(self, uuids: list[str]) -> Stats:
        domains = []
        for uuid in uuids:
            with contextlib.suppress(libvirt.libvirtError):
                domains.append(self.connection.domain(uuid))
        return statistics_of(self.connection, domains, _STATE_AND_TRAFFIC) if domains else []

    def _take_traffic(self, records: Stats, uuids: list[str]) -> None:
        taken = time.monotonic()
        found = set()
        for domain, record in in_slices(records):
            uuid = domain.UUIDString()
            found.add(uuid)
            entry = self._take_record(domain, uuid, record)
            if "net.count" in record:
                self.ledger.set_traffic(entry, *_traffic(record, taken))
            elif entry.state.is_active:
                self._has_traffic = False
        if len(found) < len(uuids):
            self._look_again(uuid for uuid in uuids if uuid not in found)

    def _fetch_infos(self, uuids: Sequence[str]) -> Infos:
        processor = time.thread_time()
        answers = self.connection.side_by_side([self._info_call(uuid) for uuid in uuids])
        if len(uuids) >= 10:
            self._info_cost = max(1e-5, (time.thread_time() - processor) / len(uuids))
        return list(zip(uuids, answers, strict=True))

    def _info_call(self, uuid: str) -> Callable[[], tuple[list[int], float]]:
        def call() -> tuple[list[int], float]:
            domain = self.connection.domain(uuid)
            return domain.info(), time.monotonic()

        return call

    def _take_infos(self, infos: Infos) -> None:
        for uuid, answer in in_slices(infos):
            entry = self.ledger.entries.get(uuid)
            if isinstance(answer, libvirt.libvirtError):
                self._take_error(uuid, answer)
            elif entry is not None:
                self.ledger.set_info(entry, *answer)

    def _take_record(self, domain: VirDomain, uuid: str, record: dict[str, Any]) -> Entry:
        entry = self.ledger.entry(uuid, domain.name())
        number = domain.ID()
        running_id = number if number is not None and number >= 0 else None
        self.ledger.set_state(entry, record.get("state.state", 0), record.get("state.reason", 0), running_id)
        self.connection.domains.setdefault(uuid, domain)
        return entry

    def _take_error(self, uuid: str, error: libvirt.libvirtError) -> None:
        """Drop a domain that is gone, or mark its row; a dead connection is not the domain's fault."""
        if is_gone(error):
            self.ledger.forget(uuid)
            self.connection.domains.pop(uuid, None)
        elif not self.connection.is_alive:
            raise error
        elif uuid in self.ledger.entries:
            self.ledger.set_problem(self.ledger.entries[uuid], one_line(error))

    def _round(self, number: int) -> Iterable[str]:
        active = self.ledger.active()
        if number % ROUNDS_OF_RESTING:
            return active
        running = set(active)
        return [*active, *(uuid for uuid in self.ledger.entries if uuid not in running)]

    def _next_unseen(self, unseen: int, visible: frozenset[str], elapsed: float) -> list[str]:
        """Return the domains out of sight whose CPU time and sizes are to be read now, in turns."""
        budget = min(MOST_PER_SECOND, INFO_DUTY / self._info_cost) * elapsed
        if self.connection.round_trip:
            budget = min(budget, elapsed * 0.25 / self.connection.round_trip * self.connection.width)
        return self._unseen.take(int(min(budget, unseen * elapsed / ROUND + 1)), but=visible)

    def _check_silent(self) -> None:
        """Ask of each domain whose monitor is silent, without touching the monitor, for how long it has been."""
        for uuid in list(self.ledger.unanswered):
            seconds = self.silence(uuid)
            if seconds is None:
                self.ledger.unanswered.pop(uuid, None)
            else:
                self.ledger.unanswered[uuid] = seconds
            self.ledger.stale.append(uuid)


def _bound(function: Callable[[str], VirDomain], argument: str) -> Callable[[], VirDomain]:
    return lambda: function(argument)


def _traffic(record: dict[str, Any], taken: float) -> tuple[Counter, Counter]:
    received = sent = 0
    for number in range(record["net.count"]):
        received += record.get(f"net.{number}.rx.bytes", 0)
        sent += record.get(f"net.{number}.tx.bytes", 0)
    return Counter(taken, received), Counter(taken, sent)
