"""A screen with text that can be searched: the line in which it is typed, and the ways from hit to hit."""

from __future__ import annotations

from textual import on
from textual.widgets import Input

from kvmtui.ui.desk import DeskScreen
from kvmtui.ui.widgets.text_lines import TextLines


class FindLine(Input):
    """The line in which the text to look for is typed; out of sight until it is asked for."""

    def __init__(self) -> None:
        super().__init__(id="find-line", compact=True, placeholder="find", select_on_focus=False)


class FindingScreen(DeskScreen):
    """Finds in `text`; subclasses yield a `FindLine` in their body."""

    @property
    def text(self) -> TextLines:
        """The text in front."""
        raise NotImplementedError

    def hits_changed(self) -> None:
        """Show how many places were found, and which one is the current; `text.hit` has both."""

    def action_opened_find(self) -> None:
        """Open the line in which the text to look for is typed."""
        line = self.query_one(FindLine)
        line.add_class("-open")
        line.focus()

    def action_opened_find_next(self) -> None:
        """Go to the next place found."""
        self._find_again(1)

    def action_opened_find_previous(self) -> None:
        """Go to the place found before."""
        self._find_again(-1)

    @on(Input.Changed, "#find-line")
    def find(self, event: Input.Changed) -> None:
        """Find while it is typed."""
        self.text.find(event.value)
        self.hits_changed()

    @on(Input.Submitted, "#find-line")
    def keep_found(self, event: Input.Submitted) -> None:
        """Go back to reading; what was found stays marked."""
        self.query_one(FindLine).remove_class("-open")
        self.text.focus()
        if event.value and not self.text.hit[1]:
            self.desk.say(f"“{event.value}” is not in this text.", "warning")

    def forget_found(self) -> bool:
        """Close the line and forget what was looked for; return whether there was something."""
        line = self.query_one(FindLine)
        was_open = line.has_class("-open") or bool(line.value)
        line.remove_class("-open")
        line.value = ""
        for text in self.query(TextLines):
            text.find("")
        self.hits_changed()
        return was_open

    def _find_again(self, step: int) -> None:
        if self.text.hit[1]:
            self.text.find_next(step)
            self.hits_changed()
        else:
            self.action_opened_find()
