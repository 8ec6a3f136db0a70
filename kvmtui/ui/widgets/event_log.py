"""What happened to an opened domain, as lines: QEMU's own log, then libvirt's events of this session."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from kvmtui.model.event import DomainEvent
from kvmtui.text import clock, printable
from kvmtui.ui.widgets.text_lines import TextLine

_TROUBLE = re.compile(r"\b(error|fail(ed|ure)?|cannot|could not|denied|refused|terminating|no space|crash(ed)?)\b", re.IGNORECASE)
_WORRY = re.compile(r"\bwarn(ing)?\b", re.IGNORECASE)


def log_lines(events: Sequence[DomainEvent], log: str | None, problem: str) -> list[TextLine]:
    """Return QEMU's log as it is in its file (None: not read yet), or why it cannot be read, and the events, the newest last."""
    lines: list[TextLine] = [(("QEMU's log", "heading"),)]
    if problem:
        lines.append(((problem, "warn"),))
    elif not log:
        lines.append((("being read…" if log is None else "empty", "dim"),))
    lines += _log(log or "")
    lines += [(), (("Events since this program started", "heading"),)]
    if not events:
        lines.append((("none", "dim"),))
    lines += [((f"{clock(event.when)}  ", "label"), (event.text, _tone(event.text))) for event in events]
    return lines


@lru_cache(maxsize=1)
def _log(log: str) -> tuple[TextLine, ...]:
    """Return the log's lines; those made last are kept: the same log is asked for whenever the fleet changes."""
    texts = map(printable, log.expandtabs().splitlines())
    return tuple(((text, _tone(text)),) for text in texts)


def _tone(text: str) -> str:
    if text.lstrip().startswith("-"):  # a word of QEMU's command line
        return ""
    return "bad" if _TROUBLE.search(text) else "warn" if _WORRY.search(text) else ""
