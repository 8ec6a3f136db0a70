"""Asks for the URI of a host to connect to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from kvmtui.text import printable

EXAMPLES = ("qemu:///system", "qemu:///session", "qemu+ssh://root@HOST/system", "test:///default")


class ConnectScreen(ModalScreen[str]):
    """One field for a URI or a name from the configuration."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self._names = names

    def compose(self) -> ComposeResult:
        """Frame the field."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content("Connect to…")
            yield Input(placeholder="qemu+ssh://root@HOST/system", suggester=SuggestFromList([*self._names, *EXAMPLES]))
            named = "".join(f"\n  {printable(name)}  {printable(uri)}" for name, uri in self._names.items())
            yield Static(Content("libvirt's URIs, for example:\n  " + "\n  ".join(EXAMPLES) + named), classes="-hint")
            yield Static(Content("Enter connects · Right takes the suggestion · Esc cancels"), classes="-hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with what was typed."""
        self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        """Answer with nothing."""
        self.dismiss("")


def ask_for_uri(app: App[Any], names: Mapping[str, str], connect: Callable[[str], None]) -> None:
    """Ask for a URI and pass it on when one was given."""

    def answered(uri: str | None) -> None:
        if uri:
            connect(uri)

    app.push_screen(ConnectScreen(names), answered)
