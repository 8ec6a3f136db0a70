"""What the program remembers from one run to the next: layout, sort order, theme, command history. Never a secret."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from kvmtui.backend.lane import Lane

DELAY = 0.5
"""Seconds from a change to its writing, so that a row of changes is written once."""


class Memory:
    """Named JSON values in one file. A file that cannot be read or written costs the memory, nothing else."""

    def __init__(self, file: Path | None) -> None:
        """Read the file; None keeps everything in this process only."""
        self._file = file
        self._values: dict[str, Any] = {}
        self._lane: Lane | None = None
        self._pending: asyncio.TimerHandle | None = None
        with contextlib.suppress(OSError, ValueError):
            stored = json.loads(file.read_text(encoding="utf-8")) if file else {}
            self._values = stored if isinstance(stored, dict) else {}

    def get(self, name: str, default: Any = None) -> Any:
        """Return a remembered value. A value of another type than the default's counts as forgotten."""
        value = self._values.get(name, default)
        return value if default is None or isinstance(value, type(default)) else default

    def set(self, name: str, value: Any) -> None:
        """Remember a JSON value; it is written a little later."""
        if self._values.get(name) == value:
            return
        self._values[name] = value
        if self._file and not self._pending:
            self._pending = asyncio.get_running_loop().call_later(DELAY, self._write_aside)

    def flush(self) -> None:
        """Write what is not written yet, now; for the end of the program."""
        if self._pending:
            self._pending.cancel()
            self._pending = None
            self._write(json.dumps(self._values, indent=1))

    def _write_aside(self) -> None:
        self._pending = None
        self._lane = self._lane or Lane("memory")
        text = json.dumps(self._values, indent=1)
        self._lane.submit(lambda: self._write(text))

    def _write(self, text: str) -> None:
        assert self._file is not None
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = self._file.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self._file)
