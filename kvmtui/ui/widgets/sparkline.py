"""Small pictures in one line of text: a history of ratios, and a bar."""

from __future__ import annotations

from collections.abc import Sequence

from kvmtui.ui.widgets.glyphs import glyphs


def sparkline(ratios: Sequence[float | None], width: int) -> str:
    """Return the last `width` ratios (0 to 1) as one character each, the newest at the right; unknown ones are blank."""
    sparks = glyphs().sparks
    top = len(sparks) - 1
    newest = ratios[-width:] if width else ()
    drawn = "".join(" " if ratio is None else sparks[max(0, min(top, round(ratio * top)))] for ratio in newest)
    return drawn.rjust(width)


def bar(ratio: float | None, width: int) -> tuple[str, str]:
    """Return a bar of `width` cells as its full and its empty piece; an unknown ratio is all blank."""
    if ratio is None:
        return "", " " * width
    signs = glyphs()
    halves = max(0, min(2 * width, round(ratio * 2 * width)))
    if ratio > 0 and not halves:
        halves = 1
    full = signs.bar_full * (halves // 2)
    if halves % 2:
        full += signs.bar_half or signs.bar_full
    return full, signs.bar_empty * (width - len(full))
