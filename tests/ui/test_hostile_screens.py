"""Every screen and every dialog over a host whose every text is hostile: nothing crashes, is obeyed, or loses its place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from kvmtui.app import KvmtuiApp
from kvmtui.config import Config
from kvmtui.fleet.task import TaskState
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.ui.dialogs.columns import ColumnsDialog
from kvmtui.ui.dialogs.confirm import ConfirmDialog, TypedPhraseDialog
from kvmtui.ui.dialogs.failure import FailureDialog
from kvmtui.ui.dialogs.form import FormDialog, PromptDialog
from kvmtui.ui.dialogs.menu import MenuDialog
from kvmtui.ui.dialogs.pick import Choice, ChoiceDialog
from kvmtui.ui.dialogs.plan import PlanDialog
from kvmtui.ui.dialogs.xml_changes import ChangesDialog, ChoiceOfThree
from kvmtui.ui.screens.command_line import CommandLine
from kvmtui.ui.screens.connect import ConnectScreen
from kvmtui.ui.screens.domain import DomainScreen
from kvmtui.ui.screens.domains import DomainsScreen
from kvmtui.ui.screens.journal import JournalScreen
from kvmtui.ui.screens.messages import MessagesScreen
from kvmtui.ui.screens.tasks import TasksScreen
from kvmtui.ui.screens.unreachable import UnreachableScreen
from kvmtui.ui.screens.xml_editor import XmlArea, XmlEditor
from tests.fakes import FakeHost, wait_until
from tests.golden import screen_text
from tests.ui.hostile import MARKUP, RAW, URI, HostileHost, assert_harmless, hostile_app, hostile_domains

LITERAL = MARKUP[:16]
RUNNING, PAUSED, OFF = hostile_domains()
Walk = Callable[[KvmtuiApp, Pilot[None], HostileHost], Awaitable[None]]


def keys(*pressed: str) -> Walk:
    """Return the way that these keys lead."""

    async def walk(_app: KvmtuiApp, pilot: Pilot[None], _host: HostileHost) -> None:
        for key in pressed:
            await pilot.press(key)

    return walk


def typed(*before: str) -> Walk:
    """Return the way to a field into which something hostile is pasted."""

    async def walk(app: KvmtuiApp, pilot: Pilot[None], _host: HostileHost) -> None:
        await pilot.press(*before)
        await wait_until(lambda: isinstance(app.focused, Input))
        app.post_message(events.Paste(RAW.replace("\ud800", "")))
        await wait_until(lambda: isinstance(app.focused, Input) and LITERAL in app.focused.value)

    return walk


def action(action_id: str, *then: str) -> Walk:
    """Return the way to what an action asks of the stopped domain."""

    async def walk(app: KvmtuiApp, pilot: Pilot[None], _host: HostileHost) -> None:
        await app.perform(action_id, [OFF])
        await wait_until(lambda: len(app.screen_stack) > 1)
        await pilot.press(*then)

    return walk


def pushed(make: Callable[[], Screen[Any]]) -> Walk:
    """Return the way to a screen that is opened by itself."""

    async def walk(app: KvmtuiApp, _pilot: Pilot[None], _host: HostileHost) -> None:
        app.push_screen(make())

    return walk


def opened(*pressed: str) -> Walk:
    """Return the way to a tab of the running domain."""

    async def walk(app: KvmtuiApp, pilot: Pilot[None], _host: HostileHost) -> None:
        screen = DomainScreen(RUNNING.key)
        await app.push_screen(screen)
        await wait_until(lambda: screen.has_read)
        for key in pressed:
            await pilot.press(key)

    return walk


async def fail(app: KvmtuiApp, pilot: Pilot[None], _host: HostileHost) -> None:
    """Let an action fail with a hostile error."""
    await app.perform("domain.start", [OFF])
    await wait_until(lambda: any(task.state is TaskState.FAILED for task in app.tasks.all))
    await pilot.press("5")
    await wait_until(lambda: isinstance(app.screen, TasksScreen) and app.screen._table.rows)


async def journal(app: KvmtuiApp, pilot: Pilot[None], _host: HostileHost) -> None:
    """Look at what the failed action left in the journal."""
    await pilot.press("escape", "6")
    await wait_until(lambda: isinstance(app.screen, JournalScreen) and app.screen._table.rows)


async def message(app: KvmtuiApp, pilot: Pilot[None], _host: HostileHost) -> None:
    """Let the lowest line say something hostile."""
    app.say(RAW, "error")


async def messages(app: KvmtuiApp, pilot: Pilot[None], _host: HostileHost) -> None:
    """Read what was said."""
    app.say(RAW, "warning")
    await pilot.press("f12")


async def edit(app: KvmtuiApp, pilot: Pilot[None], _host: HostileHost) -> None:
    """Edit hostile XML."""
    await app.push_screen(DomainScreen(RUNNING.key))
    await pilot.press("e")
    await wait_until(lambda: isinstance(app.screen, XmlEditor))


async def change(app: KvmtuiApp, pilot: Pilot[None], host: HostileHost) -> None:
    """Look at the difference before it is applied."""
    await edit(app, pilot, host)
    area = app.screen.query_one(XmlArea)
    area.text = area.text.replace("<name>", "<title>changed \x9b31m</title><name>", 1)
    await pilot.press("ctrl+s")


async def refuse(app: KvmtuiApp, pilot: Pilot[None], host: HostileHost) -> None:
    """Read under the editor why it was refused."""
    await edit(app, pilot, host)
    app.screen._show_failure(host.failures["define"])  # type: ignore[attr-defined]


async def lose(app: KvmtuiApp, _pilot: Pilot[None], host: HostileHost) -> None:
    """Lose the connection with a hostile error."""
    host.lose(Failure(FailureKind.CONNECTION, RAW, RAW, RAW))


CHOICES = [Choice(str(number), RAW, "x", "" if number else RAW, RAW, RAW) for number in range(3)]
Step = tuple[Walk, type[Screen[Any]]]
WAYS: dict[str, list[Step]] = {
    "the table, its further columns, marks": [
        (keys(), DomainsScreen), (keys(*["right"] * 12), DomainsScreen), (keys("A"), DomainsScreen), (keys("z"), DomainsScreen),
    ],
    "a message, the messages, a lost host": [
        (message, DomainsScreen), (keys("f12"), MessagesScreen), (keys("escape"), DomainsScreen), (lose, DomainsScreen),
    ],
    "the filter": [(typed("slash"), DomainsScreen)],
    "the menu, what can be copied, the columns": [
        (keys("m"), MenuDialog), (keys("escape", "y"), ChoiceDialog), (keys("escape", "vertical_line"), ColumnsDialog),
    ],
    "a confirmation, a plan": [(keys("D"), ConfirmDialog), (keys("n", "A", "D"), PlanDialog)],
    "forms for title, description and tags": [
        (action("domain.set_title"), FormDialog), (keys("escape"), DomainsScreen),
        (action("domain.set_description"), FormDialog), (keys("escape"), DomainsScreen), (action("domain.set_tags"), FormDialog),
    ],
    "forms for a name and a file": [
        (action("domain.rename"), FormDialog), (keys("escape"), DomainsScreen), (action("domain.dump_xml"), FormDialog),
    ],
    "dialogs whose every text is hostile": [
        (pushed(lambda: TypedPhraseDialog(RAW, RAW, [RUNNING], consequence=RAW)), TypedPhraseDialog),
        (keys("n", "enter"), TypedPhraseDialog),
        (pushed(lambda: ConfirmDialog(RAW, [RUNNING], consequence=RAW, command=RAW)), ConfirmDialog),
        (pushed(lambda: ChoiceDialog(RAW, CHOICES, [RUNNING])), ChoiceDialog),
        (pushed(lambda: ChoiceOfThree(RAW, RAW, [("a", RAW, RAW)])), ChoiceOfThree),
        (pushed(lambda: PromptDialog(RAW, RAW, RAW, hint=RAW, problem=lambda _: RAW)), PromptDialog),
        (keys("enter"), PromptDialog),
        (pushed(lambda: ConnectScreen({MARKUP: RAW})), ConnectScreen),
    ],
    "tasks, a failure, the journal": [(fail, TasksScreen), (keys("enter"), FailureDialog), (journal, JournalScreen)],
    "the palette": [(typed("ctrl+p"), Screen)],
    "a domain in the palette": [(keys("ctrl+p", *"click"), Screen)],
    "the command line": [(typed("colon"), CommandLine)],
    "a completed command, one that is none": [
        (keys("colon", *"start", "space", "tab"), CommandLine), (keys("escape", "colon", *LITERAL, "enter"), DomainsScreen),
    ],
    "overview, performance, log": [
        (opened(), DomainScreen), (keys("d"), DomainScreen), (keys("G"), DomainScreen), (keys("tab"), DomainScreen),
        (keys("tab", "tab"), DomainScreen),
    ],
    "live XML, persistent XML, their difference, what is looked for": [
        (opened("x"), DomainScreen), (keys("x"), DomainScreen), (keys("x"), DomainScreen),
        (keys("slash", *"[@", "enter"), DomainScreen),
    ],
    "the XML editor, a refusal": [(edit, XmlEditor), (refuse, XmlEditor)],
    "an edit's difference": [(change, ChangesDialog)],
}  # fmt: skip


def _is_in_front(app: KvmtuiApp, wanted: type[Screen[Any]]) -> bool:
    return isinstance(app.screen, wanted)


@pytest.mark.parametrize("way", WAYS)
async def test_hostile_text_is_shown_as_it_is_and_nothing_of_it_obeyed(way: str) -> None:
    async with hostile_app() as (app, pilot, host):
        for walk, wanted in WAYS[way]:
            await walk(app, pilot, host)
            await wait_until(partial(_is_in_front, app, wanted))
            await pilot.pause()
            assert_harmless(app)
            assert LITERAL in screen_text(app)


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (40, 10), (20, 5)])
async def test_hostile_text_keeps_its_place_on_a_terminal_of_any_size(size: tuple[int, int]) -> None:
    async with hostile_app(size) as (app, pilot, host):
        for walk in (keys(), keys("m"), keys("escape", "D"), keys("escape"), opened("d")):
            await walk(app, pilot, host)
            await pilot.pause()
            assert_harmless(app)


async def test_a_hostile_host_that_cannot_be_reached_says_why() -> None:
    class Unreachable(FakeHost):
        async def run(self, listener: object) -> None:
            listener.lost(Failure(FailureKind.UNREACHABLE, f"connect to {RAW}", RAW, RAW))  # type: ignore[attr-defined]
            await asyncio.Event().wait()

    app = KvmtuiApp([Unreachable(URI)], Config(theme="dark"))
    async with app.run_test(size=(100, 30)) as pilot:
        await wait_until(lambda: isinstance(app.screen, UnreachableScreen) and LITERAL in screen_text(app))
        await pilot.pause()
        assert_harmless(app)


def test_the_ways_lead_to_every_screen_and_dialog_that_there_is() -> None:
    reached = {wanted for steps in WAYS.values() for _, wanted in steps} | {UnreachableScreen}
    assert _named(Screen) - {screen.__name__ for screen in reached} <= BASES


BASES = {"Dialog", "DeskScreen", "FindingScreen", "TextScreen", "HelpScreen"}
"""What others rest on, and the help, which shows nothing from outside."""


def _named(screen: type[Screen[Any]]) -> set[str]:
    found: Sequence[type[Screen[Any]]] = screen.__subclasses__()
    names = {one.__name__ for one in found if one.__module__.startswith("kvmtui.")}
    return names.union(*(_named(one) for one in found))
