"""The XML editor, driven by keys: nothing that was typed is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from kvmtui.app import KvmtuiApp
from kvmtui.model.domain import DomainState
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.ui import editing
from kvmtui.ui.dialogs.xml_changes import ChangesDialog, ChoiceOfThree
from kvmtui.ui.screens.domain import DomainScreen
from kvmtui.ui.screens.xml_editor import XmlArea, XmlEditor
from tests.fakes import domain, wait_until
from tests.golden import assert_fills_the_terminal, assert_golden, screen_text
from tests.ui.opened import KEY, PERSISTENT, OpenedHost, opened, said, web

SECRET = PERSISTENT.replace("<graphics type='vnc'", "<graphics type='vnc' passwd='sesame'")
REFUSED = Failure(FailureKind.INVALID, "define the domain", "unsupported machine type", line=8)


@asynccontextmanager
async def editor(host: OpenedHost, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[KvmtuiApp, Pilot[None], XmlArea]]:
    """Run the app with the domain's XML in the editor."""
    async with opened(host, size) as (app, pilot, _):
        await pilot.press("e")
        await wait_until(lambda: isinstance(app.screen, XmlEditor))
        await pilot.pause()
        yield app, pilot, app.screen.query_one(XmlArea)


def replace_text(area: XmlArea, before: str, after: str) -> None:
    assert before in area.text
    area.text = area.text.replace(before, after)


async def test_the_editor_has_the_persistent_xml_with_its_secrets() -> None:
    host = OpenedHost()
    async with editor(host) as (app, _, area):
        assert area.text == SECRET
        assert ("domain_xml", (KEY.uuid, True, True)) in host.calls
        assert_fills_the_terminal(app)
        assert_golden(app, "xml_editor_100x30")


async def test_applying_shows_the_difference_and_defines() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        replace_text(area, ">131072</memory>", ">262144</memory>")
        await pilot.press("ctrl+s")
        await wait_until(lambda: isinstance(app.screen, ChangesDialog))
        await pilot.pause()
        text = screen_text(app)
        assert "-   <memory unit='KiB'>131072</memory>" in text
        assert "+   <memory unit='KiB'>262144</memory>" in text
        assert "takes effect when it is shut down and started again" in text
        assert "$ virsh -c fake:///one define --validate file.xml" in text
        assert_golden(app, "xml_changes_100x30")
        assert not host.defined()
        await pilot.press("y")
        await wait_until(lambda: isinstance(app.screen, DomainScreen))
        assert host.defined() == [SECRET.replace(">131072</memory>", ">262144</memory>")]
        await wait_until(lambda: "XML changed; it takes effect at the next start" in said(app))
        (entry,) = await app.journal.read()
        assert (entry.domain, entry.action, entry.outcome) == ("web", "domain.edit_xml", "done")
        assert "sesame" not in str(entry)


async def test_any_key_but_y_leads_back_to_the_text() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        replace_text(area, "<on_crash>destroy", "<on_crash>preserve")
        await pilot.press("ctrl+s")
        await wait_until(lambda: isinstance(app.screen, ChangesDialog))
        await pilot.press("down", "n")
        await wait_until(lambda: isinstance(app.screen, XmlEditor))
        assert "<on_crash>preserve" in area.text
        assert not host.defined()


async def test_a_password_is_not_shown_in_the_difference() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        replace_text(area, "passwd='sesame'", "passwd='open'")
        await pilot.press("ctrl+s")
        await wait_until(lambda: isinstance(app.screen, ChangesDialog))
        await pilot.pause()
        assert "passwd='********'" in screen_text(app)
        assert "sesame" not in screen_text(app)


async def test_broken_xml_moves_the_cursor_to_its_line() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        replace_text(area, "<apic/>", "<apic>")
        await pilot.press("ctrl+s")
        await wait_until(lambda: "✖ line" in screen_text(app))
        assert "apic" in area.document.get_line(area.cursor_location[0] - 1) + area.document.get_line(area.cursor_location[0])
        assert "<apic>" in area.text
        assert not host.defined()


