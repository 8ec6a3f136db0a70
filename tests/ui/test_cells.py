from __future__ import annotations

from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from kvmtui.ui.widgets.cells import Align, Part, cut, fit, plain
from kvmtui.ui.widgets.columns import GAP, Column, place
from kvmtui.ui.widgets.glyphs import ASCII, UNICODE, choose, glyphs, use_glyphs
from kvmtui.ui.widgets.sparkline import bar, sparkline


@pytest.fixture
def _ascii() -> Iterator[None]:
    use_glyphs(ASCII)
    yield
    use_glyphs(UNICODE)


@pytest.mark.parametrize("align", ["left", "right"])
@pytest.mark.parametrize("text", ["", "web", "日本語の名前", "a\x1b[31mb", "👍👍👍👍", "e\u0301" * 20, "x" * 100])
@pytest.mark.parametrize("width", [1, 2, 3, 7, 20])
def test_a_fitted_cell_is_exactly_as_wide_as_its_column(text: str, width: int, align: Align) -> None:
    for cell in (text, Part(text, "bad"), (Part("● ", "good"), Part(text), Part("!", "warn"))):
        fitted = plain(tuple(fit(cell, width, align)))
        assert cell_len(fitted) == width
        assert fitted.isprintable()


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    assert cut("debian-server", 8) == "debian-…"
    assert cut("日本語", 4) == "日…".ljust(4) or cell_len(cut("日本語", 4)) == 4
    assert fit((Part("● ", "good"), Part("running")), 6) == [Part("● ", "good"), Part("run…")]


@pytest.mark.usefixtures("_ascii")
def test_a_poor_terminal_gets_ascii_only() -> None:
    shown = sparkline([0, 0.5, 1], 4) + "".join(bar(0.55, 5)) + cut("debian-server", 8)
    assert shown.isascii()
    assert cut("debian-server", 8) == "debian.."


def test_the_signs_follow_the_setting_and_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting, terminal, chosen in (
        ("ascii", "xterm", ASCII),
        ("unicode", "linux", UNICODE),
        ("auto", "linux", ASCII),
        ("auto", "xterm-256color", UNICODE),
    ):
        monkeypatch.setenv("TERM", terminal)
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        choose(setting)
        assert glyphs() is chosen
    use_glyphs(UNICODE)


def test_each_sign_of_both_sets_is_one_cell_wide() -> None:
    for signs in (UNICODE, ASCII):
        for sign in (
            signs.cursor,
            signs.mark,
            signs.ascending,
            signs.bar_full,
            signs.bar_empty,
            *signs.sparks,
            *signs.states.values(),
        ):
            assert cell_len(sign) == 1
        assert len(set(signs.states.values())) == len(signs.states) - 1  # running and idle look alike


def test_a_sparkline_has_the_newest_value_at_the_right_and_blanks_for_the_unknown() -> None:
    assert sparkline([0, 0.5, 1], 3) == "▁▅█"
    assert sparkline([0.5], 4) == "   ▅"
    assert sparkline([None, 1.4, -1], 3) == " █▁"
    assert sparkline([0, 1] * 8, 2) == "▁█"
    assert sparkline([1], 0) == ""


def test_a_bar_fills_its_width_and_shows_a_trace() -> None:
    assert bar(0.5, 4) == ("━━", "──")
    assert bar(0.001, 4) == ("╸", "───")
    assert bar(0, 4) == ("", "────")
    assert bar(1.2, 4) == ("━━━━", "")
    assert bar(None, 4) == ("", "    ")


def column(id_: str, width: int, **options: object) -> Column[str]:
    return Column(id_, id_.upper(), width, str, **options)  # type: ignore[arg-type]


COLUMNS = (
    column("a", 10, flex=1, max_width=30),
    column("b", 10, priority=1),
    column("c", 10, priority=3),
    column("d", 10, priority=2),
)


def ids(width: int, first: int = 0) -> str:
    return "".join(placed.column.id for placed in place(COLUMNS, width, first).columns)


def test_the_least_important_columns_vanish_first() -> None:
    assert [ids(width) for width in (46, 45, 34, 33, 22, 21, 3)] == ["abcd", "abd", "abd", "ab", "ab", "a", "a"]
    assert not place(COLUMNS, 46).hides_right
    assert place(COLUMNS, 45).hides_right


def test_scrolled_columns_follow_the_first_one_in_their_order() -> None:
    assert ids(22, 1) == "ac"
    assert ids(22, 2) == "ad"
    assert place(COLUMNS, 22, 1).hides_left
    assert place(COLUMNS, 22, 1).hides_right
    assert not place(COLUMNS, 22, 2).hides_right


@pytest.mark.parametrize("width", range(1, 120, 3))
def test_columns_never_overlap_nor_leave_the_table(width: int) -> None:
    end = 0
    for placed in place(COLUMNS, width, margin=2).columns:
        assert placed.x >= end
        end = placed.x + placed.width + GAP
        assert placed.x + placed.width <= width or placed.width == 0


def test_flexible_columns_share_what_is_left_over() -> None:
    columns = (column("a", 10, flex=3, max_width=50), column("b", 10, flex=1, max_width=12), column("c", 10))
    assert [placed.width for placed in place(columns, 74).columns] == [48, 12, 10]


def test_compact_columns_come_before_any_vanishes() -> None:
    columns = (column("a", 10), column("b", 20, priority=1, compact=column("b", 8, priority=1)))
    assert [placed.width for placed in place(columns, 32).columns] == [10, 20]
    assert [placed.width for placed in place(columns, 20).columns] == [10, 8]
    assert [placed.width for placed in place(columns, 19).columns] == [10]


def test_the_column_under_a_click_is_found() -> None:
    placement = place(COLUMNS, 60, margin=2)
    found = [placement.at(placed.x + placed.width - 1) for placed in placement.columns]
    assert found == list(COLUMNS)
    assert placement.at(0) is None
