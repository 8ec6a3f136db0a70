"""The command line's language."""

import pytest

from kvmtui.keys import ACTIONS
from kvmtui.model.domain import DomainState
from kvmtui.ui.commands import ALIASES, complete, named, obey, verbs
from kvmtui.ui.dialogs.menu import MenuDialog
from kvmtui.ui.screens.xml_editor import XmlEditor
from tests.fakes import domain, wait_until
from tests.ui.domains_app import host_of, running_app

NAMES = ["web1", "web2", "db 1", "o'brien"]


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("sta", ["start ", "start-afresh ", "start-new-nvram ", "start-paused "]),
        ("start w", ["start web1 ", "start web2 "]),
        ("start web1 web", ["start web1 web1 ", "start web1 web2 "]),
        ("start d", ["start 'db 1' "]),
        ("start O", ["start 'o'\"'\"'brien' "]),
        ("start nothing", []),
    ],
)
def test_tab_completes_commands_and_names(line: str, candidates: list[str]) -> None:
    assert complete(line, NAMES) == candidates


def test_every_alias_means_a_command() -> None:
    assert set(ALIASES.values()) <= set(verbs())


def test_a_word_that_means_something_done_to_domains_means_that() -> None:
    assert verbs()["suspend"] == "domain.suspend"
    assert verbs()["background"] == "app.suspend"
    assert {id_ for id_ in ACTIONS if id_.startswith("domain.")} <= set(verbs().values())


async def test_suspending_a_domain_by_its_name_pauses_it() -> None:
    host = host_of(domain("web01"), domain("db01", state=DomainState.PAUSED))
    async with running_app(host) as (app, pilot):
        await obey(app, "suspend web01")
        await wait_until(lambda: "suspend" in host.methods_called())
        await obey(app, "resume web01")
        await pilot.pause()
        assert app.messages[-1].text == "resume web01: it is not paused."


async def test_a_command_without_a_name_means_the_domain_under_the_cursor_or_says_why_not() -> None:
    async with running_app(host_of(domain("web01"))) as (app, pilot):
        await obey(app, "start")
        await pilot.pause()
        assert app.messages[-1].text == "start web01: it is running already."
        app.action_view_tasks()
        await pilot.pause()
        await obey(app, "start")
        assert app.messages[-1].text == "start: name a domain, for here is none."


@pytest.mark.parametrize(
    ("line", "screen"),
    [("edit web01", XmlEditor), ("edit-xml web01", XmlEditor), ("edit-xml-outside web01", XmlEditor), ("menu web01", MenuDialog)],
)
async def test_menu_and_editors_open_for_a_named_domain(line: str, screen: type[object]) -> None:
    async with running_app(host_of(domain("web01"))) as (app, _):
        await obey(app, line)
        await wait_until(lambda: isinstance(app.screen, screen))


async def test_only_one_domain_is_edited_at_a_time() -> None:
    async with running_app(host_of(domain("web01"), domain("web02"))) as (app, _):
        await obey(app, "edit web*")
        assert app.messages[-1].text == "edit XML: one domain at a time."


def test_names_and_globs_choose_domains_once() -> None:
    domains = [domain("web1"), domain("web2"), domain("db")]
    chosen, unknown = named(domains, ["web*", "web1", "x*"])
    assert [entry.name for entry in chosen] == ["web1", "web2"]
    assert unknown == ["x*"]


def test_an_exact_name_wins_over_its_meaning_as_a_glob() -> None:
    chosen, _ = named([domain("a*"), domain("abc")], ["a*"])
    assert [entry.name for entry in chosen] == ["a*"]
