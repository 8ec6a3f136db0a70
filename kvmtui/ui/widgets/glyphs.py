"""The characters that pictures in text are made of: one set for terminals with Unicode, one for the rest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from kvmtui.model.domain import DomainState


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set. Each is one cell wide unless it says otherwise."""

    cursor: str = "▌"
    mark: str = "✓"
    ascending: str = "▲"
    descending: str = "▼"
    more_left: str = "‹"
    more_right: str = "›"
    ellipsis: str = "…"
    line: str = "─"
    dot: str = "·"
    bad: str = "✖"
    warning: str = "▲"
    busy: str = "◌"
    bar_full: str = "━"
    bar_half: str = "╸"
    """Empty where the set has no half step."""
    bar_empty: str = "─"
    sparks: str = "▁▂▃▄▅▆▇█"
    """From the lowest to the highest."""
    states: Mapping[DomainState, str] = field(
        default_factory=lambda: {
            DomainState.NO_STATE: "?",
            DomainState.RUNNING: "●",
            DomainState.BLOCKED: "●",
            DomainState.PAUSED: "‖",
            DomainState.SHUTTING_DOWN: "◐",
            DomainState.SHUT_OFF: "○",
            DomainState.CRASHED: "✖",
            DomainState.PM_SUSPENDED: "☾",
        }
    )


UNICODE = Glyphs()
ASCII = Glyphs(
    cursor=">",
    mark="*",
    ascending="^",
    descending="v",
    more_left="<",
    more_right=">",
    ellipsis="..",
    line="-",
    dot="-",
    bad="X",
    warning="!",
    busy="~",
    bar_full="#",
    bar_half="",
    bar_empty=".",
    sparks="_.-=+*#@",
    states={
        DomainState.NO_STATE: "?",
        DomainState.RUNNING: "+",
        DomainState.BLOCKED: "+",
        DomainState.PAUSED: "=",
        DomainState.SHUTTING_DOWN: "/",
        DomainState.SHUT_OFF: "o",
        DomainState.CRASHED: "X",
        DomainState.PM_SUSPENDED: "z",
    },
)
"""For terminals whose font has no more (`TERM=linux`)."""

_chosen = UNICODE


def glyphs() -> Glyphs:
    """Return the set in use."""
    return _chosen


def use_glyphs(chosen: Glyphs) -> None:
    """Take a set into use, before anything is drawn."""
    global _chosen
    _chosen = chosen


def choose(setting: str) -> None:
    """Take the set into use that the user's setting names: "unicode", "ascii", or "auto" for what the terminal can do."""
    has_font = os.environ.get("TERM") not in {"linux", "dumb"}
    is_ascii = setting == "ascii" or (setting == "auto" and not (has_font and speaks_utf8()))
    use_glyphs(ASCII if is_ascii else UNICODE)


def speaks_utf8() -> bool:
    """Return whether the terminal may be sent UTF-8, by the locale's name in the order of locale(7).

    An unset locale or C is nobody's decision and taken for UTF-8, as Python does (PEP 538); LC_ALL=C is one.
    """
    everything = os.environ.get("LC_ALL", "")
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := os.environ.get(name))), "")
    return "utf" in locale.lower() or (locale in {"", "C", "POSIX"} and not everything)
