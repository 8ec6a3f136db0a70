"""The life of one connection: from the first byte to the last, with everything that belongs to it and dies with it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from typing import TypeVar

import libvirt

from kvmtui.backend.lane import Lane
from kvmtui.backend.libvirt.calls import VirConnect
from kvmtui.backend.libvirt.connection import Connection, Opening
from kvmtui.backend.libvirt.errors import failure_of
from kvmtui.backend.libvirt.events import Inbox, registrations
from kvmtui.backend.libvirt.facts import FactsReader
from kvmtui.backend.libvirt.ledger import Ledger
from kvmtui.backend.libvirt.load import host_facts, measure_round_trip
from kvmtui.backend.libvirt.poll import Poll
from kvmtui.backend.libvirt.reachability import is_local
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.host import HostFacts, HostSnapshot

_CLOSE_REASONS = {
    libvirt.VIR_CONNECT_CLOSE_REASON_ERROR: "The connection broke.",
    libvirt.VIR_CONNECT_CLOSE_REASON_EOF: "libvirt's daemon closed the connection: it was stopped, restarted or killed.",
    libvirt.VIR_CONNECT_CLOSE_REASON_KEEPALIVE: "libvirt's daemon does not answer any more.",
    libvirt.VIR_CONNECT_CLOSE_REASON_CLIENT: "The connection was closed.",
}


T = TypeVar("T")


class Session:
    """One control connection and what was read over it.

    It begins to open as soon as it is made, on its own lane, before there need be an event loop. `opened` gives the host's facts
    with a first table, `filled` the table with sizes. Whoever does not want it any more calls `retire`, at any time.
    """

    def __init__(self, uri: str, ledger: Ledger, *, is_read_only: bool) -> None:
        self.uri = uri
        self.is_read_only = is_read_only
        self.ledger = ledger
        self.ended: Future[Failure] = Future()
        """Why the connection ended; any thread may set it, the first one counts."""
        self.lane = Lane(f"poll {uri}")
        self.facts_lane = Lane(f"facts {uri}")
        self.actual_uri = uri
        """The URI that libvirt settled on."""
        self._opening = Opening(uri, is_read_only=is_read_only)
        self._lock = threading.Lock()
        self._is_retired = False
        self._connection: Connection | None = None
        self._poll: Poll | None = None
        self._facts_reader: FactsReader | None = None
        self._inbox: Inbox | None = None
        self.opened: Future[tuple[HostFacts, HostSnapshot]] = self.lane.submit(self._open)
        self.filled: Future[HostSnapshot] = self.submit(lambda: self.poll.fill())

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Queue a reading on the poll's lane."""
        return self.lane.submit(lambda: self.use(job))

    async def look_up(self, job: Callable[[], T]) -> T:
        """Run a reading on the facts' lane, beside the poll."""
        return await self.facts_lane.call(lambda: self.use(job))

    def use(self, job: Callable[[], T]) -> T:
        """Run a reading on the calling thread and keep the connection from being closed meanwhile."""
        with self.connection.in_use():
            return job()

    @property
    def connection(self) -> Connection:
        """The control connection of an opened session."""
        assert self._connection is not None
        return self._connection

    @property
    def poll(self) -> Poll:
        """What reads the table."""
        assert self._poll is not None
        return self._poll

    @property
    def facts_reader(self) -> FactsReader:
        """What reads XML, leases and the like."""
        assert self._facts_reader is not None
        return self._facts_reader

    @property
    def is_single(self) -> bool:
        """Whether all roles share one connection: the test driver's file URIs have a state per connection."""
        return self.actual_uri.startswith("test")

    @property
    def has_link(self) -> bool:
        """Whether there is a daemon at the other end, which may hang."""
        return not self.actual_uri.startswith("test:")

    @property
    def is_host_local(self) -> bool:
        """Whether libvirt runs on this machine."""
        return is_local(self.actual_uri)

    @property
    def has_local_processes(self) -> bool:
        """Whether the domains are QEMU processes of this machine."""
        return self.is_host_local and not self.is_single

    async def silences(self, uuids: Sequence[str]) -> dict[str, float]:
        """Return for how many seconds QEMU's monitor has been silent, of those domains where it is."""
        poll = self.poll

        def ask() -> dict[str, float]:
            return {uuid: seconds for uuid in uuids if (seconds := poll.silence(uuid)) is not None}

        return await self.look_up(ask)

    def end(self, failure: Failure) -> None:
        """Say that the connection is over, and why."""
        with contextlib.suppress(InvalidStateError):
            self.ended.set_result(failure)

    def check(self, error: libvirt.libvirtError, attempted: str) -> Failure:
        """Return the failure of a call, and end the session when its connection turns out to be dead."""
        failure = failure_of(error, attempted, is_alive=self.connection.is_alive, uri=self.uri)
        if failure.kind is FailureKind.CONNECTION:
            self.end(lost(failure.said))
        return failure

    def hear(self, inbox: Inbox) -> None:
        """Register for events and for the end of the connection; what changed before that has to be read again afterwards."""
        self._inbox = inbox
        self.use(lambda: self._register(self.connection, inbox))

    def _register(self, connection: Connection, inbox: Inbox) -> None:
        """Register; the connection is in use, so that it is not closed before what undoes that is known."""

        def closed(_raw: VirConnect, reason: int, _data: None) -> None:
            self.end(lost(_CLOSE_REASONS.get(reason, "The connection ended.")))

        def watch_end() -> Callable[[], object]:
            connection.raw.registerCloseCallback(closed, None)
            return lambda: connection.raw.unregisterCloseCallback()

        undoing = connection.side_by_side([watch_end, *registrations(connection.raw, inbox)])
        undo = [one for one in undoing if not isinstance(one, libvirt.libvirtError)]
        self.poll.hears_events = len(undo) > 1
        for one in undo:
            connection.before_close(one)

    def retire(self) -> None:
        """Give the connection up without waiting: stuck calls are released, an open that is still under way is undone later."""
        with self._lock:
            self._is_retired = True
            connection, inbox = self._connection, self._inbox
        self.lane.abandon()
        self.facts_lane.abandon()
        if inbox:
            inbox.close()
        if connection:
            connection.dispose_in_background()
        else:
            self._opening.give_up()

    def _open(self) -> tuple[HostFacts, HostSnapshot]:
        connection = self._opening.run()
        with self._lock:
            self._connection = connection
            is_unwanted = self._is_retired
        if is_unwanted:
            connection.dispose()
            raise lost("It was given up before it was there.")
        failure: Failure | None = None
        try:
            with connection.in_use():
                return self._first_look(connection)
        except libvirt.libvirtError as error:
            failure = failure_of(error, f"read {self.uri or 'the host'}", is_alive=connection.is_alive, uri=self.uri)
        connection.dispose_in_background()
        raise failure

    def _first_look(self, connection: Connection) -> tuple[HostFacts, HostSnapshot]:
        self.actual_uri = str(connection.raw.getURI())
        if not is_local(self.actual_uri) and connection.can_be_braked:
            connection.round_trip = measure_round_trip(connection.raw)
        self._poll = poll = Poll(connection, self.ledger)
        self._facts_reader = FactsReader(connection, self.ledger)
        if connection.width == 1:
            return host_facts(connection, is_read_only=self.is_read_only), poll.start()
        helper = Lane("host facts")
        asked = helper.submit(lambda: self.use(lambda: host_facts(connection, is_read_only=self.is_read_only)))
        helper.end()
        snapshot = poll.start()
        return asked.result(), snapshot


def lost(said: str) -> Failure:
    """Return the failure of a connection that ended."""
    return Failure(FailureKind.CONNECTION, "stay connected", said, "It is tried again.")
