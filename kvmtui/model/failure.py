"""What went wrong, in words that a person can act on."""

from __future__ import annotations

from enum import Enum


class FailureKind(Enum):
    """The sort of failure, as far as the program treats it differently."""

    CONNECTION = "connection lost"
    UNREACHABLE = "cannot connect"
    NOT_INSTALLED = "not installed"
    NOT_RUNNING = "not running"
    DENIED = "no permission"
    AUTHENTICATION = "authentication needed"
    READ_ONLY = "read-only connection"
    GONE = "no longer exists"
    EXISTS = "exists already"
    WRONG_STATE = "not possible in this state"
    UNSUPPORTED = "not supported"
    BUSY = "busy"
    TIMEOUT = "no answer in time"
    ABORTED = "cancelled"
    INVALID = "invalid"
    AGENT = "guest agent does not answer"
    OTHER = "failed"


class Failure(Exception):
    """Something that was tried and did not succeed; its parts make up one clear message."""

    def __init__(
        self,
        kind: FailureKind,
        attempted: str,
        said: str,
        advice: str = "",
        *,
        target: str = "",
        line: int | None = None,
        was_sent: bool = True,
    ) -> None:
        """Keep the parts, all printable text.

        Args:
            kind: the sort of failure.
            attempted: what was tried, as a verb phrase: "start db01".
            said: what libvirt, a tool or the system answered; may have several lines.
            advice: what the user can do about it; empty when nothing better than the answer is known.
            target: the name of what it was tried on, with its host where several are shown.
            line: for a document that was refused, the line (from 1) that the answer speaks of.
            was_sent: whether the request may have reached the host; when it did not, nothing was done.
        """
        super().__init__(attempted, said)
        self.kind = kind
        self.attempted = attempted
        self.said = said
        self.advice = advice
        self.target = target
        self.line = line
        self.was_sent = was_sent

    def __str__(self) -> str:
        return f"Could not {self.attempted}: {self.said}" + (f" {self.advice}" if self.advice else "")
