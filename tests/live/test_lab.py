"""The lab itself: that what other live tests rest on is so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.conftest import GuestFactory
from tests.live.guest import Guest
from tests.live.lab import PrivateLibvirtd, wait_until

pytestmark = pytest.mark.live

HOLD_A_LAB = """
from tests.live.lab import PrivateLibvirtd
with PrivateLibvirtd() as lab:
    print(lab.folder, lab.pid, flush=True)
    input()
"""


def processes_of(folder: Path | str) -> list[str]:
    """Return the command lines of running processes that name the folder."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            lines.append(line)
    return lines


def test_a_guest_boots_with_an_address_that_answers(booted_guest: Guest) -> None:
    address = booted_guest.await_address()
    assert address.startswith("192.168.122.")

    def answers() -> bool:
        try:
            return "1 packets received" in booted_guest.lab.exec("busybox", "ping", "-c", "1", "-W", "1", address)
        except RuntimeError:
            return False

    wait_until(answers, "an answer to a ping")


def test_a_booted_guest_tells_of_its_memory(booted_guest: Guest) -> None:
    assert "balloon.unused" in booted_guest.lab.virsh("domstats", "--balloon", booted_guest.uuid)


def test_the_vnc_socket_is_reached_from_outside(booted_guest: Guest) -> None:
    assert booted_guest.vnc_socket.is_socket()


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_a_guest_shuts_down_when_its_power_button_is_pressed(guest: GuestFactory, machine: str) -> None:
    obedient = guest("obedient", machine=machine).await_boot()
    obedient.lab.virsh("shutdown", obedient.uuid)
    obedient.await_state("shut off")


def test_a_guest_may_ignore_its_power_button(guest: GuestFactory) -> None:
    deaf, obedient = guest("deaf", ignores_acpi=True, is_transient=True), guest("obedient", has_interface=False)
    for one in (deaf, obedient):
        one.await_boot()
    for one in (deaf, obedient):
        one.lab.virsh("shutdown", one.uuid)
    obedient.await_state("shut off")
    assert deaf.state == "running"


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_a_disk_can_be_plugged_in_and_out_of_a_booted_guest(guest: GuestFactory, machine: str) -> None:
    plugged = guest("plugged", machine=machine).await_boot()
    disk = plugged.lab.images / "more.raw"
    plugged.lab.exec("qemu-img", "create", "-q", "-f", "raw", str(disk), "8M")
    plugged.lab.virsh("attach-disk", plugged.uuid, str(disk), "vdb", "--live")
    assert "vdb" in plugged.lab.virsh("domblklist", plugged.uuid)
    plugged.lab.virsh("detach-disk", plugged.uuid, "vdb", "--live")
    wait_until(lambda: "vdb" not in plugged.lab.virsh("domblklist", plugged.uuid), "the disk to go")


def test_a_killed_libvirtd_comes_back_with_its_guests_running(own_lab: PrivateLibvirtd, guest: GuestFactory) -> None:
    survivor = guest("survivor", lab=own_lab)
    own_lab.kill()
    with pytest.raises(RuntimeError):
        own_lab.virsh("list")
    own_lab.restart()
    assert survivor.state == "running"
    assert survivor.qemu_pid


def test_a_frozen_libvirtd_answers_once_it_is_thawed(own_lab: PrivateLibvirtd) -> None:
    own_lab.freeze()
    with pytest.raises(subprocess.TimeoutExpired):
        own_lab.virsh("list", timeout=0.5)
    own_lab.thaw()
    assert own_lab.virsh("list", "--all") == ""


def test_a_lab_serves_the_test_driver_as_well(lab: PrivateLibvirtd) -> None:
    listed = subprocess.run(["virsh", "-q", "-c", lab.test_uri(), "list", "--name"], capture_output=True, text=True, check=True)
    assert listed.stdout.split() == ["test"]


def test_a_lab_that_was_left_leaves_nothing() -> None:
    with PrivateLibvirtd() as lab:
        pid = lab.pid
        assert processes_of(lab.folder)
    assert not processes_of(lab.folder)
    assert not Path(f"/proc/{pid}").exists()
    assert not lab.folder.exists()


def test_a_lab_ends_with_the_process_that_made_it() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_A_LAB], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as holder:
        assert holder.stdout is not None
        folder, pid = holder.stdout.readline().split()
        assert processes_of(folder)
        holder.send_signal(signal.SIGKILL)
    wait_until(lambda: not processes_of(folder) and not Path(f"/proc/{pid}").exists(), "the lab to end")
    subprocess.run(["rm", "-rf", "--", folder], check=True)
