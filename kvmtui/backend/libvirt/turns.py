"""Whose turn it is: work on many domains that is done bit by bit within a budget. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Turn:
    """Something that is due now and then, at intervals that follow from what it costs."""

    interval: float
    due: float = 0.0
    """`time.monotonic()`."""

    def done(self, cost: float, duty: float) -> None:
        """Set the next time so that `cost` seconds are no more than the share `duty` of it."""
        self.due = time.monotonic() + max(self.interval, cost / duty)

    @property
    def is_due(self) -> bool:
        """Whether its time has come."""
        return time.monotonic() >= self.due


@dataclass(slots=True)
class Rotation:
    """All of a changing set, some at a time."""

    everything: Callable[[int], Iterable[str]]
    """Gives what a round consists of, by the round's number."""
    _waiting: list[str] = field(default_factory=list)
    _round: int = 0

    def take(self, number: int, *, but: frozenset[str]) -> list[str]:
        """Return the next so many, fewer at the end of a round; those in `but` are passed over."""
        if not self._waiting:
            self._round += 1
            self._waiting = list(self.everything(self._round))
            self._waiting.reverse()
        taken: list[str] = []
        while self._waiting and len(taken) < number:
            one = self._waiting.pop()
            if one not in but:
                taken.append(one)
        return taken
