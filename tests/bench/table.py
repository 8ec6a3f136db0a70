"""One measured figure, its limit, and how they are shown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    measured: float
    limit: float
    """What must not be exceeded."""
    unit: str
    floor: str = ""
    """What it is compared with, measured in the same run; empty when the limit is a fixed one."""

    @property
    def is_met(self) -> bool:
        """Whether the limit is kept."""
        return self.measured <= self.limit

    def cells(self) -> tuple[str, ...]:
        """Return the line's cells."""
        verdict = "ok" if self.is_met else "TOO MUCH"
        return (self.name, _amount(self.measured, self.unit), f"≤ {_amount(self.limit, self.unit)}", verdict, self.floor)


HEADINGS = ("WHAT", "MEASURED", "MUST REACH", "", "FLOOR IN THIS RUN")


def lines(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Yield rows of cells as aligned lines."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def _amount(value: float, unit: str) -> str:
    return f"{value:,.1f} {unit}" if value < 100 else f"{value:,.0f} {unit}"
