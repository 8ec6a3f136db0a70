"""The table of actions: when they apply, what they cost, which command they stand for."""

import pytest

from kvmtui.fleet.action import Answers, Danger
from kvmtui.fleet.actions import ACTIONS
from kvmtui.fleet.actions_edit import tags_from
from kvmtui.fleet.actions_guest import CHORDS
from kvmtui.fleet.command import Command
from kvmtui.keys import ACTIONS as KEY_ACTIONS
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.key import Key
from kvmtui.model.tags import TAGS_NAMESPACE
from tests.fakes import domain, fleet_of

URI = "qemu:///system"
OFF = domain("db01", state=DomainState.SHUT_OFF)
SAVED = domain("db01", state=DomainState.SHUT_OFF, has_managed_save=True)
RUNNING = domain("db01", id=7)
PAUSED = domain("db01", state=DomainState.PAUSED)
STOPPING = domain("db01", state=DomainState.SHUTTING_DOWN)
ASLEEP = domain("db01", state=DomainState.PM_SUSPENDED)
CRASHED = domain("db01", state=DomainState.CRASHED)
CRASHED_KEPT = domain("db01", state=DomainState.CRASHED, id=3)
TRANSIENT = domain("db01", is_persistent=False)
AUTOSTARTED = domain("db01", has_autostart=True)
UNKNOWN = domain("db01", has_autostart=None, has_managed_save=None, is_persistent=None)


def test_every_domain_action_of_the_key_table_is_here_but_those_of_screens() -> None:
    of_screens = {"domain.menu", "domain.edit_xml", "domain.edit_xml_outside"}
    assert set(ACTIONS) == {id_ for id_ in KEY_ACTIONS if id_.startswith("domain.")} - of_screens


@pytest.mark.parametrize(
    ("action", "target", "reason"),
    [
        ("start", OFF, None),
        ("start", SAVED, None),
        ("start", CRASHED, None),
        ("start", RUNNING, "it is running already"),
        ("start", CRASHED_KEPT, "it is running already"),
        ("start", PAUSED, "it is paused: resume it"),
        ("start", STOPPING, "it is still shutting down"),
        ("start_paused", OFF, None),
        ("start_paused", RUNNING, "it is running already"),
        ("start_afresh", SAVED, None),
        ("start_afresh", OFF, "it has no saved state"),
        ("start_afresh", RUNNING, "it is running already"),
        ("start_new_nvram", OFF, None),
        ("shut_down", RUNNING, None),
        ("shut_down", OFF, "it is not running"),
        ("shut_down", PAUSED, "it is paused: resume it first"),
        ("shut_down", STOPPING, "it is shutting down already"),
        ("shut_down_agent", ASLEEP, "it sleeps: wake it first (virsh dompmwakeup)"),
        ("shut_down_acpi", CRASHED_KEPT, "it has crashed: reset it, or power it off"),
        ("shut_down_or_off", RUNNING, None),
        ("reboot", PAUSED, "it is paused: resume it first"),
        ("reset", PAUSED, None),
        ("reset", OFF, "it is not running"),
        ("power_off", RUNNING, None),
        ("power_off", STOPPING, None),
        ("power_off", CRASHED_KEPT, None),
        ("power_off", CRASHED, "it is not running"),
        ("power_off_graceful", OFF, "it is not running"),
        ("suspend", RUNNING, None),
        ("suspend", PAUSED, "it is paused already"),
        ("suspend", OFF, "it is not running"),
        ("resume", PAUSED, None),
        ("resume", RUNNING, "it is not paused"),
        ("resume", OFF, "it is not running"),
        ("save", RUNNING, None),
        ("save", PAUSED, None),
        ("save", OFF, "it is not running"),
        ("save", TRANSIENT, "it is transient: its saved state would belong to nothing"),
        ("save", domain("db01", job="migrating"), "libvirt is busy with it: migrating"),
        ("remove_managed_save", SAVED, None),
        ("remove_managed_save", UNKNOWN, None),
        ("remove_managed_save", OFF, "it has no saved state"),
        ("autostart_on", RUNNING, None),
        ("autostart_on", AUTOSTARTED, "it starts with the host already"),
        ("autostart_on", TRANSIENT, "it is transient"),
        ("autostart_off", AUTOSTARTED, None),
        ("autostart_off", RUNNING, "it does not start with the host"),
        ("rename", OFF, None),
        ("rename", RUNNING, "it must be shut off"),
        ("rename", SAVED, "it has a saved state: start it, or remove that"),
        ("rename", TRANSIENT, "it is transient"),
        ("set_title", OFF, None),
        ("set_tags", TRANSIENT, None),
        ("inject_nmi", OFF, "it is not running"),
        ("send_keys", RUNNING, None),
        ("screenshot", OFF, "it is not running"),
        ("dump_xml", OFF, None),
    ],
)
def test_an_action_applies_or_says_why_not(action: str, target: Domain, reason: str | None) -> None:
    assert ACTIONS[f"domain.{action}"].why_not(target) == reason


