"""The views of tasks and of the journal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from kvmtui.app import KvmtuiApp
from kvmtui.config import Config
from kvmtui.fleet.actions import ACTIONS
from kvmtui.fleet.task import TaskState
from kvmtui.model.detail import JobProgress
from kvmtui.model.domain import DomainState
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.ui.dialogs.failure import FailureDialog
from tests.fakes import HOST, FakeHost, domain, wait_until
from tests.ui.desk_app import screen_text, settle

WEB = domain("web", id=1)
DB = domain("db[/]", state=DomainState.SHUT_OFF)


class View:
    """The app with a host in memory, and short ways to use it."""

    def __init__(self, app: KvmtuiApp, host: FakeHost, pilot: Pilot[None]) -> None:
        self.app, self.host, self.pilot = app, host, pilot

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await settle(self.pilot)

    async def shows(self, *pieces: str) -> None:
        try:
            await wait_until(lambda: all(piece in screen_text(self.app) for piece in pieces))
        except TimeoutError:
            raise AssertionError(f"{pieces} not in\n{screen_text(self.app)}") from None

    async def did(self, action: str, target: Any) -> None:
        await self.app.tasks.finished(self.app.tasks.start(ACTIONS[f"domain.{action}"], target))

    def copied(self) -> str:
        return self.app.clipboard


@asynccontextmanager
async def view(size: tuple[int, int] = (80, 24)) -> AsyncIterator[View]:
    host = FakeHost(HOST, [WEB, DB])
    app = KvmtuiApp([host], Config())
    async with app.run_test(size=size) as pilot:
        await wait_until(lambda: app.fleet.domains())
        await settle(pilot)
        yield View(app, host, pilot)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_tasks_are_listed_with_their_outcome_the_newest_first(size: tuple[int, int]) -> None:
    async with view(size) as tasks:
        await tasks.did("start", DB)
        await tasks.did("suspend", WEB)
        await tasks.press("5")
        await tasks.shows("db[/]", "✓ done", "started in", "paused in")
        text = screen_text(tasks.app)
        assert text.index("pause ") < text.index("start ")


async def test_the_whole_text_of_a_failure_is_under_the_list_alone_and_on_the_clipboard() -> None:
    async with view() as tasks:
        tasks.host.failures["reset"] = Failure(FailureKind.OTHER, "reset web", "first line\nsecond line", "Look [here].")
        await tasks.did("reset", WEB)
        await tasks.press("5")
        await tasks.shows("✖ failed", "Could not reset web.", "first line", "second line")
        await tasks.press("y")
        assert tasks.copied().startswith(f"virsh -c {HOST} reset web\n")
        assert "second line Look [here]." in tasks.copied()
        await tasks.press("enter")
        assert isinstance(tasks.app.screen, FailureDialog)
        await tasks.shows("Look [here].")


async def test_a_managed_save_shows_its_progress_and_is_cancelled_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvmtui.fleet.actions_power.JOB_INTERVAL", 0.01)
    async with view() as tasks:
        tasks.host.gates["save"] = asyncio.Event()
        tasks.host.running_job = JobProgress("saving", 2**28, 2**30)
        number = tasks.app.tasks.start(ACTIONS["domain.save"], WEB)
        await tasks.press("5")
        await tasks.shows("saving 25%: 256.0 MiB of 1.0 GiB", "1 running")
        await tasks.press("c")
        await wait_until(lambda: "abort_job" in tasks.host.methods_called())
        tasks.host.failures["save"] = Failure(FailureKind.ABORTED, "save web", "operation aborted")
        tasks.host.gates["save"].set()
        assert (await tasks.app.tasks.finished(number)).state is TaskState.CANCELLED
        await tasks.shows("cancelled", "0 running")


async def test_what_cannot_be_cancelled_says_so() -> None:
    async with view() as tasks:
        tasks.host.gates["start"] = asyncio.Event()
        tasks.app.tasks.start(ACTIONS["domain.start"], DB)
        await tasks.press("5")
        await tasks.press("x")
        assert tasks.app.messages[-1].text == "start db[/]: libvirt cannot cancel that."
        tasks.host.gates["start"].set()


async def test_ended_tasks_are_cleared_by_key() -> None:
    async with view() as tasks:
        await tasks.did("suspend", WEB)
        await tasks.press("5")
        await tasks.shows("✓ done")
        await tasks.press("C")
        await tasks.shows("Nothing was done yet.")


async def test_tasks_can_be_sorted() -> None:
    async with view((160, 45)) as tasks:
        await tasks.did("suspend", WEB)
        await tasks.did("start", DB)
        await tasks.press("5")
        await tasks.press("less_than_sign", "less_than_sign", "less_than_sign")
        await tasks.shows("DOMAIN▲")
        text = screen_text(tasks.app)
        assert text.index("db[/]") < text.index("web ")


async def test_the_journal_lists_changes_and_is_copied_as_a_script() -> None:
    async with view() as journal:
        journal.host.failures["reset"] = Failure(FailureKind.OTHER, "reset web", "no\nmore")
        await journal.did("suspend", WEB)
        await journal.did("reset", WEB)
        await journal.press("6")
        await journal.shows("virsh suspend web", "paused in", "2 entries", "Could not reset web: no")
        await journal.press("y")
        lines = journal.copied().splitlines()
        assert lines[0] == "#!/bin/sh"
        assert f"virsh -c {HOST} suspend web" in lines
        assert f"# virsh -c {HOST} reset web" in lines


async def test_the_journal_is_filtered_and_esc_goes_back_step_by_step() -> None:
    async with view() as journal:
        await journal.did("suspend", WEB)
        await journal.did("start", DB)
        await journal.press("6")
        await journal.shows("2 entries")
        await journal.press("slash", *"start", "enter")
        await journal.shows("1 of 2")
        assert "virsh suspend" not in screen_text(journal.app)
        await journal.press("escape")
        await journal.shows("2 entries", "virsh suspend")
        assert not journal.app.screen.query_one(Input).display
        await journal.press("escape")
        assert journal.app.current_mode == "domains"


async def test_marked_entries_alone_are_copied() -> None:
    async with view() as journal:
        await journal.did("suspend", WEB)
        await journal.did("start", DB)
        await journal.press("6")
        await journal.shows("2 entries")
        await journal.press("home", "space", "y")
        assert "suspend web" in journal.copied()
        assert "start" not in journal.copied()


async def test_the_journal_grows_while_it_is_shown() -> None:
    async with view() as journal:
        await journal.press("6")
        await journal.shows("Nothing was changed yet.")
        await journal.did("suspend", WEB)
        await journal.shows("virsh suspend web", "1 entry")
