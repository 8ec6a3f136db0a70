"""The XMLs that edits replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvmtui.fleet.xml_history import KEPT, XmlHistory
from kvmtui.model.key import Key

KEY = Key("test:///one", "95ab045b-a1d7-4856-ac96-1a1617de6d2c")


def kept(directory: Path) -> list[str]:
    return [path.read_text() for path in sorted(directory.rglob("*.xml"), key=lambda path: path.name)]


async def test_the_newest_that_differs_comes_back(tmp_path: Path) -> None:
    history = XmlHistory(tmp_path / "a" / "b")
    assert await history.newest(KEY, "") is None
    for xml in ("one", "two", "three"):
        await history.keep(KEY, xml)
    assert await history.newest(KEY, "now") == "three"
    assert await history.newest(KEY, "three") == "two"


async def test_only_the_user_can_read_them(tmp_path: Path) -> None:
    path = await XmlHistory(tmp_path / "xml-history").keep(KEY, "secret")
    assert path.stat().st_mode & 0o777 == 0o600
    folders = list(path.parents)[: list(path.parents).index(tmp_path)]
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700] * 3


async def test_the_oldest_go_and_repetitions_do_not_count(tmp_path: Path) -> None:
    history = XmlHistory(tmp_path)
    for number in range(KEPT + 5):
        await history.keep(KEY, f"xml {number}")
        await history.keep(KEY, f"xml {number}")
    assert kept(tmp_path) == [f"xml {number}" for number in range(5, KEPT + 5)]


async def test_a_name_that_is_no_uuid_makes_no_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="UUID"):
        await XmlHistory(tmp_path).keep(Key("test:///one", "../../etc"), "x")


async def test_a_draft_is_kept_but_is_no_xml_to_go_back_to(tmp_path: Path) -> None:
    history = XmlHistory(tmp_path)
    await history.keep(KEY, "applied")
    path = await history.keep(KEY, "draft", is_draft=True)
    assert path.read_text() == "draft"
    assert await history.newest(KEY, "now") == "applied"


async def test_domains_with_one_uuid_on_two_hosts_have_their_own(tmp_path: Path) -> None:
    history = XmlHistory(tmp_path)
    await history.keep(KEY, "here")
    there = Key("qemu+ssh://other/system?a=/b", KEY.uuid)
    assert await history.newest(there, "") is None
    await history.keep(there, "there")
    assert await history.newest(KEY, "") == "here"
    assert kept(tmp_path) == ["here", "there"]
