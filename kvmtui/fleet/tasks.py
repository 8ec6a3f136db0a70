"""What is being done and what was done in this session: runs actions, follows them to their end, keeps their failures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from kvmtui.backend.protocol import Host
from kvmtui.fleet.action import Action, Answers
from kvmtui.fleet.fleet import Fleet
from kvmtui.fleet.journal import Journal, entry_of
from kvmtui.fleet.task import Stage, Task, TaskState
from kvmtui.fleet.verdict import Verdict
from kvmtui.fleet.waiting import until
from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.key import Key
from kvmtui.text import printable, short_duration

ENDED_KEPT = 500
"""Ended tasks that are remembered."""
WATCH = 900.0
"""Seconds for which a guest that ignores a shutdown, or a lost connection, is watched on."""

_UNSURE = {FailureKind.CONNECTION, FailureKind.TIMEOUT}
"""Failures after which nobody knows whether libvirt did it."""


class _Run:
    """What belongs to a running task and not to its row."""

    def __init__(self, task: Task) -> None:
        self.task = task
        """The row as it is now; here it outlives being forgotten."""
        self.accepted = asyncio.Event()
        self.ended = asyncio.Event()
        self.coroutine: asyncio.Task[None] | None = None


class Tasks:
    """The tasks of this session, on the event loop."""

    def __init__(self, fleet: Fleet, journal: Journal | None = None, *, patience: float = 60.0, watch: float = WATCH) -> None:
        """Start without any task.

        Args:
            fleet: where hosts and the state of domains come from.
            journal: where changes are written down.
            patience: seconds after which a guest that does not follow is reported.
            watch: seconds for which it is watched after that.
        """
        self._fleet = fleet
        self._journal = journal
        self._patience = patience
        self._watch = watch
        self._tasks: dict[int, Task] = {}
        self._runs: dict[int, _Run] = {}
        self._active: dict[Key, list[int]] = {}
        self._count = 0
        self._subscribers: list[Callable[[], None]] = []
        self._background: set[asyncio.Task[Any]] = set()

    # Reading

    @property
    def all(self) -> tuple[Task, ...]:
        """Every task that is remembered, the newest last."""
        return tuple(self._tasks.values())

    @property
    def running(self) -> int:
        """How many tasks have not ended."""
        return len(self._runs)

    def task(self, number: int) -> Task | None:
        """Return a task; None when it is forgotten."""
        return self._tasks.get(number)

    def activity(self, key: Key) -> str:
        """Return what is being done with a domain ("starting…", "saving 34%"); empty for nothing."""
        numbers = self._active.get(key)
        return self._tasks[numbers[-1]].activity if numbers else ""

    def why_not(self, action: Action, key: Key) -> str | None:
        """Return why an action must wait: the same one is under way on the domain."""
        for number in self._active.get(key, ()):
            task = self._tasks[number]
            if task.action is action and task.stage is Stage.CALLING:
                return f"{action.doing} already"
        return None

    def subscribe(self, subscriber: Callable[[], None]) -> Callable[[], None]:
        """Call `subscriber` after each change; return what ends that."""
        self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

        return unsubscribe

    # Doing

    def start(self, action: Action, domain: Domain, answers: Answers | None = None) -> int:
        """Start an action on a domain, and return the task's number."""
        self._count += 1
        number, given = self._count, action.defaults(domain) | dict(answers or {})
        task = self._tasks[number] = Task(number, action, domain, action.command(domain.key.host, domain, given), given)
        self._active.setdefault(domain.key, []).append(number)
        run = self._runs[number] = _Run(task)
        run.coroutine = asyncio.get_running_loop().create_task(self._run(number), name=f"{action.id} {domain.key.uuid}")
        run.coroutine.add_done_callback(partial(self._note_crash, number))
        self._tell()
        return number

    async def accepted(self, number: int) -> Task:
        """Wait until libvirt has answered, and return the task: ended, or waiting for its guest."""
        if run := self._runs.get(number):
            await run.accepted.wait()
            return run.task
        return self._tasks[number]

    async def finished(self, number: int) -> Task:
        """Wait until a task has ended, and return it."""
        if run := self._runs.get(number):
            await run.ended.wait()
            return run.task
        return self._tasks[number]

    async def cancel(self, number: int) -> str:
        """Give a task up as far as that is possible, and return what came of it in a sentence."""
        task, run = self._tasks.get(number), self._runs.get(number)
        if task is None or run is None:
            return "It has ended already."
        if task.stage is not Stage.CALLING:
            assert run.coroutine is not None
            run.coroutine.cancel()
            return "No longer waiting for it; what was asked of the guest stays asked."
        host = self._fleet.hosts.get(task.domain.key.host)
        if task.action.cancel is None or host is None:
            return "libvirt cannot cancel that."
        try:
            await task.action.cancel(host, task.domain)
        except Failure as failure:
            return str(failure)
        return "libvirt was told to cancel it."

    def clear_ended(self) -> None:
        """Forget the tasks that have ended."""
        self._tasks = {number: task for number, task in self._tasks.items() if task.is_running}
        self._tell()

    def keep_running(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that belongs to no screen to its end."""
        background = asyncio.get_running_loop().create_task(work)
        self._background.add(background)
        background.add_done_callback(self._background.discard)

    def close(self) -> None:
        """Write down what is still under way, for the program ends; nothing is undone, nothing waited for."""
        for number, run in tuple(self._runs.items()):
            if run.task.stage is Stage.CALLING:
                self._end(number, TaskState.UNKNOWN, "the program ended before libvirt answered")
            else:
                self._end(number, TaskState.CANCELLED, f"{run.task.result}; the program ended")
            if run.coroutine:
                run.coroutine.cancel()

    # The life of one task

    async def _run(self, number: int) -> None:
        task = self._tasks[number]
        host = None
        try:
            host = self._host(task)
            result = await task.action.run(host, task.domain, task.answers, partial(self._progressed, number))
        except Failure as failure:
            if _is_unsure(failure):
                await self._check_later(number, failure)
            else:
                state = TaskState.CANCELLED if failure.kind is FailureKind.ABORTED else TaskState.FAILED
                self._end(number, state, failure=failure)
        except asyncio.CancelledError:
            self._end(number, TaskState.UNKNOWN, "the program ended before libvirt answered")
        else:
            await self._follow(number, host, result)
        finally:
            if host:
                host.poll_soon()

    async def _follow(self, number: int, host: Host, result: str) -> None:
        """Wait for the guest to do what libvirt has accepted."""
        task = self._change(number, progress=None, result=result)
        settling = task.action.settling
        if settling is None:
            self._end(number, TaskState.DONE, result)
            return
        self._change(number, stage=Stage.FOLLOWING)
        self._runs[number].accepted.set()
        host.poll_soon()
        limit = settling.limit(task.answers) if settling.limit else None
        try:
            if not await self._settles(task, self._patience if limit is None else limit):
                if limit is not None and settling.force:
                    await self._force(number, limit)
                    return
                self._change(number, is_ignored=True, result=f"no answer from the guest for {short_duration(self._patience)}")
                if not await self._settles(task, self._watch):
                    self._end(number, TaskState.FAILED, failure=_ignored(task, self._patience + self._watch))
                    return
        except asyncio.CancelledError:
            self._end(number, TaskState.CANCELLED, f"{result}; no longer waited for")
        else:
            self._end(number, TaskState.DONE, self._settled_result(task))

    async def _force(self, number: int, limit: float) -> None:
        task = self._change(number, stage=Stage.CALLING, result="powering off")
        assert task.action.settling is not None
        assert task.action.settling.force is not None
        try:
            await task.action.settling.force(self._host(task), task.domain)
        except Failure as failure:
            if failure.kind is FailureKind.WRONG_STATE and await self._settles(task, 5):
                self._end(number, TaskState.DONE, self._settled_result(task))  # it went off by itself at the last moment
            elif _is_unsure(failure):
                await self._check_later(number, failure)
            else:
                self._end(number, TaskState.FAILED, failure=failure)
        else:
            self._end(number, TaskState.DONE, f"powered off: the guest had not shut down after {short_duration(limit)}")

    def _host(self, task: Task) -> Host:
        """Return the host as it is reached now: it may have been replaced since the task started."""
        host = self._fleet.hosts.get(task.domain.key.host)
        if host is None:
            raise Failure(FailureKind.GONE, f"{task.action.label} {task.domain.name}", "this host was disconnected")
        return host

    async def _settles(self, task: Task, timeout: float) -> bool:
        assert task.action.settling is not None
        settling = task.action.settling
        return await until(self._fleet, lambda: settling.is_settled(task.domain, self._fleet.domain(task.domain.key)), timeout)

    def _settled_result(self, task: Task) -> str:
        now = self._fleet.domain(task.domain.key)
        return "restarted" if now is not None and now.is_active else "shut down"

    async def _check_later(self, number: int, failure: Failure) -> None:
        """Find out from the next good readings of the host whether something took effect whose answer was lost."""
        task = self._tasks[number]
        verdict = Verdict(task.action, time.monotonic())
        said = "no answer: it is unknown whether it took effect"
        self._change(number, stage=Stage.CHECKING, progress=None, failure=failure, result=said)
        self._runs[number].accepted.set()

        def is_told() -> bool:
            view = next((view for view in self._fleet.views if view.key == task.domain.key.host), None)
            if view is None:  # the host was let go: nothing more will be read
                verdict.took_effect = None
                return True
            if not view.is_current or view.snapshot is None:
                return False
            return verdict.hear(view.snapshot.taken, self._fleet.domain(task.domain.key))

        try:
            is_final = await until(self._fleet, is_told, self._watch)
        except asyncio.CancelledError:
            is_final = False
        if is_final and verdict.took_effect:
            self._end(number, TaskState.DONE, f"{task.action.label}: done, as seen after the connection was lost")
        elif not is_final or verdict.took_effect is None:
            self._end(number, TaskState.UNKNOWN, said, failure=failure)
        else:
            self._end(number, TaskState.FAILED, "it did not take effect", failure=failure)

    # Bookkeeping

    def _progressed(self, number: int, progress: Any) -> None:
        if number in self._runs:
            self._change(number, progress=progress)

    def _change(self, number: int, **fields: Any) -> Task:
        run = self._runs[number]
        task = run.task = self._tasks[number] = replace(run.task, **fields)
        self._tell()
        return task

    def _end(self, number: int, state: TaskState, result: str = "", failure: Failure | None = None) -> None:
        if number not in self._runs:
            return
        task = self._change(number, state=state, result=result, failure=failure, ended=datetime.now(UTC), progress=None)
        run = self._runs.pop(number)
        numbers = self._active[task.domain.key]
        numbers.remove(number)
        if not numbers:
            del self._active[task.domain.key]
        if task.action.changes and self._journal:
            self._journal.append(entry_of(task))
        for old in [old for old, entry in self._tasks.items() if not entry.is_running][:-ENDED_KEPT]:
            del self._tasks[old]
        run.accepted.set()
        run.ended.set()
        self._tell()

    def _note_crash(self, number: int, coroutine: asyncio.Task[None]) -> None:
        """Keep a mistake of the program's own from leaving a task that never ends."""
        if number in self._runs:
            error = None if coroutine.cancelled() else coroutine.exception()
            task = self._tasks[number]
            said = printable(repr(error)) if error else "the program ended"
            self._end(
                number,
                TaskState.UNKNOWN,
                failure=Failure(FailureKind.OTHER, f"{task.action.label} {task.domain.name}", said),
            )

    def _tell(self) -> None:
        for subscriber in tuple(self._subscribers):
            subscriber()


def _is_unsure(failure: Failure) -> bool:
    """Return whether nobody knows if libvirt did what failed."""
    return failure.was_sent and failure.kind in _UNSURE


def _ignored(task: Task, seconds: float) -> Failure:
    advice = task.action.settling.advice if task.action.settling else ""
    attempted = f"{task.action.label} {task.domain.name}"
    said = f"the guest has not shut down for {short_duration(seconds)}"
    return Failure(FailureKind.TIMEOUT, attempted, said, advice, target=task.domain.name)