async def test_a_refusal_keeps_the_text_and_shows_its_line() -> None:
    host = OpenedHost()
    host.failures["define"] = REFUSED
    async with editor(host) as (app, pilot, area):
        replace_text(area, "pc-q35-7.2", "pc-q35-99")
        edited = area.text
        await pilot.press("ctrl+s")
        await wait_until(lambda: isinstance(app.screen, ChangesDialog))
        await pilot.press("y")
        await wait_until(lambda: "✖ line 8: unsupported machine type" in screen_text(app))
        assert area.text == edited
        assert area.cursor_location == (7, 0)
        assert isinstance(app.screen, XmlEditor)
        assert app.screen.is_dirty
        (entry,) = await app.journal.read()
        assert entry.outcome == "failed"
        del host.failures["define"]
        await pilot.press("ctrl+s")
        await wait_until(lambda: isinstance(app.screen, ChangesDialog))
        await pilot.press("y")
        await wait_until(lambda: isinstance(app.screen, DomainScreen))


async def test_another_uuid_is_refused_because_it_would_define_another_domain() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        replace_text(area, KEY.uuid, "00000000-0000-0000-0000-000000000001")
        await pilot.press("ctrl+s")
        await wait_until(lambda: "would define another domain" in screen_text(app))
        assert area.cursor_location[0] == 2


async def test_applying_without_a_change_does_nothing() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, _):
        await pilot.press("ctrl+s")
        await wait_until(lambda: said(app) == "Nothing was changed.")
        assert not host.defined()


async def change_meanwhile(host: OpenedHost, app: KvmtuiApp, pilot: Pilot[None], area: XmlArea) -> None:
    replace_text(area, "<on_crash>destroy", "<on_crash>preserve")
    host.persistent = PERSISTENT.replace("<on_reboot>restart", "<on_reboot>destroy")
    await pilot.press("ctrl+s")
    await wait_until(lambda: isinstance(app.screen, ChoiceOfThree))
    await pilot.pause()
    assert "was changed meanwhile" in screen_text(app)


def kept_xmls(home: Path) -> list[str]:
    return [path.read_text() for path in home.rglob("xml-history/*/*/*.xml")]


async def test_somebody_elses_change_can_be_taken_and_the_own_text_is_kept(own_home: Path) -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        await change_meanwhile(host, app, pilot, area)
        await pilot.press("r")
        await wait_until(lambda: "<on_reboot>destroy" in area.text)
        assert "<on_crash>preserve" not in area.text
        assert ["<on_crash>preserve" in xml for xml in kept_xmls(own_home)] == [True]
        assert not host.defined()


async def test_somebody_elses_change_can_be_overwritten_knowingly() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        await change_meanwhile(host, app, pilot, area)
        await pilot.press("a")
        await wait_until(lambda: isinstance(app.screen, ChangesDialog))
        await pilot.pause()
        assert "+   <on_reboot>restart</on_reboot>" in screen_text(app)
        await pilot.press("y")
        await wait_until(lambda: len(host.defined()) == 1)


async def test_somebody_elses_change_can_be_left_alone() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        await change_meanwhile(host, app, pilot, area)
        await pilot.press("escape")
        await wait_until(lambda: isinstance(app.screen, XmlEditor))
        assert "<on_crash>preserve" in area.text
        assert not host.defined()


async def test_esc_asks_before_changes_are_lost() -> None:
    async with editor(OpenedHost()) as (app, pilot, area):
        await pilot.press("x", "escape")
        await wait_until(lambda: isinstance(app.screen, ChoiceOfThree))
        await pilot.press("escape")
        await wait_until(lambda: isinstance(app.screen, XmlEditor))
        assert area.text.startswith("x<domain")
        await pilot.press("escape")
        await wait_until(lambda: isinstance(app.screen, ChoiceOfThree))
        await pilot.press("d")
        await wait_until(lambda: isinstance(app.screen, DomainScreen))


async def test_esc_leaves_at_once_without_changes() -> None:
    async with editor(OpenedHost()) as (app, pilot, _):
        await pilot.press("escape")
        await wait_until(lambda: isinstance(app.screen, DomainScreen))


