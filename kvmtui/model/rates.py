"""Counters become rates. Pure functions; where the counters come from is not known here."""

from __future__ import annotations

from math import floor, log10
from typing import NamedTuple


class Counter(NamedTuple):
    """A number that only grows, as it was at one moment."""

    taken: float
    """`time.monotonic()` of the reading."""
    value: float


SHORTEST = 0.05
"""Seconds: readings closer than this say more about the clock than about the counter."""


def rate(before: Counter | None, now: Counter) -> float | None:
    """Return the growth per second between two readings.

    None when there is no earlier reading, when they are too close, or when the counter was set back (the domain was restarted).
    """
    if before is None or now.value < before.value:
        return None
    elapsed = now.taken - before.taken
    return (now.value - before.value) / elapsed if elapsed >= SHORTEST else None


def mean(amount: tuple[Counter, Counter] | None, number: tuple[Counter, Counter] | None) -> float | None:
    """Return how much of an amount there was per piece between two readings, such as seconds per request.

    Args:
        amount: the earlier and the later reading of the amount.
        number: likewise of the number of pieces.

    Returns:
        None without earlier readings, when there was no piece, or when a counter was set back.
    """
    if amount is None or number is None:
        return None
    grown, pieces = amount[1].value - amount[0].value, number[1].value - number[0].value
    return grown / pieces if pieces > 0 and grown >= 0 else None


def rounded(value: float | None, digits: int = 3) -> float | None:
    """Return a value with so many significant digits, so that noise does not make two equal rows different."""
    if value is None or value == 0:
        return value
    return round(value, digits - 1 - floor(log10(abs(value))))


def share(value: float | None) -> float | None:
    """Return a ratio to a hundredth, which is what is shown."""
    return None if value is None else round(value, 2)
