"""The program under measurement: how it is started, and what it costs while it runs."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.hosts import DOMAIN_ROW
from tests.terminal import Terminal, cpu_seconds

_EMPTY_APP = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("READY")

Empty().run()
"""
_BARE_READ = """
import sys, libvirt
connection = libvirt.open(sys.argv[1])
connection.listAllDomains()
connection.getAllDomainStats()
"""
_CURSOR = "▌"


def environment(folder: str) -> dict[str, str]:
    """Return variables that keep the person's settings out, and let Python keep compiled files as an installed program does."""
    return {
        "XDG_CONFIG_HOME": folder,
        "XDG_STATE_HOME": folder,
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONUNBUFFERED": "",
    }


@contextmanager
def started(argv: Sequence[str]) -> Iterator[Terminal]:
    """Yield a terminal in which Python runs with these arguments; 160×45."""
    with tempfile.TemporaryDirectory() as folder, Terminal([sys.executable, *argv], environment=environment(folder)) as terminal:
        yield terminal


@contextmanager
def kvmtui(uri: str) -> Iterator[Terminal]:
    """Yield a terminal in which kvmtui shows that host; it has just been started."""
    with started(["-m", "kvmtui", "--connect", uri]) as terminal:
        yield terminal


def seconds_to_rows(uri: str, rows: int = 1) -> float:
    """Start kvmtui and return the seconds from exec to a screen with at least that many domains."""
    with kvmtui(uri) as terminal:
        return await_rows(terminal, rows)


def await_rows(terminal: Terminal, rows: int = 1, seconds: float = 60) -> float:
    """Wait for a screen with that many domains; return the seconds since exec."""
    row = re.compile(DOMAIN_ROW)
    terminal.wait_until(lambda: sum(bool(row.search(line)) for line in terminal.lines()) >= rows, seconds, "rows of domains")
    return terminal.last_byte - terminal.started


def seconds_to_empty_app() -> float:
    """Start an empty Textual app and return the seconds from exec to its first paint."""
    with started(["-c", _EMPTY_APP]) as terminal:
        terminal.wait_for("READY")
        return terminal.last_byte - terminal.started


def seconds_to_bare_read(uri: str) -> float:
    """Run a script that opens the URI, lists and reads; return the seconds it takes from exec to its end."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", _BARE_READ, uri], check=True, stderr=subprocess.DEVNULL)
    return time.monotonic() - begun


def seconds_to_move(terminal: Terminal, key: str) -> float:
    """Press a key that moves the cursor; return the seconds until it is painted elsewhere."""
    before = _row_under_cursor(terminal)
    pressed = time.monotonic()
    terminal.press(key)
    terminal.wait_until(lambda: _row_under_cursor(terminal) not in ("", before), 10, f"the cursor to move after {key}")
    return terminal.last_byte - pressed


def cpu_share(terminal: Terminal, seconds: float) -> float:
    """Read the screen for that long; return the share of a core that the program used meanwhile."""
    before, begun = cpu_seconds(terminal.pid), time.monotonic()
    read_for(terminal, seconds)
    return (cpu_seconds(terminal.pid) - before) / (time.monotonic() - begun)


def read_for(terminal: Terminal, seconds: float) -> int:
    """Read the screen for that long; return how many bytes came."""
    before, deadline = len(terminal.output), time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        terminal.read(left)
    return len(terminal.output) - before


def _row_under_cursor(terminal: Terminal) -> str:
    name = re.compile(DOMAIN_ROW)
    for line in terminal.lines():
        found = name.search(line)
        if found and _CURSOR in line[: found.start()]:
            return found.group()
    return ""


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder that others can read too, for a daemon in its own namespaces reads the files in it."""
    folder = tempfile.TemporaryDirectory(prefix="kvmtui-bench-", dir="/tmp")
    Path(folder.name).chmod(0o755)
    return folder
