"""One virConnect: opened without ever prompting, watched by keepalive, and given up at any time, even while a call hangs."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import libvirt

from kvmtui.backend.libvirt.calls import VirConnect, VirDomain
from kvmtui.backend.libvirt.events import start_event_loop
from kvmtui.backend.libvirt.reachability import open_failure, without_prompts

KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 3, 3
"""A daemon that hangs is given up after about interval × (count + 1) seconds, and every blocked call is released."""

_CREDENTIALS = [
    libvirt.VIR_CRED_AUTHNAME,
    libvirt.VIR_CRED_ECHOPROMPT,
    libvirt.VIR_CRED_NOECHOPROMPT,
    libvirt.VIR_CRED_PASSPHRASE,
    libvirt.VIR_CRED_REALM,
]


class Connection:
    """A connection to libvirt. Its calls block; whoever makes them does it on a lane."""

    def __init__(self, raw: VirConnect, descriptor: int | None) -> None:
        self.raw = raw
        self.domains: dict[str, VirDomain] = {}
        """libvirt's objects by UUID: a lookup costs as much as the question itself."""
        self.unsupported: set[str] = set()
        """Questions that the driver said it never answers."""
        self.lacks_bulk_statistics = False
        self._descriptor = descriptor
        self._is_braked = False
        self._tear_downs: list[Callable[[], object]] = []

    @property
    def is_alive(self) -> bool:
        """Whether the connection stands, as far as is known without asking the host."""
        if self._is_braked:
            return False
        try:
            return bool(self.raw.isAlive())
        except libvirt.libvirtError:
            return False

    def domain(self, uuid: str) -> VirDomain:
        """Return libvirt's object of a domain, for use on a lane of this connection alone.

        Raises:
            libvirt.libvirtError: there is no such domain.
        """
        found = self.domains.get(uuid)
        if found is None:
            found = self.domains[uuid] = self.raw.lookupByUUIDString(uuid)
        return found

    def before_close(self, tear_down: Callable[[], object]) -> None:
        """Have something undone before the connection is closed; a registration that stays keeps the socket open."""
        self._tear_downs.append(tear_down)

    def brake(self) -> None:
        """Release every call that is stuck on this connection by ending its socket; it is dead afterwards."""
        self._is_braked = True
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        _Sockets.claimed.discard(descriptor)
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as end:
            end.shutdown(socket.SHUT_RDWR)

    def dispose(self) -> None:
        """Close the connection. Blocks as long as the host does not answer, unless it was braked."""
        self._is_braked = True
        for tear_down in reversed(self._tear_downs):
            with contextlib.suppress(libvirt.libvirtError):
                tear_down()
        self._tear_downs.clear()
        self.domains.clear()
        if self._descriptor is not None:
            _Sockets.claimed.discard(self._descriptor)
        with contextlib.suppress(libvirt.libvirtError):
            self.raw.close()

    def dispose_in_background(self) -> None:
        """Release stuck calls and close the connection on a thread of its own."""
        threading.Thread(target=self._brake_and_dispose, name="libvirt-close", daemon=True).start()

    def _brake_and_dispose(self) -> None:
        self.brake()
        self.dispose()


def open_connection(uri: str, *, is_read_only: bool) -> Connection:
    """Open `uri` ("" leaves the choice to libvirt) and switch keepalive on. Blocks; nothing is asked on the terminal.

    Raises:
        Failure: it could not be opened.
    """
    start_event_loop()
    sockets = _Sockets()
    try:
        raw = libvirt.openAuth(
            without_prompts(uri) or None,  # type: ignore[arg-type]  # None is libvirt's own choice
            [_CREDENTIALS, _refuse_to_answer, None],
            libvirt.VIR_CONNECT_RO if is_read_only else 0,
        )
    except libvirt.libvirtError as error:
        failure = open_failure(error, uri)
    else:
        with contextlib.suppress(libvirt.libvirtError):  # in-process drivers have no link to keep alive
            raw.setKeepAlive(KEEPALIVE_INTERVAL, KEEPALIVE_COUNT)
        return Connection(raw, sockets.claim_new(raw.getURI()))
    raise failure


def _refuse_to_answer(_credentials: list[list[object]], _data: None) -> int:
    return -1


class _Sockets:
    """The sockets of this process before an open: libvirt does not tell which one it uses, but the new one is it."""

    claimed: set[int] = set()
    """Sockets of connections that are open."""

    def __init__(self) -> None:
        self._before = _open_sockets()

    def claim_new(self, uri: str) -> int | None:
        """Return the one socket that came since; None when there is none, or several because others opened at the same time."""
        scheme = urlsplit(uri).scheme
        if scheme == "test":
            return None  # runs in this process
        new = [one for one in _open_sockets() - self._before if one not in self.claimed]
        if len(new) != 1:
            new = [one for one in new if _is_libvirts(one)]
        if len(new) != 1:
            return None
        self.claimed.add(new[0])
        return new[0]


def _is_libvirts(descriptor: int) -> bool:
    """Tell whether a socket is joined to a daemon's socket file."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as end:
            peer = end.getpeername() if end.family == socket.AF_UNIX else b""
    except OSError:
        return False
    name = os.fsdecode(peer) if peer else ""
    return "libvirt" in name or "virtqemud" in name


def _open_sockets() -> set[int]:
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(entry.stat().st_mode):
                found.add(int(entry.name))
    return found
