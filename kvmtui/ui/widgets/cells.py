"""What stands in one cell of a table, and how it is fitted to the cell's width. No styles: tones are names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size

from kvmtui.text import printable
from kvmtui.ui.widgets.glyphs import glyphs

Tone = Literal["", "good", "warn", "bad", "dim", "accent"]
"""What a text means; the style sheet says how that looks. Empty: nothing special."""

Align = Literal["left", "right"]


class Part(NamedTuple):
    """A piece of a cell in one tone."""

    text: str
    tone: Tone = ""


Cell = str | Part | tuple[Part, ...]
"""A plain text, a toned one, or several side by side."""


def parts_of(cell: Cell) -> tuple[Part, ...]:
    """Return a cell in its general form."""
    if isinstance(cell, str):
        return (Part(cell),)
    return (cell,) if isinstance(cell, Part) else cell


def plain(cell: Cell) -> str:
    """Return a cell's text without tones."""
    return "".join(part.text for part in parts_of(cell))


def cut(text: str, width: int) -> str:
    """Return `text`, or what fits of it into `width` terminal cells with an ellipsis at its end."""
    if cell_len(text) <= width:
        return text
    ellipsis = glyphs().ellipsis
    if width <= len(ellipsis):
        return set_cell_size(text, max(0, width))
    return set_cell_size(text, width - len(ellipsis)) + ellipsis


def fit(cell: Cell, width: int, align: Align = "left") -> list[Part]:
    """Return the parts of a cell, cut and filled up to exactly `width` terminal cells."""
    fitted: list[Part] = []
    left = width
    for text, tone in parts_of(cell):
        shown = cut(printable(text), left)
        if shown:
            fitted.append(Part(shown, tone))
            left -= cell_len(shown)
        if shown != text and not left:
            break
    if left:
        fitted.insert(0 if align == "right" else len(fitted), Part(" " * left))
    return fitted


def width_of(parts: Iterable[Part]) -> int:
    """Return how many terminal cells the parts take."""
    return sum(cell_len(part.text) for part in parts)
