"""A domain as a row of the table shows it. What only an opened domain shows lives in `detail`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from kvmtui.model.key import Key


class DomainState(Enum):
    """libvirt's virDomainState, in the words of `virsh list`."""

    NO_STATE = "no state"
    RUNNING = "running"
    BLOCKED = "idle"
    PAUSED = "paused"
    SHUTTING_DOWN = "in shutdown"
    SHUT_OFF = "shut off"
    CRASHED = "crashed"
    PM_SUSPENDED = "pmsuspended"

    @property
    def is_active(self) -> bool:
        """Whether the domain has a running QEMU process."""
        return self in ACTIVE_STATES


ACTIVE_STATES = frozenset(
    {
        DomainState.RUNNING,
        DomainState.BLOCKED,
        DomainState.PAUSED,
        DomainState.SHUTTING_DOWN,
        DomainState.PM_SUSPENDED,
    }
)


@dataclass(frozen=True, slots=True)
class Domain:
    """One domain at one moment. Rows compare by value, so that an unchanged row can keep its identity."""

    key: Key
    name: str
    state: DomainState
    reason: str = ""
    """Why it is in that state, in libvirt's words ("I/O error", "migrated"); empty when that adds nothing."""
    id: int | None = None
    """The number of a running domain; it changes with every start."""
    is_persistent: bool | None = None
    has_autostart: bool | None = None
    has_managed_save: bool | None = None
    has_snapshots: bool | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    vcpus: int | None = None
    memory_maximum: int | None = None
    """Bytes that the domain may have."""
    memory_current: int | None = None
    """Bytes that the balloon leaves it."""
    memory_used: int | None = None
    """Bytes in use: by the guest's own account, or by QEMU's on the host when `is_memory_guessed`."""
    is_memory_guessed: bool = False
    cpu: float | None = None
    """Share of its vCPUs' time; QEMU's own threads can take it above 1."""
    cpu_history: tuple[float, ...] = ()
    """The last few values of `cpu`, oldest first."""
    disk_read: float | None = None
    """Bytes per second over all disks; so `disk_written`."""
    disk_written: float | None = None
    net_received: float | None = None
    """Bytes per second that came to the guest over all interfaces; so `net_sent`."""
    net_sent: float | None = None
    addresses: tuple[str, ...] = ()
    """IP addresses without prefix lengths, the most useful first."""
    started: datetime | None = None
    job: str = ""
    """What libvirt is doing with the domain ("saving", "migrating"); empty when nothing."""
    unanswered: float | None = None
    """Seconds for which QEMU's monitor has not answered; None while it does."""
    problem: str = ""
    """Why something about this domain could not be read; empty when nothing failed."""

    @property
    def is_active(self) -> bool:
        """Whether the domain has a running QEMU process."""
        return self.state.is_active

    @property
    def memory_ratio(self) -> float | None:
        """Share of the maximum memory that is in use."""
        if self.memory_used is None or not self.memory_maximum:
            return None
        return self.memory_used / self.memory_maximum
