"""Screens as text: what a terminal would show, compared with files in `tests/golden/`.

`KVMTUI_UPDATE_GOLDEN=1` writes the files instead.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from textual.app import App

FOLDER = Path(__file__).parent / "golden"


def screen_lines(app: App[Any]) -> list[str]:
    """Return the screen in front, line by line, as it is composed for the terminal."""
    strips = app.screen._compositor.render_strips()
    return [strip.text for strip in strips]


def screen_text(app: App[Any]) -> str:
    """Return the screen in front as text without the blanks at the lines' ends."""
    return "\n".join(line.rstrip() for line in screen_lines(app)) + "\n"


def assert_golden(app: App[Any], name: str) -> None:
    """Compare the screen in front with `tests/golden/NAME.txt`."""
    shown = screen_text(app)
    path = FOLDER / f"{name}.txt"
    if os.environ.get("KVMTUI_UPDATE_GOLDEN"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def assert_fills_the_terminal(app: App[Any]) -> None:
    """Check that each line is exactly as wide as the terminal and holds nothing that a terminal obeys."""
    for line in screen_lines(app):
        assert cell_len(line) == app.size.width, repr(line)
        assert line.isprintable(), repr(line)
