"""From a key to a result: looks whether an action applies, asks what must be asked, starts it, and says what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, cast

from textual.app import App
from textual.worker import get_current_worker

from kvmtui.fleet.action import Action, Answers, Danger, Field, FieldKind
from kvmtui.fleet.actions import ACTIONS
from kvmtui.fleet.actions_guest import files_lane
from kvmtui.fleet.bulk import Bulk, own_answers, plan
from kvmtui.fleet.files import exists
from kvmtui.fleet.task import Stage, Task, TaskState
from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure
from kvmtui.text import printable, several
from kvmtui.ui.desk import Desk, Severity, is_read_only
from kvmtui.ui.dialogs.base import Dialog
from kvmtui.ui.dialogs.confirm import ConfirmDialog
from kvmtui.ui.dialogs.form import FormDialog
from kvmtui.ui.dialogs.menu import MenuDialog
from kvmtui.ui.dialogs.pick import Choice, ChoiceDialog
from kvmtui.ui.dialogs.plan import PlanDialog, summary
from kvmtui.ui.editing import EDITS, open_editor

_SEVERITIES: dict[TaskState, Severity] = {TaskState.DONE: "information", TaskState.FAILED: "error"}


async def perform(desk: Desk, action_id: str, domains: Sequence[Domain]) -> None:
    """Do an action on domains, from asking to reporting. Returns at once; it goes on by itself.

    Args:
        desk: the app.
        action_id: the action's id; `id|other id` of a key that two share means the other where only that one applies.
        domains: the targets.
    """
    _go(desk, _perform(desk, _meant(desk, action_id, domains), tuple(domains)))


async def open_menu(desk: Desk, domains: Sequence[Domain]) -> None:
    """Offer all actions for domains and do the one that is picked. Returns at once."""
    if domains:
        _go(desk, _pick_and_perform(desk, tuple(domains)))


def _go(desk: Desk, work: Coroutine[Any, Any, None]) -> None:
    """Let it run beside the keys: whoever handles a key must not wait for an answer to a dialog.

    What is typed meanwhile waits for the first dialog, so that it cannot mean something else to the screen below.
    """
    desk.hold_keys(_app(desk).run_worker(_then_release(desk, work), group="acting", exit_on_error=True))


async def _then_release(desk: Desk, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    finally:
        desk.release_keys(get_current_worker())


def _app(desk: Desk) -> App[Any]:
    return cast("App[Any]", desk)


async def _ask(desk: Desk, dialog: Dialog[Any]) -> Any:
    answer = await _app(desk).push_screen_wait(dialog)
    desk.hold_keys(get_current_worker())  # another question may follow
    return answer


async def _pick_and_perform(desk: Desk, domains: tuple[Domain, ...]) -> None:
    picked = await _ask(desk, MenuDialog(desk, domains))
    if picked in ACTIONS:
        await _perform(desk, ACTIONS[picked], domains)
    elif picked in EDITS:
        open_editor(desk, picked, domains[0])


async def _perform(desk: Desk, action: Action, domains: tuple[Domain, ...]) -> None:
    if not domains:
        desk.say(f"{action.label}: there is no domain here.", "warning")
        return
    if action.is_for_one and len(domains) > 1:
        desk.say(f"{action.label}: one domain at a time.", "warning")
    elif len(domains) == 1:
        await _perform_one(desk, action, domains[0])
    else:
        await _perform_many(desk, action, domains)


def _meant(desk: Desk, action_id: str, domains: Sequence[Domain]) -> Action:
    """Return the first of the actions sharing a key that applies to any of the domains; the first when none does."""
    asked, *others = (ACTIONS[id_] for id_ in action_id.split("|"))
    keys = desk.config.keys
    alike = [other for other in others if set(keys.get(asked.id, ())) & set(keys.get(other.id, ()))]
    for action in (asked, *alike):
        if any(_why_not(desk, action, domain) is None for domain in domains):
            return action
    return asked


def _why_not(desk: Desk, action: Action, domain: Domain) -> str | None:
    """Return why an action cannot be done now, by the latest that is known of the domain."""
    now = desk.fleet.domain(domain.key)
    if now is None:
        return "it no longer exists"
    return action.why_not(now, is_read_only(desk, now)) or desk.tasks.why_not(action, domain.key)


# One domain


async def _perform_one(desk: Desk, action: Action, domain: Domain) -> None:
    if _refuses(desk, action, domain):
        return
    answers = await _answers(desk, action, domain)
    if answers is None or not await _may_overwrite(desk, action, domain, answers):
        return
    if _asks(desk, action, domain, answers):
        command = str(action.command(domain.key.host, domain, answers))
        question = f"{action.label} {domain.name}?"
        dialog = ConfirmDialog(question, [domain], consequence=action.consequence(domain, answers), command=command)
        if not await _ask(desk, dialog):
            return
    if _refuses(desk, action, domain):  # it may have changed while the user was asked
        return
    now = desk.fleet.domain(domain.key) or domain
    number = desk.tasks.start(action, now, answers)
    desk.last_command = str(action.command(domain.key.host, now, answers))
    desk.say(f"{now.name}: {action.doing}… · {' '.join(desk.last_command.split())}")
    desk.tasks.keep_running(_report(desk, number))


def _refuses(desk: Desk, action: Action, domain: Domain) -> bool:
    if reason := _why_not(desk, action, domain):
        desk.say(f"{action.label} {domain.name}: {reason}.", "warning")
    return bool(reason)


def _asks(desk: Desk, action: Action, domain: Domain, answers: Answers) -> bool:
    danger = action.danger_to(domain, answers)
    return danger is Danger.DESTROYS or (danger is Danger.INTERRUPTS and desk.config.confirm == "all")


async def _answers(desk: Desk, action: Action, domain: Domain) -> Answers | None:
    """Return what the user gives for the action's fields; None when the user gives up."""
    if not action.fields:
        return {}
    values = action.defaults(domain)
    host = desk.fleet.hosts.get(domain.key.host)
    if action.prepare and host:
        slow = asyncio.get_running_loop().call_later(1, desk.say, f"{action.label} {domain.name}: reading… (Esc frees the keys)")
        try:
            values |= await action.prepare(host, domain)
        except Failure as failure:
            desk.say(str(failure), "error")
            return None
        finally:
            slow.cancel()
    title = f"{action.label}: {domain.name}"
    if choice := _only_choice(action):
        return await _chosen(desk, choice, title, (domain,), values[choice.name])

    def command(answers: Answers) -> str:
        return str(action.command(domain.key.host, domain, answers))

    return cast("Answers | None", await _ask(desk, FormDialog(title, action.fields, values, [domain], command=command)))


