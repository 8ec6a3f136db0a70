"""A small real guest in a lab: what it is made of, and how a test follows it."""

from __future__ import annotations

import subprocess
import uuid
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from kvmtui.model.tags import TAGS_NAMESPACE
from tests.live.guest_image import guest_image
from tests.live.lab import PrivateLibvirtd, wait_until


@dataclass(frozen=True, slots=True)
class GuestOptions:
    """What may differ between lab guests."""

    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    machine: Literal["pc", "q35"] = "pc"
    has_kernel: bool = True
    """Whether there is anything to boot."""
    vcpus: int = 1
    memory_mib: int = 128
    disk: Literal["qcow2", "raw", "none"] = "qcow2"
    disk_mib: int = 64
    has_interface: bool = True
    graphics: Literal["socket", "port", "none"] = "socket"
    """VNC on a socket that is reached from outside the lab, or on a TCP port inside it."""
    ignores_acpi: bool = False
    """Whether the power button does nothing."""
    load: Literal["", "cpu", "disk"] = ""
    """What keeps the guest busy."""
    devices: str = ""
    """More XML for <devices>."""


class Guest:
    """One guest, defined or transient; `start` and `boot` bring it up."""

    def __init__(self, lab: PrivateLibvirtd, name: str, options: GuestOptions | None = None) -> None:
        self.lab = lab
        self.name = name
        self.options = options or GuestOptions()
        self.uuid = str(uuid.uuid4())
        self._earlier_output = len(self.console_log)

    @property
    def disk_path(self) -> Path:
        """Its first disk, in the pool `default`."""
        return self.lab.images / f"{self.name}.{self.options.disk}"

    @property
    def vnc_socket(self) -> Path:
        """Where it offers VNC, with `graphics="socket"`."""
        return self.lab.folder / f"{self.name}.vnc"

    @property
    def console_log(self) -> str:
        """All that came out of its serial console so far, over all its starts."""
        log = self._log
        return log.read_text(errors="replace") if log.exists() else ""

    @property
    def state(self) -> str:
        """Its state in the words of `virsh domstate`."""
        return self.lab.virsh("domstate", self.uuid)

    @property
    def qemu_pid(self) -> int:
        """The process id of its QEMU, to be stopped (SIGSTOP) or killed."""
        return self.lab.qemu_pid(self.name)

    @property
    def address(self) -> str:
        """The IPv4 address that the lab's network leased it; empty while it has none."""
        fields = self.lab.virsh("domifaddr", self.uuid).split()
        return fields[3].partition("/")[0] if len(fields) > 3 else ""

    def define(self) -> Guest:
        """Make its disk and define it."""
        self._create_disk()
        self.lab.virsh("define", str(self._xml_file()))
        return self

    def start(self, *, is_paused: bool = False) -> Guest:
        """Start the defined guest; its QEMU runs on return, the guest itself still boots."""
        self._earlier_output = len(self.console_log)
        self.lab.virsh("start", self.uuid, *(["--paused"] if is_paused else []))
        return self

    def create(self, *, is_paused: bool = False) -> Guest:
        """Start it as a transient guest."""
        self._create_disk()
        self.lab.virsh("create", str(self._xml_file()), *(["--paused"] if is_paused else []))
        return self

    def remove(self) -> None:
        """Make the lab forget it, whatever its state; its disk goes too."""
        if self.name in self.lab.virsh("list", "--name").split():
            self.lab.virsh("destroy", self.name)
        if self.name in self.lab.virsh("list", "--name", "--inactive").split():
            self.lab.virsh("undefine", self.name, "--managed-save", "--snapshots-metadata", "--checkpoints-metadata")
        self.disk_path.unlink(missing_ok=True)

    def await_boot(self) -> Guest:
        """Return when the guest has said READY on its console since its last start."""
        wait_until(lambda: f"{self.name}: READY" in self.console_log[self._earlier_output :], f"{self.name} to boot", 180)
        return self

    def await_address(self) -> str:
        """Return its address as soon as it has one."""
        wait_until(lambda: bool(self.address), f"{self.name} to get an address", 120)
        return self.address

    def await_state(self, state: str) -> None:
        """Return when the guest is in that state (a word of `virsh domstate`)."""
        wait_until(lambda: self.state == state, f"{self.name} to be {state}", 120)

    @cached_property
    def xml(self) -> str:
        """Its definition."""
        options = self.options
        return f"""\
<domain type='qemu'>
  <name>{escape(self.name)}</name>
  <uuid>{self.uuid}</uuid>
  {_element("title", options.title)}
  {_element("description", options.description)}
  {_tags(options.tags)}
  <memory unit='MiB'>{options.memory_mib}</memory>
  <vcpu>{options.vcpus}</vcpu>
  <os>
    <type arch='x86_64' machine='{options.machine}'>hvm</type>
    {self._kernel() if options.has_kernel else ""}
  </os>
  <features><acpi/></features>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    {self._devices()}
    {options.devices}
  </devices>
</domain>
"""

    @property
    def _log(self) -> Path:
        return self.lab.folder / "log" / f"{self.name}.console"

    def _kernel(self) -> str:
        image = guest_image()
        arguments = ["console=tty0", "console=ttyS0", "quiet", "panic=-1", f"lab.name={self.name}"]
        arguments += ["lab.ignores_acpi"] if self.options.ignores_acpi else []
        arguments += [f"lab.load={self.options.load}"] if self.options.load else []
        return f"<kernel>{image.kernel}</kernel><initrd>{image.initrd}</initrd><cmdline>{' '.join(arguments)}</cmdline>"

    def _devices(self) -> str:
        options = self.options
        devices = [f"<serial type='pty'><log file='{self._log}' append='on'/><target port='0'/></serial>"]
        devices.append("<memballoon model='virtio'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>")
        if options.disk != "none":
            driver = f"<driver name='qemu' type='{options.disk}'/>"
            source = f"<source file='{self.disk_path}'/>"
            devices.append(f"<disk type='file' device='disk'>{driver}{source}<target dev='vda' bus='virtio'/></disk>")
        if options.has_interface:
            devices.append("<interface type='network'><source network='default'/><model type='virtio'/></interface>")
        if options.machine == "q35":
            devices.append("<controller type='pci' index='0' model='pcie-root'/>")
            devices += ["<controller type='pci' model='pcie-root-port'/>"] * 12  # hot-plug needs free ones
        if options.graphics == "socket":
            listen = f"<listen type='socket' socket='{self.vnc_socket}'/>"
            devices.append(f"<graphics type='vnc'>{listen}</graphics>")
        if options.graphics == "port":
            devices.append("<graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'/>")
        return "\n    ".join(devices)

    def _create_disk(self) -> None:
        if self.options.disk != "none":
            size = f"{self.options.disk_mib}M"
            subprocess.run(["qemu-img", "create", "-q", "-f", self.options.disk, self.disk_path, size], check=True)

    def _xml_file(self) -> Path:
        file = self.lab.folder / f"{self.name}.xml"
        file.write_text(self.xml)
        return file


def _element(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>" if text else ""


def _tags(tags: tuple[str, ...]) -> str:
    if not tags:
        return ""
    elements = "".join(f"<kvmtui:tag>{escape(tag)}</kvmtui:tag>" for tag in tags)
    return f"<metadata><kvmtui:tags xmlns:kvmtui='{TAGS_NAMESPACE}'>{elements}</kvmtui:tags></metadata>"
