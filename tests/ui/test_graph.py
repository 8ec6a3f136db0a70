"""Graphs in text."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from kvmtui.text import percent
from kvmtui.ui.widgets import glyphs
from kvmtui.ui.widgets.graph import Panel, Reading, bridged, graph, panel_lines


def test_values_are_columns_of_blocks_from_the_ground() -> None:
    assert graph([0.0, 0.25, 0.5, 0.75, 1.0], 2, 1.0) == ["   ▄█", "▁▄███"]


def test_unknown_values_are_blank_and_nothing_is_higher_than_the_top() -> None:
    assert graph([None, 5.0], 1, 1.0) == [" █"]


def test_a_terminal_without_blocks_gets_ascii() -> None:
    glyphs.use_glyphs(glyphs.ASCII)
    try:
        assert "".join(graph([0.0, 0.5, 1.0], 1, 1.0)).isascii()
    finally:
        glyphs.use_glyphs(glyphs.UNICODE)


def test_short_gaps_are_bridged_and_long_ones_are_not() -> None:
    assert bridged([None, 1.0, None, 2.0, None, None, None, 3.0, None], 2) == [None, 1.0, 1.0, 2.0, None, None, None, 3.0, None]


@pytest.mark.parametrize("width", [20, 36, 77, 118, 157])
def test_panels_stay_within_the_width(width: int) -> None:
    readings = (Reading("steal", "12%", "warn"), Reading("wait", "3%", "dim"))
    panels = [Panel(f"vCPU {number}", lambda slots: [0.5] * slots, percent, 1.0, readings) for number in range(5)]
    widths = [sum(cell_len(text) for text, _ in line) for line in panel_lines(panels, width)]
    assert width - 3 <= widths[0] <= width
    assert max(widths) == widths[0]


def test_a_panel_without_values_is_one_line() -> None:
    assert len(panel_lines([Panel("read latency", lambda slots: [None] * slots, percent)], 40)) == 1


def test_readings_of_no_concern_go_first_when_there_is_no_room() -> None:
    readings = (Reading("steal", "12%", "warn"), Reading("wait", "3%", "dim"))
    (head, *_) = panel_lines([Panel("vCPU 0", lambda slots: [0.5] * slots, percent, 1.0, readings)], 34)
    assert "".join(text for text, _ in head).split() == ["vCPU", "0", "50%", "max", "50%", "steal", "12%"]
