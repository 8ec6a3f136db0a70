"""The command line's language: what can be typed after `:`, how it is completed, and what it does."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from kvmtui.keys import ACTIONS
from kvmtui.model.domain import Domain
from kvmtui.text import several
from kvmtui.ui.desk import Desk
from kvmtui.ui.editing import EDITS, open_editor

ALIASES = {
    "q": "quit",
    "vm": "domains",
    "shutdown": "shut-down",
    "destroy": "power-off",
    "managedsave": "save",
    "dumpxml": "dump-xml",
    "edit": "edit-xml",
    "domrename": "rename",
}
"""Short names, and virsh's own for what has another name here."""


_OTHERWISE = {"app.suspend": "background"}
"""Commands that are not called as their ids are, because those words mean something done to domains."""


def verbs() -> dict[str, str]:
    """Return every command with the id of the action that it runs: "shut-down" → "domain.shut_down"."""
    found: dict[str, str] = {}
    for id_ in ACTIONS:
        area, _, verb = id_.partition(".")
        if area in {"app", "view", "domain"}:
            found[_OTHERWISE.get(id_, verb.replace("_", "-"))] = id_
    return found


def complete(line: str, domain_names: Sequence[str]) -> list[str]:
    """Return the whole lines that `line` can become by finishing its last word, best first."""
    head, _, last = line.rpartition(" ")
    if not head:
        words = sorted({*verbs(), *ALIASES})
        return [f"{word} " for word in words if word.startswith(last)]
    begun = last.strip("'\"").lower()
    return [f"{head} {shlex.quote(name)} " for name in sorted(domain_names) if name.lower().startswith(begun)]


async def obey(app: Any, line: str) -> None:
    """Do what a line says; what it cannot mean is said."""
    desk: Desk = app
    try:
        verb, *arguments = shlex.split(line)
    except ValueError:
        desk.say("A quotation mark is missing.", "error")
        return
    id_ = verbs().get(ALIASES.get(verb, verb))
    if id_ is None:
        desk.say(f'There is no command "{verb}"; Tab lists them.', "error")
    elif id_ == "app.connect" and arguments:
        app.connect(arguments[0])
    elif id_.startswith("domain."):
        await _perform(app, id_, arguments)
    else:
        await app.run_action(f"app.{id_.replace('.', '_')}")


async def _perform(app: Any, id_: str, patterns: Sequence[str]) -> None:
    desk: Desk = app
    if not patterns:
        name = "action_domain_menu" if id_ == "domain.menu" else "action_perform"
        if act := getattr(app.screen, name, None):
            await (act() if id_ == "domain.menu" else act(id_))
        else:
            desk.say(f"{ACTIONS[id_].label}: name a domain, for here is none.", "warning")
        return
    targets, unknown = named(desk.fleet.domains(), patterns)
    if unknown:
        desk.say(f"No domain is called {', '.join(unknown)}.", "error")
    elif id_ in EDITS and len(targets) > 1:
        desk.say(f"{ACTIONS[id_].label}: one domain at a time.", "warning")
    elif id_ in EDITS and targets:
        open_editor(desk, id_, targets[0])
    elif id_ == "domain.menu":
        await desk.perform_menu(targets)
    elif targets:
        await desk.perform(id_, targets)


def named(domains: Sequence[Domain], patterns: Sequence[str]) -> tuple[list[Domain], list[str]]:
    """Return the domains that the names or globs mean, and the patterns that mean none.

    A name that is exactly some domain's means that one, whatever characters it has.
    """
    chosen: dict[Any, Domain] = {}
    unknown: list[str] = []
    for pattern in patterns:
        hits = [domain for domain in domains if domain.name == pattern or domain.key.uuid == pattern]
        hits = hits or [domain for domain in domains if fnmatchcase(domain.name, pattern)]
        chosen |= {domain.key: domain for domain in hits}
        if not hits:
            unknown.append(pattern)
    return list(chosen.values()), unknown


def summary_of(candidates: Sequence[str]) -> str:
    """Return the last words of some completions in one line, with how many there are."""
    words = [line.split(" ")[-2] if line.endswith(" ") else line for line in candidates[:12]]
    more = f" … ({several(len(candidates), 'choice')})" if len(candidates) > len(words) else ""
    return "  ".join(words) + more
