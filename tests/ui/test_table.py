from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.table import SortOrder, Table
from tests.golden import screen_lines


@dataclass(frozen=True, slots=True)
class Thing:
    key: str
    size: int = 0


COLUMNS: tuple[Column[Thing], ...] = (
    Column("name", "NAME", 10, lambda thing: thing.key, sort=lambda thing: thing.key, flex=1),
    Column(
        "size", "SIZE", 6, lambda thing: str(thing.size), sort=lambda thing: thing.size, align="right", is_descending_first=True
    ),
    Column("note", "NOTE", 8, lambda thing: f"{thing.key}!", priority=1),
)


def things(*names: str) -> tuple[Thing, ...]:
    return tuple(Thing(name) for name in names)


MANY = tuple(Thing(f"t{number:04}", number) for number in range(1000))


class TableApp(App[None]):
    CSS_PATH = ["../../styles/table.tcss"]

    def __init__(self, rows: Sequence[Thing] = (), **options: Any) -> None:
        super().__init__()
        self._rows = rows
        self._options = options
        self.heard: list[Table.TableMessage] = []

    def compose(self) -> ComposeResult:
        yield Table(COLUMNS, **self._options)

    def on_mount(self) -> None:
        self.table.show(self._rows)
        self.table.focus()

    @property
    def table(self) -> Table[Thing]:
        return self.query_one(Table)

    def on_event_heard(self, message: Table.TableMessage) -> None:
        self.heard.append(message)

    on_table_opened = on_table_cursor_moved = on_table_marks_changed = on_event_heard
    on_table_sort_requested = on_table_viewport_changed = on_table_save_requested = on_event_heard

    def heard_of(self, kind: type[Table.TableMessage]) -> list[Any]:
        return [message for message in self.heard if isinstance(message, kind)]


def shown_names(app: App[None]) -> list[str]:
    return [line[2:].split()[0] for line in screen_lines(app)[1:] if line.strip()]


def cursor_key(app: TableApp) -> str | None:
    return app.table.cursor_row.key if app.table.cursor_row else None


def cursor_line(app: App[None]) -> int:
    return next(y for y, line in enumerate(screen_lines(app)) if line.startswith("▌"))


async def test_the_cursor_stays_on_its_row_when_the_order_changes() -> None:
    app = TableApp(things("a", "b", "c"))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("down")
        app.table.show(tuple(reversed(app.table.rows)) + things("z"))
        assert cursor_key(app) == "b"
        app.table.show(things("z", "c", "a", "b"))
        assert cursor_key(app) == "b"
        await pilot.pause()
        assert screen_lines(app)[4].startswith("▌ b")


async def test_a_row_that_vanishes_leaves_the_cursor_to_its_neighbour() -> None:
    app = TableApp(things("a", "b", "c"))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("down")
        app.table.show(things("a", "c"))
        assert cursor_key(app) == "c"
        app.table.show(things("a"))
        assert cursor_key(app) == "a"
        app.table.show(())
        assert app.table.cursor_row is None
        app.table.show(things("x"))
        assert cursor_key(app) == "x"


async def test_the_row_under_the_cursor_keeps_its_line_while_others_come_and_go_above() -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.move_to(500)
        await pilot.pause()
        line = cursor_line(app)
        app.table.show(MANY[100:])
        await pilot.pause()
        assert cursor_key(app) == "t0500"
        assert cursor_line(app) == line
        app.table.show(tuple(reversed(MANY)))
        await pilot.pause()
        assert cursor_key(app) == "t0500"
        assert cursor_line(app) == line


async def test_rows_that_arrive_above_are_seen_when_the_table_is_at_its_top() -> None:
    app = TableApp(things("m", "n"))
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.show(things("a", "b", "m", "n"))
        await pilot.pause()
        assert shown_names(app) == ["a", "b", "m", "n"]
        assert cursor_key(app) == "m"


async def test_marks_stay_with_their_rows() -> None:
    app = TableApp(things("a", "b", "c"))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("space", "down", "space")
        assert app.table.marks == {"a", "c"}
        app.table.show(things("c", "b", "a"))
        await pilot.pause()
        assert [row.key for row in app.table.marked_rows] == ["c", "a"]
        assert [line[1] for line in screen_lines(app)[1:4]] == ["✓", " ", "✓"]
        app.table.show(things("c", "b"))
        assert [row.key for row in app.table.marked_rows] == ["c"]
        await pilot.press("ctrl+backslash")
        assert app.table.marks == frozenset()


async def test_a_range_is_marked_from_the_last_mark_to_the_cursor() -> None:
    app = TableApp(things(*"abcdef"))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("down", "space", "down", "down", "ctrl+@")
        assert app.table.marks == set("bcde")
        await pilot.press("asterisk")
        assert app.table.marks == set("af")
        await pilot.press("A")
        assert app.table.marks == set("abcdef")


@pytest.mark.parametrize(
    ("keys", "index"),
    [
        ("j j k", 1),
        ("G", 999),
        ("G g", 0),
        ("end home down", 1),
        ("pagedown", 11),
        ("pagedown pageup", 0),
        ("ctrl+d", 5),
        ("ctrl+d ctrl+u", 0),
        ("up", 0),
        ("G down", 999),
    ],
)
async def test_the_keys_of_vim_and_of_the_cursor_block_move(keys: str, index: int) -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press(*keys.split())
        assert app.table.cursor_index == index
        assert app.table.cursor_row in app.table.visible_rows


async def test_the_last_page_has_no_empty_lines() -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("G")
        await pilot.pause()
        assert shown_names(app)[-1] == "t0999"
        assert len(shown_names(app)) == 11


