"""Lines of toned text to read: scrolls, finds. Drawn line by line, so that length costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kvmtui.ui.bindings import binding

Span = tuple[str, str]
"""A piece of a line and its tone: "" or one of `TONES`."""
TextLine = tuple[Span, ...]

TONES = (
    "good", "warn", "bad", "dim", "accent", "heading", "label",
    "tag", "name", "value", "comment", "added", "removed", "hunk",
)  # fmt: skip
"""What pieces can mean; the style sheet says how that looks."""

_SCROLLING = ("up", "down", "page_up", "page_down", "half_up", "half_down", "top", "bottom", "left", "right")


class Hit(NamedTuple):
    """A place where the text looked for stands, in characters of a line."""

    line: int
    start: int
    end: int


class TextLines(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines that do not depend on the width, or, with `show_fitted`, do."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"text-lines--{name}" for name in (*TONES, "text", "hit", "current-hit")}
    BINDINGS: ClassVar[list[BindingType]] = [binding(f"table.{way}") for way in _SCROLLING]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._lines: Sequence[TextLine] = ()
        self._make: Callable[[int], Sequence[TextLine]] | None = None
        self._made_for = 0
        self._sought = ""
        self._hits: tuple[Hit, ...] = ()
        self._hit = -1
        self._styles: dict[str, Style] = {}

    # What is shown

    @property
    def lines(self) -> Sequence[TextLine]:
        """All lines."""
        return self._lines

    def show(self, lines: Sequence[TextLine], *, follows: bool = False) -> None:
        """Show these lines; the place scrolled to stays, or, with `follows`, the end does once it is in sight."""
        self._make = None
        is_at_end = self.scroll_offset.y >= self.max_scroll_y
        self._put(lines)
        if follows and is_at_end:
            self.call_after_refresh(self.action_table_bottom)

    def show_fitted(self, make: Callable[[int], Sequence[TextLine]]) -> None:
        """Show the lines that `make` returns for a width in cells, made again when the width changes."""
        self._make = make
        if self._width > 0:  # otherwise there is no layout yet, and a resize follows
            self._put(make(self._width))

    # Finding

    def find(self, text: str) -> int:
        """Mark all places where `text` stands, in any case, go to the first one from here on, and return their number."""
        self._sought = text.lower()
        self._hits = self._found()
        self._hit = -1
        if self._hits:
            top = self.scroll_offset.y
            self._go_to(next((number for number, hit in enumerate(self._hits) if hit.line >= top), 0))
        self.refresh()
        return len(self._hits)

    def find_next(self, step: int = 1) -> tuple[int, int]:
        """Go on by `step` places, around the ends, and return the number (from 1) of the one reached and of all."""
        if self._hits:
            self._go_to((self._hit + step) % len(self._hits))
        return self._hit + 1, len(self._hits)

    @property
    def hit(self) -> tuple[int, int]:
        """The number (from 1) of the place gone to last, and of all that were found."""
        return self._hit + 1, len(self._hits)

    # Textual's

    def render_line(self, y: int) -> Strip:
        """Return one line of what is visible."""
        left, top = self.scroll_offset
        width = self.scrollable_content_region.width
        text = self._style("text")
        index = top + y
        if index >= len(self._lines):
            return Strip.blank(width, text)
        segments = [Segment(piece, text + self._style(tone) if tone else text) for piece, tone in self._marked(index)]
        return Strip(segments).crop_extend(left, left + width, text).apply_style(text)

    def on_resize(self) -> None:
        """Fit lines that depend on the width."""
        if self._make is not None and self._width != self._made_for:
            self._put(self._make(self._width))

    def notify_style_update(self) -> None:
        """Forget the colours of another theme."""
        self._styles.clear()
        super().notify_style_update()

    def action_table_up(self) -> None:
        """Scroll one line up."""
        self._scroll(-1)

    def action_table_down(self) -> None:
        """Scroll one line down."""
        self._scroll(1)

    def action_table_page_up(self) -> None:
        """Scroll one page up."""
        self._scroll(1 - self.size.height)

    def action_table_page_down(self) -> None:
        """Scroll one page down."""
        self._scroll(self.size.height - 1)

    def action_table_half_up(self) -> None:
        """Scroll half a page up."""
        self._scroll(-self.size.height // 2)

    def action_table_half_down(self) -> None:
        """Scroll half a page down."""
        self._scroll(self.size.height // 2)

    def action_table_top(self) -> None:
        """Go to the first line."""
        self.scroll_to(x=0, y=0, animate=False)

    def action_table_bottom(self) -> None:
        """Go to the last line."""
        self.scroll_to(y=self.max_scroll_y, animate=False)

    def action_table_left(self) -> None:
        """Scroll to the left."""
        self.scroll_relative(x=-8, animate=False)

    def action_table_right(self) -> None:
        """Scroll to the right."""
        self.scroll_relative(x=8, animate=False)

    def _scroll(self, lines: int) -> None:
        self.scroll_relative(y=lines, animate=False)

    @property
    def _width(self) -> int:
        """The cells of a line beside the scroll bar, whose place is kept free."""
        return self.scrollable_content_region.width

    def _put(self, lines: Sequence[TextLine]) -> None:
        self._made_for = self._width
        if lines == self._lines:
            return
        self._lines = lines
        longest = max((sum(cell_len(piece) for piece, _ in line) for line in lines), default=0)
        self.virtual_size = Size(longest, len(lines))
        if self._sought:
            self._hits = self._found()
            self._hit = min(self._hit, len(self._hits) - 1)
        self.refresh()

    def _found(self) -> tuple[Hit, ...]:
        if not self._sought:
            return ()
        hits = []
        for number, line in enumerate(self._lines):
            text = "".join(piece for piece, _ in line).lower()
            start = text.find(self._sought)
            while start >= 0:
                hits.append(Hit(number, start, start + len(self._sought)))
                start = text.find(self._sought, start + len(self._sought))
        return tuple(hits)

    def _go_to(self, number: int) -> None:
        self._hit = number
        hit = self._hits[number]
        top, height = self.scroll_offset.y, self.size.height
        if not top <= hit.line < top + height:
            self.scroll_to(y=max(0, hit.line - height // 3), animate=False)
        before = cell_len("".join(piece for piece, _ in self._lines[hit.line])[: hit.end])
        if before > self.scroll_offset.x + self._width or before <= self.scroll_offset.x:
            self.scroll_to(x=max(0, before - self._width // 2), animate=False)
        self.refresh()

    def _marked(self, index: int) -> TextLine:
        """Return a line with the places found in it as pieces of their own."""
        line = self._lines[index]
        if not self._hits:
            return line
        current = self._hits[self._hit] if self._hit >= 0 else None
        for hit in self._hits:
            if hit.line == index:
                line = _retoned(line, hit, "current-hit" if hit == current else "hit")
        return line

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self._component_style(name)
        return style

    def _component_style(self, name: str) -> Style:
        if name in {"text", "hit", "current-hit"}:
            return self.get_component_rich_style(f"text-lines--{name}")
        full = self.get_component_rich_style(f"text-lines--{name}", partial=True)
        return Style(color=full.color, bold=full.bold, italic=full.italic, underline=full.underline, dim=full.dim)


def _retoned(line: TextLine, hit: Hit, tone: str) -> TextLine:
    pieces: list[Span] = []
    place = 0
    for text, its_tone in line:
        start, end = max(0, hit.start - place), max(0, hit.end - place)
        pieces += [(text[:start], its_tone), (text[start:end], tone), (text[end:], its_tone)]
        place += len(text)
    return tuple((text, its_tone) for text, its_tone in pieces if text)
