"""The two lines on top of an opened domain: who it is and how it is, and the tabs."""

from __future__ import annotations

from textual.events import Click
from textual.message import Message

from kvmtui.model.domain import Domain
from kvmtui.model.host import HostView
from kvmtui.text import UNKNOWN, percent, short_duration
from kvmtui.ui.widgets.frame import Line, Part, spread
from kvmtui.ui.widgets.glyphs import glyphs
from kvmtui.ui.widgets.overview import state_tone

TABS = ("overview", "performance", "xml", "log")
_LABELS = {"overview": "Overview", "performance": "Performance", "xml": "XML", "log": "Log"}
_TONES = {"good": "$text-success", "warn": "$text-warning", "bad": "$text-error", "dim": "$text-muted"}


class DomainTitle(Line):
    """Name, state and host; says plainly when the domain is gone, or its host does not answer."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._left: list[Part] = []
        self._right: list[Part] = []

    def show(self, domain: Domain | None, view: HostView, *, is_gone: bool, age: float | None) -> None:
        """Show a domain; `age` is how old its data is in seconds, None when it is current."""
        name = domain.name if domain else UNKNOWN
        self._left = [(f" {name}  ", "bold")]
        if is_gone:
            self._left.append((f"{glyphs().bad} no longer exists; what is shown is the last that was known", "$text-error"))
        elif domain:
            state = f"{glyphs().states[domain.state]} {domain.state.value}{f': {domain.reason}' if domain.reason else ''}"
            self._left.append((state, _TONES[state_tone(domain)] if age is None else "$text-muted"))
            if domain.is_active and age is None:
                self._left.append((f"   CPU {percent(domain.cpu)}   MEM {percent(domain.memory_ratio)}", "$text-muted"))
        if age is not None:
            self._left.append((f"   {glyphs().warning} {view.link.value}, as it was {short_duration(age)} ago", "$text-warning"))
        self._right = [(f"{view.name} {glyphs().dot} {view.key} " if view.name != view.key else f"{view.key} ", "$text-muted")]
        self._draw()

    def on_resize(self) -> None:
        """Fit the row to the new width."""
        self._draw()

    def _draw(self) -> None:
        self.show_parts(*spread(self._left, self._right, self.size.width))


class TabsLine(Line):
    """The tabs, the one in front marked."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def on_mount(self) -> None:
        """Show the first tab in front."""
        self.show(TABS[0])

    def show(self, active: str) -> None:
        """Mark a tab as the one in front."""
        self.show_parts(*((f" {_LABELS[tab]} ", "bold reverse" if tab == active else "$text-muted") for tab in TABS))

    def on_click(self, event: Click) -> None:
        """Tell which tab is under the mouse."""
        column = 0
        for tab in TABS:
            column += len(_LABELS[tab]) + 2
            if event.x < column:
                self.post_message(self.Chosen(tab))
                return
