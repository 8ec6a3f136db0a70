"""An opened domain's recent past as graphs, in lines: CPU by vCPU, memory, each disk, each interface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

from kvmtui.model.detail import DomainDetail
from kvmtui.model.domain import Domain
from kvmtui.model.history import History
from kvmtui.text import UNKNOWN, latency, percent, several, short_size
from kvmtui.ui.widgets.graph import Panel, Reading, Values, bridged, panel_lines
from kvmtui.ui.widgets.text_lines import TextLine

SPANS = (120, 600, 1200)
"""The lengths of time that can be looked at, in seconds."""
_READING_GAP = 11
"""Seconds between two readings at most while a domain is looked at."""
_MANY_VCPUS = 8
_NOTABLE_STEAL = 0.05


def performance_lines(
    domain: Domain, detail: DomainDetail | None, history: History | None, span: int, width: int
) -> list[TextLine]:
    """Return graphs of the last `span` seconds, as many beside each other as `width` cells allow."""
    if history is None or detail is None:
        word = "Nothing was measured yet." if domain.is_active else "The domain is not running: there is nothing to measure."
        return [((word, "dim"),)]
    draw = _Drawing(history, span)
    lines: list[TextLine] = [((f"The last {span // 60} minutes, the newest at the right", "dim"),), ()]
    lines += _section("CPU", _cpu_panels(draw, domain, detail), width)
    memory = draw.panel("in use, of the maximum", "memory", percent, top=1.0, tone="good")
    lines += _section("Memory", [memory], width)
    for disk in detail.disks:
        lines += _section(f"Disk {disk.target}", _disk_panels(draw, disk.target), width)
    for nic in detail.nics:
        title = " ".join(filter(None, ("Interface", nic.target, nic.mac, nic.source)))
        lines += _section(title, _nic_panels(draw, nic.mac), width)
    return lines


class _Drawing:
    """Makes panels of one domain's recorded past."""

    def __init__(self, history: History, span: int) -> None:
        self._history = history
        self._span = span

    def panel(
        self,
        title: str,
        series: str,
        show: Callable[[float | None], str],
        *,
        top: float | None = None,
        tone: str = "accent",
        height: int = 3,
        readings: Sequence[Reading] = (),
    ) -> Panel:
        return Panel(title, self.values(series), show, top, tuple(readings), height, tone)

    def values(self, series: str) -> Callable[[int], Values]:
        def last(slots: int) -> Values:
            recorded = self._history.series.get(series)
            if recorded is None or slots <= 0:
                return [None] * slots
            return bridged(recorded.last(self._span, slots), ceil(_READING_GAP * slots / self._span))

        return last

    def largest(self, series: str) -> float:
        recorded = self._history.series.get(series)
        if recorded is None:
            return 0.0
        return max((value for value in recorded.last(self._span, 60) if value is not None), default=0.0)


def _section(heading: str, panels: Sequence[Panel], width: int) -> list[TextLine]:
    return [((heading, "heading"),), *panel_lines(panels, width), ()]


def _cpu_panels(draw: _Drawing, domain: Domain, detail: DomainDetail) -> list[Panel]:
    height = 1 if len(detail.vcpus) > _MANY_VCPUS else 3
    panels = [draw.panel(f"all {several(len(detail.vcpus) or domain.vcpus or 0, 'vCPU')}", "cpu", percent, top=1.0)]
    for vcpu in detail.vcpus:
        readings = [*_share("steal", vcpu.steal), *_share("wait", vcpu.wait)]
        name = f"vCPU {vcpu.number}"
        series = f"vcpu {vcpu.number}"
        panels.append(draw.panel(name, f"{series} busy", percent, top=1.0, height=height, readings=readings))
        panels += [
            draw.panel(f"{name} {quantity}", f"{series} {quantity}", percent, top=1.0, tone="warn", height=height)
            for quantity in ("steal", "wait")
            if draw.largest(f"{series} {quantity}") >= _NOTABLE_STEAL
        ]
    return panels


def _share(name: str, value: float | None) -> list[Reading]:
    if value is None:
        return []
    return [Reading(name, percent(value), "warn" if value >= _NOTABLE_STEAL else "dim")]


def _per_second(value: float | None) -> str:
    return UNKNOWN if value is None else f"{short_size(value)}/s"


def _requests(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f}/s"


def _disk_panels(draw: _Drawing, target: str) -> list[Panel]:
    return [
        draw.panel("read", f"{target} read", _per_second, height=2),
        draw.panel("written", f"{target} written", _per_second, height=2, tone="good"),
        draw.panel("read requests", f"{target} reads", _requests, height=2),
        draw.panel("write requests", f"{target} writes", _requests, height=2, tone="good"),
        draw.panel("read latency", f"{target} read_latency", latency, height=2),
        draw.panel("write latency", f"{target} write_latency", latency, height=2, tone="good"),
    ]


def _nic_panels(draw: _Drawing, mac: str) -> list[Panel]:
    panels = [
        draw.panel("received", f"{mac} received", _per_second, height=2),
        draw.panel("sent", f"{mac} sent", _per_second, height=2, tone="good"),
    ]
    return panels + [
        draw.panel(what, f"{mac} {what}", _requests, height=1, tone="bad" if draw.largest(f"{mac} {what}") else "dim")
        for what in ("drops", "errors")
    ]
