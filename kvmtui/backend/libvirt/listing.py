"""Lists of all domains with their states, and statistics of some, whichever way the driver gives them. Blocks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, TypeAlias

import libvirt

from kvmtui.backend.libvirt.calls import LIST_GROUPS, STATS_GROUPS, VirDomain, chunks, is_too_many, whole_list
from kvmtui.backend.libvirt.connection import Connection
from kvmtui.backend.libvirt.errors import is_unsupported

Stats: TypeAlias = list[tuple[VirDomain, dict[str, Any]]]
"""Domains with their statistics under the keys of virConnectGetAllDomainStats."""

CHUNK = 250
"""Domains per statistics call: more of them would hold the interpreter's lock for longer than a key may wait."""

_STATE = libvirt.VIR_DOMAIN_STATS_STATE
_BULK = "getAllDomainStats"


def all_states(connection: Connection, *, in_portions: bool = False) -> Stats:
    """Return all domains with their states, running or not, however many there are.

    Args:
        connection: the connection.
        in_portions: whether to ask a little at a time, which takes longer and lets other threads run.

    Raises:
        libvirt.libvirtError: libvirt refused, or the connection ended.
    """
    if _BULK not in connection.unsupported and not in_portions:
        active = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE
        inactive = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE
        try:
            return _in_two_lists(connection, active, inactive)
        except libvirt.libvirtError as error:
            if is_unsupported(error):
                connection.unsupported.add(_BULK)
            elif not is_too_many(error):
                raise
    domains: list[VirDomain] = whole_list(connection.raw.listAllDomains, LIST_GROUPS)
    return statistics_of(connection, domains, _STATE)


def statistics_of(connection: Connection, domains: Sequence[VirDomain], groups: int) -> Stats:
    """Return statistics of some domains; those that vanished are left out. A driver without statistics gives states alone.

    Raises:
        libvirt.libvirtError: libvirt refused, or the connection ended.
    """
    if _BULK not in connection.unsupported:
        found: Stats = []
        for chunk in chunks(domains, CHUNK):
            found += connection.raw.domainListGetStats(list(chunk), groups, 0)
            if len(domains) > CHUNK:
                time.sleep(0.001)
        return found
    states = connection.side_by_side([domain.state for domain in domains])
    return [
        (domain, {"state.state": state[0], "state.reason": state[1]})
        for domain, state in zip(domains, states, strict=True)
        if not isinstance(state, libvirt.libvirtError)
    ]


def _in_two_lists(connection: Connection, active: int, inactive: int) -> Stats:
    def ask(flag: int) -> Stats:
        return whole_list(lambda flags: connection.raw.getAllDomainStats(_STATE, flags), STATS_GROUPS, flag)

    found: Stats = []
    for part in connection.side_by_side([lambda: ask(active), lambda: ask(inactive)]):
        if isinstance(part, libvirt.libvirtError):
            raise part
        found += part
    return found
