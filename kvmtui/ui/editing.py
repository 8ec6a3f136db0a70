"""Changing a domain's persistent XML, from the text to libvirt: checks, the difference, the question, the journal.

The editor is in `ui/screens/xml_editor.py`; nothing here has a text area.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from textual.app import App

from kvmtui.backend.protocol import Host
from kvmtui.config import state_directory
from kvmtui.fleet.command import Command, virsh
from kvmtui.fleet.journal import Entry
from kvmtui.fleet.task import TaskState
from kvmtui.fleet.xml_history import XmlHistory
from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.xml_diff import diff
from kvmtui.model.xml_reading import at, read
from kvmtui.text import printable
from kvmtui.ui.desk import Desk
from kvmtui.ui.dialogs.xml_changes import ChangesDialog, ChoiceOfThree

EDITS = ("domain.edit_xml", "domain.edit_xml_outside")
"""The actions on one domain that are done here."""

_LOST = frozenset({FailureKind.CONNECTION, FailureKind.TIMEOUT})
"""Failures after which libvirt may have done what it was told."""

_histories: dict[str, XmlHistory] = {}


class Refused(Exception):
    """The text was not accepted; the failure says why, and where."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Unanswered(Refused):
    """libvirt did not answer whether it took the text; it may have."""


class ChangedMeanwhile(Exception):
    """The user wants to see what somebody else has made of the XML; it is here."""

    def __init__(self, xml: str) -> None:
        super().__init__()
        self.xml = xml


def open_editor(desk: Desk, action_id: str, domain: Domain) -> None:
    """Open the XML of a domain in the built-in editor, or in the user's own."""
    if why := why_not(desk, domain):
        desk.say(f"edit {domain.name}: {why}.", "warning")
        return
    _app(desk).run_worker(_open(desk, domain, is_outside=action_id == "domain.edit_xml_outside"), group="editing")


def undo_edit(desk: Desk, domain: Domain) -> None:
    """Offer to put the XML back as it was before the last edit."""
    if why := why_not(desk, domain):
        desk.say(f"undo the edit of {domain.name}: {why}.", "warning")
        return
    _app(desk).run_worker(_undo(desk, domain), group="editing")


def why_not(desk: Desk, domain: Domain) -> str:
    """Return why the XML cannot be edited now; empty when it can."""
    facts = desk.fleet.view(domain.key.host).facts
    if desk.is_read_only or (facts and facts.is_read_only):
        return "this session is read-only"
    return "" if desk.fleet.domain(domain.key) else "it no longer exists"


def command(domain: Domain) -> Command:
    """Return the command that does what applying an edit does."""
    return virsh(domain.key.host, "define", "--validate", "file.xml")


async def persistent_xml(host: Host, domain: Domain) -> str:
    """Return the XML that is edited: the persistent one, with its secrets, so that defining it again loses none."""
    return await host.domain_xml(domain.key.uuid, is_inactive=True, is_secure=True)


async def apply(desk: Desk, domain: Domain, base: str, text: str) -> str:
    """Check a text, ask, and define it; return what was done, as a line of news, or nothing when the user gave up.

    Args:
        desk: the app.
        domain: whose XML it is.
        base: the XML that the editing began with.
        text: what it became.

    Raises:
        Refused: by the parser, by the checks here or by libvirt.
        Unanswered: the answer of libvirt was lost; `outcome` tells what became of the change.
        ChangedMeanwhile: somebody else changed the XML, and the user wants that one.
    """
    _check(domain, text)
    host = _host(desk, domain)
    now, notes = await _present(host, domain)
    if now not in {"", base}:
        answer = await _ask_about_others(desk, domain)
        if answer == "reload":
            raise ChangedMeanwhile(now)
        if answer != "apply":
            return ""
        notes.append("What somebody else changed meanwhile is undone where the lines below say so.")
    if domain.is_active:
        notes.append("It runs: the change takes effect when it is shut down and started again.")
    if domain.is_persistent is False:
        notes.append("It is transient: this makes it persistent.")
    dialog = ChangesDialog(domain, diff(now, text), str(command(domain)), notes)
    if not await _app(desk).push_screen_wait(dialog):
        return ""
    await _define(desk, host, domain, now, text)
    later = "; it takes effect at the next start" if domain.is_active else ""
    return f"{domain.name}: XML changed{later}.  $ {command(domain)}"


def _check(domain: Domain, text: str) -> None:
    """Refuse what is not well-formed, and what would define another domain beside this one."""
    try:
        root = read(text)
    except Failure as failure:
        raise Refused(failure) from None
    uuid = at(root, "uuid").lower()
    if uuid != domain.key.uuid.lower():
        line = next((number for number, line in enumerate(text.splitlines(), 1) if "<uuid" in line), None)
        said = f"The UUID is {uuid or 'missing'}, this domain's is {domain.key.uuid}: that would define another domain."
        raise Refused(Failure(FailureKind.INVALID, f"change {domain.name}", said, line=line))


