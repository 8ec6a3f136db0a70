"""Memory that glibc would keep for each thread. Nothing here knows libvirt."""

from __future__ import annotations

import contextlib
import ctypes

_M_ARENA_MAX = -8
"""glibc's malloc.h."""


def share_one_arena() -> None:
    """Have all threads allocate from one pool: they wait most of the time, and a pool for each costs several MiB."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
