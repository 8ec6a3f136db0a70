"""A device of a domain in words: its kind, its name, one line about it, and everything its XML says.

Source of the elements: https://libvirt.org/formatdomain.html, "Devices". A kind that is not known here is told by its tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kvmtui.model.endpoint import disk_source, display_text, nic_source
from kvmtui.model.xml_reading import Element, at, attribute, child, children, content, number, size
from kvmtui.text import long_size, printable

MASK = "********"
SECRET_ATTRIBUTES = frozenset({"passwd", "password", "secret"})
SECRET_ELEMENTS = frozenset({"cookie", "passwd", "password"})
"""Elements whose text is a secret."""
_NOT_DEVICES = {"emulator"}


@dataclass(frozen=True, slots=True)
class Device:
    """One device of a domain."""

    kind: str
    """libvirt's element: "disk", "interface", "tpm"; of an unknown one, its tag."""
    name: str
    """What tells it from others of its kind: "vda", a MAC address, "usb 0"; or its alias."""
    summary: str
    """One line without the name: "qcow2 on virtio, /var/lib/…"."""
    details: tuple[tuple[str, str], ...] = ()
    """All that the XML says, by path: ("driver type", "qcow2"). Secrets are masked."""
    alias: str = ""
    """The name in a running domain that libvirt gives it: "virtio-disk0"."""


def devices_of(root: Element) -> tuple[Device, ...]:
    """Return the devices of a domain in the order of its XML."""
    return tuple(describe(element) for element in children(child(root, "devices")) if element.tag not in _NOT_DEVICES)


def describe(element: Element) -> Device:
    """Return one device element in words."""
    kind = printable(str(element.tag))
    alias = attribute(child(element, "alias"), "name")
    return Device(
        kind=kind,
        name=_first(element, *_NAMES.get(kind, ())) or alias,
        summary=_SUMMARIES[kind](element) if kind in _SUMMARIES else _unknown(element),
        details=tuple(_flat(element, "")),
        alias=alias,
    )


def _first(element: Element, *paths: str) -> str:
    return next((text for path in paths if (text := _words(element, *path.split("+")))), "")


def _words(element: Element, *paths: str, joint: str = " ") -> str:
    """Join what the paths name; a path with a prefix in front of ":" gets that prefix when it names something."""
    parts = []
    for path in paths:
        prefix, _, place = path.rpartition(":")
        if text := at(element, place):
            parts.append(prefix + text)
    return joint.join(parts)


def _flat(element: Element, path: str) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        label = f"{path} {_local(str(name))}".strip()
        yield label, MASK if _local(str(name)) in SECRET_ATTRIBUTES else printable(str(value))
    if text := content(element):
        yield path or _local(str(element.tag)), MASK if _local(str(element.tag)) in SECRET_ELEMENTS else text
    if len(element) == 0 and not element.attrib and not content(element) and path:
        yield path, "yes"
    for inner in children(element):
        yield from _flat(inner, f"{path} {_local(str(inner.tag))}".strip())


def _local(name: str) -> str:
    return printable(name.rpartition("}")[2])


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _of(*paths: str) -> Callable[[Element], str]:
    return lambda element: _words(element, *paths, joint=", ")


def _unknown(element: Element) -> str:
    return _listed(*(f"{name} {value}" for name, value in list(_flat(element, ""))[:4]))


def _disk(disk: Element) -> str:
    flags = [tag for tag in ("readonly", "shareable", "transient") if child(disk, tag) is not None]
    medium = attribute(disk, "device") or "disk"
    return _listed(
        _words(disk, "driver@type", "on :target@bus"),
        "" if medium == "disk" else medium,
        disk_source(disk) or "empty",
        _words(disk, "cache :driver@cache", "io :driver@io", "discard :driver@discard", joint=", "),
        "encrypted" if child(disk, "encryption") is not None or child(disk, "source", "encryption") is not None else "",
        "throttled" if child(disk, "iotune") is not None else "",
        *flags,
    )


def _interface(nic: Element) -> str:
    return _listed(
        _listed(f"{attribute(nic, 'type')} {nic_source(nic)}".strip()),
        _words(nic, "model@type", "as :target@dev", "VLAN :vlan/tag@id", "filter :filterref@filter", "MTU :mtu@size", joint=", "),
        "throttled" if child(nic, "bandwidth") is not None else "",
        "link down" if at(nic, "link@state") == "down" else "",
    )


def _hostdev(hostdev: Element) -> str:
    source = child(hostdev, "source")
    kind = attribute(hostdev, "type") or attribute(hostdev, "mode")
    vendor, product = at(source, "vendor@id"), at(source, "product@id")
    usb = f"{vendor.removeprefix('0x')}:{product.removeprefix('0x')}" if vendor or product else ""
    return _listed(
        kind,
        usb or _host_address(child(source, "address")) or _words(hostdev, "source/adapter@name", "source@wwpn", "source/block"),
        "managed" if attribute(hostdev, "managed") == "yes" else "",
        _words(hostdev, "driver :driver@name"),
    )


