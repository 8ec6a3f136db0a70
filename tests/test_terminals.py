"""The program on terminals of every kind: it starts and ends cleanly, says states in words, and sends only what is understood."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal

KVMTUI = [sys.executable, "-m", "kvmtui", "--demo"]
SGR = re.compile(r"\x1b\[([0-9;]*)m")
_COLOUR = {f"{ground}{number}" for ground in (3, 4, 9, 10) for number in range(8)}

TERMINALS: dict[str, dict[str, str]] = {
    "linux": {"TERM": "linux"},
    "xterm": {"TERM": "xterm"},
    "xterm-256color": {"TERM": "xterm-256color"},
    "truecolor": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "screen": {"TERM": "screen"},
    "tmux-256color": {"TERM": "tmux-256color", "TMUX": "/tmp/none,1,0"},
    "no colour": {"TERM": "xterm-256color", "NO_COLOR": "1"},
    "no UTF-8": {"TERM": "xterm", "LC_ALL": "C"},
    "LANG=C": {"TERM": "xterm", "LANG": "C"},
}
SETTLED = {"COLORTERM": "", "LC_ALL": "", "LANG": "C.UTF-8"}
IN_ASCII = {"linux", "no UTF-8"}


def program(folder: Path, columns: int, rows: int, environment: dict[str, str]) -> Terminal:
    return Terminal(KVMTUI, columns, rows, {**SETTLED, "XDG_STATE_HOME": str(folder), **environment})


def colours(output: str) -> set[str]:
    """Return the sorts of colours in the output: 16, 256, 24 bit."""
    found = set()
    for codes in SGR.findall(output):
        if "8;2;" in codes:
            found.add("24 bit")
        elif "8;5;" in codes:
            found.add("256")
        elif _COLOUR.intersection(codes.split(";")):
            found.add("16")
    return found


@pytest.mark.parametrize("name", TERMINALS)
def test_on_80_by_24_states_are_words_and_only_what_the_terminal_understands_is_sent(tmp_path: Path, name: str) -> None:
    with program(tmp_path, 80, 24, TERMINALS[name]) as terminal:
        terminal.wait_for("db01")
        terminal.wait_for("shut off")
        states = re.findall("running|shut off|paused|crashed|pmsuspended", "\n".join(terminal.lines()[3:23]))
        assert len(states) >= 14
        terminal.press("m")
        terminal.wait_for("type to filter")
        terminal.press("ctrl-c")
        assert terminal.wait_for_end() == 0
        assert terminal.is_clean
        output = terminal.output.decode()
    assert output.isascii() == (name in IN_ASCII)
    expected = {"truecolor": {"24 bit"}, "xterm-256color": {"256"}, "tmux-256color": {"256"}, "no colour": set()}
    assert colours(output) == expected.get(name, {"16"})


@pytest.mark.parametrize("size", [(40, 10), (20, 5)])
def test_a_tiny_terminal_is_enough_to_look_around_and_leave(tmp_path: Path, size: tuple[int, int]) -> None:
    with program(tmp_path, *size, {"TERM": "linux"}) as terminal:
        terminal.wait_for("alpine-dns")
        for key in ("m", "escape", "D", "n", "|", "escape", "enter", "tab", "escape", "5", "6", "1"):
            terminal.press(key)
            terminal.settle(0.25)
        terminal.wait_for("alpine-dns")
        terminal.press("ctrl-c")
        assert terminal.wait_for_end() == 0
        assert terminal.is_clean
