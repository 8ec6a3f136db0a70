from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from kvmtui.app import KvmtuiApp
from kvmtui.config import Config
from kvmtui.model.detail import DiskUse, DomainDetail, NicUse, VcpuUse
from kvmtui.model.domain import DomainState
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.ui.screens.domains import DomainsScreen
from kvmtui.ui.widgets.table import SortOrder
from tests.fakes import GIB, domain, wait_until
from tests.golden import assert_golden, screen_lines, screen_text
from tests.ui.domains_app import host_of, running_app, shown_names, some_domains, table_of

DETAIL = DomainDetail(
    some_domains()[0].key,
    taken=1000.0,
    disks=(
        DiskUse("vda", "disk", "/images/centos7.qcow2", "qcow2", 40 * GIB, 12 * GIB, 12_000.0, 0.0, read_latency=0.0004),
        DiskUse("sda", "cdrom", ""),
    ),
    nics=(NicUse("vnet0", "network", "default", "52:54:00:1c:22:7a", received=1_200.0, sent=0.0, addresses=("192.168.122.41",)),),
    vcpus=(VcpuUse(0, busy=0.3, steal=0.01),),
    machine="q35",
    firmware="UEFI",
    displays=("vnc 127.0.0.1:5900",),
    unusual=("The persistent definition differs from the running one.",),
)


async def test_the_domains_of_a_host_are_listed_by_name() -> None:
    async with running_app(host_of(*some_domains())) as (app, _):
        assert shown_names(app) == ["centos7", "db01", "debian-ci-02", "debian-ci-10", "old", "stuck", "Win11"]


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (120, 30)])
async def test_the_screen_looks_as_recorded(size: tuple[int, int]) -> None:
    host = host_of(*some_domains())
    async with running_app(host, size=size) as (app, pilot):
        await wait_until(lambda: host.interest.selected == DETAIL.key.uuid)
        host.feed_detail(DETAIL)
        await wait_until(lambda: size == (80, 24) or "UEFI" in screen_text(app))
        await wait_until(lambda: "steal" in screen_text(app) or size == (80, 24))
        await pilot.pause()
        assert_golden(app, f"domains_{size[0]}x{size[1]}")


async def test_a_small_terminal_shows_fourteen_rows_and_more() -> None:
    many = [domain(f"vm{number:02}") for number in range(40)]
    async with running_app(host_of(*many), size=(80, 24)) as (app, _):
        assert sum("● running" in line for line in screen_lines(app)) >= 14


# Filter


async def test_the_filter_applies_with_every_letter_and_escape_clears_it() -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        await pilot.press("slash", *"debian")
        assert shown_names(app) == ["debian-ci-02", "debian-ci-10"]
        assert "2/7" in screen_text(app)
        await pilot.press("escape")
        assert len(shown_names(app)) == 7
        assert app.focused is table_of(app)


async def test_enter_keeps_the_filter_and_escape_removes_marks_first_and_then_the_filter() -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        await pilot.press("slash", *"state:running", "enter", "space")
        assert shown_names(app) == ["centos7", "debian-ci-02", "stuck"]
        await pilot.pause()
        assert "1 marked  state:running  3/7" in screen_lines(app)[1]
        await pilot.press("escape")
        assert not table_of(app).marks
        assert len(shown_names(app)) == 3
        await pilot.press("escape")
        assert len(shown_names(app)) == 7
        await pilot.press("escape")
        assert isinstance(app.screen, DomainsScreen)


async def test_a_filter_is_pasted_whole() -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        await pilot.press("slash")
        from textual.events import Paste

        assert app.focused is not None
        app.focused.post_message(Paste("tag:prod debian"))
        await pilot.pause()
        assert shown_names(app) == ["debian-ci-02"]


async def test_a_wrong_field_is_told_while_it_is_typed() -> None:
    async with running_app(host_of(*some_domains()), size=(120, 30)) as (app, pilot):
        await pilot.press("slash", *"cpu>fast")
        await pilot.pause()
        assert "cpu> needs a percentage, for example cpu>50" in screen_text(app)
        assert len(shown_names(app)) == 7


async def test_letters_in_the_filter_are_no_commands() -> None:
    host = host_of(*some_domains())
    async with running_app(host) as (app, pilot):
        await pilot.press("slash", *"sSDrqj")
        await pilot.pause()
        assert app.is_running
        assert host.methods_called() == []
        assert "None of 7 domains matches sSDrqj" in screen_text(app)


async def test_a_preset_filters_as_virsh_list_does() -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        await pilot.press("f")
        await pilot.press(*"inactive", "enter")
        await pilot.pause()
        assert shown_names(app) == ["db01", "old"]


# Order


