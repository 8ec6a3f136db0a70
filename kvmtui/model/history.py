"""A ring of samples for a domain's graphs: the last ten minutes and more, in little memory."""

from __future__ import annotations

from array import array
from math import isnan, nan

from kvmtui.model.detail import DomainDetail
from kvmtui.model.domain import Domain

SAMPLES = 600
"""Kept per series: 20 minutes at one sample every 2 s."""


class Series:
    """The last `SAMPLES` values of one quantity with the times they were taken at."""

    __slots__ = ("_times", "_values", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._times = array("d")
        self._values = array("f")

    def add(self, taken: float, value: float | None) -> None:
        """Append a value; None leaves a gap."""
        self._times.append(taken)
        self._values.append(nan if value is None else value)
        if len(self._times) > SAMPLES + 64:  # cut in blocks: cheaper than one by one
            del self._times[:64], self._values[:64]

    def last(self, seconds: float, slots: int) -> tuple[float | None, ...]:
        """Return the newest `seconds` as `slots` averages, oldest first; None where nothing was recorded.

        The slots lie fast in time: a graph of them moves by whole slots and does not flicker in between.
        """
        sums, counts = [0.0] * slots, [0] * slots
        if self._times and slots:
            slot_length = seconds / slots
            start = (self._times[-1] // slot_length + 1) * slot_length - seconds
            for index in range(len(self._times) - 1, -1, -1):
                offset = self._times[index] - start
                if offset < 0:
                    break
                slot = min(slots - 1, int(offset / seconds * slots))
                if not isnan(self._values[index]):
                    sums[slot] += self._values[index]
                    counts[slot] += 1
        return tuple(total / number if number else None for total, number in zip(sums, counts, strict=True))

    @property
    def latest(self) -> float | None:
        """The newest value."""
        return None if not self._values or isnan(self._values[-1]) else self._values[-1]


class History:
    """The recorded past of one domain, by series name: "cpu", "vcpu 0 busy", "vda read", "52:54:… drops"."""

    __slots__ = ("series",)

    def __init__(self) -> None:
        self.series: dict[str, Series] = {}

    def record(self, domain: Domain, detail: DomainDetail) -> None:
        """Append one sample of everything that has a rate."""
        self._add("cpu", detail.taken, domain.cpu)
        self._add("memory", detail.taken, domain.memory_ratio)
        for vcpu in detail.vcpus:
            for quantity in ("busy", "steal", "wait"):
                self._add(f"vcpu {vcpu.number} {quantity}", detail.taken, getattr(vcpu, quantity))
        for disk in detail.disks:
            for quantity in ("read", "written", "reads", "writes", "read_latency", "write_latency"):
                self._add(f"{disk.target} {quantity}", detail.taken, getattr(disk, quantity))
        for nic in detail.nics:
            for quantity in ("received", "sent", "drops", "errors"):
                self._add(f"{nic.mac} {quantity}", detail.taken, getattr(nic, quantity))

    def _add(self, name: str, taken: float, value: float | None) -> None:
        series = self.series.get(name)
        if series is None:
            series = self.series[name] = Series(name)
        series.add(taken, value)