async def test_enter_and_a_double_click_open_a_row() -> None:
    app = TableApp(things("a", "b", "c"))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("down", "enter")
        await pilot.click(Table, offset=(5, 3))
        assert cursor_key(app) == "c"
        await pilot.click(Table, offset=(5, 1), times=2)
        assert [message.row.key for message in app.heard_of(Table.Opened)] == ["b", "a"]


async def test_a_click_below_the_last_row_does_nothing() -> None:
    app = TableApp(things("a", "b"))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.click(Table, offset=(5, 8), times=2)
        assert cursor_key(app) == "a"
        assert not app.heard_of(Table.Opened)


async def test_a_click_on_a_title_asks_for_that_order_and_another_one_reverses_it() -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 12)) as pilot:
        size_at = screen_lines(app)[0].index("SIZE")
        await pilot.click(Table, offset=(size_at, 0))
        app.table.sort = SortOrder("size", is_descending=True)
        await pilot.pause()
        assert "SIZE▼" in screen_lines(app)[0]
        await pilot.click(Table, offset=(size_at, 0))
        await pilot.click(Table, offset=(screen_lines(app)[0].index("NOTE"), 0))
        orders = [message.order for message in app.heard_of(Table.SortRequested)]
        assert orders == [SortOrder("size", is_descending=True), SortOrder("size", is_descending=False)]


async def test_the_sort_keys_walk_through_the_columns_that_can_be_sorted_by() -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.sort = SortOrder("name")
        await pilot.press("greater_than_sign", "less_than_sign", "exclamation_mark")
        orders = [message.order for message in app.heard_of(Table.SortRequested)]
        assert orders == [SortOrder("size", True), SortOrder("size", True), SortOrder("name", True)]


async def test_the_wheel_scrolls_and_leaves_the_cursor_on_its_row() -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.scroll_to(y=100, animate=False)
        await pilot.pause()
        assert shown_names(app)[0] == "t0100"
        assert cursor_key(app) == "t0000"
        app.table.show((Thing("new"), *MANY))
        await pilot.pause()
        assert shown_names(app)[0] == "t0100"


def note_refreshes(pilot: Pilot[None], table: Table[Thing], monkeypatch: pytest.MonkeyPatch) -> list[Region]:
    regions: list[Region] = []
    refresh = table.refresh

    def noted(*asked: Region, **options: Any) -> Table[Thing]:
        regions.extend(asked or [Region(0, 0, *table.size)])
        return refresh(*asked, **options)

    monkeypatch.setattr(table, "refresh", noted)
    return regions


async def test_nothing_is_drawn_when_nothing_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        regions = note_refreshes(pilot, app.table, monkeypatch)
        app.table.show(tuple(MANY))
        app.table.show([replace(thing) for thing in MANY])
        app.table.repaint()
        assert regions == []


async def test_only_the_cells_that_changed_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp(MANY, has_marks=False)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        regions = note_refreshes(pilot, app.table, monkeypatch)
        rows = list(MANY)
        rows[3] = replace(rows[3], size=77)
        rows[500] = replace(rows[500], size=88)
        app.table.show(rows)
        assert [(region.y, region.height) for region in regions] == [(4, 1)]
        await pilot.pause()
        assert " 77 " in screen_lines(app)[4]


async def test_a_cursor_move_draws_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        regions = note_refreshes(pilot, app.table, monkeypatch)
        await pilot.press("down")
        assert sorted(region.y for region in regions) == [1, 2]


async def test_what_is_beside_the_row_is_drawn_when_it_changes() -> None:
    activity = {"b": ""}
    columns = [Column[Thing]("name", "NAME", 20, lambda thing: thing.key + activity.get(thing.key, ""))]
    app = TableApp(things("a", "b"), besides=lambda thing: activity.get(thing.key))
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.columns = columns
        activity["b"] = " starting…"
        app.table.repaint()
        await pilot.pause()
        assert "b starting…" in screen_lines(app)[2]


async def test_columns_that_do_not_fit_vanish_by_priority_and_can_be_scrolled_to() -> None:
    app = TableApp(things("a", "b"))
    async with app.run_test(size=(24, 12)) as pilot:
        await pilot.pause()
        assert screen_lines(app)[0].split() == ["NAME", "SIZE›"]
        await pilot.press("right")
        await pilot.pause()
        assert screen_lines(app)[0].split() == ["‹", "NAME", "NOTE"]
        await pilot.press("right", "left")
        await pilot.pause()
        assert screen_lines(app)[0].split() == ["NAME", "SIZE›"]


async def test_an_empty_table_says_why() -> None:
    app = TableApp((), empty_text="No things here. n makes one.")
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        assert any("No things here." in line for line in screen_lines(app))
        await pilot.press("down", "up", "space", "enter", "G", "ctrl+d", "asterisk")
        assert not app.heard_of(Table.Opened)


async def test_the_visible_rows_are_told_when_they_change() -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        app.heard.clear()
        await pilot.press("down")
        assert not app.heard_of(Table.ViewportChanged)
        await pilot.press("pagedown")
        assert app.heard_of(Table.ViewportChanged)
        assert [row.key for row in app.table.visible_rows] == [f"t{number:04}" for number in range(11, 22)]


async def test_a_smaller_terminal_keeps_the_cursor_in_sight() -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 30)) as pilot:
        app.table.move_to(25)
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        assert "t0025" in shown_names(app)


async def test_a_table_shown_before_it_has_a_size_is_drawn_once_it_has_one() -> None:
    app = TableApp(MANY)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.pause()
        assert shown_names(app)[0] == "t0000"
        assert "t0000" in screen_lines(app)[1]
