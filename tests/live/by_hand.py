"""A lab to try things by hand: `scripts/lab start`, `status`, `stop`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.live.guest import Guest, GuestOptions
from tests.live.lab import PrivateLibvirtd, what_is_missing

FOLDER = Path(os.environ.get("KVMTUI_LAB") or Path(tempfile.gettempdir()) / "kvmtui-lab-by-hand")

AGENT_CHANNEL = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"


def main() -> int:
    """Carry out one of the three words; return the exit status."""
    parser = argparse.ArgumentParser(prog="lab", description="A private libvirtd with small real guests, to try things by hand.")
    parser.add_argument("verb", choices=["start", "stop", "status"], nargs="?", default="status")
    verbs: dict[str, Callable[[PrivateLibvirtd], int]] = {"start": start, "stop": stop, "status": status}
    reason = what_is_missing()
    if reason:
        print(f"lab: {reason}", file=sys.stderr)
        return 1
    return verbs[parser.parse_args().verb](PrivateLibvirtd("lab", FOLDER, is_detached=True))


def start(lab: PrivateLibvirtd) -> int:
    """Start the lab and its guests, and say how it is reached."""
    if not lab.is_running:
        try:
            lab.start()
            _populate(lab)
        except BaseException:
            lab.stop()
            raise
    return status(lab)


def stop(lab: PrivateLibvirtd) -> int:
    """End the lab, whatever runs in it."""
    lab.stop()
    print("the lab has ended")
    return 0


def status(lab: PrivateLibvirtd) -> int:
    """Say how the lab is reached and what is in it; 3 when it does not run."""
    if not lab.is_running:
        print("no lab runs; start one with: lab start")
        return 3
    print(lab.virsh("list", "--all", "--title"))
    print(f"\nlibvirtd  {lab.pid}\nfolder    {lab.folder}\ntry       scripts/run --connect '{lab.uri}'")
    return 0


def _populate(lab: PrivateLibvirtd) -> None:
    """Make guests in various states."""
    options = {
        "web-1": GuestOptions(title="Web server", tags=("prod", "web"), description="Idle most of the day", machine="q35"),
        "db-1": GuestOptions(title="Database", tags=("prod",), load="disk", vcpus=2, memory_mib=192, devices=AGENT_CHANNEL),
        "deaf-1": GuestOptions(title="Ignores the power button", ignores_acpi=True),
        "paused-1": GuestOptions(title="Paused before its first instruction", tags=("test",)),
        "off-1": GuestOptions(title="Shut off", tags=("test",)),
        "saved-1": GuestOptions(title="With its memory saved", machine="q35"),
    }
    guests = {name: Guest(lab, name, wanted).define() for name, wanted in options.items()}
    for name in ("web-1", "db-1", "deaf-1", "saved-1"):
        guests[name].start()
    guests["paused-1"].start(is_paused=True)
    Guest(lab, "transient-1", GuestOptions(title="Gone once it is off", disk="none")).create()
    guests["saved-1"].await_boot()
    lab.virsh("managedsave", "saved-1", timeout=180)
    lab.virsh("autostart", "web-1")
    lab.virsh("snapshot-create-as", "off-1", "first", "As it was made")
    lab.virsh("pool-refresh", "default")  # the disks were made behind its back


if __name__ == "__main__":
    sys.exit(main())
