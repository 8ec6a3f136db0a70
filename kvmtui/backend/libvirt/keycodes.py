"""Linux's names of keys and their numbers, as virDomainSendKey takes them.

Source: linux/input-event-codes.h.
"""

from __future__ import annotations

from kvmtui.model.failure import Failure, FailureKind

_ROWS: tuple[tuple[int, str], ...] = (
    (1, "ESC 1 2 3 4 5 6 7 8 9 0 MINUS EQUAL BACKSPACE TAB Q W E R T Y U I O P LEFTBRACE RIGHTBRACE ENTER LEFTCTRL"),
    (30, "A S D F G H J K L SEMICOLON APOSTROPHE GRAVE LEFTSHIFT BACKSLASH Z X C V B N M COMMA DOT SLASH RIGHTSHIFT KPASTERISK"),
    (56, "LEFTALT SPACE CAPSLOCK F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NUMLOCK SCROLLLOCK"),
    (71, "KP7 KP8 KP9 KPMINUS KP4 KP5 KP6 KPPLUS KP1 KP2 KP3 KP0 KPDOT"),
    (86, "102ND F11 F12"),
    (96, "KPENTER RIGHTCTRL KPSLASH SYSRQ RIGHTALT"),
    (102, "HOME UP PAGEUP LEFT RIGHT END DOWN PAGEDOWN INSERT DELETE"),
    (113, "MUTE VOLUMEDOWN VOLUMEUP POWER KPEQUAL"),
    (119, "PAUSE"),
    (125, "LEFTMETA RIGHTMETA COMPOSE"),
    (142, "SLEEP WAKEUP"),
)
_CODES = {f"KEY_{name}": first + offset for first, names in _ROWS for offset, name in enumerate(names.split())}
_CODES["KEY_PRINT"] = _CODES["KEY_SYSRQ"]


def code_of(name: str) -> int:
    """Return the number of a key by its name: 29 for "KEY_LEFTCTRL".

    Raises:
        Failure: there is no such key.
    """
    if name not in _CODES:
        raise Failure(FailureKind.INVALID, "send keys", f"There is no key {name}.")
    return _CODES[name]
