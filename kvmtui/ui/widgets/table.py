"""The one table of the program: a list of rows, drawn line by line, with a cursor and marks bound to the rows' keys.

It shows what it is given in the order in which it is given; filtering and sorting are the screen's.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from kvmtui.ui.bindings import bindings_of
from kvmtui.ui.widgets.columns import Column, place
from kvmtui.ui.widgets.row_lines import MARGIN, Look, Row, RowLines, difference

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class SortOrder:
    """What a table's rows are sorted by."""

    column: str = ""
    is_descending: bool = False


class Table(ScrollView, Generic[R], can_focus=True, inherit_bindings=False):
    """A list of rows `R`; each has a `key`."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"table--{name}"
        for name in (
            "row", "header", "cursor", "cursor-blurred", "marked", "stale", "good", "warn", "bad", "dim", "accent",
        )
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("table")]

    class TableMessage(Message):
        """Something happened in a table."""

        def __init__(self, table: Table[Any]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> Table[Any]:
            """The table, so that `@on` can select by its id."""
            return self.table

    class RowMessage(TableMessage):
        """Something happened to a row."""

        def __init__(self, table: Table[Any], row: Any) -> None:
            super().__init__(table)
            self.row = row

    class CursorMoved(RowMessage):
        """The cursor is on another row, or on none (`row` is None)."""

    class Opened(RowMessage):
        """A row was opened, by Enter or a double click."""

    class MarksChanged(TableMessage):
        """Other rows are marked."""

    class ViewportChanged(TableMessage):
        """Other rows are visible."""

    class SortRequested(TableMessage):
        """The user wants another order."""

        def __init__(self, table: Table[Any], order: SortOrder) -> None:
            super().__init__(table)
            self.order = order

    class SaveRequested(TableMessage):
        """The user wants the rows in a file."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        empty_text: str = "",
        besides: Callable[[R], Hashable] | None = None,
        is_stale: Callable[[R], bool] | None = None,
        has_marks: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        """Make an empty table.

        Args:
            columns: from left to right; the first one stays when the others are scrolled.
            empty_text: what is said when there are no rows.
            besides: what the cells of a row show that is not in the row, so that a change of it is drawn.
            is_stale: whether a row is old news and shown dimmed.
            has_marks: whether rows can be marked.
            id: Textual's.
            classes: Textual's.
        """
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._rows: Sequence[R] = ()
        self._empty_text = empty_text
        self._besides = besides
        self._is_stale = is_stale
        self._has_marks = has_marks
        self._marks: frozenset[Hashable] = frozenset()
        self._mark_anchor: Hashable = None
        self._sort = SortOrder()
        self._cursor = 0
        self._first_column = 0
        self._lines: RowLines[R] = RowLines(self._component_style)
        self._painted: dict[int, Strip] = {}
        self._seen: tuple[R, ...] = ()

    # What is shown

    @property
    def rows(self) -> Sequence[R]:
        """All rows, in order."""
        return self._rows

    def show(self, rows: Sequence[R]) -> None:
        """Show these rows; the cursor, the marks and the place scrolled to stay with their rows.

        Only lines that look different are drawn. Costs next to nothing when rows are the same objects in the same order.
        """
        old, old_top, old_cursor_row = self._rows, self._top, self.cursor_row
        self._rows = rows
        if rows is not old:
            is_in_view = old_top <= self._cursor < old_top + self.page
            anchor = self._cursor if is_in_view else old_top
            offset = anchor - old_top
            anchor = self._follow(old, anchor)
            self._cursor = anchor if is_in_view else self._follow(old, self._cursor)
            if len(rows) != len(old):
                self.virtual_size = Size(self.size.width, len(rows) + 1)
            if self.size.height and not (old_top == 0 and anchor < self.page):
                self._scroll_to_row(anchor - offset)
        self.repaint()
        if (self.cursor_row is None) != (old_cursor_row is None) or self.cursor_row is not old_cursor_row:
            self.post_message(self.CursorMoved(self, self.cursor_row))

    def repaint(self) -> None:
        """Draw the lines that look different from what is on the screen."""
        self._repaint_lines(range(self.size.height))
        self._tell_viewport()

    @property
    def empty_text(self) -> str:
        """What is said when there are no rows."""
        return self._empty_text

    @empty_text.setter
    def empty_text(self, text: str) -> None:
        if text != self._empty_text:
            self._empty_text = text
            self.repaint()

    @property
    def columns(self) -> tuple[Column[R], ...]:
        """The columns, from left to right."""
        return self._columns

    @columns.setter
    def columns(self, columns: Sequence[Column[R]]) -> None:
        if tuple(columns) != self._columns:
            self._columns = tuple(columns)
            self._first_column = 0
            self._place_columns()

    @property
    def sort(self) -> SortOrder:
        """What the header says that the rows are sorted by."""
        return self._sort

    @sort.setter
    def sort(self, order: SortOrder) -> None:
        self._sort = order
        self._repaint_lines((0,))

    @property
    def page(self) -> int:
        """How many rows are visible at once."""
        return max(1, self.size.height - 1)

    @property
    def visible_rows(self) -> Sequence[R]:
        """The rows on the screen."""
        return self._rows[self._top : self._top + self.page]

    # Cursor

    @property
    def cursor_row(self) -> R | None:
        """The row under the cursor; None in an empty table."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def cursor_key(self) -> Hashable:
        """The key of the row under the cursor; None in an empty table."""
        row = self.cursor_row
        return None if row is None else row.key

    @property
    def cursor_index(self) -> int:
        """The cursor's place among the rows, from 0."""
        return self._cursor

    def move_to(self, index: int) -> None:
        """Put the cursor on the row at `index`, or the nearest there is, and scroll there."""
        index = max(0, min(index, len(self._rows) - 1))
        old_line, has_moved = self._cursor - self._top + 1, index != self._cursor
        self._cursor = index
        if index < self._top:
            self._scroll_to_row(index)
        elif index >= self._top + self.page:
            self._scroll_to_row(index - self.page + 1)
        self._repaint_lines((old_line, index - self._top + 1))
        if has_moved:
            self.post_message(self.CursorMoved(self, self.cursor_row))

    def move_to_key(self, key: Hashable) -> bool:
        """Put the cursor on the row with that key; return whether there is one."""
        for index, row in enumerate(self._rows):
            if row.key == key:
                self.move_to(index)
                return True
        return False

    # Marks

    @property
    def marks(self) -> frozenset[Hashable]:
        """The keys of the marked rows, whether shown now or not."""
        return self._marks

    @property
    def marked_rows(self) -> list[R]:
        """The marked rows that are shown, in their order."""
        return [row for row in self._rows if row.key in self._marks] if self._marks else []

    def mark(self, keys: Iterable[Hashable]) -> None:
        """Mark the rows with these keys and no others."""
        marks = frozenset(keys) if self._has_marks else frozenset()
        if marks != self._marks:
            self._marks = marks
            self.repaint()
            self.post_message(self.MarksChanged(self))

    # Textual's

    def notify_style_update(self) -> None:
        """Forget what was drawn in the old styles."""
        self._lines.forget()
        self._painted.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        strip = self._line(y)
        self._painted[y] = strip
        return strip

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Move the scroll bar, and draw the lines that look different."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = new_value
        if round(old_value) != round(new_value):
            self.repaint()

    def on_resize(self) -> None:
        """Fit the columns into the new width and keep the cursor in sight."""
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)
        self._place_columns()
        if self._cursor >= self._top + self.page:
            self._scroll_to_row(self._cursor - self.page + 1)

    def on_focus(self) -> None:
        """Show the cursor line as the one that keys go to."""
        self.repaint()

    def on_blur(self) -> None:
        """Show the cursor line fainter."""
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor, open at a double click, sort by a header."""
        event.stop()
        if event.y == 0:
            column = self._lines.placement.at(event.x)
            if column is not None:
                self._request_sort(column)
            return
        index = self._top + event.y - 1
        if index < len(self._rows):
            self.move_to(index)
            if event.ctrl:
                self._toggle_mark(index)
            elif event.chain == 2:
                self.action_table_open()

    # Actions, named as in the table of keys

    def action_table_up(self) -> None:
        """See the table of keys; so for the others."""
        self.move_to(self._cursor - 1)

    def action_table_down(self) -> None:  # noqa: D102
        self.move_to(self._cursor + 1)

    def action_table_page_up(self) -> None:  # noqa: D102
        self._turn(-self.page)

    def action_table_page_down(self) -> None:  # noqa: D102
        self._turn(self.page)

    def action_table_half_up(self) -> None:  # noqa: D102
        self._turn(-max(1, self.page // 2))

    def action_table_half_down(self) -> None:  # noqa: D102
        self._turn(max(1, self.page // 2))

    def action_table_top(self) -> None:  # noqa: D102
        self.move_to(0)

    def action_table_bottom(self) -> None:  # noqa: D102
        self.move_to(len(self._rows) - 1)

    def action_table_left(self) -> None:  # noqa: D102
        if self._first_column:
            self._first_column -= 1
            self._place_columns()

    def action_table_right(self) -> None:  # noqa: D102
        if self._lines.placement.hides_right:
            self._first_column += 1
            self._place_columns()

    def action_table_open(self) -> None:  # noqa: D102
        if (row := self.cursor_row) is not None:
            self.post_message(self.Opened(self, row))

    def action_table_mark(self) -> None:  # noqa: D102
        if self._rows and self._has_marks:
            self._toggle_mark(self._cursor)
            self.move_to(self._cursor + 1)

    def action_table_mark_range(self) -> None:  # noqa: D102
        anchor = next((index for index, row in enumerate(self._rows) if row.key == self._mark_anchor), self._cursor)
        first, last = sorted((anchor, self._cursor))
        self.mark(self._marks | {row.key for row in self._rows[first : last + 1]})

    def action_table_mark_invert(self) -> None:  # noqa: D102
        self.mark(self._marks ^ {row.key for row in self._rows})

    def action_table_mark_all(self) -> None:  # noqa: D102
        self.mark(self._marks | {row.key for row in self._rows})

    def action_table_mark_none(self) -> None:  # noqa: D102
        self.mark(())

    def action_table_sort_next(self) -> None:  # noqa: D102
        self._step_sort(1)

    def action_table_sort_previous(self) -> None:  # noqa: D102
        self._step_sort(-1)

    def action_table_sort_reverse(self) -> None:  # noqa: D102
        order = SortOrder(self._sort.column, not self._sort.is_descending)
        self.post_message(self.SortRequested(self, order))

    def action_table_save(self) -> None:  # noqa: D102
        self.post_message(self.SaveRequested(self))

    # Private

    @property
    def _top(self) -> int:
        return round(self.scroll_y)

    def _component_style(self, name: str) -> Style:
        return self.get_component_rich_style(f"table--{name}")

    def _follow(self, old: Sequence[R], index: int) -> int:
        """Return where the row `old[index]` is now, or the next one that is still there, or the one before."""
        if not old or not self._rows:
            return 0
        if index < len(self._rows) and self._rows[index].key == old[index].key:
            return index
        places = {row.key: place for place, row in enumerate(self._rows)}
        for row in (*old[index:], *reversed(old[:index])):
            if (found := places.get(row.key)) is not None:
                return found
        return min(index, len(self._rows) - 1)

    def _scroll_to_row(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False)

    def _turn(self, rows: int) -> None:
        """Scroll and move by so many rows, so that the cursor stays on its line of the screen."""
        self._scroll_to_row(min(self._top + rows, max(0, len(self._rows) - self.page)))
        self.move_to(self._cursor + rows)

    def _place_columns(self) -> None:
        width = self.scrollable_content_region.width  # without the scroll bar
        self._lines.placement = place(self._columns, width - 1, self._first_column, MARGIN)  # the last cell is the header's ›
        self._lines.width = width
        self._lines.forget()
        self.repaint()

    def _line(self, y: int) -> Strip:
        if y == 0:
            return self._lines.header(self._sort.column, self._sort.is_descending)
        if not self._rows:
            return self._lines.text(self._empty_text) if y == 2 else self._lines.blank()
        index = self._top + y - 1
        if index >= len(self._rows):
            return self._lines.blank()
        row = self._rows[index]
        return self._lines.row(row, self._look(index, row))

    def _look(self, index: int, row: R) -> Look:
        return Look(
            index == self._cursor,
            self.has_focus,
            row.key in self._marks,
            self._is_stale is not None and self._is_stale(row),
            self._besides(row) if self._besides is not None else None,
        )

    def _repaint_lines(self, lines: Iterable[int]) -> None:
        for y in lines:
            if 0 <= y < self.size.height and (span := difference(self._painted.get(y), self._line(y))):
                self.refresh(Region(span[0], y, span[1] - span[0], 1))

    def _tell_viewport(self) -> None:
        seen = tuple(self.visible_rows)
        if len(seen) != len(self._seen) or any(one.key != other.key for one, other in zip(seen, self._seen, strict=True)):
            self._seen = seen
            self.post_message(self.ViewportChanged(self))

    def _toggle_mark(self, index: int) -> None:
        key = self._rows[index].key
        self._mark_anchor = key
        self.mark(self._marks ^ {key})

    def _request_sort(self, column: Column[R]) -> None:
        if column.sort is None:
            return
        is_same = column.id == self._sort.column
        is_descending = not self._sort.is_descending if is_same else column.is_descending_first
        self.post_message(self.SortRequested(self, SortOrder(column.id, is_descending)))

    def _step_sort(self, step: int) -> None:
        sortable = [column for column in self._columns if column.sort is not None]
        if sortable:
            ids = [column.id for column in sortable]
            place_now = ids.index(self._sort.column) if self._sort.column in ids else -1
            self._request_sort(sortable[(place_now + step) % len(sortable)])
