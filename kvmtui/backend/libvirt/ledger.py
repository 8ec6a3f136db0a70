"""All that is known of the domains of one connection, and the rows made of it. No libvirt calls.

The poll's lane alone writes the entries and makes rows. What other lanes find they put into the books with one assignment each
(atomic under the interpreter's lock) and name the domain in `stale`, so that the next poll makes its row again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from kvmtui.backend.libvirt.states import job_of, reason_of, state_of
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.key import Key
from kvmtui.model.rates import Counter, rate, rounded, share
from kvmtui.text import printable

if TYPE_CHECKING:
    from kvmtui.model.domain_xml import RowFacts

CPU_SAMPLES = 8
"""Values of a domain's CPU history."""


@dataclass(slots=True)
class Entry:
    """One domain: what the poll has read of it."""

    key: Key
    name: str
    state: DomainState = DomainState.NO_STATE
    reason: int = 0
    """libvirt's number."""
    id: int | None = None
    vcpus: int | None = None
    memory_maximum: int | None = None
    memory_current: int | None = None
    cpu: float | None = None
    cpu_history: tuple[float, ...] = ()
    cpu_time: Counter | None = None
    """Seconds of CPU since its start."""
    received: Counter | None = None
    sent: Counter | None = None
    net_received: float | None = None
    net_sent: float | None = None
    problem: str = ""
    row: Domain | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row needs of the domain's XML, in little memory."""

    title: str = ""
    tags: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    """In lower case."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DeepReading:
    """What only QEMU's monitor tells of a running domain."""

    memory_used: int | None = None
    is_memory_guessed: bool = False
    disk_read: float | None = None
    disk_written: float | None = None
    net_received: float | None = None
    """Only from drivers that do not tell it without the monitor; so `net_sent`."""
    net_sent: float | None = None


@dataclass(frozen=True, slots=True)
class Flags:
    """The sets of domains that libvirt lists by flag; None until they are read, or where the driver has no such flag."""

    transient: frozenset[str] | None = None
    autostart: frozenset[str] | None = None
    managed_save: frozenset[str] | None = None
    snapshots: frozenset[str] | None = None


