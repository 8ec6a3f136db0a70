"""The menu of everything that can be done to one domain, or to several."""

from __future__ import annotations

from collections.abc import Sequence

from kvmtui.fleet.action import Action
from kvmtui.fleet.actions import ACTIONS
from kvmtui.keys import ACTIONS as KEY_ACTIONS
from kvmtui.model.domain import Domain
from kvmtui.ui.desk import Desk, is_read_only
from kvmtui.ui.dialogs.base import place
from kvmtui.ui.dialogs.pick import Choice, ChoiceDialog
from kvmtui.ui.read_only import writes
from kvmtui.ui.widgets.frame import shown_key

EDITS = tuple(id_ for id_ in KEY_ACTIONS if id_.startswith("domain.") and id_ not in ACTIONS and id_ != "domain.menu")
"""Actions on one domain that open an editor instead of running."""


class MenuDialog(ChoiceDialog):
    """All actions with their keys; the answer is an action's id. Follows the domains while it is open."""

    def __init__(self, desk: Desk, targets: Sequence[Domain]) -> None:
        who = targets[0].name if len(targets) == 1 else f"{len(targets)} domains"
        super().__init__(f"{who} {place(desk, targets)}", choices_for(desk, targets), targets)

    def targets_changed(self) -> None:
        """Offer what applies now."""
        super().targets_changed()
        if not self.is_disarmed:
            now = [domain for target in self.targets if (domain := self.desk.fleet.domain(target.key))]
            self.offer(choices_for(self.desk, now))


def choices_for(desk: Desk, targets: Sequence[Domain]) -> list[Choice]:
    """Return all actions as choices for these domains; where all are read-only, those that only read."""
    is_reading = all(is_read_only(desk, domain) for domain in targets)
    choices = [_choice(desk, action, targets) for action in ACTIONS.values()]
    choices += [_edit(desk, id_, targets) for id_ in EDITS]
    return [choice for choice in choices if not (is_reading and writes(choice.key))]


def _choice(desk: Desk, action: Action, targets: Sequence[Domain]) -> Choice:
    reasons = [action.why_not(domain, is_read_only(desk, domain)) or "" for domain in targets]
    fitting = [domain for domain, reason in zip(targets, reasons, strict=True) if not reason]
    is_too_many = action.is_for_one and len(targets) > 1
    reason = "for one domain at a time" if is_too_many else "" if fitting else _shared(reasons)
    note = f"{len(fitting)} of {len(targets)}" if fitting and len(fitting) < len(targets) else ""
    about = f"$ {action.command(fitting[0].key.host, fitting[0])}" if fitting else ""
    if len(fitting) > 1:
        about += f"   … and {len(fitting) - 1} more"
    return Choice(action.id, action.label, _shortcut(desk, action.id), reason, note, about)


def _edit(desk: Desk, id_: str, targets: Sequence[Domain]) -> Choice:
    reason = "read-only mode" if is_read_only(desk, targets[0]) else "for one domain at a time" if len(targets) > 1 else ""
    return Choice(id_, KEY_ACTIONS[id_].label, _shortcut(desk, id_), reason, "", KEY_ACTIONS[id_].help)


def _shortcut(desk: Desk, id_: str) -> str:
    keys = desk.config.keys.get(id_, ())
    return shown_key(keys) if keys else ""


def _shared(reasons: Sequence[str]) -> str:
    return reasons[0] if len(set(reasons)) == 1 else "applies to none of them"
