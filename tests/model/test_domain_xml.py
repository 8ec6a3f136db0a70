"""The facts that a row needs of a domain's XML."""

from __future__ import annotations

import time

import pytest

from kvmtui.model.domain_xml import RowFacts, machine_family, row_facts
from kvmtui.model.xml_reading import BrokenXml
from tests.model.xml_samples import HOSTILE, domain_xml, everything


def test_an_empty_domain_has_no_facts() -> None:
    assert row_facts("<domain/>") == RowFacts()


def test_everything_is_found() -> None:
    facts = row_facts(everything())
    assert facts.title == "One of each"
    assert facts.tags == ("prod", "db")
    assert facts.machine == "q35"
    assert facts.firmware == "UEFI, Secure Boot"
    assert facts.has_agent_channel
    assert [(disk.target, disk.device, disk.source, disk.format) for disk in facts.disks] == [
        ("vda", "disk", "/var/lib/libvirt/images/root.qcow2", "qcow2"),
        ("vdb", "disk", "/dev/vg/data", ""),
        ("vdc", "disk", "default/extra.img", ""),
        ("vdd", "disk", "rbd://mon1:6789,mon2/pool/image", ""),
        ("sda", "cdrom", "", ""),
        ("fda", "floppy", "/tmp/floppy.img", ""),
    ]
    assert [(nic.kind, nic.source, nic.target, nic.model, nic.is_link_up) for nic in facts.nics] == [
        ("network", "default", "vnet4", "virtio", False),
        ("bridge", "br0", "", "e1000e", True),
        ("direct", "eth0", "", "", True),
        ("user", "", "", "", True),
        ("vhostuser", "/run/vhost.sock", "", "", True),
        ("mcast", "230.0.0.1:5558", "", "", True),
    ]
    assert facts.displays == (
        "vnc 0.0.0.0:5901", "spice ::1, port at start", "vnc socket /run/vnc.sock", "spice not listening", "egl-headless",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("machine", "family"),
    [
        ("pc-q35-7.2", "q35"),
        ("q35", "q35"),
        ("pc-q35-rhel9.2.0", "q35"),
        ("pc-i440fx-7.2", "i440fx"),
        ("pc-i440fx-jammy", "pc-i440fx-jammy"),
        ("pc", "i440fx"),
        ("virt-7.2", "virt"),
        ("s390-ccw-virtio-7.2", "s390-ccw-virtio"),
        ("pseries-rhel8.6.0", "pseries"),
        ("microvm", "microvm"),
        ("", ""),
    ],
)
def test_a_machine_is_told_without_its_version(machine: str, family: str) -> None:
    assert machine_family(machine) == family


@pytest.mark.parametrize(
    ("system", "firmware"),
    [
        ("<type arch='x86_64'>hvm</type>", "BIOS"),
        ("<type arch='aarch64'>hvm</type>", ""),
        ("<loader type='rom'>/x.bin</loader>", "own ROM"),
        ("<loader type='pflash'>/x.fd</loader>", "UEFI"),
    ],
)
def test_firmware_is_told_as_far_as_the_xml_tells_it(system: str, firmware: str) -> None:
    assert row_facts(domain_xml(rest=f"<os>{system}</os>")).firmware == firmware


def test_firmware_that_libvirt_chooses() -> None:
    secure = "<os firmware='efi'><firmware><feature enabled='yes' name='secure-boot'/></firmware></os>"
    assert row_facts(domain_xml(rest=secure)).firmware == "UEFI, Secure Boot"
    assert row_facts(domain_xml(rest="<os firmware='efi'/>")).firmware == "UEFI"
    assert row_facts(domain_xml(rest="<os firmware='bios'/>")).firmware == "BIOS"


def test_devices_without_any_parts_do_not_fail() -> None:
    facts = row_facts(domain_xml("<disk/><interface/><graphics/><channel/>"))
    assert facts.disks[0].target == facts.nics[0].mac == ""
    assert facts.displays == ("display",)
    assert not facts.has_agent_channel


def test_broken_xml_is_one_error() -> None:
    with pytest.raises(BrokenXml):
        row_facts("<domain><name></domain>")


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\x1b" not in text and "\x07" not in text])
def test_hostile_text_comes_out_printable(text: str) -> None:
    facts = row_facts(
        domain_xml(
            f"<disk><source file='{text}'/><target dev='{text}'/></disk><interface><mac address='{text}'/></interface>"
            f"<graphics type='vnc'><listen address='{text}'/></graphics>",
            f"<title>{text}</title>",
        )
    )
    for shown in (facts.title, facts.disks[0].source, facts.disks[0].target, facts.nics[0].mac, *facts.displays):
        assert shown.isprintable()


def test_it_is_fast_enough_for_thousands() -> None:
    xml = domain_xml(
        "<disk type='file'><source file='/x'/><target dev='vda' bus='virtio'/></disk>"
        "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>"
        + "<controller type='pci' index='1' model='pcie-root-port'><address type='pci' slot='0x01'/></controller>"
        * 15
    )
    best = min(_seconds(xml) for _ in range(5))
    assert best < 0.001  # some 60 µs on an idle machine; tests share theirs


def _seconds(xml: str) -> float:
    start = time.perf_counter()
    row_facts(xml)
    return time.perf_counter() - start
