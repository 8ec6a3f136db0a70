"""How a table's lines look: rows to strips, remembered while the row is the same object and looks the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import takewhile
from typing import Generic, NamedTuple, Protocol, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from kvmtui.ui.widgets.cells import Part, Tone, cut, fit
from kvmtui.ui.widgets.columns import Placed, Placement
from kvmtui.ui.widgets.glyphs import glyphs

_URGENT = {"bad", "warn"}
"""Tones that stay on the cursor's line; the others would be hard to read there, and each costs bytes at every move."""
MARGIN = 2
"""Cells at the left of each line: the cursor's sign and the mark."""


class Row(Protocol):
    """What a table can show."""

    @property
    def key(self) -> Hashable:
        """What names the row; it outlives changes of the rest."""


R = TypeVar("R", bound=Row)


class Look(NamedTuple):
    """What a line's appearance depends on besides its row."""

    is_cursor: bool = False
    is_focused: bool = False
    is_marked: bool = False
    is_stale: bool = False
    besides: Hashable = None


class RowLines(Generic[R]):
    """Draws lines for one width, one choice of columns and one theme; `forget` when any of them changed."""

    def __init__(self, style_of: Callable[[str], Style]) -> None:
        """Draw with the styles that `style_of` returns for a component's name, as "cursor", "header" or "good"."""
        self._style_of = style_of
        self._styles: dict[tuple[str, Tone], Style] = {}
        self._strips: LRUCache[tuple[Hashable, Look], tuple[R, Strip]] = LRUCache(1024)
        self.placement: Placement[R] = Placement()
        self.width = 0

    def forget(self) -> None:
        """Drop everything drawn so far."""
        self._styles.clear()
        self._strips.clear()

    def row(self, row: R, look: Look) -> Strip:
        """Return the line of a row."""
        known = self._strips.get((row.key, look))
        if known is not None and known[0] is row:
            return known[1]
        strip = self._draw_row(row, look)
        self._strips[row.key, look] = (row, strip)
        return strip

    def header(self, sorted_by: str, is_descending: bool) -> Strip:
        """Return the line of titles, with an arrow at the column that the rows are sorted by."""
        signs = glyphs()
        style, chosen = self._style("header", ""), self._style("header", "accent")
        segments = [Segment((signs.more_left if self.placement.hides_left else "").ljust(MARGIN), style)]
        x = MARGIN
        for placed in self.placement.columns:
            is_sorted = placed.column.id == sorted_by
            arrow = (signs.descending if is_descending else signs.ascending) if is_sorted else ""
            title = cut(placed.column.title, placed.width - len(arrow)) + arrow
            segments.append(Segment(" " * (placed.x - x), style))
            segments += (
                Segment(part.text, chosen if is_sorted else style) for part in fit(title, placed.width, placed.column.align)
            )
            x = placed.x + placed.width
        segments.append(Segment(" " * max(0, self.width - x), style))
        strip = Strip(merged(segments)).adjust_cell_length(self.width, style)
        if self.placement.hides_right:
            strip = Strip.join([strip.crop(0, self.width - 1), Strip([Segment(signs.more_right, chosen)], 1)])
        return strip

    def text(self, text: str) -> Strip:
        """Return a line with a text instead of a row."""
        shown = fit(" " * MARGIN + text, self.width)
        return Strip([Segment(part.text, self._style("row", "dim")) for part in shown], self.width)

    def blank(self) -> Strip:
        """Return an empty line."""
        return Strip.blank(self.width, self._style("row", ""))

    def _draw_row(self, row: R, look: Look) -> Strip:
        kind = _kind(look)
        base = self._style(kind, "")
        signs = glyphs()
        mark = self._style(kind, "accent") if look.is_marked else base
        segments = [
            Segment(signs.cursor if look.is_cursor else " ", base),
            Segment(signs.mark if look.is_marked else " ", mark),
        ]
        x = MARGIN
        for placed in self.placement.columns:
            segments.append(Segment(" " * (placed.x - x), base))
            for part in self._parts(row, placed):
                is_flat = look.is_stale or (look.is_cursor and part.tone not in _URGENT)
                tone: Tone = "" if is_flat else part.tone
                segments.append(Segment(part.text, self._style(kind, tone)))
            x = placed.x + placed.width
        segments.append(Segment(" " * max(0, self.width - x), base))
        return Strip(merged(segments), max(x, self.width)).adjust_cell_length(self.width, base)

    def _parts(self, row: R, placed: Placed[R]) -> list[Part]:
        return fit(placed.column.cell(row), placed.width, placed.column.align)

    def _style(self, kind: str, tone: Tone) -> Style:
        style = self._styles.get((kind, tone))
        if style is None:
            style = self._style_of(kind)
            if tone:
                tint = self._style_of(tone)
                style += Style(color=tint.color, dim=tint.dim, bold=tint.bold)
            self._styles[kind, tone] = style
        return style


def _kind(look: Look) -> str:
    if look.is_cursor:
        return "cursor" if look.is_focused else "cursor-blurred"
    if look.is_stale:
        return "stale"
    return "marked" if look.is_marked else "row"


def merged(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Yield the segments with neighbours that look alike put together: each change of style costs 40 bytes on the line."""
    text, style = "", None
    for segment in segments:
        if segment.style == style or (segment.text.isspace() and _is_same_paper(style, segment.style)):
            text += segment.text
            continue
        if text:
            yield Segment(text, style)
        text, style = segment.text, segment.style
    if text:
        yield Segment(text, style)


def _is_same_paper(one: Style | None, other: Style | None) -> bool:
    """Return whether blanks look the same in both styles."""
    if one is None or other is None:
        return False
    return one.bgcolor == other.bgcolor and not (one.reverse or other.reverse or one.underline or other.underline)


def difference(old: Strip | None, new: Strip) -> tuple[int, int] | None:
    """Return the cells (from, to) in which two lines differ, None when they do not."""
    if old is new:
        return None
    if old is None:
        return 0, new.cell_length
    before, after = list(old), list(new)
    if before == after:
        return None
    start = _common(before, after)
    end = new.cell_length - _common(_mirrored(before), _mirrored(after))
    return (start, end) if start < end else (0, new.cell_length)


def _common(before: Sequence[Segment], after: Sequence[Segment]) -> int:
    """Return how many cells at the beginning are the same."""
    cells = 0
    for one, other in zip(before, after, strict=False):
        if one == other:
            cells += one.cell_length
            continue
        if one.style == other.style and one.text.isascii() and other.text.isascii():
            cells += sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one.text, other.text, strict=False)))
        break
    return cells


def _mirrored(segments: Sequence[Segment]) -> list[Segment]:
    return [Segment(segment.text[::-1], segment.style) for segment in reversed(segments)]
