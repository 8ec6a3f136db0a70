"""What is read of domains now and then: their XML, the sets that libvirt lists by flag, leases, processes.

Blocks; runs on the facts' lane, on the control connection: none of it waits for a guest.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import libvirt

from kvmtui.backend.hosttools.processes import guest_processes
from kvmtui.backend.libvirt.calls import LIST_GROUPS, VirDomain, whole_list
from kvmtui.backend.libvirt.connection import Connection
from kvmtui.backend.libvirt.errors import is_gone, is_unsupported, one_line
from kvmtui.backend.libvirt.ledger import Facts, Flags, Ledger
from kvmtui.model.failure import Failure
from kvmtui.text import printable

if TYPE_CHECKING:
    from kvmtui.model.domain_xml import RowFacts

_FLAGS = {
    "transient": libvirt.VIR_CONNECT_LIST_DOMAINS_TRANSIENT,
    "autostart": libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
    "managed_save": libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
    "snapshots": libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
}
_XML_AT_A_TIME = 16
"""XML descriptions asked for side by side over a slow link: they are large, and the table's numbers share it."""


class FactsReader:
    """Reads facts of one connection into a ledger."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger
        self._unsupported: set[str] = set()
        self.read_at: dict[str, float] = {}
        """When each domain's XML was read (`time.monotonic()`)."""

    def read_xml(self, uuids: Sequence[str], *, keeps_whole: bool) -> float:
        """Read the XML of some domains and return the processor seconds it took; `keeps_whole` keeps what the detail shows."""
        from kvmtui.model.domain_xml import brief_facts, row_facts  # here, because the first table needs no XML

        started = time.thread_time()
        answers = self._connection.side_by_side([self._xml_call(uuid) for uuid in uuids], _XML_AT_A_TIME)
        for uuid, xml in zip(uuids, answers, strict=True):
            if isinstance(xml, libvirt.libvirtError):
                if not is_gone(xml) and self._connection.is_alive:
                    self._note(uuid, Facts(problem=one_line(xml)), None)
                continue
            try:
                whole = row_facts(xml) if keeps_whole else None
                title, tags, macs = brief_facts(xml)
            except Failure as failure:
                self._note(uuid, Facts(problem=printable(failure.said)), None)
            else:
                self._note(uuid, _facts(title, tags, macs), whole)
        return time.thread_time() - started

    def read_flags(self) -> float:
        """Read the sets of transient, autostarted, saved and snapshotted domains; returns the processor seconds it took."""
        started = time.thread_time()
        names = [name for name in _FLAGS if name not in self._unsupported]
        answers = self._connection.side_by_side([self._flag_call(_FLAGS[name]) for name in names])
        sets: dict[str, frozenset[str]] = {}
        for name, answer in zip(names, answers, strict=True):
            if not isinstance(answer, libvirt.libvirtError):
                sets[name] = answer
            elif is_unsupported(answer):
                self._unsupported.add(name)
        before = self._ledger.flags
        self._ledger.flags = after = Flags(**{name: sets.get(name, getattr(before, name)) for name in _FLAGS})
        for name in _FLAGS:
            was, now = getattr(before, name), getattr(after, name)
            if was is None and now is not None:  # unknown becomes yes or no, in every row
                self._ledger.stale.extend(list(self._ledger.entries))
            elif was != now:
                self._ledger.stale.extend(was ^ now)
        return time.thread_time() - started

    def read_leases(self) -> None:
        """Read the addresses that libvirt's networks have leased (virNetworkGetDHCPLeases)."""
        if "leases" in self._unsupported:
            return
        leases: dict[str, list[str]] = {}
        try:
            networks = self._connection.raw.listAllNetworks(libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE)
            for answer in self._connection.side_by_side([network.DHCPLeases for network in networks]):
                if isinstance(answer, libvirt.libvirtError):
                    if is_unsupported(answer):
                        self._unsupported.add("leases")
                    continue
                for lease in answer:
                    leases.setdefault(str(lease.get("mac", "")).lower(), []).append(printable(str(lease.get("ipaddr", ""))))
        except libvirt.libvirtError as error:
            if is_unsupported(error):
                self._unsupported.add("leases")
            return
        self._take_leases({mac: tuple(sorted(addresses, key=usefulness)) for mac, addresses in leases.items()})

    def read_processes(self) -> None:
        """Find the QEMU processes of this machine and since when they run."""
        processes = guest_processes()
        for uuid in self._ledger.active():
            process = processes.get(uuid)
            if process is None:
                continue
            self._ledger.processes[uuid] = process.pid
            if self._ledger.started.get(uuid) != process.started:
                self._ledger.started[uuid] = process.started
                self._ledger.stale.append(uuid)

    def _take_leases(self, leases: dict[str, tuple[str, ...]]) -> None:
        if leases == self._ledger.leases:
            return
        before, self._ledger.leases = self._ledger.leases, leases
        changed = {mac for mac in before.keys() | leases.keys() if before.get(mac) != leases.get(mac)}
        self._ledger.stale.extend(uuid for uuid, facts in list(self._ledger.facts.items()) if changed.intersection(facts.macs))

    def _xml_call(self, uuid: str) -> Callable[[], str]:
        return lambda: str(self._connection.domain(uuid).XMLDesc(0))

    def _flag_call(self, flag: int) -> Callable[[], frozenset[str]]:
        def call() -> frozenset[str]:
            domains: list[VirDomain] = whole_list(self._connection.raw.listAllDomains, LIST_GROUPS, flag)
            return frozenset(domain.UUIDString() for domain in domains)

        return call

    def _note(self, uuid: str, facts: Facts, whole: RowFacts | None) -> None:
        self.read_at[uuid] = time.monotonic()
        if whole is not None:
            self._ledger.whole_facts[uuid] = whole
        if self._ledger.facts.get(uuid) != facts:
            self._ledger.facts[uuid] = facts
            self._ledger.stale.append(uuid)


def _facts(title: str, tags: tuple[str, ...], macs: tuple[str, ...]) -> Facts:
    if not title and not tags and not macs:
        return _NO_FACTS
    return Facts(title, tuple(sys.intern(tag) for tag in tags), tuple(mac.lower() for mac in macs))


_NO_FACTS = Facts()


def usefulness(address: str) -> tuple[int, str]:
    """Return what sorts the address that one would connect to first: IPv4, then global IPv6, then the rest."""
    if address.startswith(("127.", "::1")):
        return 3, address
    if ":" not in address:
        return 0, address
    return (2 if address.lower().startswith("fe80") else 1), address
