"""Which socket of this process is a libvirt connection's: to end it is the only safe way out of calls that hang.

libvirt does not tell which one it is. When the keepalive of libvirt 9.0 gives up while several calls are under way, one of them
is released and the others never return, or the process crashes; end of file releases all of them.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs

from kvmtui.backend.libvirt.reachability import parts_of

WINDOW = 0.5
"""Seconds for which one open at a time has the search to itself; libvirt makes its socket at the start of an open."""
STEP = 0.002

_turn = threading.Lock()
_claimed: set[int] = set()
"""Inodes of the sockets of other connections."""
_claims = threading.Lock()


class SocketSearch:
    """Looks for the socket that comes into being while libvirt opens a connection inside a `with` block."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._found: int | None = None
        self._inode = 0
        self._before: set[int] = set()
        """Inodes: the number of a socket that is closed meanwhile may be the new one's."""
        self._has_turn = False
        self._has_ended = threading.Event()
        self._is_over = False
        self._is_in_process = parts_of(uri).scheme == "test"

    def __enter__(self) -> Self:
        if not self._is_in_process:
            self._has_turn = _turn.acquire(timeout=WINDOW)
            self._before = {inode for _, inode in _sockets()}
            threading.Thread(target=self._look, name="socket search", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._has_ended.set()
        if self._is_in_process:
            return
        if kind is not None:
            self.let_go()
        elif self._found is None:
            self._claim(self._candidates())

    @property
    def is_found(self) -> bool:
        """Whether the socket is known, or there is none because the driver runs in this process."""
        return self._is_in_process or self._found is not None

    def end(self) -> None:
        """End the socket: every call that waits for an answer on it fails at once. Harmless when it is not known."""
        with _claims:
            self._is_over, descriptor, self._found = True, self._found, None
            _claimed.discard(self._inode)
            if descriptor is not None:
                with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as end:
                    if os.fstat(descriptor).st_ino == self._inode:  # libvirt may have closed it, and the number be another's
                        end.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        """Forget the socket, which libvirt is about to close: its number may soon be another's."""
        with _claims:
            _claimed.discard(self._inode)
            self._is_over, self._found = True, None

    def _look(self) -> None:
        deadline, last = time.monotonic() + WINDOW, set[int]()
        try:
            while time.monotonic() < deadline and not self._has_ended.is_set():
                now = self._candidates()
                if len(now) == 1 and now == last:  # seen twice: for a moment ssh's end is open here too
                    self._claim(now)
                    return
                last = now
                time.sleep(STEP)
        finally:
            if self._has_turn:
                _turn.release()

    def _candidates(self) -> set[int]:
        old = self._before | _claimed
        return {descriptor for descriptor, inode in _sockets() if inode not in old and self._may_be_it(descriptor)}

    def _claim(self, candidates: set[int]) -> None:
        with _claims:
            if len(candidates) == 1 and self._found is None and not self._is_over:
                descriptor = next(iter(candidates))
                with contextlib.suppress(OSError):
                    self._inode = os.fstat(descriptor).st_ino
                    self._found = descriptor
                    _claimed.add(self._inode)

    def _may_be_it(self, descriptor: int) -> bool:
        parts = parts_of(self._uri)
        transport = parts.scheme.partition("+")[2]
        try:
            with socket.socket(fileno=os.dup(descriptor)) as end:
                family, peer = end.family, end.getpeername()
        except OSError:
            return False
        if transport in {"ssh", "ext"}:
            return family == socket.AF_UNIX and not peer
        if transport in {"tcp", "tls", "libssh", "libssh2"} or parts.hostname:
            return family != socket.AF_UNIX
        path = os.fsdecode(peer) if family == socket.AF_UNIX else ""
        return "libvirt" in path or "virtqemud" in path or path in parse_qs(parts.query).get("socket", [])


def _sockets() -> Iterator[tuple[int, int]]:
    """Yield the sockets of this process by their numbers, with their inodes."""
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            status = entry.stat()
            if stat.S_ISSOCK(status.st_mode):
                yield int(entry.name), status.st_ino
