"""The characters that pictures in text are made of: one set for terminals with Unicode, one for the rest."""

from __future__ import annotations

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
    global _chosen  # noqa: PLW0603 - the terminal is one for the whole process, too
    _chosen = chosen
