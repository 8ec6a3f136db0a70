"""Suggests how a path goes on."""

from __future__ import annotations

import os
from pathlib import Path

from textual.suggester import Suggester

from kvmtui.fleet.actions_guest import files_lane
from kvmtui.text import printable

DEADLINE = 2.0


class PathSuggester(Suggester):
    """Completes the last part of a path from the files that there are, read on the files' lane."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the first path that starts with `value`."""
        try:
            return await files_lane().call(lambda: completed(value), DEADLINE)
        except TimeoutError:
            return None


def completed(value: str) -> str | None:
    """Return the first existing path, in order of names, that starts with `value`; a folder ends with a slash. Blocks."""
    folder, _, start = value.rpartition("/")
    if not start:
        return None
    base = Path(f"{folder}/" if "/" in value else ".").expanduser()
    try:
        with os.scandir(base) as entries:
            fitting = sorted((entry.name, entry.is_dir()) for entry in entries if entry.name.startswith(start))
    except OSError:
        return None
    shown = [(name, is_folder) for name, is_folder in fitting if name != start and printable(name) == name]
    if not shown:
        return None
    name, is_folder = shown[0]
    return value.removesuffix(start) + name + ("/" if is_folder else "")
