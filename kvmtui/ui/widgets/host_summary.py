"""One host in one row: as much as fits, the most important first."""

from __future__ import annotations

from datetime import datetime

from rich.cells import cell_len

from kvmtui import text
from kvmtui.model.domain import DomainState
from kvmtui.model.host import HostView, Link
from kvmtui.ui.widgets.cells import cut
from kvmtui.ui.widgets.glyphs import glyphs

Part = tuple[str, str]

NAME_WIDTH = 24
"""Cells that the host's name gets even if others are left out for it."""


def summary(view: HostView, width: int, now: datetime, clock: float) -> list[Part]:
    """Return the row's pieces, at most `width` cells of them; `clock` is `time.monotonic()` at `now`."""
    link, counts = _link(view, now, clock), _counts(view)
    identity = _identity(view, max(NAME_WIDTH, width - sum(cell_len(piece) for piece, _ in (*link, *counts))))
    groups = [identity, link, _cpu(view), _memory(view), counts, _overcommit(view)]
    order = [0, 1, 4, 2, 3, 5]  # which group gets room first
    chosen: set[int] = set()
    for index in order:
        size = sum(cell_len(piece) for piece, _ in groups[index])
        if size <= width:
            chosen.add(index)
            width -= size
    if not chosen:
        return [(cut(view.name, max(0, width)), "bold")]
    if view.facts and 0 in chosen and cell_len(view.facts.uri) + 3 <= width:
        groups[0].insert(1, (f" · {view.facts.uri}", "$text-muted"))
    return [piece for index, group in enumerate(groups) if index in chosen for piece in group]


def sparkline(history: tuple[float, ...], slots: int) -> str:
    """Return the newest `slots` ratios as bars of growing height."""
    heights = glyphs().sparks
    return "".join(heights[min(len(heights) - 1, max(0, int(ratio * len(heights))))] for ratio in history[-slots:])


def _identity(view: HostView, width: int) -> list[Part]:
    return [(cut(view.name, width - 2), "bold"), ("  ", "")]


def _link(view: HostView, now: datetime, clock: float) -> list[Part]:
    if view.link is Link.UP:
        mode = "read-only  " if view.facts and view.facts.is_read_only else ""
        return [(mode, "$text-warning")]
    silence = view.silence(now, clock)
    age = "" if silence is None else f" for {text.short_duration(silence)}"
    style = "$text-warning" if view.link is Link.CONNECTING else "bold $text-error"
    state = "not connected" if view.link is Link.LOST and view.facts is None else view.link.value
    return [(f"{glyphs().bad if view.link is Link.LOST else glyphs().busy} {state}{age}", style), ("  ", "")]


def _cpu(view: HostView) -> list[Part]:
    load = view.snapshot.load if view.snapshot else None
    if load is None or load.cpu is None:
        return []
    return [("CPU ", "$text-muted"), (sparkline(load.cpu_history, 8), "$text-accent"), (f" {text.percent(load.cpu)}  ", "")]


def _memory(view: HostView) -> list[Part]:
    load = view.snapshot.load if view.snapshot else None
    if load is None or load.memory_total is None:
        return []
    used, total = text.gibibytes(load.memory_used), text.gibibytes(load.memory_total)
    return [("MEM ", "$text-muted"), (sparkline(load.memory_history, 8), "$text-accent"), (f" {used}/{total} GiB  ", "")]


def _overcommit(view: HostView) -> list[Part]:
    if not view.snapshot or not view.facts:
        return []
    active = [domain for domain in view.snapshot.domains if domain.is_active]
    vcpus = sum(domain.vcpus or 0 for domain in active)
    memory = sum(domain.memory_maximum or 0 for domain in active)
    parts: list[Part] = []
    if view.facts.cpus:
        parts += [("vCPU ", "$text-muted"), (f"{vcpus} on {view.facts.cpus} ({vcpus / view.facts.cpus:.1f}×)  ", "")]
    if view.facts.memory:
        parts += [("guests' memory ", "$text-muted"), (f"{memory / view.facts.memory:.1f}×  ", "")]
    return parts


def _counts(view: HostView) -> list[Part]:
    if not view.snapshot:
        return []
    running = sum(domain.state in {DomainState.RUNNING, DomainState.BLOCKED} for domain in view.snapshot.domains)
    return [(f"{running} of {len(view.snapshot.domains)} running  ", "")]
