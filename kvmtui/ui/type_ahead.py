"""Keys that come faster than screens: on a slow link a burst like `/db01` or `:start web` arrives in one piece.

Textual hands every key to whatever has the focus when it arrives, though the key before it may be about to move the focus. Here
a key waits until the one before it has been dealt with, from the focused widget up to the app, and until a screen that it
opened can take keys. Nothing typed gets lost or means something else than what was seen.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, TypeGuard

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

ROUNDS = 3
"""How often a key is followed when another waits: what it causes (submitted, closed, focused) comes message by message."""
PATIENCE = 1.0
"""Seconds after which the next key goes out although the one before has not come to an end; from then on Esc ends a hold."""
HOLD = 10.0
"""Seconds after which a hold ends by itself."""

_GIVE_UP = {"escape", "ctrl+c"}


class TypeAheadApp(App[None], inherit_bindings=False):
    """An app that deals with one key after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key | events.Paste] = deque()
        self._reasons: dict[object, asyncio.TimerHandle] = {}
        """What the next key waits for (the key before it, a screen, a hold), and what ends that when it takes too long."""
        self._holds: dict[object, float] = {}
        """The holds among the reasons, with the loop's time from which Esc ends them."""

    async def on_event(self, event: events.Event) -> None:
        """Queue what is typed behind what is still being dealt with."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._ends_holds(event):
            if event.key != "escape":
                await self._deal_with(event)
        elif self._reasons or self._typed:  # what waits has been let go, but may not have gone yet
            self._typed.append(event)
        else:
            await self._deal_with(event)

    def push_screen(self, screen: Any, *arguments: Any, **options: Any) -> Any:
        """Push a screen, and let what is typed wait until it is there; a question drops what was typed before it was seen."""
        pushed = super().push_screen(screen, *arguments, **options)
        opening = self.screen
        self._forget_reasons()
        self._wait_for(opening)
        if not opening.call_later(self._end_of, opening):
            self._end_of(opening)
        if getattr(opening, "DROPS_TYPE_AHEAD", False):
            self._typed.clear()
        return pushed

    def hold_keys(self, reason: object) -> None:
        """Let what is typed wait, for a screen that is about to be pushed, until `release_keys` with the same reason."""
        self._wait_for(reason, HOLD)
        self._holds[reason] = asyncio.get_running_loop().time() + PATIENCE

    def release_keys(self, reason: object) -> None:
        """End a hold."""
        self._end_of(reason)

    async def _deal_with(self, event: events.Key | events.Paste) -> None:
        self._wait_for(event)
        first = self.focused or self.screen
        await super().on_event(event)
        self._follow(first, event)

    def _follow(self, node: MessagePump | None, event: events.Event, rounds: int = ROUNDS) -> None:
        """Go behind the key through the queues of all nodes that it passes on its way up."""
        if node is None or node is self or not node.is_running:
            self.call_later(self._passed, event, rounds)
        elif not node.call_later(self._follow, node._parent, event, rounds):
            self._end_of(event)

    def _passed(self, event: events.Event, rounds: int) -> None:
        """Let the next key go, after the messages that this one caused have gone the same way."""
        if rounds and self._typed:
            self._follow(self.focused or self.screen, event, rounds - 1)
        else:
            self._end_of(event)

    def _ends_holds(self, event: events.Key | events.Paste) -> TypeGuard[events.Key]:
        """End all waiting when the user gives it up, with what was typed meanwhile; return whether that is so."""
        now = asyncio.get_running_loop().time()
        is_giving_up = isinstance(event, events.Key) and event.key in _GIVE_UP
        if not is_giving_up or not any(since <= now for since in self._holds.values()):
            return False
        self._forget_reasons()
        self._typed.clear()
        return True

    def _wait_for(self, reason: object, limit: float = PATIENCE) -> None:
        if before := self._reasons.get(reason):
            before.cancel()
        self._reasons[reason] = asyncio.get_running_loop().call_later(limit, self._end_of, reason)

    def _forget_reasons(self) -> None:
        for limit in self._reasons.values():
            limit.cancel()
        self._reasons.clear()
        self._holds.clear()

    def _end_of(self, reason: object) -> None:
        self._holds.pop(reason, None)
        if limit := self._reasons.pop(reason, None):
            limit.cancel()
        if not self._reasons:
            self.call_later(self._go_on)

    async def _go_on(self) -> None:
        if self._reasons:
            return
        if self._typed:
            await self._deal_with(self._typed.popleft())
