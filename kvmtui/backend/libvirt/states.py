"""libvirt's states and their reasons as the model has them.

Source: libvirt-domain.h, virDomainState and the virDomain…Reason enumerations; the words are virsh's (`virsh domstate --reason`).
"""

from __future__ import annotations

from kvmtui.model.domain import DomainState

STATES: tuple[DomainState, ...] = (
    DomainState.NO_STATE,
    DomainState.RUNNING,
    DomainState.BLOCKED,
    DomainState.PAUSED,
    DomainState.SHUTTING_DOWN,
    DomainState.SHUT_OFF,
    DomainState.CRASHED,
    DomainState.PM_SUSPENDED,
)

_RUNNING = ("", "", "migrated", "restored", "from a snapshot", "", "migration cancelled", "save cancelled", "woken up", "crashed")
_RUNNING_LATER = ("post-copy", "post-copy failed")
_PAUSED = (
    "", "", "migrating", "saving", "dumping", "I/O error", "watchdog", "from a snapshot", "shutting down", "snapshot",
    "crashed", "starting up", "post-copy", "post-copy failed", "API error",
)  # fmt: skip
_SHUT_OFF = ("", "", "", "crashed", "migrated", "saved", "failed", "from a snapshot", "daemon")

_REASONS: dict[DomainState, tuple[str, ...]] = {
    DomainState.RUNNING: (*_RUNNING, *_RUNNING_LATER),
    DomainState.PAUSED: _PAUSED,
    DomainState.SHUT_OFF: _SHUT_OFF,
    DomainState.CRASHED: ("", "panicked"),
}

_JOBS: dict[DomainState, dict[int, str]] = {
    DomainState.PAUSED: {2: "migrating", 3: "saving", 4: "dumping", 9: "taking a snapshot"},
    DomainState.RUNNING: {10: "migrating"},
}

OPERATIONS = (
    "working", "starting", "saving", "restoring", "migrating here", "migrating", "taking a snapshot", "reverting", "dumping",
    "backing up", "deleting a snapshot",
)  # fmt: skip
"""virDomainJobOperation in words."""


def state_of(number: int) -> DomainState:
    """Return a state by libvirt's number."""
    return STATES[number] if 0 <= number < len(STATES) else DomainState.NO_STATE


def reason_of(state: DomainState, number: int) -> str:
    """Return why a domain is in a state; empty when that adds nothing to the state itself."""
    words = _REASONS.get(state, ())
    return words[number] if 0 <= number < len(words) else ""


def job_of(state: DomainState, number: int) -> str:
    """Return the job that a state's reason tells of; empty when it tells of none."""
    return _JOBS.get(state, {}).get(number, "")
