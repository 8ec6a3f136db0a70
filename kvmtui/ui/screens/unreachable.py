"""The first screen when no host can be reached: why, what to do about it, and where else to go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from kvmtui import text
from kvmtui.model.host import HostView, Link
from kvmtui.ui.desk import DeskScreen
from kvmtui.ui.widgets.glyphs import glyphs


class UnreachableScreen(DeskScreen):
    """Says of each host what was tried, what was answered and what helps; tries go on behind it."""

    VIEW = "view.domains"
    KEY_HINTS = ("app.refresh", "app.help", "app.quit")
    AUTO_FOCUS = "#problem"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "demo", "demo", show=False),
        Binding("c", "app.app_connect", "connect to…", show=False),
        Binding("r,enter", "app.app_refresh", "try again", show=False),
    ]

    def compose_body(self) -> ComposeResult:
        """Yield the text."""
        with VerticalScroll(id="problem"):
            yield Static(id="problem-text")

    def on_mount(self) -> None:
        """Keep the waiting time right."""
        self.set_interval(1, self.fleet_changed)

    def fleet_changed(self) -> None:
        """Show the hosts as they are now."""
        pieces = [_explanation(view) for view in self.desk.fleet.views]
        choices = Content.assemble(
            ("\n  r  ", "bold $text-accent"), "try again now (it is tried by itself, too)\n",
            ("  c  ", "bold $text-accent"), "connect to another host…\n",
            ("  d  ", "bold $text-accent"), "look around on libvirt's built-in demo host\n",
            ("  q  ", "bold $text-accent"), "quit",
        )  # fmt: skip
        content = Content("\n\n").join([*pieces, choices])
        shown = self.query_one("#problem-text", Static)
        if str(shown.content) != content.plain:
            shown.update(content)

    def action_demo(self) -> None:
        """Show the demo host in place of those that cannot be reached."""
        demo = getattr(self.app, "demo", "")
        if demo:
            self.app.only_connect(demo)  # type: ignore[attr-defined]


def _explanation(view: HostView) -> Content:
    name = view.name
    waited = (datetime.now(UTC) - view.since).total_seconds() if view.since else 0
    if view.failure is None or view.link is not Link.LOST:
        return Content.assemble((f"{glyphs().busy} {name}\n\n", "bold"), f"Connecting for {text.short_duration(waited)}…")
    return Content.assemble(
        (f"{glyphs().bad} {name} cannot be reached: {view.failure.kind.value}\n\n", "bold $text-error"),
        (f"{view.failure.said}\n", ""),
        (f"\n{view.failure.advice}\n" if view.failure.advice else "", "$text-warning"),
    )
