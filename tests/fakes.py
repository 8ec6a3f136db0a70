"""Stand-ins for the world below the fleet: a host that says what it is told to say, and short ways to make model objects."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from kvmtui.backend.protocol import HostListener, Interest, ShutdownMode
from kvmtui.fleet.fleet import Fleet
from kvmtui.model.detail import DomainDetail, JobProgress
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.failure import Failure
from kvmtui.model.host import HostFacts, HostLoad, HostSnapshot
from kvmtui.model.key import Key

HOST = "fake:///one"
GIB = 2**30


def key_of(name: str, host: str = HOST) -> Key:
    """Return the key that `domain(name)` has."""
    return Key(host, str(uuid5(NAMESPACE_DNS, name)))


def domain(name: str, host: str = HOST, **fields: Any) -> Domain:
    """Return a running, persistent domain; `fields` replace what it has."""
    values: dict[str, Any] = {
        "key": key_of(name, host),
        "name": name,
        "state": DomainState.RUNNING,
        "is_persistent": True,
        "has_autostart": False,
        "has_managed_save": False,
        "has_snapshots": False,
        "vcpus": 2,
        "memory_maximum": 2 * GIB,
    }
    return Domain(**(values | fields))


def snapshot(*domains: Domain, taken: float | None = None, load: HostLoad | None = None) -> HostSnapshot:
    """Return what a poll would have found."""
    return HostSnapshot(domains, time.monotonic() if taken is None else taken, load or HostLoad())


def facts(hostname: str = "kvm01", **fields: Any) -> HostFacts:
    """Return the facts of a local QEMU host; `fields` replace them."""
    values: dict[str, Any] = {
        "uri": HOST,
        "hostname": hostname,
        "driver": "QEMU",
        "libvirt_version": "9.0.0",
        "hypervisor_version": "7.2.0",
        "cpus": 16,
        "memory": 64 * GIB,
    }
    return HostFacts(**(values | fields))


class FakeHost:
    """A host in memory: `protocol.Host` without libvirt.

    What is called is kept in `calls` as (method, arguments); a method named in `failures` raises that failure; one named in
    `gates` waits for its event first.
    """

    def __init__(self, key: str = HOST, domains: Iterable[Domain] = (), host_facts: HostFacts | None = None) -> None:
        self.key = key
        self.domains = tuple(domains)
        self.facts = host_facts or facts(uri=key)
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.failures: dict[str, Failure] = {}
        self.gates: dict[str, asyncio.Event] = {}
        self.interest = Interest()
        self.xml: dict[str, str] = {}
        self.running_job: JobProgress | None = None
        self.listener: HostListener | None = None
        self.is_closed = False

    def feed(self, *domains: Domain) -> None:
        """Say that a poll found exactly these domains."""
        self.domains = domains
        if self.listener is not None:
            self.listener.found(snapshot(*domains))

    def feed_detail(self, detail: DomainDetail) -> None:
        """Say that a domain was looked at closely."""
        assert self.listener is not None
        self.listener.detailed(detail)

    def lose(self, failure: Failure) -> None:
        """Say that the connection ended."""
        assert self.listener is not None
        self.listener.lost(failure)

    def methods_called(self) -> list[str]:
        """Return the names of the methods called so far."""
        return [name for name, _ in self.calls]

    async def run(self, listener: HostListener) -> None:
        self.listener = listener
        listener.connecting()
        listener.connected(self.facts)
        listener.found(snapshot(*self.domains))
        await asyncio.Event().wait()

    def look_at(self, interest: Interest) -> None:
        self.interest = interest

    def poll_soon(self) -> None:
        self.calls.append(("poll_soon", ()))

    def pause(self) -> None:
        self.calls.append(("pause", ()))

    def resume_polling(self) -> None:
        self.calls.append(("resume_polling", ()))

    def close(self) -> None:
        self.is_closed = True

    async def _called(self, method: str, *arguments: Any) -> None:
        self.calls.append((method, arguments))
        if gate := self.gates.get(method):
            await gate.wait()
        if failure := self.failures.get(method):
            raise failure

    async def start(
        self, uuid: str, *, is_paused: bool = False, drops_managed_save: bool = False, resets_nvram: bool = False
    ) -> None:
        await self._called("start", uuid, is_paused, drops_managed_save, resets_nvram)

    async def shut_down(self, uuid: str, mode: ShutdownMode = ShutdownMode.DEFAULT) -> None:
        await self._called("shut_down", uuid, mode)

    async def reboot(self, uuid: str, mode: ShutdownMode = ShutdownMode.DEFAULT) -> None:
        await self._called("reboot", uuid, mode)

    async def reset(self, uuid: str) -> None:
        await self._called("reset", uuid)

    async def power_off(self, uuid: str, *, is_graceful: bool = False) -> None:
        await self._called("power_off", uuid, is_graceful)

    async def suspend(self, uuid: str) -> None:
        await self._called("suspend", uuid)

    async def resume(self, uuid: str) -> None:
        await self._called("resume", uuid)

    async def save(self, uuid: str) -> None:
        await self._called("save", uuid)

    async def remove_managed_save(self, uuid: str) -> None:
        await self._called("remove_managed_save", uuid)

    async def job(self, uuid: str) -> JobProgress | None:
        await self._called("job", uuid)
        return self.running_job

    async def abort_job(self, uuid: str) -> None:
        await self._called("abort_job", uuid)

    async def set_autostart(self, uuid: str, *, is_on: bool) -> None:
        await self._called("set_autostart", uuid, is_on)

    async def rename(self, uuid: str, name: str) -> None:
        await self._called("rename", uuid, name)

    async def set_title(self, uuid: str, title: str) -> None:
        await self._called("set_title", uuid, title)

    async def set_description(self, uuid: str, description: str) -> None:
        await self._called("set_description", uuid, description)

    async def set_tags(self, uuid: str, tags: Sequence[str]) -> None:
        await self._called("set_tags", uuid, tuple(tags))

    async def inject_nmi(self, uuid: str) -> None:
        await self._called("inject_nmi", uuid)

    async def send_keys(self, uuid: str, keys: Sequence[str]) -> None:
        await self._called("send_keys", uuid, tuple(keys))

    async def screenshot(self, uuid: str) -> tuple[str, bytes]:
        await self._called("screenshot", uuid)
        return "image/png", b"\x89PNG\r\n\x1a\n"

    async def domain_xml(self, uuid: str, *, is_inactive: bool = False, is_secure: bool = False) -> str:
        await self._called("domain_xml", uuid, is_inactive, is_secure)
        return self.xml.get(uuid, f"<domain type='test'><uuid>{uuid}</uuid></domain>\n")

    async def define(self, xml: str) -> None:
        await self._called("define", xml)

    async def qemu_log(self, name: str, limit: int = 262_144) -> str:
        await self._called("qemu_log", name, limit)
        return ""


def fleet_of(*domains: Domain, hostname: str = "kvm01") -> tuple[Fleet, FakeHost]:
    """Return a fleet of one fake host that has answered already, without a running poll."""
    host = FakeHost(HOST, domains, facts(hostname))
    fleet = Fleet([host])
    fleet.connected(HOST, host.facts)
    fleet.put(HOST, snapshot(*domains))
    return fleet, host


async def wait_until(condition: Callable[[], object], timeout: float = 5) -> None:
    """Wait until `condition()` is true.

    Raises:
        TimeoutError: it did not become true in time.
    """
    async with asyncio.timeout(timeout):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)
