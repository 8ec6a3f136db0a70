"""What an action on a domain is. The actions themselves live in `actions*`; nothing here knows one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from kvmtui.backend.protocol import DomainOperations
from kvmtui.fleet.command import Command
from kvmtui.keys import ACTIONS as KEY_ACTIONS
from kvmtui.model.detail import JobProgress
from kvmtui.model.domain import Domain

Answers = Mapping[str, str]
"""What the user gave for each field of an action, by the field's name."""
Progress = Callable[[JobProgress], None]
"""Told how far a long action is."""


class Danger(Enum):
    """What may be lost."""

    NONE = "nothing"
    INTERRUPTS = "service"
    """The guest stops serving, in an orderly way."""
    DESTROYS = "work"
    """Something cannot be brought back: unsaved work, a saved state, a transient domain."""


class FieldKind(Enum):
    """How a field is asked for."""

    TEXT = "text"
    LINES = "lines"
    NUMBER = "number"
    CHOICE = "choice"
    PATH = "path"


def _anything(_answer: str, _domain: Domain | None) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to ask before an action runs."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    default: Callable[[Domain], str] = lambda _domain: ""
    """The answer that stands there at first, for one domain."""
    shared_default: str = ""
    """The same for several domains at once."""
    choices: tuple[tuple[str, str], ...] = ()
    """For CHOICE: value and label."""
    hint: str = ""
    """A few words on what may be given."""
    problem: Callable[[str, Domain | None], str | None] = _anything
    """Says what is wrong with an answer, as a sentence; the domain is None when several are meant."""
    removes: str = ""
    """What an empty answer removes: "title"; empty where it removes nothing."""


@dataclass(frozen=True, slots=True)
class Settling:
    """What is waited for after libvirt has accepted a request that the guest must follow."""

    doing: str
    """"shutting down"."""
    is_settled: Callable[[Domain, Domain | None], bool]
    """Whether it has happened, from the domain before and now (None when it is gone)."""
    advice: str
    """What to do about a guest that does not follow."""
    limit: Callable[[Answers], float] | None = None
    """Seconds after which `force` is used; None: never."""
    force: Callable[[DomainOperations, Domain], Awaitable[None]] | None = None


Reason = Callable[[Domain], str | None]
Run = Callable[[DomainOperations, Domain, Answers, Progress], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that can be done to a domain."""

    id: str
    """As in `keys.ACTIONS`."""
    doing: str
    """What the row says meanwhile: "starting"."""
    reason: Reason
    """Why it does not apply to a domain as it is; None when it does."""
    words: Callable[[str, Domain, Answers], Command]
    """The equivalent command on the host at a URI."""
    run: Run
    """Does it, and returns a few words on the result: "started"."""
    danger: Danger = Danger.NONE
    loses: str = ""
    """What confirming costs, as a sentence; empty when there is nothing to say."""
    risk: Callable[[Answers], str] | None = None
    """What certain answers destroy, as a sentence; empty for harmless ones."""
    fields: tuple[Field, ...] = ()
    prepare: Callable[[DomainOperations, Domain], Awaitable[Answers]] | None = None
    """Reads the fields' present values where the row does not have them."""
    settling: Settling | None = None
    took_effect: Callable[[Domain | None], bool | None] = lambda _domain: None
    """Whether the state of the domain shows that it was done; None where it does not tell."""
    cancel: Callable[[DomainOperations, Domain], Awaitable[None]] | None = None
    """Makes libvirt give it up while it runs; None where libvirt cannot."""
    changes: bool = True
    """Whether it changes anything on the host, so that it belongs into the journal."""
    works_read_only: bool = False
    is_for_one: bool = False
    """Whether it makes sense for one domain at a time only."""
    file: Callable[[Domain, Answers], Path] | None = None
    """The file that it writes on this machine."""

    @property
    def label(self) -> str:
        """A few words for menus and headings: "shut down"."""
        return KEY_ACTIONS[self.id].label

    def why_not(self, domain: Domain, is_read_only: bool = False) -> str | None:
        """Return why it cannot be done to the domain as it is now, None when it can."""
        if is_read_only and not self.works_read_only:
            return "read-only mode"
        return self.reason(domain)

    def danger_to(self, domain: Domain, answers: Answers | None = None) -> Danger:
        """Return what may be lost; stopping a transient domain ends its existence."""
        if self.risk and answers and self.risk(answers):
            return Danger.DESTROYS
        if self.danger is Danger.INTERRUPTS and self.settling and domain.is_persistent is False:
            return Danger.DESTROYS
        return self.danger

    def consequence(self, domain: Domain, answers: Answers | None = None) -> str:
        """Return what happens to the domain, as one or two sentences for a confirmation; may be empty."""
        if self.risk and answers:
            return self.risk(answers)
        ends = self.settling or self.id in {"domain.power_off", "domain.power_off_graceful"}
        if ends and domain.is_persistent is False:
            return f"{self.loses} It is transient: libvirt forgets it when it stops.".strip()
        return self.loses

    def removes(self, answers: Answers) -> str:
        """Return what the answers remove because they are empty: "title"; empty for nothing."""
        empty = (field for field in self.fields if field.removes and not answers.get(field.name, "").strip(" ,\n"))
        return " and ".join(field.removes for field in empty)

    def command(self, host_uri: str, domain: Domain, answers: Answers | None = None) -> Command:
        """Return the equivalent command, with the fields' defaults where there are no answers."""
        return self.words(host_uri, domain, self.defaults(domain) | dict(answers or {}))

    def defaults(self, domain: Domain) -> dict[str, str]:
        """Return the answers that stand in the fields at first."""
        return {field.name: field.default(domain) for field in self.fields}

    def problems(self, answers: Answers, domain: Domain | None) -> dict[str, str]:
        """Return what is wrong with the answers, by field; empty when nothing is."""
        found = {field.name: field.problem(answers.get(field.name, ""), domain) for field in self.fields}
        return {name: sentence for name, sentence in found.items() if sentence}
