"""A terminal for a program to run in: a pty, what a terminal answers, and the screen that a person would see."""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte
import pyte.screens

KEYS = {
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "enter": "\r", "escape": "\x1b", "tab": "\t", "space": " ",
    "backspace": "\x7f", "f1": "\x1bOP", "f5": "\x1b[15~", "f12": "\x1b[24~",
}  # fmt: skip

_QUERIES: tuple[tuple[re.Pattern[bytes], bytes], ...] = (
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?64;1;2;6;22c"),
    (re.compile(rb"\x1b\[>0?c"), b"\x1b[>41;390;0c"),
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
)
_UNKNOWN_TO_PYTE = re.compile(
    r"\x1b[P_^X].*?(?:\x1b\\|\x07)"  # device control and other strings
    r"|\x1b\[[<>=][0-9;:]*[ -/]*[@-~]"  # private sequences
    r"|\x1b\[\??[0-9;:]*[ -/]+[@-~]"  # with intermediate bytes
    r"|\x1b\[\?[0-9;:]*u",
    re.DOTALL,
)
_UNFINISHED = re.compile(r"\x1b(?:|\[[<>=?]?[0-9;:]*[ -/]*|\][^\x07\x1b]*\x1b?|[P_^X](?:[^\x1b]|\x1b(?!\\))*)\Z", re.DOTALL)
_SYNCHRONIZED = re.compile(r"\x1b\[\?2026([hl])")


class _Screen(pyte.Screen):
    """pyte's screen, deaf to a few sequences that it would stumble over."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False, **kwargs: object) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)

    def report_device_status(self, mode: int, **kwargs: object) -> None:
        return

    def report_device_attributes(self, mode: int = 0, **kwargs: object) -> None:
        return

    def set_margins(self, top: int | None = None, bottom: int | None = None, private: bool = False) -> None:
        if not private:
            super().set_margins(top, bottom)


class Terminal:
    """A program on a pty. Everything it wrote is in `output`; `lines()` is what a person would see now."""

    def __init__(
        self, argv: Sequence[str], columns: int = 160, rows: int = 45, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start the program.

        Args:
            argv: program and arguments.
            columns: the width; `rows` the height.
            rows: see `columns`.
            environment: variables added to this process's own.
        """
        self.output = bytearray()
        self.last_byte = 0.0
        """`time.monotonic()` of the newest output."""
        self._screen = _Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._is_in_frame = False
        self.started = time.monotonic()
        self.pid, self._fd = _fork(argv, columns, rows, environment or {})
        self.status: int | None = None
        """The exit status (negative: the signal) once it has ended."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def lines(self) -> list[str]:
        """Return the rows of the screen as they are drawn."""
        return list(self._screen.display)

    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(self._screen.display)

    def picture(self) -> list[dict[int, pyte.screens.Char]]:
        """Return a copy of all cells with their attributes, row by row."""
        return [dict(self._screen.buffer[row]) for row in range(self._screen.lines)]

    def press(self, *keys: str) -> None:
        """Type keys by name (`KEYS`), "ctrl-x", or text as it is."""
        for key in keys:
            if key in KEYS:
                data = KEYS[key]
            elif key.startswith("ctrl-") and len(key) == 6:
                data = chr(ord(key[-1].upper()) & 0x1F)
            else:
                data = key
            os.write(self._fd, data.encode())

    def read(self, seconds: float) -> bool:
        """Take in what comes within `seconds`, up to the first piece; say whether anything came."""
        ready, _, _ = select.select([self._fd], [], [], max(0.0, seconds))
        if not ready:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            data = b""
        if not data:
            self._reap()
            return False
        self.last_byte = time.monotonic()
        self.output += data
        self._answer(data)
        self._feed(data)
        return True

    def wait_until(self, is_so: Callable[[], bool], seconds: float = 20, what: str = "") -> float:
        """Read until `is_so` holds between two frames; return the seconds since the start.

        Raises:
            AssertionError: it did not come about in time; the message shows the screen.
        """
        deadline = time.monotonic() + seconds
        while self._is_in_frame or not is_so():
            left = deadline - time.monotonic()
            came = self.read(min(left, 0.25))
            if left <= 0 or (not came and self.status is not None and not is_so()):
                raise AssertionError(f"{what or 'what was waited for'} did not come in {seconds} s; the screen:\n{self.text()}")
        return time.monotonic() - self.started

    def wait_for(self, pattern: str, seconds: float = 20) -> float:
        """Read until the screen shows a regular expression; return the seconds since the start."""
        expression = re.compile(pattern, re.MULTILINE)
        return self.wait_until(lambda: expression.search(self.text()) is not None, seconds, f"/{pattern}/")

    def wait_for_end(self, seconds: float = 10) -> int:
        """Read until the program ends; return its status."""
        self.wait_until(lambda: self.status is not None, seconds, "the end of the program")
        assert self.status is not None
        return self.status

    def settle(self, quiet: float = 0.3, seconds: float = 10) -> None:
        """Read until nothing has come for `quiet` seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.read(quiet):
            pass

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as a window's border does."""
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def is_clean(self) -> bool:
        """Whether the modes that the program set are reset: alternate screen, mouse, hidden cursor."""
        output = bytes(self.output)
        pairs = [(b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?1000h", b"\x1b[?1000l"), (b"\x1b[?25l", b"\x1b[?25h")]
        return all(output.rfind(reset) > output.rfind(set_) for set_, reset in pairs if set_ in output)

    def signal(self, number: int) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def attributes(self) -> list[object]:
        """Return the tty's settings (termios.tcgetattr), to see whether they were put back."""
        return termios.tcgetattr(self._fd)

    def close(self) -> None:
        """End the program, if need be by force, and close the pty."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self._reap()
        os.close(self._fd)

    def _reap(self) -> None:
        if self.status is None:
            _, status = os.waitpid(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)

    def _answer(self, data: bytes) -> None:
        for query, answer in _QUERIES:
            for _ in query.findall(data):
                os.write(self._fd, answer)

    def _feed(self, data: bytes) -> None:
        text = self._pending + self._decoder.decode(data)
        unfinished = _UNFINISHED.search(text)
        self._pending = unfinished.group() if unfinished else ""
        text = text[: unfinished.start()] if unfinished else text
        for frame in _SYNCHRONIZED.finditer(text):
            self._is_in_frame = frame.group(1) == "h"
        self._stream.feed(_UNKNOWN_TO_PYTE.sub("", text))


def _fork(argv: Sequence[str], columns: int, rows: int, environment: Mapping[str, str]) -> tuple[int, int]:
    pid, fd = os.forkpty()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        wanted = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
        for name in ("TMUX", "LINES", "COLUMNS"):
            wanted.pop(name, None)
        try:
            os.execvpe(argv[0], list(argv), wanted)
        finally:
            os._exit(127)
    return pid, fd


def resident_bytes(pid: int) -> int:
    """Return the memory that a process holds (VmRSS of proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found.group(1)) * 1024


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, user and system (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
