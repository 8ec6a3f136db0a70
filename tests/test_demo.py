"""The demo host: it loads, and it has something of everything to show."""

from __future__ import annotations

import subprocess
from importlib.resources import files
from xml.etree.ElementTree import fromstring

import libvirt
import pytest

from kvmtui.model.tags import TAGS_NAMESPACE

HOST_FILE = files("kvmtui") / "demo" / "host.xml"


def virsh(*argv: str) -> str:
    """Return what virsh says of the demo host; a complaint on stderr fails the test, for it would be drawn over the screen."""
    done = subprocess.run(["virsh", "-q", "-c", f"test://{HOST_FILE}", *argv], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_the_demo_host_shows_every_state_that_lasts() -> None:
    listed = virsh("list", "--all")
    assert len(listed.splitlines()) >= 20
    for state in ("running", "paused", "shut off", "crashed", "pmsuspended"):
        assert state in listed


@pytest.mark.parametrize(
    "filter_option", ["--transient", "--with-managed-save", "--with-snapshot", "--inactive", "--state-paused", "--title"]
)
def test_some_domain_of_the_demo_host_answers_to(filter_option: str) -> None:
    assert virsh("list", "--all", filter_option).strip()


def test_the_demo_domains_carry_tags_that_the_program_reads() -> None:
    tree = fromstring(HOST_FILE.read_bytes())
    domains = {domain.findtext("name"): domain for domain in tree.iterfind("domain")}
    tags = domains["db01"].findall(f"metadata/{{{TAGS_NAMESPACE}}}tags/*")
    assert [tag.text for tag in tags] == ["prod", "db"]


@pytest.mark.parametrize("kind", ["net", "pool", "iface"])
def test_the_demo_host_has_several_of_each_other_kind(kind: str) -> None:
    assert len(virsh(f"{kind}-list").strip().splitlines()) >= 3


@pytest.mark.parametrize("capability", ["pci", "usb_device", "net", "storage", "scsi_host"])
def test_the_demo_host_has_devices_of(capability: str) -> None:
    connection = libvirt.openReadOnly(f"test://{HOST_FILE}")  # virsh asks with a flag that the test driver does not know
    assert connection.listDevices(capability)
    connection.close()


def test_no_demo_pool_holds_more_than_it_has_room_for() -> None:
    assert "EiB" not in virsh("pool-list", "--details")


def test_a_demo_snapshot_can_be_reverted_to() -> None:
    assert virsh("snapshot-revert debian-ci-01 clean; domstate debian-ci-01").split() == ["shut", "off"]
