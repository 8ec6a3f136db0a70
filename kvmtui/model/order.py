"""The order of rows: stable, the unknown last, numbers in names as numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

R = TypeVar("R")

_DIGITS = re.compile(r"(\d+)")


@lru_cache(maxsize=32_768)
def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return what sorts a text as people do: capitals beside small letters, "web2" before "web10"."""
    return tuple((0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in _DIGITS.split(text.casefold()) if piece)


def sorted_rows(rows: Iterable[R], value: Callable[[R], Any], *, is_descending: bool = False) -> list[R]:
    """Return the rows ordered by `value`; those without one (None) last in either direction. Equal ones keep their order."""
    known: list[tuple[Any, R]] = []
    unknown: list[R] = []
    for row in rows:
        found = value(row)
        if found is None:
            unknown.append(row)
        else:
            known.append((found, row))
    known.sort(key=itemgetter(0), reverse=is_descending)
    return [row for _, row in known] + unknown
