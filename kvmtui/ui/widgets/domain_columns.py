"""The columns of the domains table: what each cell says about a domain. Which ones are shown is the screen's."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from kvmtui import text
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.key import Key
from kvmtui.model.order import natural
from kvmtui.ui.widgets.cells import Cell, Part, Tone
from kvmtui.ui.widgets.columns import Column
from kvmtui.ui.widgets.glyphs import glyphs
from kvmtui.ui.widgets.sparkline import bar, sparkline

DEFAULT = ("name", "state", "cpu", "mem", "disk", "net", "ip", "uptime", "vcpus", "autostart", "tags")
LIVE = frozenset({"cpu", "mem", "disk", "net"})
"""Columns whose values change with every reading."""

DASH = Part(text.UNKNOWN, "dim")

_TONES: Mapping[DomainState, Tone] = {
    DomainState.RUNNING: "good",
    DomainState.BLOCKED: "good",
    DomainState.PAUSED: "warn",
    DomainState.SHUTTING_DOWN: "warn",
    DomainState.SHUT_OFF: "dim",
    DomainState.CRASHED: "bad",
    DomainState.PM_SUSPENDED: "accent",
    DomainState.NO_STATE: "dim",
}
_RANKS = {state: rank for rank, state in enumerate(_TONES)}


def uptime(domain: Domain) -> str:
    """Return how long a domain has been up."""
    if domain.started is None:
        return text.UNKNOWN
    return text.rough_duration((datetime.now(UTC) - domain.started).total_seconds())


def state_cell(domain: Domain, activity: str = "") -> Cell:
    """Return a domain's state: glyph, word and reason, or what is being done with it."""
    tone = _TONES[domain.state]
    glyph = Part(f"{glyphs().states[domain.state]} ", tone)
    if activity:
        return (glyph, Part(activity, "accent"))
    if domain.unanswered is not None:
        return (Part(f"{glyphs().warning} ", "bad"), Part(f"no answer {text.rough_duration(domain.unanswered)}", "bad"))
    words = domain.state.value
    if domain.reason:
        words += f": {domain.reason}"
    elif domain.has_managed_save and not domain.is_active:
        words += ", saved"
    if domain.job:
        words = domain.job
    if domain.problem:
        return (glyph, Part(words, _word_tone(domain)), Part(f" {glyphs().warning}", "warn"))
    return (glyph, Part(words, _word_tone(domain)))


def _word_tone(domain: Domain) -> Tone:
    if domain.state is DomainState.CRASHED or "error" in domain.reason.lower():
        return "bad"
    return "dim" if domain.state is DomainState.SHUT_OFF else "warn" if domain.state is DomainState.PAUSED else ""


def _cpu(domain: Domain, slots: int = 8) -> Cell:
    if domain.cpu is None:
        return Part(f"{text.UNKNOWN:>4}", "dim")
    tone: Tone = "warn" if domain.cpu >= 0.9 else ""
    return (Part(f"{text.percent(domain.cpu):>4} ", tone), Part(sparkline(domain.cpu_history, slots), "accent"))


def _memory_figures(domain: Domain) -> Cell:
    guess = "~" if domain.is_memory_guessed and domain.memory_used is not None else ""
    tone: Tone = "dim" if domain.memory_used is None else ""
    return Part(f"{guess}{text.gibibytes(domain.memory_used)}/{text.gibibytes(domain.memory_maximum)}", tone)


def _memory(domain: Domain) -> Cell:
    figures = _memory_figures(domain)
    assert isinstance(figures, Part)
    full, empty = bar(domain.memory_ratio, 5)
    return (Part(f"{figures.text:>11} ", figures.tone), Part(full + empty, "accent"))


def _rates(one: Callable[[Domain], float | None], other: Callable[[Domain], float | None]) -> Callable[[Domain], Cell]:
    def cell(domain: Domain) -> Cell:
        first, second = one(domain), other(domain)
        tone: Tone = "" if first or second else "dim"
        return Part(f"{text.short_size(first):>5}/{text.short_size(second):<5}", tone)

    return cell


def _total(one: Callable[[Domain], float | None], other: Callable[[Domain], float | None]) -> Callable[[Domain], float | None]:
    def total(domain: Domain) -> float | None:
        first, second = one(domain), other(domain)
        return None if first is None and second is None else (first or 0.0) + (second or 0.0)

    return total


def _addresses(domain: Domain) -> Cell:
    if not domain.addresses:
        return DASH
    more = len(domain.addresses) - 1
    return (Part(domain.addresses[0]), Part(f" +{more}")) if more else domain.addresses[0]


@lru_cache(maxsize=32_768)
def _numeric_address(address: str) -> tuple[int, int]:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return (99, 0)
    return (parsed.version, int(parsed))


def _word(value: Callable[[Domain], str | None]) -> Callable[[Domain], Cell]:
    return lambda domain: value(domain) or DASH


