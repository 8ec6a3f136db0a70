"""An opened domain at a glance, as lines: what is unusual first, then what it is, then its devices."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len

from kvmtui.model.detail import DiskUse, DomainDetail, MemoryUse
from kvmtui.model.device import Device
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.domain_spec import Display, DomainSpec
from kvmtui.text import UNKNOWN, clock, count, latency, long_size, percent, short_size, yes_no
from kvmtui.ui.widgets.cells import cut
from kvmtui.ui.widgets.glyphs import glyphs
from kvmtui.ui.widgets.text_lines import Span, TextLine

LABEL_WIDTH = 13
_SIDE_BY_SIDE = 110
"""Cells from which blocks stand beside each other."""


@dataclass(frozen=True, slots=True)
class Sight:
    """All that is known of an opened domain."""

    domain: Domain
    detail: DomainDetail | None = None
    spec: DomainSpec | None = None
    pending: tuple[str, ...] = ()
    """What a restart changes."""
    problem: str = ""
    """Why its XML could not be read."""
    has_details: bool = False
    """Whether all that the XML says of each device is shown."""


Row = tuple[str, str, str]
"""Label, value, tone."""


def overview_lines(sight: Sight, width: int) -> list[TextLine]:
    """Return the overview in lines of at most `width` cells, but for what cannot be cut."""
    lines: list[TextLine] = [*_unusual_lines(sight, width)]
    spec = sight.spec or DomainSpec()
    left = [("Domain", _identity(sight, spec)), ("Start and stop", _behaviour(sight, spec))]
    right = [("CPU", _processor(sight, spec)), ("Memory", _memory(sight, spec)), ("Displays", _displays(sight, spec))]
    if width >= _SIDE_BY_SIDE:
        each = (width - 3) // 2
        lines += _beside(_blocks(left, each), _blocks(right, each), each)
    else:
        lines += _blocks([*left[:1], *right, *left[1:]], width)
    lines += _description(spec, width)
    lines += _device_lines(sight, spec, width)
    return lines


def unusual(sight: Sight) -> tuple[tuple[str, str], ...]:
    """Return what an administrator should know first, as sentences with their tones."""
    domain, spec = sight.domain, sight.spec
    found: list[tuple[str, str]] = []
    if domain.unanswered is not None:
        found.append((f"QEMU has not answered for {domain.unanswered:.0f} s.", "bad"))
    if domain.problem:
        found.append((domain.problem, "bad"))
    if sight.problem:
        found.append((sight.problem, "bad"))
    if domain.state is DomainState.CRASHED or (domain.state is DomainState.PAUSED and domain.reason not in {"", "user"}):
        found.append((f"It is {domain.state.value}: {domain.reason or 'libvirt does not say why'}.", "bad"))
    if domain.job:
        found.append((f"libvirt is busy with it: {domain.job}.", "warn"))
    if domain.is_persistent is False:
        found.append(("It is transient: libvirt forgets it when it stops.", "warn"))
    found += [(sentence, "warn") for sentence in (sight.detail.unusual if sight.detail else ())]
    for display in spec.displays if spec else ():
        if warning := _display_warning(display):
            found.append((warning, "bad"))
    if spec and spec.passthrough_arguments:
        found.append((f"QEMU gets arguments past libvirt: {' '.join(spec.passthrough_arguments)}", "warn"))
    found += [(f"After a restart: {change}", "accent") for change in sight.pending]
    return tuple(dict.fromkeys(found))


def _display_warning(display: Display) -> str:
    if not display.is_open:
        return ""
    if display.has_password is False:
        return f"{display.text}: reachable from other machines without a password."
    return (
        "" if display.has_password else f"{display.text}: reachable from other machines; whether it has a password is not known."
    )


def _unusual_lines(sight: Sight, width: int) -> list[TextLine]:
    lines: list[TextLine] = []
    for sentence, tone in unusual(sight):
        sign = glyphs().bad if tone == "bad" else glyphs().warning
        wrapped = textwrap.wrap(sentence, max(20, width - 2)) or [""]
        lines.append(((f"{sign} ", tone), (wrapped[0], tone)))
        lines += [(("  ", ""), (rest, tone)) for rest in wrapped[1:]]
    return [*lines, ()] if lines else []


def _identity(sight: Sight, spec: DomainSpec) -> list[Row]:
    domain = sight.domain
    state = f"{glyphs().states[domain.state]} {domain.state.value}" + (f" ({domain.reason})" if domain.reason else "")
    kind = {"kvm": "KVM", "qemu": "QEMU without KVM"}.get(spec.kind, spec.kind)
    machine = " ".join(filter(None, (spec.machine, spec.arch and f"on {spec.arch}", kind and f"by {kind}")))
    return [
        ("State", state, state_tone(domain)),
        ("Title", domain.title or spec.title, ""),
        ("Tags", ", ".join(domain.tags or spec.tags), ""),
        ("UUID", domain.key.uuid, ""),
        ("ID", count(domain.id), ""),
        ("Machine", machine, ""),
        ("Firmware", spec.firmware, ""),
        *_optional(("NVRAM", spec.nvram), ("Kernel", spec.kernel), ("Arguments", spec.kernel_arguments)),
        ("Boot order", ", ".join(spec.boot_order), ""),
        ("Addresses", ", ".join(domain.addresses), ""),
        *_optional(("Security", spec.security)),
    ]


def _behaviour(sight: Sight, spec: DomainSpec) -> list[Row]:
    domain = sight.domain
    process = sight.detail.process if sight.detail else None
    actions = ((spec.on_poweroff, "power off"), (spec.on_reboot, "reboot"), (spec.on_crash, "crash"))
    return [
        ("Autostart", yes_no(domain.has_autostart), ""),
        ("Started", clock(domain.started), ""),
        ("Saved state", yes_no(domain.has_managed_save), ""),
        ("Snapshots", yes_no(domain.has_snapshots), ""),
        ("On", ", ".join(f"{when}: {action}" for action, when in actions if action), ""),
        ("Clock", spec.clock, ""),
        ("QEMU", f"process {process}" if process else "", ""),
    ]


def _processor(sight: Sight, spec: DomainSpec) -> list[Row]:
    current, maximum = spec.vcpus_current or sight.domain.vcpus, spec.vcpus_maximum
    vcpus = count(current) + (f" of {maximum}" if maximum and maximum != current else "")
    return [
        ("Load", percent(sight.domain.cpu), ""),
        ("vCPUs", f"{vcpus}{f' ({spec.topology})' if spec.topology else ''}", ""),
        ("Model", spec.cpu, ""),
        *_optional(
            ("Pinned", spec.pinning),
            ("I/O threads", count(spec.iothreads) if spec.iothreads else ""),
            ("Features", spec.features),
        ),
    ]


def _memory(sight: Sight, spec: DomainSpec) -> list[Row]:
    domain = sight.domain
    use = sight.detail.memory if sight.detail else MemoryUse()
    maximum = domain.memory_maximum if domain.memory_maximum is not None else spec.memory
    current = domain.memory_current if domain.memory_current is not None else spec.memory_current
    balloon = f"{long_size(current)} of {long_size(maximum)}" if current != maximum else long_size(maximum)
    used = "" if domain.memory_used is None else f"{long_size(domain.memory_used)} ({percent(domain.memory_ratio)})"
    return [
        ("Assigned", balloon, ""),
        ("In use", f"{used}{' by QEMU, guest does not say' if used and domain.is_memory_guessed else ''}", ""),
        ("QEMU's RSS", long_size(use.rss), ""),
        *_optional(
            ("Swapped", f"in {short_size(use.swap_in)}, out {short_size(use.swap_out)}" if use.swap_in or use.swap_out else ""),
            ("Hot-plug to", long_size(spec.memory_maximum) if spec.memory_maximum else ""),
            ("Backing", spec.memory_backing),
        ),
    ]


def _displays(sight: Sight, spec: DomainSpec) -> list[Row]:
    texts = [_display_text(display) for display in spec.displays] or list(sight.detail.displays if sight.detail else ())
    if not texts:
        return [("Screen", "none" if sight.spec else "", "")]
    return [("Screen" if number == 0 else "", text, "") for number, text in enumerate(texts)]


def _display_text(display: Display) -> str:
    word = {True: "password", False: "no password", None: "password unknown"}[display.has_password]
    return f"{display.text}, {word}" if display.kind in {"vnc", "spice"} else display.text


def _optional(*rows: tuple[str, str]) -> list[Row]:
    return [(label, value, "") for label, value in rows if value]


def state_tone(domain: Domain) -> str:
    """Return the tone in which a state is told."""
    if domain.state in {DomainState.RUNNING, DomainState.BLOCKED}:
        return "good"
    return "bad" if domain.state is DomainState.CRASHED else "warn" if domain.is_active else "dim"


def _blocks(blocks: Iterable[tuple[str, Sequence[Row]]], width: int) -> list[TextLine]:
    lines: list[TextLine] = []
    for heading, rows in blocks:
        lines.append(((heading, "heading"),))
        for label, value, tone in rows:
            lines += _row_lines(label, value, tone, width)
        lines.append(())
    return lines


def _row_lines(label: str, value: str, tone: str, width: int) -> list[TextLine]:
    wrapped = textwrap.wrap(value, max(20, width - LABEL_WIDTH)) or [UNKNOWN]
    first: TextLine = ((label.ljust(LABEL_WIDTH), "label"), (wrapped[0], tone if value else "dim"))
    return [first, *(((" " * LABEL_WIDTH, ""), (rest, tone)) for rest in wrapped[1:])]


def _beside(left: Sequence[TextLine], right: Sequence[TextLine], width: int) -> list[TextLine]:
    """Return two columns as one, the left one `width` cells wide."""
    lines: list[TextLine] = []
    for one, other in zip_longest(left, right, fillvalue=()):
        used = sum(cell_len(text) for text, _ in one)
        lines.append((*one, (" " * max(1, width + 3 - used), ""), *other) if other else one)
    return lines


def _description(spec: DomainSpec, width: int) -> list[TextLine]:
    if not spec.description:
        return []
    lines = [line for paragraph in spec.description.splitlines() for line in textwrap.wrap(paragraph, max(20, width)) or [""]]
    return [(("Description", "heading"),), *(((line, ""),) for line in lines), ()]


def _device_lines(sight: Sight, spec: DomainSpec, width: int) -> list[TextLine]:
    devices = _by_weight(spec.devices) if sight.has_details else _gathered(_by_weight(spec.devices))
    if not devices:
        return []
    kinds = max(len(device.kind) for device in devices)
    names = min(24, max(cell_len(device.name) for device in devices))
    lines: list[TextLine] = [(("Devices", "heading"), (f"  {len(spec.devices)}", "dim"))]
    for device in devices:
        name = cut(device.name, names)
        head: list[Span] = [
            (f"{device.kind.ljust(kinds)}  ", "label"),
            (f"{name}{' ' * (names - cell_len(name))}  ", "accent"),
        ]
        indent, room = " " * (kinds + names + 4), max(20, width - kinds - names - 4)
        summary = textwrap.wrap(device.summary, room) or [UNKNOWN]
        lines.append((*head, (summary[0], "" if device.summary else "dim")))
        lines += [((indent, ""), (line, "")) for line in summary[1:]]
        lines += [((indent, ""), (line, "dim")) for line in textwrap.wrap(_use(device, sight.detail), room)]
        if sight.has_details:
            text = "; ".join(f"{path} {value}" for path, value in device.details)
            lines += [((" " * (kinds + 2), ""), (line, "dim")) for line in textwrap.wrap(text, max(20, width - kinds - 2))]
    return lines


_FIRST = ("disk", "interface", "graphics", "video", "hostdev", "filesystem", "tpm", "channel", "serial", "console")


def _by_weight(devices: Sequence[Device]) -> list[Device]:
    """Return the devices with those first that an administrator asks about, and the controllers last."""
    weights = {kind: number for number, kind in enumerate(_FIRST)} | {"controller": 1000}
    return sorted(devices, key=lambda device: weights.get(device.kind, len(_FIRST)))


def _gathered(devices: Sequence[Device]) -> list[Device]:
    """Return the devices with all PCI bridges as one: a modern machine has a dozen that nobody chose."""
    bridges = [device for device in devices if device.kind == "controller" and device.name.startswith("pci ")]
    if len(bridges) < 2:
        return list(devices)
    models = Counter(device.summary for device in bridges)
    summary = ", ".join(f"{number} × {model}" if number > 1 else model for model, number in models.items())
    others = [device for device in devices if device not in bridges]
    return [*others, Device("controller", "pci", summary)]


def _use(device: Device, detail: DomainDetail | None) -> str:
    """Return what is measured of a device, in one line; empty when nothing is."""
    if detail is None:
        return ""
    if device.kind == "disk":
        disk = next((disk for disk in detail.disks if disk.target == device.name), None)
        return _disk_use(disk) if disk else ""
    if device.kind == "interface":
        nic = next((nic for nic in detail.nics if nic.mac == device.name), None)
        if nic and (nic.received is not None or nic.addresses):
            rates = f"received {short_size(nic.received)}/s, sent {short_size(nic.sent)}/s"
            return ", ".join(filter(None, (rates, " ".join(nic.addresses))))
    return ""


def _disk_use(disk: DiskUse) -> str:
    parts = []
    if disk.capacity is not None:
        parts.append(f"{long_size(disk.allocation)} of {long_size(disk.capacity)} taken")
    if disk.read is not None:
        parts.append(f"read {short_size(disk.read)}/s, written {short_size(disk.written)}/s")
    if disk.read_latency is not None or disk.write_latency is not None:
        parts.append(f"latency {latency(disk.read_latency)} / {latency(disk.write_latency)}")
    return ", ".join(parts)