def _host_address(address: Element | None) -> str:
    """Return a PCI address as lspci writes it, a USB one as lsusb does, or an mdev's UUID."""
    if address is None:
        return ""
    if uuid := attribute(address, "uuid"):
        return uuid
    if attribute(address, "slot"):
        domain, bus, slot, function = (number(attribute(address, name)) or 0 for name in ("domain", "bus", "slot", "function"))
        return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"
    return _words(address, "bus :@bus", "device :@device")


def _graphics(graphics: Element) -> str:
    shown = display_text(graphics).partition(" ")[2]
    return _listed(
        shown, "password" if attribute(graphics, "passwd") else "", "OpenGL" if at(graphics, "gl@enable") == "yes" else ""
    )


def _video(video: Element) -> str:
    kib = number(at(video, "model@vram"))
    return _listed(
        at(video, "model@type"),
        f"{long_size(kib * 1024)} video memory" if kib else "",
        _words(video, "heads :model@heads"),
        "3D" if at(video, "model/acceleration@accel3d") == "yes" else "",
    )


def _character(device: Element) -> str:
    """Serial ports, consoles, channels and everything else with a character device on the host."""
    source = child(device, "source")
    where = _first(device, "source@path", "source@dev", "@tty") or _words(device, "source@host", "source@service", joint=":")
    return _listed(
        attribute(device, "type"),
        where,
        at(source, "@mode"),
        _words(device, "target@type", "state :target@state", "log :log@file", joint=", "),
    )


def _memory(memory: Element) -> str:
    amount = size(child(memory, "target", "size"))
    return _listed(attribute(memory, "model"), long_size(amount) if amount is not None else "", at(memory, "source/path"))


def _filesystem(filesystem: Element) -> str:
    source = _first(filesystem, "source@dir", "source@file", "source@dev", "source@name", "source@socket", "source@usage")
    return _listed(
        at(filesystem, "driver@type") or attribute(filesystem, "type"),
        f"{source} as {at(filesystem, 'target@dir')}",
        "read-only" if child(filesystem, "readonly") is not None else "",
    )


def _tpm(tpm: Element) -> str:
    return _words(tpm, "@model", "backend@type", "version :backend@version", "backend/device@path", joint=", ")


def _rng(rng: Element) -> str:
    limit = f"{at(rng, 'rate@bytes')} bytes per {at(rng, 'rate@period') or '1000'} ms" if at(rng, "rate@bytes") else ""
    return _listed(_words(rng, "@model", "backend@model", "backend", joint=", "), limit)


def _shmem(shmem: Element) -> str:
    amount = size(child(shmem, "size"), "b")
    return _listed(at(shmem, "model@type"), long_size(amount) if amount is not None else "", at(shmem, "server@path"))


def _vsock(vsock: Element) -> str:
    return _listed(at(vsock, "@model"), f"CID {at(vsock, 'cid@address') or 'at start'}")


_NAMES: dict[str, tuple[str, ...]] = {
    "disk": ("target@dev",),
    "controller": ("@type+@index",),
    "interface": ("mac@address", "target@dev"),
    "graphics": ("@type",),
    "serial": ("target@port",),
    "parallel": ("target@port",),
    "console": ("target@type+target@port",),
    "channel": ("target@name", "target@address"),
    "filesystem": ("target@dir",),
    "shmem": ("@name",),
    "lease": ("key",),
    "input": ("@type",),
    "audio": ("@id",),
}
"""Per kind the paths that name a device, in order of preference; "+" joins two."""

_SUMMARIES: dict[str, Callable[[Element], str]] = {
    "disk": _disk,
    "controller": _of("@model", "ports :@ports", "vectors :@vectors", "queues :driver@queues", "I/O thread :driver@iothread"),
    "interface": _interface,
    "hostdev": _hostdev,
    "graphics": _graphics,
    "video": _video,
    "sound": _of("@model", "codec :codec@type", "audio :audio@id"),
    "audio": _of("@type", "server :@serverName"),
    "serial": _character,
    "console": _character,
    "parallel": _character,
    "channel": _character,
    "redirdev": _of("@bus", "@type", "source@host", "port :source@service"),
    "redirfilter": _of("usbdev@class", "vendor :usbdev@vendor", "allow :usbdev@allow"),
    "smartcard": _of("@mode", "@type", "database", "certificate"),
    "input": _of("on :@bus", "@model", "source@evdev", "source@dev"),
    "watchdog": _of("@model", "action :@action"),
    "rng": _rng,
    "tpm": _tpm,
    "memballoon": _of("@model", "statistics every (s) :stats@period", "deflates by itself :@autodeflate"),
    "filesystem": _filesystem,
    "shmem": _shmem,
    "vsock": _vsock,
    "panic": _of("@model"),
    "iommu": _of("@model", "interrupt remapping :driver@intremap", "caching mode :driver@caching_mode"),
    "memory": _memory,
    "hub": _of("@type"),
    "nvram": _of("address@type", "register :address@reg"),
    "lease": _of("lockspace :lockspace", "target@path"),
    "crypto": _of("@model", "@type", "backend@model", "queues :backend@queues"),
    "pstore": _of("@backend", "path"),
}