def test_only_saving_the_xml_is_left_in_read_only_mode() -> None:
    everything = [domain("x"), SAVED, PAUSED]
    left = {id_ for id_, action in ACTIONS.items() if any(action.why_not(one, is_read_only=True) is None for one in everything)}
    assert left == {"domain.dump_xml"}


@pytest.mark.parametrize(
    ("action", "target", "answers", "shown"),
    [
        ("start", OFF, {}, "start db01"),
        ("start_paused", OFF, {}, "start db01 --paused"),
        ("start_afresh", SAVED, {}, "start db01 --force-boot"),
        ("start_new_nvram", OFF, {}, "start db01 --reset-nvram"),
        ("shut_down", RUNNING, {}, "shutdown db01"),
        ("shut_down_acpi", RUNNING, {}, "shutdown db01 --mode acpi"),
        ("shut_down_agent", RUNNING, {}, "shutdown db01 --mode agent"),
        ("reboot", RUNNING, {}, "reboot db01"),
        ("reset", RUNNING, {}, "reset db01"),
        ("power_off", RUNNING, {}, "destroy db01"),
        ("power_off_graceful", RUNNING, {}, "destroy db01 --graceful"),
        ("suspend", RUNNING, {}, "suspend db01"),
        ("resume", PAUSED, {}, "resume db01"),
        ("save", RUNNING, {}, "managedsave db01 --verbose"),
        ("remove_managed_save", SAVED, {}, "managedsave-remove db01"),
        ("autostart_on", RUNNING, {}, "autostart db01"),
        ("autostart_off", AUTOSTARTED, {}, "autostart db01 --disable"),
        ("rename", OFF, {"name": "db 2"}, "domrename db01 -- 'db 2'"),
        ("set_title", OFF, {"title": "The base"}, "desc db01 --title --config -- 'The base'"),
        ("set_title", RUNNING, {"title": "-x"}, "desc db01 --title --live --config -- -x"),
        ("set_title", TRANSIENT, {"title": ""}, "desc db01 --title --live -- ''"),
        ("set_description", RUNNING, {"description": "a\nb"}, "desc db01 --live --config -- 'a\nb'"),
        ("set_tags", OFF, {"tags": ""}, f"metadata db01 {TAGS_NAMESPACE} --config --remove"),
        (
            "set_tags",
            RUNNING,
            {"tags": "prod, a&b"},
            f"metadata db01 {TAGS_NAMESPACE} --live --config --key kvmtui --set '<tags><tag>prod</tag><tag>a&amp;b</tag></tags>'",
        ),
        ("inject_nmi", RUNNING, {}, "inject-nmi db01"),
        ("send_keys", RUNNING, {}, "send-key db01 --codeset linux --holdtime 100 KEY_LEFTCTRL KEY_LEFTALT KEY_DELETE"),
        ("screenshot", RUNNING, {}, "screenshot db01 -- db01.png"),
        ("screenshot", RUNNING, {"file": "/tmp/{name} 1.png"}, "screenshot db01 -- '/tmp/db01 1.png'"),
        ("dump_xml", RUNNING, {"file": "a b.xml"}, "dumpxml db01 > 'a b.xml'"),
    ],
)
def test_an_action_names_its_virsh_command(action: str, target: Domain, answers: Answers, shown: str) -> None:
    assert str(ACTIONS[f"domain.{action}"].command(URI, target, answers)) == f"virsh -c {URI} {shown}"


def test_shutting_down_or_powering_off_shows_both_commands() -> None:
    command = ACTIONS["domain.shut_down_or_off"].command(URI, RUNNING, {"limit": "90"})
    assert str(command) == f"virsh -c {URI} shutdown db01; sleep 90; virsh -c {URI} destroy db01"


@pytest.mark.parametrize("name", ["7", "-x", "", " x", "x ", "caf\u00e9", "a\u241bb", "6695eb01-f6a4-8304-79aa-97f2502e193f"])
def test_a_name_that_virsh_could_take_for_something_else_becomes_the_uuid(name: str) -> None:
    target = Domain(Key(URI, "6695eb01-f6a4-8304-79aa-97f2502e1930"), name, DomainState.SHUT_OFF)
    assert ACTIONS["domain.start"].command(URI, target).words[-1] == target.key.uuid


