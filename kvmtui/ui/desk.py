"""What every full screen rests on: the frame around its body, and what it may ask of the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Protocol, cast

from textual.app import ComposeResult
from textual.screen import Screen

from kvmtui.config import Config
from kvmtui.fleet.fleet import Fleet
from kvmtui.fleet.journal import Journal
from kvmtui.fleet.memory import Memory
from kvmtui.fleet.tasks import Tasks
from kvmtui.model.domain import Domain
from kvmtui.ui.bindings import bindings_of
from kvmtui.ui.widgets.frame import HeaderLine, KeyLine, ViewTabs

Severity = Literal["information", "warning", "error"]


class Desk(Protocol):
    """The app, as screens and dialogs see it."""

    fleet: Fleet
    tasks: Tasks
    journal: Journal
    config: Config
    memory: Memory
    last_command: str
    """The command line of what was done last; empty before that."""

    @property
    def is_read_only(self) -> bool:
        """Whether everything that writes is out of reach."""

    def say(self, text: str, severity: Severity = "information") -> None:
        """Show one line of news, and keep it in the messages."""

    def copy(self, text: str, what: str) -> None:
        """Put text on the user's clipboard by OSC 52 and say so: "copied the name"."""

    def hold_keys(self, reason: object) -> None:
        """Let what is typed wait for a screen that is about to be pushed."""

    def release_keys(self, reason: object) -> None:
        """End a hold."""

    async def perform(self, action_id: str, domains: Sequence[Domain]) -> None:
        """Do a domain action from asking to reporting."""

    async def perform_menu(self, domains: Sequence[Domain]) -> None:
        """Offer all domain actions for these domains."""


def is_read_only(desk: Desk, domain: Domain) -> bool:
    """Return whether a domain's host must not be written to: by the user's wish, or because the connection allows no more."""
    facts = next((view.facts for view in desk.fleet.views if view.key == domain.key.host), None)
    return desk.is_read_only or (facts is not None and facts.is_read_only)


class DeskScreen(Screen[None]):
    """A full screen: header line, views, body, key line. Subclasses give the body."""

    VIEW: ClassVar[str] = ""
    """The id of the view that this screen is (`view.domains`); empty for one that lies over a view."""
    KEY_HINTS: ClassVar[tuple[str, ...]] = ()
    """Ids of the actions named in the last line, the most useful first."""
    AUTO_FOCUS = ""  # Textual would choose a field that is out of sight until it is asked for; `on_mount` chooses
    BINDINGS = bindings_of("view")
    CSS_PATH = None

    def compose(self) -> ComposeResult:
        """Frame the body."""
        yield HeaderLine(id="header-line")
        yield ViewTabs(self.VIEW, id="view-tabs")
        yield from self.compose_body()
        yield KeyLine(self.KEY_HINTS, id="key-line")

    def compose_body(self) -> ComposeResult:
        """Yield what is between the views' line and the key line."""
        yield from ()

    @property
    def desk(self) -> Desk:
        """The app."""
        return cast(Desk, self.app)

    def fleet_changed(self) -> None:
        """Show what changed; called at most every few milliseconds, and only while the screen is shown."""

    def set_status(self, text: str) -> None:
        """Show a few words (filter, position, hits) at the right of the views' line."""
        self.query_one(ViewTabs).show_status(text)

    def show_frame(self) -> None:
        """Bring the header and the views' line up to date with the fleet and tasks."""
        self.query_one(HeaderLine).show(self.desk.fleet.views, self.focused_host())
        self.query_one(ViewTabs).show_running(self.desk.tasks.running)

    def focused_host(self) -> str | None:
        """Return the key of the host that the header shows first, when the cursor is on one of several."""
        return None

    def on_screen_resume(self) -> None:
        """Catch up with what changed while another screen was in front."""
        self.show_frame()
        self.fleet_changed()