def _truth(value: Callable[[Domain], bool | None]) -> Callable[[Domain], Cell]:
    """Show yes plainly and no faintly, so that the eye finds what is set."""
    return lambda domain: "yes" if (found := value(domain)) else Part(text.yes_no(found), "dim")


def _text_order(value: Callable[[Domain], str | None]) -> Callable[[Domain], Any]:
    return lambda domain: natural(found) if (found := value(domain)) else None


def domain_columns(activity: Callable[[Key], str], host_name: Callable[[str], str]) -> dict[str, Column[Domain]]:
    """Return all columns by id.

    Args:
        activity: what the program is doing with a domain, "" for nothing.
        host_name: what a host is called on the screen, by its key.
    """
    return {column.id: column for column in (*_main(activity), *_further(host_name))}


def _main(activity: Callable[[Key], str]) -> Iterable[Column[Domain]]:
    cpu = Column[Domain](
        "cpu", "CPU", 11, lambda domain: _cpu(domain, 6), lambda domain: domain.cpu, priority=1, is_descending_first=True,
        help="Share of its vCPUs' time, with its course",
    )  # fmt: skip
    memory = Column[Domain](
        "mem", "MEM GiB", 11, _memory_figures, lambda domain: domain.memory_used, align="right", priority=2,
        is_descending_first=True, help="Memory used and allowed; ~ is the host's guess",
    )  # fmt: skip
    read, written = (lambda domain: domain.disk_read), (lambda domain: domain.disk_written)
    received, sent = (lambda domain: domain.net_received), (lambda domain: domain.net_sent)
    yield Column(
        "name", "NAME", 14, lambda domain: domain.name, lambda domain: natural(domain.name), flex=2, max_width=40, help="Name"
    )
    yield Column(
        "state", "STATE", 14, lambda domain: state_cell(domain, activity(domain.key)), lambda domain: _RANKS[domain.state],
        flex=3, max_width=28, help="State and why, or what is being done",
    )  # fmt: skip
    yield replace(cpu, width=13, cell=_cpu, compact=cpu)
    yield replace(memory, title="MEM used/max GiB", width=17, cell=_memory, align="left", compact=memory)
    yield Column(
        "disk", "DISK R/W", 11, _rates(read, written), _total(read, written), priority=5, is_descending_first=True,
        help="Bytes read and written per second",
    )  # fmt: skip
    yield Column(
        "net", "NET RX/TX", 11, _rates(received, sent), _total(received, sent), priority=6, is_descending_first=True,
        help="Bytes received and sent per second",
    )  # fmt: skip
    yield Column(
        "ip", "IP", 15, _addresses, lambda domain: _numeric_address(domain.addresses[0]) if domain.addresses else None,
        flex=1, max_width=24, priority=3, help="Addresses, the most useful first",
    )  # fmt: skip
    yield Column(
        "uptime", "UP", 6, lambda domain: uptime(domain) if domain.started else DASH,
        lambda domain: -domain.started.timestamp() if domain.started else None, align="right", priority=4,
        help="Time since its start",
    )  # fmt: skip


def _further(host_name: Callable[[str], str]) -> Iterable[Column[Domain]]:
    yield Column(
        "vcpus", "VCPU", 4, lambda domain: text.count(domain.vcpus), lambda domain: domain.vcpus, align="right", priority=7,
        is_descending_first=True, help="Number of virtual CPUs",
    )  # fmt: skip
    for id_, title, value, help_ in (
        ("autostart", "AUTO", lambda domain: domain.has_autostart, "Starts with the host"),
        ("persistent", "PERS", lambda domain: domain.is_persistent, "Has a definition that outlives its run"),
        ("snapshots", "SNAP", lambda domain: domain.has_snapshots, "Has snapshots"),
        ("managedsave", "SAVE", lambda domain: domain.has_managed_save, "Has a managed save"),
    ):
        yield Column(id_, title, 4, _truth(value), value, priority=8, is_descending_first=True, help=help_)
    texts: tuple[tuple[str, str, int, Callable[[Domain], str | None], int, str], ...] = (
        ("host", "HOST", 10, lambda domain: host_name(domain.key.host), 4, "The host that it is on"),
        ("title", "TITLE", 12, lambda domain: domain.title, 10, "Title"),
        ("tags", "TAGS", 8, lambda domain: ", ".join(domain.tags), 9, "Tags"),
        ("job", "JOB", 10, lambda domain: domain.job, 9, "What libvirt is doing with it"),
        ("uuid", "UUID", 36, lambda domain: domain.key.uuid, 11, "UUID"),
    )
    for id_, title, width, words, priority, help_ in texts:
        flex = 0 if id_ == "uuid" else 1
        yield Column(id_, title, width, _word(words), _text_order(words), flex=flex, priority=priority, help=help_)
    yield Column(
        "id", "ID", 4, lambda domain: DASH if domain.id is None else str(domain.id), lambda domain: domain.id,
        align="right", priority=9, help="Number of the running domain",
    )  # fmt: skip
