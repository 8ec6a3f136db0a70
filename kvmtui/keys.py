"""The one table of what a key can do: id, default keys, label, help. Screens, menus, palette, help and configuration read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kvmtui.text import printable


@dataclass(frozen=True, slots=True)
class KeyAction:
    """One thing that the user can ask for."""

    id: str
    """"domain.start": area and verb; the user's configuration names it so."""
    keys: tuple[str, ...]
    """Default keys in Textual's names; none: reached by menu, palette and command line only."""
    label: str
    """A few words, for the key line, menu and palette."""
    help: str
    """One sentence."""


def _table(*rows: tuple[str, str, str, str]) -> dict[str, KeyAction]:
    return {id_: KeyAction(id_, tuple(keys.split()), label, help_) for id_, keys, label, help_ in rows}


GROUPS: dict[str, str] = {
    "app": "Everywhere",
    "view": "Views",
    "table": "In a table",
    "domains": "Domains table",
    "domain": "Actions on domains",
    "opened": "An opened domain",
    "editor": "XML editor",
    "task": "Tasks",
    "journal": "Journal",
}
"""The areas in the order in which the help shows them, with their headings."""

ACTIONS: dict[str, KeyAction] = _table(
    ("app.help", "question_mark f1", "help", "Show the keys that work here."),
    ("app.palette", "ctrl+p", "palette", "Find any action by a few letters."),
    ("app.command", "colon", "command", "Type a command; Tab completes it."),
    ("app.refresh", "f5 ctrl+r", "refresh", "Read everything again now."),
    ("app.redraw", "ctrl+l", "redraw", "Draw the whole screen again."),
    ("app.back", "escape", "back", "Go one step back: prompt, marks, filter, screen."),
    ("app.quit", "q f10", "quit", "Leave the screen; at the top, leave the program."),
    ("app.exit", "ctrl+c", "quit at once", "Leave the program from anywhere."),
    ("app.suspend", "ctrl+z", "to the shell", "Put the program in the background; `fg` brings it back."),
    ("app.messages", "f12", "messages", "Show the messages of this session."),
    ("app.theme", "", "theme", "Choose dark, light, high contrast or 16 colours."),
    ("app.copy_command", "Y", "copy command", "Copy the command shown last to the clipboard."),
    ("app.header", "ctrl+e", "header", "Fold the header away, or show it again."),
    ("app.read_only", "", "read-only", "Reconnect read-only, or with full access again."),
    ("app.connect", "", "connect to…", "Connect to another host by its URI."),
    ("view.domains", "1", "Domains", "All domains of all hosts."),
    ("view.tasks", "5", "Tasks", "What runs and what ended, with full error texts."),
    ("view.journal", "6", "Journal", "Every change made with this program."),
    ("table.up", "up k", "up", "Move the cursor up."),
    ("table.down", "down j", "down", "Move the cursor down."),
    ("table.page_up", "pageup ctrl+b", "page up", "Move one page up."),
    ("table.page_down", "pagedown ctrl+f", "page down", "Move one page down."),
    ("table.half_up", "ctrl+u", "half page up", "Move half a page up."),
    ("table.half_down", "ctrl+d", "half page down", "Move half a page down."),
    ("table.top", "home g", "first row", "Go to the first row."),
    ("table.bottom", "end G", "last row", "Go to the last row."),
    ("table.left", "left h", "scroll left", "Scroll the columns to the left."),
    ("table.right", "right l", "scroll right", "Scroll the columns to the right."),
    ("table.open", "enter", "open", "Open what is under the cursor."),
    ("table.mark", "space", "mark", "Mark the row and move on."),
    ("table.mark_range", "ctrl+@", "mark range", "Mark from the last marked row to here."),
    ("table.mark_invert", "asterisk", "invert marks", "Mark what is not marked, and the reverse."),
    ("table.mark_all", "A", "mark all", "Mark everything that the filter shows."),
    ("table.mark_none", "ctrl+backslash", "unmark", "Remove all marks."),
    ("table.sort_next", "greater_than_sign f6", "sort by next", "Sort by the next column."),
    ("table.sort_previous", "less_than_sign", "sort by previous", "Sort by the column before."),
    ("table.sort_reverse", "exclamation_mark", "reverse", "Reverse the order."),
    ("table.save", "ctrl+s", "save table", "Write the rows to a CSV or JSON file."),
    ("domains.filter", "slash f3", "filter", "Show only rows that match; `state:running cpu>50 tag:prod web`."),
    ("domains.preset", "f", "preset", "Filter as `virsh list` does: inactive, transient, with snapshots and so on."),
    ("domains.columns", "vertical_line", "columns", "Choose columns, their order and widths."),
    ("domains.pane", "z", "pane", "Fold the lower pane away, or show it again."),
    ("domains.copy_name", "y", "copy…", "Copy name, UUID or address to the clipboard."),
    ("domain.menu", "m", "all actions", "List everything that can be done, with keys and commands."),
    ("domain.start", "s", "start", "Start, or restore from the managed save."),
    ("domain.start_paused", "", "start paused", "Start with the vCPUs stopped."),
    ("domain.start_afresh", "", "start, dropping the saved state", "Start without the managed save, which is deleted."),
    ("domain.start_new_nvram", "", "start with fresh NVRAM", "Start with the UEFI variables set back to their template."),
    ("domain.shut_down", "S", "shut down", "Ask the guest to shut down."),
    ("domain.shut_down_acpi", "", "shut down by ACPI", "Press the guest's power button."),
    ("domain.shut_down_agent", "", "shut down by agent", "Ask the guest's agent to shut it down."),
    ("domain.shut_down_or_off", "", "shut down, then power off", "Shut down; power off when that takes too long."),
    ("domain.reboot", "r", "reboot", "Ask the guest to restart."),
    ("domain.reset", "R", "reset", "Press the reset button: the guest is not asked."),
    ("domain.power_off", "D", "power off", "Pull the plug: the guest is not asked."),
    ("domain.power_off_graceful", "", "power off gently", "End QEMU, but never by SIGKILL, so that disks are flushed."),
    ("domain.suspend", "p", "pause", "Stop the vCPUs; memory stays. The same key resumes."),
    ("domain.resume", "p", "resume", "Let the vCPUs run again."),
    ("domain.save", "", "managed save", "Save memory to disk and stop; start restores it."),
    ("domain.remove_managed_save", "", "remove managed save", "Delete the saved memory."),
    ("domain.autostart_on", "a", "autostart on", "Start with the host."),
    ("domain.autostart_off", "a", "autostart off", "Do not start with the host."),
    ("domain.rename", "", "rename", "Give a stopped domain another name."),
    ("domain.set_title", "", "title", "Set the one-line title."),
    ("domain.set_description", "", "description", "Set the description."),
    ("domain.set_tags", "t", "tags", "Set the tags, kept in the domain's metadata."),
    ("domain.inject_nmi", "", "inject NMI", "Send a non-maskable interrupt: many kernels then dump their state."),
    ("domain.send_keys", "", "send keys", "Press Ctrl-Alt-Del or another combination."),
    ("domain.screenshot", "", "screenshot", "Save the guest's screen as a picture."),
    ("domain.dump_xml", "", "save XML", "Write the domain's XML to a file."),
    ("domain.edit_xml", "e", "edit XML", "Edit the persistent XML in the built-in editor."),
    ("domain.edit_xml_outside", "E", "edit XML in $EDITOR", "Edit the persistent XML in your own editor."),
    ("opened.next_tab", "right_square_bracket tab", "next tab", "Go to the next tab."),
    ("opened.previous_tab", "left_square_bracket shift+tab", "previous tab", "Go to the tab before."),
    ("opened.find", "slash", "find", "Search in the text."),
    ("opened.find_next", "n", "next hit", "Go to the next place found."),
    ("opened.find_previous", "N", "previous hit", "Go to the place found before."),
    ("opened.xml_kind", "x", "live/persistent/diff", "Show the live XML, the persistent one, or how they differ."),
    ("opened.details", "d", "device details", "Show or hide all that the XML says of each device."),
    ("opened.span", "w", "2/10/20 minutes", "Look at a longer or shorter past."),
    ("opened.copy", "y", "copy", "Copy the text shown to the clipboard."),
    ("opened.undo_edit", "", "undo the last edit", "Put the XML back as it was before the last edit."),
    ("editor.apply", "ctrl+s", "apply", "Check the XML, show what changes, and define it."),
    ("editor.outside", "ctrl+o", "in $EDITOR", "Go on in your own editor."),
    ("task.cancel", "c x", "cancel", "Cancel the task, where libvirt can."),
    ("task.clear", "C", "clear ended", "Remove ended tasks from the list."),
    ("task.copy", "y", "copy", "Copy the command and the full error text."),
    ("journal.copy", "y", "copy script", "Copy the shown or marked entries as a shell script."),
)


