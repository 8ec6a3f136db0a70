"""A host as it is seen over one connection: what it is, how loaded it is, how well it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure


class Link(Enum):
    """The state of a connection."""

    CONNECTING = "connecting"
    UP = "connected"
    LATE = "not answering"
    LOST = "connection lost"


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What does not change while a connection lasts."""

    uri: str
    """The URI that libvirt settled on (virConnectGetURI); it may differ from the one asked for."""
    hostname: str
    driver: str
    """libvirt's driver: "QEMU", "TEST"…"""
    libvirt_version: str
    hypervisor_version: str
    cpus: int | None
    """Logical CPUs that are online."""
    memory: int | None
    """Bytes of physical memory."""
    is_read_only: bool = False
    is_local: bool = True
    """Whether libvirt runs on this machine, so that files and processes can be looked at directly."""


@dataclass(frozen=True, slots=True)
class HostLoad:
    """What the host itself is doing (not the sum of its guests)."""

    cpu: float | None = None
    cpu_history: tuple[float, ...] = ()
    memory_used: int | None = None
    memory_total: int | None = None
    memory_history: tuple[float, ...] = ()
    """Shares of the total, oldest first."""


@dataclass(frozen=True, slots=True)
class HostSnapshot:
    """All that one poll found. Domains that did not change are the same objects as in the snapshot before."""

    domains: tuple[Domain, ...]
    """In no particular order."""
    taken: float
    """`time.monotonic()` when the reading ended."""
    load: HostLoad = field(default_factory=HostLoad)


@dataclass(frozen=True, slots=True)
class HostView:
    """The latest that is known of a host."""

    key: str
    """The URI as it was given; the `host` of its objects' keys."""
    link: Link = Link.CONNECTING
    since: datetime | None = None
    """When the link took this state."""
    facts: HostFacts | None = None
    snapshot: HostSnapshot | None = None
    """The last good one; older than the link's state when that is not UP."""
    failure: Failure | None = None
    """Why the link is not UP."""

    @property
    def name(self) -> str:
        """The host's name, or its URI until the name is known."""
        return self.facts.hostname if self.facts else self.key or "the default hypervisor"

    def silence(self, now: datetime, clock: float) -> float | None:
        """Return for how many seconds nothing was heard of the host: the age of its rows, or of the first try to connect.

        Args:
            now: the time of day.
            clock: `time.monotonic()` at that moment.
        """
        if self.snapshot:
            return clock - self.snapshot.taken
        return (now - self.since).total_seconds() if self.since else None

    @property
    def is_current(self) -> bool:
        """Whether the rows are what libvirt says now."""
        return self.link is Link.UP
