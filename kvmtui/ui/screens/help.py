"""Help: what each key does here, made from the live keymap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from kvmtui.keys import ACTIONS, GROUPS
from kvmtui.ui.read_only import writes
from kvmtui.ui.screens.text import TextScreen
from kvmtui.ui.widgets.frame import key_name

_QUERY_HELP = (
    ("web db", "rows that have both words in name, title, IP, UUID or tags"),
    ("!web", "rows without the word"),
    ("state:running", "also state:paused, state:off, state:crashed"),
    ("cpu>50  mem>8g", "more than 50 % of its vCPUs; more than 8 GiB"),
    ("autostart:yes  persistent:no", "also snapshot:yes, managedsave:yes"),
    ("tag:prod  host:kvm*", "a tag; a host; * and ? stand for other characters"),
)


class HelpScreen(TextScreen):
    """The keys of the areas that work on a screen, then how to filter."""

    def __init__(self, keys: Mapping[str, tuple[str, ...]], areas: Sequence[str], *, is_read_only: bool = False) -> None:
        super().__init__("Help: keys that work here", help_lines(keys, areas, is_read_only=is_read_only))


def help_lines(keys: Mapping[str, tuple[str, ...]], areas: Sequence[str], *, is_read_only: bool = False) -> list[Content]:
    """Return the help as lines, area by area, in the order of the table of keys; read-only without what writes."""
    lines: list[Content] = []
    for area, heading in GROUPS.items():
        if area not in areas:
            continue
        lines += [Content(""), Content.styled(heading, "bold $primary")]
        for id_, action in ACTIONS.items():
            if id_.partition(".")[0] == area and not (is_read_only and writes(id_)):
                lines.append(_line(" ".join(key_name(key) for key in keys[id_]), action.label, action.help))
    if "domains" in areas:
        lines += [Content(""), Content.styled("Filter words", "bold $primary")]
        lines += [_line(example, "", meaning) for example, meaning in _QUERY_HELP]
    return lines[1:]


def _line(keys: str, label: str, explanation: str) -> Content:
    return Content.assemble(
        (f"  {keys or '(menu, palette)':<18} ", "bold $text-accent"), (f"{label:<24} ", ""), (explanation, "$text-muted")
    )
