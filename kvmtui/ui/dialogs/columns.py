"""Choose a table's columns: which, in what order, how wide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from kvmtui.ui.dialogs.base import Dialog
from kvmtui.ui.widgets.cells import Cell, Part
from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.glyphs import glyphs
from kvmtui.ui.widgets.table import Table

NARROWEST, WIDEST = 3, 60


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """What the user wants to see."""

    ids: tuple[str, ...]
    """The shown columns, from left to right."""
    widths: Mapping[str, int]
    """The widths that were set by hand; the others are the columns' own."""


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    is_shown: bool
    width: int | None
    column: Column[Any]


def _mark(entry: _Entry) -> Cell:
    return Part(f"[{glyphs().mark}]", "good") if entry.is_shown else Part("[ ]", "dim")


def _width(entry: _Entry) -> Cell:
    return Part("auto", "dim") if entry.width is None else str(entry.width)


_COLUMNS: tuple[Column[_Entry], ...] = (
    Column("shown", "SHOW", 4, _mark),
    Column("title", "COLUMN", 17, lambda entry: entry.column.title),
    Column("width", "WIDTH", 5, _width, align="right"),
    Column("help", "WHAT IT SAYS", 20, lambda entry: Part(entry.column.help, "dim"), flex=1),
)


class ColumnsDialog(Dialog[ColumnChoice]):
    """A list of all columns; the first one always stays first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,x", "show_or_hide", show=False, priority=True),
        Binding("shift+up,K", "shift(-1)", show=False, priority=True),
        Binding("shift+down,J", "shift(1)", show=False, priority=True),
        Binding("plus,right,l", "widen(1)", show=False, priority=True),
        Binding("minus,left,h", "widen(-1)", show=False, priority=True),
        Binding("0", "reset", show=False, priority=True),
        Binding("enter", "apply", show=False, priority=True),
    ]

    def __init__(self, columns: Mapping[str, Column[Any]], choice: ColumnChoice, defaults: Sequence[str]) -> None:
        """Offer `columns`, by id, as they are shown now; `defaults` are the ids that a reset shows."""
        hint = "Space show/hide · J K move · + - width · 0 reset · Enter apply"
        super().__init__("Columns", hint=hint, classes="-columns")
        self._columns = columns
        self._choice = choice
        self._defaults = tuple(defaults)
        self._entries: list[_Entry] = []

    def compose_body(self) -> ComposeResult:
        """Yield the list."""
        yield Table(_COLUMNS, has_marks=False, id="columns-table")

    def on_mount(self) -> None:
        """List the shown columns first, in their order."""
        super().on_mount()
        self._list(self._choice)
        self._table.focus()

    def action_show_or_hide(self) -> None:
        """Show the column under the cursor, or hide it."""
        if place := self._place:
            entry = self._entries[place]
            self._put(place, replace(entry, is_shown=not entry.is_shown))

    def action_shift(self, step: int) -> None:
        """Move the column under the cursor."""
        place = self._place
        if place and 1 <= place + step < len(self._entries):
            self._entries[place], self._entries[place + step] = self._entries[place + step], self._entries[place]
            self._show()

    def action_widen(self, step: int) -> None:
        """Make the column under the cursor wider."""
        entry = self._entries[self._place]
        width = (entry.width or entry.column.width) + step
        self._put(self._place, replace(entry, width=max(NARROWEST, min(WIDEST, width))))

    def action_reset(self) -> None:
        """Choose the columns that are shown when nothing was chosen."""
        self._list(ColumnChoice(self._defaults, {}))

    def action_apply(self) -> None:
        """Answer with the choice."""
        ids = tuple(entry.key for entry in self._entries if entry.is_shown)
        self.answer(ColumnChoice(ids, {entry.key: entry.width for entry in self._entries if entry.width is not None}))

    @property
    def _table(self) -> Table[_Entry]:
        return self.query_one("#columns-table", Table)

    @property
    def _place(self) -> int:
        return self._table.cursor_index

    def _list(self, choice: ColumnChoice) -> None:
        order = [*choice.ids, *(id_ for id_ in self._columns if id_ not in choice.ids)]
        self._entries = [_Entry(id_, id_ in choice.ids, choice.widths.get(id_), self._columns[id_]) for id_ in order]
        self._show()

    def _put(self, place: int, entry: _Entry) -> None:
        self._entries[place] = entry
        self._show()

    def _show(self) -> None:
        self._table.show(tuple(self._entries))
