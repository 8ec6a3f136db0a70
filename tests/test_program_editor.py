"""The program while the user's own editor has its terminal."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import Terminal

QUIET = 1.5
"""Seconds in which the program, which draws every second or so, would draw over the editor if it did."""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """The program on the demo host with a domain in an editor that ends with the next line typed."""
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nprintf 'THE EDITOR'\nread line\nprintf '<broken' > \"$1\"\n")
    editor.chmod(0o755)
    environment = {"XDG_STATE_HOME": str(tmp_path), "VISUAL": "", "EDITOR": str(editor)}
    with Terminal([sys.executable, "-m", "kvmtui", "--demo"], environment=environment) as terminal:
        terminal.wait_for("db01")
        terminal.settle()
        terminal.press("E")
        terminal.wait_for("THE EDITOR")
        yield terminal


def test_nothing_is_drawn_over_the_editor_and_ctrl_c_is_its_own(terminal: Terminal) -> None:
    terminal.settle(0.2)
    before = len(terminal.output)
    terminal.signal(signal.SIGINT)
    until = time.monotonic() + QUIET
    while time.monotonic() < until:
        terminal.read(0.2)
    assert bytes(terminal.output[before:]) == b""
    assert terminal.status is None
    terminal.press("enter")
    terminal.wait_for("✖ line 1")
    assert "<broken" in terminal.text()


def test_the_program_can_be_ended_while_the_editor_is_open(terminal: Terminal) -> None:
    terminal.signal(signal.SIGTERM)
    assert terminal.wait_for_end() == 128 + signal.SIGTERM
    assert terminal.is_clean
