"""A listener that remembers what a host told, and waits for what is to come; and host files for libvirt's test driver."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from kvmtui.backend.libvirt.host import LibvirtHost
from kvmtui.backend.protocol import Interest
from kvmtui.model.detail import DomainDetail
from kvmtui.model.domain import Domain
from kvmtui.model.event import DomainEvent
from kvmtui.model.failure import Failure
from kvmtui.model.host import HostFacts, HostSnapshot

PATIENCE = 30.0
"""Seconds after which something that should happen counts as failed."""


class Listening:
    """What a host has told so far."""

    def __init__(self) -> None:
        self.facts: HostFacts | None = None
        self.snapshot: HostSnapshot | None = None
        self.snapshots = 0
        self.detail: DomainDetail | None = None
        self.events: list[DomainEvent] = []
        self.late_failures: list[Failure] = []
        self.losses: list[Failure] = []
        self.connections = 0
        self._changed = asyncio.Event()

    def connecting(self) -> None:
        self._changed.set()

    def connected(self, facts: HostFacts) -> None:
        self.facts = facts
        self.connections += 1
        self._changed.set()

    def late(self, failure: Failure) -> None:
        self.late_failures.append(failure)
        self._changed.set()

    def lost(self, failure: Failure) -> None:
        self.losses.append(failure)
        self._changed.set()

    def found(self, snapshot: HostSnapshot) -> None:
        self.snapshot = snapshot
        self.snapshots += 1
        self._changed.set()

    def detailed(self, detail: DomainDetail) -> None:
        self.detail = detail
        self._changed.set()

    def happened(self, event: DomainEvent) -> None:
        self.events.append(event)
        self._changed.set()

    @property
    def rows(self) -> dict[str, Domain]:
        """The domains of the last snapshot by name."""
        return {domain.name: domain for domain in self.snapshot.domains} if self.snapshot else {}

    @property
    def news(self) -> list[str]:
        """The texts of all events."""
        return [event.text for event in self.events]

    async def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Return when the condition holds after something was told."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"not within {seconds:.0f} s; the rows are {self.rows}, the losses {self.losses}") from None

    async def until_row(self, name: str, condition: Callable[[Domain], object], seconds: float = PATIENCE) -> Domain:
        """Return a domain's row as soon as it is there and the condition holds for it."""
        await self.until(lambda: name in self.rows and condition(self.rows[name]), seconds)
        return self.rows[name]


@contextlib.asynccontextmanager
async def running(host: LibvirtHost, *, looks: bool = True) -> AsyncIterator[Listening]:
    """Run a host until the block ends; it is looked at as a whole, its first domain closely, unless `looks` is false."""
    listening = Listening()
    run = asyncio.create_task(host.run(listening))
    try:
        await listening.until(lambda: listening.snapshot is not None or run.done())
        if looks and listening.snapshot and listening.snapshot.domains:
            uuids = [listening.rows[name].key.uuid for name in sorted(listening.rows)]
            host.look_at(Interest(frozenset(uuids[:40]), uuids[0]))
        yield listening
    finally:
        host.close()
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


def node(*domains: str) -> str:
    """Return a host file for the test driver."""
    return "<node><memory>8388608</memory>" + "".join(domains) + "</node>"


def domain_node(name: str, number: int = 1, *, run_state: int = 1, vcpus: int = 2, inner: str = "", test: str = "") -> str:
    """Return a domain of a host file.

    Args:
        name: its name, as XML text.
        number: makes its UUID.
        run_state: libvirt's number of the state that it begins with.
        vcpus: how many it has.
        inner: more elements of the domain.
        test: more elements of the test driver's namespace.
    """
    return f"""\
<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
  <name>{name}</name>
  <uuid>00000000-0000-4000-8000-{number:012}</uuid>
  <memory unit='MiB'>1024</memory><currentMemory unit='MiB'>512</currentMemory>
  <vcpu>{vcpus}</vcpu>
  <os><type arch='x86_64'>hvm</type></os>
  {inner}
  <devices>
    <disk type='file' device='disk'><source file='/images/{number}.img'/><target dev='vda' bus='virtio'/></disk>
    <interface type='network'><mac address='52:54:00:00:00:{number % 256:02x}'/><source network='default'/></interface>
    <memballoon model='virtio'/>
  </devices>
  <test:runstate>{run_state}</test:runstate>{test}
</domain>"""


def uuid_of(number: int) -> str:
    """Return the UUID that `domain_node` makes of a number."""
    return f"00000000-0000-4000-8000-{number:012}"


def host_uri(folder: Path, *domains: str) -> str:
    """Write a host file and return the URI of the test driver on it."""
    file = folder / "host.xml"
    file.write_text(node(*domains))
    return f"test://{file}"
