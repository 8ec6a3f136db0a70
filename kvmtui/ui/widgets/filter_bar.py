"""The line in which a filter is typed: it applies with every letter. What the words mean is the screen's business."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static


class _FilterInput(Input):
    focused_before: Widget | None = None
    """What had the focus when the typing began."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", show=False),
        Binding("down,up,tab", "keep", show=False),
    ]

    def action_give_up(self) -> None:
        """Clear the filter and leave."""
        self.value = ""
        self.action_keep()

    def action_keep(self) -> None:
        """Leave with the filter as it is; what is typed next is no longer meant for it, so the focus goes back at once."""
        self.screen.set_focus(self.focused_before, scroll_visible=False)
        self.post_message(FilterBar.Closed())

    async def action_submit(self) -> None:
        """Leave with the filter as it is."""
        self.action_keep()


class FilterBar(Horizontal):
    """A slash, the text, and at the right how many rows it finds or what is wrong with it."""

    class Changed(Message):
        """The text is another one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """The user has finished typing."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._input = _FilterInput(
            id="filter-input", compact=True, select_on_focus=False, placeholder="state:running cpu>50 tag:prod web !test"
        )
        self._note = Static(id="filter-note")
        self._said = ""

    def compose(self) -> ComposeResult:
        """Yield the three pieces."""
        yield Static("/", id="filter-sign")
        yield self._input
        yield self._note

    def open(self, text: str) -> None:
        """Let the user type, beginning with `text`."""
        self.display = True
        field = self._input
        if self.screen.focused is not field:
            field.focused_before = self.screen.focused
        field.value = text
        field.cursor_position = len(text)
        self.screen.set_focus(field, scroll_visible=False)  # at once: what is typed next belongs here

    def close(self) -> None:
        """Go out of sight."""
        self.display = False

    def say(self, note: str, *, is_problem: bool = False) -> None:
        """Say how many rows are found, or what is wrong."""
        if note != self._said:  # an update lays out the whole screen
            self._said = note
            self._note.update(Content(note))
            self.set_class(is_problem, "-problem")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell what is typed."""
        event.stop()
        self.post_message(self.Changed(event.value))
