"""A failure, whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure
from kvmtui.ui.dialogs.base import Dialog


def failure_lines(failure: Failure, command: str = "") -> Content:
    """Return a failure in full: what was tried, what was answered, what to do, by which command to try again."""
    parts: list[str | tuple[str, str]] = [(f"Could not {failure.attempted}.\n", "bold"), f"\n{failure.said.rstrip()}\n"]
    if failure.advice:
        parts.append((f"\n{failure.advice}\n", "$text-warning"))
    if command:
        parts += [("\nThe command that does the same:\n", "$text-muted"), f"{command}\n"]
    return Content.assemble(*parts)


class FailureDialog(Dialog[None]):
    """Shows a failure in full, to be read, scrolled and copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q", "cancel", show=False),
        Binding("y,c", "copy", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "turn(1)", show=False),
        Binding("pageup", "turn(-1)", show=False),
    ]

    def __init__(self, failure: Failure, command: str = "", targets: Sequence[Domain] = ()) -> None:
        title = f"{targets[0].name}: {failure.kind.value}" if targets else failure.kind.value
        super().__init__(title, hint="y copy · Esc closes", classes="-danger")
        self._text = failure_lines(failure, command)

    def compose_body(self) -> ComposeResult:
        """Yield the text."""
        with VerticalScroll(id="failure-text"):
            yield Static(self._text)

    def action_copy(self) -> None:
        """Copy everything."""
        self.desk.copy(self._text.plain, "the error")

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_turn(self, pages: int) -> None:
        """Scroll by pages."""
        text = self.query_one(VerticalScroll)
        text.scroll_relative(y=pages * max(1, text.size.height - 1), animate=False)
