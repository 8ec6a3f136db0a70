"""The lines around every full screen: the hosts on top, the views under them, keys or the latest message at the bottom."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from textual.content import Content
from textual.events import Click
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from kvmtui import text
from kvmtui.keys import ACTIONS
from kvmtui.model.host import HostView, Link
from kvmtui.ui.read_only import writes
from kvmtui.ui.widgets.glyphs import glyphs
from kvmtui.ui.widgets.host_summary import summary

Part = tuple[str, str]
"""A piece of text and its style."""

VIEWS = ("view.domains", "view.tasks", "view.journal")


class Line(Widget):
    """One row of styled text that is drawn again only when it differs."""

    line: reactive[Content] = reactive(Content(""), always_update=True)  # two of the same text are equal, whatever their styles

    def render(self) -> Content:
        """Return the row."""
        return self.line

    def show_parts(self, *parts: Part) -> None:
        """Show these pieces of text."""
        line = Content.assemble(*parts)
        if line.markup != self.line.markup:
            self.line = line


def spread(left: Sequence[Part], right: Sequence[Part], width: int) -> list[Part]:
    """Return both groups in one row of `width` cells, the right one at its end; the right one goes when there is no room."""
    used = sum(Content(piece).cell_length for piece, _ in left)
    wanted = sum(Content(piece).cell_length for piece, _ in right)
    gap = width - used - wanted
    return [*left, (" " * gap, ""), *right] if gap >= 1 else list(left)


class HeaderLine(Line):
    """The hosts: name, URI, load with history, overcommit, counts, and how old all that is when it is not current."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._views: Sequence[HostView] = ()
        self._focused: str | None = None
        self._ticks: Timer | None = None

    def on_mount(self) -> None:
        """Prepare the clock that runs only while something grows old."""
        self._ticks = self.set_interval(1, self._draw, pause=True)

    def on_resize(self) -> None:
        """Fit the row to the new width."""
        self._draw()

    def show(self, views: Sequence[HostView], focused: str | None) -> None:
        """Show the hosts; `focused` is the key of the one that the cursor is on."""
        self._views, self._focused = views, focused
        if self._ticks:
            if all(view.is_current for view in views):
                self._ticks.pause()
            else:
                self._ticks.resume()
        self._draw()

    def _draw(self) -> None:
        if not self._views:
            self.show_parts((" kvmtui", "bold"))
            return
        chosen = next((view for view in self._views if view.key == self._focused), self._views[0])
        others = [view for view in self._views if view is not chosen]
        parts = [(" kvmtui  ", "bold $primary"), *summary(chosen, self.size.width - 9, datetime.now(UTC), time.monotonic())]
        if others:
            lost = sum(view.link is not Link.UP for view in others)
            parts.append((f"  +{text.several(len(others), 'host')}", "$text-muted"))
            if lost:
                parts.append((f" ({lost} not connected)", "$text-error"))
        self.show_parts(*parts)


class ViewTabs(Line):
    """The views with their keys, and at the right the state of the one shown."""

    def __init__(self, active: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._active = active
        self._status = ""
        self._tasks_running = 0
        self._spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Draw for the first time."""
        self._draw()

    def on_resize(self) -> None:
        """Fit the row to the new width."""
        self._draw()

    def show_status(self, status: str) -> None:
        """Show a few words at the right."""
        self._status = status
        self._draw()

    def show_running(self, running: int) -> None:
        """Show the number of running tasks beside their view."""
        self._tasks_running = running
        self._draw()

    async def on_click(self, event: Click) -> None:
        """Switch to the view under the mouse."""
        for start, end, view in self._spans:
            if start <= event.x < end:
                await self.app.run_action(view.replace(".", "_"))

    def _draw(self) -> None:
        parts: list[Part] = []
        self._spans = []
        column = 0
        for view in VIEWS:
            label = f" {ACTIONS[view].keys[0]} {ACTIONS[view].label}"
            if view == "view.tasks" and self._tasks_running:
                label += f" ({self._tasks_running})"
            label += " "
            self._spans.append((column, column + len(label), view))
            column += len(label)
            parts.append((label, "bold reverse" if view == self._active else "$text-muted"))
        self.show_parts(*spread(parts, [(f"{self._status} ", "$text-muted")], self.size.width))


class KeyLine(Line):
    """The keys that matter most here, or the newest message for a while."""

    SECONDS: ClassVar[float] = 8

    def __init__(self, hints: Sequence[str] = (), *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._hints = tuple(hints)
        self._message: Part | None = None
        self._until: Timer | None = None

    def on_mount(self) -> None:
        """Draw for the first time."""
        self._draw()

    def on_resize(self) -> None:
        """Fit the row to the new width."""
        self._draw()

    def show_hints(self, hints: Sequence[str]) -> None:
        """Name these actions from now on."""
        self._hints = tuple(hints)
        self._draw()

    def show_message(self, message: str, severity: str) -> None:
        """Show one message in place of the keys; it stays until it is `SECONDS` old, an error twice as long."""
        mark, style = {
            "error": (f"{glyphs().bad} ", "$text-error"),
            "warning": (f"{glyphs().warning} ", "$text-warning"),
        }.get(severity, ("", "$text"))
        self._message = (f" {mark}{message}", style)
        if self._until:
            self._until.stop()
        self._until = self.set_timer(self.SECONDS * (2 if severity == "error" else 1), self.forget_message)
        self._draw()

    def forget_message(self) -> None:
        """Show the keys again."""
        self._message = None
        self._draw()

    def _draw(self) -> None:
        if self._message:
            self.show_parts(self._message)
            return
        parts: list[Part] = []
        room = self.size.width
        is_read_only = getattr(self.app, "is_read_only", False)
        for id_ in self._hints:
            if is_read_only and writes(id_):
                continue
            hint = [(f" {shown_key(self._keys_of(id_))}", "bold $text-accent"), (f" {ACTIONS[id_].label} ", "$text-muted")]
            room -= sum(len(piece) for piece, _ in hint)
            if room < 0:
                break
            parts += hint
        self.show_parts(*parts)

    def _keys_of(self, id_: str) -> tuple[str, ...]:
        config = getattr(self.app, "config", None)
        return config.keys[id_] if config else ACTIONS[id_].keys


_SHOWN = {
    "question_mark": "?", "slash": "/", "colon": ":", "asterisk": "*", "exclamation_mark": "!", "greater_than_sign": ">",
    "less_than_sign": "<", "vertical_line": "|", "left_square_bracket": "[", "right_square_bracket": "]", "escape": "Esc",
    "enter": "Enter", "space": "Space", "up": "Up", "down": "Down", "left": "Left", "right": "Right", "pageup": "PgUp",
    "pagedown": "PgDn", "home": "Home", "end": "End", "tab": "Tab", "backslash": "\\", "@": "Space",
}  # fmt: skip


def key_name(key: str) -> str:
    """Return one of Textual's key names as keyboards and manuals have it: `?`, `Ctrl-P`, `F5`."""
    *modifiers, name = key.split("+")
    shown = _SHOWN.get(name) or (name.upper() if modifiers or (name[0] == "f" and name[1:].isdigit()) else name)
    return "-".join([*(modifier.capitalize() for modifier in modifiers), shown])


def shown_key(keys: Sequence[str]) -> str:
    """Return the first of some keys by its name; a dash when there is none."""
    return key_name(keys[0]) if keys else text.UNKNOWN
