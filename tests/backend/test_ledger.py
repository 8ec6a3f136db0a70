"""What is known of domains becomes rows, and rows that did not change stay the same objects."""

from __future__ import annotations

from datetime import UTC, datetime

from kvmtui.backend.libvirt.ledger import DeepReading, Entry, Facts, Flags, Ledger
from kvmtui.model.domain import DomainState
from kvmtui.model.rates import Counter

RUNNING, PAUSED, SHUT_OFF = 1, 3, 5
MIB_IN_KIB = 1024


def ledger_with(*names: str) -> Ledger:
    """Return a ledger with running domains; the UUID of each is its name."""
    ledger = Ledger("test:///x")
    for number, name in enumerate(names, 1):
        ledger.set_state(ledger.entry(name, name), RUNNING, 1, number)
    return ledger


def info(seconds: float, vcpus: int = 2) -> list[int]:
    return [RUNNING, 1024 * MIB_IN_KIB, 512 * MIB_IN_KIB, vcpus, int(seconds * 1e9)]


def one(ledger: Ledger) -> Entry:
    return next(iter(ledger.entries.values()))


def test_nothing_new_gives_the_same_tuple() -> None:
    ledger = ledger_with("a", "b")
    rows = ledger.make_rows()
    ledger.stale.append("a")
    assert ledger.make_rows() is rows


def test_a_change_makes_one_new_row_and_keeps_the_others() -> None:
    ledger = ledger_with("a", "b")
    first, second = ledger.make_rows()
    ledger.set_state(ledger.entries["a"], PAUSED, 5, 1)
    changed, kept = ledger.make_rows()
    assert (changed.state, changed.reason) == (DomainState.PAUSED, "I/O error")
    assert changed is not first
    assert kept is second


def test_cpu_is_a_share_of_all_vcpus() -> None:
    ledger = ledger_with("a")
    ledger.set_info(one(ledger), info(10.0), 100.0)
    ledger.set_info(one(ledger), info(11.0), 102.0)
    (row,) = ledger.make_rows()
    assert (row.cpu, row.cpu_history) == (0.25, (0.25,))


def test_an_idle_domain_keeps_its_row_once_its_history_is_full() -> None:
    ledger = ledger_with("a")
    for number in range(12):
        ledger.set_info(one(ledger), info(10.0), 100.0 + number)
    (row,) = ledger.make_rows()
    ledger.set_info(one(ledger), info(10.0), 120.0)
    assert ledger.make_rows()[0] is row
    assert row.cpu_history == (0.0,) * 8


def test_a_restart_forgets_what_belonged_to_the_old_process() -> None:
    ledger = ledger_with("a")
    ledger.set_info(one(ledger), info(10.0), 100.0)
    ledger.set_info(one(ledger), info(12.0), 102.0)
    ledger.set_traffic(one(ledger), Counter(100.0, 5), Counter(100.0, 5))
    ledger.deep["a"] = DeepReading(memory_used=5)
    ledger.set_state(one(ledger), RUNNING, 1, 99)
    (row,) = ledger.make_rows()
    assert (row.cpu, row.cpu_history, row.memory_used, row.id) == (None, (), None, 99)
    ledger.set_info(one(ledger), info(1.0), 110.0)
    assert ledger.make_rows()[0].cpu is None


def test_a_domain_that_stopped_has_neither_address_nor_start() -> None:
    ledger = ledger_with("a")
    ledger.facts["a"] = Facts(macs=("m",))
    ledger.leases = {"m": ("10.0.0.1",)}
    ledger.started["a"] = datetime.now(UTC)
    ledger.stale.append("a")
    assert ledger.make_rows()[0].addresses == ("10.0.0.1",)
    ledger.set_state(one(ledger), SHUT_OFF, 1, None)
    (row,) = ledger.make_rows()
    assert (row.addresses, row.started) == ((), None)


def test_flags_are_unknown_until_they_were_read() -> None:
    ledger = ledger_with("a")
    (row,) = ledger.make_rows()
    assert (row.is_persistent, row.has_autostart, row.has_snapshots) == (None, None, None)
    ledger.flags = Flags(transient=frozenset({"a"}), autostart=frozenset(), snapshots=frozenset({"a"}))
    ledger.stale.append("a")
    (row,) = ledger.make_rows()
    assert (row.is_persistent, row.has_autostart, row.has_snapshots) == (False, False, True)


def test_a_rename_changes_the_name_and_not_the_key() -> None:
    ledger = ledger_with("a")
    (before,) = ledger.make_rows()
    ledger.entry("a", "b\x1b")
    (row,) = ledger.make_rows()
    assert (row.name, row.key) == ("b\u241b", before.key)


def test_what_is_gone_has_no_row() -> None:
    ledger = ledger_with("a", "b")
    ledger.make_rows()
    ledger.forget("a")
    assert [row.name for row in ledger.make_rows()] == ["b"]


def test_a_problem_marks_its_row_alone_and_ends_with_the_next_good_reading() -> None:
    ledger = ledger_with("a", "b")
    ledger.set_problem(ledger.entries["a"], "cannot be read")
    assert [row.problem for row in ledger.make_rows()] == ["cannot be read", ""]
    ledger.set_info(ledger.entries["a"], info(1.0), 1.0)
    assert [row.problem for row in ledger.make_rows()] == ["", ""]


def test_a_job_is_told_by_the_state_or_by_whoever_runs_it() -> None:
    ledger = ledger_with("a", "b")
    ledger.set_state(ledger.entries["a"], PAUSED, 2, 1)
    ledger.jobs["b"] = "saving"
    assert [row.job for row in ledger.make_rows()] == ["migrating", "saving"]


def test_the_successor_knows_the_same_and_is_out_of_reach_of_the_old_connection() -> None:
    ledger = ledger_with("a")
    rows = ledger.make_rows()
    successor = ledger.successor()
    ledger.set_state(one(ledger), SHUT_OFF, 1, None)
    ledger.forget("a")
    assert successor.make_rows() == rows
    assert successor.entries["a"].row is rows[0]
