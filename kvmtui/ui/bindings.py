"""Textual bindings made from the one table of keys."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from kvmtui.keys import ACTIONS

_SHARED_KEYS = {
    "domain.suspend": "domain.resume",
    "domain.resume": "domain.suspend",
    "domain.autostart_on": "domain.autostart_off",
    "domain.autostart_off": "domain.autostart_on",
}
"""Actions with one key for both; the one that applies is meant."""

_ALWAYS = {"app.exit", "app.suspend"}
"""Work in dialogs and while text is typed, too."""


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
        priority=id_ in _ALWAYS,
    )


def bindings_of(area: str) -> list[BindingType]:
    """Return the bindings of one area of the table.

    Those of "domain" run `action_perform(id)`, with `id|other id` for a key that two actions share; those of "app" and "view"
    run the app's actions from any screen.
    """
    return [binding(id_, _action(area, id_)) for id_ in ACTIONS if id_.partition(".")[0] == area]


def _action(area: str, id_: str) -> str:
    if area == "domain" and id_ != "domain.menu":
        return f"perform('{'|'.join(filter(None, (id_, _SHARED_KEYS.get(id_))))}')"
    name = id_.replace(".", "_")
    return f"app.{name}" if area in {"app", "view"} else name
