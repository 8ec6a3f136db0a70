"""Domain XML for tests."""

from __future__ import annotations

from pathlib import Path

from kvmtui.model.tags import TAGS_NAMESPACE

DATA = Path(__file__).parent.parent / "data"
UUID = "0b5f4a8e-8f2c-4d7e-9d55-3a1d8f6f0001"

HOSTILE = ("\x1b]0;gotcha\x07", "[bold red]x[/]", "[/nothing]", "a\u202eb\u200bc", "\x9b31m", "$name", "\\")
"""Texts that do harm where they are obeyed."""


def everything() -> str:
    """Return a running domain with every kind of device."""
    return (DATA / "everything.xml").read_text(encoding="utf-8").replace("TAGS_NAMESPACE", TAGS_NAMESPACE)


def domain_xml(devices: str = "", rest: str = "") -> str:
    """Return a small domain with these devices and these elements besides."""
    return f"<domain type='kvm'><name>small</name><uuid>{UUID}</uuid>{rest}<devices>{devices}</devices></domain>"
