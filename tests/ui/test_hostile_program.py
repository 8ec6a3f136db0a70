"""The real program, libvirt's test driver and a terminal: whatever a host file holds, the terminal obeys nothing of it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from kvmtui.model.tags import TAGS_NAMESPACE
from tests.model.xml_samples import everything
from tests.terminal import Terminal

NAMES = (
    "[@click=app.bell]w",
    "c1 \x9b31m \x9d0;PWNED\x9c \x85 \x90q",
    "\u202ertl \u2066 عربي",
    "日本語 👩\u200d👩\u200d👧 🇩🇪 👍🏽",
    "z\u0301\u0302\u0303 \xad",
    "x" * 300,
    "[bold red]web[",
    "a\tb",
)
"""What libvirt takes for a name: no slash and no line feed, but C1 characters."""

_OWN = re.compile(
    r"\x1b\[[<=>?]?[0-9;:]*[$]?[A-Za-z]"  # places, colours, modes, questions to the terminal
    r"|\x1b\]22;[a-z]*\x07"  # the mouse pointer's shape
    r"|\x1b\[[0-9]* q"  # the cursor's
    r"|[\r\n]"
)
"""All that Textual writes besides text."""

_LOADABLE = (
    ("type='kvm' id='7'", "type='test'"),
    ("<adapter name='scsi_host0'/>", "<adapter name='scsi_host0'/><address bus='0' target='0' unit='0'/>"),
    ("model='itco'", "model='i6300esb'"),
    ("<launchSecurity type='sev'/>", "<launchSecurity type='sev'><policy>1</policy></launchSecurity>"),
    ("type='vhostuser'>", "type='vhostuser'><model type='virtio'/>"),
    ("<driver intremap='on'/>", ""),
)
"""What the test driver asks for beyond the sample."""


STEPS = (
    ("G", f"{len(NAMES)} domains"), ("g", "tags .@click=app.bell.w"), ("enter", "State .* running"), ("d", "UUID"),
    ("tab", "The last"), ("tab", "<domain type"), ("e", "Ctrl-S apply"), ("escape", "Overview"), ("m", "type to filter"),
    ("escape", "Overview"), ("q", f"{len(NAMES)} domains"), ("D", "y yes"), ("y", "shut off"), ("5", "RESULT"), ("6", "OUTCOME"),
)  # fmt: skip
"""Keys, and what they lead to."""


def hostile_domain(number: int, name: str) -> str:
    text = escape(name, {"'": "&apos;"})
    return f"""<domain type='test'><name>{text}</name><title>[/foo] {text}</title>
        <description>{text}\ntwo [/foo] \x9b5m</description>
        <metadata><kvmtui:tags xmlns:kvmtui='{TAGS_NAMESPACE}'><kvmtui:tag>{text}</kvmtui:tag></kvmtui:tags></metadata>
        <memory unit='MiB'>128</memory><os><type>hvm</type></os>
        <devices><disk type='file'><source file='/{text}'/><target dev='vda'/></disk>
        <interface type='network'><mac address='52:54:00:00:00:{number:02}'/><source network='{text}'/></interface></devices>
        </domain>"""


def host_file(folder: Path, *domains: str) -> str:
    """Write a host for the test driver and return its URI."""
    file = folder / "host.xml"
    file.write_text(f"<node>{''.join(domains)}</node>", encoding="utf-8")
    return f"test://{file}"


def program(uri: str, folder: Path) -> Terminal:
    return Terminal([sys.executable, "-m", "kvmtui", "-c", uri], 120, 40, {"XDG_STATE_HOME": str(folder)})


def what_is_left(terminal: Terminal) -> set[str]:
    """Return the characters that a terminal might obey in what was written, apart from Textual's own sequences."""
    return {character for character in _OWN.sub("", terminal.output.decode()) if not character.isprintable()}


def test_the_terminal_is_sent_nothing_to_obey_by_a_hostile_host(tmp_path: Path) -> None:
    uri = host_file(tmp_path, *(hostile_domain(number, name) for number, name in enumerate(NAMES)))
    with program(uri, tmp_path) as terminal:
        terminal.wait_for(f"{len(NAMES)} domains")
        terminal.wait_for(re.escape("tags [@click=app.bell]w"))
        for keys, shown in STEPS:
            terminal.press(keys)
            terminal.wait_for(shown)
            terminal.settle(0.1)
        terminal.press("ctrl-c")
        assert terminal.wait_for_end() == 0
        assert terminal.is_clean
        assert what_is_left(terminal) == set()


@pytest.mark.parametrize("name", ["everything", "bare"])
def test_a_domain_with_every_device_and_one_with_none_open_on_every_tab(tmp_path: Path, name: str) -> None:
    full = re.sub("<memory model='dimm'.*?</memory>", "", everything(), flags=re.DOTALL)
    for before, after in _LOADABLE:
        assert before in full
        full = full.replace(before, after)
    bare = "<domain type='test'><name>bare</name><memory>1024</memory><os><type>hvm</type></os></domain>"
    with program(host_file(tmp_path, full, bare), tmp_path) as terminal:
        terminal.wait_for("2 domains")
        terminal.press(f"/{name}", "enter")
        terminal.wait_for("1/2")
        terminal.settle(0.1)
        for keys, shown in (
            ("enter", "State .* running"),
            ("d", "UUID"),
            ("tab", "The last"),
            ("tab", "<domain type"),
            ("x", "persistent XML"),
            ("x", "→"),
        ):
            terminal.press(keys)
            terminal.wait_for(shown)
            terminal.settle(0.1)
        terminal.press("tab")
        terminal.press("ctrl-c")
        assert terminal.wait_for_end() == 0
        assert "kvmtui failed" not in terminal.output.decode()
