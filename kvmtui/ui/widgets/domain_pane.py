"""The pane under the domains table: a closer look at the domain under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from kvmtui import text
from kvmtui.model.detail import DiskUse, DomainDetail, NicUse
from kvmtui.model.domain import Domain
from kvmtui.model.history import History
from kvmtui.ui.widgets.cells import Part, Tone, fit, width_of
from kvmtui.ui.widgets.domain_columns import state_cell
from kvmtui.ui.widgets.glyphs import glyphs
from kvmtui.ui.widgets.graph import bridged, graph
from kvmtui.ui.widgets.row_lines import difference, merged

PaneLine = Sequence[Part]

SECONDS = 300.0
"""How far back the graphs go."""
GRAPH_ROWS = 2
GAP = 3
_TONES: tuple[Tone, ...] = ("good", "warn", "bad", "dim", "accent")


def pane_lines(
    domain: Domain, detail: DomainDetail | None, history: History | None, activity: str, width: int, height: int
) -> list[PaneLine]:
    """Return what the pane says about a domain, `height` lines of `width` cells; what does not fit is counted in the last."""
    lines: list[PaneLine] = [_headline(domain, detail, activity)]
    warnings = [[Part(f" {glyphs().warning} {sentence}", "warn")] for sentence in _unusual(domain, detail)]
    if domain.is_active:
        lines += _graphs(domain, detail, history, width)
    lines += warnings
    if detail is None:
        lines.append([Part(" Looking at it…", "dim")])
    else:
        lines += _devices(detail, width)
    if len(lines) > height:
        hidden = len(lines) - height + 1
        lines = [*lines[: height - 1], [Part(f" {text.several(hidden, 'more line')}: Enter opens the domain", "dim")]]
    return [fit(tuple(line), width) for line in lines]


def _headline(domain: Domain, detail: DomainDetail | None, activity: str) -> PaneLine:
    signs = glyphs()
    facts = [
        text.several(domain.vcpus, "vCPU", "vCPUs") if domain.vcpus is not None else "",
        text.long_size(domain.memory_maximum) if domain.memory_maximum is not None else "",
        *((detail.machine, detail.firmware, *detail.displays) if detail else ()),
        "autostart" if domain.has_autostart else "",
        "transient" if domain.is_persistent is False else "",
        f"tags {', '.join(domain.tags)}" if domain.tags else "",
        domain.title or "",
    ]
    state = state_cell(domain, activity)
    return [
        Part(" "),
        Part(domain.name, "accent"),
        Part("  "),
        *(state if isinstance(state, tuple) and not isinstance(state, Part) else (Part(str(state)),)),
        Part(f"  {f' {signs.dot} '.join(fact for fact in facts if fact)}", "dim"),
    ]


def _unusual(domain: Domain, detail: DomainDetail | None) -> list[str]:
    sentences = [domain.problem] if domain.problem else []
    return sentences + [sentence for sentence in (detail.unusual if detail else ()) if sentence not in sentences]


def _graphs(domain: Domain, detail: DomainDetail | None, history: History | None, width: int) -> list[PaneLine]:
    """Return the course of CPU and memory side by side, each with its figures above."""
    each = (width - GAP - 2) // 2
    steal = sum(vcpu.steal or 0.0 for vcpu in detail.vcpus) / len(detail.vcpus) if detail and detail.vcpus else None
    guess = "~" if domain.is_memory_guessed and domain.memory_used is not None else ""
    used = f"{guess}{text.gibibytes(domain.memory_used)} of {text.gibibytes(domain.memory_maximum)} GiB"
    stolen = f"  steal {text.percent(steal)}" if steal is not None else ""
    heads = (
        (Part("CPU ", "dim"), Part(text.percent(domain.cpu)), Part(stolen, "dim")),
        (Part("MEM ", "dim"), Part(text.percent(domain.memory_ratio)), Part(f"  {used}", "dim")),
    )
    courses = (_course(history, "cpu", each), _course(history, "memory", each))
    lines: list[PaneLine] = [[Part(" "), *fit(heads[0], each), Part(" " * GAP), *fit(heads[1], each)]]
    for left, right in zip(*courses, strict=True):
        lines.append([Part(" "), Part(left, "accent"), Part(" " * GAP), Part(right, "accent")])
    return lines


def _course(history: History | None, name: str, width: int) -> list[str]:
    series = history.series.get(name) if history else None
    values = bridged(series.last(SECONDS, width), width // 20) if series else [None] * width
    return graph(values, GRAPH_ROWS, 1.0)


def _devices(detail: DomainDetail, width: int) -> list[PaneLine]:
    disks = _aligned([_disk(disk) for disk in detail.disks])
    nics = _aligned([_nic(nic) for nic in detail.nics])
    if not disks and not nics:
        return [[Part(" No disks and no interfaces.", "dim")]]
    each = (width - GAP - 2) // 2
    if max(map(width_of, [*disks, *nics])) > each or not disks or not nics:
        return [[Part(" "), *line] for line in (*disks, *nics)]
    blank: PaneLine = [Part(" " * each)]
    rows = range(max(len(disks), len(nics)))
    return [
        [
            Part(" "),
            *(fit(tuple(disks[row]), each) if row < len(disks) else blank),
            Part(" " * GAP),
            *(nics[row] if row < len(nics) else ()),
        ]
        for row in rows
    ]


def _disk(disk: DiskUse) -> list[Part]:
    if disk.capacity is not None and disk.allocation is not None:
        size = f"{text.short_size(disk.allocation)} of {text.short_size(disk.capacity)}"
    else:
        size = text.short_size(disk.capacity)
    delays = [delay for delay in (disk.read_latency, disk.write_latency) if delay is not None]
    return [
        Part(disk.target, "accent"),
        Part(disk.format or disk.device),
        Part(size),
        Part(f"r {text.short_size(disk.read)} w {text.short_size(disk.written)}"),
        Part(text.latency(max(delays, default=None)), "warn" if delays and max(delays) > 0.1 else ""),
        Part(disk.source.rpartition("/")[2] or "empty", "dim"),
    ]


def _nic(nic: NicUse) -> list[Part]:
    source = f"{nic.kind} {nic.source}".strip()
    return [
        Part(nic.target or text.UNKNOWN, "accent" if nic.target else "dim"),
        Part(source if nic.is_link_up else f"{source}, link down", "" if nic.is_link_up else "warn"),
        Part(nic.mac, "dim"),
        Part(f"rx {text.short_size(nic.received)} tx {text.short_size(nic.sent)}"),
        Part(", ".join(nic.addresses) or text.UNKNOWN, "" if nic.addresses else "dim"),
    ]


def _aligned(rows: list[list[Part]]) -> list[PaneLine]:
    """Return rows of parts as lines with their columns under each other."""
    if not rows:
        return []
    widths = [min(40, max(width_of([row[place]]) for row in rows)) for place in range(len(rows[0]))]
    return [[piece for part, width in zip(row, widths, strict=True) for piece in (*fit(part, width), Part("  "))] for row in rows]


class DomainPane(Widget):
    """Shows the lines that it is given; draws those that changed."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"domain-pane--headline", *(f"domain-pane--{tone}" for tone in _TONES)}

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self._lines: Sequence[PaneLine] = ()
        self._painted: dict[int, Strip] = {}
        self._styles: dict[tuple[str, Tone], Style] = {}

    def show(self, lines: Sequence[PaneLine]) -> None:
        """Show these lines."""
        self._lines = lines
        for y in range(self.size.height):
            if span := difference(self._painted.get(y), self._line(y)):
                self.refresh(Region(span[0], y, span[1] - span[0], 1))

    def notify_style_update(self) -> None:
        """Forget the colours of another theme."""
        self._styles.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        strip = self._painted[y] = self._line(y)
        return strip

    def _line(self, y: int) -> Strip:
        kind = "" if y else "headline"
        parts = self._lines[y] if y < len(self._lines) else ()
        strip = Strip(merged(Segment(part.text, self._style(kind, part.tone)) for part in parts))
        return strip.adjust_cell_length(self.size.width, self._style(kind, ""))

    def _style(self, kind: str, tone: Tone) -> Style:
        style = self._styles.get((kind, tone))
        if style is None:
            style = self.get_component_rich_style(f"domain-pane--{kind}") if kind else self.rich_style
            if tone:
                style += Style(color=self.get_component_rich_style(f"domain-pane--{tone}").color)
            self._styles[kind, tone] = style
        return style
