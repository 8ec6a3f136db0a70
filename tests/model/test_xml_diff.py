"""How two domain XMLs differ."""

from __future__ import annotations

import pytest

from kvmtui.model.device import MASK
from kvmtui.model.xml_diff import DiffLine, LineKind, diff, has_pending_changes, masked, pending_changes
from kvmtui.model.xml_reading import BrokenXml
from tests.model.xml_samples import DATA, domain_xml, everything

LIVE = (DATA / "live.xml").read_text(encoding="utf-8")
PERSISTENT = (DATA / "persistent.xml").read_text(encoding="utf-8")


def test_equal_texts_have_no_difference() -> None:
    assert diff("a\nb\n", "a\nb\n") == ()


def test_a_difference_has_its_place_and_both_sides() -> None:
    assert diff("a\nb\nc", "a\nx\nc", context=1) == (
        DiffLine(LineKind.HUNK, "line 1"),
        DiffLine(LineKind.SAME, "a"),
        DiffLine(LineKind.REMOVED, "b"),
        DiffLine(LineKind.ADDED, "x"),
        DiffLine(LineKind.SAME, "c"),
    )


def test_a_line_that_looks_like_a_sign_is_no_sign() -> None:
    lines = diff("--- x\n+++ y", "--- x\n+++ z")
    assert [line.text for line in lines if line.kind is not LineKind.HUNK] == ["--- x", "+++ y", "+++ z"]


def test_a_changed_password_is_a_difference_but_is_not_shown() -> None:
    lines = diff("<graphics passwd='one'/>", '<graphics passwd = "two"/>')
    assert {line.kind for line in lines} >= {LineKind.ADDED, LineKind.REMOVED}
    assert not any("one" in line.text or "two" in line.text for line in lines)
    assert masked("<graphics passwd='one' port='1'/>") == "<graphics passwd='********' port='1'/>"


def test_a_domain_that_was_only_started_has_no_pending_changes() -> None:
    assert LIVE != PERSISTENT
    assert pending_changes(LIVE, PERSISTENT) == ()


def test_a_domain_has_no_pending_changes_against_itself() -> None:
    assert pending_changes(everything(), everything()) == ()


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (">131072</memory>", ">262144</memory>", "memory 128.0 MiB → 256.0 MiB"),
        (">131072</currentMemory>", ">65536</currentMemory>", "current memory 128.0 MiB → 64.0 MiB"),
        (">131072</memory>", ">131073</memory>", "memory 134217728 bytes → 134218752 bytes"),
        ("<vcpu placement='static'>2<", "<vcpu placement='static' current='2'>4<", "vCPUs 2 → 4"),
        ("pc-q35-7.2", "pc-q35-6.2", "machine pc-q35-7.2 → pc-q35-6.2"),
        ("<boot dev='network'/>", "", "boot order hd, network → hd"),
        ("<apic/>", "<apic/><pae/>", "features acpi, apic → acpi, apic, pae"),
        ("mode='host-model' check='partial'", "mode='host-passthrough'", "CPU custom → host-passthrough"),
        ("cache='none'", "cache='writeback'", "disk vda: driver cache none → writeback"),
        ("/tmp/d.qcow2", "/tmp/e.qcow2", "disk vda: source file /tmp/d.qcow2 → /tmp/e.qcow2"),
        ("<readonly/>", "", "disk sda: readonly yes → -"),
        ("<model type='virtio'/>", "<model type='e1000'/>", "interface 52:54:00:1c:22:7a: model type virtio → e1000"),
        ("action='reset'", "action='poweroff'", "watchdog: action reset → poweroff"),
        ("<memballoon model='virtio'>", "<memballoon model='virtio' autodeflate='on'>", "memballoon: autodeflate - → on"),
        ("<panic model='isa'/>", "", "panic is removed"),
        ("<panic model='isa'/>", "<panic model='isa'/><hub type='usb'/>", "hub is added: usb"),
        ("<on_crash>destroy", "<on_crash>restart", "on crash destroy → restart"),
        ("<on_crash>", "<iothreads>2</iothreads><on_crash>", "I/O threads - → 2"),
        ("<on_crash>", "<memtune><hard_limit>1</hard_limit></memtune><on_crash>", "memtune changes"),
    ],
)
def test_a_pending_change_is_a_sentence(before: str, after: str, sentence: str) -> None:
    assert before in PERSISTENT
    assert sentence in pending_changes(LIVE, PERSISTENT.replace(before, after))


