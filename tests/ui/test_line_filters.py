"""The net below: what every drawn line passes last."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from kvmtui.ui.line_filters import AsciiOnly, Harmless

BLACK = Color(0, 0, 0)


@pytest.mark.parametrize(
    ("drawn", "shown"),
    [
        ("plain ● text", "plain ● text"),
        ("a\x1b[31mb\x07", "a[31mb"),
        ("c1 \x9b31m", "c1 31m"),
        ("right \u202eto left", "right to left"),
        ("soft\xadhyphen", "soft�hyphen"),
        ("a\u200bb", "ab"),
        ("👩\u200d👩\u200d👧", "👩"),
        ("❤\ufe0f|", "❤| "),
        ("👍🏽", "👍"),
    ],
)
def test_what_a_terminal_would_obey_goes_and_the_width_stays(drawn: str, shown: str) -> None:
    (segment,) = Harmless().apply([Segment(drawn)], BLACK)
    assert segment.text == shown
    assert cell_len(segment.text) == cell_len(drawn)


@pytest.mark.parametrize(
    ("drawn", "in_ascii", "with_letters"),
    [
        ("╭─ a · b… ─╮│", "+- a - b. -+|", "+- a - b. -+|"),
        ("1.2× ● running → ‖", "1.2x * running > ?", "1.2x * running > ?"),
        ("Grüße", "Gru?e", "Grüße"),
        ("日本", "????", "日本"),
        ("z\u0301", "z", "z"),
        ("🔎 find", "?  find", "?  find"),
    ],
)
def test_a_terminal_without_the_font_gets_ascii_of_the_same_width(drawn: str, in_ascii: str, with_letters: str) -> None:
    for keeps_letters, shown in ((False, in_ascii), (True, with_letters)):
        (segment,) = AsciiOnly(keeps_letters=keeps_letters).apply([Segment(drawn)], BLACK)
        assert segment.text == shown
        assert cell_len(segment.text) == cell_len(drawn)
