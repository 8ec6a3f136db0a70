"""Hosts that cannot be reached or not be written to: what the program says of them, and that nothing is asked or printed."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import GuestFactory
from tests.live.guest import Guest
from tests.live.lab import PrivateLibvirtd
from tests.live.program import IDLE, Program

pytestmark = pytest.mark.live

SSH_ANSWERS = {
    "refused": (
        "ssh: connect to host far.example port 22: Connection refused",
        "cannot connect",
        "Is the host up, and does sshd",
    ),
    "unknown": (
        "ssh: Could not resolve hostname far.example: Name or service not known",
        "cannot connect",
        "Check the host's name",
    ),
    "password": (
        "root@far.example: Permission denied (publickey,password).",
        "authentication needed",
        "ssh would ask for a pass",
    ),
    "stranger": ("Host key verification failed.", "authentication needed", "The host's key is not known or has changed"),
    "bare": ("bash: line 1: virt-ssh-helper: command not found", "not installed", "ssh works, libvirt is missing on the host"),
}
"""What ssh prints on standard error, the heading that follows from it, and the advice."""

AS_NOBODY = (
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
)  # fmt: skip
"""Runs a program as a user who may read everything, wherever Python is installed, and connect to nothing."""


def check_first_screen(program: Program, *sentences: str) -> None:
    """Assert that the first screen says it all, and that quitting leaves nothing printed."""

    def says_all() -> bool:
        said = " ".join(program.text().split())
        return all(sentence in said for sentence in sentences)

    program.wait_until(says_all, 10, f"{sentences}")
    program.wait_for("try again now")
    program.quit()


@pytest.fixture
def sleeper(guest: GuestFactory) -> Guest:
    """Return a running guest of the shared lab."""
    return guest("sleeper", **IDLE)


@pytest.fixture
def read_only(lab: PrivateLibvirtd, sleeper: Guest, tmp_path: Path) -> Iterator[Program]:
    """Yield the program on a read-only connection."""
    with Program(lab.uri, home=tmp_path, options=["--read-only"], columns=160, rows=50) as program:
        program.await_row("sleeper", "● running")
        program.choose("sleeper")
        yield program


def test_a_read_only_session_offers_and_does_nothing_that_writes(read_only: Program, sleeper: Guest) -> None:
    read_only.wait_for("read-only")
    keys = read_only.lines()[-1]
    assert "open" in keys
    assert not any(word in keys for word in ("start", "shut down", "reboot", "pause"))
    read_only.press("?")
    read_only.wait_for("keys that work here")
    assert "Pull the plug" not in read_only.text()
    assert "Ask the guest to shut down" not in read_only.text()
    read_only.press("q")
    read_only.await_row("sleeper", "● running")
    for key, label in {"p": "pause", "D": "power off", "S": "shut down", "R": "reset", "a": "autostart on", "t": "tags"}.items():
        read_only.press(key)
        read_only.wait_for(f"{label} sleeper: read-only")
    read_only.press("e")
    read_only.wait_for("edit XML: read-only mode")
    assert sleeper.state == "running"
    read_only.quit()


def test_a_read_only_menu_holds_what_reads(read_only: Program) -> None:
    read_only.press("m")
    read_only.wait_for("sleeper on")
    read_only.wait_for("save XML")
    assert not any(words in read_only.text() for words in ("power off", "managed save", "rename", "edit XML"))
    read_only.press("escape")
    read_only.await_row("sleeper", "● running")
    read_only.quit()


def test_an_unknown_scheme_is_named(tmp_path: Path) -> None:
    with Program("foo:///", home=tmp_path) as program:
        check_first_screen(program, "foo:/// cannot be reached", 'no driver for "foo"')


def test_a_text_that_is_no_uri_is_refused_with_the_form_of_one(tmp_path: Path) -> None:
    with Program("qemu://[/system", home=tmp_path) as program:
        check_first_screen(program, "cannot be reached", "A URI looks like qemu:///system")


def test_a_missing_socket_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nobody"
    with Program(f"qemu+unix:///system?socket={path}", home=tmp_path) as program:
        check_first_screen(program, "cannot be reached: not running", "nobody", "Nothing listens at the socket")


def test_a_socket_that_may_not_be_used_is_said(tmp_path: Path) -> None:
    home = tmp_path / "nobodys"
    home.mkdir()
    shutil.chown(home, 65534, 65534)
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        path.chmod(0o600)
        with Program(f"qemu+unix:///system?socket={path}", home=home, prefix=AS_NOBODY) as program:
            check_first_screen(program, "cannot be reached: no permission", "Permission denied", "usermod -aG libvirt")


@pytest.mark.parametrize("answer", SSH_ANSWERS)
def test_what_ssh_says_becomes_advice_and_never_a_prompt(tmp_path: Path, answer: str) -> None:
    said, heading, advice = SSH_ANSWERS[answer]
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\necho \"$@\" > {tmp_path}/words\necho '{said}' >&2\nexit 255\n")
    ssh.chmod(0o755)
    with Program(f"qemu+ssh://root@far.example/system?command={ssh}", home=tmp_path) as program:
        check_first_screen(program, f"cannot be reached: {heading}", said, advice)
    assert "BatchMode=yes" in (tmp_path / "words").read_text()


def test_a_host_that_cannot_be_reached_leaves_the_others_alone(lab: PrivateLibvirtd, sleeper: Guest, tmp_path: Path) -> None:
    with Program("foo:///", lab.uri, home=tmp_path) as program:
        program.await_row("sleeper", "● running")
        program.wait_for("1 not connected|foo:///.*not connected")
        program.quit()


def test_a_daemon_that_is_started_later_is_reached_by_itself(tmp_path: Path) -> None:
    with PrivateLibvirtd("late") as lab:
        lab.kill()
        with Program(lab.test_uri(), home=tmp_path) as program:
            program.wait_for("cannot be reached: not running")
            lab.restart()
            program.await_row("test", "● running")
            program.quit()
