"""The lines around every screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from textual.content import Content

from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.host import HostFacts, HostLoad, HostSnapshot, HostView, Link
from kvmtui.ui.widgets.frame import key_name, spread
from kvmtui.ui.widgets.host_summary import summary
from tests.fakes import domain

CLOCK = 1000.0
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FACTS = HostFacts("qemu:///system", "kvm01", "QEMU", "9.0.0", "7.2.0", cpus=16, memory=64 * 2**30)
LOAD = HostLoad(0.23, (0.1, 0.2, 0.23), 26 * 2**30, 64 * 2**30, (0.4, 0.41))


def view(link: Link = Link.UP, age: float = 0) -> HostView:
    guests = (domain("web", vcpus=40, memory_maximum=96 * 2**30), domain("db", vcpus=8, memory_maximum=2**30))
    failure = None if link is Link.UP else Failure(FailureKind.CONNECTION, "reach it", "gone")
    return HostView("qemu:///system", link, NOW - timedelta(seconds=age), FACTS, HostSnapshot(guests, CLOCK - age, LOAD), failure)


def row(shown: HostView, width: int) -> str:
    return Content.assemble(*summary(shown, width, NOW, CLOCK)).plain


def test_a_wide_header_tells_name_uri_load_overcommit_and_counts() -> None:
    text = row(view(), 160)
    overcommit = ("vCPU 48 on 16 (3.0×)", "memory 1.5×")
    for piece in ("kvm01 · qemu:///system", "CPU ", " 23%", "26.0/64.0 GiB", *overcommit, "2 of 2 running"):
        assert piece in text


@pytest.mark.parametrize("width", range(0, 170, 7))
def test_a_header_never_is_wider_than_its_row(width: int) -> None:
    for link in Link:
        assert len(row(view(link, 12), width)) <= width


def test_a_lost_host_says_for_how_long_even_where_room_is_scarce() -> None:
    assert "connection lost for 12s" in row(view(Link.LOST, 12), 60)


def test_the_right_side_goes_when_there_is_no_room() -> None:
    assert Content.assemble(*spread([("left", "")], [("right", "")], 11)).plain == "left  right"
    assert Content.assemble(*spread([("left", "")], [("right", "")], 9)).plain == "left"


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("question_mark", "?"),
        ("ctrl+p", "Ctrl-P"),
        ("f5", "F5"),
        ("ctrl+@", "Ctrl-Space"),
        ("S", "S"),
        ("pageup", "PgUp"),
    ],
)
def test_keys_are_named_as_keyboards_name_them(key: str, name: str) -> None:
    assert key_name(key) == name
