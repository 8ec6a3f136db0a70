"""libvirt's events: the thread that receives them, the registrations, and the inbox that turns a storm into few wake-ups.

Events are hints: they say which domain to read again, and they are news for people. States are never derived from them.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import libvirt

from kvmtui.backend.libvirt.arena import share_one_arena
from kvmtui.backend.libvirt.calls import VirConnect, VirDomain
from kvmtui.backend.libvirt.event_words import WORDS, is_about_definition

if TYPE_CHECKING:
    import asyncio

COALESCING = 0.04
"""Seconds for which events are gathered before the loop hears of them."""

_start_lock = threading.Lock()
_threads: list[threading.Thread] = []


def start_event_loop() -> None:
    """Start libvirt's event loop in its thread, once per process. It has to run before the first connection is opened."""
    with _start_lock:
        if _threads:
            return
        share_one_arena()
        libvirt.virEventRegisterDefaultImpl()
        thread = threading.Thread(target=_run_event_loop, name="libvirt-events", daemon=True)
        _threads.append(thread)
        thread.start()


def _run_event_loop() -> None:
    while True:
        with contextlib.suppress(libvirt.libvirtError):
            libvirt.virEventRunDefaultImpl()


@dataclass(slots=True)
class Heard:
    """What came in since the last delivery."""

    touched: set[str] = field(default_factory=set)
    """UUIDs of domains to read again."""
    redefined: set[str] = field(default_factory=set)
    """Those of them whose XML is likely to be another one."""
    started: dict[str, datetime] = field(default_factory=dict)
    """When domains were started."""
    news: list[tuple[str, datetime, str]] = field(default_factory=list)
    """UUID, time, text."""


class Inbox:
    """Gathers events from any thread and hands them to the event loop in batches."""

    def __init__(self, loop: asyncio.AbstractEventLoop, deliver: Callable[[Heard], None]) -> None:
        self._loop = loop
        self._deliver = deliver
        self._lock = threading.Lock()
        self._heard = Heard()
        self._is_scheduled = False
        self._is_closed = False

    def put(self, event_id: int, uuid: str, arguments: tuple[Any, ...]) -> None:
        """Take in one event. Called on libvirt's threads; it must be quick and call nothing remote."""
        try:
            text = WORDS[event_id](*arguments)
        except (TypeError, ValueError, AttributeError):  # a newer libvirt tells it in another form
            text = ""
        with self._lock:
            if self._is_closed:
                return
            self._note(event_id, uuid, arguments, text)
            is_first, self._is_scheduled = not self._is_scheduled, True
        if is_first:
            with contextlib.suppress(RuntimeError):  # the event loop has ended
                self._loop.call_soon_threadsafe(self._loop.call_later, COALESCING, self._flush)

    def close(self) -> None:
        """Drop what comes from now on."""
        with self._lock:
            self._is_closed = True

    def _note(self, event_id: int, uuid: str, arguments: tuple[Any, ...], text: str) -> None:
        now = datetime.now(UTC)
        self._heard.touched.add(uuid)
        if is_about_definition(event_id, arguments):
            self._heard.redefined.add(uuid)
        if event_id == libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE and arguments[0] == libvirt.VIR_DOMAIN_EVENT_STARTED:
            self._heard.started[uuid] = now
        if text:
            self._heard.news.append((uuid, now, text))

    def _flush(self) -> None:
        with self._lock:
            heard, self._heard, self._is_scheduled = self._heard, Heard(), False
            is_closed = self._is_closed
        if not is_closed:
            self._deliver(heard)


def registrations(raw: VirConnect, inbox: Inbox) -> list[Callable[[], Callable[[], object]]]:
    """Return one call per event; each registers it and returns what undoes that. They may run side by side."""

    def make(event_id: int) -> Callable[[], Callable[[], object]]:
        def heard(_connection: VirConnect, domain: VirDomain, *arguments: Any) -> None:
            inbox.put(event_id, domain.UUIDString(), arguments[:-1])

        def register() -> Callable[[], object]:
            number = raw.domainEventRegisterAny(None, event_id, heard, None)
            return lambda: raw.domainEventDeregisterAny(number)

        return register

    return [make(event_id) for event_id in WORDS]
