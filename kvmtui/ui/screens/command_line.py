"""The command line at the bottom: `:` opens it, Tab completes, Up brings back what was typed."""

from __future__ import annotations

from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from kvmtui.ui.commands import complete, summary_of
from kvmtui.ui.desk import Desk

HISTORY_KEPT = 100
_MEMORY = "command.history"


class CommandLine(ModalScreen[str]):
    """Answers with the line that was entered; an empty one when it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("tab", "complete", show=False, priority=True),
        Binding("up", "recall(-1)", show=False, priority=True),
        Binding("down", "recall(1)", show=False, priority=True),
    ]

    def compose(self) -> ComposeResult:
        """Yield the candidates' line and the field."""
        with Vertical():
            yield Static(Content("Tab completes · Up recalls · Esc leaves"), id="command-hint")
            with Horizontal():
                yield Static(Content(":"), id="command-sign")
                yield Input(placeholder="start web01 · shut-down 'web*' · domains · quit", id="command", select_on_focus=False)

    def on_mount(self) -> None:
        """Prepare the history."""
        self._desk = cast(Desk, self.app)
        self._history: list[str] = list(self._desk.memory.get(_MEMORY, []))
        self._position = len(self._history)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what the line can become."""
        self.query_one("#command-hint", Static).update(Content(summary_of(self._candidates(event.value))))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with the line, and keep it."""
        line = event.value.strip()
        if line:
            kept = [entry for entry in self._history if entry != line] + [line]
            self._desk.memory.set(_MEMORY, kept[-HISTORY_KEPT:])
        self.dismiss(line)

    def action_leave(self) -> None:
        """Answer with nothing."""
        self.dismiss("")

    def action_complete(self) -> None:
        """Finish the last word as far as all candidates agree."""
        field = self.query_one(Input)
        candidates = self._candidates(field.value)
        if not candidates:
            return
        common = candidates[0]
        for candidate in candidates:
            while not candidate.startswith(common):
                common = common[:-1]
        if len(common) > len(field.value):
            field.value = common
            field.cursor_position = len(common)

    def action_recall(self, step: int) -> None:
        """Bring back an earlier line."""
        self._position = max(0, min(len(self._history), self._position + step))
        field = self.query_one(Input)
        field.value = self._history[self._position] if self._position < len(self._history) else ""
        field.cursor_position = len(field.value)

    def _candidates(self, line: str) -> list[str]:
        return complete(line, [domain.name for domain in self._desk.fleet.domains()])
