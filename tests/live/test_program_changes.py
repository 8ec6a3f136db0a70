"""The program and others at the same host: changes made elsewhere, a guest that hangs, XML edited by hand."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import GuestFactory
from tests.live.guest import Guest
from tests.live.lab import PrivateLibvirtd
from tests.live.program import IDLE, Program

pytestmark = pytest.mark.live


@pytest.fixture
def pair(guest: GuestFactory) -> tuple[Guest, Guest]:
    """Return two running guests of the shared lab."""
    return guest("left", **IDLE), guest("right", **IDLE)


@pytest.fixture
def program(lab: PrivateLibvirtd, pair: tuple[Guest, Guest], tmp_path: Path) -> Iterator[Program]:
    """Yield the program with the pair on its table and the cursor on the first of them; at the end it has to quit as ever."""
    with Program(lab.uri, home=tmp_path) as program:
        for name in ("left", "right"):
            program.await_row(name, "● running")
        program.choose("left")
        yield program
        program.quit()


def test_a_change_made_by_others_is_painted(pair: tuple[Guest, Guest], program: Program) -> None:
    left, _ = pair
    left.lab.virsh("suspend", "left")
    program.await_row("left", "‖ paused", 3)
    left.lab.virsh("resume", "left")
    program.await_row("left", "● running", 3)
    left.lab.virsh("destroy", "left")
    program.await_row("left", "○ shut off", 3)


def test_a_guest_whose_qemu_hangs_is_marked_while_the_others_go_on(pair: tuple[Guest, Guest], program: Program) -> None:
    left, right = pair
    program.press("escape")
    program.await_row("right", "● running")
    pid = left.qemu_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        program.await_row("left", "no answer [0-9]", 30)
        assert program.seconds_to_move("down") < 1
        right.lab.virsh("suspend", "right")
        program.await_row("right", "‖ paused", 5)
        right.lab.virsh("resume", "right")
        program.await_row("right", "● running", 5)
        program.await_row("left", "no answer [0-9]")
    finally:
        os.kill(pid, signal.SIGCONT)
    program.await_row("left", "● running", 30)


def test_an_action_on_a_guest_whose_qemu_hangs_holds_up_nothing(pair: tuple[Guest, Guest], program: Program) -> None:
    left, right = pair
    pid = left.qemu_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        program.press("p")
        program.await_row("left", "pausing…")
        program.press("escape")
        program.await_row("right", "● running")
        program.choose("right")
        program.press("p")
        program.await_row("right", "‖ paused")
        assert right.state == "paused"
        program.press("escape")
        program.await_row("left", "pausing…")
    finally:
        os.kill(pid, signal.SIGCONT)
    program.await_row("left", "‖ paused", 30)


def test_a_domain_that_vanishes_under_the_menu_is_said(pair: tuple[Guest, Guest], program: Program) -> None:
    left, _ = pair
    program.press("m")
    program.wait_for("left on .*lab")
    left.remove()
    program.wait_for("left no longer exists. Nothing will be done.")
    program.press("enter")
    program.wait_for("None of .* matches left")
    assert program.rows_of("left") == []


def test_a_domain_that_vanishes_under_a_question_is_said(pair: tuple[Guest, Guest], program: Program) -> None:
    left, right = pair
    program.press("D")
    program.wait_for(r"power off left\?")
    left.remove()
    program.wait_for("left no longer exists. Nothing will be done.")
    program.press("y")
    program.wait_for("None of .* matches left")
    assert right.state == "running"


def test_a_question_that_others_have_settled_does_nothing(pair: tuple[Guest, Guest], program: Program) -> None:
    left, _ = pair
    program.press("D")
    program.wait_for(r"power off left\?")
    left.lab.virsh("destroy", "left")
    program.await_row("left", "○ shut off")
    program.press("y")
    program.wait_for("power off left: it is not running")


def test_a_domain_opened_on_the_screen_may_vanish(pair: tuple[Guest, Guest], program: Program) -> None:
    left, _ = pair
    program.press("enter")
    program.wait_for("Overview")
    left.remove()
    program.wait_for("no longer exists")
    program.press("]", "]", "s")
    program.settle(0.2, 2)
    program.press("escape")
    program.wait_for("None of .* matches left")


def test_an_xml_edit_is_defined_after_a_question(pair: tuple[Guest, Guest], program: Program) -> None:
    left, _ = pair
    program.press("e")
    program.wait_for("<name>left</name>")
    program.press("down", "down", "end", "enter", "<title>Edited by hand</title>", "ctrl-s")
    program.wait_for("Change left")
    assert "Edited by hand" not in left.lab.virsh("dumpxml", "--inactive", "left")
    program.press("y")
    program.wait_for("left: XML changed")
    assert "<title>Edited by hand</title>" in left.lab.virsh("dumpxml", "--inactive", "left")
    program.press("escape")
    program.await_row("left", "● running")


def test_a_refused_xml_edit_keeps_the_text(pair: tuple[Guest, Guest], program: Program) -> None:
    left, _ = pair
    before = left.lab.virsh("dumpxml", "--inactive", "left")
    program.press("e")
    program.wait_for("<name>left</name>")
    program.press("down", "down", "end", "enter", "<vcpus>many</vcpus>", "ctrl-s")
    program.wait_for("Change left")
    program.press("y")
    program.wait_for("✖")
    program.wait_for("<vcpus>many</vcpus>")
    assert left.lab.virsh("dumpxml", "--inactive", "left") == before
    program.press("escape")
    program.wait_for("Leave the editor")
    program.press("d")
    program.wait_for("Overview")
    program.press("escape")
    program.await_row("left", "● running")
