"""What can be done to domains: each operation one libvirt call on a worker, its errors as failures.

Domains are looked up by UUID for each call. Nothing is asked or decided here; that is the fleet's part.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import libvirt

from kvmtui.backend.libvirt.calls import VirConnect, VirDomain
from kvmtui.backend.libvirt.keycodes import code_of
from kvmtui.backend.libvirt.states import OPERATIONS
from kvmtui.backend.protocol import ShutdownMode
from kvmtui.model.detail import JobProgress
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.tags import TAGS_NAMESPACE, TAGS_PREFIX, tags_element
from kvmtui.text import printable_lines

T = TypeVar("T")

_SHUTDOWN_FLAGS = {
    ShutdownMode.DEFAULT: libvirt.VIR_DOMAIN_SHUTDOWN_DEFAULT,
    ShutdownMode.ACPI: libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN,
    ShutdownMode.AGENT: libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT,
}
_REBOOT_FLAGS = {
    ShutdownMode.DEFAULT: libvirt.VIR_DOMAIN_REBOOT_DEFAULT,
    ShutdownMode.ACPI: libvirt.VIR_DOMAIN_REBOOT_ACPI_POWER_BTN,
    ShutdownMode.AGENT: libvirt.VIR_DOMAIN_REBOOT_GUEST_AGENT,
}
_KEY_HELD = 100
"""Milliseconds."""
_NO_JOB = {libvirt.VIR_ERR_OPERATION_INVALID, libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_OPERATION_TIMEOUT}
_SYSTEM_LOGS = Path("/var/log/libvirt/qemu")


class DomainActs(ABC):
    """The operations of `protocol.DomainOperations`, on top of what a host provides."""

    @abstractmethod
    async def _run(self, uuid: str, verb: str, job: Callable[[VirDomain], T]) -> T:
        """Run `job`, which changes something, with libvirt's object of a domain on a worker, and have the domain read again.

        Raises:
            Failure: with `verb` and the domain's name as what was attempted.
        """

    @abstractmethod
    async def _ask(self, uuid: str, verb: str, job: Callable[[VirDomain], T]) -> T:
        """Likewise for a `job` that changes nothing."""

    @abstractmethod
    async def _ask_host(self, attempted: str, job: Callable[[VirConnect], T]) -> T:
        """Likewise with libvirt's connection."""

    @abstractmethod
    def _list_again(self) -> None:
        """Have all domains listed again at once."""

    @abstractmethod
    def _note_job(self, uuid: str, job: str) -> None:
        """Show in the domain's row that something is being done to it; "" when it has ended."""

    @abstractmethod
    def _local_logs(self) -> Path | None:
        """Return the folder of the QEMU logs; None when they are on another machine."""

    async def start(
        self, uuid: str, *, is_paused: bool = False, drops_managed_save: bool = False, resets_nvram: bool = False
    ) -> None:
        """Start a domain, or restore it from its managed save (virDomainCreateWithFlags)."""
        flags = libvirt.VIR_DOMAIN_START_PAUSED if is_paused else 0
        flags |= libvirt.VIR_DOMAIN_START_FORCE_BOOT if drops_managed_save else 0
        flags |= libvirt.VIR_DOMAIN_START_RESET_NVRAM if resets_nvram else 0
        await self._run(uuid, "start", lambda domain: domain.createWithFlags(flags))

    async def shut_down(self, uuid: str, mode: ShutdownMode = ShutdownMode.DEFAULT) -> None:
        """Ask the guest to shut down; it may ignore that (virDomainShutdownFlags)."""
        await self._run(uuid, "shut down", lambda domain: domain.shutdownFlags(_SHUTDOWN_FLAGS[mode]))

    async def reboot(self, uuid: str, mode: ShutdownMode = ShutdownMode.DEFAULT) -> None:
        """Ask the guest to restart (virDomainReboot)."""
        await self._run(uuid, "reboot", lambda domain: domain.reboot(_REBOOT_FLAGS[mode]))

    async def reset(self, uuid: str) -> None:
        """Press the reset button (virDomainReset)."""
        await self._run(uuid, "reset", lambda domain: domain.reset(0))

    async def power_off(self, uuid: str, *, is_graceful: bool = False) -> None:
        """End QEMU; `is_graceful` does not resort to SIGKILL (virDomainDestroyFlags)."""
        flags = libvirt.VIR_DOMAIN_DESTROY_GRACEFUL if is_graceful else libvirt.VIR_DOMAIN_DESTROY_DEFAULT
        await self._run(uuid, "power off", lambda domain: domain.destroyFlags(flags))

    async def suspend(self, uuid: str) -> None:
        """Stop the vCPUs (virDomainSuspend)."""
        await self._run(uuid, "pause", lambda domain: domain.suspend())

    async def resume(self, uuid: str) -> None:
        """Let the vCPUs run again (virDomainResume)."""
        await self._run(uuid, "resume", lambda domain: domain.resume())

    async def save(self, uuid: str) -> None:
        """Save memory to libvirt's file and end QEMU (virDomainManagedSave); see `job` and `abort_job`."""
        with self._job_shown(uuid, "saving"):
            await self._run(uuid, "save", lambda domain: domain.managedSave(0))

    async def remove_managed_save(self, uuid: str) -> None:
        """Delete the saved memory (virDomainManagedSaveRemove)."""
        await self._run(uuid, "remove the saved memory of", lambda domain: domain.managedSaveRemove(0))

    async def job(self, uuid: str) -> JobProgress | None:
        """Return the progress of the job that runs on the domain, None when there is none (virDomainGetJobStats)."""
        return await self._ask(uuid, "read the job of", _job_of)

    async def abort_job(self, uuid: str) -> None:
        """Cancel the job that runs on the domain (virDomainAbortJob)."""
        await self._run(uuid, "cancel the job of", lambda domain: domain.abortJob())

    async def set_autostart(self, uuid: str, *, is_on: bool) -> None:
        """Start the domain with the host, or not (virDomainSetAutostart)."""
        await self._run(uuid, "change the autostart of", lambda domain: domain.setAutostart(int(is_on)))

    async def rename(self, uuid: str, name: str) -> None:
        """Give an inactive domain another name (virDomainRename)."""
        await self._run(uuid, "rename", lambda domain: domain.rename(name, 0))

    async def set_title(self, uuid: str, title: str) -> None:
        """Set the title, live and persistent as far as the domain is either; an empty one removes it."""
        kind = libvirt.VIR_DOMAIN_METADATA_TITLE
        await self._run(uuid, "set the title of", lambda domain: _set_metadata(domain, kind, title or None))

    async def set_description(self, uuid: str, description: str) -> None:
        """Set the description likewise; it may have several lines."""
        kind = libvirt.VIR_DOMAIN_METADATA_DESCRIPTION
        await self._run(uuid, "set the description of", lambda domain: _set_metadata(domain, kind, description or None))

    async def set_tags(self, uuid: str, tags: Sequence[str]) -> None:
        """Set the tags in the domain's metadata under `tags.TAGS_NAMESPACE`."""
        element, kind = tags_element(tags), libvirt.VIR_DOMAIN_METADATA_ELEMENT
        await self._run(
            uuid, "set the tags of", lambda domain: _set_metadata(domain, kind, element, key=TAGS_PREFIX, uri=TAGS_NAMESPACE)
        )

    async def inject_nmi(self, uuid: str) -> None:
        """Inject a non-maskable interrupt (virDomainInjectNMI)."""
        await self._run(uuid, "send an NMI to", lambda domain: domain.injectNMI(0))

    async def send_keys(self, uuid: str, keys: Sequence[str]) -> None:
        """Press the keys at once for 100 ms; names are Linux key codes: "KEY_LEFTCTRL" (virDomainSendKey)."""
        codes = [code_of(key) for key in keys]
        await self._run(
            uuid, "send keys to", lambda domain: domain.sendKey(libvirt.VIR_KEYCODE_SET_LINUX, _KEY_HELD, codes, len(codes), 0)
        )

    async def screenshot(self, uuid: str) -> tuple[str, bytes]:
        """Return the guest's screen as (MIME type, image): PNG or PPM, as QEMU gives it (virDomainScreenshot)."""
        return await self._ask(uuid, "take a picture of the screen of", _screenshot_of)

    async def domain_xml(self, uuid: str, *, is_inactive: bool = False, is_secure: bool = False) -> str:
        """Return the XML, unchanged but for CR and the like: the live one or the persistent one (virDomainGetXMLDesc)."""
        flags = libvirt.VIR_DOMAIN_XML_INACTIVE if is_inactive else 0
        flags |= libvirt.VIR_DOMAIN_XML_SECURE if is_secure else 0
        xml = await self._ask(uuid, "read the XML of", lambda domain: str(domain.XMLDesc(flags)))
        return xml.replace("\r\n", "\n")

    async def define(self, xml: str) -> None:
        """Define or redefine a domain, with libvirt's schema check (virDomainDefineXMLFlags, VALIDATE)."""

        def define(connection: VirConnect) -> str:
            return str(connection.defineXMLFlags(xml, libvirt.VIR_DOMAIN_DEFINE_VALIDATE).UUIDString())

        try:
            await self._ask_host("define the domain", define)
        except Failure as failure:
            if "validate against schema" not in failure.said:
                raise
            raise Failure(FailureKind.INVALID, failure.attempted, failure.said, failure.advice, line=failure.line) from None
        finally:
            self._list_again()

    async def qemu_log(self, name: str, limit: int = 262_144) -> str:
        """Return the end of the domain's QEMU log, at most `limit` bytes of it, where this machine can read it."""
        folder, attempted = self._local_logs(), f"read the log of {name}"
        if folder is None:
            raise Failure(FailureKind.UNSUPPORTED, attempted, "The log is a file on the host, and this connection has no files.")
        path = folder / f"{name}.log"

        def read(_connection: VirConnect) -> bytes | OSError:
            try:
                return _end_of(path, limit)
            except OSError as error:
                return error

        content = await self._ask_host(attempted, read)
        if isinstance(content, OSError):
            kind = FailureKind.DENIED if isinstance(content, PermissionError) else FailureKind.OTHER
            raise Failure(kind, attempted, f"{path}: {content.strerror}.", target=name)
        return printable_lines(content.decode("utf-8", "replace"))

    @contextmanager
    def _job_shown(self, uuid: str, job: str) -> Iterator[None]:
        self._note_job(uuid, job)
        try:
            yield
        finally:
            self._note_job(uuid, "")


