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

from kvmtui.backend.libvirt.calls import (
    LIST_GROUPS,
    STATS_GROUPS,
    VirDomain,
    chunks,
    fan_out,
    in_slices,
    is_too_many,
    whole_list,
    width_for,
)
from kvmtui.backend.libvirt.connection import Connection
from kvmtui.backend.libvirt.errors import is_gone, is_unsupported, one_line
from kvmtui.backend.libvirt.ledger import Entry, Ledger
from kvmtui.backend.libvirt.load import LoadMeter
from kvmtui.model.host import HostSnapshot
from kvmtui.model.rates import Counter

_STATE = libvirt.VIR_DOMAIN_STATS_STATE
_STATE_AND_TRAFFIC = libvirt.VIR_DOMAIN_STATS_STATE | libvirt.VIR_DOMAIN_STATS_INTERFACE

CHUNK = 250
"""Domains per statistics call: more of them would hold the interpreter's lock for longer than a key may wait."""
WHOLE_RESYNC = 30.0
"""Seconds after which everything is listed afresh, events or not."""
DUTY = 0.02
"""Share of one core that the statistics of all running domains may take, and again the CPU times of those out of sight."""
ROUND = 5.0
"""Seconds in which every running domain's CPU time is read once, as far as `DUTY` and `MOST_PER_SECOND` allow."""
MOST_PER_SECOND = 300.0
ROUNDS_OF_RESTING = 6
"""Once in so many rounds the sizes of domains that do not run are read too: their changes cause no event."""
MANY_TOUCHED = 200
"""From so many touched domains on, everything is listed instead of looking each one up."""

Stats = list[tuple[VirDomain, dict[str, Any]]]


@dataclass(slots=True)
class Cost:
    """What one poll took."""

    wall: float = 0.0
    processor: float = 0.0


@dataclass(slots=True)
class _Turn:
    """Something that is due now and then, at intervals that follow from what it costs."""

    interval: float
    due: float = 0.0

    def done(self, cost: float, duty: float) -> None:
        self.due = time.monotonic() + max(self.interval, cost / duty)


