"""What readings of a domain say about an action whose answer was lost. Waiting for the readings is done in `tasks`."""

from __future__ import annotations

from kvmtui.fleet.action import Action
from kvmtui.model.domain import Domain

STEADY = 5.0
"""Seconds between two readings that must agree that nothing is to be seen: the first may have come too early."""


class Verdict:
    """Whether an action took effect: yes at the first reading that shows it, anything else only when it stays so."""

    def __init__(self, action: Action, since: float) -> None:
        """Begin without any reading; what was read until `since` (`time.monotonic()`) proves nothing."""
        self._action = action
        self._last = since
        self._same_since: float | None = None
        self.took_effect: bool | None = None
        """None while, or since, it cannot be told."""

    def hear(self, taken: float, domain: Domain | None) -> bool:
        """Take in a domain (None when it is gone) as it was read at a time; return whether the verdict is final."""
        if taken <= self._last:
            return False
        self._last = taken
        if domain is not None and domain.job:  # what it changes is not to be seen before it ends
            self.took_effect = self._same_since = None
            return False
        seen = self._action.took_effect(domain)
        if seen is not self.took_effect or self._same_since is None:
            self.took_effect, self._same_since = seen, taken
        return bool(seen) or taken - self._same_since >= STEADY
