from __future__ import annotations

from kvmtui.model.order import natural, sorted_rows


def test_numbers_in_names_sort_as_numbers() -> None:
    names = ["web10", "Web2", "web1", "10", "9", "", "a-3-b"]
    assert sorted(names, key=natural) == [
        "",
        "9",
        "10",
        "a-3-b",
        "web1",
        "Web2",
        "web10",
    ]


def test_unknown_values_come_last_in_both_directions() -> None:
    rows = [("a", 2), ("b", None), ("c", 1), ("d", None)]
    assert [name for name, _ in sorted_rows(rows, lambda row: row[1])] == ["c", "a", "b", "d"]
    assert [name for name, _ in sorted_rows(rows, lambda row: row[1], is_descending=True)] == ["a", "c", "b", "d"]


def test_equal_rows_keep_their_order_in_both_directions() -> None:
    rows = ["b1", "a1", "b2", "a2"]
    assert sorted_rows(rows, lambda row: row[0]) == ["a1", "a2", "b1", "b2"]
    assert sorted_rows(rows, lambda row: row[0], is_descending=True) == ["b1", "b2", "a1", "a2"]