async def _present(host: Host, domain: Domain) -> tuple[str, list[str]]:
    """Return the XML as it is now and notes for the user; an empty one when the domain is gone."""
    try:
        return await persistent_xml(host, domain), []
    except Failure as failure:
        if failure.kind is FailureKind.GONE:
            return "", ["It no longer exists: this defines it again."]
        raise Refused(failure) from None


async def _ask_about_others(desk: Desk, domain: Domain) -> str | None:
    dialog = ChoiceOfThree(
        f"{domain.name} was changed meanwhile",
        "Its persistent XML is not what it was when the editing began: somebody else has changed it.",
        (
            ("r", "reload", "show the XML as it is now, in place of your text; yours is kept in the XML history."),
            ("a", "apply", "go on with your text; you see how it differs from what is there now."),
        ),
    )
    return cast("str | None", await _app(desk).push_screen_wait(dialog))


async def _define(desk: Desk, host: Host, domain: Domain, now: str, text: str) -> None:
    try:
        if now:
            await keep(domain, now)
        await host.define(text)
    except OSError as error:
        said = f"The XML of before could not be kept: {printable(str(error))}. Nothing was changed."
        raise Refused(Failure(FailureKind.OTHER, f"change {domain.name}", said)) from None
    except Failure as failure:
        if failure.was_sent and failure.kind in _LOST:
            said = f"{failure.said.strip()} The change may have taken effect all the same."
            advice = "Your text stays: compare it with the persistent XML once the host answers."
            _journal(desk, domain, TaskState.UNKNOWN, f"no answer, it may have taken effect: {failure}")
            raise Unanswered(Failure(failure.kind, failure.attempted, said, advice)) from None
        _journal(desk, domain, TaskState.FAILED, str(failure))
        raise Refused(failure) from None
    _journal(desk, domain, TaskState.DONE, "XML changed")
    host.poll_soon()


async def outcome(desk: Desk, domain: Domain, base: str, text: str) -> tuple[bool, str]:
    """Compare what libvirt has with a text that it may have taken: whether it has it, and a sentence about that.

    Raises:
        Refused: the host cannot be asked.
        Failure: it does not answer.
    """
    now = await persistent_xml(_host(desk, domain), domain)
    if now.strip() == text.strip():
        return True, f"{domain.name}: the change did take effect: the persistent XML is your text."
    if now == base:
        return False, f"{domain.name}: the change has not taken effect: the persistent XML is as before."
    return False, f"{domain.name}: the persistent XML is neither your text nor what it was: apply again to see how they differ."


async def keep(domain: Domain, xml: str, *, is_draft: bool = False) -> None:
    """Keep an XML of a domain in the history; as a draft, undoing an edit does not offer it.

    Raises:
        OSError: it cannot be written.
    """
    await _history().keep(domain.key, xml, is_draft=is_draft)


def _history() -> XmlHistory:
    directory = state_directory() / "xml-history"
    return _histories.setdefault(str(directory), XmlHistory(directory))


def _journal(desk: Desk, domain: Domain, state: TaskState, text: str) -> None:
    steps = command(domain).steps
    desk.journal.append(
        Entry(datetime.now(UTC), domain.key.host, domain.name, domain.key.uuid, "domain.edit_xml", steps, state.value, text)
    )


async def _open(desk: Desk, domain: Domain, *, is_outside: bool) -> None:
    from kvmtui.ui.screens.xml_editor import XmlEditor

    try:
        xml = await persistent_xml(_host(desk, domain), domain)
    except (Failure, Refused) as failure:
        desk.say(str(failure), "error")
        return
    await _app(desk).push_screen(XmlEditor(domain, xml, is_outside=is_outside))


async def _undo(desk: Desk, domain: Domain) -> None:
    try:
        now = await persistent_xml(_host(desk, domain), domain)
        before = await _history().newest(domain.key, now)
        if before is None:
            desk.say(f"No earlier XML of {domain.name} is kept: it was not edited here.", "warning")
            return
        desk.say(await apply(desk, domain, now, before) or "Nothing was changed.")
    except OSError as error:
        desk.say(f"The XML history cannot be read: {printable(str(error))}", "error")
    except (Failure, Refused) as failure:
        desk.say(str(failure), "error")
    except ChangedMeanwhile:
        desk.say("Nothing was changed.")


def _host(desk: Desk, domain: Domain) -> Host:
    host = desk.fleet.hosts.get(domain.key.host)
    if host is None:
        raise Refused(Failure(FailureKind.CONNECTION, f"change {domain.name}", "its host is not among the hosts any more."))
    return host


def _app(desk: Desk) -> App[Any]:
    return cast("App[Any]", desk)
