"""One action under way or ended, as a row of the task list. What runs it lives in `tasks`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from kvmtui import text
from kvmtui.fleet.action import Action, Answers
from kvmtui.fleet.command import Command
from kvmtui.model.detail import JobProgress
from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure


class TaskState(Enum):
    """Where a task stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "outcome unknown"


class Stage(Enum):
    """What a running task waits for."""

    CALLING = "libvirt"
    FOLLOWING = "the guest"
    """libvirt has accepted the request; the guest has to follow it."""
    CHECKING = "the connection"
    """The connection broke meanwhile; what is true is looked up when it is back."""


@dataclass(frozen=True, slots=True)
class Task:
    """One action on one domain; a change makes a new object."""

    number: int
    """Counts up from 1 in this session."""
    action: Action
    domain: Domain
    """The domain as it was at the start."""
    command: Command
    answers: Answers = field(default_factory=dict)
    state: TaskState = TaskState.RUNNING
    stage: Stage = Stage.CALLING
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    progress: JobProgress | None = None
    result: str = ""
    """A few words: what came of it, or what is known so far."""
    failure: Failure | None = None
    """Kept whole."""
    is_ignored: bool = False
    """Whether the guest has not followed for so long that the user should know."""

    @property
    def key(self) -> int:
        """What names it in a table."""
        return self.number

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.state is TaskState.RUNNING

    @property
    def can_cancel(self) -> bool:
        """Whether giving it up is possible now."""
        return self.is_running and (self.stage is not Stage.CALLING or self.action.cancel is not None)

    @property
    def seconds(self) -> float:
        """How long it has run, or ran."""
        return ((self.ended or datetime.now(UTC)) - self.started).total_seconds()

    @property
    def activity(self) -> str:
        """What is going on, for the domain's row: "starting…", "saving 34%"; empty once it has ended."""
        if not self.is_running:
            return ""
        ratio = self.progress.ratio if self.progress else None
        return f"{self.action.doing}…" if ratio is None else f"{self.action.doing} {text.percent(ratio)}"

    @property
    def advice(self) -> str:
        """What the user can do about it; empty when nothing is wrong."""
        if self.is_ignored and self.action.settling:
            return self.action.settling.advice
        return self.failure.advice if self.failure else ""

    @property
    def outcome(self) -> str:
        """One line on where it stands: "started in 1.2 s", "failed: …"."""
        if self.state is TaskState.RUNNING:
            return self.result or self.activity
        if self.state is TaskState.DONE:
            return f"{self.result} in {text.latency(self.seconds)}"
        said = self.failure.said.partition("\n")[0] if self.failure else ""
        return ": ".join(filter(None, (self.state.value, self.result, said)))
