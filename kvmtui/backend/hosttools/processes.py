"""The QEMU processes of this machine, as /proc shows them: which domain each one is and since when it runs.

Source: proc(5), /proc/PID/cmdline and /proc/PID/stat; libvirt gives QEMU the domain's UUID with -uuid.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")
_START_TIME = 19
"""Index of starttime among the fields of /proc/PID/stat that follow the command's closing bracket."""


class GuestProcess(NamedTuple):
    """The process of one running domain."""

    pid: int
    started: datetime


def guest_processes(proc: Path = _PROC) -> dict[str, GuestProcess]:
    """Return the QEMU processes by the UUID of their domain."""
    booted = _boot_time(proc)
    found = {}
    for folder in _process_folders(proc):
        with contextlib.suppress(OSError, ValueError, IndexError):
            uuid = _uuid_of((folder / "cmdline").read_bytes())
            if uuid:
                found[uuid] = GuestProcess(int(folder.name), _start_of(folder, booted))
    return found


def _process_folders(proc: Path) -> Iterator[Path]:
    with os.scandir(proc) as entries:
        for entry in entries:
            if entry.name.isdigit():
                yield Path(entry.path)


def _uuid_of(command_line: bytes) -> str:
    if b"-uuid\0" not in command_line:
        return ""
    words = command_line.split(b"\0")
    return words[words.index(b"-uuid") + 1].decode("ascii", "replace").lower()


def _start_of(folder: Path, booted: float) -> datetime:
    fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
    ticks = int(fields[_START_TIME])
    return datetime.fromtimestamp(round(booted + ticks / os.sysconf("SC_CLK_TCK")), UTC)


def _boot_time(proc: Path) -> float:
    for line in (proc / "stat").read_text().splitlines():
        if line.startswith("btime "):
            return float(line.split()[1])
    return 0.0
