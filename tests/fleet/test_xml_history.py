"""The XMLs that edits replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvmtui.fleet.xml_history import KEPT, XmlHistory

UUID = "95ab045b-a1d7-4856-ac96-1a1617de6d2c"


async def test_the_newest_that_differs_comes_back(tmp_path: Path) -> None:
    history = XmlHistory(tmp_path / "a" / "b")
    assert await history.newest(UUID, "") is None
    for xml in ("one", "two", "three"):
        await history.keep(UUID, xml)
    assert await history.newest(UUID, "now") == "three"
    assert await history.newest(UUID, "three") == "two"


async def test_only_the_user_can_read_them(tmp_path: Path) -> None:
    path = await XmlHistory(tmp_path / "xml-history").keep(UUID, "secret")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == path.parent.parent.stat().st_mode & 0o777 == 0o700


async def test_the_oldest_go_and_repetitions_do_not_count(tmp_path: Path) -> None:
    history = XmlHistory(tmp_path)
    for number in range(KEPT + 5):
        await history.keep(UUID, f"xml {number}")
        await history.keep(UUID, f"xml {number}")
    texts = [path.read_text() for path in sorted((tmp_path / UUID).iterdir())]
    assert texts == [f"xml {number}" for number in range(5, KEPT + 5)]


async def test_a_name_that_is_no_uuid_makes_no_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="UUID"):
        await XmlHistory(tmp_path).keep("../../etc", "x")
