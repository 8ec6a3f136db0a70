"""What an edit changes in a domain's XML, to be confirmed; and what to do when somebody else has changed it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from kvmtui.model.domain import Domain
from kvmtui.model.xml_diff import DiffLine, LineKind
from kvmtui.text import several
from kvmtui.ui.dialogs.base import Dialog, command_line, place
from kvmtui.ui.widgets.text_lines import TextLines
from kvmtui.ui.widgets.xml_lines import diff_lines

_SCROLLING = {
    "up", "down", "k", "j", "pageup", "pagedown", "home", "end", "g", "G", "left", "right", "h", "l",
    "ctrl+u", "ctrl+d", "ctrl+b", "ctrl+f",
}  # fmt: skip


class ChangesDialog(Dialog[bool]):
    """Shows the lines that change. `y` applies them; keys that scroll scroll, any other does nothing but leave."""

    def __init__(self, domain: Domain, lines: Sequence[DiffLine], command: str, notes: Sequence[str] = ()) -> None:
        super().__init__(f"Change {domain.name}?", (), hint="y apply · any other key back · ↑↓ scroll", classes="-wide")
        self._domain = domain
        self._lines = lines
        self._command = command
        self._notes = notes

    def compose_body(self) -> ComposeResult:
        """Yield where, what, and by which command."""
        added = sum(line.kind is LineKind.ADDED for line in self._lines)
        removed = sum(line.kind is LineKind.REMOVED for line in self._lines)
        counts = f"{several(added, 'line')} added, {removed} removed"
        yield Static(Content(f"{self._domain.name} {place(self.desk, [self._domain])}: {counts}"), classes="-targets")
        for note in self._notes:
            yield Static(Content(note), classes="-consequence")
        yield TextLines(id="changes")
        yield Static(command_line(self._command), classes="-command")

    def on_mount(self) -> None:
        """Show the lines."""
        super().on_mount()
        self.query_one(TextLines).show(diff_lines(self._lines))
        self.query_one(TextLines).focus()

    def on_key(self, event: events.Key) -> None:
        """Take any key that does not scroll for the answer."""
        if event.key not in _SCROLLING:
            event.stop()
            event.prevent_default()
            self.answer(event.key == "y")


class ChoiceOfThree(Dialog[str]):
    """Some ways on, each with its key; Esc is the last one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "cancel", show=False)]

    def __init__(self, title: str, text: str, choices: Sequence[tuple[str, str, str]]) -> None:
        """Ask; `choices` are (key, answer, sentence)."""
        super().__init__(title, hint=" · ".join(f"{key} {answer}" for key, answer, _ in choices) + " · Esc cancel")
        self._text = text
        self._choices = choices

    def compose_body(self) -> ComposeResult:
        """Yield the text and what each key does."""
        yield Static(Content(self._text), classes="-consequence")
        for key, answer, sentence in self._choices:
            yield Static(Content.assemble((f" {key} ", "bold $text-accent"), f" {answer}: {sentence}"))

    def on_key(self, event: events.Key) -> None:
        """Take a key for the answer; others do nothing."""
        for key, answer, _ in self._choices:
            if event.key == key:
                event.stop()
                self.answer(answer)
