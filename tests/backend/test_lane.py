"""A lane runs blocking calls in order, and can be left behind."""

from __future__ import annotations

import threading

import pytest

from kvmtui.backend.lane import AbandonedError, Lane, awaitable


async def test_calls_run_in_order_on_one_thread() -> None:
    lane = Lane("test")
    order: list[int] = []
    futures = [lane.submit(lambda number=number: order.append(number)) for number in range(5)]  # type: ignore[misc]
    for future in futures:
        await awaitable(future)
    assert order == [0, 1, 2, 3, 4]
    lane.end()


async def test_what_a_call_raises_is_raised_to_whoever_awaits_it() -> None:
    lane = Lane("test")
    with pytest.raises(ZeroDivisionError):
        await lane.call(lambda: 1 / 0)
    assert await lane.call(lambda: 2) == 2
    lane.end()


async def test_a_call_that_is_overdue_ends_the_wait_and_not_the_call() -> None:
    lane, release, ended = Lane("test"), threading.Event(), threading.Event()

    def stuck() -> None:
        release.wait(10)
        ended.set()

    with pytest.raises(TimeoutError):
        await lane.call(stuck, timeout=0.05)
    release.set()
    assert ended.wait(5)
    lane.end()


async def test_a_lane_that_is_left_behind_refuses_what_it_has_not_begun() -> None:
    lane, has_begun, release = Lane("test"), threading.Event(), threading.Event()

    def wait() -> bool:
        has_begun.set()
        return release.wait(10)

    begun, waiting = lane.submit(wait), lane.submit(lambda: 1)
    assert has_begun.wait(5)
    lane.abandon()
    release.set()
    assert await awaitable(begun)
    with pytest.raises(AbandonedError):
        await awaitable(waiting)
    with pytest.raises(AbandonedError):
        await lane.call(lambda: 2)


def test_a_lane_without_calls_needs_no_thread() -> None:
    before = threading.active_count()
    lane = Lane("idle")
    assert threading.active_count() == before
    lane.end()
