"""What the host is, and what it is doing. Blocks; runs on the poll's lane."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any

import libvirt

from kvmtui.backend.libvirt.calls import SLOW_LINK, VirConnect
from kvmtui.backend.libvirt.connection import Connection
from kvmtui.backend.libvirt.errors import is_unsupported
from kvmtui.backend.libvirt.reachability import is_local
from kvmtui.model.host import HostFacts, HostLoad
from kvmtui.model.rates import Counter, rate, share
from kvmtui.text import printable

SAMPLES = 60
"""Values of the host's histories."""

CERTAINLY_SLOW = 0.02
"""Seconds per request that no busy machine explains."""

_KIB = 1024
_MIB = 1024 * 1024
_ALL = -1  # VIR_NODE_CPU_STATS_ALL_CPUS and VIR_NODE_MEMORY_STATS_ALL_CELLS


def measure_round_trip(raw: VirConnect) -> float:
    """Return the seconds of one cheap request (virConnectGetLibVersion).

    A short one is measured again: while the program starts, other threads keep this one from running for some milliseconds.
    """
    shortest = 1.0
    for _ in range(3):
        started = time.perf_counter()
        raw.getLibVersion()
        shortest = min(shortest, time.perf_counter() - started)
        if not SLOW_LINK <= shortest < CERTAINLY_SLOW:
            break
    return shortest


def host_facts(connection: Connection, *, is_read_only: bool) -> HostFacts:
    """Return what does not change while a connection lasts; what the driver does not tell is unknown."""
    raw = connection.raw
    questions: list[Callable[[], Any]] = [
        raw.getURI, raw.getHostname, raw.getType, raw.getLibVersion, raw.getVersion, raw.getInfo,
        lambda: raw.getMemoryStats(_ALL),
    ]  # fmt: skip
    uri, hostname, driver, library, hypervisor, info, memory = (
        None if isinstance(answer, libvirt.libvirtError) else answer for answer in connection.side_by_side(questions)
    )
    total = (memory or {}).get("total")
    return HostFacts(
        uri=printable(uri or ""),
        hostname=printable(hostname or "unknown host"),
        driver=printable(driver or ""),
        libvirt_version=_version(library),
        hypervisor_version=_version(hypervisor),
        cpus=info[2] if info else None,
        memory=total * _KIB if total else info[1] * _MIB if info else None,
        is_read_only=is_read_only,
        is_local=is_local(uri or ""),
    )


def _version(number: int | None) -> str:
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}" if number else ""


class LoadMeter:
    """Reads the host's CPU and memory in turns and keeps a short history."""

    def __init__(self, raw: VirConnect) -> None:
        self.load = HostLoad()
        self._raw = raw
        self._busy: Counter | None = None
        self._all: Counter | None = None
        self._unsupported: set[str] = set()

    def read(self) -> None:
        """Take one sample into `load`."""
        processor, memory = self._ask("getCPUStats"), self._ask("getMemoryStats")
        cpu = self._cpu(processor) if processor else None
        used, total = _memory(memory) if memory else (None, None)
        old = self.load
        memory_share = share(used / total) if used is not None and total else None
        self.load = HostLoad(
            cpu=cpu,
            cpu_history=_appended(old.cpu_history, cpu),
            memory_used=used,
            memory_total=total,
            memory_history=_appended(old.memory_history, memory_share),
        )

    def _ask(self, question: str) -> dict[str, int] | None:
        if question in self._unsupported:
            return None
        with contextlib.suppress(libvirt.libvirtError):
            try:
                answer: dict[str, int] = getattr(self._raw, question)(_ALL)
            except libvirt.libvirtError as error:
                if is_unsupported(error):
                    self._unsupported.add(question)
                raise
            return answer
        return None

    def _cpu(self, times: dict[str, int]) -> float | None:
        now = time.monotonic()
        idle = times.get("idle", 0) + times.get("iowait", 0)
        every = sum(times.get(kind, 0) for kind in ("user", "kernel", "idle", "iowait"))
        busy, whole = Counter(now, every - idle), Counter(now, every)
        used, available = rate(self._busy, busy), rate(self._all, whole)
        self._busy, self._all = busy, whole
        return share(used / available) if used is not None and available else None


def _memory(amounts: dict[str, int]) -> tuple[int | None, int | None]:
    total = amounts.get("total")
    if total is None:
        return None, None
    unused = amounts.get("free", 0) + amounts.get("buffers", 0) + amounts.get("cached", 0)
    return max(0, total - unused) * _KIB, total * _KIB


def _appended(history: tuple[float, ...], value: float | None) -> tuple[float, ...]:
    return history if value is None else (*history, value)[-SAMPLES:]
