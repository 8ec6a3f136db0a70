"""A domain's XML as an overview shows it: identity, machine, CPU, memory, behaviour, displays and devices.

Every element may be missing, unknown ones are passed over. Nothing here changes XML.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kvmtui.model.device import Device, describe, devices_of
from kvmtui.model.domain_xml import firmware_of, tags_of
from kvmtui.model.endpoint import display_port, display_text, listen_address
from kvmtui.model.xml_reading import Element, at, attribute, child, children, content, number, read, size
from kvmtui.text import printable, printable_lines, several

_QEMU_NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0"


@dataclass(frozen=True, slots=True)
class Display:
    """One way to the guest's screen."""

    kind: str
    text: str
    """As `RowFacts.displays` has it."""
    address: str
    port: str
    """Empty while libvirt is to choose it, or when there is none."""
    has_password: bool | None
    """None when the XML was read without its secrets: libvirt leaves passwords out then."""
    is_open: bool
    """Whether it listens beyond the loopback."""


@dataclass(frozen=True, slots=True)
class DomainSpec:
    """All that an overview shows of a domain's XML. Texts are empty, and numbers None, where the XML says nothing."""

    name: str = ""
    uuid: str = ""
    title: str = ""
    description: str = ""
    """May have several lines."""
    tags: tuple[str, ...] = ()
    kind: str = ""
    """The virtualisation: "kvm", "qemu"…"""
    emulator: str = ""
    arch: str = ""
    machine: str = ""
    """With its version: "pc-q35-7.2"."""
    firmware: str = ""
    loader: str = ""
    nvram: str = ""
    kernel: str = ""
    """Path of a kernel that is booted directly."""
    kernel_arguments: str = ""
    boot_order: tuple[str, ...] = ()
    vcpus_current: int | None = None
    vcpus_maximum: int | None = None
    topology: str = ""
    """"1 socket, 2 cores, 2 threads"."""
    cpu: str = ""
    """Mode, model and what is added to or taken from it."""
    pinning: str = ""
    memory_maximum: int | None = None
    """Bytes up to which memory can be plugged in; None without hot-plug slots."""
    memory: int | None = None
    memory_current: int | None = None
    memory_backing: str = ""
    """Huge pages and the like."""
    clock: str = ""
    on_poweroff: str = ""
    on_reboot: str = ""
    on_crash: str = ""
    features: str = ""
    security: str = ""
    """Security labels and the guest's memory encryption."""
    iothreads: int | None = None
    passthrough_arguments: tuple[str, ...] = ()
    """Words given straight to QEMU's command line."""
    displays: tuple[Display, ...] = ()
    devices: tuple[Device, ...] = ()


def parse_domain(xml: str, *, secure: str = "") -> DomainSpec:
    """Return what an overview shows of a domain's XML, live or persistent.

    Args:
        xml: the XML.
        secure: the same with its secrets, of which only is taken whether displays have passwords; empty when that is not known.

    Raises:
        BrokenXml: the text is no domain XML.
    """
    root = read(xml)
    graphics = list(children(child(root, "devices"), "graphics"))
    passwords = _have_passwords(secure, len(graphics))
    return DomainSpec(
        **_identity(root), **_system(root), **_processor(root), **_memory(root), **_behaviour(root),
        displays=tuple(_display(*each) for each in zip(graphics, passwords, strict=True)),
        devices=devices_of(root),
    )  # fmt: skip


def _identity(root: Element) -> dict[str, Any]:
    return {
        "name": content(child(root, "name")),
        "uuid": content(child(root, "uuid")),
        "title": content(child(root, "title")),
        "description": printable_lines((root.findtext("description") or "").strip()),
        "tags": tags_of(root),
        "kind": attribute(root, "type"),
        "emulator": at(root, "devices/emulator"),
    }


def _system(root: Element) -> dict[str, Any]:
    return {
        "arch": at(root, "os/type@arch"),
        "machine": at(root, "os/type@machine"),
        "firmware": firmware_of(root),
        "loader": at(root, "os/loader"),
        "nvram": at(root, "os/nvram"),
        "kernel": at(root, "os/kernel"),
        "kernel_arguments": at(root, "os/cmdline"),
        "boot_order": _boot_order(root),
    }


_BOOT_WORDS = {"hd": "disk", "cdrom": "CD-ROM", "fd": "floppy", "network": "network"}


def _boot_order(root: Element) -> tuple[str, ...]:
    """Return what is booted from, first to last: by device where devices have an order, or else by kind."""
    ordered = []
    for element in children(child(root, "devices")):
        order = number(at(element, "boot@order"))
        if order is not None:
            device = describe(element)
            ordered.append((order, device.name or device.kind))
    if ordered:
        return tuple(name for _, name in sorted(ordered))
    kinds = (attribute(boot, "dev") for boot in children(child(root, "os"), "boot"))
    return tuple(_BOOT_WORDS.get(kind, kind) for kind in kinds if kind)


