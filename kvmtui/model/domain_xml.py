"""A domain's XML as the model: the few facts that a row needs, read fast.

Every element may be missing, unknown ones are passed over. Nothing here changes XML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from kvmtui.model.detail import DiskUse, NicUse
from kvmtui.model.xml_reading import attribute, child, children, content, read

TAGS_NAMESPACE = "https://kvmtui.org/xmlns/tags/1.0"
"""The namespace of the metadata element that holds a domain's tags."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What a row and the pane under it need of a domain's XML."""

    title: str = ""
    tags: tuple[str, ...] = ()
    machine: str = ""
    """Without its version where it has one: "q35"."""
    firmware: str = ""
    """"BIOS", "UEFI", "UEFI, Secure Boot"; empty where it cannot be told."""
    disks: tuple[DiskUse, ...] = ()
    """Without sizes and rates; so `nics`, without addresses and rates."""
    nics: tuple[NicUse, ...] = ()
    displays: tuple[str, ...] = ()
    """"vnc 127.0.0.1:5900", one for each `<graphics>`."""
    has_agent_channel: bool = False


def row_facts(xml: str) -> RowFacts:
    """Return what a row needs of a domain's XML, live or persistent.

    Raises:
        BrokenXml: the text is no domain XML.
    """
    root = read(xml)
    devices = child(root, "devices")
    return RowFacts(
        title=content(child(root, "title")),
        tags=tags_of(root),
        machine=machine_family(attribute(child(root, "os", "type"), "machine")),
        firmware=firmware_of(root),
        disks=tuple(_disk(disk) for disk in children(devices, "disk")),
        nics=tuple(_nic(nic) for nic in children(devices, "interface")),
        displays=tuple(display(graphics) for graphics in children(devices, "graphics")),
        has_agent_channel=any(
            attribute(child(channel, "target"), "name") == "org.qemu.guest_agent.0" for channel in children(devices, "channel")
        ),
    )


def tags_of(root: etree._Element) -> tuple[str, ...]:
    """Return the tags in a domain's metadata."""
    element = child(root, "metadata", f"{{{TAGS_NAMESPACE}}}tags")
    return tuple(text for tag in children(element) if (text := content(tag)))


def machine_family(machine: str) -> str:
    """Return a machine type without its version: "q35" for "pc-q35-7.2", "i440fx" for "pc-i440fx-7.2" and "pc"."""
    family = re.sub(r"-(?:rhel|[a-z]*)\d[\w.]*$", "", machine)
    return {"pc": "i440fx", "pc-i440fx": "i440fx", "pc-q35": "q35"}.get(family, family)


def firmware_of(root: etree._Element) -> str:
    """Return "BIOS", "UEFI" or "UEFI, Secure Boot" as far as the XML tells it; the architecture decides when it says nothing."""
    system = child(root, "os")
    loader = child(system, "loader")
    chosen = attribute(system, "firmware")
    if chosen == "efi" or attribute(loader, "type") == "pflash":
        features = children(child(system, "firmware"), "feature")
        is_secure = attribute(loader, "secure") == "yes" or any(
            attribute(feature, "name") == "secure-boot" and attribute(feature, "enabled") == "yes" for feature in features
        )
        return "UEFI, Secure Boot" if is_secure else "UEFI"
    if chosen == "bios":
        return "BIOS"
    if content(loader):
        return "own ROM"
    return "BIOS" if attribute(child(system, "type"), "arch") in {"x86_64", "i686", "i386"} else ""


def disk_source(disk: etree._Element) -> str:
    """Return where a disk's data is: a path, "pool/volume", a URL; empty for an empty drive."""
    source = child(disk, "source")
    if source is None:
        return ""
    for name in ("file", "dev", "dir", "path"):
        if value := attribute(source, name):
            return value
    if pool := attribute(source, "pool"):
        return f"{pool}/{attribute(source, 'volume')}"
    if protocol := attribute(source, "protocol"):
        hosts = ",".join(filter(None, (_network_host(host) for host in children(source, "host"))))
        return f"{protocol}://{hosts}/{attribute(source, 'name').lstrip('/')}"
    return attribute(source, "type")


def nic_source(nic: etree._Element) -> str:
    """Return what an interface is plugged into: a network, bridge or device; empty when its type says it all."""
    source = child(nic, "source")
    for name in ("network", "bridge", "dev", "portid", "path", "name"):
        if value := attribute(source, name):
            return value
    address = attribute(source, "address")
    return f"{address}:{attribute(source, 'port')}" if address else ""


def display(graphics: etree._Element) -> str:
    """Return a display in a few words: "vnc 127.0.0.1:5900", "spice port at start", "vnc socket /run/…"."""
    kind = attribute(graphics, "type") or "display"
    listen = child(graphics, "listen")
    if socket := attribute(listen, "socket") or attribute(graphics, "socket"):
        return f"{kind} socket {socket}"
    if attribute(listen, "type") == "none":
        return f"{kind} not listening"
    port = attribute(graphics, "port") if attribute(graphics, "port") != "-1" else ""
    port = port or (f"TLS {attribute(graphics, 'tlsPort')}" if attribute(graphics, "tlsPort") not in {"", "-1"} else "")
    if kind in {"vnc", "spice", "rdp"}:
        address = listen_address(graphics)
        return f"{kind} {f'[{address}]' if ':' in address else address}:{port}" if port else f"{kind} {address}, port at start"
    return kind


def listen_address(graphics: etree._Element) -> str:
    """Return the address that a display listens at; libvirt's default is the loopback."""
    listen = child(graphics, "listen")
    return attribute(listen, "address") or attribute(graphics, "listen") or attribute(listen, "network") or "127.0.0.1"


def _network_host(host: etree._Element) -> str:
    name = attribute(host, "name") or attribute(host, "socket")
    port = attribute(host, "port")
    return f"{name}:{port}" if port else name


def _disk(disk: etree._Element) -> DiskUse:
    return DiskUse(
        target=attribute(child(disk, "target"), "dev"),
        device=attribute(disk, "device") or "disk",
        source=disk_source(disk),
        format=attribute(child(disk, "driver"), "type"),
    )


def _nic(nic: etree._Element) -> NicUse:
    return NicUse(
        target=attribute(child(nic, "target"), "dev"),
        kind=attribute(nic, "type"),
        source=nic_source(nic),
        mac=attribute(child(nic, "mac"), "address"),
        model=attribute(child(nic, "model"), "type"),
        is_link_up=attribute(child(nic, "link"), "state") != "down",
    )