def _only_choice(action: Action) -> Field | None:
    return action.fields[0] if len(action.fields) == 1 and action.fields[0].kind is FieldKind.CHOICE else None


async def _chosen(desk: Desk, field: Field, title: str, domains: Sequence[Domain], value: str) -> Answers | None:
    choices = [Choice(choice, label, note=choice) for choice, label in field.choices]
    picked = await _ask(desk, ChoiceDialog(title, choices, domains, starts_at=value))
    return {field.name: picked} if picked else None


async def _may_overwrite(desk: Desk, action: Action, domain: Domain, answers: Answers) -> bool:
    if action.file is None:
        return True
    path = action.file(domain, answers)
    if not await files_lane().call(lambda: exists(path)):
        return True
    command = str(action.command(domain.key.host, domain, answers))
    question = f"Replace {printable(path.name)}?"
    consequence = f"{printable(str(path))} exists already on this machine: it will be replaced."
    return bool(await _ask(desk, ConfirmDialog(question, [domain], consequence=consequence, command=command)))


# Several domains


async def _perform_many(desk: Desk, action: Action, domains: tuple[Domain, ...]) -> None:
    rows = plan(
        action, [desk.fleet.domain(domain.key) or domain for domain in domains], lambda one, two: _why_not(desk, one, two)
    )
    targets = [row.domain for row in rows if row.is_planned]
    if not targets:
        reasons = {row.skipped for row in rows}
        reason = reasons.pop() if len(reasons) == 1 else "it applies to none of them"
        desk.say(f"{action.label} {several(len(domains), 'domain')}: {reason}.", "warning")
        return
    answers = await _shared_answers(desk, action, targets)
    if answers is None:
        return
    if action.file:
        rows = plan(action, domains, await _skip_existing(desk, action, domains, answers))
    bulk = Bulk(action, rows, desk.fleet, desk.tasks, answers)

    def start() -> None:
        desk.last_command = "\n".join(str(bulk.command(row.domain)) for row in rows if row.is_planned)
        desk.tasks.keep_running(_run_bulk(desk, bulk))

    await _ask(desk, PlanDialog(bulk, start))


