"""A domain's XML as an overview shows it."""

from __future__ import annotations

import re
from xml.etree.ElementTree import tostring

import pytest

from kvmtui.model.device import MASK
from kvmtui.model.domain_spec import DomainSpec, parse_domain
from kvmtui.model.xml_reading import BrokenXml, read
from tests.model.xml_samples import HOSTILE, UUID, domain_xml, everything

GIB = 2**30


def test_an_empty_domain_is_an_empty_spec() -> None:
    assert parse_domain("<domain/>") == DomainSpec()


def test_identity() -> None:
    spec = parse_domain(everything())
    assert (spec.name, spec.uuid, spec.title, spec.kind) == ("everything", UUID, "One of each", "kvm")
    assert spec.description == "A domain with every kind of device.\nIt runs nowhere."
    assert spec.tags == ("prod", "db")


def test_the_machine_and_how_it_boots() -> None:
    spec = parse_domain(everything())
    assert (spec.arch, spec.machine, spec.firmware) == ("x86_64", "pc-q35-7.2", "UEFI, Secure Boot")
    assert spec.nvram.endswith("everything_VARS.fd")
    assert (spec.kernel, spec.kernel_arguments) == ("/boot/vmlinuz", "console=ttyS0 quiet")
    assert spec.boot_order == ("52:54:00:00:00:01", "vda")


def test_a_boot_order_by_kind_is_told_in_words() -> None:
    system = "<os><boot dev='network'/><boot dev='hd'/><boot dev='fd'/><boot dev='cdrom'/><boot dev='tape'/><boot/></os>"
    assert parse_domain(domain_xml(rest=system)).boot_order == ("network", "disk", "floppy", "CD-ROM", "tape")


def test_the_processor() -> None:
    spec = parse_domain(everything())
    assert (spec.vcpus_current, spec.vcpus_maximum) == (2, 4)
    assert spec.topology == "1 socket, 2 cores, 2 threads"
    assert spec.cpu == "custom Skylake-Server, +vmx -hle"
    assert spec.pinning == "all on 0-3, 0 on 1, 1 on 2-3"
    assert spec.iothreads == 2


def test_many_cpu_features_are_cut_short() -> None:
    features = "".join(f"<feature policy='require' name='f{number}'/>" for number in range(20))
    assert parse_domain(domain_xml(rest=f"<cpu mode='host-model'>{features}</cpu>")).cpu.endswith("+f7 and 12 more")


def test_memory_comes_out_in_bytes() -> None:
    spec = parse_domain(everything())
    assert (spec.memory_maximum, spec.memory, spec.memory_current) == (16 * GIB, 2 * GIB, GIB)
    assert spec.memory_backing == "huge pages 2 MiB, never merged, locked, source memfd"


def test_current_memory_is_all_of_it_when_nothing_else_is_said() -> None:
    spec = parse_domain(domain_xml(rest="<memory unit='GiB'>1</memory>"))
    assert spec.memory_current == spec.memory == GIB


def test_behaviour_security_and_arguments_past_libvirt() -> None:
    spec = parse_domain(everything())
    assert (spec.on_poweroff, spec.on_reboot, spec.on_crash) == ("destroy", "restart", "coredump-restart")
    assert spec.clock == "timezone, Europe/Berlin"
    assert spec.features == "acpi, apic, smm"
    assert spec.security == "apparmor dynamic libvirt-0b5f, sev"
    assert spec.passthrough_arguments == ("-device", "pvpanic")


def test_displays_tell_who_can_reach_them() -> None:
    displays = parse_domain(everything(), secure=everything()).displays
    assert [(display.text, display.has_password, display.is_open) for display in displays] == [
        ("vnc 0.0.0.0:5901", True, True),
        ("spice ::1, port at start", False, False),
        ("vnc socket /run/vnc.sock", False, False),
        ("spice not listening", False, False),
        ("egl-headless", False, False),
    ]


def test_passwords_are_not_known_without_the_secrets() -> None:
    assert parse_domain(everything()).displays[0].has_password is None


def test_passwords_never_come_out() -> None:
    assert "sesame" not in repr(parse_domain(everything(), secure=everything()))
    vnc = next(device for device in parse_domain(everything()).devices if device.kind == "graphics")
    assert ("passwd", MASK) in vnc.details


