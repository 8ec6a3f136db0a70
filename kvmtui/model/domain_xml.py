"""The few facts of a domain's XML that its row needs, read fast. What an overview shows is in `domain_spec`.

Every element may be missing, unknown ones are passed over. Nothing here changes XML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kvmtui.model.detail import DiskUse, NicUse
from kvmtui.model.endpoint import disk_source, display_text, nic_source
from kvmtui.model.tags import TAGS_NAMESPACE
from kvmtui.model.xml_reading import Element, attribute, child, children, content, read


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
        displays=tuple(display_text(graphics) for graphics in children(devices, "graphics")),
        has_agent_channel=any(
            attribute(child(channel, "target"), "name") == "org.qemu.guest_agent.0" for channel in children(devices, "channel")
        ),
    )


def brief_facts(xml: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the title, the tags and the MAC addresses, at a fraction of what `row_facts` costs.

    Raises:
        BrokenXml: the text is no domain XML.
    """
    root = read(xml)
    macs = (attribute(child(nic, "mac"), "address") for nic in children(child(root, "devices"), "interface"))
    return content(child(root, "title")), tags_of(root), tuple(mac for mac in macs if mac)


def tags_of(root: Element) -> tuple[str, ...]:
    """Return the tags in a domain's metadata."""
    element = child(root, "metadata", f"{{{TAGS_NAMESPACE}}}tags")
    return tuple(text for tag in children(element) if (text := content(tag)))


def machine_family(machine: str) -> str:
    """Return a machine type without its version: "q35" for "pc-q35-7.2", "i440fx" for "pc-i440fx-7.2" and "pc"."""
    family = re.sub(r"-(?:rhel|[a-z]*)\d[\w.]*$", "", machine)
    return {"pc": "i440fx", "pc-i440fx": "i440fx", "pc-q35": "q35"}.get(family, family)


def firmware_of(root: Element) -> str:
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


def _disk(disk: Element) -> DiskUse:
    return DiskUse(
        target=attribute(child(disk, "target"), "dev"),
        device=attribute(disk, "device") or "disk",
        source=disk_source(disk),
        format=attribute(child(disk, "driver"), "type"),
    )


def _nic(nic: Element) -> NicUse:
    return NicUse(
        target=attribute(child(nic, "target"), "dev"),
        kind=attribute(nic, "type"),
        source=nic_source(nic),
        mac=attribute(child(nic, "mac"), "address"),
        model=attribute(child(nic, "model"), "type"),
        is_link_up=attribute(child(nic, "link"), "state") != "down",
    )
