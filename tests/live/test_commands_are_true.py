"""The command shown is the truth: of two domains alike, the action on one and its command on the other make the same."""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kvmtui.backend.libvirt.host import LibvirtHost
from kvmtui.fleet.action import Answers
from kvmtui.fleet.actions import ACTIONS
from kvmtui.fleet.fleet import Fleet
from kvmtui.fleet.pictures import as_png
from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure
from tests.fakes import wait_until
from tests.live.lab import PrivateLibvirtd

pytestmark = pytest.mark.live

_QEMU = """
<domain type='qemu'><name>{name}</name><uuid>{uuid}</uuid><memory unit='MiB'>32</memory><vcpu>1</vcpu>
<os{firmware}><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/></features>
<devices><video><model type='vga'/></video><memballoon model='none'/></devices></domain>
"""
_TEST = """
<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><memory unit='MiB'>32</memory><vcpu>1</vcpu>
<os><type arch='x86_64'>hvm</type></os></domain>
"""
_STEPS = {
    "off": [],
    "running": [["start"]],
    "paused": [["start"], ["suspend"]],
    "saved": [["start"], ["managedsave"]],
    "autostarted": [["autostart"]],
}
"""What brings a new domain into a condition."""


@dataclass
class Twins:
    """One host over libvirt, and virsh for the same one."""

    uri: str
    fleet: Fleet
    host: LibvirtHost
    template: str

    def virsh(self, *words: str) -> str:
        """Run virsh and return what it printed."""
        return subprocess.run(["virsh", "-q", "-c", self.uri, *words], capture_output=True, text=True, check=True).stdout

    async def make(self, name: str, condition: str, folder: Path, firmware: str = "") -> Domain:
        """Return a new domain in a condition, as the fleet has it."""
        id_ = str(uuid.uuid4())
        file = folder / "new.xml"
        file.write_text(self.template.format(name=name, uuid=id_, firmware=firmware))
        self.virsh("define", str(file))
        for verb, *options in _STEPS[condition]:
            self.virsh(verb, id_, *options)
        state = self.virsh("domstate", id_).strip()
        found: list[Domain] = []

        def is_seen() -> bool:
            found[:] = [domain for domain in self.fleet.domains() if domain.key.uuid == id_]
            domain = found[0] if found else None
            return domain is not None and domain.state.value == state

        self.host.poll_soon()
        await wait_until(is_seen, 20)
        return replace(found[0], has_managed_save=condition == "saved")  # what others save is read a little later

    def facts(self, domain: Domain) -> dict[str, str]:
        """Return all that virsh tells of a domain, without what two domains never share."""
        id_ = domain.key.uuid
        facts = {
            "state": self.virsh("domstate", id_, "--reason"),
            "info": self.virsh("dominfo", id_),
            "xml": self.virsh("dumpxml", id_),
            "inactive": self.virsh("dumpxml", "--inactive", id_),
        }
        return {name: _without_identity(text, domain) for name, text in facts.items()}

    def remove_all(self) -> None:
        """Leave nothing behind."""
        for id_ in [domain.key.uuid for domain in self.fleet.domains() if "twin" in domain.name]:
            for words in (["destroy", id_], ["undefine", id_, "--managed-save", "--nvram"], ["undefine", id_, "--managed-save"]):
                subprocess.run(["virsh", "-c", self.uri, *words], capture_output=True, check=False)


