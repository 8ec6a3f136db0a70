"""A small app that has what dialogs and `acting` ask of the real one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.pilot import Pilot
from textual.widgets import Static

from kvmtui.config import Config
from kvmtui.fleet.fleet import Fleet
from kvmtui.fleet.journal import Journal
from kvmtui.fleet.memory import Memory
from kvmtui.fleet.tasks import Tasks
from kvmtui.model.domain import Domain
from kvmtui.ui import acting
from kvmtui.ui.desk import Severity
from kvmtui.ui.type_ahead import TypeAheadApp

STYLES: list[str | PurePath] = [f"../../kvmtui/styles/{area}.tcss" for area in ("app", "table", "dialogs", "tasks")]


class DeskApp(TypeAheadApp, inherit_bindings=False):
    """Keeps what is said and copied."""

    CSS_PATH = STYLES
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, fleet: Fleet, *, config: Config | None = None, is_read_only: bool = False, patience: float = 60.0) -> None:
        super().__init__()
        self.fleet = fleet
        self.journal = Journal(None)
        self.tasks = Tasks(fleet, self.journal, patience=patience)
        self.config = config or Config()
        self.memory = Memory(None)
        self.last_command = ""
        self.is_read_only = is_read_only
        self.said: list[tuple[Severity, str]] = []
        self.copied: list[str] = []

    def say(self, text: str, severity: Severity = "information") -> None:
        self.said.append((severity, text))

    def copy(self, text: str, what: str) -> None:
        self.copied.append(text)

    async def perform(self, action_id: str, domains: Sequence[Domain]) -> None:
        await acting.perform(self, action_id, domains)

    async def perform_menu(self, domains: Sequence[Domain]) -> None:
        await acting.open_menu(self, domains)


def screen_text(app: App[Any]) -> str:
    """Return the characters on the screen."""
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in app.screen._compositor.render_strips())


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until messages and timers of the moment are through."""
    await pilot.pause()
    await pilot.pause()


def static_text(app: App[Any], selector: str) -> str:
    """Return what a Static of the screen in front shows."""
    return str(app.screen.query_one(selector, Static).render())
