"""Statistics of running domains under the keys of virConnectGetAllDomainStats, whichever way a driver gives them.

Blocks, and a hung guest can hold it up: it runs on a probe's lane.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import libvirt

from kvmtui.backend.libvirt.calls import VirDomain
from kvmtui.backend.libvirt.connection import Connection
from kvmtui.model.domain_xml import RowFacts

FOR_ROWS = libvirt.VIR_DOMAIN_STATS_BALLOON | libvirt.VIR_DOMAIN_STATS_BLOCK
FOR_DETAIL = (
    libvirt.VIR_DOMAIN_STATS_BALLOON
    | libvirt.VIR_DOMAIN_STATS_BLOCK
    | libvirt.VIR_DOMAIN_STATS_VCPU
    | libvirt.VIR_DOMAIN_STATS_INTERFACE
    | libvirt.VIR_DOMAIN_STATS_STATE
)
WITHOUT_MONITOR = libvirt.VIR_DOMAIN_STATS_INTERFACE | libvirt.VIR_DOMAIN_STATS_STATE
"""What can be asked of a domain whose monitor is silent."""

_NOWAIT = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
_MEMORY_KEYS = {"actual": "current"}
_BLOCK_KEYS = ("rd.reqs", "rd.bytes", "wr.reqs", "wr.bytes")
_NET_KEYS = ("rx.bytes", "rx.pkts", "rx.errs", "rx.drop", "tx.bytes", "tx.pkts", "tx.errs", "tx.drop")


class Sample(NamedTuple):
    """One domain's statistics at one moment."""

    taken: float
    """`time.monotonic()`."""
    record: dict[str, Any]


def read_samples(connection: Connection, uuids: Sequence[str], groups: int, facts: dict[str, RowFacts]) -> dict[str, Sample]:
    """Return statistics of some domains by UUID; those that vanished, or of which the driver tells nothing, are left out.

    Args:
        connection: whose lane this runs on.
        uuids: the domains.
        groups: VIR_DOMAIN_STATS_… to ask for.
        facts: the domains' devices, for drivers that have to be asked device by device.

    Raises:
        libvirt.libvirtError: the call failed as a whole.
    """
    domains = []
    for uuid in uuids:
        with contextlib.suppress(libvirt.libvirtError):
            domains.append(connection.domain(uuid))
    if not domains:
        return {}
    if not connection.lacks_bulk_statistics:
        flags = 0 if groups == WITHOUT_MONITOR else _NOWAIT
        samples = _in_bulk(connection, domains, groups, flags)
        if samples is not None:
            return samples
        connection.lacks_bulk_statistics = True
    return {uuid: Sample(time.monotonic(), _by_device(connection, domain, facts.get(uuid))) for uuid, domain in _named(domains)}


def _named(domains: Sequence[VirDomain]) -> list[tuple[str, VirDomain]]:
    return [(domain.UUIDString(), domain) for domain in domains]


def _in_bulk(connection: Connection, domains: Sequence[VirDomain], groups: int, flags: int) -> dict[str, Sample] | None:
    try:
        records = connection.raw.domainListGetStats(list(domains), groups, flags)
    except libvirt.libvirtError as error:
        if error.get_error_code() in {libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_ERR_INVALID_ARG}:
            return None
        raise
    taken = time.monotonic()
    keys = {key.partition(".")[0] for _, record in records for key in record}
    if records and not keys & {"balloon", "block", "net", "vcpu"}:
        return None
    return {domain.UUIDString(): Sample(taken, record) for domain, record in records}


def _by_device(connection: Connection, domain: VirDomain, facts: RowFacts | None) -> dict[str, Any]:
    record: dict[str, Any] = {}
    memory = _ask(connection, domain, "memoryStats")
    for key, value in (memory or {}).items():
        record[f"balloon.{_MEMORY_KEYS.get(key, key)}"] = value
    disks = [disk.target for disk in facts.disks if disk.target] if facts else []
    record["block.count"] = len(disks)
    for number, target in enumerate(disks):
        record[f"block.{number}.name"] = target
        _put(record, f"block.{number}", _BLOCK_KEYS, _ask(connection, domain, "blockStats", target))
    nics = [nic.target or nic.mac for nic in facts.nics] if facts else []
    record["net.count"] = len(nics)
    for number, name in enumerate(nics):
        record[f"net.{number}.name"] = name
        _put(record, f"net.{number}", _NET_KEYS, _ask(connection, domain, "interfaceStats", name))
    return record


def _put(record: dict[str, Any], prefix: str, keys: Sequence[str], values: Sequence[int] | None) -> None:
    for key, value in zip(keys, values or (), strict=False):
        if value >= 0:  # -1 is libvirt's "not known"
            record[f"{prefix}.{key}"] = value


def _ask(connection: Connection, domain: VirDomain, question: str, *arguments: str) -> Any:
    """Return an answer, or None; a question that the driver never answers is not put again on this connection."""
    if question in connection.unsupported:
        return None
    try:
        return getattr(domain, question)(*arguments)
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_SUPPORT:
            connection.unsupported.add(question)
        return None
