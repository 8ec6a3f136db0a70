"""Samples for a domain's graphs: the last ten minutes and more, in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from math import isnan, nan

from kvmtui.model.detail import DomainDetail
from kvmtui.model.domain import Domain

SECONDS_KEPT = 1200.0
"""The past that a series holds at least, once it is that old."""
RESOLUTION = 2.0
"""Seconds that one recorded sample stands for; what comes more often is averaged."""


class Series:
    """The values of one quantity in the last `SECONDS_KEPT` with the times they were taken at."""

    __slots__ = ("_averaged", "_latest", "_times", "_values", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._times = array("d")
        self._values = array("f")
        self._averaged = 0  # known values in the last sample
        self._latest: float | None = None

    def add(self, taken: float, value: float | None) -> None:
        """Append a value; None leaves a gap."""
        self._latest = value
        if self._times and 0 <= taken - self._times[-1] < 0.9 * RESOLUTION:  # readings are not exactly on time
            self._average(value)
            return
        self._times.append(taken)
        self._values.append(nan if value is None else value)
        self._averaged = value is not None
        if taken - self._times[0] > 1.1 * SECONDS_KEPT:  # cut in blocks: cheaper than one by one
            old = bisect_left(self._times, taken - SECONDS_KEPT)
            del self._times[:old], self._values[:old]

    def _average(self, value: float | None) -> None:
        """Let a value count in the last sample."""
        if value is not None:
            before = self._values[-1] if self._averaged else 0.0
            self._averaged += 1
            self._values[-1] = before + (value - before) / self._averaged

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
        return self._latest


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