def logs_of(uri: str) -> Path:
    """Return where libvirt's QEMU driver writes its logs on this machine."""
    return Path.home() / ".cache/libvirt/qemu/log" if "/session" in uri else _SYSTEM_LOGS


def _set_metadata(domain: VirDomain, kind: int, text: str | None, *, key: str | None = None, uri: str | None = None) -> None:
    flags = libvirt.VIR_DOMAIN_AFFECT_LIVE if domain.isActive() else 0
    flags |= libvirt.VIR_DOMAIN_AFFECT_CONFIG if domain.isPersistent() else 0
    try:
        domain.setMetadata(kind, text, key, uri, flags)
    except libvirt.libvirtError as error:
        if text is not None or error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN_METADATA:
            raise  # what was not there is gone as wished


def _job_of(domain: VirDomain) -> JobProgress | None:
    try:
        told: dict[str, Any] = domain.jobStats(0)
    except libvirt.libvirtError as error:
        if error.get_error_code() in _NO_JOB:  # it ended in the meantime
            return None
        raise
    if told.get("type", libvirt.VIR_DOMAIN_JOB_NONE) == libvirt.VIR_DOMAIN_JOB_NONE:
        return None
    operation = told.get("operation", 0)
    return JobProgress(
        operation=OPERATIONS[operation] if 0 <= operation < len(OPERATIONS) else OPERATIONS[0],
        done=_sum(told, "data_processed", "memory_processed", "disk_processed"),
        total=_sum(told, "data_total", "memory_total", "disk_total"),
        elapsed=told["time_elapsed"] / 1000 if "time_elapsed" in told else None,
    )


def _sum(told: dict[str, Any], whole: str, *parts: str) -> int | None:
    if whole in told:
        return int(told[whole])
    present = [int(told[part]) for part in parts if part in told]
    return sum(present) if present else None


def _screenshot_of(domain: VirDomain) -> tuple[str, bytes]:
    stream = domain.connect().newStream(0)
    try:
        kind = domain.screenshot(stream, 0, 0)
        pieces = []
        while piece := stream.recv(262_120):
            pieces.append(piece)
        stream.finish()
    except libvirt.libvirtError:
        stream.abort()
        raise
    return str(kind), b"".join(pieces)


def _end_of(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - limit))
        content = file.read(limit)
    return content.partition(b"\n")[2] if size > limit else content