async def test_the_order_is_chosen_by_keys_and_remembered() -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        await pilot.press("greater_than_sign", "greater_than_sign")
        assert shown_names(app)[:2] == ["centos7", "debian-ci-02"]
        assert table_of(app).sort == SortOrder("cpu", is_descending=True)
        assert app.memory.get("domains.sort") == ["cpu", True]
        await pilot.press("exclamation_mark")
        assert table_of(app).sort == SortOrder("cpu", is_descending=False)


async def test_an_order_by_live_values_stays_calm_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("kvmtui.ui.domain_rows.monotonic", lambda: now[0])
    one, other = domain("one", cpu=0.9), domain("other", cpu=0.1)
    host = host_of(one, other)
    async with running_app(host) as (app, pilot):
        await pilot.press("greater_than_sign", "greater_than_sign")
        swapped = (replace(one, cpu=0.2), replace(other, cpu=0.8))
        host.feed(*swapped)
        await wait_until(lambda: table_of(app).rows[0].cpu == 0.2)
        assert shown_names(app) == ["one", "other"]
        now[0] += 10
        host.feed(*swapped)
        await wait_until(lambda: shown_names(app) == ["other", "one"])


# What actions are done to


def recorded(app: KvmtuiApp, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    asked: list[tuple[str, list[str]]] = []

    async def perform(action_id: str, domains: list[object]) -> None:
        asked.append((action_id, [getattr(one, "name", "") for one in domains]))

    monkeypatch.setattr(app, "perform", perform)
    return asked


async def test_an_action_goes_to_the_row_under_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        asked = recorded(app, monkeypatch)
        await pilot.press("down", "s")
        assert asked == [("domain.start", ["db01"])]


async def test_an_action_goes_to_all_marked_rows_that_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        asked = recorded(app, monkeypatch)
        await pilot.press("space", "space", "space", "slash", *"debian", "enter", "S")
        assert asked == [("domain.shut_down", ["debian-ci-02"])]
        await pilot.pause()
        assert "3 marked (2 hidden)" in screen_text(app)


async def test_the_shared_key_pauses_what_runs_and_resumes_what_is_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        asked = recorded(app, monkeypatch)
        await pilot.press("p", "down", "down", "down", "p")
        assert asked == [("domain.suspend", ["centos7"]), ("domain.resume", ["debian-ci-10"])]


async def test_a_key_that_does_not_apply_says_why() -> None:
    host = host_of(*some_domains())
    async with running_app(host, size=(120, 30)) as (app, pilot):
        await pilot.press("s")
        await wait_until(lambda: app.messages)
        assert "centos7" in app.messages[-1].text or "running" in app.messages[-1].text
        assert "start" not in host.methods_called()


async def test_actions_that_write_are_hidden_in_a_read_only_session() -> None:
    async with running_app(host_of(*some_domains()), config=Config(read_only=True)) as (app, _):
        assert app.screen.check_action("perform", ("domain.start",)) is False
        assert app.screen.check_action("perform", ("domain.dump_xml",)) is True


async def test_the_cursor_stays_with_its_domain_when_others_come_and_go() -> None:
    host = host_of(*some_domains())
    async with running_app(host) as (app, pilot):
        await pilot.press("down", "down")
        host.feed(*(one for one in some_domains() if one.name != "centos7"), domain("aaa"), domain("bbb"))
        await wait_until(lambda: "aaa" in shown_names(app))
        row = table_of(app).cursor_row
        assert row is not None
        assert row.name == "debian-ci-02"


async def test_a_domain_that_is_gone_loses_its_mark() -> None:
    host = host_of(domain("a"), domain("b"))
    async with running_app(host) as (app, pilot):
        await pilot.press("space")
        host.feed(domain("b"))
        await wait_until(lambda: shown_names(app) == ["b"])
        host.feed(domain("a"), domain("b"))
        await wait_until(lambda: shown_names(app) == ["a", "b"])
        assert not table_of(app).marks


# Several hosts, lost hosts


async def test_the_host_column_appears_with_a_second_host() -> None:
    one = host_of(domain("a"))
    other = host_of(domain("b", host="fake:///two"), key="fake:///two", hostname="kvm02")
    async with running_app(one) as (app, _):
        assert "HOST" not in screen_lines(app)[2]
    async with running_app(one, other) as (app, pilot):
        await wait_until(lambda: shown_names(app) == ["a", "b"])
        await pilot.pause()
        assert "HOST" in screen_lines(app)[2]
        assert "kvm02" in screen_lines(app)[4]


async def test_the_rows_of_a_lost_host_stay_and_are_dimmed() -> None:
    host = host_of(*some_domains())
    async with running_app(host) as (app, pilot):
        host.lose(Failure(FailureKind.CONNECTION, "read kvm01", "connection reset"))
        await wait_until(lambda: "connection lost" in screen_text(app))
        await pilot.pause()
        assert len(shown_names(app)) == 7
        stale = table_of(app).get_component_rich_style("table--stale").color
        line = app.screen._compositor.render_strips()[4]
        assert {segment.style.color for segment in line if segment.style and segment.text.strip()} >= {stale}


async def test_an_empty_host_says_so() -> None:
    async with running_app(host_of()) as (app, pilot):
        await wait_until(lambda: "There are no domains on kvm01." in screen_text(app))
        await pilot.press("s", "enter", "m", "y", "space")
        assert isinstance(app.screen, DomainsScreen)


# What the host is told


async def test_the_fleet_is_told_what_is_looked_at_once_the_cursor_rests() -> None:
    many = [domain(f"vm{number:03}") for number in range(100)]
    host = host_of(*many)
    async with running_app(host, size=(80, 24)) as (app, pilot):
        await wait_until(lambda: host.interest.selected == many[0].key.uuid)
        await pilot.press("down", "down")
        await wait_until(lambda: host.interest.selected == many[2].key.uuid)
        await pilot.press("G")
        await wait_until(lambda: host.interest.selected == many[99].key.uuid)
        assert many[99].key.uuid in host.interest.visible
        assert many[0].key.uuid not in host.interest.visible
        assert len(host.interest.visible) == table_of(app).page


# Pane, columns, copy, save


async def test_the_pane_folds_away_and_that_is_remembered() -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        pane = app.screen.query_one("#pane")
        assert pane.display
        await pilot.press("z")
        assert not pane.display
        assert app.memory.get("domains.pane") is False
        await pilot.press("z")
        assert pane.display


async def test_the_pane_is_folded_on_a_low_terminal_until_it_is_asked_for() -> None:
    async with running_app(host_of(*some_domains()), size=(80, 24)) as (app, pilot):
        assert not app.screen.query_one("#pane").display
        await pilot.press("z")
        await wait_until(lambda: "centos7" in screen_lines(app)[13])


async def test_columns_are_chosen_moved_and_widened() -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        await pilot.press("vertical_line")
        await pilot.press("down", "down", "space", "up", "plus", "plus", "J", "enter")
        await pilot.pause()
        ids = [column.id for column in table_of(app).columns]
        assert "cpu" not in ids
        assert ids[:3] == ["name", "state", "mem"]
        assert table_of(app).columns[1].width == 16
        assert app.memory.get("domains.widths") == {"state": 16}
        await pilot.press("vertical_line", "0", "enter")
        await pilot.pause()
        assert [column.id for column in table_of(app).columns][:3] == ["name", "state", "cpu"]


async def test_the_name_column_can_neither_be_hidden_nor_moved() -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        await pilot.press("vertical_line", "space", "J", "down", "K", "enter")
        await pilot.pause()
        assert [column.id for column in table_of(app).columns][:2] == ["name", "state"]


async def test_names_uuids_and_addresses_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        copied: list[str] = []
        monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
        await pilot.press("y", "enter")
        await pilot.press("y", *"uuid", "enter")
        await pilot.press("space", "space", "y", *"addr", "enter")
        await pilot.pause()
        assert copied == ["centos7", some_domains()[0].key.uuid, "192.168.122.41"]


@pytest.mark.parametrize("suffix", ["csv", "json"])
async def test_the_rows_are_saved_to_a_file(suffix: str, tmp_path: Path) -> None:
    target = tmp_path / f"rows.{suffix}"
    async with running_app(host_of(*some_domains())) as (app, pilot):
        await pilot.press("slash", *"debian", "enter", "ctrl+s")
        await wait_until(lambda: app.screen.query("#field-value"))
        field = app.screen.query_one("#field-value")
        field.value = str(target)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await wait_until(lambda: app.messages)
        assert "2 rows saved" in app.messages[-1].text
    content = await asyncio.get_running_loop().run_in_executor(None, target.read_text)
    if suffix == "json":
        rows = json.loads(content)
        assert [row["name"] for row in rows] == ["debian-ci-02", "debian-ci-10"]
        assert rows[1]["state"] == "‖ paused: I/O error"
    else:
        assert content.splitlines()[0].startswith("name,state,cpu,mem")


async def test_what_is_being_done_is_said_in_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running_app(host_of(*some_domains())) as (app, pilot):
        key = some_domains()[3].key
        monkeypatch.setattr(app.tasks, "activity", lambda asked: "starting…" if asked == key else "")
        app.screen.fleet_changed()  # type: ignore[attr-defined]
        await pilot.pause()
        assert "○ starting…" in screen_lines(app)[4]


async def test_a_domain_that_comes_back_in_another_state_is_drawn_anew() -> None:
    host = host_of(*some_domains())
    async with running_app(host) as (app, pilot):
        host.feed(*(replace(one, state=DomainState.RUNNING) if one.name == "db01" else one for one in some_domains()))
        await wait_until(lambda: "● running" in screen_lines(app)[4])
        await pilot.pause()