def _without_identity(text: str, domain: Domain) -> str:
    text = text.replace(domain.key.uuid, "UUID").replace(domain.name, "NAME")
    text = re.sub(r"^(CPU time|Used memory|Id):.*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"( id='\d+'|domain-\d+-|<nvram[^>]*>[^<]*</nvram>|/dev/pts/\d+)", "", text)


@pytest.fixture(params=["qemu", "test"])
async def twins(request: pytest.FixtureRequest, lab: PrivateLibvirtd) -> AsyncIterator[Twins]:
    """Yield both drivers of the private libvirtd in turn; its test driver's host is shared while a connection is open."""
    is_qemu = request.param == "qemu"
    uri = lab.uri if is_qemu else lab.test_uri()
    host = LibvirtHost(uri, interval=0.5)
    fleet = Fleet([host])
    fleet.start()
    await wait_until(lambda: fleet.view(uri).snapshot, 20)
    made = Twins(uri, fleet, host, _QEMU if is_qemu else _TEST)
    yield made
    made.remove_all()
    fleet.close()


CASES: list[tuple[str, str, Answers]] = [
    ("start", "off", {}),
    ("start", "saved", {}),
    ("start_paused", "off", {}),
    ("start_afresh", "saved", {}),
    ("start_new_nvram", "off", {}),
    ("shut_down", "running", {}),
    ("shut_down_acpi", "running", {}),
    ("shut_down_agent", "running", {}),
    ("reboot", "running", {}),
    ("reset", "running", {}),
    ("power_off", "running", {}),
    ("power_off_graceful", "paused", {}),
    ("suspend", "running", {}),
    ("resume", "paused", {}),
    ("save", "running", {}),
    ("remove_managed_save", "saved", {}),
    ("autostart_on", "off", {}),
    ("autostart_off", "autostarted", {}),
    ("rename", "off", {"name": "twin of {} & co"}),
    ("set_title", "off", {"title": 'it\'s a "title" <&> $HOME'}),
    ("set_title", "running", {"title": "--live"}),
    ("set_title", "running", {"title": ""}),
    ("set_description", "running", {"description": "one\n  two   three\n-- four `id`"}),
    ("set_description", "off", {"description": ""}),
    ("set_tags", "running", {"tags": "prod a&b <x>"}),
    ("set_tags", "off", {"tags": "prod"}),
    ("inject_nmi", "running", {}),
    ("send_keys", "running", {"keys": "KEY_LEFTCTRL KEY_LEFTALT KEY_DELETE"}),
]


async def _acted(twins: Twins, action_id: str, target: Domain, answers: Answers) -> str:
    """Do an action, and return what went wrong."""
    try:
        await ACTIONS[action_id].run(twins.host, target, ACTIONS[action_id].defaults(target) | dict(answers), lambda _job: None)
    except Failure as failure:
        return failure.said
    return ""


def _ran(command: str) -> str:
    """Run a command as a user would, and return what went wrong."""
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    return done.stderr.strip() or "failed" if done.returncode else ""


@pytest.mark.parametrize(("action", "condition", "answers"), CASES)
async def test_the_action_and_its_command_do_the_same(
    twins: Twins, tmp_path: Path, action: str, condition: str, answers: Answers
) -> None:
    action_id = f"domain.{action}"
    firmware = " firmware='efi'" if action == "start_new_nvram" else ""
    one = await twins.make(f"twin a {uuid.uuid4().hex[:6]}", condition, tmp_path, firmware)
    other = await twins.make(f"twin b {uuid.uuid4().hex[:6]}", condition, tmp_path, firmware)
    given = [{name: answer.format(twin.name) for name, answer in answers.items()} for twin in (one, other)]
    assert twins.facts(one) == twins.facts(other)

    failure = await _acted(twins, action_id, one, given[0])
    command = ACTIONS[action_id].command(twins.uri, other, given[1])
    command_failure = _ran(str(command))

    assert bool(failure) == bool(command_failure), f"{failure!r} but {command_failure!r}"
    assert twins.facts(one) == twins.facts(other)
    if "qemu" in twins.uri and action != "shut_down_agent":
        assert failure == ""


@pytest.mark.parametrize("action", ["screenshot", "dump_xml"])
async def test_the_action_and_its_command_write_the_same_file(twins: Twins, tmp_path: Path, action: str) -> None:
    target = await twins.make(f"twin {uuid.uuid4().hex[:6]}", "paused", tmp_path)
    mine, theirs = tmp_path / "it's mine", tmp_path / "it's theirs"
    assert await _acted(twins, f"domain.{action}", target, {"file": str(mine)}) == ""
    assert _ran(str(ACTIONS[f"domain.{action}"].command(twins.uri, target, {"file": str(theirs)}))) == ""
    if action == "screenshot":
        assert mine.read_bytes() == as_png(theirs.read_bytes())
    else:
        assert mine.read_text().strip() == theirs.read_text().strip()


async def test_shutting_down_or_powering_off_ends_a_guest_that_ignores_it_either_way(twins: Twins, tmp_path: Path) -> None:
    target = await twins.make(f"twin {uuid.uuid4().hex[:6]}", "running", tmp_path)
    command = ACTIONS["domain.shut_down_or_off"].command(twins.uri, target, {"limit": "1"})
    _ran(str(command))
    assert twins.virsh("domstate", target.key.uuid).strip() == "shut off"
