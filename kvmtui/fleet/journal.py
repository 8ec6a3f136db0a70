"""The journal: every change made with this program, one JSON object a line, in a file that only its user reads.

No secrets come here: commands hold none.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kvmtui.backend.lane import Lane
from kvmtui.fleet.command import Command
from kvmtui.fleet.task import Task, TaskState
from kvmtui.text import printable, printable_lines

_NOT_REPEATABLE = {"domain.edit_xml"}
"""Actions whose command names a file that is gone when the action has ended."""

BYTES_READ = 8 * 2**20
"""How much of the end of the file is read back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. The fields are those of the file's lines, but for `key`."""

    time: datetime
    host: str
    domain: str
    uuid: str
    action: str
    command: tuple[tuple[str, ...], ...]
    """The words of each step."""
    outcome: str
    """A `TaskState`'s value."""
    text: str
    """What came of it, in words; a failure whole."""
    key: int = 0
    """Its place in the file, in bytes."""

    @property
    def command_line(self) -> str:
        """The command as a shell takes it."""
        return str(Command(self.command))


def entry_of(task: Task) -> Entry:
    """Return what is written down about a task that has ended."""
    said = str(task.failure) if task.failure else task.outcome
    return Entry(
        task.ended or datetime.now(UTC),
        task.domain.key.host,
        task.domain.name,
        task.domain.key.uuid,
        task.action.id,
        task.command.steps,
        task.state.value,
        said,
    )


class Journal:
    """Appends entries without waiting, and reads them back. Without a file, what is written lasts as long as the program."""

    def __init__(self, file: Path | None, on_problem: Callable[[str], None] | None = None) -> None:
        """Take the file's path; nothing is opened yet.

        Args:
            file: where the journal is; None keeps it in this process.
            on_problem: told once, on the event loop, when the file cannot be written.
        """
        self._file = file
        self.on_problem = on_problem
        self.problem = ""
        """Why the file cannot be written; empty while it can."""
        self._kept: list[Entry] = []
        self._lane: Lane | None = None

    @property
    def file(self) -> Path | None:
        """Where it is."""
        return self._file

    def append(self, entry: Entry) -> None:
        """Write an entry down, soon."""
        if self._file is None:
            self._kept.append(replace(entry, key=len(self._kept)))
            return
        line, loop = _line(entry), asyncio.get_running_loop()
        self._the_lane().submit(lambda: self._write(line, loop))

    async def read(self) -> tuple[Entry, ...]:
        """Return the entries, the newest last; lines that are broken are left out.

        Raises:
            OSError: there is a file, and it cannot be read.
        """
        if self._file is None:
            return tuple(self._kept)
        return await self._the_lane().call(self._read)

    def close(self, timeout: float = 0.5) -> None:
        """Wait until everything is written, but no longer than `timeout` seconds."""
        if self._lane:
            written = threading.Event()
            self._lane.submit(written.set)
            written.wait(timeout)

    def _the_lane(self) -> Lane:
        self._lane = self._lane or Lane("journal")
        return self._lane

    def _write(self, line: bytes, loop: asyncio.AbstractEventLoop) -> None:
        assert self._file is not None
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.write(descriptor, line)  # one write, so that entries of several programs do not mix
            finally:
                os.close(descriptor)
        except OSError as error:
            if not self.problem:
                self.problem = printable(f"The journal cannot be written: {self._file}: {error.strerror or error}")
                if self.on_problem:
                    with contextlib.suppress(RuntimeError):  # the loop has ended
                        loop.call_soon_threadsafe(self.on_problem, self.problem)

    def _read(self) -> tuple[Entry, ...]:
        assert self._file is not None
        try:
            with self._file.open("rb") as file:
                start = max(0, file.seek(0, os.SEEK_END) - BYTES_READ)
                file.seek(start)
                content = file.read()
        except FileNotFoundError:
            return ()
        entries = []
        for line in content.splitlines(keepends=True):
            if entry := _entry(line, start):
                entries.append(entry)
            start += len(line)
        return tuple(entries)


def _line(entry: Entry) -> bytes:
    values = asdict(entry) | {"time": entry.time.isoformat(timespec="milliseconds")}
    del values["key"]
    return json.dumps(values, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _entry(line: bytes, place: int) -> Entry | None:
    try:
        values: dict[str, Any] = json.loads(line)
        time = datetime.fromisoformat(values["time"])
        steps = tuple(tuple(printable_lines(str(word)) for word in step) for step in values["command"])
        words = {name: printable(str(values[name])) for name in ("host", "domain", "uuid", "action", "outcome")}
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        return Entry(time=time, command=steps, text=printable_lines(str(values["text"])), key=place, **words)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def as_script(entries: Iterable[Entry]) -> str:
    """Return entries as a shell script that does the same again; what did not succeed or cannot be repeated is commented out."""
    return "\n".join(["#!/bin/sh", *(line for entry in entries for line in _script_lines(entry))]) + "\n"


def _script_lines(entry: Entry) -> Sequence[str]:
    when = entry.time.astimezone().isoformat(sep=" ", timespec="seconds")
    said = entry.text.partition("\n")[0]
    comment = f"# {when}  {entry.domain} on {entry.host}: {printable(said)}"
    command = Command(entry.command)
    lines = str(command).split("\n")
    if entry.outcome != TaskState.DONE.value or entry.action in _NOT_REPEATABLE:
        lines = [f"# {line}" for line in lines]
    return ["", comment, *lines]
