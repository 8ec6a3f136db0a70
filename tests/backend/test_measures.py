"""Two samples of statistics become the numbers of a row and of the detail."""

from __future__ import annotations

from typing import Any

import pytest

from kvmtui.backend.libvirt.measures import deep_reading, detail_of, memory_in_use
from kvmtui.backend.libvirt.statistics import Sample
from kvmtui.model.detail import DiskUse, DomainDetail, NicUse
from kvmtui.model.domain_xml import RowFacts
from kvmtui.model.key import Key

KIB = 1024
FACTS = RowFacts(
    machine="q35",
    firmware="UEFI",
    disks=(DiskUse("vda", "disk", "/a.qcow2", "qcow2"), DiskUse("sda", "cdrom", "")),
    nics=(NicUse("vnet0", "network", "default", "52:54:00:AA:00:01", "virtio"),),
    displays=("vnc 127.0.0.1:5900",),
)
BEFORE: dict[str, Any] = {
    "state.state": 1,
    "block.count": 2,
    "block.0.name": "vda",
    "block.0.rd.bytes": 1000,
    "block.0.rd.reqs": 10,
    "block.0.rd.times": 1_000_000,
    "block.0.wr.bytes": 0,
    "block.1.name": "sda",
    "block.1.rd.bytes": 0,
    "net.count": 1,
    "net.0.name": "vnet0",
    "net.0.rx.bytes": 0,
    "net.0.rx.drop": 1,
    "net.0.tx.drop": 2,
    "vcpu.current": 2,
    "vcpu.maximum": 3,
    "vcpu.0.state": 1,
    "vcpu.0.time": 0,
    "vcpu.0.delay": 0,
    "vcpu.0.wait": 0,
    "vcpu.1.state": 1,
    "vcpu.1.time": 0,
}
NOW = BEFORE | {
    "block.0.rd.bytes": 5000,
    "block.0.rd.reqs": 14,
    "block.0.rd.times": 9_000_000,
    "block.0.capacity": 40 * 2**30,
    "block.0.allocation": 0,
    "block.0.physical": 12 * 2**30,
    "net.0.rx.bytes": 800,
    "net.0.rx.drop": 2,
    "net.0.tx.drop": 3,
    "vcpu.0.time": 1_000_000_000,
    "vcpu.0.delay": 200_000_000,
    "balloon.maximum": 1000,
    "balloon.rss": 300,
}


def detail(before: dict[str, Any] | None, now: dict[str, Any], facts: RowFacts | None = FACTS) -> DomainDetail:
    """Return the detail after two seconds."""
    return detail_of(
        Key("h", "u"),
        facts,
        Sample(10.0, before) if before is not None else None,
        Sample(12.0, now),
        process=42,
        unusual=(),
        addresses=lambda mac: ("10.0.0.1",) if mac == "52:54:00:aa:00:01" else (),
    )


def test_a_disk_has_rates_latency_and_what_its_image_takes() -> None:
    disk = detail(BEFORE, NOW).disks[0]
    assert (disk.read, disk.reads, disk.written) == (2000, 2, 0)
    assert disk.read_latency == 0.002
    assert disk.write_latency is None
    assert disk.capacity == 40 * 2**30
    assert disk.allocation == 12 * 2**30


def test_what_an_image_takes_is_told_elsewhere_when_the_domain_is_off() -> None:
    record = {"state.state": 5, "block.count": 1, "block.0.name": "vda", "block.0.allocation": 7, "block.0.physical": 9}
    assert detail(None, record).disks[0].allocation == 7


def test_a_nic_has_rates_both_ways_together_where_they_are_one_number_and_its_address() -> None:
    (nic,) = detail(BEFORE, NOW).nics
    assert (nic.received, nic.drops) == (400, 1)
    assert nic.addresses == ("10.0.0.1",)


def test_a_vcpu_has_shares_of_the_time_and_one_that_is_not_plugged_in_is_offline() -> None:
    first, second, third = detail(BEFORE, NOW).vcpus
    assert (first.state, first.busy, first.steal, first.wait) == ("running", 0.5, 0.1, 0.0)
    assert second.steal is None
    assert (third.state, third.busy) == ("offline", None)


def test_without_an_earlier_sample_there_are_devices_and_no_rates() -> None:
    found = detail(None, NOW)
    assert [disk.target for disk in found.disks] == ["vda", "sda"]
    assert found.disks[0].read is None
    assert found.vcpus[0].busy is None
    assert found.memory.rss == 300 * KIB


def test_a_device_that_was_plugged_in_between_has_no_rate_yet() -> None:
    moved = NOW | {"block.0.name": "vdb", "block.1.name": "vda", "block.1.rd.bytes": 5}
    assert detail(BEFORE, moved).disks[0].read is None


def test_before_the_xml_was_read_there_is_what_libvirt_tells_alone() -> None:
    found = detail(BEFORE, NOW, None)
    assert found.disks == ()
    assert found.vcpus


def test_a_row_has_the_sums_over_all_disks() -> None:
    reading = deep_reading(Sample(10.0, BEFORE), Sample(12.0, NOW))
    assert reading.disk_read == 2000
    assert reading.net_received == 400


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"balloon.available": 1000, "balloon.usable": 600, "balloon.unused": 100}, (400 * KIB, False)),
        ({"balloon.available": 1000, "balloon.unused": 100, "balloon.rss": 5}, (900 * KIB, False)),
        ({"balloon.rss": 300}, (300 * KIB, True)),
        ({}, (None, True)),
    ],
    ids=["the guest tells what is usable", "an old guest tells what is unused", "the guest tells nothing", "nothing is known"],
)
def test_memory_in_use_is_the_guests_account_or_else_the_hosts(record: dict[str, Any], expected: tuple[int | None, bool]) -> None:
    assert memory_in_use(record) == expected
