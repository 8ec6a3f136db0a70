"""Ways of making many libvirt calls: several at a time over a slow link, and lists that are too long for one message."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar

import libvirt

T = TypeVar("T")

VirConnect: TypeAlias = Any
"""libvirt.virConnect, whose published annotations are wrong for what returns lists; so `VirDomain`."""
VirDomain: TypeAlias = Any

WIDEST = 64
"""Calls made at a time over a slow link; the daemon works on five of one client at once, the others wait in the socket."""

SLOW_LINK = 0.002
"""Seconds per round trip from which calls are made side by side; below, threads cost more than they win."""

_MOST_SHARED = (
    (libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE, libvirt.VIR_CONNECT_LIST_DOMAINS_INACTIVE),
    (libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT, libvirt.VIR_CONNECT_LIST_DOMAINS_TRANSIENT),
    (
        libvirt.VIR_CONNECT_LIST_DOMAINS_RUNNING,
        libvirt.VIR_CONNECT_LIST_DOMAINS_PAUSED,
        libvirt.VIR_CONNECT_LIST_DOMAINS_SHUTOFF,
        libvirt.VIR_CONNECT_LIST_DOMAINS_OTHER,
    ),
)
STATS_GROUPS = _MOST_SHARED
"""Flags of virConnectGetAllDomainStats that part all domains: each domain is in exactly one of a group."""
LIST_GROUPS = (
    *_MOST_SHARED,
    (libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART, libvirt.VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART),
    (libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, libvirt.VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT),
    (libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, libvirt.VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE),
)
"""Likewise the flags of virConnectListAllDomains."""


def width_for(round_trip: float) -> int:
    """Return how many calls are made at a time over a link with that round trip (seconds)."""
    return 1 if round_trip < SLOW_LINK else WIDEST


def fan_out(calls: Sequence[Callable[[], T]], width: int) -> list[T | libvirt.libvirtError]:
    """Make all calls, `width` at a time, and return their results in order; an error of libvirt's takes its call's place.

    With width 1 everything runs on the calling thread.
    """
    results: list[Any] = [None] * len(calls)
    queue = iter(range(len(calls)))
    lock = threading.Lock()
    bugs: list[BaseException] = []

    def work() -> None:
        while True:
            with lock:
                index = next(queue, None)
            if index is None or bugs:
                return
            try:
                results[index] = calls[index]()
            except libvirt.libvirtError as error:
                results[index] = error.with_traceback(None)  # a traceback would keep libvirt objects alive
            except BaseException as error:  # noqa: BLE001 - raised again below, on the calling thread
                bugs.append(error)

    helpers = [threading.Thread(target=work, daemon=True, name="fan-out") for _ in range(min(width, len(calls)) - 1)]
    for helper in helpers:
        helper.start()
    work()
    for helper in helpers:
        helper.join()
    if bugs:
        raise bugs[0]
    return results


def whole_list(ask: Callable[[int], list[T]], groups: Sequence[Sequence[int]], flags: int = 0) -> list[T]:
    """Return a list that may be longer than the 16,384 entries that one message holds, by asking for parts of it.

    Args:
        ask: asks libvirt, given flags.
        groups: flags that part the objects, one group after the other.
        flags: flags for every question.

    Raises:
        libvirt.libvirtError: also when the parts are too long still.
    """
    rest = [group for group in groups if not any(flag & flags for flag in group)]
    with contextlib.suppress(TooManyError):
        return _ask(ask, flags, is_last=not rest)
    return [item for flag in rest[0] for item in whole_list(ask, rest[1:], flags | flag)]


class TooManyError(Exception):
    """A list does not fit into one message."""


def _ask(ask: Callable[[int], list[T]], flags: int, *, is_last: bool) -> list[T]:
    try:
        return ask(flags)
    except libvirt.libvirtError as error:
        if is_last or not is_too_many(error):
            raise
    raise TooManyError


def is_too_many(error: libvirt.libvirtError) -> bool:
    """Tell whether an error says that a list is longer than a message may be."""
    return "for limit" in str(error) and "oo many" in str(error)


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items in pieces of `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def in_slices(items: Iterable[T], size: int = 250) -> Iterator[T]:
    """Yield all items and let other threads run after every `size`: pure Python would keep the screen's thread waiting."""
    for number, item in enumerate(items, 1):
        yield item
        if number % size == 0:
            time.sleep(0.0005)
