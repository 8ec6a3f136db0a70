"""What is known of one domain beyond its row: its devices with their rates, for the pane and the opened domain."""

from __future__ import annotations

from dataclasses import dataclass

from kvmtui.model.key import Key


@dataclass(frozen=True, slots=True)
class DiskUse:
    """One disk of a domain and what goes through it. Rates are per second; None until two readings are there."""

    target: str
    """The guest's name for it, as libvirt has it: "vda"."""
    device: str
    """"disk", "cdrom", "floppy", "lun"."""
    source: str
    """Path, pool/volume or URL; empty for an empty drive."""
    format: str = ""
    capacity: int | None = None
    allocation: int | None = None
    """Bytes that the image takes on the host."""
    read: float | None = None
    written: float | None = None
    reads: float | None = None
    """Read requests per second; so `writes`, `flushes`."""
    writes: float | None = None
    flushes: float | None = None
    read_latency: float | None = None
    """Seconds per read request since the last reading; None when there was none. So `write_latency`."""
    write_latency: float | None = None


@dataclass(frozen=True, slots=True)
class NicUse:
    """One interface of a domain and what goes through it. Rates are per second."""

    target: str
    """The host's device ("vnet3"); empty while the domain is off."""
    kind: str
    """libvirt's interface type: "network", "bridge", "direct", "user"…"""
    source: str
    mac: str
    model: str = ""
    is_link_up: bool = True
    received: float | None = None
    sent: float | None = None
    packets_received: float | None = None
    packets_sent: float | None = None
    drops: float | None = None
    """Packets dropped per second, both ways; so `errors`."""
    errors: float | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VcpuUse:
    """One virtual CPU. The ratios are shares of the time between two readings."""

    number: int
    state: str = ""
    busy: float | None = None
    steal: float | None = None
    """Time it wanted to run and the host gave it no CPU (`vcpu.N.delay`)."""
    wait: float | None = None
    """Time it waited for I/O (`vcpu.N.wait`)."""


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Where a domain's memory is, in bytes; what the guest does not report is None."""

    maximum: int | None = None
    current: int | None = None
    guest_available: int | None = None
    """What the guest's system sees (`balloon.available`); so `guest_unused`, `guest_usable`, `swapped_in`…"""
    guest_unused: int | None = None
    guest_usable: int | None = None
    swap_in: int | None = None
    swap_out: int | None = None
    rss: int | None = None
    """What the QEMU process holds on the host."""


@dataclass(frozen=True, slots=True)
class DomainDetail:
    """One domain, closely looked at."""

    key: Key
    taken: float
    """`time.monotonic()` of the reading."""
    disks: tuple[DiskUse, ...] = ()
    nics: tuple[NicUse, ...] = ()
    vcpus: tuple[VcpuUse, ...] = ()
    memory: MemoryUse = MemoryUse()
    machine: str = ""
    """Machine type without its version where that has one: "q35"."""
    firmware: str = ""
    """"BIOS", "UEFI", "UEFI, Secure Boot"."""
    displays: tuple[str, ...] = ()
    """One line each: "vnc 127.0.0.1:5900"."""
    process: int | None = None
    """Process id of QEMU, on the local host only."""
    unusual: tuple[str, ...] = ()
    """Sentences about what an administrator should know: a pending change, an I/O error, a running job."""


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A job that libvirt runs on a domain (virDomainGetJobStats)."""

    operation: str
    done: int | None = None
    """Bytes; so `total`. None or a total of 0 while libvirt does not know."""
    total: int | None = None
    elapsed: float | None = None

    @property
    def ratio(self) -> float | None:
        """Share that is done."""
        return None if self.done is None or not self.total else min(1.0, self.done / self.total)
