"""Counters become rates."""

from __future__ import annotations

import pytest

from kvmtui.model.rates import Counter, mean, rate, rounded, share


def test_a_rate_is_the_growth_per_second() -> None:
    assert rate(Counter(10.0, 100), Counter(12.0, 300)) == 100.0


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (None, Counter(1.0, 5)),
        (Counter(1.0, 5), Counter(2.0, 4)),
        (Counter(1.0, 5), Counter(1.0, 6)),
        (Counter(2.0, 5), Counter(1.0, 6)),
    ],
    ids=["no earlier reading", "set back by a restart", "at the same moment", "clock went back"],
)
def test_a_rate_is_unknown_when_two_readings_do_not_tell_it(before: Counter | None, now: Counter) -> None:
    assert rate(before, now) is None


def test_a_mean_is_the_amount_per_piece_since_the_last_reading() -> None:
    spent = Counter(0.0, 1000), Counter(1.0, 5000)
    assert mean(spent, (Counter(0.0, 10), Counter(1.0, 12))) == 2000


def test_a_mean_over_no_pieces_is_unknown() -> None:
    spent = Counter(0.0, 1000), Counter(1.0, 1000)
    assert mean(spent, (Counter(0.0, 10), Counter(1.0, 10))) is None
    assert mean(None, None) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(123456.0, 123000.0), (0.0012345, 0.00123), (0.0, 0.0), (-98765.0, -98800.0), (7.0, 7.0), (None, None)],
)
def test_a_rounded_value_keeps_three_digits(value: float | None, expected: float | None) -> None:
    assert rounded(value) == expected


def test_a_share_is_rounded_to_a_hundredth() -> None:
    assert share(0.12345) == 0.12
    assert share(None) is None
