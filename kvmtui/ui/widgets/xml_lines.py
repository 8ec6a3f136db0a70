"""XML and differences of XML as lines in tones. The text itself is never changed but for what a terminal would obey."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from kvmtui.model.xml_diff import DiffLine, LineKind, diff
from kvmtui.text import printable
from kvmtui.ui.widgets.glyphs import glyphs
from kvmtui.ui.widgets.text_lines import Span, TextLine

_TOKEN = re.compile(
    r"""(?P<comment><!--.*?(?:-->|$))"""
    r"""|(?P<tag></?[\w:.-]+|/?>|<\?[\w-]+|\?>)"""
    r"""|(?P<name>[\w:.-]+(?=\s*=\s*["']))"""
    r"""|(?P<value>"[^"]*"|'[^']*')"""
)


@lru_cache(maxsize=2)
def xml_lines(xml: str) -> tuple[TextLine, ...]:
    """Return XML in tones, a line each; comments may span lines. What was made last is kept: it is asked for at every frame."""
    lines = []
    in_comment = False
    for line in xml.expandtabs(2).splitlines():
        text = printable(line)
        if in_comment:
            end = text.find("-->")
            in_comment = end < 0
            cut = len(text) if end < 0 else end + 3
            lines.append(((text[:cut], "comment"), *_toned(text[cut:])))
        else:
            lines.append(tuple(_toned(text)))
            in_comment = text.rfind("<!--") > text.rfind("-->")
    return tuple(lines)


@lru_cache(maxsize=1)
def difference_lines(before: str, after: str) -> tuple[TextLine, ...]:
    """Return how two texts without secrets differ, in tones; kept as `xml_lines` is."""
    return diff_lines(diff(before, after))


def diff_lines(lines: Iterable[DiffLine]) -> tuple[TextLine, ...]:
    """Return a difference in tones: what is gone, what is new, and where."""
    tones = {LineKind.SAME: "", LineKind.ADDED: "added", LineKind.REMOVED: "removed", LineKind.HUNK: "hunk"}
    return tuple(
        ((f"{line.kind.value} {printable(line.text.expandtabs(2))}", tones[line.kind]),)
        if line.kind is not LineKind.HUNK
        else ((f"{glyphs().line * 2} {line.text}", "hunk"),)
        for line in lines
    )


def _toned(text: str) -> Iterator[Span]:
    place = 0
    for token in _TOKEN.finditer(text):
        if token.start() > place:
            yield text[place : token.start()], ""
        yield token.group(), token.lastgroup or ""
        place = token.end()
    if place < len(text):
        yield text[place:], ""
