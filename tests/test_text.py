from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kvmtui import text

GIB = 2**30


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("web1", "web1"),
        ("Grüße 日本語", "Grüße 日本語"),
        ("a\x1b[31mb", "a␛[31mb"),
        ("bell\x07 null\x00 del\x7f", "bell␇ null␀ del␡"),
        ("two\nlines\tand\r", "two␊lines␉and␍"),
        ("c1 \x9b31m", "c1 �31m"),
        ("right \u202eto left\u202c", "right �to left�"),
        ("in\u200bvis\u200dible\ufeff", "in�vis�ible�"),
        ("db01\u200b", "db01�"),
        ("db01\ufe0f", "db01�"),
        ("soft\xadhyphen", "soft�hyphen"),
        ("heart ❤\ufe0f", "heart ❤"),
        ("lone \ud800", "lone �"),
        ("flag 🇩🇪", "flag 🄳🄴"),
        ("tone 👍🏽", "tone 👍�"),
        ("private \ue000", "private �"),
        ("[bold]web[/]", "[bold]web[/]"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_becomes_visible(raw: str, shown: str) -> None:
    assert text.printable(raw) == shown
    assert text.printable(shown) == shown


def test_lines_and_tabs_survive_where_several_lines_are_shown() -> None:
    assert text.printable_lines("one\r\n\ttwo\x1b[0m\n") == "one\n\ttwo␛[0m\n"


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (None, "-"), (0, "0"), (812, "812"), (999, "999"), (1000, "1.0K"), (1024, "1.0K"), (1229, "1.2K"), (34 * 2**20, "34M"),
        (1023 * 2**20, "1.0G"), (1.5 * 2**40, "1.5T"), (2**70, "1024E"), (0.4, "0"),
    ],
)  # fmt: skip
def test_a_short_size_has_at_most_five_characters(size: float | None, shown: str) -> None:
    assert text.short_size(size) == shown
    assert len(shown) <= 5


def test_sizes_are_told_in_binary_units() -> None:
    assert text.long_size(1.5 * GIB) == "1.5 GiB"
    assert text.gibibytes(0.8 * GIB) == "0.8"
    assert text.long_size(None) == text.gibibytes(None) == "-"


@pytest.mark.parametrize(
    ("ratio", "shown"), [(None, "-"), (0.0, "0%"), (0.001, "<1%"), (0.34, "34%"), (1.0, "100%"), (1.07, "107%")]
)
def test_a_ratio_is_told_in_percent(ratio: float | None, shown: str) -> None:
    assert text.percent(ratio) == shown


@pytest.mark.parametrize(
    ("seconds", "exact", "rough"),
    [
        (None, "-", "-"), (-3, "0s", "0s"), (42, "42s", "42s"), (187, "3m07s", "3m"), (11_550, "3h12m", "3h12m"),
        (12 * 86_400 + 4 * 3_600, "12d4h", "12d4h"), (512 * 86_400, "512d", "512d"),
    ],
)  # fmt: skip
def test_a_duration_is_told_in_its_two_largest_units(seconds: float | None, exact: str, rough: str) -> None:
    assert text.short_duration(seconds) == exact
    assert text.rough_duration(seconds) == rough


@pytest.mark.parametrize(("seconds", "shown"), [(None, "-"), (0.0004, "0.4 ms"), (0.0123, "12 ms"), (1.34, "1.3 s")])
def test_a_latency_is_told_in_milliseconds(seconds: float | None, shown: str) -> None:
    assert text.latency(seconds) == shown


def test_a_time_of_another_day_has_its_date() -> None:
    now = datetime.now(UTC)
    assert len(text.clock(now)) == len("12:34:56")
    assert text.clock(now - timedelta(days=2)).startswith(str((now - timedelta(days=2)).astimezone().year))
    assert text.clock(None) == "-"


def test_small_words() -> None:
    assert text.count(None) == "-"
    assert text.count(0) == "0"
    assert [text.several(0, "domain"), text.several(1, "domain"), text.several(2, "child", "children")] == [
        "0 domains",
        "1 domain",
        "2 children",
    ]
    assert [text.yes_no(None), text.yes_no(True), text.yes_no(False)] == ["-", "yes", "no"]
