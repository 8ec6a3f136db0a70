"""What will be done to each of several domains, and then what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from kvmtui.fleet.action import Danger
from kvmtui.fleet.bulk import Bulk, PlanRow, outcome
from kvmtui.fleet.task import TaskState
from kvmtui.model.domain import Domain
from kvmtui.text import several
from kvmtui.ui.dialogs.base import Dialog, command_line, place
from kvmtui.ui.dialogs.confirm import TypedPhraseDialog
from kvmtui.ui.dialogs.failure import FailureDialog
from kvmtui.ui.widgets.cells import Part, Tone
from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.glyphs import glyphs
from kvmtui.ui.widgets.table import Table

PHRASE_ABOVE = 20
"""From more targets than this, what destroys asks for a typed phrase."""

_TONES: dict[TaskState, Tone] = {
    TaskState.RUNNING: "accent",
    TaskState.DONE: "good",
    TaskState.FAILED: "bad",
    TaskState.CANCELLED: "warn",
    TaskState.UNKNOWN: "warn",
}


class PlanDialog(Dialog[bool]):
    """A table of targets: what will happen to each, or why it is skipped; `y` starts, and each row tells its result.

    Closing it while it runs stops nothing. The answer is whether it was started.
    """

    DROPS_TYPE_AHEAD = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "start", show=False),
        Binding("n,q", "cancel", show=False),
        Binding("c", "stop", show=False),
    ]

    def __init__(self, bulk: Bulk, start: Callable[[], None]) -> None:
        """Show a plan; `start` sets it going."""
        targets: Sequence[Domain] = [row.domain for row in bulk.rows]
        self._bulk = bulk
        self._start = start
        danger = bulk.danger()
        self._phrase = f"{bulk.action.label} {bulk.planned}" if danger is Danger.DESTROYS and bulk.planned > PHRASE_ABOVE else ""
        super().__init__(
            f"{bulk.action.label}: {several(bulk.planned, 'domain')}?",
            targets,
            hint=_keys_before(bulk),
            classes="-plan" + ("" if danger is Danger.NONE else " -danger"),
        )

    def compose_body(self) -> ComposeResult:
        """Yield the sentence, the table and an example of the commands."""
        rows = self._bulk.rows
        first = next((row.domain for row in rows if row.is_planned), None)
        yield Static(Content(place(self.desk, self.targets)), classes="-targets")
        if first and self._bulk.consequence(first):
            yield Static(Content(self._bulk.consequence(first)), classes="-consequence")
        if self._bulk.removal:
            yield Static(Content(self._bulk.removal), classes="-consequence")
        yield Table(self._columns(), has_marks=False, id="plan-table")
        if first:
            example = str(self._bulk.command(first))
            more = f"   … and {self._bulk.planned - 1} more" if self._bulk.planned > 1 else ""
            yield Static(command_line(example + more), classes="-command")

    def on_mount(self) -> None:
        """Show the plan."""
        super().on_mount()
        self._forget = self.desk.tasks.subscribe(self._refresh_soon)
        self._table.show(tuple(self._bulk.rows))
        self._table.focus()

    def on_unmount(self) -> None:
        """Stop following the tasks."""
        super().on_unmount()
        self._forget()

    def targets_changed(self) -> None:
        """Disarm only what was not started."""
        if not self._bulk.is_started:
            super().targets_changed()

    def action_start(self) -> None:
        """Start it, after a typed phrase where that is needed."""
        if self._bulk.is_started or self.is_disarmed or not self._bulk.planned:
            self.action_cancel()
        elif self._phrase:
            planned = [row.domain for row in self._bulk.rows if row.is_planned]
            question = f"{self._bulk.action.label}: {several(len(planned), 'domain')}?"
            dialog = TypedPhraseDialog(question, self._phrase, planned, consequence=self._bulk.consequence(planned[0]))
            self.app.push_screen(dialog, self._phrase_answered)
        else:
            self._go()

    def action_stop(self) -> None:
        """Start no further row."""
        if self._bulk.is_started and not self._bulk.is_ended:
            self._bulk.stop()
            self._refresh()

    def action_cancel(self) -> None:
        """Close; what was started goes on."""
        if self.is_current:
            self.dismiss(self._bulk.is_started)

    @on(Table.Opened)
    def show_failure(self, event: Table.Opened) -> None:
        """Show a row's failure in full."""
        event.stop()
        row: PlanRow = event.row
        if row.task and row.task.failure:
            self.app.push_screen(FailureDialog(row.task.failure, str(row.task.command), [row.domain]))

    def _phrase_answered(self, is_confirmed: bool | None) -> None:
        if is_confirmed:
            self._go()

    def _go(self) -> None:
        self._start()
        self._refresh()

    def _refresh_soon(self) -> None:
        self.call_later(self._refresh)

    def _refresh(self) -> None:
        if not self._bulk.is_started:
            return
        self._bulk.refresh()
        self._table.show(tuple(self._bulk.rows))
        self.set_title(summary(self._bulk))
        if self._bulk.is_ended:
            self.set_hint("Enter shows a failure · Esc closes")
        else:
            self.set_hint("c starts no more · Esc closes, it goes on (Tasks)")

    @property
    def _table(self) -> Table[PlanRow]:
        return self.query_one("#plan-table", Table)

    def _columns(self) -> tuple[Column[PlanRow], ...]:
        def name(row: PlanRow) -> Part:
            return Part(row.domain.name, "" if row.is_planned else "dim")

        def state(row: PlanRow) -> Part:
            return Part(f"{glyphs().states[row.domain.state]} {row.domain.state.value}", "dim")

        def result(row: PlanRow) -> Part:
            tone: Tone = "dim" if row.skipped else _TONES[row.task.state] if row.task else ""
            return Part(outcome(row, self._bulk.action), tone)

        return (
            Column("name", "NAME", 14, name, flex=1, max_width=40),
            Column("state", "WAS", 12, state),
            Column("result", "RESULT", 24, result, flex=3, max_width=200),
        )


def _keys_before(bulk: Bulk) -> str:
    return "y starts · Esc cancels" if bulk.planned else "nothing to do · Esc closes"


def summary(bulk: Bulk) -> str:
    """Return how far a run is: "start: 3 done, 1 failed, 2 skipped, 4 to go"."""
    counts = {
        "done": bulk.count(TaskState.DONE),
        "failed": bulk.count(TaskState.FAILED),
        "cancelled": bulk.count(TaskState.CANCELLED),
        "unknown": bulk.count(TaskState.UNKNOWN),
        "skipped": sum(bool(row.skipped) for row in bulk.rows),
        "to go": sum(not row.is_settled for row in bulk.rows),
    }
    return f"{bulk.action.label}: " + ", ".join(f"{number} {word}" for word, number in counts.items() if number)
