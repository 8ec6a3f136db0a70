"""Actions that reach the guest's keyboard and screen, or write something about it to a file here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from kvmtui.backend.lane import Lane
from kvmtui.backend.protocol import DomainOperations
from kvmtui.fleet.action import Action, Answers, Danger, Field, FieldKind, Progress
from kvmtui.fleet.actions_power import not_on
from kvmtui.fleet.command import Command, virsh, virsh_name
from kvmtui.fleet.files import NAME_MARK, path_for, write_atomically
from kvmtui.fleet.pictures import as_png
from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.text import printable

KEY_HOLD = 100
"""Milliseconds for which a key combination is held."""

_CTRL_ALT = "KEY_LEFTCTRL KEY_LEFTALT"
_SYSRQ = {
    "h": "help",
    "s": "sync disks",
    "u": "remount read-only",
    "b": "reboot at once",
    "c": "crash",
    "e": "terminate all",
    "i": "kill all",
    "f": "out-of-memory kill",
    "t": "show tasks",
    "w": "show blocked tasks",
    "l": "show CPUs",
    "m": "show memory",
    "r": "keyboard raw off",
}
CHORDS: tuple[tuple[str, str], ...] = (
    (f"{_CTRL_ALT} KEY_DELETE", "Ctrl-Alt-Del"),
    (f"{_CTRL_ALT} KEY_BACKSPACE", "Ctrl-Alt-Backspace"),
    *((f"{_CTRL_ALT} KEY_F{number}", f"Ctrl-Alt-F{number}") for number in range(1, 13)),
    ("KEY_SYSRQ", "Print"),
    ("KEY_ENTER", "Enter"),
    ("KEY_ESC", "Esc"),
    ("KEY_LEFTMETA", "Super"),
    ("KEY_LEFTCTRL KEY_LEFTSHIFT KEY_ESC", "Ctrl-Shift-Esc"),
    ("KEY_LEFTALT KEY_F4", "Alt-F4"),
    *((f"KEY_LEFTALT KEY_SYSRQ KEY_{key.upper()}", f"SysRq {key}: {what}") for key, what in _SYSRQ.items()),
)
"""Key names in Linux's code set, blank between, and what they are called."""


@cache
def files_lane() -> Lane:
    """Return the thread that touches files on this machine."""
    return Lane("files")


def _key_words(uri: str, domain: Domain, answers: Answers) -> Command:
    hold = ("--codeset", "linux", "--holdtime", str(KEY_HOLD))
    return virsh(uri, "send-key", virsh_name(domain), *hold, *answers["keys"].split())


async def _send_keys(host: DomainOperations, domain: Domain, answers: Answers, _progress: Progress) -> str:
    await host.send_keys(domain.key.uuid, answers["keys"].split())
    return f"{dict(CHORDS).get(answers['keys'], answers['keys'])} sent"


async def _inject_nmi(host: DomainOperations, domain: Domain, _answers: Answers, _progress: Progress) -> str:
    await host.inject_nmi(domain.key.uuid)
    return "NMI injected"


def _key_risk(answers: Answers) -> str:
    *held, last = answers["keys"].split()
    if "KEY_SYSRQ" not in held or last[-1].lower() not in "bceifu":
        return ""
    return f"The guest's kernel obeys at once ({_SYSRQ[last[-1].lower()]}): unsaved work is lost."


def _file(domain: Domain, answers: Answers) -> Path:
    return path_for(answers["file"], domain)


async def _save_screen(host: DomainOperations, domain: Domain, answers: Answers, _progress: Progress) -> str:
    path, attempted = _file(domain, answers), f"save the screen of {domain.name}"
    _kind, image = await host.screenshot(domain.key.uuid)

    def write() -> None:
        try:
            picture = as_png(image)
        except ValueError as error:
            raise Failure(FailureKind.UNSUPPORTED, attempted, str(error)) from None
        write_atomically(path, picture, 0o644, attempted)

    await files_lane().call(write)
    return f"screen saved in {printable(str(path))}"


async def _save_xml(host: DomainOperations, domain: Domain, answers: Answers, _progress: Progress) -> str:
    path = _file(domain, answers)
    xml = await host.domain_xml(domain.key.uuid)
    await files_lane().call(lambda: write_atomically(path, xml.encode(), 0o600, f"save the XML of {domain.name}"))
    return f"XML saved in {printable(str(path))}"


def _path_problem(answer: str, domain: Domain | None) -> str | None:
    if not answer.strip() or answer.endswith("/"):
        return "A file name is needed."
    return f"Several files are needed: use {NAME_MARK} in the name." if domain is None and NAME_MARK not in answer else None


def _path_field(ending: str) -> Field:
    return Field(
        "file",
        "File",
        FieldKind.PATH,
        lambda domain: str(path_for(f"{NAME_MARK}{ending}", domain)),
        f"{NAME_MARK}{ending}",
        problem=_path_problem,
    )


GUEST_ACTIONS = (
    Action(
        id="domain.inject_nmi",
        doing="injecting an NMI",
        reason=not_on,
        words=lambda uri, domain, _answers: virsh(uri, "inject-nmi", virsh_name(domain)),
        run=_inject_nmi,
        danger=Danger.DESTROYS,
        loses="Many kernels stop at it: what the guest has not written to disk may be lost.",
    ),
    Action(
        id="domain.send_keys",
        doing="sending keys",
        reason=not_on,
        words=_key_words,
        run=_send_keys,
        risk=_key_risk,
        fields=(Field("keys", "Keys", FieldKind.CHOICE, lambda _domain: CHORDS[0][0], CHORDS[0][0], CHORDS),),
    ),
    Action(
        id="domain.screenshot",
        doing="saving its screen",
        reason=not_on,
        words=lambda uri, domain, answers: virsh(uri, "screenshot", virsh_name(domain), "--", str(_file(domain, answers))),
        run=_save_screen,
        fields=(_path_field(".png"),),
        changes=False,
        file=_file,
    ),
    Action(
        id="domain.dump_xml",
        doing="saving its XML",
        reason=lambda _domain: None,
        words=lambda uri, domain, answers: virsh(uri, "dumpxml", virsh_name(domain), output=str(_file(domain, answers))),
        run=_save_xml,
        fields=(_path_field(".xml"),),
        changes=False,
        works_read_only=True,
        file=_file,
    ),
)
