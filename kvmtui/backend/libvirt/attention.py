"""What the user looks at, as the reading tasks see it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from kvmtui.backend.protocol import Interest


@dataclass(slots=True)
class Attention:
    """It outlives sessions, and is touched on the event loop alone."""

    interest: Interest = field(default_factory=Interest)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to end the wait for the next poll."""
    touched: set[str] = field(default_factory=set)
    """Domains to read again at the next poll."""
    redefined: set[str] = field(default_factory=set)
    """Domains whose XML and flags are to be read again."""
    watched: asyncio.Event = field(default_factory=asyncio.Event)
    """Unset while nobody looks."""
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when another domain is looked at closely."""
    facts_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the XML of some domain is to be read soon."""

    def __post_init__(self) -> None:
        self.watched.set()

    @property
    def looked_at(self) -> frozenset[str]:
        """UUIDs of the domains on the screen, and of the selected one."""
        selected = self.interest.selected
        return self.interest.visible | {selected} if selected else self.interest.visible

    def look_at(self, interest: Interest) -> None:
        """Take note of what is looked at now."""
        before, self.interest = self.interest, interest
        if interest.selected != before.selected:
            self.moved.set()
        if interest != before:
            self.facts_wanted.set()

    def touch(self, uuids: Iterable[str], redefined: Iterable[str] = ()) -> None:
        """Have domains read again at once, and the XML and flags of some soon after."""
        self.touched.update(uuids)
        self.redefined.update(redefined)
        if self.redefined:
            self.facts_wanted.set()
        self.wake.set()
