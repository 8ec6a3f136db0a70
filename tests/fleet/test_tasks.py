"""The life of a task, on a host in memory."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kvmtui.backend.protocol import DomainOperations
from kvmtui.fleet.action import Answers, Progress
from kvmtui.fleet.actions import ACTIONS
from kvmtui.fleet.fleet import Fleet
from kvmtui.fleet.journal import Journal
from kvmtui.fleet.task import Stage, TaskState
from kvmtui.fleet.tasks import Tasks
from kvmtui.fleet.verdict import STEADY
from kvmtui.model.detail import JobProgress
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.host import Link
from tests.fakes import HOST, FakeHost, domain, fleet_of, snapshot, wait_until

OFF = domain("db", state=DomainState.SHUT_OFF)
ON = domain("db", id=1)
LOST = Failure(FailureKind.CONNECTION, "start db", "the connection was lost")


def world(target: Domain, *, patience: float = 60, watch: float = 60) -> tuple[Fleet, FakeHost, Tasks, Journal]:
    fleet, host = fleet_of(target)
    journal = Journal(None)
    return fleet, host, Tasks(fleet, journal, patience=patience, watch=watch), journal


async def read(fleet: Fleet, now: Domain, *, after: Sequence[float] = (1, 2 + STEADY)) -> None:
    """Let polls find the domain, some seconds from now by their clock."""
    start = time.monotonic()
    for seconds in after:
        fleet.put(HOST, snapshot(now, taken=start + seconds))
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_a_task_runs_its_action_and_tells_the_row_meanwhile() -> None:
    _, host, tasks, _ = world(OFF)
    host.gates["start"] = asyncio.Event()
    number = tasks.start(ACTIONS["domain.start"], OFF)
    assert tasks.activity(OFF.key) == "starting…"
    assert tasks.running == 1
    host.gates["start"].set()
    task = await tasks.finished(number)
    assert (task.state, task.result) == (TaskState.DONE, "started")
    assert tasks.activity(OFF.key) == ""
    assert tasks.running == 0
    await wait_until(lambda: host.methods_called() == ["start", "poll_soon"])


async def test_a_failure_is_kept_whole() -> None:
    _, host, tasks, _ = world(OFF)
    host.failures["start"] = Failure(FailureKind.OTHER, "start db", "internal error:\nqemu said no", "Free some memory.")
    task = await tasks.finished(tasks.start(ACTIONS["domain.start"], OFF))
    assert task.state is TaskState.FAILED
    assert task.failure is host.failures["start"]
    assert task.advice == "Free some memory."
    assert task.outcome == "failed: internal error:"


async def test_the_same_action_is_refused_while_it_runs() -> None:
    _, host, tasks, _ = world(OFF)
    host.gates["start"] = asyncio.Event()
    number = tasks.start(ACTIONS["domain.start"], OFF)
    assert tasks.why_not(ACTIONS["domain.start"], OFF.key) == "starting already"
    assert tasks.why_not(ACTIONS["domain.set_title"], OFF.key) is None
    host.gates["start"].set()
    await tasks.finished(number)
    assert tasks.why_not(ACTIONS["domain.start"], OFF.key) is None


async def test_a_shutdown_lasts_until_the_domain_is_off() -> None:
    fleet, _, tasks, _ = world(ON)
    number = tasks.start(ACTIONS["domain.shut_down"], ON)
    task = await tasks.accepted(number)
    assert (task.state, task.stage, task.outcome) == (TaskState.RUNNING, Stage.FOLLOWING, "asked to shut down")
    assert tasks.activity(ON.key) == "shutting down…"
    fleet.put(HOST, snapshot(ON))
    assert tasks.running == 1
    fleet.put(HOST, snapshot(OFF))
    task = await tasks.finished(number)
    assert (task.state, task.result) == (TaskState.DONE, "shut down")


async def test_a_shutdown_of_a_guest_that_comes_up_again_ends() -> None:
    fleet, _, tasks, _ = world(ON)
    number = tasks.start(ACTIONS["domain.shut_down"], ON)
    await tasks.accepted(number)
    fleet.put(HOST, snapshot(domain("db", id=2)))
    assert (await tasks.finished(number)).result == "restarted"


async def test_a_shutdown_of_a_transient_domain_ends_when_it_is_gone() -> None:
    fleet, _, tasks, _ = world(ON)
    number = tasks.start(ACTIONS["domain.shut_down"], ON)
    await tasks.accepted(number)
    fleet.put(HOST, snapshot())
    assert (await tasks.finished(number)).state is TaskState.DONE


async def test_a_guest_that_ignores_a_shutdown_is_reported_and_watched_on() -> None:
    fleet, _, tasks, _ = world(ON, patience=0.02)
    number = tasks.start(ACTIONS["domain.shut_down"], ON)
    await wait_until(lambda: tasks.all[0].is_ignored)
    assert tasks.all[0].is_running
    assert "power it off" in tasks.all[0].advice
    fleet.put(HOST, snapshot(OFF))
    assert (await tasks.finished(number)).state is TaskState.DONE


async def test_a_guest_that_never_follows_is_a_failure_in_the_end() -> None:
    _, _, tasks, _ = world(ON, patience=0.01, watch=0.01)
    task = await tasks.finished(tasks.start(ACTIONS["domain.shut_down"], ON))
    assert task.state is TaskState.FAILED
    assert task.failure is not None
    assert task.failure.kind is FailureKind.TIMEOUT


async def test_waiting_for_a_guest_can_be_given_up() -> None:
    _, _, tasks, _ = world(ON)
    number = tasks.start(ACTIONS["domain.shut_down"], ON)
    await tasks.accepted(number)
    assert "No longer waiting" in await tasks.cancel(number)
    task = await tasks.finished(number)
    assert (task.state, task.result) == (TaskState.CANCELLED, "asked to shut down; no longer waited for")


async def test_shut_down_or_off_powers_off_after_the_limit() -> None:
    _, host, tasks, _ = world(ON)
    task = await tasks.finished(tasks.start(ACTIONS["domain.shut_down_or_off"], ON, {"limit": "0"}))
    assert (task.state, task.result) == (TaskState.DONE, "powered off: the guest had not shut down after 0s")
    assert host.methods_called()[0] == "shut_down"
    assert "power_off" in host.methods_called()


async def test_shut_down_or_off_leaves_a_guest_alone_that_shuts_down_in_time() -> None:
    fleet, host, tasks, _ = world(ON)
    number = tasks.start(ACTIONS["domain.shut_down_or_off"], ON, {"limit": "30"})
    await tasks.accepted(number)
    fleet.put(HOST, snapshot(OFF))
    assert (await tasks.finished(number)).result == "shut down"
    assert "power_off" not in host.methods_called()


async def test_shut_down_or_off_is_done_when_the_guest_went_off_at_the_last_moment() -> None:
    fleet, host, tasks, _ = world(ON)
    host.failures["power_off"] = Failure(FailureKind.WRONG_STATE, "power off db", "domain is not running")
    number = tasks.start(ACTIONS["domain.shut_down_or_off"], ON, {"limit": "0"})
    await wait_until(lambda: "power_off" in host.methods_called())
    fleet.put(HOST, snapshot(OFF))
    assert (await tasks.finished(number)).result == "shut down"


async def test_a_managed_save_shows_how_far_it_is_and_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvmtui.fleet.actions_power.JOB_INTERVAL", 0.001)
    _, host, tasks, _ = world(ON)
    host.gates["save"] = asyncio.Event()
    host.running_job = JobProgress("saving", 34, 100)
    number = tasks.start(ACTIONS["domain.save"], ON)
    await wait_until(lambda: tasks.activity(ON.key) == "saving 34%")
    host.failures["save"] = Failure(FailureKind.ABORTED, "save db", "operation aborted")
    await tasks.cancel(number)
    assert "abort_job" in host.methods_called()
    host.gates["save"].set()
    task = await tasks.finished(number)
    assert task.state is TaskState.CANCELLED
    assert task.progress is None


async def test_what_libvirt_cannot_cancel_is_said() -> None:
    _, host, tasks, _ = world(OFF)
    host.gates["start"] = asyncio.Event()
    number = tasks.start(ACTIONS["domain.start"], OFF)
    await asyncio.sleep(0)
    assert await tasks.cancel(number) == "libvirt cannot cancel that."
    assert not tasks.all[0].can_cancel
    host.gates["start"].set()
    await tasks.finished(number)
    assert await tasks.cancel(number) == "It has ended already."


@pytest.mark.parametrize(("now", "state"), [(ON, TaskState.DONE), (OFF, TaskState.FAILED)])
async def test_after_a_lost_connection_the_next_reading_tells_whether_it_was_done(now: Domain, state: TaskState) -> None:
    fleet, host, tasks, journal = world(OFF)
    host.failures["start"] = LOST
    number = tasks.start(ACTIONS["domain.start"], OFF)
    task = await tasks.accepted(number)
    assert (task.stage, task.outcome) == (Stage.CHECKING, "no answer: it is unknown whether it took effect")
    fleet.change_link(HOST, Link.LOST, LOST)
    await read(fleet, now)
    task = await tasks.finished(number)
    assert task.state is state
    assert [entry.outcome for entry in await journal.read()] == [state.value]


async def test_a_reading_from_before_the_connection_was_lost_proves_nothing() -> None:
    fleet, host, tasks, _ = world(OFF)
    host.failures["start"] = LOST
    number = tasks.start(ACTIONS["domain.start"], OFF)
    await tasks.accepted(number)
    fleet.put(HOST, snapshot(OFF, taken=0))
    assert tasks.running == 1
    await tasks.cancel(number)
    assert (await tasks.finished(number)).state is TaskState.UNKNOWN


async def test_an_outcome_that_the_state_does_not_show_stays_unknown() -> None:
    fleet, host, tasks, _ = world(ON)
    host.failures["reset"] = LOST
    number = tasks.start(ACTIONS["domain.reset"], ON)
    await tasks.accepted(number)
    await read(fleet, ON)
    assert (await tasks.finished(number)).state is TaskState.UNKNOWN


async def test_one_reading_that_shows_nothing_yet_is_no_failure() -> None:
    fleet, host, tasks, _ = world(OFF)
    host.failures["start"] = LOST
    number = tasks.start(ACTIONS["domain.start"], OFF)
    await tasks.accepted(number)
    await read(fleet, OFF, after=(1, STEADY))
    assert tasks.running == 1
    await read(fleet, ON, after=(STEADY + 0.5,))
    assert (await tasks.finished(number)).state is TaskState.DONE


@pytest.mark.parametrize("unfinished", [replace(ON, job="saving"), replace(OFF, has_managed_save=None)])
async def test_neither_a_job_under_way_nor_a_flag_not_read_yet_tells_the_outcome(unfinished: Domain) -> None:
    fleet, host, tasks, _ = world(ON)
    host.failures["save"] = LOST
    number = tasks.start(ACTIONS["domain.save"], ON)
    await tasks.accepted(number)
    await read(fleet, unfinished, after=(1, 3))
    assert tasks.running == 1
    await read(fleet, replace(OFF, has_managed_save=True), after=(4,))
    assert (await tasks.finished(number)).state is TaskState.DONE


async def test_a_host_that_is_let_go_leaves_the_outcome_unknown() -> None:
    fleet, host, tasks, _ = world(ON)
    host.failures["power_off"] = LOST
    number = tasks.start(ACTIONS["domain.power_off"], ON)
    await tasks.accepted(number)
    fleet.remove(HOST)
    assert (await tasks.finished(number)).state is TaskState.UNKNOWN


async def test_what_was_never_sent_has_failed_at_once_whatever_others_do() -> None:
    fleet, host, tasks, _ = world(OFF)
    host.failures["start"] = Failure(FailureKind.CONNECTION, "start db", "There is no connection to the host.", was_sent=False)
    task = await tasks.finished(tasks.start(ACTIONS["domain.start"], OFF))
    await read(fleet, ON)
    assert task.state is TaskState.FAILED
    assert task.outcome == "failed: There is no connection to the host."


async def test_powering_off_after_the_limit_reaches_the_host_as_it_is_connected_then() -> None:
    fleet, host, tasks, _ = world(ON)
    host.gates["shut_down"] = asyncio.Event()
    number = tasks.start(ACTIONS["domain.shut_down_or_off"], ON, {"limit": "0"})
    await wait_until(lambda: "shut_down" in host.methods_called())
    fresh = FakeHost(HOST, [ON])
    fleet.replace(fresh)
    host.gates["shut_down"].set()
    assert (await tasks.finished(number)).state is TaskState.DONE
    assert "power_off" in fresh.methods_called()
    assert "power_off" not in host.methods_called()


async def test_changes_are_written_into_the_journal_and_nothing_else_is() -> None:
    _, host, tasks, journal = world(ON)
    host.failures["reset"] = Failure(FailureKind.DENIED, "reset db", "no")
    for id_ in ("domain.suspend", "domain.reset"):
        await tasks.finished(tasks.start(ACTIONS[id_], ON))
    entries = await journal.read()
    assert [(entry.action, entry.outcome) for entry in entries] == [("domain.suspend", "done"), ("domain.reset", "failed")]
    assert entries[0].command == (("virsh", "-c", HOST, "suspend", "db"),)
    assert entries[1].text == "Could not reset db: no"
    assert entries[0].time <= datetime.now(UTC)
    assert {id_ for id_, action in ACTIONS.items() if not action.changes} == {"domain.screenshot", "domain.dump_xml"}


async def test_a_mistake_of_the_program_ends_the_task_and_names_itself() -> None:
    _, _, tasks, _ = world(ON)

    async def broken(host: DomainOperations, target: Domain, answers: Answers, progress: Progress) -> str:
        raise ValueError("oh")

    task = await tasks.finished(tasks.start(replace(ACTIONS["domain.suspend"], run=broken), ON))
    assert task.state is TaskState.UNKNOWN
    assert task.failure is not None
    assert task.failure.said == "ValueError('oh')"


async def test_ended_tasks_can_be_cleared_away() -> None:
    _, host, tasks, _ = world(ON)
    await tasks.finished(tasks.start(ACTIONS["domain.suspend"], ON))
    host.gates["reset"] = asyncio.Event()
    number = tasks.start(ACTIONS["domain.reset"], ON)
    tasks.clear_ended()
    assert [task.number for task in tasks.all] == [number]
    host.gates["reset"].set()
    await tasks.finished(number)


async def test_subscribers_hear_of_every_change_until_they_leave() -> None:
    _, _, tasks, _ = world(ON)
    heard: list[int] = []
    leave = tasks.subscribe(lambda: heard.append(tasks.running))
    await tasks.finished(tasks.start(ACTIONS["domain.suspend"], ON))
    assert (heard[0], heard[-1]) == (1, 0)
    leave()
    count = len(heard)
    await tasks.finished(tasks.start(ACTIONS["domain.suspend"], ON))
    assert len(heard) == count


async def test_what_is_under_way_when_the_program_ends_is_written_down() -> None:
    fleet, host, tasks, journal = world(OFF)
    other = domain("other", id=3)
    fleet.put(HOST, snapshot(OFF, other))
    host.gates["start"] = asyncio.Event()
    tasks.start(ACTIONS["domain.start"], OFF)
    await tasks.accepted(tasks.start(ACTIONS["domain.shut_down"], other))
    tasks.close()
    assert [entry.text for entry in await journal.read()] == [
        "outcome unknown: the program ended before libvirt answered",
        "cancelled: asked to shut down; the program ended",
    ]
    assert tasks.running == 0


async def test_more_tasks_than_are_remembered_can_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvmtui.fleet.tasks.ENDED_KEPT", 2)
    guests = [domain(f"vm{number}", id=number + 1) for number in range(6)]
    fleet, _ = fleet_of(*guests)
    tasks = Tasks(fleet)
    numbers = [tasks.start(ACTIONS["domain.shut_down"], guest) for guest in guests]
    for number in numbers:
        await tasks.accepted(number)
    waiting = [asyncio.get_running_loop().create_task(tasks.finished(number)) for number in numbers]
    await asyncio.sleep(0)
    fleet.put(HOST, snapshot())
    assert {task.state for task in await asyncio.gather(*waiting)} == {TaskState.DONE}
    assert len(tasks.all) == 2