async def test_leaving_the_program_with_changes_is_refused() -> None:
    async with editor(OpenedHost()) as (app, pilot, _):
        await pilot.press("x", "ctrl+c")
        await wait_until(lambda: "holds changes" in said(app))
        assert app.is_running


async def test_keys_that_come_in_a_burst_keep_their_order() -> None:
    async with editor(OpenedHost()) as (app, _, area):
        for key in ("down", "down", "down", "end", "x"):
            app.post_message(events.Key(key, "x" if key == "x" else None))
        await wait_until(lambda: area.document.get_line(3).endswith("</memory>x"))
        assert area.text.startswith("<domain")


async def test_letters_that_are_keys_elsewhere_are_typed() -> None:
    async with editor(OpenedHost()) as (app, pilot, area):
        await pilot.press("q", "1", "colon", "question_mark", "s", "D")
        assert area.text.startswith("q1:?sD<domain")
        assert isinstance(app.screen, XmlEditor)


async def test_a_vanished_domain_can_be_defined_again() -> None:
    host = OpenedHost(web(), domain("other"))
    async with editor(host) as (app, pilot, area):
        host.feed(domain("other"))
        host.failures["domain_xml"] = Failure(FailureKind.GONE, "read the XML of web", "domain not found")
        await wait_until(lambda: "no longer exists: applying defines it again" in screen_text(app))
        replace_text(area, "<on_crash>destroy", "<on_crash>preserve")
        await pilot.press("ctrl+s")
        await wait_until(lambda: isinstance(app.screen, ChangesDialog))
        await pilot.pause()
        assert "It no longer exists: this defines it again." in screen_text(app)
        await pilot.press("y")
        await wait_until(lambda: len(host.defined()) == 1)


async def test_a_lost_host_keeps_the_text() -> None:
    host = OpenedHost()
    lost = Failure(FailureKind.CONNECTION, "talk to kvm01", "client socket is closed")
    async with editor(host) as (app, pilot, area):
        replace_text(area, "<on_crash>destroy", "<on_crash>preserve")
        host.lose(lost)
        host.failures["domain_xml"] = lost
        await wait_until(lambda: "the text can be applied once it is back" in screen_text(app))
        await pilot.press("ctrl+s")
        await wait_until(lambda: "✖ client socket is closed" in screen_text(app))
        assert "<on_crash>preserve" in area.text


async def test_a_stuck_host_holds_up_no_key() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        await pilot.press("x", "backspace")
        replace_text(area, "<on_crash>destroy", "<on_crash>preserve")
        host.gates["domain_xml"] = asyncio.Event()
        await pilot.press("ctrl+s")
        await pilot.press("z")
        assert area.text.startswith("z")
        assert isinstance(app.screen, XmlEditor)


async def test_an_xml_that_cannot_be_read_opens_no_editor() -> None:
    host = OpenedHost()
    async with opened(host) as (app, pilot, screen):
        host.failures["domain_xml"] = Failure(FailureKind.DENIED, "read the XML of web", "permission denied")
        await pilot.press("e")
        await wait_until(lambda: "permission denied" in said(app))
        assert app.screen is screen


async def test_a_transient_domain_becomes_persistent_with_a_warning() -> None:
    host = OpenedHost(web(is_persistent=False))
    async with editor(host) as (app, pilot, area):
        replace_text(area, "<on_crash>destroy", "<on_crash>preserve")
        await pilot.press("ctrl+s")
        await wait_until(lambda: isinstance(app.screen, ChangesDialog))
        await pilot.pause()
        assert "It is transient: this makes it persistent." in screen_text(app)


async def test_an_edit_can_be_undone_and_that_too() -> None:
    host = OpenedHost(web(state=DomainState.SHUT_OFF, id=None))
    async with editor(host) as (app, pilot, area):
        replace_text(area, "<on_crash>destroy", "<on_crash>preserve")
        await pilot.press("ctrl+s")
        await wait_until(lambda: isinstance(app.screen, ChangesDialog))
        await pilot.press("y")
        await wait_until(lambda: isinstance(app.screen, DomainScreen))
        for expected in ("destroy", "preserve"):
            editing.undo_edit(app, web())
            await wait_until(lambda: isinstance(app.screen, ChangesDialog))
            await pilot.press("y")
            await wait_until(lambda: isinstance(app.screen, DomainScreen))
            assert f"<on_crash>{expected}" in host.persistent