class KeymapError(ValueError):
    """A user's key setting that cannot be used; the text names it."""


def validated(chosen: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Return the keys of each action: the defaults with the user's choice laid over them.

    Args:
        chosen: action id to a key or a list of keys, as the configuration has it; an empty list leaves no key.

    Raises:
        KeymapError: an unknown id, something that is no key name, or a key for two actions that can meet.
    """
    keys = {id_: action.keys for id_, action in ACTIONS.items()}
    for id_, value in chosen.items():
        if id_ not in ACTIONS:
            raise KeymapError(f'there is no action "{printable(id_)}"; `?` in the program lists all of them')
        keys[id_] = tuple(_key_name(id_, key) for key in ([value] if isinstance(value, str) else _as_list(id_, value)))
    _refuse_clashes(keys, chosen)
    return keys


def _as_list(id_: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise KeymapError(f'"{id_}" needs a key or a list of keys, for example "f2" or ["s", "f2"]')
    return value


_PUNCTUATION = {
    "!": "exclamation_mark", '"': "quotation_mark", "#": "number_sign", "$": "dollar_sign", "%": "percent_sign",
    "&": "ampersand", "'": "apostrophe", "(": "left_parenthesis", ")": "right_parenthesis", "*": "asterisk", "+": "plus",
    ",": "comma", "-": "minus", ".": "full_stop", "/": "slash", ":": "colon", ";": "semicolon", "<": "less_than_sign",
    "=": "equals_sign", ">": "greater_than_sign", "?": "question_mark", "@": "at", "[": "left_square_bracket",
    "\\": "backslash", "]": "right_square_bracket", "^": "circumflex_accent", "_": "underscore", "`": "grave_accent",
    "{": "left_curly_bracket", "|": "vertical_line", "}": "right_curly_bracket", "~": "tilde", " ": "space",
}  # fmt: skip
_NAMED = {
    *_PUNCTUATION.values(),
    *(f"f{number}" for number in range(1, 25)),
    *[
        "up",
        "down",
        "left",
        "right",
        "home",
        "end",
        "pageup",
        "pagedown",
        "insert",
        "delete",
        "enter",
        "escape",
        "tab",
        "backspace",
    ],
}


def _key_name(id_: str, key: object) -> str:
    """Return Textual's name of a key as the user wrote it ("?", "ctrl+x", "f2")."""
    if not isinstance(key, str) or not key:
        raise KeymapError(f'"{id_}": {key!r} is not a key')
    if len(key) == 1:
        return _PUNCTUATION.get(key, key)
    *modifiers, name = key.split("+")
    if not set(modifiers) <= {"ctrl", "shift", "alt"}:
        raise KeymapError(f'"{id_}": "{printable(key)}" is not a key')
    name = _PUNCTUATION.get(name, name)
    if len(name) != 1 and name not in _NAMED:
        raise KeymapError(f'"{id_}": "{printable(key)}" is not a key')
    return "+".join([*modifiers, name])


_TOGETHER = {"opened", "editor", "task", "journal"}
"""Areas whose screens are never shown with the domains table's; each meets "app", "view" and "table" only."""


def _can_meet(one: str, other: str) -> bool:
    areas = {one.partition(".")[0], other.partition(".")[0]}
    if len(areas) == 1 or areas & {"app", "view"}:
        return True
    if "opened" in areas and "domain" in areas:
        return True
    return not areas & _TOGETHER


_SHARED = ({"domain.suspend", "domain.resume"}, {"domain.autostart_on", "domain.autostart_off"})
"""Actions that never apply at once and may share a key."""


def _refuse_clashes(keys: Mapping[str, tuple[str, ...]], chosen: Mapping[str, object]) -> None:
    for id_ in chosen:
        for other, its_keys in keys.items():
            if other == id_ or {id_, other} in _SHARED or not _can_meet(id_, other):
                continue
            if both := set(keys[id_]) & set(its_keys):
                raise KeymapError(f'"{id_}" and "{other}" both use the key "{min(both)}"')