async def _shared_answers(desk: Desk, action: Action, targets: Sequence[Domain]) -> Answers | None:
    if not action.fields:
        return {}
    title = f"{action.label}: {several(len(targets), 'domain')}"
    values = {field.name: field.shared_default for field in action.fields}
    if choice := _only_choice(action):
        return await _chosen(desk, choice, title, targets, values[choice.name])

    def command(answers: Answers) -> str:
        return f"{action.command(targets[0].key.host, targets[0], answers)}   … and {len(targets) - 1} more"

    return cast("Answers | None", await _ask(desk, FormDialog(title, action.fields, values, targets, command=command)))


async def _skip_existing(desk: Desk, action: Action, domains: Sequence[Domain], answers: Answers) -> Any:
    assert action.file is not None
    own = own_answers(action, domains, answers)
    paths = {domain.key: action.file(domain, own.get(domain.key, answers)) for domain in domains}
    there = await files_lane().call(lambda: {key for key, path in paths.items() if exists(path)})

    def why_not(one: Action, domain: Domain) -> str | None:
        reason = _why_not(desk, one, domain)
        return reason or (f"{printable(paths[domain.key].name)} exists already" if domain.key in there else None)

    return why_not


async def _run_bulk(desk: Desk, bulk: Bulk) -> None:
    await bulk.run()
    is_clean = bulk.count(TaskState.DONE) == bulk.planned
    desk.say(summary(bulk) + ("" if is_clean else " · 5 shows what failed"), "information" if is_clean else "error")


# Reporting


async def _report(desk: Desk, number: int) -> None:
    """Say what libvirt answered, that a guest does not follow, and how it ended."""
    task = await desk.tasks.accepted(number)
    if task.is_running:
        desk.say(_line(task), "warning" if task.stage is Stage.CHECKING else "information")
        if await _is_ignored(desk, number):
            task = desk.tasks.task(number) or task
            desk.say(f"{task.domain.name}: {task.outcome}. {task.advice}", "warning")
        task = await desk.tasks.finished(number)
    desk.say(_line(task), _SEVERITIES.get(task.state, "warning"))


async def _is_ignored(desk: Desk, number: int) -> bool:
    """Wait until a task has ended or its guest is known not to follow; return whether it is the latter."""
    changed = asyncio.Event()
    unsubscribe = desk.tasks.subscribe(changed.set)
    try:
        while (task := desk.tasks.task(number)) and task.is_running and not task.is_ignored:
            await changed.wait()
            changed.clear()
    finally:
        unsubscribe()
    return task is not None and task.is_running


def _line(task: Task) -> str:
    """Return a task in one line: what came of it first, since the end of a long line is cut off."""
    more = " (5 shows all of it)" if task.failure and "\n" in task.failure.said else ""
    return f"{task.domain.name}: {task.outcome}{more} · {_command(task)}"


def _command(task: Task) -> str:
    return " ".join(str(task.command).split())
