"""How two XML texts differ: as lines for the eye, and, for a live and a persistent domain, as sentences.

A running domain's XML has much that its persistent one never has: aliases, chosen ports, host devices, expanded CPU models.
That is no difference here; what a restart would change is.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from kvmtui.model.device import MASK, SECRET_ATTRIBUTES, SECRET_ELEMENTS, describe
from kvmtui.model.xml_reading import Element, at, attribute, child, children, content, read, size
from kvmtui.text import UNKNOWN, long_size, printable


class LineKind(Enum):
    """What became of a line; the values are what stands in front of it."""

    SAME = " "
    ADDED = "+"
    REMOVED = "-"
    HUNK = "@"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a difference."""

    kind: LineKind
    text: str
    """Without the sign in front; a hunk's says where it is: "line 12"."""


def diff(before: str, after: str, context: int = 3) -> tuple[DiffLine, ...]:
    """Return how two texts differ, as `diff -u` would tell it; empty when they do not.

    Secrets in the lines are masked; a changed one still is a line removed and a line added.
    """
    lines: list[DiffLine] = []
    shown_before, shown_after = masked(before).splitlines(), masked(after).splitlines()
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines())
    for hunk in matcher.get_grouped_opcodes(context):
        first, end = hunk[0][3], hunk[-1][4]
        lines.append(DiffLine(LineKind.HUNK, f"line {first + 1 if end > first else first}"))
        for what, old, old_end, new, new_end in hunk:
            if what == "equal":
                lines += [DiffLine(LineKind.SAME, text) for text in shown_before[old:old_end]]
            else:
                lines += [DiffLine(LineKind.REMOVED, text) for text in shown_before[old:old_end]]
                lines += [DiffLine(LineKind.ADDED, text) for text in shown_after[new:new_end]]
    return tuple(lines)


_SECRETS = re.compile(
    rf"""(?P<name>\b(?:{"|".join(sorted(SECRET_ATTRIBUTES))})\s*=\s*)(?:'(?P<one>[^'<]*)'|"(?P<two>[^"<]*)")"""
    rf"""|(?P<start><(?P<tag>{"|".join(sorted(SECRET_ELEMENTS))})\b[^>]*(?<!/)>)(?P<text>.*?)(?P<end></(?P=tag)\s*>)""",
    re.DOTALL,
)


def masked(xml: str) -> str:
    """Return XML with its secrets masked, with as many lines as it has."""
    return _SECRETS.sub(_masked_one, xml)


def _masked_one(found: re.Match[str]) -> str:
    if found["name"]:
        return f"{found['name']}'{_masked_lines(found['one'] or found['two'] or '')}'"
    return f"{_SECRETS.sub(_masked_one, found['start'])}{_masked_lines(found['text'])}{found['end']}"


def _masked_lines(secret: str) -> str:
    lines = secret.splitlines(keepends=True) or [""]
    return "".join(MASK + line[len(line.splitlines()[0]) if line else 0 :] for line in lines)


def has_pending_changes(live: str, persistent: str) -> bool:
    """Tell whether shutting a running domain down and starting it again changes anything.

    Args:
        live: its XML now.
        persistent: its persistent XML; empty for a transient domain, which has nothing pending.

    Raises:
        BrokenXml: one of the texts is no domain XML.
    """
    if not persistent or live == persistent:
        return False
    now, then = read(live), read(persistent)
    return any(True for changes in (_settings_changed, _devices_changed) for _ in changes(now, then))


def pending_changes(live: str, persistent: str) -> tuple[str, ...]:
    """Return what is different once a running domain has been shut down and started again, a sentence each.

    Raises:
        BrokenXml: one of the texts is no domain XML.
    """
    now, then = read(live), read(persistent)
    return (*_settings_changed(now, then), *_devices_changed(now, then))


_SIZES = {"memory": "memory", "currentMemory": "current memory", "maxMemory": "maximum memory"}
_TEXTS = {
    "vcpu": "vCPUs",
    "vcpu@current": "current vCPUs",
    "os/type@machine": "machine",
    "os/kernel": "kernel",
    "os/cmdline": "kernel arguments",
    "title": "title",
    "description": "description",
    "on_poweroff": "on power off",
    "on_reboot": "on reboot",
    "on_crash": "on crash",
    "clock@offset": "clock",
    "iothreads": "I/O threads",
    "devices/emulator": "emulator",
}


def _settings_changed(now: Element, then: Element) -> Iterator[str]:
    for tag, label in _SIZES.items():
        before, after = size(child(now, tag)), size(child(then, tag))
        if before != after:
            yield f"{label} {' → '.join(_told_apart(before, after))}"
    for path, label in _TEXTS.items():
        yield from _changed(label, at(now, path), at(then, path))
    yield from _changed("boot order", _boot(now), _boot(then))
    filled_in = {"smm"} if at(then, "os@firmware") == "efi" else set()  # secure boot's; libvirt adds it at start
    yield from _changed("features", _tags(now, filled_in), _tags(then, filled_in))
    yield from _changed("CPU", *_cpus(now, then))
    for part in ("cputune", "memtune", "blkiotune", "numatune", "memoryBacking"):
        if _normal(child(now, part), "") != _normal(child(then, part), ""):
            yield f"{part} changes"


