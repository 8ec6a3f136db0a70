"""Pick one of many: a field that filters, a list under it, and a line about what is under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from kvmtui.model.domain import Domain
from kvmtui.ui.dialogs.base import Dialog
from kvmtui.ui.widgets.cells import Part
from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.table import Table


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to pick."""

    key: str
    """The answer."""
    label: str
    shortcut: str = ""
    """The key that does the same without this dialog."""
    reason: str = ""
    """Why it cannot be picked now; empty when it can."""
    note: str = ""
    """A remark beside it."""
    about: str = ""
    """What the lower line says when the cursor is on it."""

    @property
    def is_open(self) -> bool:
        """Whether it can be picked."""
        return not self.reason


def _columns(choices: Sequence[Choice]) -> tuple[Column[Choice], ...]:
    def tone(choice: Choice, text: str) -> Part:
        return Part(text, "" if choice.is_open else "dim")

    label_width = max((len(choice.label) for choice in choices), default=10)
    columns = [Column[Choice]("label", "", min(40, label_width), lambda choice: tone(choice, choice.label))]
    if any(choice.shortcut for choice in choices):
        width = max(len(choice.shortcut) for choice in choices)
        columns.insert(
            0, Column("shortcut", "", width, lambda choice: Part(choice.shortcut, "accent" if choice.is_open else "dim"))
        )
    if any(choice.reason or choice.note for choice in choices):
        columns.append(Column("reason", "", 20, lambda choice: Part(choice.reason or choice.note, "dim"), flex=1, max_width=80))
    return tuple(columns)


class ChoiceDialog(Dialog[str]):
    """Offers choices; the answer is the key of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,ctrl+p", "move(-1)", show=False, priority=True),
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("pageup", "turn(-1)", show=False, priority=True),
        Binding("pagedown", "turn(1)", show=False, priority=True),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], targets: Sequence[Domain] = (), *, starts_at: str = "") -> None:
        """Offer `choices`, with the cursor on the one named `starts_at`, or the first that is open."""
        super().__init__(title, targets, hint="type to filter · Enter picks · Esc cancels", classes="-pick")
        self._choices = tuple(choices)
        self._starts_at = starts_at

    def compose_body(self) -> ComposeResult:
        """Yield the field, the list and the line about the cursor's place."""
        yield Input(placeholder="type to filter", id="pick-filter", compact=True)
        table: Table[Choice] = Table(_columns(self._choices), empty_text="Nothing fits.", has_marks=False, id="pick-table")
        table.can_focus = False
        yield table
        yield Static(id="pick-about", classes="-command")

    def on_mount(self) -> None:
        """Show everything."""
        super().on_mount()
        self._show()
        if not self._table.move_to_key(self._starts_at):
            self._to_first_open()

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer these instead; the cursor stays where it was."""
        self._choices = tuple(choices)
        self._show()

    @property
    def _table(self) -> Table[Choice]:
        return self.query_one("#pick-table", Table)

    @on(Input.Changed)
    def filter_changed(self) -> None:
        """Show what fits the words typed."""
        self._show()
        row = self._table.cursor_row
        if row is None or not row.is_open:
            self._to_first_open()

    @on(Input.Submitted)
    def take(self) -> None:
        """Answer with the choice under the cursor, if it is open."""
        row = self._table.cursor_row
        if self.is_disarmed:
            self.answer(None)
        elif row is not None and row.is_open:
            self.answer(row.key)

    @on(Table.Opened)
    def take_click(self, event: Table.Opened) -> None:
        """Take a double click like Enter."""
        event.stop()
        self.take()

    @on(Table.CursorMoved)
    def tell(self) -> None:
        """Say what the choice under the cursor is about."""
        row = self._table.cursor_row
        text = "" if row is None else row.about if row.is_open else f"{row.label}: {row.reason}"
        self.query_one("#pick-about", Static).update(Content(text))

    def action_move(self, step: int) -> None:
        """Move the cursor."""
        self._table.move_to(self._table.cursor_index + step)

    def action_turn(self, pages: int) -> None:
        """Move the cursor by pages."""
        self._table.move_to(self._table.cursor_index + pages * self._table.page)

    def _show(self) -> None:
        words = self.query_one("#pick-filter", Input).value.lower().split()
        self._table.show([choice for choice in self._choices if all(word in choice.label.lower() for word in words)])
        self.tell()

    def _to_first_open(self) -> None:
        for index, choice in enumerate(self._table.rows):
            if choice.is_open:
                self._table.move_to(index)
                return
