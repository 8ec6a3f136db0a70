"""What every dialog rests on: a frame with a title, Esc, and targets that may vanish while it is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from kvmtui.model.domain import Domain
from kvmtui.text import several
from kvmtui.ui.desk import Desk

T = TypeVar("T")

NAMES_SHOWN = 8


class Dialog(ModalScreen[T]):
    """A question in front of a screen. Esc leaves it without an answer (None).

    When none of its targets exists any more it says so and is disarmed: whatever the user answers, the answer is None.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("ctrl+c", "app.app_exit", show=False, priority=True),
    ]

    def __init__(self, title: str, targets: Sequence[Domain] = (), *, hint: str = "", classes: str = "") -> None:
        """Make a dialog.

        Args:
            title: what is asked, in a few words.
            targets: the domains that it is about.
            hint: the keys that work, for the frame's lower edge.
            classes: Textual's.
        """
        super().__init__(classes=classes)
        self._title = title
        self._hint = hint
        self.targets = tuple(targets)
        self.is_disarmed = False

    def compose(self) -> ComposeResult:
        """Frame the body."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content(f" {self._title} ")
            frame.border_subtitle = Content(f" {self._hint} ")
            yield Static(id="dialog-gone")
            yield from self.compose_body()

    def compose_body(self) -> ComposeResult:
        """Yield what is in the frame."""
        yield from ()

    def on_mount(self) -> None:
        """Watch over the targets."""
        if self.targets:
            self._unsubscribe = self.desk.fleet.subscribe(self._look_soon)

    def on_unmount(self) -> None:
        """Stop watching."""
        if self.targets:
            self._unsubscribe()

    @property
    def desk(self) -> Desk:
        """The app."""
        return cast(Desk, self.app)

    def targets_changed(self) -> None:
        """Look whether the targets still exist; called when the fleet changed."""
        if self.is_disarmed or any(self.desk.fleet.domain(target.key) for target in self.targets):
            return
        self.is_disarmed = True
        self.query_one("#dialog-gone", Static).update(Content(gone(self.targets)))
        self.add_class("-disarmed")

    def answer(self, value: T | None) -> None:
        """Close with an answer; with None when the targets are gone."""
        if self.is_current:
            self.dismiss(None if self.is_disarmed else value)

    def set_title(self, title: str) -> None:
        """Change the title."""
        self.query_one(".dialog", Vertical).border_title = Content(f" {title} ")

    def set_hint(self, hint: str) -> None:
        """Change the keys named at the lower edge."""
        self.query_one(".dialog", Vertical).border_subtitle = Content(f" {hint} ")

    def action_cancel(self) -> None:
        """Leave without an answer."""
        self.answer(None)

    def _look_soon(self) -> None:
        self.call_later(self.targets_changed)


def gone(targets: Sequence[Domain]) -> str:
    """Return the sentence on targets that no longer exist."""
    who = targets[0].name if len(targets) == 1 else f"None of these {several(len(targets), 'domain')}"
    return f"{who} {'no longer exists' if len(targets) == 1 else 'exists any more'}. Nothing will be done."


def names(domains: Sequence[Domain]) -> str:
    """Return the domains' names, the first few of many."""
    shown = ", ".join(domain.name for domain in domains[:NAMES_SHOWN])
    more = len(domains) - NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def place(desk: Desk, domains: Sequence[Domain]) -> str:
    """Return where the domains are: "on kvm01 · qemu:///system"."""
    hosts = list(dict.fromkeys(domain.key.host for domain in domains))
    known = {view.key: view.name for view in desk.fleet.views}
    if len(hosts) > 1:
        return f"on {several(len(hosts), 'host')}: {', '.join(known.get(host, host) for host in hosts)}"
    name = known.get(hosts[0], hosts[0])
    return f"on {name} · {hosts[0]}" if name != hosts[0] else f"on {name}"


def command_line(command: str) -> Content:
    """Return a command as dialogs show it."""
    return Content.assemble(("$ ", "$text-muted"), command)
