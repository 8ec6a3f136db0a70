"""One action on many domains: a plan that says what will happen to each, and its run with a result for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kvmtui.fleet.action import Action, Answers, Danger, FieldKind
from kvmtui.fleet.command import Command
from kvmtui.fleet.files import NAME_MARK
from kvmtui.fleet.fleet import Fleet
from kvmtui.fleet.task import Stage, Task, TaskState
from kvmtui.fleet.tasks import Tasks
from kvmtui.model.domain import Domain
from kvmtui.model.key import Key
from kvmtui.text import several

AT_ONCE = 4
"""Calls to libvirt that run at the same time; waiting for guests does not count."""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What happens to one domain."""

    domain: Domain
    skipped: str = ""
    """Why nothing is done to it; empty when something is."""
    task: Task | None = None
    """Once it was started."""

    @property
    def key(self) -> Key:
        """What names it in a table."""
        return self.domain.key

    @property
    def is_planned(self) -> bool:
        """Whether something will be or was done."""
        return not self.skipped

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen."""
        return bool(self.skipped) or (self.task is not None and not self.task.is_running)


def plan(
    action: Action, domains: Sequence[Domain], why_not: Callable[[Action, Domain], str | None] | None = None
) -> tuple[PlanRow, ...]:
    """Return what an action will do to each domain.

    Args:
        action: the action.
        domains: the targets, in the order in which they are shown and done.
        why_not: says why a domain is skipped; without it, the action does.
    """
    reason = why_not or (lambda action, domain: action.why_not(domain))
    return tuple(PlanRow(domain, reason(action, domain) or "") for domain in domains)


class Bulk:
    """A plan and its run. Each row is looked at again before its turn comes: the world may have changed meanwhile."""

    def __init__(
        self, action: Action, rows: Sequence[PlanRow], fleet: Fleet, tasks: Tasks, answers: Answers | None = None
    ) -> None:
        """Make the run of a plan; two domains whose file would be the same get a file each."""
        self.action = action
        self.rows = list(rows)
        self.is_started = False
        self.is_stopped = False
        self._fleet = fleet
        self._tasks = tasks
        self._answers = answers
        self._own = own_answers(action, [row.domain for row in rows], answers or {})
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def planned(self) -> int:
        """How many domains something is done to."""
        return sum(row.is_planned for row in self.rows)

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.is_started and all(row.is_settled for row in self.rows)

    def command(self, domain: Domain) -> Command:
        """Return the command for one of the domains."""
        return self.action.command(domain.key.host, domain, self._own.get(domain.key, self._answers))

    def danger(self) -> Danger:
        """Return the greatest danger to any of the domains that something is done to."""
        order = list(Danger)
        dangers = [self.action.danger_to(row.domain, self._answers) for row in self.rows if row.is_planned]
        return max(dangers, key=order.index, default=Danger.NONE)

    def consequence(self, domain: Domain) -> str:
        """Return what happens to one of the domains, as a sentence."""
        return self.action.consequence(domain, self._answers)

    @property
    def removal(self) -> str:
        """What empty answers remove from all of the domains, as a sentence; empty for nothing."""
        removed = self.action.removes(self._answers or {})
        return f"Removes the {removed} of {several(self.planned, 'domain')}." if removed else ""

    def count(self, state: TaskState) -> int:
        """Return how many tasks are in a state."""
        return sum(row.task is not None and row.task.state is state for row in self.rows)

    def refresh(self) -> bool:
        """Bring the rows' tasks up to date, and return whether any changed."""
        has_changed = False
        for index, row in enumerate(self.rows):
            task = self._tasks.task(row.task.number) if row.task is not None and row.task.is_running else None
            if task is not None and task is not row.task:
                self.rows[index] = replace(row, task=task)
                has_changed = True
        return has_changed

    def stop(self) -> None:
        """Start no further row; what runs, runs on."""
        self.is_stopped = True

    async def run(self) -> None:
        """Do it, some at a time, until every task has ended."""
        self.is_started = True
        await asyncio.gather(*(self._do(index) for index, row in enumerate(self.rows) if row.is_planned))

    async def _do(self, index: int) -> None:
        async with self._turns:
            row = self.rows[index]
            now = self._fleet.domain(row.key)
            reason = "stopped before its turn" if self.is_stopped else _reason(self.action, now)
            if now is None or reason:
                self.rows[index] = replace(row, skipped=reason)
                return
            number = self._tasks.start(self.action, now, self._own.get(row.key, self._answers))
            self.rows[index] = replace(row, domain=now, task=self._tasks.task(number))
            task = await self._tasks.accepted(number)
        if task.is_running:
            task = await self._tasks.finished(number)
        self.rows[index] = replace(self.rows[index], task=task)


def own_answers(action: Action, domains: Iterable[Domain], answers: Answers) -> dict[Key, Answers]:
    """Return the answers of those domains that need their own: the UUID's beginning in a file name that another one has."""
    own: dict[Key, Answers] = {}
    taken: set[Path] = set()
    for domain in domains if action.file else ():
        assert action.file is not None
        if (path := action.file(domain, answers)) in taken:
            own[domain.key] = dict(answers) | {
                field.name: answers[field.name].replace(NAME_MARK, f"{NAME_MARK}-{domain.key.uuid[:8]}")
                for field in action.fields
                if field.kind is FieldKind.PATH
            }
            path = action.file(domain, own[domain.key])
        taken.add(path)
    return own


def _reason(action: Action, domain: Domain | None) -> str:
    return "it no longer exists" if domain is None else action.why_not(domain) or ""


def outcome(row: PlanRow, action: Action) -> str:
    """Return what happens or happened to a row, in a few words."""
    if row.skipped:
        return f"skipped: {row.skipped}"
    if row.task is None:
        return action.label
    if row.task.is_running and row.task.stage is Stage.CALLING:
        return row.task.activity
    return row.task.outcome
