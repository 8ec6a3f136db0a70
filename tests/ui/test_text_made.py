"""Lines that are made once for each text: the fleet changes many times a second."""

from __future__ import annotations

from kvmtui.ui.widgets.event_log import log_lines
from kvmtui.ui.widgets.xml_lines import difference_lines, xml_lines


def test_xml_is_toned_once_for_each_text() -> None:
    assert xml_lines("<a b='c'/>\n") is xml_lines("".join(("<a b='c'/>", "\n")))
    assert xml_lines("<a/>") != xml_lines("<b/>")


def test_a_difference_is_made_once_for_each_pair_of_texts() -> None:
    first = difference_lines("a\nb", "a\nc")
    assert difference_lines("a\nb", "a\nc") is first
    assert difference_lines("a\nc", "a\nb") != first


def test_the_log_is_toned_once_for_each_text() -> None:
    first = log_lines((), "one\nan error\n", "")
    again = log_lines((), "".join(("one\n", "an error\n")), "")
    assert first == again
    assert all(before is now for before, now in zip(first[1:3], again[1:3], strict=True))
    assert log_lines((), "two", "") != first
