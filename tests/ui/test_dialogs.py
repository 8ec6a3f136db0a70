"""The dialogs, at 80 columns and 24 lines."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from kvmtui.fleet.action import Field, FieldKind
from kvmtui.fleet.actions import ACTIONS
from kvmtui.fleet.bulk import Bulk, plan
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.ui.dialogs.base import Dialog
from kvmtui.ui.dialogs.confirm import ConfirmDialog, TypedPhraseDialog
from kvmtui.ui.dialogs.failure import FailureDialog
from kvmtui.ui.dialogs.form import FormDialog, PromptDialog
from kvmtui.ui.dialogs.menu import MenuDialog
from kvmtui.ui.dialogs.paths import completed
from kvmtui.ui.dialogs.pick import Choice, ChoiceDialog
from kvmtui.ui.dialogs.plan import PlanDialog
from tests.fakes import HOST, domain, fleet_of, snapshot, wait_until
from tests.ui.desk_app import DeskApp, screen_text, settle

NOTHING: Any = object()
HOSTILE = ["[bold red]web[/]", "vm[/foo]x", "[@click=app.exit]web[/]", "$HOME `id`; rm -rf '\"", "名前" * 30]


class Asked:
    """A dialog on the screen, and what it was answered."""

    def __init__(self, app: DeskApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        self.answer: Any = NOTHING

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await settle(self.pilot)

    @property
    def text(self) -> str:
        return screen_text(self.app)


@asynccontextmanager
async def asked(dialog: Any, *domains: Domain) -> AsyncIterator[Asked]:
    fleet, _ = fleet_of(*domains)
    app = DeskApp(fleet)
    async with app.run_test(size=(80, 24)) as pilot:
        made: Dialog[Any] = dialog(app) if callable(dialog) else dialog
        result = Asked(app, pilot)

        def keep(answer: Any) -> None:
            result.answer = answer

        app.push_screen(made, keep)
        await settle(pilot)
        yield result


WEB = domain("web")


@pytest.mark.parametrize(
    ("key", "answer"), [("y", True), ("n", False), ("enter", False), ("Y", False), ("escape", False), ("j", False)]
)
async def test_only_y_confirms(key: str, answer: bool) -> None:
    async with asked(ConfirmDialog("power off web?", [WEB]), WEB) as dialog:
        await dialog.press(key)
        assert dialog.answer is answer


async def test_a_confirmation_names_target_host_consequence_and_command() -> None:
    made = ConfirmDialog("power off web?", [WEB], consequence="All is lost.", command="virsh -c x destroy web")
    async with asked(made, WEB) as dialog:
        for piece in ("power off web?", f"web on kvm01 · {HOST}", "All is lost.", "$ virsh -c x destroy web", "any other key no"):
            assert piece in dialog.text


async def test_a_confirmation_can_be_clicked() -> None:
    async with asked(ConfirmDialog("power off web?", [WEB]), WEB) as dialog:
        await dialog.pilot.click("#yes")
        await settle(dialog.pilot)
        assert dialog.answer is True


async def test_a_confirmation_whose_domain_vanishes_says_so_and_does_nothing() -> None:
    async with asked(ConfirmDialog("power off web?", [WEB]), WEB) as dialog:
        dialog.app.fleet.put(HOST, snapshot())
        await settle(dialog.pilot)
        assert "web no longer exists. Nothing will be done." in dialog.text
        await dialog.press("y")
        assert dialog.answer is None


async def test_a_phrase_must_be_typed_exactly() -> None:
    async with asked(TypedPhraseDialog("power off?", "power off 23", [WEB]), WEB) as dialog:
        await dialog.press(*"power", "enter")
        assert "That is not “power off 23”." in dialog.text
        assert dialog.answer is NOTHING
        await dialog.press("space", *"off", "space", *"23", "enter")
        assert dialog.answer is True


async def test_a_phrase_can_be_left_by_escape() -> None:
    async with asked(TypedPhraseDialog("power off?", "power off 23", [WEB]), WEB) as dialog:
        await dialog.press("y", "escape")
        assert dialog.answer is None


CHOICES = [Choice("a", "Alpha", about="about alpha"), Choice("b", "Beta", reason="not now"), Choice("c", "Gamma", "g")]


async def test_typing_filters_the_choices_and_enter_picks() -> None:
    async with asked(ChoiceDialog("Pick", CHOICES)) as dialog:
        assert "about alpha" in dialog.text
        await dialog.press("g", "a", "m")
        assert "Alpha" not in dialog.text
        await dialog.press("enter")
        assert dialog.answer == "c"


async def test_a_choice_that_is_not_open_cannot_be_picked_and_says_why() -> None:
    async with asked(ChoiceDialog("Pick", CHOICES)) as dialog:
        await dialog.press("down")
        assert "Beta: not now" in dialog.text
        await dialog.press("enter")
        assert dialog.answer is NOTHING
        await dialog.press("down", "enter")
        assert dialog.answer == "c"


async def test_the_menu_shows_keys_reasons_and_the_command_under_the_cursor() -> None:
    off = domain("db", state=DomainState.SHUT_OFF)
    async with asked(lambda app: MenuDialog(app, [off]), off) as dialog:
        assert f"$ virsh -c {HOST} start db" in dialog.text
        assert "it is not running" in dialog.text
        await dialog.press(*"rename")
        assert "domrename db" in dialog.text
        await dialog.press("enter")
        assert dialog.answer == "domain.rename"


async def test_the_menu_follows_the_domain_while_it_is_open() -> None:
    off, on = domain("db", state=DomainState.SHUT_OFF), domain("db")
    async with asked(lambda app: MenuDialog(app, [off]), off) as dialog:
        dialog.app.fleet.put(HOST, snapshot(on))
        await settle(dialog.pilot)
        assert "it is running already" in dialog.text
        await dialog.press("enter")
        assert dialog.answer is NOTHING


async def test_the_menu_of_a_domain_that_vanishes_picks_nothing() -> None:
    async with asked(lambda app: MenuDialog(app, [WEB]), WEB) as dialog:
        dialog.app.fleet.put(HOST, snapshot())
        await settle(dialog.pilot)
        assert "web no longer exists" in dialog.text
        await dialog.press("enter")
        assert dialog.answer is None


async def test_the_menu_of_several_domains_counts_to_how_many_an_action_applies() -> None:
    off = domain("db", state=DomainState.SHUT_OFF)
    async with asked(lambda app: MenuDialog(app, [WEB, off]), WEB, off) as dialog:
        assert "2 domains on kvm01" in dialog.text
        assert "1 of 2" in dialog.text
        await dialog.press(*"rename")
        assert "for one domain at a time" in dialog.text


NAME = ACTIONS["domain.rename"].fields[0]


async def test_a_form_says_what_is_wrong_under_the_field_and_shows_the_command_live() -> None:
    made = FormDialog("rename", [NAME], {"name": "web"}, [WEB], command=lambda answers: f"domrename web {answers['name']}")
    async with asked(made, WEB) as dialog:
        await dialog.press("enter")
        assert "That is its name." in dialog.text
        await dialog.press("2")
        assert "That is its name." not in dialog.text
        assert "$ domrename web web2" in dialog.text
        await dialog.press("enter")
        assert dialog.answer == {"name": "web2"}


async def test_a_form_with_lines_takes_enter_as_text_and_ctrl_s_as_the_end() -> None:
    made = FormDialog("description", ACTIONS["domain.set_description"].fields, {"description": ""}, [WEB])
    async with asked(made, WEB) as dialog:
        await dialog.press("a", "enter", "b", "ctrl+s")
        assert dialog.answer == {"description": "a\nb"}


async def test_a_form_offers_choices() -> None:
    field = Field("mode", "Mode", FieldKind.CHOICE, choices=(("a", "[red]A[/]"), ("b", "B")))
    async with asked(FormDialog("mode", [field], {"mode": "b"})) as dialog:
        await dialog.press("enter", "up", "enter", "ctrl+s")
        assert dialog.answer == {"mode": "a"}


async def test_a_form_whose_domain_vanishes_answers_nothing() -> None:
    async with asked(FormDialog("rename", [NAME], {"name": "web2"}, [WEB]), WEB) as dialog:
        dialog.app.fleet.put(HOST, snapshot())
        await settle(dialog.pilot)
        await dialog.press("enter")
        assert dialog.answer is None


async def test_a_prompt_checks_its_one_line() -> None:
    made = PromptDialog("Save", "File", "x", problem=lambda answer: None if answer == "xy" else "Not that.")
    async with asked(made) as dialog:
        await dialog.press("enter")
        assert "Not that." in dialog.text
        await dialog.press("y", "enter")
        assert dialog.answer == {"value": "xy"}


def test_a_path_is_completed_from_the_files_there_are(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.txt").touch()
    assert completed(f"{tmp_path}/fo") == f"{tmp_path}/folder/"
    assert completed(f"{tmp_path}/fi") == f"{tmp_path}/file.txt"
    assert completed(f"{tmp_path}/file.txt") is None
    assert completed(f"{tmp_path}/none") is None
    assert completed("/no such folder/x") is None
    assert completed("") is None


async def test_a_path_is_suggested_while_it_is_typed(tmp_path: Path) -> None:
    (tmp_path / "picture.png").touch()
    async with asked(PromptDialog("Save", "File", f"{tmp_path}/", kind=FieldKind.PATH)) as dialog:
        await dialog.press("p")
        field: Any = dialog.app.screen.query_one("#field-value")
        await wait_until(lambda: field._suggestion)
        await dialog.press("right", "enter")
        assert dialog.answer == {"value": f"{tmp_path}/picture.png"}


async def test_a_failure_is_shown_whole_scrolls_and_can_be_copied() -> None:
    failure = Failure(FailureKind.OTHER, "start web", "first\n" + "line\n" * 60 + "last line", "Do [this].")
    async with asked(FailureDialog(failure, "virsh start web")) as dialog:
        assert "Could not start web." in dialog.text
        assert "last line" not in dialog.text
        await dialog.press(*["pagedown"] * 6)
        assert "last line" in dialog.text
        await dialog.press("y")
        assert "Do [this]." in dialog.app.copied[0]
        assert "virsh start web" in dialog.app.copied[0]
        await dialog.press("escape")
        assert dialog.answer is None


def plan_dialog(app: DeskApp, action_id: str, domains: list[Domain]) -> PlanDialog:
    action = ACTIONS[action_id]
    bulk = Bulk(action, plan(action, domains), app.fleet, app.tasks)
    return PlanDialog(bulk, lambda: app.tasks.keep_running(bulk.run()))


async def test_a_plan_shows_each_row_and_then_each_result() -> None:
    off = domain("db", state=DomainState.SHUT_OFF)
    async with asked(lambda app: plan_dialog(app, "domain.power_off", [WEB, off]), WEB, off) as dialog:
        assert "power off: 1 domain?" in dialog.text
        assert "skipped: it is not running" in dialog.text
        await dialog.press("y")
        await wait_until(lambda: "power off: 1 done, 1 skipped" in dialog.text)
        assert "powered off in" in dialog.text
        await dialog.press("escape")
        assert dialog.answer is True


async def test_a_plan_that_is_left_does_nothing() -> None:
    async with asked(lambda app: plan_dialog(app, "domain.power_off", [WEB]), WEB) as dialog:
        await dialog.press("enter", "n")
        assert dialog.answer is False
        assert dialog.app.tasks.all == ()


async def test_a_failed_row_of_a_plan_opens_its_failure() -> None:
    async with asked(lambda app: plan_dialog(app, "domain.power_off", [WEB]), WEB) as dialog:
        host: Any = dialog.app.fleet.hosts[HOST]
        host.failures["power_off"] = Failure(FailureKind.OTHER, "power off web", "the whole story")
        await dialog.press("y")
        await wait_until(lambda: "1 failed" in dialog.text)
        await dialog.press("enter")
        assert isinstance(dialog.app.screen, FailureDialog)


async def test_more_than_twenty_targets_need_a_typed_phrase() -> None:
    many = [domain(f"vm{number}") for number in range(21)]
    async with asked(lambda app: plan_dialog(app, "domain.power_off", many), *many) as dialog:
        await dialog.press("y")
        assert isinstance(dialog.app.screen, TypedPhraseDialog)
        assert dialog.app.tasks.all == ()
        await dialog.press(*"power", "space", *"off", "space", *"21", "enter")
        await wait_until(lambda: len(dialog.app.tasks.all) == 21)


async def test_closing_a_running_plan_stops_nothing() -> None:
    async with asked(lambda app: plan_dialog(app, "domain.reset", [WEB]), WEB) as dialog:
        host: Any = dialog.app.fleet.hosts[HOST]
        host.gates["reset"] = asyncio.Event()
        await dialog.press("y", "escape")
        assert dialog.answer is True
        assert dialog.app.tasks.running == 1
        host.gates["reset"].set()
        await wait_until(lambda: dialog.app.tasks.running == 0)


@pytest.mark.parametrize("name", HOSTILE)
async def test_names_are_shown_as_they_are_in_every_dialog(name: str) -> None:
    target = domain(name)
    failure = Failure(FailureKind.OTHER, f"start {name}", name, name)
    dialogs: list[Any] = [
        ConfirmDialog(f"power off {name}?", [target], consequence=name, command=name),
        TypedPhraseDialog(name, name, [target], consequence=name),
        ChoiceDialog(name, [Choice("a", name, reason=name, note=name), Choice("b", name, about=name)]),
        FormDialog(name, [Field("x", name, hint=name, problem=lambda _answer, _domain: name)], {"x": name}, [target]),
        FailureDialog(failure, name, [target]),
    ]
    async with asked(lambda app: MenuDialog(app, [target]), target) as dialog:
        for made in [*dialogs, plan_dialog(dialog.app, "domain.power_off", [target])]:
            dialog.app.push_screen(made)
            await settle(dialog.pilot)
            assert name[:8].split(" ")[0] in dialog.text
            dialog.app.pop_screen()
            await settle(dialog.pilot)
