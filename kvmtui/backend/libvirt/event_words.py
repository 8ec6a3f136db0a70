"""What an event says, in words for people. The arguments are those of libvirt's callbacks, in their order.

Source of the numbers: libvirt-domain.h, virDomainEventType and the enumerations around it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libvirt

from kvmtui.text import long_size, printable

_LIFECYCLE: dict[int, tuple[str, tuple[str, ...]]] = {
    0: ("defined", ("added", "changed", "renamed", "from a snapshot")),
    1: ("undefined", ("removed", "renamed")),
    2: ("started", ("booted", "migrated here", "restored", "from a snapshot", "woken up")),
    3: (
        "suspended",
        (
            "paused",
            "migrated away",
            "I/O error",
            "watchdog",
            "restored",
            "from a snapshot",
            "API error",
            "post-copy",
            "post-copy failed",
        ),
    ),
    4: ("resumed", ("unpaused", "migrated here", "from a snapshot", "post-copy", "post-copy failed")),
    5: ("stopped", ("shut down", "powered off", "crashed", "migrated away", "saved", "failed", "from a snapshot")),
    6: ("shutting down", ("finished", "asked by the guest", "asked by the host")),
    7: ("suspended by the guest", ("to memory", "to disk")),
    8: ("crashed", ("panicked", "crash kernel loaded")),
}
_WATCHDOG_ACTIONS = ("nothing", "paused", "reset", "powered off", "shut down", "debug", "NMI injected")
_IO_ERROR_ACTIONS = ("nothing", "paused", "reported to the guest")
_BLOCK_JOBS = ("job", "pull", "copy", "commit", "active commit", "backup")
_BLOCK_JOB_STATES = ("completed", "failed", "cancelled", "ready")
_GRAPHICS_PHASES = ("connected", "authenticated", "disconnected")


def _word(words: tuple[str, ...], number: int) -> str:
    return words[number] if 0 <= number < len(words) else f"number {number}"


def _lifecycle(event: int, detail: int) -> str:
    noun, details = _LIFECYCLE.get(event, (f"event {event}", ()))
    return f"{noun}: {_word(details, detail)}"


def _io_error(path: str, alias: str, action: int, reason: str) -> str:
    why = f": {printable(str(reason))}" if reason else ""
    return f"I/O error on {printable(alias or path)}{why} ({_word(_IO_ERROR_ACTIONS, action)})"


def _block_job(disk: str, kind: int, status: int) -> str:
    return f"block {_word(_BLOCK_JOBS, kind)} on {printable(disk)} {_word(_BLOCK_JOB_STATES, status)}"


def _graphics(phase: int, _local: Any, remote: Any, *_rest: Any) -> str:
    where = remote.get("node", "") if isinstance(remote, dict) else ""
    return f"display {_word(_GRAPHICS_PHASES, phase)}" + (f": {printable(str(where))}" if where else "")


def _disk_change(old: str | None, new: str | None, alias: str, reason: int) -> str:
    return f"medium of {printable(alias)} {'missing, left out' if reason else 'missing at start'}: {printable(old or new or '')}"


def _agent(state: int, reason: int) -> str:
    if reason == 1:
        return ""  # comes with every start and says nothing
    return "guest agent connected" if state == 1 else "guest agent disconnected"


def _metadata(kind: int, namespace: str | None) -> str:
    return ("description changed", "title changed", f"metadata changed: {printable(namespace or '')}")[min(kind, 2)]


def _job_completed(results: dict[str, Any]) -> str:
    if results.get("success") is False:
        said = printable(str(results.get("errmsg", "")))
        return f"job failed: {said}" if said else "job failed"
    total = results.get("data_total")
    return f"job completed: {long_size(total)}" if total else "job completed"


def _tunable(changed: dict[str, Any]) -> str:
    names = ", ".join(printable(str(name).rpartition(".")[2]) for name in list(changed)[:4])
    return f"tuned: {names}" if names else "tuned"


def _memory_failure(recipient: int, action: int, _flags: int) -> str:
    return f"memory failure in the {'guest' if recipient else 'hypervisor'}, action {action}"


def _candidates() -> dict[str, Callable[..., str]]:
    return {
        "LIFECYCLE": _lifecycle,
        "REBOOT": lambda: "rebooted",
        "WATCHDOG": lambda action: f"watchdog fired: {_word(_WATCHDOG_ACTIONS, action)}",
        "IO_ERROR_REASON": _io_error,
        "GRAPHICS": _graphics,
        "CONTROL_ERROR": lambda: "QEMU's monitor failed",
        "DISK_CHANGE": _disk_change,
        "TRAY_CHANGE": lambda alias, reason: f"tray of {printable(alias)} {'closed' if reason else 'opened'}",
        "PMWAKEUP": lambda _reason: "woken up",
        "PMSUSPEND": lambda _reason: "sleeps (memory)",
        "PMSUSPEND_DISK": lambda _reason: "sleeps (disk)",
        "DEVICE_ADDED": lambda alias: f"device {printable(alias)} added",
        "DEVICE_REMOVED": lambda alias: f"device {printable(alias)} removed",
        "DEVICE_REMOVAL_FAILED": lambda alias: f"device {printable(alias)} was not given up by the guest",
        "BLOCK_JOB_2": _block_job,
        "TUNABLE": _tunable,
        "AGENT_LIFECYCLE": _agent,
        "METADATA_CHANGE": _metadata,
        "JOB_COMPLETED": _job_completed,
        "MIGRATION_ITERATION": lambda _iteration: "",
        "BLOCK_THRESHOLD": lambda dev, _path, threshold, _excess: f"{printable(dev)} has grown over {long_size(threshold)}",
        "MEMORY_FAILURE": _memory_failure,
    }


WORDS: dict[int, Callable[..., str]] = {
    number: words
    for name, words in _candidates().items()
    if (number := getattr(libvirt, f"VIR_DOMAIN_EVENT_ID_{name}", None)) is not None
}
"""Per event that is heard, what makes a sentence of it; "" is no news. BALLOON_CHANGE, which comes all the time, is left out."""

_DEFINING = {
    number
    for name in ("DEVICE_ADDED", "DEVICE_REMOVED", "METADATA_CHANGE", "TRAY_CHANGE", "DISK_CHANGE", "BLOCK_JOB_2", "TUNABLE")
    if (number := getattr(libvirt, f"VIR_DOMAIN_EVENT_ID_{name}", None)) is not None
}


def is_about_definition(event_id: int, arguments: tuple[Any, ...]) -> bool:
    """Tell whether the domain's XML is likely to be another one after the event."""
    if event_id == libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE:
        return bool(
            arguments[0] in {libvirt.VIR_DOMAIN_EVENT_DEFINED, libvirt.VIR_DOMAIN_EVENT_STARTED, libvirt.VIR_DOMAIN_EVENT_STOPPED}
        )
    return event_id in _DEFINING
