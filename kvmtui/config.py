"""The user's settings and where files lie. Reads TOML, never writes it; what the program remembers is elsewhere."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from kvmtui.keys import KeymapError, validated
from kvmtui.text import printable

THEMES = ("dark", "light", "contrast", "ansi")


class ConfigError(ValueError):
    """A configuration file that cannot be used; the text names file, key and what was expected."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that config.toml can set, with the defaults. Each field is a key of the file."""

    connect: tuple[str, ...] = ()
    """URIs (or names from [hosts]) to open when --connect is not given; none: libvirt's own default."""
    read_only: bool = False
    """Open connections read-only."""
    interval: float = 2.0
    """Seconds between two readings of a host (0.5 to 60); slow or large hosts are read more rarely."""
    confirm: str = "all"
    """"all" asks before everything that interrupts a guest, "destructive" only before what loses data or work."""
    shutdown_patience: float = 60.0
    """Seconds after which a guest that ignores a shutdown is reported (5 to 3600)."""
    theme: str = ""
    """"dark", "light", "contrast" or "ansi" (16 colours); empty: the one chosen last."""
    glyphs: str = "auto"
    """"unicode", "ascii", or "auto": ASCII where the terminal or locale has no more."""
    mouse: bool = True
    """Whether the mouse works; without it the terminal's own selection does."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Names for URIs: `[hosts]`, `lab = "qemu+ssh://root@lab/system"`."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: validated({}))
    """The keys of each action: `[keys]`, `"domain.start" = "f2"` or `["s", "f2"]`; `?` lists the actions."""

    def uri(self, name: str) -> str:
        """Return the URI that a name in [hosts] stands for, or the name itself."""
        return self.hosts.get(name, name)


def config_file() -> Path:
    """Return where the user's settings are."""
    return _directory("XDG_CONFIG_HOME", ".config") / "config.toml"


def state_directory() -> Path:
    """Return where the program keeps what it remembers: table layout, journal, previous XML."""
    return _directory("XDG_STATE_HOME", ".local/state")


def _directory(variable: str, default: str) -> Path:
    chosen = os.environ.get(variable, "")
    base = Path(chosen) if chosen.startswith("/") else Path.home() / default  # the XDG specification ignores relative ones
    return base / "kvmtui"


def load(path: Path | None = None) -> Config:
    """Return the settings in `path`, or in the user's file if there is one.

    Raises:
        ConfigError: the file cannot be read, is no TOML, or has a key or value that means nothing.
    """
    file = path or config_file()
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if path is None:
            return Config()
        raise ConfigError(f"{file}: there is no such file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: {printable(str(error))}") from None
    try:
        return _checked(settings)
    except (ConfigError, KeymapError) as error:
        raise ConfigError(f"{file}: {error}") from None


def _checked(settings: Mapping[str, Any]) -> Config:
    known = {entry.name for entry in fields(Config)}
    if unknown := sorted(set(settings) - known):
        raise ConfigError(f'"{printable(unknown[0])}" means nothing here; known are: {", ".join(sorted(known))}')
    values = {name: _CHECKS[name](name, value) for name, value in settings.items()}
    return Config(**values)


def _truth(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f'"{name}" must be true or false')
    return value


def _seconds(lowest: float, highest: float) -> Any:
    def check(name: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
            raise ConfigError(f'"{name}" must be a number of seconds from {lowest:g} to {highest:g}')
        return float(value)

    return check


def _one_of(*choices: str) -> Any:
    def check(name: str, value: object) -> str:
        if value not in choices:
            raise ConfigError(f'"{name}" must be one of: {", ".join(choices)}')
        return str(value)

    return check


def _uris(name: str, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(uri, str) for uri in values):
        raise ConfigError(f'"{name}" must be a URI or a list of URIs, for example "qemu:///system"')
    return tuple(values)


def _names(name: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(uri, str) for uri in value.values()):
        raise ConfigError(f'[{name}] must hold names for URIs, for example lab = "qemu+ssh://root@lab/system"')
    return value


def _keys(name: str, value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise ConfigError(f'[{name}] must hold actions with their keys, for example "domain.start" = "f2"')
    return validated(value)


_CHECKS = {
    "connect": _uris,
    "read_only": _truth,
    "interval": _seconds(0.5, 60),
    "confirm": _one_of("all", "destructive"),
    "shutdown_patience": _seconds(5, 3600),
    "theme": _one_of("", *THEMES),
    "glyphs": _one_of("auto", "unicode", "ascii"),
    "mouse": _truth,
    "hosts": _names,
    "keys": _keys,
}
