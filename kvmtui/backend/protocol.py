"""What the rest of the program may ask of a host, and what a host tells it. No libvirt here.

Every method is awaited on the event loop and never blocks it. What fails raises `model.failure.Failure`, nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from kvmtui.model.detail import DomainDetail, JobProgress
from kvmtui.model.event import DomainEvent
from kvmtui.model.failure import Failure
from kvmtui.model.host import HostFacts, HostSnapshot


@dataclass(frozen=True, slots=True)
class Interest:
    """What is being looked at; the rest is read more rarely. All are UUIDs."""

    visible: frozenset[str] = field(default_factory=frozenset)
    """Domains whose rows are on the screen."""
    selected: str | None = None
    """The domain under the cursor or opened: its detail is wanted."""


class HostListener(Protocol):
    """Who is told what a host connection finds. Called on the event loop."""

    def connecting(self) -> None:
        """A connection is being made (the first, or again)."""

    def connected(self, facts: HostFacts) -> None:
        """The connection is there; a snapshot follows."""

    def late(self, failure: Failure) -> None:
        """The host does not answer in time; the connection may yet recover. The next `found` ends this state."""

    def lost(self, failure: Failure) -> None:
        """The connection could not be made, or has ended; another try follows by itself."""

    def found(self, snapshot: HostSnapshot) -> None:
        """A poll has ended."""

    def detailed(self, detail: DomainDetail) -> None:
        """The selected domain was looked at closely."""

    def happened(self, event: DomainEvent) -> None:
        """Libvirt told of an event."""


class ShutdownMode(Enum):
    """How a guest is asked to shut down or reboot; the values are virsh's words."""

    DEFAULT = ""
    ACPI = "acpi"
    AGENT = "agent"


class DomainOperations(Protocol):
    """What can be done to one domain, named by its UUID. Each method is one libvirt call and returns when libvirt does."""

    async def start(
        self, uuid: str, *, is_paused: bool = False, drops_managed_save: bool = False, resets_nvram: bool = False
    ) -> None:
        """Start a domain, or restore it from its managed save (virDomainCreateWithFlags)."""

    async def shut_down(self, uuid: str, mode: ShutdownMode = ShutdownMode.DEFAULT) -> None:
        """Ask the guest to shut down; it may ignore that (virDomainShutdownFlags)."""

    async def reboot(self, uuid: str, mode: ShutdownMode = ShutdownMode.DEFAULT) -> None:
        """Ask the guest to restart (virDomainReboot)."""

    async def reset(self, uuid: str) -> None:
        """Press the reset button (virDomainReset)."""

    async def power_off(self, uuid: str, *, is_graceful: bool = False) -> None:
        """End QEMU; `is_graceful` does not resort to SIGKILL (virDomainDestroyFlags)."""

    async def suspend(self, uuid: str) -> None:
        """Stop the vCPUs (virDomainSuspend)."""

    async def resume(self, uuid: str) -> None:
        """Let the vCPUs run again (virDomainResume)."""

    async def save(self, uuid: str) -> None:
        """Save memory to libvirt's file and end QEMU (virDomainManagedSave); see `job` and `abort_job`."""

    async def remove_managed_save(self, uuid: str) -> None:
        """Delete the saved memory (virDomainManagedSaveRemove)."""

    async def job(self, uuid: str) -> JobProgress | None:
        """Return the progress of the job that runs on the domain, None when there is none (virDomainGetJobStats)."""

    async def abort_job(self, uuid: str) -> None:
        """Cancel the job that runs on the domain (virDomainAbortJob)."""

    async def set_autostart(self, uuid: str, *, is_on: bool) -> None:
        """Start the domain with the host, or not (virDomainSetAutostart)."""

    async def rename(self, uuid: str, name: str) -> None:
        """Give an inactive domain another name (virDomainRename)."""

    async def set_title(self, uuid: str, title: str) -> None:
        """Set the title, live and persistent as far as the domain is either; an empty one removes it."""

    async def set_description(self, uuid: str, description: str) -> None:
        """Set the description likewise; it may have several lines."""

    async def set_tags(self, uuid: str, tags: Sequence[str]) -> None:
        """Set the tags in the domain's metadata under `tags.TAGS_NAMESPACE`."""

    async def inject_nmi(self, uuid: str) -> None:
        """Inject a non-maskable interrupt (virDomainInjectNMI)."""

    async def send_keys(self, uuid: str, keys: Sequence[str]) -> None:
        """Press the keys at once for 100 ms; names are Linux key codes: "KEY_LEFTCTRL" (virDomainSendKey)."""

    async def screenshot(self, uuid: str) -> tuple[str, bytes]:
        """Return the guest's screen as (MIME type, image): PNG or PPM, as QEMU gives it (virDomainScreenshot)."""

    async def domain_xml(self, uuid: str, *, is_inactive: bool = False, is_secure: bool = False) -> str:
        """Return the XML, unchanged but for CR and the like: the live one or the persistent one (virDomainGetXMLDesc)."""

    async def define(self, xml: str) -> None:
        """Define or redefine a domain, with libvirt's schema check (virDomainDefineXMLFlags, VALIDATE)."""

    async def qemu_log(self, name: str, limit: int = 262_144) -> str:
        """Return the end of the domain's QEMU log, at most `limit` bytes of it, where this machine can read it."""


class Host(DomainOperations, Protocol):
    """One host: keeps its connection up, reads it in turns, and runs operations on it."""

    key: str
    """The URI as it was given."""

    async def run(self, listener: HostListener) -> None:
        """Connect, read and reconnect until cancelled."""

    def look_at(self, interest: Interest) -> None:
        """Say what is being looked at."""

    def poll_soon(self) -> None:
        """End the wait for the next poll."""

    def pause(self) -> None:
        """Stop polling (nobody looks); events are still heard."""

    def resume_polling(self) -> None:
        """Poll again, at once."""

    def close(self) -> None:
        """Give the connection up without waiting for it."""