def _told_apart(before: int | None, after: int | None) -> tuple[str, str]:
    words = long_size(before), long_size(after)
    return words if words[0] != words[1] else (f"{before} bytes", f"{after} bytes")


def _changed(label: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{label} {before or UNKNOWN} → {after or UNKNOWN}"


def _boot(root: Element) -> str:
    return ", ".join(attribute(boot, "dev") for boot in children(child(root, "os"), "boot"))


def _tags(root: Element, ignored: set[str]) -> str:
    names = {printable(str(feature.tag)) for feature in children(child(root, "features"))}
    return ", ".join(sorted(names - ignored))


def _cpus(now: Element, then: Element) -> tuple[str, str]:
    """Return the CPU before and after; libvirt writes out a host-model as the custom model that it came to."""
    before, after = at(now, "cpu@mode"), at(then, "cpu@mode")
    if after in {"host-model", "maximum"} and before in {"custom", after}:
        return "", ""
    return _cpu(now, after == "custom"), _cpu(then, after == "custom")


def _cpu(root: Element, is_custom: bool) -> str:
    shape = (at(root, f"cpu/topology@{noun}") for noun in ("sockets", "dies", "cores", "threads"))
    words = (at(root, "cpu@mode"), at(root, "cpu/model") if is_custom else "", ":".join(filter(None, shape)))
    return " ".join(filter(None, words))


def _devices_changed(now: Element, then: Element) -> Iterator[str]:
    before, after = _by_name(now), _by_name(then)
    for name, element in after.items():
        if name not in before:
            yield f"{name} is added: {describe(element).summary}"
        elif (parts := _normal(before[name], "")) != (wanted := _normal(element, "")):
            yield f"{name}: {_difference(parts, wanted)}"
    for name in before:
        if name not in after:
            yield f"{name} is removed"


def _by_name(root: Element) -> dict[str, Element]:
    """Return a domain's devices by what names them in both XMLs; others of a kind by their turn."""
    named: dict[str, Element] = {}
    turns: Counter[str] = Counter()
    for element in children(child(root, "devices")):
        if element.tag == "emulator" or (element.tag == "audio" and attribute(element, "type") == "none"):
            continue
        device = describe(element)
        name = f"{device.kind} {device.name if device.name != device.alias else ''}".strip()
        turns[name] += 1
        named[name if turns[name] == 1 else f"{name} ({turns[name]})"] = element
    return named


def _difference(before: Counter[tuple[str, str]], after: Counter[tuple[str, str]]) -> str:
    gone, new = dict(before - after), dict(after - before)
    removed, added = dict(gone.keys()), dict(new.keys())
    words = [f"{path} {removed.get(path, UNKNOWN)} → {added.get(path, UNKNOWN)}" for path in sorted(removed | added)]
    return ", ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "")


_RUNTIME_TAGS = {"alias", "seclabel", "backingStore", "mirror", "privateData", "reservations", "acpi"}
_RUNTIME = re.compile(
    r"""^(?:
        source\ (?:index|portid|bridge|startupPolicy) | .*\ tty | tty | .*\ reconnect.*
      | target\ (?:dev|state|tray)
      | id | port | tlsPort | websocket | listen(?:\ .*)? | .*\ index
      | source\ mode | source\ path | log\ .*
      | driver\ (?:name|type) | .*\ managed
    )$""",
    re.VERBOSE,
)
"""Paths that libvirt fills in when a domain runs, as `_normal` writes them; what a person sets among them is told apart there."""


def _normal(element: Element | None, path: str, parent: Element | None = None) -> Counter[tuple[str, str]]:
    """Return what an element says, less what exists only while a domain runs."""
    found: Counter[tuple[str, str]] = Counter()
    if element is None:
        return found
    kind = str(element.tag)
    for name, value in element.attrib.items():
        label = " ".join(filter(None, (path, printable(str(name)))))
        if name in SECRET_ATTRIBUTES:
            found[(label, MASK)] += 1
        elif not _is_runtime(element, label, parent):
            found[(label, printable(str(value)))] += 1
    if text := content(element):
        found[(path or kind, MASK if kind in SECRET_ELEMENTS else text)] += 1
    for inner in children(element):
        if inner.tag in _RUNTIME_TAGS:
            continue
        place = " ".join(filter(None, (path, printable(str(inner.tag)))))
        if not inner.attrib and len(inner) == 0 and not content(inner):
            found[(place, "yes")] += 1
        found += _normal(inner, place, element)
    return found


def _is_runtime(element: Element, label: str, parent: Element | None) -> bool:
    """Tell whether an attribute is the running domain's own: `target dev` is so for vnetN, not for vda."""
    if not _RUNTIME.match(label):
        return False
    device = element if " " not in label else parent
    kind = "" if device is None else str(device.tag)
    if label.startswith("target dev"):
        return kind == "interface" and attribute(element, "dev").startswith(("vnet", "macvtap", "tap"))
    if label.startswith("source path"):
        return attribute(device, "type") in {"pty", "unix", ""}
    if label == "port":
        return attribute(element, "autoport") != "no" or attribute(element, "port") in {"-1", ""}
    if label == "driver type":
        return kind == "disk" and device is not None and child(device, "source") is None  # an empty drive
    if label == "source bridge":
        return attribute(device, "type") == "network"
    return True
