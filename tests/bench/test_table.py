"""The arithmetic and the looks of the benchmark's table."""

from __future__ import annotations

import pytest

from tests.bench.table import Figure, lines, percentile


@pytest.mark.parametrize(
    ("values", "share", "expected"), [([5.0], 0.95, 5.0), ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0), (list(range(1, 101)), 0.95, 95)]
)
def test_a_percentile_is_a_measured_value(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_a_figure_above_its_limit_says_so() -> None:
    assert Figure("keys", 15.0, 15, "ms").is_met
    assert "TOO MUCH" in Figure("keys", 15.1, 15, "ms").cells()


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert list(lines([("a", "b"), ("long", "c")])) == ["a     b", "long  c"]
