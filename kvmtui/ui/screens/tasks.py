"""What runs and what ended in this session, with the whole text of a failure under the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from kvmtui.fleet.task import Task, TaskState
from kvmtui.text import clock, long_size, percent, short_duration
from kvmtui.ui.bindings import bindings_of
from kvmtui.ui.desk import DeskScreen
from kvmtui.ui.dialogs.failure import FailureDialog, failure_lines
from kvmtui.ui.widgets.cells import Part, Tone
from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.glyphs import glyphs
from kvmtui.ui.widgets.table import SortOrder, Table

_TONES: dict[TaskState, Tone] = {
    TaskState.RUNNING: "accent",
    TaskState.DONE: "good",
    TaskState.FAILED: "bad",
    TaskState.CANCELLED: "warn",
    TaskState.UNKNOWN: "warn",
}


def _state(task: Task) -> Part:
    signs = glyphs()
    sign = {
        TaskState.RUNNING: signs.busy,
        TaskState.DONE: signs.mark,
        TaskState.FAILED: signs.bad,
        TaskState.CANCELLED: signs.line,
        TaskState.UNKNOWN: "?",
    }[task.state]
    tone: Tone = "warn" if task.is_running and task.is_ignored else _TONES[task.state]
    return Part(f"{sign} {task.state.value}", tone)


def _what(task: Task) -> str:
    job = task.progress
    if not task.is_running or job is None:
        return task.outcome
    return f"{task.action.doing} {percent(job.ratio)}: {long_size(job.done)} of {long_size(job.total)}"


def columns(host_name: Callable[[Task], str]) -> tuple[Column[Task], ...]:
    """Return the columns; `host_name` says what the host of a task is called."""
    return (
        Column("domain", "DOMAIN", 12, lambda task: task.domain.name, lambda task: task.domain.name, flex=1, max_width=32),
        Column("action", "ACTION", 12, lambda task: task.action.label, lambda task: task.action.label, flex=1, max_width=30),
        Column("state", "STATE", 17, _state, lambda task: task.state.value),
        Column(
            "started",
            "STARTED",
            8,
            lambda task: clock(task.started),
            lambda task: task.started,
            priority=1,
            is_descending_first=True,
        ),
        Column("time", "TIME", 7, lambda task: short_duration(task.seconds), lambda task: task.seconds, "right", priority=2),
        Column("host", "HOST", 12, host_name, host_name, flex=1, max_width=32, priority=3),
        Column("result", "RESULT", 20, _what, flex=3, max_width=200),
    )


class TasksScreen(DeskScreen):
    """The tasks, the newest first."""

    VIEW: ClassVar[str] = "view.tasks"
    KEY_HINTS: ClassVar[tuple[str, ...]] = ("table.open", "task.cancel", "task.copy", "task.clear", "view.domains", "app.help")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("view"), *bindings_of("task")]

    def __init__(self) -> None:
        super().__init__()
        self._columns = columns(self._host_name)
        self._sort = SortOrder("started", is_descending=True)
        self._clock: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Yield the list and the pane under it."""
        yield Table(self._columns, empty_text="Nothing was done yet.", besides=_age, has_marks=False, id="tasks-table")
        with VerticalScroll(id="task-pane", can_focus=False):
            yield Static(id="task-text")

    def on_mount(self) -> None:
        """Follow the time of what runs."""
        self._table.sort = self._sort
        self._clock = self.set_interval(1, self._tick)
        self._table.focus()

    def on_screen_suspend(self) -> None:
        """Let the clock rest."""
        if self._clock:
            self._clock.pause()

    def on_screen_resume(self) -> None:
        """Catch up."""
        if self._clock:
            self._clock.resume()
        super().on_screen_resume()

    def fleet_changed(self) -> None:
        """Show the tasks as they are."""
        tasks = sorted(self.desk.tasks.all, key=self._order, reverse=self._sort.is_descending)
        self._table.show(tasks)
        self.set_status(f"{self.desk.tasks.running} running · {len(tasks)}")
        self._show_text(self._table.cursor_row)

    @on(Table.CursorMoved)
    def cursor_moved(self, event: Table.CursorMoved) -> None:
        """Show the text of the task under the cursor."""
        self._show_text(event.row)

    @on(Table.Opened)
    def opened(self, event: Table.Opened) -> None:
        """Show a failure alone."""
        task: Task = event.row
        if task.failure:
            self.app.push_screen(FailureDialog(task.failure, str(task.command), [task.domain]))

    @on(Table.SortRequested)
    def sort_requested(self, event: Table.SortRequested) -> None:
        """Take another order."""
        self._sort = self._table.sort = event.order
        self.fleet_changed()

    async def action_task_cancel(self) -> None:
        """Cancel the task, where libvirt can."""
        task = self._table.cursor_row
        if task is None or not task.is_running:
            self.desk.say("It has ended already." if task else "There is no task.", "warning")
        elif not task.can_cancel:
            self.desk.say(f"{task.action.label} {task.domain.name}: libvirt cannot cancel that.", "warning")
        else:
            self.desk.tasks.keep_running(self._cancel(task))

    def action_task_clear(self) -> None:
        """Remove ended tasks from the list."""
        self.desk.tasks.clear_ended()
        self.fleet_changed()

    def action_task_copy(self) -> None:
        """Copy the command and the full error text."""
        if task := self._table.cursor_row:
            said = f"\n\n{task.failure}" if task.failure else f"\n# {task.outcome}"
            self.desk.copy(f"{task.command}{said}\n", "the command and its outcome")

    @property
    def _table(self) -> Table[Task]:
        return self.query_one("#tasks-table", Table)

    def _host_name(self, task: Task) -> str:
        key = task.domain.key.host
        return self.desk.fleet.view(key).name if key in self.desk.fleet.hosts else key

    def _order(self, task: Task) -> tuple[object, int]:
        column = next((column for column in self._columns if column.id == self._sort.column), self._columns[0])
        return (column.sort(task) if column.sort else 0, task.number)

    def _tick(self) -> None:
        if self.desk.tasks.running:
            self._table.repaint()

    async def _cancel(self, task: Task) -> None:
        self.desk.say(f"{task.action.label} {task.domain.name}: {await self.desk.tasks.cancel(task.number)}")

    def _show_text(self, task: Task | None) -> None:
        text = Content("") if task is None else task_text(task)
        self.query_one("#task-text", Static).update(text)


def _age(task: Task) -> int:
    return int(task.seconds) if task.is_running else 0


def task_text(task: Task) -> Content:
    """Return everything about a task: its command, its outcome, what went wrong and what to do."""
    head = Content.assemble(
        (f"{task.domain.name}: {task.action.label}", "bold"),
        (f"   {task.domain.key.host}   {task.domain.key.uuid}\n", "$text-muted"),
        ("$ ", "$text-muted"),
        f"{task.command}\n",
    )
    if task.failure:
        return Content.assemble(head, "\n", failure_lines(task.failure))
    return Content.assemble(head, _what(task), (f"\n{task.advice}", "$text-warning"))
