"""The program on a terminal in front of a lab: its table as a person reads it, and what it must leave behind."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyte.screens

from tests.terminal import Terminal

KVMTUI = (sys.executable, "-m", "kvmtui")
NOT_CURRENT = r"(connecting|not answering|not connected|connection lost) for \d"
"""What the header says of a host whose rows are old."""

IDLE: dict[str, Any] = {"has_kernel": False, "disk": "none", "has_interface": False, "graphics": "none", "memory_mib": 32}
"""Options of a guest with nothing to boot, which costs the machine next to nothing."""

_ESCAPES = re.compile(rb"\x1b\[[0-9;:<=>?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>]|[\r\n]")
_SCREEN_OPENS, _SCREEN_CLOSES = b"\x1b[?1049h", b"\x1b[?1049l"


class Program(Terminal):
    """kvmtui with files of its own."""

    def __init__(
        self,
        *uris: str,
        home: Path,
        options: Sequence[str] = (),
        columns: int = 120,
        rows: int = 24,
        prefix: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it.

        Args:
            uris: the hosts to show.
            home: the folder for its files.
            options: more arguments.
            columns: the terminal's width; `rows` its height, by default without room for the pane.
            rows: see `columns`.
            prefix: a program that runs it.
            environment: variables added to this process's own.
        """
        self.state_directory = home / "state" / "kvmtui"
        wanted = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config")}
        connects = [word for uri in uris for word in ("--connect", uri)]
        super().__init__([*prefix, *KVMTUI, *connects, *options], columns, rows, {**wanted, **(environment or {})})

    def rows_of(self, name: str) -> list[str]:
        """Return the table's lines of a domain; more or less than one is wrong."""
        expression = re.compile(rf"[▌ ][✓ ]{re.escape(name)} ")
        return [line for line in self.lines()[2:-1] if expression.match(line)]

    def await_row(self, name: str, words: str, seconds: float = 20) -> None:
        """Read until the domain has exactly one line, and that one shows a regular expression."""

        def is_shown() -> bool:
            rows = self.rows_of(name)
            return len(rows) == 1 and re.search(words, rows[0]) is not None

        self.wait_until(is_shown, seconds, f"{name} with /{words}/")

    def choose(self, name: str) -> None:
        """Filter the table down to one domain, so that keys go to it whatever else the host has; nothing may be filtered yet."""
        self.press(f"/{name}", "enter")
        self.wait_until(lambda: self.lines()[3].startswith(f"▌ {name}"), 5, f"the cursor on {name}")

    def await_current(self, seconds: float = 20) -> None:
        """Read until the rows are those of a connected host."""
        self.wait_until(
            lambda: "running " in self.lines()[0] and not re.search(NOT_CURRENT, self.lines()[0]), seconds, "the host"
        )

    def seconds_to_move(self, key: str) -> float:
        """Press a key and return how long it takes until the cursor is in another line."""
        before, pressed = self._cursor_line(), time.monotonic()
        self.press(key)
        self.wait_until(lambda: self._cursor_line() != before, 5, f"the cursor to move by {key}")
        return time.monotonic() - pressed

    def colour_of(self, name: str) -> str:
        """Return the colour that a domain's name is drawn in."""
        number = self.lines().index(self.rows_of(name)[0])
        cell: pyte.screens.Char = self.picture()[number][2]
        return str(cell.fg)

    def seconds_to_end(self, key: str) -> float:
        """Press a key that quits and return how long the process lives on; its status has to be 0."""
        pressed = time.monotonic()
        self.press(key)
        status = self.wait_for_end()
        assert status == 0
        return time.monotonic() - pressed

    def check_what_is_left(self) -> None:
        """Assert that an ended program left the terminal as it was, printed nothing behind its screen, and did not stumble."""
        assert self.is_clean
        before, _, rest = bytes(self.output).partition(_SCREEN_OPENS)
        after = rest.rpartition(_SCREEN_CLOSES)[2]
        assert _ESCAPES.sub(b"", before + after) == b""
        crash_log, stray = self.state_directory / "crash.log", self.state_directory / "stderr.log"
        assert not crash_log.exists(), crash_log.read_text()
        assert stray.read_text() == ""

    def quit(self) -> None:
        """Leave by `q`, within a second, with nothing left behind."""
        assert self.seconds_to_end("q") < 1
        self.check_what_is_left()

    def _cursor_line(self) -> int | None:
        return next((number for number, line in enumerate(self.lines()) if line.startswith("▌")), None)
