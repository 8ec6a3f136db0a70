"""The themes: colours only, as variables that the style sheets use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from textual.app import App
from textual.theme import BUILTIN_THEMES, Theme

from kvmtui.config import THEMES

_PREFIX = "kvmtui-"

_DARK = Theme(
    name=f"{_PREFIX}dark",
    primary="#5fafd7",
    secondary="#87afaf",
    accent="#ffaf5f",
    warning="#e5c07b",
    error="#e06c75",
    success="#7fc97f",
    foreground="#d4d4d4",
    background="#121417",
    surface="#16191d",
    panel="#22262c",
)
_LIGHT = Theme(
    name=f"{_PREFIX}light",
    primary="#005f87",
    secondary="#4e6e6e",
    accent="#af5f00",
    warning="#875f00",
    error="#af0000",
    success="#006b2d",
    foreground="#1c1c1c",
    background="#f5f5f0",
    surface="#fafaf7",
    panel="#e4e4dc",
    dark=False,
)
_CONTRAST = Theme(
    name=f"{_PREFIX}contrast",
    primary="#00ffff",
    secondary="#ffffff",
    accent="#ffff00",
    warning="#ffff00",
    error="#ff6060",
    success="#00ff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    text_alpha=1.0,
    variables={"block-cursor-background": "#ffff00", "block-cursor-foreground": "#000000"},
)
_ANSI = replace(BUILTIN_THEMES["ansi-dark"], name=f"{_PREFIX}ansi")


def register(app: App[Any]) -> None:
    """Make the themes known to the app."""
    for theme in (_DARK, _LIGHT, _CONTRAST, _ANSI):
        app.register_theme(theme)


def startup_theme(chosen: str, color_system: str | None) -> str:
    """Return the theme to start with: the chosen one, or what the terminal's colours allow ("standard" is 16 of them)."""
    if chosen in THEMES:
        return _PREFIX + chosen
    return _ANSI.name if color_system in {None, "standard"} else _DARK.name


def next_theme(current: str) -> str:
    """Return the theme after the current one."""
    return _PREFIX + THEMES[(THEMES.index(name_of(current)) + 1) % len(THEMES)]


def name_of(theme: str) -> str:
    """Return what the configuration calls a theme."""
    name = theme.removeprefix(_PREFIX)
    return name if name in THEMES else THEMES[0]
