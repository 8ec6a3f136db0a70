"""All hosts and the latest that is known of each; tells its subscribers when that changes."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import zip_longest

from kvmtui.backend.protocol import Host, Interest
from kvmtui.model.detail import DomainDetail
from kvmtui.model.domain import Domain
from kvmtui.model.event import DomainEvent
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.history import History
from kvmtui.model.host import HostFacts, HostSnapshot, HostView, Link
from kvmtui.model.key import Key
from kvmtui.text import printable

_log = logging.getLogger(__name__)

EVENTS_KEPT = 5_000
HISTORIES_KEPT = 64


class _Listener:
    """Puts what one host tells into the fleet."""

    def __init__(self, fleet: Fleet, key: str) -> None:
        self._fleet = fleet
        self._key = key

    def connecting(self) -> None:
        view = self._fleet.view(self._key)
        if view.link is not Link.LOST:  # a lost host stays "lost, because…" until it is back
            self._fleet.change_link(self._key, Link.CONNECTING, None)

    def connected(self, facts: HostFacts) -> None:
        self._fleet.connected(self._key, facts)

    def late(self, failure: Failure) -> None:
        self._fleet.change_link(self._key, Link.LATE, failure)

    def lost(self, failure: Failure) -> None:
        self._fleet.change_link(self._key, Link.LOST, failure)

    def found(self, snapshot: HostSnapshot) -> None:
        self._fleet.put(self._key, snapshot)

    def detailed(self, detail: DomainDetail) -> None:
        self._fleet.put_detail(detail)

    def happened(self, event: DomainEvent) -> None:
        self._fleet.put_event(event)


class Fleet:
    """The hosts of this session.

    Everything happens on the event loop. Subscribers are called after a change, without arguments, and ask for what they need.
    """

    def __init__(self, hosts: Iterable[Host] = ()) -> None:
        self._hosts: dict[str, Host] = {}
        self._views: dict[str, HostView] = {}
        self._domains: dict[Key, Domain] = {}
        self._details: dict[Key, DomainDetail] = {}
        self._histories: dict[Key, History] = {}
        self._events: deque[DomainEvent] = deque(maxlen=EVENTS_KEPT)
        self._subscribers: list[Callable[[], None]] = []
        self._polls: dict[str, asyncio.Task[None]] = {}
        self._is_started = False
        for host in hosts:
            self.add(host)

    def add(self, host: Host) -> None:
        """Take a host in, and start its poll when the others run already."""
        self._hosts[host.key] = host
        self._views[host.key] = HostView(host.key, since=datetime.now(UTC))
        if self._is_started:
            self._start_poll(host)
        self._tell()

    def remove(self, key: str) -> None:
        """Let a host go, with all that is known of it."""
        self._stop_poll(key)
        del self._hosts[key], self._views[key]
        for index in (self._domains, self._details, self._histories):
            for domain_key in [name for name in index if name.host == key]:
                del index[domain_key]
        self._tell()

    def replace(self, host: Host) -> None:
        """Reach a host through another connection; what is known of it stays until that one answers."""
        self._stop_poll(host.key)
        self._hosts[host.key] = host
        self.change_link(host.key, Link.CONNECTING, None)
        if self._is_started:
            self._start_poll(host)

    def start(self) -> None:
        """Start every host's poll."""
        self._is_started = True
        for host in self._hosts.values():
            self._start_poll(host)

    def close(self) -> None:
        """End all polls without waiting for any host."""
        for poll in self._polls.values():
            poll.cancel()
        for host in self._hosts.values():
            host.close()

    def subscribe(self, subscriber: Callable[[], None]) -> Callable[[], None]:
        """Call `subscriber` after each change; return what ends that."""
        self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

        return unsubscribe

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts by key, in the order in which they were given."""
        return self._hosts

    @property
    def views(self) -> tuple[HostView, ...]:
        """What is known of each host, in that order."""
        return tuple(self._views.values())

    def view(self, key: str) -> HostView:
        """Return what is known of one host."""
        return self._views[key]

    def domains(self) -> tuple[Domain, ...]:
        """Return all domains of all hosts, host by host."""
        return tuple(domain for view in self._views.values() if view.snapshot for domain in view.snapshot.domains)

    def domain(self, key: Key) -> Domain | None:
        """Return a domain as the last snapshot has it; None when it is gone."""
        return self._domains.get(key)

    def detail(self, key: Key) -> DomainDetail | None:
        """Return the close look at a domain, if one was taken since it was last selected."""
        return self._details.get(key)

    def history(self, key: Key) -> History | None:
        """Return the recorded past of a domain that is or was selected or visible."""
        return self._histories.get(key)

    def events(self, key: Key | None = None) -> tuple[DomainEvent, ...]:
        """Return the events heard in this session, oldest first: all, or a domain's."""
        return tuple(event for event in self._events if key is None or event.key == key)

    def look_at(self, visible: Iterable[Key], selected: Key | None) -> None:
        """Say which domains are on the screen and which one is looked at closely."""
        self._details = {key: detail for key, detail in self._details.items() if key == selected}
        seen: dict[str, set[str]] = {host: set() for host in self._hosts}
        for key in visible:
            if key.host in seen:  # a row can be seen a moment longer than its host is there
                seen[key.host].add(key.uuid)
        for name, host in self._hosts.items():
            chosen = selected.uuid if selected and selected.host == name else None
            host.look_at(Interest(frozenset(seen[name]), chosen))

    def change_link(self, key: str, link: Link, failure: Failure | None) -> None:
        """Note that a connection changed its state; its last snapshot stays."""
        view = self._views[key]
        since = view.since if view.link is link else datetime.now(UTC)
        self._views[key] = replace(view, link=link, failure=failure, since=since)
        self._tell()

    def connected(self, key: str, facts: HostFacts) -> None:
        """Note that a host is connected."""
        self._views[key] = replace(self._views[key], facts=facts)
        self.change_link(key, Link.UP, None)

    def put(self, key: str, snapshot: HostSnapshot) -> None:
        """Take in what a poll found."""
        view = self._views[key]
        before = view.snapshot.domains if view.snapshot else ()
        replaced = [(old, new) for old, new in zip_longest(before, snapshot.domains) if old is not new]
        gone = {old.key for old, _ in replaced if old}
        for _, domain in replaced:
            if domain:
                self._domains[domain.key] = domain
                gone.discard(domain.key)
        for domain_key in gone:
            for index in (self._domains, self._details, self._histories):
                index.pop(domain_key, None)
        since = view.since if view.link is Link.UP else datetime.now(UTC)
        self._views[key] = replace(view, snapshot=snapshot, link=Link.UP, failure=None, since=since)
        self._tell()

    def put_detail(self, detail: DomainDetail) -> None:
        """Take in a close look at a domain, and record it."""
        if detail.key not in self._domains:
            return
        self._details[detail.key] = detail
        history = self._histories.pop(detail.key, None) or History()
        self._histories[detail.key] = history  # last in, so that the longest unseen goes first
        history.record(self._domains[detail.key], detail)
        while len(self._histories) > HISTORIES_KEPT:
            del self._histories[next(iter(self._histories))]
        self._tell()

    def put_event(self, event: DomainEvent) -> None:
        """Take in an event."""
        self._events.append(event)
        self._tell()

    def _stop_poll(self, key: str) -> None:
        if poll := self._polls.pop(key, None):
            poll.cancel()
        self._hosts[key].close()

    def _start_poll(self, host: Host) -> None:
        poll = asyncio.get_running_loop().create_task(host.run(_Listener(self, host.key)), name=f"poll {host.key}")
        self._polls[host.key] = poll
        poll.add_done_callback(partial(self._note_end, host.key))

    def _note_end(self, key: str, poll: asyncio.Task[None]) -> None:
        """Say that a host is not read any more; a fault that nobody expected must not look like calm."""
        if not poll.cancelled() and (fault := poll.exception()) and self._polls.get(key) is poll:
            _log.error("Reading %s", key, exc_info=fault)
            said = printable(f"{type(fault).__name__}: {fault}")
            self.change_link(key, Link.LOST, Failure(FailureKind.OTHER, "read the host", said, "This is a fault of kvmtui."))

    def _tell(self) -> None:
        for subscriber in tuple(self._subscribers):
            subscriber()