async def test_undoing_an_edit_does_not_offer_a_draft_that_never_was_applied() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        await change_meanwhile(host, app, pilot, area)
        await pilot.press("r")
        await wait_until(lambda: "<on_reboot>destroy" in area.text)
        editing.undo_edit(app, web())
        await wait_until(lambda: "No earlier XML of web is kept" in said(app))


async def lose_the_answer(host: OpenedHost, app: KvmtuiApp, pilot: Pilot[None], area: XmlArea, *, is_done: bool) -> str:
    """Apply a change to which libvirt does not answer; return the text."""
    lost = Failure(FailureKind.TIMEOUT, "define the domain", "no answer in 30 s.")
    replace_text(area, "<on_crash>destroy", "<on_crash>preserve")
    text = area.text
    host.failures["define"] = lost
    await pilot.press("ctrl+s")
    await wait_until(lambda: isinstance(app.screen, ChangesDialog))
    host.gates["domain_xml"] = asyncio.Event()
    await pilot.press("y")
    await wait_until(lambda: "may have taken effect all the same" in screen_text(app))
    assert area.text == text
    if is_done:
        host.persistent = PERSISTENT.replace("<on_crash>destroy", "<on_crash>preserve")
    (entry,) = await app.journal.read()
    assert entry.outcome == "outcome unknown"
    host.gates.pop("domain_xml").set()
    host.feed(web())
    return text


async def test_a_change_whose_answer_was_lost_is_found_to_have_taken_effect() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        text = await lose_the_answer(host, app, pilot, area, is_done=True)
        await wait_until(lambda: "the change did take effect" in said(app))
        assert area.text == text
        assert isinstance(app.screen, XmlEditor)
        assert not app.screen.is_dirty


async def test_a_change_whose_answer_was_lost_is_found_not_to_have_taken_effect() -> None:
    host = OpenedHost()
    async with editor(host) as (app, pilot, area):
        text = await lose_the_answer(host, app, pilot, area, is_done=False)
        await wait_until(lambda: "the change has not taken effect" in screen_text(app))
        assert area.text == text
        assert isinstance(app.screen, XmlEditor)
        assert app.screen.is_dirty


async def test_undo_without_an_edit_says_so() -> None:
    async with opened(OpenedHost()) as (app, _, screen):
        screen.action_opened_undo_edit()
        await wait_until(lambda: "No earlier XML of web is kept" in said(app))


async def test_a_terminal_that_cannot_be_handed_over_leads_to_the_built_in_editor() -> None:
    async with opened(OpenedHost()) as (app, pilot, _):
        await pilot.press("E")
        await wait_until(lambda: isinstance(app.screen, XmlEditor))
        await wait_until(lambda: "Use the built-in editor." in screen_text(app))


@pytest.mark.parametrize("text", ["\x9b31m", "a\u202eb\u200bc", "[bold red]x[/]", "宽字", "e\u0301"])
async def test_hostile_text_does_no_harm_and_stays_as_it_is(text: str) -> None:
    host = OpenedHost()
    host.persistent = PERSISTENT.replace("<vcpu", f"<title>{text}</title><vcpu")
    async with editor(host) as (app, pilot, area):
        assert_fills_the_terminal(app)
        await pilot.press("x", "backspace")
        assert f"<title>{text}</title>" in area.text
        replace_text(area, "<on_crash>destroy", "<on_crash>preserve")
        await pilot.press("ctrl+s")
        await wait_until(lambda: isinstance(app.screen, ChangesDialog))
        await pilot.pause()
        assert_fills_the_terminal(app)
        await pilot.press("y")
        await wait_until(lambda: len(host.defined()) == 1)
        assert f"<title>{text}</title>" in host.defined()[0]
