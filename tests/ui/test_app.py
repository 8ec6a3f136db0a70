"""The whole app over hosts in memory: views, messages, help, palette, command line, themes, what cannot be reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot

from kvmtui.app import KvmtuiApp
from kvmtui.config import THEMES, Config
from kvmtui.fleet.memory import Memory
from kvmtui.model.domain import DomainState
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.host import Link
from kvmtui.ui import themes
from kvmtui.ui.palette import DeskCommands
from kvmtui.ui.screens.domain import DomainScreen
from kvmtui.ui.screens.domains import DomainsScreen
from kvmtui.ui.screens.help import HelpScreen
from kvmtui.ui.screens.journal import JournalScreen
from kvmtui.ui.screens.messages import MessagesScreen
from kvmtui.ui.screens.tasks import TasksScreen
from kvmtui.ui.screens.unreachable import UnreachableScreen
from tests.fakes import FakeHost, domain, wait_until
from tests.ui.desk_app import screen_text

REFUSED = Failure(FailureKind.NOT_RUNNING, "connect", "Connection refused.", "Start it: systemctl start libvirtd.socket")


class DeadHost(FakeHost):
    """A host that cannot be reached until it is told to come up."""

    async def run(self, listener) -> None:  # type: ignore[no-untyped-def]
        self.listener = listener
        listener.connecting()
        listener.lost(REFUSED)


@asynccontextmanager
async def running(*hosts: FakeHost, size: tuple[int, int] = (120, 30), **options: object) -> AsyncIterator[Pilot[None]]:
    app = KvmtuiApp(hosts or (FakeHost(domains=(domain("web"), domain("db"))),), Config(theme="dark"), **options)  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot


def app_of(pilot: Pilot[None]) -> KvmtuiApp:
    assert isinstance(pilot.app, KvmtuiApp)
    return pilot.app


async def test_digits_switch_between_the_views_and_q_leads_back_to_the_domains() -> None:
    async with running() as pilot:
        tasks, journal, domains = ("5", TasksScreen), ("6", JournalScreen), ("1", DomainsScreen)
        for key, screen in (tasks, journal, domains, journal, ("q", DomainsScreen)):
            await pilot.press(key)
            await pilot.pause()
            assert isinstance(pilot.app.screen, screen)


async def test_an_opened_domain_is_still_open_after_a_look_at_another_view() -> None:
    async with running() as pilot:
        await pilot.press("enter")
        await pilot.pause()
        opened = pilot.app.screen
        await pilot.press("5")
        await pilot.press("1")
        await pilot.pause()
        assert pilot.app.screen is opened


async def test_a_host_that_cannot_be_reached_is_explained_and_the_table_comes_with_the_connection() -> None:
    host = DeadHost(key="qemu:///system")
    async with running(host) as pilot:
        await pilot.pause(0.1)
        assert isinstance(pilot.app.screen, UnreachableScreen)
        text = screen_text(pilot.app)
        assert "Connection refused." in text
        assert "systemctl start libvirtd.socket" in text
        assert host.listener is not None
        host.listener.connected(host.facts)
        host.feed(domain("web"))
        await pilot.pause(0.1)
        assert isinstance(pilot.app.screen, DomainsScreen)
        assert "web" in screen_text(pilot.app)


async def test_the_demo_takes_the_place_of_what_cannot_be_reached() -> None:
    made: list[str] = []

    def make(uri: str, is_read_only: bool) -> FakeHost:
        made.append(uri)
        return FakeHost(key=uri, domains=(domain("demo-vm", host=uri),))

    async with running(DeadHost(key="qemu:///system"), make_host=make, demo="test:///demo.xml") as pilot:
        await pilot.pause(0.1)
        await pilot.press("d")
        await pilot.pause(0.1)
        assert made == ["test:///demo.xml"]
        assert [view.key for view in app_of(pilot).fleet.views] == ["test:///demo.xml"]
        assert "demo-vm" in screen_text(pilot.app)


async def test_a_lost_host_keeps_its_rows_and_says_so() -> None:
    host = FakeHost(domains=(domain("web"),))
    async with running(host) as pilot:
        host.lose(Failure(FailureKind.CONNECTION, "stay connected", "The daemon was stopped."))
        await pilot.pause(0.1)
        assert app_of(pilot).fleet.views[0].link is Link.LOST
        text = screen_text(pilot.app)
        assert "connection lost" in text
        assert "web" in text


@pytest.mark.parametrize("key", ["question_mark", "f1"])
async def test_help_lists_the_keys_of_the_screen_that_it_is_asked_on(key: str) -> None:
    async with running(size=(120, 60)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("slash", *"power off")
        await pilot.pause()
        assert "Pull the plug" in screen_text(pilot.app)


async def test_the_help_shows_the_keys_that_the_user_chose() -> None:
    from kvmtui.keys import validated

    app = KvmtuiApp([FakeHost()], Config(theme="dark", keys=validated({"domain.start": ["f8"]})))
    async with app.run_test(size=(120, 80)) as pilot:
        await pilot.press("question_mark")
        await pilot.press("slash", *"restore from")
        await pilot.pause()
        assert "F8" in screen_text(pilot.app)


async def test_messages_are_kept_and_shown() -> None:
    async with running() as pilot:
        app_of(pilot).say("The first.")
        app_of(pilot).say("[bold]Not markup[/] and\nmore lines.", "error")
        await pilot.press("f12")
        await pilot.pause()
        assert isinstance(pilot.app.screen, MessagesScreen)
        text = screen_text(pilot.app)
        assert "The first." in text
        assert "[bold]Not markup[/] and" in text
        assert "more lines." in text


async def test_the_palette_finds_actions_and_domains() -> None:
    async with running() as pilot:
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert isinstance(pilot.app.screen, CommandPalette)
        await pilot.press(*"web")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await pilot.pause(0.3)
        assert "web" in screen_text(pilot.app)
        assert not isinstance(pilot.app.screen, CommandPalette | DomainsScreen)


async def test_the_palette_does_what_it_names_though_a_key_means_that_and_its_opposite() -> None:
    host = FakeHost(domains=(domain("web"),))
    async with running(host) as pilot:
        actions = dict(DeskCommands(pilot.app.screen)._actions())
        await actions["domain.resume"]()
        await pilot.pause()
        assert app_of(pilot).messages[-1].text == "resume web: it is not paused."
        assert "suspend" not in host.methods_called()


async def test_the_key_for_pausing_resumes_an_opened_domain_that_is_paused() -> None:
    host = FakeHost(domains=(domain("web", state=DomainState.PAUSED),))
    async with running(host) as pilot:
        await pilot.press("enter")
        await wait_until(lambda: isinstance(pilot.app.screen, DomainScreen))
        await pilot.press("p")
        await wait_until(lambda: "resume" in host.methods_called())


async def test_a_command_typed_in_one_burst_is_obeyed() -> None:
    host = FakeHost(domains=(domain("web"), domain("db", state=DomainState.SHUT_OFF)))
    async with running(host) as pilot:
        await pilot.press("colon", *"start db", "enter")
        await pilot.pause(0.2)
        assert [name for name in host.methods_called() if name == "start"] == ["start"]


async def test_an_unknown_command_is_said() -> None:
    async with running() as pilot:
        await pilot.press("colon", *"fly", "enter")
        await pilot.pause()
        assert app_of(pilot).messages[-1].text == 'There is no command "fly"; Tab lists them.'


async def test_every_theme_can_be_chosen_and_the_choice_is_remembered() -> None:
    memory = Memory(None)
    async with running(memory=memory) as pilot:
        for _ in THEMES:
            app_of(pilot).action_app_theme()
            await pilot.pause()
        assert memory.get("theme") == "dark"
        assert set(THEMES) == {themes.name_of(f"kvmtui-{name}") for name in THEMES}


async def test_read_only_takes_the_writing_actions_away_and_reconnects() -> None:
    made: list[bool] = []

    def make(uri: str, is_read_only: bool) -> FakeHost:
        made.append(is_read_only)
        return FakeHost(key=uri, domains=(domain("web"),))

    host = FakeHost(domains=(domain("web"),))
    async with running(host, make_host=make) as pilot:
        app_of(pilot).action_app_read_only()
        await pilot.pause(0.1)
        assert made == [True]
        assert host.is_closed
        await pilot.press("s")
        await pilot.pause()
        assert "start" not in host.methods_called()
        assert app_of(pilot).is_read_only
