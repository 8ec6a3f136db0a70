"""A text to read in front of a screen: scrolls, can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class TextScreen(ModalScreen[None]):
    """Lines of text with a field that keeps only those with what is typed."""

    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark", "close", "close", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space,ctrl+f", "page(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("home,g", "edge(0)", show=False),
        Binding("end,G", "edge(1)", show=False),
        Binding("slash", "search", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[Content], *, starts_at_end: bool = False) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._starts_at_end = starts_at_end

    def compose(self) -> ComposeResult:
        """Frame the text."""
        with Vertical() as frame:
            frame.border_title = Content(self._title)
            yield Input(placeholder="type / to search", id="search")
            with VerticalScroll(can_focus=True):
                yield Static(Content("\n").join(self._lines), id="text")
            yield Static(Content("Esc closes · / searches"), classes="-hint")

    def on_mount(self) -> None:
        """Let the text have the keys."""
        self.query_one(VerticalScroll).focus()
        if self._starts_at_end:
            self.action_edge(1)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show only the lines that hold every word typed; headings stay."""
        words = event.value.lower().split()
        kept = [line for line in self._lines if all(word in line.plain.lower() for word in words)]
        self.query_one("#text", Static).update(Content("\n").join(kept) if kept else Content("Nothing here matches."))

    def on_input_submitted(self) -> None:
        """Go back to reading."""
        self.query_one(VerticalScroll).focus()

    def action_close(self) -> None:
        """Leave; from the search field, leave the field first."""
        field = self.query_one(Input)
        if field.has_focus:
            field.value = ""
            self.query_one(VerticalScroll).focus()
        else:
            self.dismiss(None)

    def action_search(self) -> None:
        """Go to the search field."""
        self.query_one(Input).focus()

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        text = self.query_one(VerticalScroll)
        text.scroll_relative(y=pages * max(1, text.size.height - 1), animate=False)

    def action_edge(self, end: int) -> None:
        """Go to the start or the end."""
        text = self.query_one(VerticalScroll)
        if end:
            text.scroll_end(animate=False)
        else:
            text.scroll_home(animate=False)
