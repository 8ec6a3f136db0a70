"""Keys that come faster than screens: on a slow link a burst like `/db01` or `:start web` arrives in one piece.

Textual hands every key to whatever has the focus when it arrives, though the key before it may be about to move the focus. Here
a key waits until the one before it has been dealt with, from the focused widget up to the app, and until a screen that it
opened can take keys. Nothing typed gets lost or means something else than what was seen.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

PATIENCE = 1.0
"""Seconds after which the next key goes out although the one before has not come to an end."""


class TypeAheadApp(App[None], inherit_bindings=False):
    """An app that deals with one key after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key | events.Paste] = deque()
        self._reasons: set[object] = set()
        """What the next key waits for: the key before it, a screen, a hold."""
        self._watch: asyncio.TimerHandle | None = None

    async def on_event(self, event: events.Event) -> None:
        """Queue what is typed behind what is still being dealt with."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._reasons or self._typed:  # what waits has been let go, but may not have gone yet
            self._typed.append(event)
        else:
            await self._deal_with(event)

    def push_screen(self, screen: Any, *arguments: Any, **options: Any) -> Any:
        """Push a screen, and let what is typed wait until it is there; a question drops what was typed before it was seen."""
        pushed = super().push_screen(screen, *arguments, **options)
        opening = self.screen
        self._reasons.clear()
        self._wait_for(opening)
        if not opening.call_later(self._end_of, opening):
            self._end_of(opening)
        if getattr(opening, "DROPS_TYPE_AHEAD", False):
            self._typed.clear()
        return pushed

    def hold_keys(self, reason: object) -> None:
        """Let what is typed wait, for a screen that is about to be pushed, until `release_keys` with the same reason."""
        self._wait_for(reason)

    def release_keys(self, reason: object) -> None:
        """End a hold."""
        self._end_of(reason)

    async def _deal_with(self, event: events.Key | events.Paste) -> None:
        self._wait_for(event)
        first = self.focused or self.screen
        await super().on_event(event)
        self._follow(first, event)

    def _follow(self, node: MessagePump | None, event: events.Event) -> None:
        """Go behind the key through the queues of all nodes that it passes on its way up."""
        if node is None or node is self or not node.is_running:
            self.call_later(self._end_of, event)
        elif not node.call_later(self._follow, node._parent, event):
            self._end_of(event)

    def _wait_for(self, reason: object) -> None:
        self._reasons.add(reason)
        if self._watch:
            self._watch.cancel()
        self._watch = asyncio.get_running_loop().call_later(PATIENCE, self._lose_patience)

    def _end_of(self, reason: object) -> None:
        self._reasons.discard(reason)
        if not self._reasons:
            self.call_later(self._go_on)

    async def _go_on(self) -> None:
        if self._reasons:
            return
        if self._watch:
            self._watch.cancel()
            self._watch = None
        if self._typed:
            await self._deal_with(self._typed.popleft())

    def _lose_patience(self) -> None:
        self._watch = None
        self._reasons.clear()
        self.call_later(self._go_on)
