"""From a key to a result."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import TextArea

from kvmtui.config import Config
from kvmtui.keys import validated
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.ui.dialogs.confirm import ConfirmDialog
from kvmtui.ui.dialogs.form import FormDialog
from kvmtui.ui.dialogs.menu import MenuDialog
from kvmtui.ui.dialogs.pick import ChoiceDialog
from kvmtui.ui.dialogs.plan import PlanDialog
from tests.fakes import HOST, FakeHost, domain, fleet_of, snapshot, wait_until
from tests.ui.desk_app import DeskApp, screen_text, settle

ON = domain("web", id=1)
OFF = domain("db", state=DomainState.SHUT_OFF)
PAUSED = domain("idle", state=DomainState.PAUSED)


class Bench:
    """The app, its host, and short ways to use them."""

    def __init__(self, app: DeskApp, host: FakeHost, pilot: Pilot[None]) -> None:
        self.app, self.host, self.pilot = app, host, pilot

    async def do(self, action: str, *domains: Domain) -> None:
        await self.app.perform(f"domain.{action}", domains)
        await settle(self.pilot)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await settle(self.pilot)

    def called(self, method: str) -> int:
        return self.host.methods_called().count(method)

    async def says(self, *pieces: str) -> None:
        """Wait until one message has all the pieces."""
        try:
            await wait_until(lambda: any(all(piece in text for piece in pieces) for _, text in self.app.said))
        except TimeoutError:
            raise AssertionError(f"{pieces} not in {self.app.said}") from None


@asynccontextmanager
async def bench(
    *domains: Domain, config: Config | None = None, is_read_only: bool = False, patience: float = 60
) -> AsyncIterator[Bench]:
    fleet, host = fleet_of(*(domains or (ON, OFF, PAUSED)))
    app = DeskApp(fleet, config=config, is_read_only=is_read_only, patience=patience)
    async with app.run_test(size=(80, 24)) as pilot:
        yield Bench(app, host, pilot)


async def test_starting_asks_nothing_and_says_command_and_result() -> None:
    async with bench() as desk:
        await desk.do("start", OFF)
        await desk.says("db: starting…", f"virsh -c {HOST} start db")
        await desk.says("db: started in", f"virsh -c {HOST} start db")
        assert desk.app.last_command == f"virsh -c {HOST} start db"


async def test_what_does_not_apply_is_said_with_its_reason() -> None:
    async with bench() as desk:
        await desk.do("start", ON)
        assert desk.app.said == [("warning", "start web: it is running already.")]
        assert desk.host.calls == []


@pytest.mark.parametrize("action", ["shut_down", "shut_down_acpi", "reboot", "reset", "power_off", "power_off_graceful"])
async def test_what_interrupts_asks_first(action: str) -> None:
    async with bench() as desk:
        await desk.do(action, ON)
        assert isinstance(desk.app.screen, ConfirmDialog)
        await desk.press("enter")
        assert desk.app.tasks.all == ()
        await desk.do(action, ON)
        await desk.press("y")
        assert len(desk.app.tasks.all) == 1


async def test_mild_confirmations_can_be_switched_off_but_not_those_before_a_loss() -> None:
    async with bench(config=Config(confirm="destructive")) as desk:
        await desk.do("reboot", ON)
        assert desk.called("reboot") == 1
        await desk.do("reset", ON)
        assert isinstance(desk.app.screen, ConfirmDialog)


@pytest.mark.parametrize(("target", "method"), [(ON, "suspend"), (PAUSED, "resume")])
@pytest.mark.parametrize("action", ["suspend|domain.resume", "resume|domain.suspend"])
async def test_the_key_for_both_does_the_one_that_applies(target: Domain, method: str, action: str) -> None:
    async with bench() as desk:
        await desk.do(action, target)
        await wait_until(lambda: desk.called(method))


async def test_an_action_asked_for_by_its_name_is_never_its_opposite() -> None:
    async with bench() as desk:
        await desk.do("resume", ON)
        await desk.do("suspend", PAUSED)
        await desk.do("autostart_off", ON)
        assert [text for _, text in desk.app.said] == [
            "resume web: it is not paused.",
            "pause idle: it is paused already.",
            "autostart off web: it does not start with the host.",
        ]
        assert desk.host.calls == []


async def test_the_key_for_both_pauses_several_when_any_of_them_runs() -> None:
    async with bench() as desk:
        await desk.do("resume|domain.suspend", ON, OFF)
        assert isinstance(desk.app.screen, PlanDialog)
        assert "pause: 1 domain?" in screen_text(desk.app)


async def test_keys_that_the_user_has_separated_do_one_thing_each() -> None:
    keys = validated({"domain.resume": "f7"})
    async with bench(config=Config(keys=keys)) as desk:
        await desk.do("resume|domain.suspend", ON)
        assert desk.app.said == [("warning", "resume web: it is not paused.")]


async def test_the_autostart_key_turns_it_off_where_it_is_on() -> None:
    auto = domain("auto", has_autostart=True)
    async with bench(ON, auto) as desk:
        await desk.do("autostart_on|domain.autostart_off", auto)
        await desk.do("autostart_on|domain.autostart_off", ON)
        await wait_until(lambda: desk.called("set_autostart") == 2)
        assert [call[1] for call in desk.host.calls if call[0] == "set_autostart"] == [
            (auto.key.uuid, False),
            (ON.key.uuid, True),
        ]


async def test_a_domain_that_changed_while_the_user_was_asked_is_looked_at_again() -> None:
    async with bench(ON) as desk:
        await desk.do("power_off", ON)
        desk.app.fleet.put(HOST, snapshot(domain("web", state=DomainState.SHUT_OFF)))
        await desk.press("y")
        assert desk.app.said[-1] == ("warning", "power off web: it is not running.")
        assert desk.called("power_off") == 0


async def test_a_domain_that_is_gone_is_left_alone() -> None:
    async with bench(ON) as desk:
        desk.app.fleet.put(HOST, snapshot())
        await desk.do("suspend", ON)
        assert desk.app.said == [("warning", "pause web: it no longer exists.")]


async def test_a_failure_is_said_in_one_line_and_kept_whole_in_the_tasks() -> None:
    async with bench() as desk:
        desk.host.failures["start"] = Failure(FailureKind.OTHER, "start db", "no memory\nmore about it", "Stop something.")
        await desk.do("start", OFF)
        await desk.says("db: failed: no memory (5 shows all of it)")
        assert "\n" not in desk.app.said[-1][1]
        assert desk.app.said[-1][0] == "error"
        assert desk.app.tasks.all[0].failure is desk.host.failures["start"]


async def test_a_guest_that_ignores_a_shutdown_is_reported_with_advice() -> None:
    async with bench(ON, patience=0.05) as desk:
        await desk.do("shut_down", ON)
        await desk.press("y")
        await desk.says("web: asked to shut down")
        await desk.says("no answer from the guest", "power it off")
        desk.app.fleet.put(HOST, snapshot(domain("web", state=DomainState.SHUT_OFF)))
        await desk.says("web: shut down in")


async def test_fields_are_asked_for_and_their_answers_used() -> None:
    async with bench() as desk:
        await desk.do("set_tags", ON)
        assert isinstance(desk.app.screen, FormDialog)
        await desk.press(*"prod", "space", *"db", "enter")
        await desk.says("web: tagged prod db")
        assert ("set_tags", (ON.key.uuid, ("prod", "db"))) in desk.host.calls


async def test_the_description_that_is_there_can_be_changed() -> None:
    async with bench() as desk:
        desk.host.xml[ON.key.uuid] = "<domain type='test'><description>old</description></domain>"
        await desk.do("set_description", ON)
        await desk.press("end", "x", "ctrl+s")
        await wait_until(lambda: ("set_description", (ON.key.uuid, "oldx")) in desk.host.calls)


async def test_a_description_that_cannot_be_read_is_not_asked_for() -> None:
    async with bench() as desk:
        desk.host.failures["domain_xml"] = Failure(FailureKind.DENIED, "read web", "no")
        await desk.do("set_description", ON)
        assert desk.app.said == [("error", "Could not read web: no")]


async def test_keys_are_chosen_from_a_list_and_dangerous_ones_ask() -> None:
    async with bench() as desk:
        await desk.do("send_keys", ON)
        assert isinstance(desk.app.screen, ChoiceDialog)
        await desk.press("enter")
        await wait_until(lambda: desk.called("send_keys") == 1)
        await desk.do("send_keys", ON)
        await desk.press(*"sysrq", "space", *"b:", "enter")
        assert isinstance(desk.app.screen, ConfirmDialog)
        assert "reboot at once" in screen_text(desk.app)


async def test_a_file_that_exists_is_replaced_only_after_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.xml").write_text("mine")
    async with bench() as desk:
        await desk.do("dump_xml", ON)
        await desk.press("enter")
        await wait_until(lambda: isinstance(desk.app.screen, ConfirmDialog))
        await desk.press("n")
        assert (tmp_path / "web.xml").read_text() == "mine"
        await desk.do("dump_xml", ON)
        await desk.press("enter")
        await wait_until(lambda: isinstance(desk.app.screen, ConfirmDialog))
        await desk.press("y")
        await desk.says("web: XML saved in web.xml")
        assert (tmp_path / "web.xml").read_text() != "mine"


async def test_several_domains_show_a_plan_and_a_result_for_each_even_without_danger() -> None:
    off = [domain(f"vm{number}", state=DomainState.SHUT_OFF) for number in range(3)]
    async with bench(*off) as desk:
        await desk.do("start", *off)
        assert isinstance(desk.app.screen, PlanDialog)
        assert desk.called("start") == 0
        await desk.press("y")
        await desk.says("start: 3 done")
        assert desk.called("start") == 3
        await settle(desk.pilot)
        assert screen_text(desk.app).count("started in") == 3


async def test_an_empty_answer_for_several_says_what_it_removes_before_it_does() -> None:
    tagged = [domain(f"vm{number}", tags=("prod",)) for number in range(3)]
    async with bench(*tagged) as desk:
        await desk.do("set_tags", *tagged)
        await desk.press("enter")
        assert isinstance(desk.app.screen, PlanDialog)
        assert "Removes the tags of 3 domains." in screen_text(desk.app)
        await desk.press("enter")
        assert desk.called("set_tags") == 0
        await desk.press("y")
        await desk.says("tags: 3 done")


async def test_several_domains_show_a_plan_when_some_are_skipped_or_something_is_lost() -> None:
    async with bench() as desk:
        await desk.do("start", ON, OFF)
        assert isinstance(desk.app.screen, PlanDialog)
        await desk.press("escape")
        await desk.do("power_off", ON, PAUSED)
        assert isinstance(desk.app.screen, PlanDialog)
        await desk.press("y", "escape")
        await desk.says("power off: 2 done")


async def test_an_action_that_applies_to_none_of_several_says_so() -> None:
    async with bench() as desk:
        await desk.do("start", ON, domain("web", id=1))
        assert desk.app.said == [("warning", "start 2 domains: it is running already.")]


async def test_an_action_for_one_domain_refuses_several() -> None:
    async with bench() as desk:
        await desk.do("rename", ON, OFF)
        assert desk.app.said == [("warning", "rename: one domain at a time.")]


async def test_files_of_several_domains_get_their_names_and_existing_ones_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.xml").write_text("mine")
    async with bench() as desk:
        await desk.do("dump_xml", ON, OFF)
        await desk.press("enter")
        await wait_until(lambda: isinstance(desk.app.screen, PlanDialog))
        await settle(desk.pilot)
        assert "skipped: web.xml exists already" in screen_text(desk.app)
        await desk.press("y")
        await wait_until((tmp_path / "db.xml").exists)
        assert (tmp_path / "web.xml").read_text() == "mine"


async def test_files_of_several_domains_never_overwrite_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one, other = domain("db 1"), domain("db/1")
    async with bench(one, other) as desk:
        await desk.do("dump_xml", one, other)
        await desk.press("enter")
        await wait_until(lambda: isinstance(desk.app.screen, PlanDialog))
        await desk.press("y")
        await desk.says("save XML: 2 done")
        assert one.key.uuid in (tmp_path / "db_1.xml").read_text()
        assert other.key.uuid in (tmp_path / f"db_1-{other.key.uuid[:8]}.xml").read_text()


async def test_keys_typed_while_a_dialog_is_prepared_wait_for_it_however_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvmtui.ui.type_ahead.PATIENCE", 0.05)
    async with bench() as desk:
        gate = desk.host.gates["domain_xml"] = asyncio.Event()
        await desk.do("set_description", ON)
        desk.app.post_message(events.Key("x", "x"))
        await asyncio.sleep(0.15)
        assert len(desk.app._typed) == 1
        gate.set()
        await wait_until(lambda: [area.text for area in desk.app.screen.query(TextArea)] == ["x"])


async def test_esc_frees_the_keys_of_a_dialog_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvmtui.ui.type_ahead.PATIENCE", 0.05)
    async with bench() as desk:
        desk.host.gates["domain_xml"] = asyncio.Event()
        await desk.do("set_description", ON)
        desk.app.post_message(events.Key("x", "x"))
        await wait_until(lambda: len(desk.app._typed) == 1)
        await asyncio.sleep(0.06)
        desk.app.post_message(events.Key("escape", None))
        await wait_until(lambda: not desk.app._typed and not desk.app._reasons)


async def test_failed_rows_of_several_are_counted_in_the_message() -> None:
    off = [domain(f"vm{number}", state=DomainState.SHUT_OFF) for number in range(3)]
    async with bench(*off) as desk:
        desk.host.failures["start"] = Failure(FailureKind.OTHER, "start", "no memory")
        await desk.do("start", *off)
        await desk.press("y")
        await desk.says("start: 3 failed · 5 shows what failed")


async def test_read_only_mode_refuses_what_writes_and_saves_xml() -> None:
    async with bench(is_read_only=True) as desk:
        await desk.do("start", OFF)
        assert desk.app.said == [("warning", "start db: read-only mode.")]
        await desk.do("dump_xml", OFF)
        assert isinstance(desk.app.screen, FormDialog)


async def test_the_menu_does_what_is_picked() -> None:
    async with bench() as desk:
        await desk.app.perform_menu([OFF])
        await settle(desk.pilot)
        assert isinstance(desk.app.screen, MenuDialog)
        await desk.press("enter")
        await wait_until(lambda: desk.called("start"))


async def test_the_keys_are_answered_while_an_action_hangs() -> None:
    async with bench() as desk:
        desk.host.gates["start"] = asyncio.Event()
        await desk.do("start", OFF)
        await desk.do("suspend", ON)
        await desk.says("web: paused in")
        await desk.do("start", OFF)
        assert desk.app.said[-1] == ("warning", "start db: starting already.")
        desk.host.gates["start"].set()
        await desk.says("db: started in")
