"""The program while libvirtd dies, is stopped, hangs and comes back: keys answer, old rows say so, nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.live.guest import Guest, GuestOptions
from tests.live.lab import PrivateLibvirtd, wait_until
from tests.live.program import IDLE, Program

pytestmark = pytest.mark.live

NAMES = ("alpha", "beta", "gamma")
PROMPT = 0.5
"""Seconds within which a key is answered, whatever libvirt does."""


@pytest.fixture(scope="module")
def trio() -> Iterator[PrivateLibvirtd]:
    """Yield a lab with three running guests that have nothing to boot; its libvirtd is to be mistreated and brought back."""
    with PrivateLibvirtd("trio") as lab:
        for name in NAMES:
            Guest(lab, name, GuestOptions(**IDLE)).define().start()
        yield lab


@pytest.fixture
def program(trio: PrivateLibvirtd, tmp_path: Path) -> Iterator[Program]:
    """Yield the program with the three on its table; at the end it has to quit as ever."""
    with Program(trio.uri, home=tmp_path) as program:
        for name in NAMES:
            program.await_row(name, "● running")
        yield program
        program.quit()


def stop(lab: PrivateLibvirtd) -> None:
    """End libvirtd as a service manager does; its guests go on."""
    pid = lab.pid
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "libvirtd to stop")


def check_keys_answer(program: Program) -> None:
    assert median(program.seconds_to_move(key) for key in ("down", "up") * 3) < PROMPT


def check_rows_are_current(program: Program, lab: PrivateLibvirtd) -> None:
    """Assert that each domain is there once and that what virsh changes now is painted."""
    program.await_current()
    for name in NAMES:
        program.await_row(name, "● running")
    lab.virsh("suspend", "beta")
    program.await_row("beta", "‖ paused")
    lab.virsh("resume", "beta")
    program.await_row("beta", "● running")


@pytest.mark.parametrize("end", [PrivateLibvirtd.kill, stop])
def test_a_libvirtd_that_ends_and_comes_back_is_said_and_reached_again(
    trio: PrivateLibvirtd, program: Program, end: Callable[[PrivateLibvirtd], None]
) -> None:
    bright = program.colour_of("gamma")
    end(trio)
    program.wait_for("connection lost for", 3)
    check_keys_answer(program)
    program.wait_for("connection lost for [1-6]s")
    program.wait_for("connection lost for ([7-9]|1[0-9])s")
    assert program.colour_of("gamma") != bright
    for name in NAMES:
        program.await_row(name, "● running")
    trio.restart()
    check_rows_are_current(program, trio)
    assert program.colour_of("gamma") == bright


def test_a_libvirtd_that_is_restarted_at_once_leaves_nothing_twice(trio: PrivateLibvirtd, program: Program) -> None:
    for _ in range(2):
        trio.kill()
        trio.restart()
        check_rows_are_current(program, trio)


def test_a_libvirtd_that_hangs_is_said_and_its_rows_are_current_when_it_goes_on(trio: PrivateLibvirtd, program: Program) -> None:
    bright = program.colour_of("gamma")
    trio.freeze()
    try:
        program.wait_for("not answering for", 10)
        check_keys_answer(program)
        program.wait_for("not answering for [1-9]")
        assert program.colour_of("gamma") != bright
    finally:
        trio.thaw()
    check_rows_are_current(program, trio)


def test_a_libvirtd_that_hangs_for_long_is_given_up_and_reached_again(trio: PrivateLibvirtd, program: Program) -> None:
    trio.freeze()
    try:
        program.wait_for("connection lost for [1-9]", 30)
        check_keys_answer(program)
    finally:
        trio.thaw()
    check_rows_are_current(program, trio)


def test_an_action_waits_for_a_libvirtd_that_hangs(trio: PrivateLibvirtd, program: Program) -> None:
    trio.freeze()
    try:
        program.press("p")
        program.await_row("alpha", "pausing…")
        check_keys_answer(program)
    finally:
        trio.thaw()
    program.await_row("alpha", "‖ paused")
    program.press("p")
    program.await_row("alpha", "● running")
    check_rows_are_current(program, trio)


def test_an_action_whose_libvirtd_is_killed_says_what_became_of_it(trio: PrivateLibvirtd, program: Program) -> None:
    program.press("p")
    program.await_row("alpha", "‖ paused")
    program.press("p")
    program.await_row("alpha", "● running")
    trio.freeze()
    try:
        program.press("p")
        program.await_row("alpha", "pausing…")
    finally:
        trio.kill()
    program.wait_for("alpha: no answer: it is unknown whether it took effect")
    program.wait_for("connection lost for")
    check_keys_answer(program)
    trio.restart()
    program.wait_for("alpha: failed: it did not take effect")
    check_rows_are_current(program, trio)


@pytest.mark.parametrize("key", ["q", "ctrl-c"])
def test_it_quits_within_a_second_while_everything_hangs(trio: PrivateLibvirtd, tmp_path: Path, key: str) -> None:
    hosts = (trio.uri, trio.test_uri())
    with Program(*hosts, home=tmp_path / "connected") as connected:
        connected.await_row("gamma", "● running")
        connected.press("p")
        trio.freeze()
        try:
            with Program(*hosts, home=tmp_path / "connecting") as connecting:
                connecting.wait_for("Connecting to")
                assert connecting.seconds_to_end(key) < 1
                connecting.check_what_is_left()
            connected.press("p", "down")
            connected.settle(0.1, 1)
            assert connected.seconds_to_end(key) < 1
            connected.check_what_is_left()
        finally:
            trio.thaw()
