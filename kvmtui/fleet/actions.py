"""The one table of what can be done to a domain. Keys, menu, palette, bulk, confirmations, journal and tests come from it."""

from __future__ import annotations

from kvmtui.fleet.action import Action
from kvmtui.fleet.actions_edit import EDIT_ACTIONS
from kvmtui.fleet.actions_guest import GUEST_ACTIONS
from kvmtui.fleet.actions_power import POWER_ACTIONS
from kvmtui.keys import ACTIONS as KEY_ACTIONS

_BY_ID = {action.id: action for action in (*POWER_ACTIONS, *EDIT_ACTIONS, *GUEST_ACTIONS)}

ACTIONS: dict[str, Action] = {id_: _BY_ID[id_] for id_ in KEY_ACTIONS if id_ in _BY_ID}
"""By id, in the order of the table of keys."""
