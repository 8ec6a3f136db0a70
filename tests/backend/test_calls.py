"""Many calls side by side, and lists that do not fit into one message."""

from __future__ import annotations

import threading
from collections.abc import Callable

import libvirt
import pytest

from kvmtui.backend.libvirt.calls import LIST_GROUPS, STATS_GROUPS, chunks, fan_out, whole_list, width_for

LIMIT = 16_384


class TooMany(libvirt.libvirtError):
    """What the daemon says of a list that is too long."""

    def __init__(self) -> None:
        Exception.__init__(self, f"internal error: Too many domains '20000' for limit '{LIMIT}'")
        self.err = (libvirt.VIR_ERR_INTERNAL_ERROR, 7, str(self), 2, "", None, None, -1, -1)


@pytest.mark.parametrize("width", [1, 3, 50])
def test_results_come_in_the_order_of_the_calls(width: int) -> None:
    assert fan_out([lambda number=number: number * number for number in range(20)], width) == [n * n for n in range(20)]  # type: ignore[misc]


def test_no_more_calls_than_wanted_are_under_way_at_a_time() -> None:
    together = threading.Barrier(4, timeout=5)
    assert fan_out([together.wait] * 4, 4)  # all four have to be under way to go on


def test_an_error_takes_the_place_of_its_call_and_the_others_go_on() -> None:
    def fail() -> int:
        raise TooMany

    first, second, third = fan_out([lambda: 1, fail, lambda: 3], 2)
    assert (first, third) == (1, 3)
    assert isinstance(second, libvirt.libvirtError)
    assert second.__traceback__ is None


def test_a_bug_in_a_call_is_raised() -> None:
    def stumble() -> int:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        fan_out([stumble, lambda: 2], 2)


def test_nothing_to_call_gives_nothing() -> None:
    assert fan_out([], 8) == []


def test_calls_go_one_by_one_over_a_fast_link_only() -> None:
    assert width_for(0.0003) == 1
    assert width_for(0.05) > 8


def flags_of(number: int) -> int:
    """Return the flags that a domain of that number has: half of them run, a third is transient, none has more."""
    activity = libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE if number % 2 else libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE
    life = libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT if number % 3 else libvirt.VIR_CONNECT_LIST_DOMAINS_TRANSIENT
    state = libvirt.VIR_CONNECT_LIST_DOMAINS_RUNNING if number % 2 else libvirt.VIR_CONNECT_LIST_DOMAINS_SHUTOFF
    rest = (
        libvirt.VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART
        | libvirt.VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT
        | libvirt.VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE
    )
    return activity | life | state | rest


def daemon_with(domains: int, limit: int) -> tuple[list[int], Callable[[int], list[int]]]:
    """Return the questions that are put to a daemon, and the daemon."""
    asked: list[int] = []
    all_flags = [flags_of(number) for number in range(domains)]

    def ask(flags: int) -> list[int]:
        asked.append(flags)
        found = [number for number, has in enumerate(all_flags) if has & flags == flags]
        if len(found) > limit:
            raise TooMany
        return found

    return asked, ask


def test_a_list_that_fits_is_asked_for_once() -> None:
    asked, ask = daemon_with(100, LIMIT)
    assert len(whole_list(ask, LIST_GROUPS)) == 100
    assert asked == [0]


@pytest.mark.parametrize("domains", [20_000, 40_000])
def test_a_list_that_is_too_long_comes_in_parts_and_each_domain_once(domains: int) -> None:
    _, ask = daemon_with(domains, 18_500 if domains == 40_000 else LIMIT)
    assert sorted(whole_list(ask, LIST_GROUPS)) == list(range(domains))


def test_parts_of_what_was_asked_for_are_asked_for_with_its_flags() -> None:
    asked, ask = daemon_with(40_000, 15_000)
    flag = libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE
    assert len(whole_list(ask, STATS_GROUPS, flag)) == 20_000
    assert all(flags & flag for flags in asked)


def test_parts_that_are_too_long_still_are_an_error() -> None:
    _, ask = daemon_with(100, 2)
    with pytest.raises(libvirt.libvirtError, match="Too many"):
        whole_list(ask, LIST_GROUPS)


def test_pieces_have_the_size_that_was_asked_for() -> None:
    assert [list(piece) for piece in chunks([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