@dataclass(slots=True)
class Ledger:
    """The entries by UUID and the books beside them."""

    host: str
    entries: dict[str, Entry] = field(default_factory=dict)
    stale: deque[str] = field(default_factory=deque)
    """UUIDs whose row has to be made again; any lane appends."""
    flags: Flags = field(default_factory=Flags)
    facts: dict[str, Facts] = field(default_factory=dict)
    whole_facts: dict[str, RowFacts] = field(default_factory=dict)
    """Everything that is known of the XML, of the domains that are looked at."""
    deep: dict[str, DeepReading] = field(default_factory=dict)
    leases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Addresses by MAC."""
    agent_addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    started: dict[str, datetime] = field(default_factory=dict)
    processes: dict[str, int] = field(default_factory=dict)
    """Process ids of QEMU on the local host."""
    jobs: dict[str, str] = field(default_factory=dict)
    unanswered: dict[str, float] = field(default_factory=dict)
    """Seconds for which the monitor has been silent."""
    rows: tuple[Domain, ...] = ()

    def successor(self) -> Ledger:
        """Return a ledger for the next connection: the same knowledge, out of reach of the old connection's lanes."""
        fresh = Ledger(self.host, rows=self.rows)
        for uuid, entry in self.entries.items():
            fresh.entries[uuid] = Entry(**{name: getattr(entry, name) for name in Entry.__slots__})
        fresh.flags = self.flags
        fresh.facts, fresh.whole_facts, fresh.deep = dict(self.facts), dict(self.whole_facts), dict(self.deep)
        fresh.leases, fresh.started, fresh.processes = dict(self.leases), dict(self.started), dict(self.processes)
        return fresh

    def entry(self, uuid: str, name: str) -> Entry:
        """Return a domain's entry, made if it is new, under the name that it has now."""
        entry = self.entries.get(uuid)
        if entry is None:
            entry = self.entries[uuid] = Entry(Key(self.host, uuid), printable(name))
            self.stale.append(uuid)
        elif entry.name != name and entry.name != (shown := printable(name)):
            entry.name = shown
            self.stale.append(uuid)
        return entry

    def name(self, uuid: str) -> str:
        """Return a domain's name for messages; its UUID while it is not known."""
        entry = self.entries.get(uuid)
        return entry.name if entry else uuid

    def active(self) -> list[str]:
        """Return the UUIDs of the domains that run."""
        return [uuid for uuid, entry in self.entries.items() if entry.state.is_active]

    def forget(self, uuid: str) -> None:
        """Drop a domain that is gone."""
        self.entries.pop(uuid, None)
        for book in (self.facts, self.whole_facts, self.deep, self.agent_addresses, self.started, self.processes):
            book.pop(uuid, None)
        self.jobs.pop(uuid, None)
        self.unanswered.pop(uuid, None)
        self.stale.append(uuid)

    def set_state(self, entry: Entry, number: int, reason: int, domain_id: int | None) -> None:
        """Note a domain's state; what only a running one has ends with it."""
        state = state_of(number)
        if state is entry.state and reason == entry.reason and domain_id == entry.id:
            return
        if domain_id != entry.id or not state.is_active:
            self._start_over(entry)
        entry.state, entry.reason, entry.id = state, reason, domain_id
        self.stale.append(entry.key.uuid)

    def set_traffic(self, entry: Entry, received: Counter, sent: Counter) -> None:
        """Note the counters of all of a domain's interfaces together."""
        rates = rounded(rate(entry.received, received)), rounded(rate(entry.sent, sent))
        entry.received, entry.sent = received, sent
        if rates != (entry.net_received, entry.net_sent):
            entry.net_received, entry.net_sent = rates
            self.stale.append(entry.key.uuid)

    def set_info(self, entry: Entry, info: list[int], taken: float) -> None:
        """Note what virDomainGetInfo told: state, maximum and current memory (KiB), vCPUs, CPU time (ns)."""
        sizes = info[3], info[1] * 1024, info[2] * 1024
        if sizes != (entry.vcpus, entry.memory_maximum, entry.memory_current):
            entry.vcpus, entry.memory_maximum, entry.memory_current = sizes
            self.stale.append(entry.key.uuid)
        if entry.problem:
            entry.problem = ""
            self.stale.append(entry.key.uuid)
        if entry.state.is_active:
            self._set_cpu(entry, Counter(taken, info[4] / 1e9))

    def set_problem(self, entry: Entry, problem: str) -> None:
        """Note that something of a domain cannot be read."""
        if entry.problem != problem:
            entry.problem = problem
            self.stale.append(entry.key.uuid)

    def make_rows(self) -> tuple[Domain, ...]:
        """Return the rows of all domains; those that did not change are the same objects as before, and so is the tuple."""
        pending: set[str] = set()
        while self.stale:
            pending.add(self.stale.popleft())
        has_changed = len(self.rows) != len(self.entries)
        for uuid in pending:
            entry = self.entries.get(uuid)
            if entry is None:
                has_changed = True
                continue
            row = self._compose(entry)
            if row != entry.row:
                entry.row = row
                has_changed = True
        if has_changed:
            self.rows = tuple(entry.row for entry in self.entries.values() if entry.row is not None)
        return self.rows

    def _start_over(self, entry: Entry) -> None:
        entry.cpu, entry.cpu_history, entry.cpu_time = None, (), None
        entry.received = entry.sent = entry.net_received = entry.net_sent = None
        uuid = entry.key.uuid
        for book in (self.deep, self.agent_addresses, self.processes, self.unanswered):
            book.pop(uuid, None)

    def _set_cpu(self, entry: Entry, now: Counter) -> None:
        used = rate(entry.cpu_time, now)
        if used is None and entry.cpu_time is not None and now.value >= entry.cpu_time.value:
            return  # too close to the last reading
        entry.cpu_time = now
        if used is None or not entry.vcpus:
            return
        entry.cpu = share(used / entry.vcpus)
        history = (*entry.cpu_history, entry.cpu)[-CPU_SAMPLES:]
        if history != entry.cpu_history:
            entry.cpu_history = tuple(value for value in history if value is not None)
            self.stale.append(entry.key.uuid)

    def _compose(self, entry: Entry) -> Domain:
        uuid = entry.key.uuid
        facts = self.facts.get(uuid)
        deep = self.deep.get(uuid) or _NOTHING_DEEP
        is_active, flags = entry.state.is_active, self.flags
        return Domain(
            key=entry.key,
            name=entry.name,
            state=entry.state,
            reason=reason_of(entry.state, entry.reason),
            id=entry.id,
            is_persistent=None if flags.transient is None else uuid not in flags.transient,
            has_autostart=None if flags.autostart is None else uuid in flags.autostart,
            has_managed_save=None if flags.managed_save is None else uuid in flags.managed_save,
            has_snapshots=None if flags.snapshots is None else uuid in flags.snapshots,
            title=facts.title if facts else None,
            tags=facts.tags if facts else (),
            vcpus=entry.vcpus,
            memory_maximum=entry.memory_maximum,
            memory_current=entry.memory_current,
            memory_used=deep.memory_used,
            is_memory_guessed=deep.is_memory_guessed,
            cpu=entry.cpu,
            cpu_history=entry.cpu_history,
            disk_read=deep.disk_read,
            disk_written=deep.disk_written,
            net_received=deep.net_received if entry.net_received is None else entry.net_received,
            net_sent=deep.net_sent if entry.net_sent is None else entry.net_sent,
            addresses=self._addresses(uuid, facts) if is_active else (),
            started=self.started.get(uuid) if is_active else None,
            job=self.jobs.get(uuid) or job_of(entry.state, entry.reason),
            unanswered=self.unanswered.get(uuid),
            problem=entry.problem or (facts.problem if facts else ""),
        )

    def _addresses(self, uuid: str, facts: Facts | None) -> tuple[str, ...]:
        by_lease = [address for mac in facts.macs for address in self.leases.get(mac, ())] if facts else []
        told = [*by_lease, *self.agent_addresses.get(uuid, ())]
        return tuple(dict.fromkeys(told)) if told else ()


_NOTHING_DEEP = DeepReading()
