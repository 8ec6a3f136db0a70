"""What every drawn line passes last, whoever drew it: the net below the edge where text from outside is made printable.

Each filter keeps a line's width, since the layout is done when it runs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter, NoColor

from kvmtui.text import printable
from kvmtui.ui.widgets.glyphs import ASCII, glyphs, speaks_utf8

_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("─━╌┄╴╶╸╺═⎯—–‐‑−", "-"),
        **dict.fromkeys("│┃║╎┆▏▎▍▌▐▕", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝┏┓┗┛┣┫╋", "+"),
        **dict.fromkeys("█▉▊▋▓▇▆", "#"),
        **dict.fromkeys("▁▂▃▄▅▀▔░▒", " "),
        **dict.fromkeys("·•∙", "-"),
        "…": ".",
        "🔎": "? ",
        **dict.fromkeys("›→▶►▸", ">"),
        **dict.fromkeys("‹←◀◄◂", "<"),
        **dict.fromkeys("↑▲▴", "^"),
        **dict.fromkeys("↓▼▾", "v"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‘’‚", "'"),
        **dict.fromkeys("●◉✓✔", "*"),
        **dict.fromkeys("○◌◐", "o"),
        **dict.fromkeys("×✖✗✘", "x"),
        "\xa0": " ",
    }
)

_JOINED = re.compile("\u200d.?")
"""What stands in the same cells as the character before it, by the measure of `cell_len`."""


class Harmless(LineFilter):
    """Takes out what a terminal would obey, or would show with a width that nobody can know."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's
        """Return the segments with harmless text."""
        return _retexted(segments, _harmless)


class AsciiOnly(LineFilter):
    """Draws with the letters, digits and signs of ASCII; `keeps_letters` lets other scripts' letters through."""

    def __init__(self, *, keeps_letters: bool) -> None:
        super().__init__()
        self._keeps_letters = keeps_letters

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's
        """Return the segments with what looks most like their text."""
        return _retexted(segments, self._in_ascii)

    def _in_ascii(self, text: str) -> str:
        return "".join(_ascii(character, self._keeps_letters) for character in text.translate(_LOOKALIKES))


def last_filters(*, is_colourless: bool) -> list[LineFilter]:
    """Return the filters that the terminal needs, by the glyphs that were chosen for it and NO_COLOR."""
    filters: list[LineFilter] = [Harmless()]
    if glyphs() is ASCII:
        filters.append(AsciiOnly(keeps_letters=speaks_utf8()))
    if is_colourless:
        filters.append(NoColor())
    return filters


def _retexted(segments: list[Segment], change: Callable[[str], str]) -> list[Segment]:
    return [
        Segment(_as_wide_as(text, change(text)), style, control)
        if not control and not (text.isascii() and text.isprintable())
        else Segment(text, style, control)
        for text, style, control in segments
    ]


def _as_wide_as(text: str, changed: str) -> str:
    """Return the changed text, cut or filled up to the cells that the text was laid out in."""
    return changed if changed == text else set_cell_size(changed, cell_len(text))


def _harmless(text: str) -> str:
    if printable(text) == text:
        return text
    return "".join(
        character if (shown := printable(character)) == character else shown[: get_character_cell_size(character)]
        for character in _JOINED.sub("", text)
    )


@lru_cache(1024)
def _ascii(character: str, keeps_letters: bool) -> str:
    if character.isascii() or (keeps_letters and character.isalnum()):
        return character
    base = unicodedata.normalize("NFKD", character)[:1]
    width = get_character_cell_size(character)
    return base if base.isascii() and base.isprintable() and width == 1 else "?" * width
