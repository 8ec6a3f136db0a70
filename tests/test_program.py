"""The program as a process on a terminal: it starts, is quit, is ended by signals, and leaves the terminal as it was."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal import Terminal

KVMTUI = (sys.executable, "-m", "kvmtui")
DEMO_DOMAIN = "db01"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Terminal]:
    """The program on the demo host, with its table on the screen."""
    with Terminal([*KVMTUI, "--demo"], environment={"XDG_STATE_HOME": str(tmp_path)}) as terminal:
        terminal.wait_for(DEMO_DOMAIN)
        terminal.settle()
        yield terminal


def test_help_is_there_without_a_terminal() -> None:
    with Terminal([*KVMTUI, "--help"]) as terminal:
        assert terminal.wait_for_end() == 0
        assert "--connect URI" in terminal.text()


def test_a_bad_configuration_is_named_before_the_screen_opens(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("interval = 'soon'")
    with Terminal([*KVMTUI, "--config", str(file)]) as terminal:
        assert terminal.wait_for_end() == 2
        assert "interval" in terminal.text()
        assert b"\x1b[?1049h" not in terminal.output


def test_the_demo_host_is_shown_and_q_leaves_a_clean_terminal(demo: Terminal) -> None:
    before = demo.attributes()
    demo.press("q")
    assert demo.wait_for_end() == 0
    assert demo.is_clean
    assert before is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_a_clean_terminal(demo: Terminal, number: int) -> None:
    demo.signal(number)
    assert demo.wait_for_end() == 128 + number
    assert demo.is_clean


def test_ctrl_c_leaves_from_anywhere(demo: Terminal) -> None:
    demo.press("/", "db")
    demo.settle()
    demo.press("ctrl-c")
    assert demo.wait_for_end() == 0


def test_keys_typed_in_one_burst_all_arrive(demo: Terminal) -> None:
    demo.press("/db01")
    demo.wait_for("/db01|db01 .*1/")


def test_a_filter_is_typed_kept_and_its_only_row_opened_in_one_burst(demo: Terminal) -> None:
    demo.press("/db01", "enter", "enter")
    demo.wait_for("Overview +Performance")
    demo.wait_for("PostgreSQL primary")


def test_ctrl_z_puts_it_into_the_background_and_fg_brings_it_back(tmp_path: Path) -> None:
    with Terminal(["bash", "--norc", "-i"], environment={"PS1": "shell> ", "XDG_STATE_HOME": str(tmp_path)}) as terminal:
        terminal.wait_for("shell>")
        terminal.press(" ".join([*KVMTUI, "--demo"]), "enter")
        terminal.wait_for(DEMO_DOMAIN)
        terminal.settle()
        terminal.press("ctrl-z")
        terminal.wait_for("Stopped")
        assert terminal.is_clean
        terminal.press("fg", "enter")
        terminal.wait_until(lambda: not terminal.is_clean, 10, "the screen")
        terminal.wait_for(DEMO_DOMAIN)
        terminal.press("q")
        terminal.wait_for("shell>")


def test_it_can_be_made_small_and_large_again(demo: Terminal) -> None:
    for columns, rows in ((80, 24), (20, 5), (200, 60)):
        demo.resize(columns, rows)
        demo.signal(signal.SIGWINCH)
        demo.settle()
    demo.wait_for(DEMO_DOMAIN)
    demo.press("q")
    assert demo.wait_for_end() == 0


def test_a_program_without_a_terminal_says_so() -> None:
    read, write = os.pipe()
    pid = os.posix_spawn(
        sys.executable, [*KVMTUI], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, write, 1), (os.POSIX_SPAWN_DUP2, write, 2)]
    )
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as said:
        assert "needs a terminal" in said.read()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2
