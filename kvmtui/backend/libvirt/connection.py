"""One virConnect: opened without ever prompting, and given up at any time, even while calls hang on it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import libvirt

from kvmtui.backend.libvirt.calls import WIDEST, VirConnect, VirDomain, fan_out, width_for
from kvmtui.backend.libvirt.events import start_event_loop
from kvmtui.backend.libvirt.reachability import open_failure, resolved, without_prompts
from kvmtui.backend.libvirt.sockets import SocketSearch
from kvmtui.model.failure import Failure, FailureKind

T = TypeVar("T")

KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 3, 3

_CREDENTIALS = [
    libvirt.VIR_CRED_AUTHNAME,
    libvirt.VIR_CRED_ECHOPROMPT,
    libvirt.VIR_CRED_NOECHOPROMPT,
    libvirt.VIR_CRED_PASSPHRASE,
    libvirt.VIR_CRED_REALM,
]


class Connection:
    """A connection to libvirt. Its calls block; whoever makes them does it on a lane."""

    def __init__(self, raw: VirConnect, search: SocketSearch) -> None:
        self.raw = raw
        self.domains: dict[str, VirDomain] = {}
        """libvirt's objects by UUID: a lookup costs as much as the question itself."""
        self.round_trip = 0.0
        """Seconds of one request over a link that is long; 0 over any other."""
        self.unsupported: set[str] = set()
        """Questions that the driver said it never answers."""
        self.lacks_bulk_statistics = False
        self._search = search
        self._is_braked = False
        self._is_disposed = False
        self._users = 0
        self._users_left = threading.Condition()
        self._tear_downs: list[Callable[[], object]] = []

    @property
    def is_alive(self) -> bool:
        """Whether the connection stands, as far as is known without asking the host."""
        with self._users_left:  # so that it is not closed meanwhile
            if self._is_braked:
                return False
            try:
                return bool(self.raw.isAlive())
            except libvirt.libvirtError:
                return False

    @property
    def width(self) -> int:
        """How many calls are made at a time."""
        return width_for(self.round_trip)

    def side_by_side(self, calls: Sequence[Callable[[], T]], at_most: int = WIDEST) -> list[T | libvirt.libvirtError]:
        """Make calls on this connection, several at a time over a long link; see `calls.fan_out`."""
        return fan_out(calls, min(self.width, at_most))

    def domain(self, uuid: str) -> VirDomain:
        """Return libvirt's object of a domain, for use on a lane of this connection alone.

        Raises:
            libvirt.libvirtError: there is no such domain.
        """
        found = self.domains.get(uuid)
        if found is None:
            found = self.domains[uuid] = self.raw.lookupByUUIDString(uuid)
        return found

    @property
    def can_be_braked(self) -> bool:
        """Whether stuck calls can be released; where they cannot, no two calls should be under way at a time."""
        return self._search.is_found

    def before_close(self, tear_down: Callable[[], object]) -> None:
        """Have something undone before the connection is closed; a registration that stays keeps the socket open."""
        self._tear_downs.append(tear_down)

    def brake(self) -> None:
        """Release every call that is stuck on this connection by ending its socket; it is dead afterwards."""
        with self._users_left:
            self._is_braked = True
        self._search.end()

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the connection from being closed: libvirt frees it even while another thread's call is under way.

        Raises:
            Failure: it is being closed.
        """
        with self._users_left:
            if self._is_braked:
                raise Failure(FailureKind.CONNECTION, "ask the host", "The connection is closed.")
            self._users += 1
        try:
            yield
        finally:
            with self._users_left:
                self._users -= 1
                self._users_left.notify_all()

    def dispose(self) -> None:
        """Close the connection when nobody uses it any more. Blocks as long as the host does not answer, unless it was braked."""
        with self._users_left:
            self._is_braked = True
            while self._users:
                self._users_left.wait()
            if self._is_disposed:  # by whoever was faster; libvirt would crash
                return
            self._is_disposed = True
        for tear_down in reversed(self._tear_downs):
            with contextlib.suppress(libvirt.libvirtError):
                tear_down()
        self._tear_downs.clear()
        self.domains.clear()
        self._search.let_go()
        with contextlib.suppress(libvirt.libvirtError):
            self.raw.close()

    def dispose_in_background(self) -> None:
        """Release stuck calls and close the connection on a thread of its own."""
        threading.Thread(target=self._brake_and_dispose, name="libvirt-close", daemon=True).start()

    def _brake_and_dispose(self) -> None:
        self.brake()
        self.dispose()


class Opening:
    """A connection that is being made."""

    def __init__(self, uri: str, *, is_read_only: bool) -> None:
        self._uri = resolved(uri)
        self._flags = libvirt.VIR_CONNECT_RO if is_read_only else 0
        self._search = SocketSearch(self._uri)

    def run(self) -> Connection:
        """Open the connection ("" leaves the choice to libvirt). Blocks; nothing is asked on the terminal.

        Raises:
            Failure: it could not be opened.
        """
        start_event_loop()
        try:
            with self._search:
                uri = without_prompts(self._uri) or None
                raw = libvirt.openAuth(uri, [_CREDENTIALS, _refuse_to_answer, None], self._flags)  # type: ignore[arg-type]
        except libvirt.libvirtError as error:
            failure = open_failure(error, self._uri)
        else:
            if not self._search.is_found:  # better than to hang without end
                with contextlib.suppress(libvirt.libvirtError):
                    raw.setKeepAlive(KEEPALIVE_INTERVAL, KEEPALIVE_COUNT)
            return Connection(raw, self._search)
        raise failure

    def give_up(self) -> None:
        """Make `run` fail as soon as possible; call it from another thread."""
        self._search.end()


def open_connection(uri: str, *, is_read_only: bool) -> Connection:
    """Open a connection; see `Opening.run`."""
    return Opening(uri, is_read_only=is_read_only).run()


def _refuse_to_answer(_credentials: list[list[object]], _data: None) -> int:
    return -1
