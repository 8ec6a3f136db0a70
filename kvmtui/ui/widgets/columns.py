"""The columns of a table, and which of them fit into a width. Knows neither rows nor styles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kvmtui.ui.widgets.cells import Align, Cell

R = TypeVar("R")

GAP = 2
"""Cells between two columns."""


@dataclass(frozen=True)  # no slots: Python 3.11 cannot make `Column[Row](…)` of a slotted frozen class
class Column(Generic[R]):
    """One column of a table of rows `R`."""

    id: str
    title: str
    width: int
    """Terminal cells; the least that a flexible column has."""
    cell: Callable[[R], Cell]
    sort: Callable[[R], Any] | None = None
    """What its order comes from; None for a value goes last; no function: it cannot be sorted by."""
    align: Align = "left"
    flex: int = 0
    """Its share of the width that is left over."""
    max_width: int = 48
    """Where a flexible column stops to grow."""
    priority: int = 0
    """Where the width is short, the columns with the highest number vanish first; those with 0 stay."""
    compact: Column[R] | None = None
    """What takes its place where the width is short, before any column vanishes."""
    is_descending_first: bool = False
    """Whether sorting by it starts with the greatest: right for loads and rates."""
    help: str = ""
    """What it shows, for the column chooser."""


@dataclass(frozen=True)
class Placed(Generic[R]):
    """A column with the place that it got."""

    column: Column[R]
    x: int
    width: int


@dataclass(frozen=True)
class Placement(Generic[R]):
    """The columns that are shown."""

    columns: tuple[Placed[R], ...] = ()
    hides_left: bool = False
    hides_right: bool = False

    def at(self, x: int) -> Column[R] | None:
        """Return the column that covers the cell `x`, its gap to the right included."""
        return next((placed.column for placed in reversed(self.columns) if placed.x <= x), None)


def place(columns: Sequence[Column[R]], width: int, first: int = 0, margin: int = 0) -> Placement[R]:
    """Return which columns are shown where.

    Args:
        columns: all chosen ones in order; the first one always stays.
        width: terminal cells there are, the margin included.
        first: how many columns after the first one are scrolled away; 0: the least important ones give way instead.
        margin: terminal cells that are kept free at the left.
    """
    room = width - margin
    kept = _scrolled(columns, room, first) if first else _most_important(columns, room)
    widths = _shared(kept, room)
    placed, x = [], margin
    for column, cells in zip(kept, widths, strict=True):
        placed.append(Placed(column, x, min(cells, max(0, width - x))))
        x += cells + GAP
    is_last_hidden = bool(columns) and columns[-1].id != kept[-1].id
    return Placement(tuple(placed), bool(first), is_last_hidden if first else len(kept) < len(columns))


def _needed(columns: Sequence[Column[R]]) -> int:
    return sum(column.width for column in columns) + GAP * max(0, len(columns) - 1)


def _most_important(columns: Sequence[Column[R]], room: int) -> list[Column[R]]:
    kept = list(columns)
    if _needed(kept) > room:
        kept = [column.compact or column for column in kept]
    while _needed(kept) > room and any(column.priority for column in kept[1:]):
        kept.remove(max(reversed(kept[1:]), key=lambda column: column.priority))
    return kept


def _scrolled(columns: Sequence[Column[R]], room: int, first: int) -> list[Column[R]]:
    kept = list(columns[:1])
    for column in columns[1 + first :]:
        if _needed([*kept, column]) > room and len(kept) > 1:
            break
        kept.append(column)
    return kept


def _shared(columns: Sequence[Column[R]], room: int) -> list[int]:
    """Return the columns' widths with what is left over given to the flexible ones by their shares."""
    widths = [column.width for column in columns]
    spare = room - _needed(columns)
    while spare > 0:
        growing = [index for index, column in enumerate(columns) if column.flex and widths[index] < column.max_width]
        if not growing:
            break
        shares = sum(columns[index].flex for index in growing)
        given = 0
        for index in growing:
            more = min(columns[index].max_width - widths[index], spare * columns[index].flex // shares)
            widths[index] += more
            given += more
        if not given:  # less than one cell each
            widths[growing[0]] += 1
            given = 1
        spare -= given
    return widths
