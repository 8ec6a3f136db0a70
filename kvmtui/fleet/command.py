"""The command line that does what an action does: words that run as they are, and how people see them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from kvmtui.model.domain import Domain

_NEEDS_UUID = re.compile(r"\d+|-.*|.*[^\x20-\x7e].*|\s.*|.*\s|[0-9a-fA-F-]{32,36}|", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """One or several commands, run one after the other."""

    steps: tuple[tuple[str, ...], ...]
    """The words of each; unquoted."""
    output: str = ""
    """The file that takes the last command's standard output; empty for none."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the first step."""
        return self.steps[0]

    def __str__(self) -> str:
        """Return what a shell runs: quoted, in one line unless a word has several."""
        line = "; ".join(shlex.join(step) for step in self.steps)
        return f"{line} > {shlex.quote(self.output)}" if self.output else line


def virsh(uri: str, *words: str, output: str = "") -> Command:
    """Return one virsh command on the host at `uri` (libvirt's default host when that is empty)."""
    return Command((virsh_words(uri, *words),), output)


def virsh_words(uri: str, *words: str) -> tuple[str, ...]:
    """Return the words of one virsh command."""
    return ("virsh", "-c", uri, *words) if uri else ("virsh", *words)


def virsh_name(domain: Domain) -> str:
    """Return the word by which virsh finds this domain and no other.

    virsh looks for an ID, then a UUID, then a name, and takes a leading dash for an option; a name outside ASCII may not be
    the one that libvirt has, because foreign text is made printable. In all these cases the UUID is meant.
    """
    return domain.key.uuid if _NEEDS_UUID.fullmatch(domain.name) else domain.name