def test_an_interface_plugged_into_the_persistent_domain_alone_is_pending() -> None:
    nic = "<interface type='network'><mac address='52:54:00:00:00:09'/><source network='default'/></interface>"
    changes = pending_changes(LIVE, PERSISTENT.replace("</devices>", nic + "</devices>"))
    assert changes == ("interface 52:54:00:00:00:09 is added: network default",)


def test_what_runs_only_now_is_passed_over() -> None:
    live = domain_xml(
        "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default' portid='x' bridge='virbr0'/>"
        "<target dev='vnet9'/><alias name='net0'/></interface>"
        "<disk type='file'><source file='/x' index='1'/><backingStore/><target dev='vda' bus='virtio'/></disk>"
        "<graphics type='vnc' port='5903' autoport='yes'/>"
    )
    persistent = domain_xml(
        "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>"
        "<disk type='file'><source file='/x'/><target dev='vda' bus='virtio'/></disk>"
        "<graphics type='vnc' port='-1' autoport='yes'/>"
    )
    assert pending_changes(live, persistent) == ()


def test_a_device_name_or_port_that_a_person_chose_is_compared() -> None:
    live = domain_xml(
        "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><target dev='web0'/></interface>"
        "<graphics type='vnc' port='5903' autoport='no'/>"
    )
    persistent = live.replace("web0", "web1").replace("br0", "br1").replace("5903", "5904")
    changes = " ".join(pending_changes(live, persistent))
    assert "target dev web0 → web1" in changes
    assert "source bridge br0 → br1" in changes
    assert "port 5903 → 5904" in changes


def test_a_password_is_compared_by_its_existence_alone() -> None:
    with_password = domain_xml("<graphics type='vnc' passwd='secret'/>")
    assert pending_changes(with_password, with_password.replace("secret", "other")) == ()
    assert "secret" not in " ".join(pending_changes(with_password, domain_xml("<graphics type='vnc'/>")))


def test_broken_xml_is_one_error() -> None:
    with pytest.raises(BrokenXml):
        pending_changes(LIVE, "<domain>")


def test_cookies_are_masked_however_they_are_laid_out() -> None:
    xml = "<cookies>\n<cookie name='a'>TOP\nSECRET</cookie><cookie name='b'><![CDATA[TOPSECRET]]></cookie>\n</cookies>"
    assert "SECRET" not in masked(xml)
    assert "TOP" not in masked(xml)
    assert len(masked(xml).splitlines()) == len(xml.splitlines())
    assert masked("<cookie name='a'/><x>shown</x><cookie>no</cookie>") == f"<cookie name='a'/><x>shown</x><cookie>{MASK}</cookie>"
    assert masked("""<x secret="a" password = 'b' passwd=''/>""").count(MASK) == 3


def test_a_changed_cookie_is_a_difference_but_is_not_shown() -> None:
    before = "<cookie name='a'>\nTOPSECRET\n</cookie>\n<b/>"
    lines = diff(before, before.replace("TOPSECRET", "OTHERS"))
    assert [line.kind for line in lines if line.kind in {LineKind.ADDED, LineKind.REMOVED}] == [LineKind.REMOVED, LineKind.ADDED]
    assert not any("SECRET" in line.text or "OTHERS" in line.text for line in lines)


def test_a_cookie_is_not_told_among_pending_changes() -> None:
    disk = "<disk><source><cookies><cookie name='sess'>TOPSECRET</cookie></cookies></source><target dev='vda'/></disk>"
    changes = pending_changes(domain_xml(disk), domain_xml("<disk><target dev='vda'/></disk>"))
    assert changes
    assert "TOPSECRET" not in " ".join(changes)


def test_whether_changes_are_pending_is_told_without_naming_them() -> None:
    assert not has_pending_changes(LIVE, PERSISTENT)
    assert has_pending_changes(LIVE, PERSISTENT.replace(">131072</memory>", ">262144</memory>"))
    assert has_pending_changes(LIVE, PERSISTENT.replace("<panic model='isa'/>", ""))
    assert not has_pending_changes(LIVE, "")
    with pytest.raises(BrokenXml):
        has_pending_changes(LIVE, "<domain>")
