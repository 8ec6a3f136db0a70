"""Graphs in text: a row of values as columns of block characters, and panels of them side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from rich.cells import cell_len

from kvmtui.ui.widgets.cells import cut, fit
from kvmtui.ui.widgets.glyphs import glyphs
from kvmtui.ui.widgets.text_lines import Span, TextLine

Values = Sequence[float | None]

PANEL_WIDTH = 36
"""Cells that a panel has at least."""
_GAP = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """A number beside a panel's title: "now 34%"."""

    label: str
    text: str
    tone: str = ""

    def __str__(self) -> str:
        return f"{self.label} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph with its title."""

    title: str
    values: Callable[[int], Values]
    """Returns so many values, oldest first."""
    show: Callable[[float | None], str]
    """Turns a value into text."""
    top: float | None = None
    """The value at the upper edge; None: the largest one shown."""
    readings: tuple[Reading, ...] = ()
    height: int = 3
    tone: str = "accent"


def graph(values: Values, height: int, top: float) -> list[str]:
    """Return columns of blocks, one per value, as `height` lines from the upper one down.

    Unknown values are blank; a known one has a trace at least, so that it can be seen since when there are values.
    """
    sparks = glyphs().sparks
    steps = len(sparks)
    heights = [0 if value is None else _level(value, top, height * steps) for value in values]
    rows = []
    for row in range(height - 1, -1, -1):
        filled = (max(0, min(steps, level - row * steps)) for level in heights)
        rows.append("".join(sparks[level - 1] if level else " " for level in filled))
    return rows


def bridged(values: Values, widest: int) -> list[float | None]:
    """Return the values with gaps of at most `widest` filled by what stands before them: readings that came more rarely."""
    filled: list[float | None] = []
    gap = 0
    for value in values:
        if value is None:
            gap += 1
            filled.append(None)
            continue
        if 0 < gap <= widest and len(filled) > gap:
            filled[-gap:] = [filled[-gap - 1]] * gap
        gap = 0
        filled.append(value)
    return filled


def panel_lines(panels: Sequence[Panel], width: int) -> list[TextLine]:
    """Return panels side by side, as many as fit, filling `width` cells."""
    across = max(1, min(len(panels), (width + _GAP) // (PANEL_WIDTH + _GAP)))
    each = (width - _GAP * (across - 1)) // across
    lines: list[TextLine] = []
    for first in range(0, len(panels), across):
        drawn = [_panel(panel, each) for panel in panels[first : first + across]]
        for row in range(max(map(len, drawn))):
            line: list[Span] = []
            for number, panel in enumerate(drawn):
                line += [(" " * _GAP, "")] * bool(number)
                line += panel[row] if row < len(panel) else [(" " * each, "")]
            lines.append(tuple(line))
    return lines


def _level(value: float, top: float, levels: int) -> int:
    return max(1, min(levels, ceil(value / top * levels - 0.5)))


def _panel(panel: Panel, width: int) -> list[list[Span]]:
    values = panel.values(width)
    known = [value for value in values if value is not None]
    largest = max(known, default=None)
    newest = next((value for value in reversed(values) if value is not None), None)
    readings = [Reading("", panel.show(newest)), Reading("max", panel.show(largest), "dim"), *panel.readings]
    head = _head(panel.title, readings, width)
    rows = graph(values, panel.height, panel.top or largest or 1.0) if known else []
    return [head, *([(row, panel.tone)] for row in rows)]


def _head(title: str, readings: list[Reading], width: int) -> list[Span]:
    """Return the line over a graph; readings of no concern go first when there is not room for all."""
    while (room := width - sum(len(str(reading)) + 2 for reading in readings)) < len(title):
        plain = [reading for reading in readings[1:] if reading.tone == "dim"]
        if not plain:
            break
        readings.remove(plain[-1])
    head: list[Span] = [(part.text, "label") for part in fit(title, max(0, room))]
    for reading in readings:
        head += [("  ", ""), (str(reading), reading.tone)]
    return _exactly(head, width)


def _exactly(spans: list[Span], width: int) -> list[Span]:
    """Return spans cut or filled to `width` cells."""
    fitted: list[Span] = []
    left = width
    for text, tone in spans:
        piece = cut(text, left)
        fitted.append((piece, tone))
        left -= cell_len(piece)
    return [*fitted, (" " * left, "")] if left > 0 else fitted
