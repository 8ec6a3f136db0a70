"""What a read-only session leaves out of key line, menu, palette and help."""

from __future__ import annotations

from kvmtui.fleet.actions import ACTIONS

_EDITS = {"domain.edit_xml", "domain.edit_xml_outside", "editor.apply", "opened.undo_edit"}
"""What changes a domain without being an action of the fleet's."""


def writes(id_: str) -> bool:
    """Return whether an entry of the table of keys changes something on a host."""
    action = ACTIONS.get(id_)
    return not action.works_read_only if action else id_ in _EDITS
