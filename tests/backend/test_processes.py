"""QEMU's processes as /proc shows them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from kvmtui.backend.hosttools.processes import guest_processes

UUID = "8920cc78-d9d2-46af-bedc-ab633a22cc1d"
BOOTED = 1_700_000_000


def process(proc: Path, pid: int, command: list[str], started: int, name: str = "qemu-system-x86") -> None:
    """Write what /proc would have of a process that was started so many seconds after the machine."""
    folder = proc / str(pid)
    folder.mkdir()
    (folder / "cmdline").write_bytes(b"\0".join(word.encode() for word in command) + b"\0")
    ticks = started * os.sysconf("SC_CLK_TCK")
    fields = ["S", "1", *["0"] * 17, str(ticks), "0"]
    (folder / "stat").write_text(f"{pid} ({name}) {' '.join(fields)}\n")


def test_a_guest_is_known_by_its_uuid_with_its_process_and_its_start(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text(f"cpu 1 2 3\nbtime {BOOTED}\n")
    process(tmp_path, 1, ["init"], 0, "init")
    process(
        tmp_path, 77, ["/usr/bin/qemu-system-x86_64", "-name", "guest=a,debug-threads=on", "-uuid", UUID.upper()], 100, "q) S 1 ("
    )
    (tmp_path / "80").mkdir()  # ended while it was looked at
    assert guest_processes(tmp_path) == {UUID: (77, datetime.fromtimestamp(BOOTED + 100, UTC))}


def test_this_machine_can_be_looked_at() -> None:
    assert isinstance(guest_processes(), dict)
