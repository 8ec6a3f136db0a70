"""The messages of this session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from textual.content import Content

from kvmtui.text import clock
from kvmtui.ui.screens.text import TextScreen

_STYLES = {"error": "$text-error", "warning": "$text-warning"}


class News(Protocol):
    """One message."""

    @property
    def when(self) -> datetime:
        """When it was shown."""

    @property
    def severity(self) -> str:
        """How bad it is."""

    @property
    def text(self) -> str:
        """What it says."""


class MessagesScreen(TextScreen):
    """Every message, the newest at the end."""

    def __init__(self, messages: Sequence[News]) -> None:
        lines = [
            Content.assemble((f"{clock(message.when)}  ", "$text-muted"), (message.text, _STYLES.get(message.severity, "")))
            for message in messages
        ]
        super().__init__("Messages", lines or [Content("Nothing was said yet.")], starts_at_end=True)
