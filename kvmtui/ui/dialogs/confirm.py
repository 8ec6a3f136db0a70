"""Yes or no, by one key; and by a typed phrase where a slip would cost much."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Static

from kvmtui.model.domain import Domain
from kvmtui.ui.dialogs.base import Dialog, command_line, names, place


class ConfirmDialog(Dialog[bool]):
    """Names what is done to whom, where, by which command. `y` confirms, any other key does not."""

    DROPS_TYPE_AHEAD = True

    def __init__(self, question: str, targets: Sequence[Domain] = (), *, consequence: str = "", command: str = "") -> None:
        """Ask `question`; `consequence` is a sentence, `command` a line."""
        super().__init__(question, targets, hint="y yes · any other key no", classes="-danger")
        self._consequence = consequence
        self._command = command

    def compose_body(self) -> ComposeResult:
        """Yield what is known of the consequences."""
        if self.targets:
            yield Static(Content(f"{names(self.targets)} {place(self.desk, self.targets)}"), classes="-targets")
        if self._consequence:
            yield Static(Content(self._consequence), classes="-consequence")
        if self._command:
            yield Static(command_line(self._command), classes="-command")
        with Horizontal(classes="-buttons"):
            for name, label in (("no", "No"), ("yes", "Yes")):
                button = Button(Content(label), id=name, compact=True)
                button.can_focus = False
                yield button

    def on_key(self, event: events.Key) -> None:
        """Take one key for the answer."""
        event.stop()
        event.prevent_default()
        self.answer(event.key == "y")

    @on(Button.Pressed)
    def take_click(self, event: Button.Pressed) -> None:
        """Take a click for the answer."""
        self.answer(event.button.id == "yes")

    def action_cancel(self) -> None:
        """Answer No."""
        self.answer(value=False)


class TypedPhraseDialog(Dialog[bool]):
    """Confirms only when a phrase was typed."""

    DROPS_TYPE_AHEAD = True

    def __init__(self, question: str, phrase: str, targets: Sequence[Domain] = (), *, consequence: str = "") -> None:
        super().__init__(question, targets, hint="Enter confirms · Esc cancels", classes="-danger")
        self._phrase = phrase
        self._consequence = consequence

    def compose_body(self) -> ComposeResult:
        """Yield the names and the field."""
        yield Static(Content(f"{names(self.targets)} {place(self.desk, self.targets)}"), classes="-targets")
        if self._consequence:
            yield Static(Content(self._consequence), classes="-consequence")
        yield Static(Content.assemble("To go on, type ", (self._phrase, "bold"), ":"))
        yield Input(id="phrase", compact=True, select_on_focus=False)
        yield Static(id="phrase-problem", classes="-problem")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, when the phrase is the right one."""
        event.stop()
        if event.value.strip() == self._phrase or self.is_disarmed:
            self.answer(value=True)
        else:
            self.query_one("#phrase-problem", Static).update(Content(f"That is not “{self._phrase}”."))
