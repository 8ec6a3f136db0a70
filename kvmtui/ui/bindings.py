"""Textual bindings made from the one table of keys."""

from __future__ import annotations

from textual.binding import Binding

from kvmtui.keys import ACTIONS


def binding(id_: str, action: str | None = None) -> Binding:
    """Return the binding of one action: `table.up` runs `action_table_up` unless `action` says otherwise.

    The ids let the user's keymap replace the keys (`App.set_keymap`).
    """
    entry = ACTIONS[id_]
    return Binding(
        ",".join(entry.keys) or f"unbound_{id_.replace('.', '_')}",
        action or id_.replace(".", "_"),
        entry.label,
        show=False,
        tooltip=entry.help,
        id=id_,
    )


def bindings_of(area: str) -> list[Binding]:
    """Return the bindings of one area of the table; those of "domain" run `action_perform(id)`."""
    ids = [id_ for id_ in ACTIONS if id_.partition(".")[0] == area]
    return [binding(id_, f"perform('{id_}')" if area == "domain" else None) for id_ in ids]
