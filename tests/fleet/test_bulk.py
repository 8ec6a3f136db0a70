"""One action on many domains."""

import asyncio

from kvmtui.fleet.action import Danger
from kvmtui.fleet.actions import ACTIONS
from kvmtui.fleet.bulk import AT_ONCE, Bulk, outcome, plan
from kvmtui.fleet.task import TaskState
from kvmtui.fleet.tasks import Tasks
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.failure import Failure, FailureKind
from tests.fakes import HOST, FakeHost, domain, fleet_of, snapshot, wait_until

START = ACTIONS["domain.start"]


def off(number: int) -> Domain:
    return domain(f"vm{number}", state=DomainState.SHUT_OFF)


def bulk_of(*domains: Domain, action: str = "domain.start") -> tuple[Bulk, FakeHost, Tasks]:
    fleet, host = fleet_of(*domains)
    tasks = Tasks(fleet)
    return Bulk(ACTIONS[action], plan(ACTIONS[action], domains), fleet, tasks), host, tasks


def test_a_plan_says_what_happens_to_each_row() -> None:
    rows = plan(START, [off(1), domain("vm2")])
    assert [outcome(row, START) for row in rows] == ["start", "skipped: it is running already"]


async def test_each_row_has_its_own_result() -> None:
    bulk, host, _ = bulk_of(off(1), domain("on"), off(2))
    host.failures["start"] = Failure(FailureKind.OTHER, "start", "no memory")
    await bulk.run()
    assert [outcome(row, START) for row in bulk.rows] == [
        "failed: no memory",
        "skipped: it is running already",
        "failed: no memory",
    ]
    assert bulk.count(TaskState.FAILED) == 2
    assert bulk.is_ended


async def test_only_some_calls_run_at_once() -> None:
    bulk, host, tasks = bulk_of(*(off(number) for number in range(10)))
    host.gates["start"] = asyncio.Event()
    running = asyncio.get_running_loop().create_task(bulk.run())
    await wait_until(lambda: tasks.running == AT_ONCE)
    assert host.methods_called().count("start") == AT_ONCE
    host.gates["start"].set()
    await running
    assert bulk.count(TaskState.DONE) == 10


async def test_waiting_for_guests_does_not_hold_up_the_other_rows() -> None:
    guests = [domain(f"vm{number}", id=number + 1) for number in range(10)]
    bulk, host, tasks = bulk_of(*guests, action="domain.shut_down")
    running = asyncio.get_running_loop().create_task(bulk.run())
    await wait_until(lambda: host.methods_called().count("shut_down") == 10)
    assert tasks.running == 10
    for task in tasks.all:
        await tasks.accepted(task.number)
        await tasks.cancel(task.number)
    await running


async def test_a_row_is_looked_at_again_before_its_turn() -> None:
    one, two, three = off(1), off(2), off(3)
    fleet, host = fleet_of(one, two, three)
    bulk = Bulk(START, plan(START, [one, two, three]), fleet, Tasks(fleet))
    fleet.put(HOST, snapshot(one, domain("vm2")))
    await bulk.run()
    assert [row.skipped for row in bulk.rows] == ["", "it is running already", "it no longer exists"]
    assert host.methods_called().count("start") == 1


async def test_a_stopped_run_starts_nothing_more_and_ends_what_it_has() -> None:
    bulk, host, tasks = bulk_of(*(off(number) for number in range(6)))
    host.gates["start"] = asyncio.Event()
    running = asyncio.get_running_loop().create_task(bulk.run())
    await wait_until(lambda: tasks.running == AT_ONCE)
    bulk.stop()
    host.gates["start"].set()
    await running
    assert bulk.count(TaskState.DONE) == AT_ONCE
    assert [row.skipped for row in bulk.rows[AT_ONCE:]] == ["stopped before its turn"] * 2


def test_the_greatest_danger_counts_and_skipped_rows_do_not() -> None:
    transient = domain("t", is_persistent=False)
    assert bulk_of(domain("a"), action="domain.shut_down")[0].danger() is Danger.INTERRUPTS
    assert bulk_of(domain("a"), transient, action="domain.shut_down")[0].danger() is Danger.DESTROYS
    assert bulk_of(off(1), action="domain.power_off")[0].danger() is Danger.NONE