@pytest.mark.parametrize(
    ("kind", "name", "summary"),
    [
        ("disk", "vda", "qcow2 on virtio, /var/lib/libvirt/images/root.qcow2, cache none, io native, discard unmap, throttled"),
        ("disk", "vdb", "on virtio, /dev/vg/data, shareable"),
        ("disk", "sda", "on sata, cdrom, empty, readonly"),
        ("controller", "usb 0", "qemu-xhci, ports 15"),
        ("filesystem", "share", "virtiofs, /srv/share as share, read-only"),
        ("interface", "52:54:00:00:00:01", "network default, virtio, as vnet4, MTU 9000, link down"),
        ("interface", "52:54:00:00:00:04", "user"),
        ("serial", "0", "pty, /dev/pts/3, isa-serial, log /var/log/serial.log"),
        ("serial", "1", "tcp, 127.0.0.1:4555, bind"),
        ("parallel", "0", "dev, /dev/parport0"),
        ("console", "serial 0", "pty, /dev/pts/3, serial"),
        ("channel", "org.qemu.guest_agent.0", "unix, /run/agent.sock, bind, virtio, state connected"),
        ("input", "tablet", "on usb"),
        ("tpm", "", "tpm-crb, emulator, version 2.0"),
        ("graphics", "vnc", "0.0.0.0:5901, password"),
        ("sound", "", "ich9, codec micro"),
        ("audio", "1", "spice"),
        ("video", "", "qxl, 64.0 MiB video memory, heads 2"),
        ("hostdev", "", "pci, 0000:3b:00.1, managed, driver vfio"),
        ("hostdev", "", "usb, 046d:c52b"),
        ("hostdev", "", "mdev, c2177883-f1bb-47f0-914d-32a22e3a8804"),
        ("hostdev", "", "scsi, scsi_host0"),
        ("redirdev", "", "usb, spicevmc"),
        ("redirfilter", "", "0x08, vendor 0x1234, allow yes"),
        ("smartcard", "", "passthrough, spicevmc"),
        ("hub", "", "usb"),
        ("watchdog", "", "itco, action reset"),
        ("memballoon", "", "virtio, statistics every (s) 10"),
        ("rng", "", "virtio, random, /dev/urandom, 1024 bytes per 2000 ms"),
        ("nvram", "", "spapr-vio, register 0x3000"),
        ("panic", "", "isa"),
        ("shmem", "shared0", "ivshmem-plain, 4.0 MiB"),
        ("memory", "", "dimm, 512.0 MiB"),
        ("iommu", "", "intel, interrupt remapping on"),
        ("vsock", "", "virtio, CID 3"),
        ("lease", "lock1", "lockspace area, /leases"),
        ("crypto", "", "virtio, qemu, builtin, queues 1"),
        ("pstore", "", "acpi-erst, /var/lib/pstore"),
        ("timemachine", "", "model delorean, speed 88, flux 1.21"),
    ],
)
def test_each_kind_of_device_is_told_in_a_line(kind: str, name: str, summary: str) -> None:
    devices = parse_domain(everything()).devices
    assert (kind, name, summary) in [(device.kind, device.name, device.summary) for device in devices]


def test_the_emulator_is_no_device() -> None:
    spec = parse_domain(everything())
    assert spec.emulator == "/usr/bin/qemu-system-x86_64"
    assert "emulator" not in {device.kind for device in spec.devices}


def test_all_that_the_xml_says_of_a_device_is_there() -> None:
    disk = parse_domain(everything()).devices[0]
    assert disk.alias == "virtio-disk0"
    assert {("driver cache", "none"), ("iotune total_iops_sec", "500"), ("backingStore", "yes")} <= set(disk.details)


def test_every_device_may_be_empty() -> None:
    kinds = {device.kind for device in parse_domain(everything()).devices}
    assert len(kinds) > 30
    spec = parse_domain(domain_xml("".join(f"<{kind}/>" for kind in sorted(kinds))))
    assert {device.kind for device in spec.devices} == kinds


def test_every_element_may_be_missing() -> None:
    whole = everything()
    for number in range(1, len(list(read(whole).iter("*")))):
        root = read(whole)
        element = list(root.iter("*"))[number]
        next(parent for parent in root.iter("*") if element in parent).remove(element)
        assert parse_domain(tostring(root, encoding="unicode")).uuid in {UUID, ""}, element.tag


def test_every_attribute_may_be_missing() -> None:
    whole = everything()
    for attribute in set(re.findall(r" [\w:]+='[^']*'", whole)):
        if not attribute.startswith(" xmlns"):
            parse_domain(whole.replace(attribute, ""))


def test_broken_xml_is_one_error() -> None:
    with pytest.raises(BrokenXml):
        parse_domain("<domain>")


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\x1b" not in text])
def test_hostile_text_comes_out_printable_everywhere(text: str) -> None:
    hostile = re.sub(r"'[^']*'", lambda match: f"'{text}'" if "://" not in match[0] else match[0], everything())
    hostile = re.sub(r">([^<>\s][^<>]*)<", lambda _: f">{text}<", hostile)
    spec = parse_domain(hostile)
    for shown in re.findall(r"'((?:[^'\\]|\\.)*)'", repr(spec)):
        assert shown.isprintable()
    assert all(detail.isprintable() for device in spec.devices for pair in device.details for detail in pair)
    assert all(device.summary.isprintable() and device.name.isprintable() for device in spec.devices)


def test_of_the_xml_with_secrets_only_the_existence_of_passwords_is_taken() -> None:
    plain = domain_xml("<disk type='network'><target dev='vda'/></disk><graphics type='vnc'/><graphics type='spice'/>")
    cookie = "<source><cookies><cookie name='sess'>TOPSECRET</cookie></cookies></source>"
    secure = plain.replace("<target", f"{cookie}<target").replace("type='spice'", "type='spice' passwd='sesame'")
    spec = parse_domain(plain, secure=secure)
    assert [display.has_password for display in spec.displays] == [False, True]
    assert spec.devices == parse_domain(plain).devices


def test_passwords_are_unknown_when_the_displays_changed_between_two_readings() -> None:
    plain = domain_xml("<graphics type='vnc'/>")
    secure = domain_xml("<graphics type='vnc'/><graphics type='spice' passwd='sesame'/>")
    assert [display.has_password for display in parse_domain(plain, secure=secure).displays] == [None]


def test_the_text_of_a_cookie_is_masked() -> None:
    disk = "<disk type='network'><source><cookies><cookie name='sess'>TOPSECRET</cookie></cookies></source></disk>"
    (device,) = parse_domain(domain_xml(disk)).devices
    assert "TOPSECRET" not in repr(device)
    assert ("source cookies cookie", "********") in device.details
