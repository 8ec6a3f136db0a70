"""What happened to a domain, for its log and for the list of what went on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kvmtui.model.key import Key


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """One libvirt event. It is news for people; what the state is now is always read afresh."""

    key: Key
    when: datetime
    text: str
    """What happened: "started: booted", "I/O error on vda: no space"."""