def test_a_name_with_blanks_is_quoted() -> None:
    assert str(ACTIONS["domain.start"].command(URI, domain("my vm; rm -rf"))).endswith("start 'my vm; rm -rf'")


def test_without_a_uri_virsh_chooses_as_the_program_does() -> None:
    assert ACTIONS["domain.start"].command("", OFF).words == ("virsh", "start", "db01")


@pytest.mark.parametrize(
    ("action", "target", "danger"),
    [
        ("start", OFF, Danger.NONE),
        ("suspend", RUNNING, Danger.NONE),
        ("resume", PAUSED, Danger.NONE),
        ("autostart_on", RUNNING, Danger.NONE),
        ("shut_down", RUNNING, Danger.INTERRUPTS),
        ("reboot", RUNNING, Danger.INTERRUPTS),
        ("shut_down", TRANSIENT, Danger.DESTROYS),
        ("reset", RUNNING, Danger.DESTROYS),
        ("power_off", RUNNING, Danger.DESTROYS),
        ("power_off_graceful", RUNNING, Danger.DESTROYS),
        ("shut_down_or_off", RUNNING, Danger.DESTROYS),
        ("start_afresh", SAVED, Danger.DESTROYS),
        ("start_new_nvram", OFF, Danger.DESTROYS),
        ("remove_managed_save", SAVED, Danger.DESTROYS),
    ],
)
def test_an_action_knows_how_dangerous_it_is(action: str, target: Domain, danger: Danger) -> None:
    assert ACTIONS[f"domain.{action}"].danger_to(target) is danger


def test_what_destroys_says_what_is_lost() -> None:
    for action in ACTIONS.values():
        if action.danger is Danger.DESTROYS:
            assert action.consequence(RUNNING), action.id


def test_stopping_a_transient_domain_says_that_libvirt_forgets_it() -> None:
    for id_ in ("domain.shut_down", "domain.power_off", "domain.power_off_graceful", "domain.shut_down_or_off"):
        assert "forgets it" in ACTIONS[id_].consequence(TRANSIENT)
        assert "forgets it" not in ACTIONS[id_].consequence(RUNNING)


def test_only_the_key_combinations_that_a_kernel_obeys_at_once_are_dangerous() -> None:
    action = ACTIONS["domain.send_keys"]
    risky = {label for keys, label in CHORDS if action.danger_to(RUNNING, {"keys": keys}) is Danger.DESTROYS}
    assert {label[:7] for label in risky} == {"SysRq b", "SysRq c", "SysRq e", "SysRq i", "SysRq f", "SysRq u"}


@pytest.mark.parametrize(
    ("action", "answer", "problem"),
    [
        ("rename", "db02", None),
        ("rename", "", "A name is needed."),
        ("rename", "a/b", "A name has no slash: files are named after it."),
        ("rename", " x", "A name neither starts nor ends with a blank."),
        ("rename", "db01", "That is its name."),
        ("shut_down_or_off", "60", None),
        ("shut_down_or_off", "soon", "A whole number of seconds is needed."),
        ("shut_down_or_off", "1", "From 5 to 3600 seconds."),
        ("dump_xml", "x.xml", None),
        ("dump_xml", "x/", "A file name is needed."),
        ("set_title", "", None),
    ],
)
def test_an_answer_is_checked(action: str, answer: str, problem: str | None) -> None:
    entry = ACTIONS[f"domain.{action}"]
    assert entry.problems({entry.fields[0].name: answer}, OFF) == ({entry.fields[0].name: problem} if problem else {})


def test_a_file_for_several_domains_needs_their_names_in_its_own() -> None:
    action = ACTIONS["domain.dump_xml"]
    assert action.problems({"file": "x.xml"}, None) == {"file": "Several files are needed: use {name} in the name."}
    assert action.problems({"file": action.fields[0].shared_default}, None) == {}


def test_tags_are_separated_by_blanks_or_commas_and_kept_once() -> None:
    assert tags_from(" prod,web  prod db ") == ("prod", "web", "db")


async def test_the_present_description_is_read_before_it_is_asked_for() -> None:
    _, host = fleet_of(OFF)
    host.xml[OFF.key.uuid] = "<domain type='test'><name>db01</name><description>one\ntwo</description></domain>"
    prepare = ACTIONS["domain.set_description"].prepare
    assert prepare is not None
    assert await prepare(host, OFF) == {"description": "one\ntwo"}


def test_a_command_of_several_steps_has_the_words_of_the_first() -> None:
    assert Command((("a", "b"), ("c",))).words == ("a", "b")
