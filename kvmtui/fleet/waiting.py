"""Waiting for something to become true of the fleet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kvmtui.fleet.fleet import Fleet


async def until(fleet: Fleet, condition: Callable[[], bool], timeout: float) -> bool:
    """Wait until a condition holds, looked at after each change of the fleet; return whether it did within `timeout` seconds."""
    changed = asyncio.Event()
    unsubscribe = fleet.subscribe(changed.set)
    try:
        async with asyncio.timeout(timeout):
            while not condition():
                await changed.wait()
                changed.clear()
    except TimeoutError:
        return condition()
    finally:
        unsubscribe()
    return True