@dataclass(slots=True)
class Poll:
    """Reads one connection into a ledger."""

    connection: Connection
    ledger: Ledger
    round_trip: float = 0.0
    cost: Cost = field(default_factory=Cost)
    hears_events: bool = False
    _load: LoadMeter = field(init=False)
    _width: int = 1
    _has_bulk: bool = True
    _has_traffic: bool = True
    _resync: _Turn = field(default_factory=lambda: _Turn(WHOLE_RESYNC))
    _all_stats: _Turn = field(default_factory=lambda: _Turn(0.0))
    _last_tick: float = 0.0
    _info_cost: float = 0.0002
    _waiting: list[str] = field(default_factory=list)
    """Domains whose CPU time and sizes are read next, last first."""
    _rounds: int = 0

    def __post_init__(self) -> None:
        self._width = width_for(self.round_trip)
        self._load = LoadMeter(self.connection.raw)

    def start(self) -> HostSnapshot:
        """List all domains with their states: enough for a first table."""
        self._census()
        return self._snapshot()

    def fill(self) -> HostSnapshot:
        """Read the sizes of all domains, and the CPU times that the next poll compares with."""
        self._read_info(list(self.ledger.entries))
        self._read_traffic(self.ledger.active())
        self._load.read()
        self._last_tick = time.monotonic()
        return self._snapshot()

    def tick(self, visible: frozenset[str], touched: frozenset[str], *, is_second: bool = False) -> HostSnapshot:
        """Read what is due and return everything.

        Args:
            visible: the domains on the screen, read every time.
            touched: domains of which an event spoke.
            is_second: whether this is the first poll after `fill`, which compares all CPU times.
        """
        started, processor = time.monotonic(), time.thread_time()
        if started >= self._resync.due or len(touched) >= MANY_TOUCHED:
            self._census()
        elif touched:
            self._look_again(touched)
        active = self.ledger.active()
        seen = [uuid for uuid in active if uuid in visible]
        self._read_stats(active, seen)
        self._read_info(active if is_second else seen + self._next_unseen(active, visible, started - self._last_tick))
        self._last_tick = started
        self._check_silent()
        self._load.read()
        snapshot = self._snapshot()
        self.cost = Cost(time.monotonic() - started, time.thread_time() - processor)
        return snapshot

    def list_again(self) -> None:
        """Have the next poll list everything."""
        self._resync.due = 0.0

    def _snapshot(self) -> HostSnapshot:
        return HostSnapshot(self.ledger.make_rows(), time.monotonic(), self._load.load)

    def _census(self) -> None:
        processor = time.thread_time()
        found = self._states()
        known = set(self.ledger.entries)
        for domain, record in in_slices(found):
            uuid = domain.UUIDString()
            known.discard(uuid)
            self._take_record(domain, uuid, record)
        self._resync.done(time.thread_time() - processor, DUTY / 4)
        if known:  # gone, or between two states while both lists were made
            self._look_again(known)

    def _states(self) -> Stats:
        raw = self.connection.raw
        if self._has_bulk:
            try:
                active = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE
                inactive = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE
                parts = fan_out([lambda: self._all_states(active), lambda: self._all_states(inactive)], min(self._width, 2))
                for part in parts:
                    if isinstance(part, libvirt.libvirtError):
                        raise part
                return [record for part in parts if not isinstance(part, libvirt.libvirtError) for record in part]
            except libvirt.libvirtError as error:
                if not is_unsupported(error) and not is_too_many(error):
                    raise
                self._has_bulk = not is_unsupported(error)
        domains: list[VirDomain] = whole_list(raw.listAllDomains, LIST_GROUPS)
        return self._stats_of(domains, _STATE)

    def _all_states(self, flag: int) -> Stats:
        raw = self.connection.raw
        return whole_list(lambda flags: raw.getAllDomainStats(_STATE, flags), STATS_GROUPS, flag)

    def _stats_of(self, domains: Sequence[VirDomain], groups: int) -> Stats:
        """Return statistics of some domains; one that vanished is left out."""
        if self._has_bulk:
            found: Stats = []
            for chunk in chunks(domains, CHUNK):
                found += self.connection.raw.domainListGetStats(list(chunk), groups, 0)
                if len(domains) > CHUNK:
                    time.sleep(0.001)
            return found
        states = fan_out([domain.state for domain in domains], self._width)
        return [
            (domain, {"state.state": state[0], "state.reason": state[1]})
            for domain, state in zip(domains, states, strict=True)
            if not isinstance(state, libvirt.libvirtError)
        ]

    def _take_record(self, domain: VirDomain, uuid: str, record: dict[str, Any]) -> Entry:
        entry = self.ledger.entry(uuid, domain.name())
        number = domain.ID()
        self.ledger.set_state(
            entry,
            record.get("state.state", 0),
            record.get("state.reason", 0),
            number if number is not None and number >= 0 else None,
        )
        if entry.state.is_active:
            self.connection.domains.setdefault(uuid, domain)
        return entry

    def _look_again(self, uuids: Iterable[str]) -> None:
        """Read single domains afresh, by looking them up: names may have changed, and what is gone is dropped."""
        wanted = list(uuids)
        raw = self.connection.raw
        for uuid in wanted:
            self.connection.domains.pop(uuid, None)
        found = fan_out([_bound(raw.lookupByUUIDString, uuid) for uuid in wanted], self._width)
        present = {}
        for uuid, domain in zip(wanted, found, strict=True):
            if not isinstance(domain, libvirt.libvirtError):
                present[uuid] = domain
            elif is_gone(domain):
                self.ledger.forget(uuid)
            elif not self.connection.is_alive:
                raise domain
            elif uuid in self.ledger.entries:
                self.ledger.set_problem(self.ledger.entries[uuid], one_line(domain))
        for domain, record in self._stats_of(list(present.values()), _STATE):
            self._take_record(domain, domain.UUIDString(), record)
        self.connection.domains.update(present)
        self.ledger.stale.extend(present)
        self._read_info(list(present))

    def _read_stats(self, active: list[str], seen: list[str]) -> None:
        """Read states and network counters: of all running domains when their turn has come, otherwise of the visible ones."""
        if time.monotonic() < self._all_stats.due:
            self._read_traffic(seen)
            return
        processor = time.thread_time()
        self._read_traffic(active)
        self._all_stats.done(time.thread_time() - processor, DUTY)
        if not self._has_traffic and self.hears_events:  # nothing but states, which events tell
            self._all_stats.due = max(self._all_stats.due, time.monotonic() + WHOLE_RESYNC / 2)

    def _read_traffic(self, uuids: list[str]) -> None:
        domains = []
        for uuid in uuids:
            with contextlib.suppress(libvirt.libvirtError):
                domains.append(self.connection.domain(uuid))
        if not domains:
            return
        records = self._stats_of(domains, _STATE_AND_TRAFFIC)
        taken = time.monotonic()
        for domain, record in in_slices(records):
            entry = self._take_record(domain, domain.UUIDString(), record)
            if "net.count" in record:
                self.ledger.set_traffic(entry, *_traffic(record, taken))
            elif entry.state.is_active:
                self._has_traffic = False
        if len(records) < len(domains):
            found = {domain.UUIDString() for domain, _ in records}
            self._look_again(uuid for uuid in uuids if uuid not in found)

    def _next_unseen(self, active: list[str], visible: frozenset[str], elapsed: float) -> list[str]:
        """Return the running domains out of sight whose CPU time is to be read now, in turns."""
        unseen = len(active) - len(visible)
        by_budget = min(MOST_PER_SECOND, DUTY / 2 / self._info_cost) * elapsed
        if self._width > 1:
            by_budget = min(by_budget, elapsed * 0.25 / max(self.round_trip, 0.001) * self._width)
        number = int(min(by_budget, unseen * elapsed / ROUND + 1))
        if len(self._waiting) < number:
            self._rounds += 1
            resting = (
                [] if self._rounds % ROUNDS_OF_RESTING else [uuid for uuid in self.ledger.entries if uuid not in set(active)]
            )
            self._waiting = [*resting, *reversed(active)]
        picked: list[str] = []
        while self._waiting and len(picked) < number:
            uuid = self._waiting.pop()
            if uuid not in visible and uuid in self.ledger.entries:
                picked.append(uuid)
        return picked

    def _read_info(self, uuids: list[str]) -> None:
        if not uuids:
            return
        processor = time.thread_time()
        calls = [self._info_call(uuid) for uuid in uuids]
        for uuid, answer in in_slices(zip(uuids, fan_out(calls, self._width), strict=True)):
            entry = self.ledger.entries.get(uuid)
            if entry is None:
                continue
            if not isinstance(answer, libvirt.libvirtError):
                info, taken = answer
                self.ledger.set_info(entry, info, taken)
            elif is_gone(answer):
                self.ledger.forget(uuid)
                self.connection.domains.pop(uuid, None)
            elif not self.connection.is_alive:
                raise answer
            else:
                self.ledger.set_problem(entry, one_line(answer))
        if len(uuids) >= 10:
            self._info_cost = max(1e-5, (time.thread_time() - processor) / len(uuids))

    def _info_call(self, uuid: str) -> Callable[[], tuple[list[int], float]]:
        def call() -> tuple[list[int], float]:
            domain = self.connection.domain(uuid)
            return domain.info(), time.monotonic()

        return call

    def _check_silent(self) -> None:
        """Ask of each domain whose monitor is silent, without touching the monitor, for how long it has been."""
        for uuid in list(self.ledger.unanswered):
            seconds = self.silence(uuid)
            if seconds is None:
                self.ledger.unanswered.pop(uuid, None)
            else:
                self.ledger.unanswered[uuid] = seconds
            self.ledger.stale.append(uuid)

    def silence(self, uuid: str) -> float | None:
        """Return for how many seconds QEMU's monitor has not answered; None when it does (virDomainGetControlInfo)."""
        try:
            state, _, milliseconds = self.connection.domain(uuid).controlInfo()
        except libvirt.libvirtError:
            return None
        occupied = libvirt.VIR_DOMAIN_CONTROL_OCCUPIED, libvirt.VIR_DOMAIN_CONTROL_ERROR
        return round(milliseconds / 1000, 1) if state in occupied else None


def _bound(function: Callable[[str], VirDomain], argument: str) -> Callable[[], VirDomain]:
    return lambda: function(argument)


def _traffic(record: dict[str, Any], taken: float) -> tuple[Counter, Counter]:
    received = sent = 0
    for number in range(record["net.count"]):
        received += record.get(f"net.{number}.rx.bytes", 0)
        sent += record.get(f"net.{number}.tx.bytes", 0)
    return Counter(taken, received), Counter(taken, sent)
