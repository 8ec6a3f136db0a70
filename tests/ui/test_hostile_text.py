"""Whatever a host's names are, the screen keeps its shape and the terminal gets nothing to obey."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from kvmtui.model.detail import DiskUse, DomainDetail, NicUse
from kvmtui.model.domain import Domain
from kvmtui.text import printable
from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.table import Table
from tests.fakes import domain, key_of, wait_until
from tests.golden import assert_fills_the_terminal, screen_lines
from tests.ui.domains_app import host_of, running_app

HOSTILE = (
    "[bold red]web[/]",
    "vm[/foo]x",
    "[@click=app.exit]web[/]",
    "disk[0] [$error] [50%] \\",
    "a\x1b[31mb\x1b]0;PWNED\x07c",
    "c1 \x9b31m \x90q\x9c",
    "two\nlines\r\tand a tab",
    "right \u202e to left \u2066 isolate",
    "عربي عبري עברית",
    "x" * 300,
    "日本語の名前の仮想マシン" * 5,
    "👩‍👩‍👧‍👦 family 🇩🇪 flag ❤️ heart 👍🏽",
    "z\u0301\u0302\u0303\u0304 a\u200bb\u200d\ufeff",
    "\ud800 lone \ue000 private \U0010ffff",
    "   ",
    "%s {0} $HOME `id` ; rm -rf",
)


def hostile_domains() -> list[Domain]:
    """Return domains as the backend would make them of hostile names: the text is printable, nothing more."""
    return [
        replace(
            domain(f"{number:02}"),
            name=printable(name),
            title=printable(name),
            tags=(printable(name),),
            reason=printable(name),
            addresses=(printable(name), "10.0.0.1"),
            job=printable(name) if number % 2 else "",
            problem=printable(name),
        )
        for number, name in enumerate(HOSTILE)
    ]


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (40, 12)])
async def test_hostile_names_keep_the_columns_under_each_other(size: tuple[int, int]) -> None:
    host = host_of(*hostile_domains(), hostname=printable(HOSTILE[4]))
    async with running_app(host, size=size) as (app, pilot):
        assert_fills_the_terminal(app)
        for _ in HOSTILE:
            await wait_until(lambda: host.interest.selected is not None)
            host.feed_detail(hostile_detail(str(host.interest.selected)))
            await pilot.press("down")
            await pilot.pause(0.12)
            assert_fills_the_terminal(app)


@pytest.mark.parametrize("keys", ["y", "vertical_line", "f", "z", "space", "right right right", "slash [ b o l d ]", "m"])
async def test_hostile_names_harm_no_dialog(keys: str) -> None:
    async with running_app(host_of(*hostile_domains())) as (app, pilot):
        await pilot.press(*keys.split())
        await pilot.pause()
        assert_fills_the_terminal(app)
        assert app.is_running


def hostile_detail(uuid: str) -> DomainDetail:
    names = [printable(name) for name in HOSTILE]
    return DomainDetail(
        key_of("00")._replace(uuid=uuid),
        taken=1.0,
        disks=tuple(DiskUse(name, "disk", name, name, 1, 1) for name in names[:3]),
        nics=tuple(NicUse(name, name, name, name, addresses=(name,)) for name in names[3:5]),
        machine=names[0],
        firmware=names[1],
        displays=(names[2],),
        unusual=(names[10], names[11]),
    )


async def test_a_table_lets_nothing_through_that_nobody_cleaned() -> None:
    rows = [replace(domain(f"{number:02}"), name=name) for number, name in enumerate(HOSTILE)]
    columns = [
        Column[Domain]("name", "NAME", 12, lambda row: row.name),
        Column[Domain]("right", "RIGHT", 7, lambda row: row.name, align="right"),
        Column[Domain]("uuid", "UUID", 36, lambda row: row.key.uuid),
    ]

    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield Table(columns, empty_text=str(Content("nothing")))

        def on_mount(self) -> None:
            self.query_one(Table).show(rows)

    app = Bare()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert_fills_the_terminal(app)
        for row, line in zip(rows, screen_lines(app)[1:], strict=False):
            assert row.key.uuid in line