def _processor(root: Element) -> dict[str, Any]:
    maximum = number(at(root, "vcpu"))
    parts = [(noun, number(at(root, f"cpu/topology@{noun}s"))) for noun in ("socket", "die", "core", "thread")]
    pins = (f"{attribute(pin, 'vcpu')} on {attribute(pin, 'cpuset')}" for pin in children(child(root, "cputune"), "vcpupin"))
    all_vcpus = at(root, "vcpu@cpuset")
    return {
        "vcpus_maximum": maximum,
        "vcpus_current": number(at(root, "vcpu@current")) if at(root, "vcpu@current") else maximum,
        "topology": ", ".join(several(count, noun) for noun, count in parts if count and (count > 1 or noun != "die")),
        "cpu": _cpu(child(root, "cpu")),
        "pinning": ", ".join([*([f"all on {all_vcpus}"] if all_vcpus else []), *pins]),
        "iothreads": number(at(root, "iothreads")),
    }


_FEATURE_SIGNS = {"force": "+", "require": "+", "optional": "?", "disable": "-", "forbid": "-"}
_FEATURES_SHOWN = 8


def _cpu(cpu: Element | None) -> str:
    policies = [(attribute(feature, "policy"), attribute(feature, "name")) for feature in children(cpu, "feature")]
    features = [_FEATURE_SIGNS.get(policy, "+") + name for policy, name in policies]
    hidden = len(features) - _FEATURES_SHOWN
    shown = features[:_FEATURES_SHOWN] + ([f"and {hidden} more"] if hidden > 0 else [])
    name = " ".join(filter(None, (attribute(cpu, "mode"), at(cpu, "model"))))
    return ", ".join(filter(None, (name, " ".join(shown))))


def _memory(root: Element) -> dict[str, Any]:
    memory = size(child(root, "memory"))
    current = size(child(root, "currentMemory"))
    backing = child(root, "memoryBacking")
    words = []
    for element in children(backing):
        kind = attribute(element, "type") or attribute(element, "mode")
        pages = ", ".join(f"{attribute(page, 'size')} {attribute(page, 'unit') or 'KiB'}" for page in children(element, "page"))
        names = {"hugepages": "huge pages", "nosharepages": "never merged", "allocation": "allocated", "locked": "locked"}
        words.append(" ".join(filter(None, (names.get(str(element.tag), printable(str(element.tag))), kind, pages))))
    return {
        "memory_maximum": size(child(root, "maxMemory")),
        "memory": memory,
        "memory_current": memory if current is None else current,
        "memory_backing": ", ".join(words),
    }


def _behaviour(root: Element) -> dict[str, Any]:
    labels = [
        " ".join(filter(None, (attribute(label, "model"), attribute(label, "type"), at(label, "label"))))
        for label in children(root, "seclabel")
    ]
    arguments = child(root, f"{{{_QEMU_NAMESPACE}}}commandline")
    return {
        "clock": ", ".join(filter(None, (at(root, "clock@offset"), at(root, "clock@timezone"), at(root, "clock@adjustment")))),
        "on_poweroff": at(root, "on_poweroff"),
        "on_reboot": at(root, "on_reboot"),
        "on_crash": at(root, "on_crash"),
        "features": ", ".join(printable(str(feature.tag)) for feature in children(child(root, "features"))),
        "security": ", ".join(filter(None, (*labels, at(root, "launchSecurity@type")))),
        "passthrough_arguments": tuple(attribute(word, "value") for word in children(arguments, f"{{{_QEMU_NAMESPACE}}}arg")),
    }


def _have_passwords(secure: str, displays: int) -> list[bool | None]:
    """Return which of the displays have a password; unknown when the XML with secrets has others by now."""
    elements = list(children(child(read(secure), "devices"), "graphics")) if secure else []
    if len(elements) != displays:
        return [None] * displays
    return [bool(attribute(graphics, "passwd")) for graphics in elements]


def _display(graphics: Element, has_password: bool | None) -> Display:
    text = display_text(graphics)
    address = listen_address(graphics)
    port = display_port(graphics)
    is_network = text.startswith(("vnc ", "spice ", "rdp ")) and " socket " not in text and " not listening" not in text
    return Display(
        kind=attribute(graphics, "type"),
        text=text,
        address=address if is_network else "",
        port=port if is_network else "",
        has_password=has_password,
        is_open=is_network and not _is_loopback(address),
    )


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address in {"::1", "localhost"}
