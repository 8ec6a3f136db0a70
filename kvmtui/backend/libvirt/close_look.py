"""When the selected domain is looked at closely, and what is made of it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import libvirt

from kvmtui.backend.libvirt.attention import Attention
from kvmtui.backend.libvirt.connection import Connection
from kvmtui.backend.libvirt.facts import usefulness
from kvmtui.backend.libvirt.ledger import Entry
from kvmtui.backend.libvirt.measures import detail_of
from kvmtui.backend.libvirt.probe import Probe
from kvmtui.backend.libvirt.session import Session
from kvmtui.backend.libvirt.statistics import FOR_DETAIL, WITHOUT_MONITOR, Sample, read_samples
from kvmtui.backend.protocol import HostListener
from kvmtui.model.domain import DomainState
from kvmtui.model.failure import Failure
from kvmtui.text import printable

if TYPE_CHECKING:
    from kvmtui.model.domain_xml import RowFacts

DEADLINE = 2.0
SETTLING = 0.12
"""Seconds for which a cursor that runs over the rows is let run."""
PENDING_INTERVAL = 8.0
AGENT_INTERVAL = 15.0
AGENT_DEADLINE = 8.0
"""Seconds: libvirt itself waits five for an agent that is connected and does not answer."""
_IO_ERROR = libvirt.VIR_DOMAIN_PAUSED_IOERROR
_DISK_ERRORS = {1: "I/O error", 2: "no space left"}  # virDomainDiskErrorCode


class CloseLook:
    """Reads the selected domain at every interval, on a probe of its own, and tells the listener."""

    def __init__(self, session: Session, listener: HostListener, attention: Attention, probe: Probe, interval: float) -> None:
        self._session = session
        self._listener = listener
        self._attention = attention
        self._interval = interval
        self._ledger = session.ledger
        self._probe = probe
        self._agent = Probe(session, "guest agent")
        self._before: tuple[str, Sample] | None = None
        self._agent_due: dict[str, float] = {}
        self._pending: dict[str, tuple[float, bool]] = {}
        self._asking_agent: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Read until cancelled."""
        try:
            while True:
                await self._attention.watched.wait()
                uuid = self._attention.interest.selected
                entry = self._ledger.entries.get(uuid) if uuid else None
                is_first = entry is not None and (self._before is None or self._before[0] != entry.key.uuid)
                if entry is not None:
                    await self._look(entry)
                await self._pause(min(1.0, self._interval) if is_first else self._interval)
        finally:
            if self._asking_agent:
                self._asking_agent.cancel()

    def close(self) -> None:
        """Give up without waiting what it alone uses."""
        self._agent.close()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._attention.moved.wait()
            await asyncio.sleep(SETTLING)
        self._attention.moved.clear()

    async def _look(self, entry: Entry) -> None:
        uuid = entry.key.uuid
        sample, unusual = Sample(time.monotonic(), {}), self._known_trouble(entry)
        is_silent = uuid in self._ledger.unanswered
        try:
            if not self._probe.is_overdue:
                sample, more = await self._probe.call(self._job(entry, is_silent=is_silent), self._deadline())
                unusual += more
        except TimeoutError:
            await self._after_deadline(uuid)
        except (libvirt.libvirtError, Failure):
            self._probe.replace()  # the guest was killed while it was asked, or the connection is gone
        before = self._before[1] if self._before and self._before[0] == uuid and entry.state.is_active else None
        self._before = uuid, sample
        self._listener.detailed(
            detail_of(
                entry.key,
                self._ledger.whole_facts.get(uuid),
                before,
                sample,
                process=self._ledger.processes.get(uuid) if entry.state.is_active else None,
                unusual=unusual,
                addresses=lambda mac: self._ledger.leases.get(mac, ()),
            )
        )
        self._ask_agent_when_due(entry)

    def _job(self, entry: Entry, *, is_silent: bool) -> Callable[[Connection], tuple[Sample, tuple[str, ...]]]:
        uuid, facts = entry.key.uuid, self._ledger.whole_facts
        has_io_error = entry.state is DomainState.PAUSED and entry.reason == _IO_ERROR
        groups = WITHOUT_MONITOR if is_silent else FOR_DETAIL

        def job(connection: Connection) -> tuple[Sample, tuple[str, ...]]:
            if uuid not in facts:
                _learn(connection, uuid, facts)
            samples = read_samples(connection, [uuid], groups, facts)
            troubles = _disk_troubles(connection, uuid) if has_io_error and not is_silent else ()
            troubles += self._pending_changes(connection, entry)
            return samples.get(uuid, Sample(time.monotonic(), {})), troubles

        return job

    def _pending_changes(self, connection: Connection, entry: Entry) -> tuple[str, ...]:
        """Say whether the running domain is not what its definition says, looked up again at every `PENDING_INTERVAL`."""
        from kvmtui.model.xml_diff import has_pending_changes  # here, because the first table needs no XML

        uuid, now = entry.key.uuid, time.monotonic()
        if not entry.state.is_active:
            return ()
        checked, is_pending = self._pending.get(uuid, (0.0, False))
        if now - checked > PENDING_INTERVAL:
            domain = connection.domain(uuid)
            persistent = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE) if domain.isPersistent() else ""
            is_pending = has_pending_changes(domain.XMLDesc(0), persistent)
            self._pending = {uuid: (now, is_pending)}
        return ("Its definition was changed: the change takes effect after a shutdown and start.",) if is_pending else ()

    def _deadline(self) -> float:
        return DEADLINE + 10 * self._session.connection.round_trip

    def _known_trouble(self, entry: Entry) -> tuple[str, ...]:
        uuid = entry.key.uuid
        told = []
        if (seconds := self._ledger.unanswered.get(uuid)) is not None:
            told.append(f"QEMU's monitor has not answered for {seconds:.0f} s.")
        if problem := entry.problem or (facts.problem if (facts := self._ledger.facts.get(uuid)) else ""):
            told.append(problem)
        return tuple(told)

    async def _after_deadline(self, uuid: str) -> None:
        hung = await self._session.silences([uuid])
        if hung:
            self._ledger.unanswered.update(hung)
            self._ledger.stale.append(uuid)
            self._attention.wake.set()
            self._probe.replace()

    def _ask_agent_when_due(self, entry: Entry) -> None:
        """Ask the guest agent for addresses that no lease tells, off this task: an agent may let us wait."""
        uuid, now = entry.key.uuid, time.monotonic()
        whole, facts = self._ledger.whole_facts.get(uuid), self._ledger.facts.get(uuid)
        has_lease = any(mac in self._ledger.leases for mac in facts.macs) if facts else False
        if not entry.state.is_active or not whole or not whole.has_agent_channel or has_lease:
            return
        if now < self._agent_due.get(uuid, 0.0) or (self._asking_agent and not self._asking_agent.done()):
            return
        self._agent_due[uuid] = now + AGENT_INTERVAL
        self._asking_agent = asyncio.get_running_loop().create_task(self._ask_agent(uuid))

    async def _ask_agent(self, uuid: str) -> None:
        try:
            addresses = await self._agent.call(lambda connection: _agent_addresses(connection, uuid), AGENT_DEADLINE)
        except TimeoutError:
            self._agent.replace()
            self._agent_due[uuid] = time.monotonic() + 4 * AGENT_INTERVAL
            return
        except (libvirt.libvirtError, Failure):
            return
        if addresses and self._ledger.agent_addresses.get(uuid) != addresses:
            self._ledger.agent_addresses[uuid] = addresses
            self._ledger.stale.append(uuid)


def _learn(connection: Connection, uuid: str, facts: dict[str, RowFacts]) -> None:
    """Read the devices of a domain that has just been selected; who reads facts in turns would come later."""
    from kvmtui.model.domain_xml import row_facts

    with contextlib.suppress(libvirt.libvirtError, Failure):
        facts[uuid] = row_facts(connection.domain(uuid).XMLDesc(0))


def _disk_troubles(connection: Connection, uuid: str) -> tuple[str, ...]:
    try:
        errors = connection.domain(uuid).diskErrors()
    except libvirt.libvirtError:
        return ()
    return tuple(f"{printable(disk)}: {_DISK_ERRORS.get(code, 'error')}" for disk, code in sorted(errors.items()))


def _agent_addresses(connection: Connection, uuid: str) -> tuple[str, ...]:
    source = libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT
    told = connection.domain(uuid).interfaceAddresses(source)
    addresses = {
        printable(str(address["addr"])) for nic in told.values() if nic.get("hwaddr") != "00:00:00:00:00:00"
        for address in nic.get("addrs") or ()
    }  # fmt: skip
    return tuple(address for address in sorted(addresses, key=usefulness) if not address.startswith(("127.", "::1", "fe80")))
