"""The recorded past of a domain."""

from __future__ import annotations

import pytest

from kvmtui.model.history import RESOLUTION, SECONDS_KEPT, Series


@pytest.mark.parametrize("interval", [0.5, 1.0, 1.95, 2.0, 5.0])
def test_twenty_minutes_are_kept_at_any_interval(interval: float) -> None:
    series = Series("cpu")
    for number in range(int(2 * SECONDS_KEPT / interval)):
        series.add(number * interval, 0.5)
    assert all(value == 0.5 for value in series.last(SECONDS_KEPT, 120))
    assert len(series._times) <= 1.1 * SECONDS_KEPT / (0.9 * RESOLUTION) + 1
    assert series._times[-1] - series._times[0] >= SECONDS_KEPT - 2 * interval - RESOLUTION


def test_what_comes_more_often_than_it_is_kept_is_averaged() -> None:
    series = Series("cpu")
    for number, value in enumerate((0.0, None, 0.5, 1.0, 0.25)):
        series.add(0.5 * number, value)
    assert list(series._times) == [0.0, 2.0]
    assert list(series._values) == [0.5, 0.25]
    assert series.latest == 0.25


def test_a_gap_stays_a_gap() -> None:
    series = Series("cpu")
    series.add(0.0, 0.5)
    series.add(0.0 + RESOLUTION, None)
    assert series.latest is None
    assert series.last(2 * RESOLUTION, 2) == (0.5, None)
