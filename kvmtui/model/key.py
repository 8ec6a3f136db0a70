"""What names an object among all hosts."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """The name of one object on one host; it outlives renames, reconnects and sorting."""

    host: str
    """The URI of the connection, as it was given."""
    uuid: str
    """libvirt's UUID of the object, in its canonical text form."""
