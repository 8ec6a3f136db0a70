"""The opened domain, driven by keys."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import pytest

from kvmtui.model.detail import DiskUse, DomainDetail, MemoryUse, NicUse, VcpuUse
from kvmtui.model.domain import DomainState
from kvmtui.model.event import DomainEvent
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.ui.widgets.text_lines import TextLines
from tests.fakes import domain, key_of, wait_until
from tests.golden import assert_fills_the_terminal, assert_golden, screen_text
from tests.model.xml_samples import HOSTILE, everything
from tests.ui.opened import KEY, LIVE, PERSISTENT, OpenedHost, opened, said, web

LOST = Failure(FailureKind.CONNECTION, "talk to kvm01", "client socket is closed")


def detail(taken: float = 1000.0, **fields: object) -> DomainDetail:
    values: dict[str, object] = {
        "disks": (DiskUse("vda", "disk", "/tmp/d.qcow2", "qcow2", 2**30, 2**28, 1e6, 2e5, 33.0, 4.0, 0.0, 0.003, 0.012),),
        "nics": (NicUse("", "user", "", "52:54:00:1c:22:7a", "virtio", received=1e5, sent=1e3, drops=0.0, errors=0.0),),
        "vcpus": (VcpuUse(0, "running", 0.8, 0.2, 0.01), VcpuUse(1, "running", 0.1, 0.0, 0.0)),
        "memory": MemoryUse(rss=300 * 2**20),
        "process": 4711,
    }
    return DomainDetail(KEY, taken, **(values | fields))  # type: ignore[arg-type]


async def test_the_overview_says_what_the_domain_is() -> None:
    host = OpenedHost(web(title="Shop", tags=("prod",), started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), cpu=0.25))
    async with opened(host) as (app, pilot, _):
        host.feed_detail(detail())
        await pilot.pause(0.05)
        text = screen_text(app)
        for shown in ("web", "● running", "Shop", "prod", "UEFI, Secure Boot", "pc-q35-7.2", "process 4711", "300.0 MiB", "vda"):
            assert shown in text
        assert_fills_the_terminal(app)
        assert_golden(app, "domain_overview_120x40")


@pytest.mark.parametrize("size", [(80, 24), (160, 45), (50, 12)])
async def test_every_tab_fits_the_terminal(size: tuple[int, int]) -> None:
    host = OpenedHost()
    async with opened(host, size) as (app, pilot, screen):
        host.feed_detail(detail())
        for tab in ("overview", "performance", "xml", "log"):
            screen.open_tab(tab)
            await pilot.pause(0.05)
            assert_fills_the_terminal(app)


async def test_a_vnc_display_open_to_the_world_without_password_is_said_on_top() -> None:
    host = OpenedHost()
    host.live = re.sub(r"<graphics type='vnc'", "<graphics type='rdp'", LIVE)  # no password is put into this one
    async with opened(host) as (app, _, _screen):
        assert "reachable from other machines without a password" in screen_text(app).splitlines()[4]


async def test_a_password_of_a_display_is_told_but_not_shown() -> None:
    host = OpenedHost()
    async with opened(host) as (app, pilot, screen):
        assert "vnc 0.0.0.0:5900, password" in screen_text(app)
        await pilot.press("d")
        screen.open_tab("xml")
        assert "sesame" not in screen_text(app)
        assert not any("sesame" in piece for text in screen.query(TextLines) for line in text.lines for piece, _ in line)


async def test_secrets_are_asked_for_once_per_change_of_the_xml() -> None:
    host = OpenedHost()
    async with opened(host) as (app, _, screen):

        def readings(*, is_secure: bool) -> int:
            return sum(method == "domain_xml" and arguments[2] is is_secure for method, arguments in host.calls)

        for expected in (1, 2):
            before = readings(is_secure=False)
            screen._read()
            await wait_until(lambda: readings(is_secure=False) >= before + 2)  # noqa: B023
            await app.workers.wait_for_complete(list(screen.workers))
            assert readings(is_secure=True) == expected
            assert "vnc 0.0.0.0:5900, password" in screen_text(app)
            host.live = LIVE.replace("<on_crash>destroy", "<on_crash>restart")


async def test_cookies_of_a_disk_stay_secret_in_its_details() -> None:
    host = OpenedHost()
    cookie = "<source protocol='https' name='x'><cookies><cookie name='sess'>TOPSECRET</cookie></cookies></source>"
    host.live = LIVE.replace("</devices>", f"<disk type='network'>{cookie}<target dev='vdz'/></disk></devices>")
    async with opened(host, (120, 100)) as (app, pilot, screen):
        await pilot.press("d")
        assert "vdz" in screen_text(app)
        assert not any("TOPSECRET" in piece for line in screen.text.lines for piece, _ in line)


async def test_an_error_that_nobody_foresaw_ends_the_reading() -> None:
    host = OpenedHost()

    async def broken(*_: object, **__: object) -> str:
        raise ZeroDivisionError("division by zero")

    host.domain_xml = broken  # type: ignore[method-assign]
    async with opened(host) as (app, _, screen):
        screen.open_tab("xml")
        assert "Could not read the domain: ZeroDivisionError: division by zero" in screen_text(app)
        assert "Reading…" not in screen_text(app)


async def test_a_read_only_session_does_not_ask_for_secrets() -> None:
    host = OpenedHost()
    async with opened(host, read_only=True) as (app, _, _screen):
        assert all(not arguments[2] for method, arguments in host.calls if method == "domain_xml")
        assert "password unknown" in screen_text(app)


async def test_pending_changes_are_said_on_top() -> None:
    host = OpenedHost()
    host.persistent = PERSISTENT.replace(">131072</memory>", ">262144</memory>")
    async with opened(host) as (app, _, _screen):
        assert "After a restart: memory 128.0 MiB → 256.0 MiB" in screen_text(app).splitlines()[4]


async def test_a_pause_that_nobody_asked_for_is_said_on_top() -> None:
    async with opened(OpenedHost(web(state=DomainState.PAUSED, reason="I/O error"))) as (app, _, _screen):
        assert "It is paused: I/O error." in screen_text(app).splitlines()[4]


async def test_tabs_go_round_in_both_directions() -> None:
    async with opened(OpenedHost()) as (_, pilot, screen):
        seen = []
        for key in ("right_square_bracket", "tab", "right_square_bracket", "tab", "left_square_bracket", "shift+tab"):
            await pilot.press(key)
            seen.append(screen.tab)
        assert seen == ["performance", "xml", "log", "overview", "log", "xml"]


async def test_a_tab_can_be_clicked() -> None:
    async with opened(OpenedHost()) as (_, pilot, screen):
        await pilot.click("#domain-tabs", offset=(13, 0))
        assert screen.tab == "performance"


async def test_device_details_can_be_shown_and_hidden() -> None:
    async with opened(OpenedHost(), (120, 90)) as (app, pilot, _):
        assert "source file /tmp/d.qcow2" not in screen_text(app)
        await pilot.press("d")
        assert "source file /tmp/d.qcow2" in screen_text(app)
        await pilot.press("d")
        assert "source file /tmp/d.qcow2" not in screen_text(app)


async def test_performance_draws_what_was_recorded() -> None:
    host = OpenedHost(web(cpu=0.5))
    async with opened(host) as (app, pilot, _):
        for number in range(200):
            host.feed_detail(detail(1000.0 + 3 * number))
        await pilot.press("right_square_bracket")
        await pilot.pause(0.05)
        text = screen_text(app)
        for shown in ("vCPU 0", "80%  max 80%  steal 20%", "vCPU 0 steal", "Disk vda", "977K/s", "3.0 ms", "drops", "10 minutes"):
            assert shown in text
        assert_golden(app, "domain_performance_120x40")
        await pilot.press("w")
        assert "20 minutes" in screen_text(app)
        await pilot.press("w")
        assert "2 minutes" in screen_text(app)


async def test_performance_of_a_domain_that_is_off_says_so() -> None:
    async with opened(OpenedHost(web(state=DomainState.SHUT_OFF, id=None))) as (app, pilot, _):
        await pilot.press("right_square_bracket")
        assert "not running" in screen_text(app)


async def test_the_xml_is_live_then_persistent_then_their_difference() -> None:
    async with opened(OpenedHost()) as (app, pilot, _):
        await pilot.press("x")
        assert "<domain type='qemu' id='1'>" in screen_text(app)
        assert "live XML" in screen_text(app)
        await pilot.press("x")
        assert "<domain type='qemu'>" in screen_text(app)
        assert "persistent XML" in screen_text(app)
        await pilot.press("x")
        assert "+ <domain type='qemu'>" in screen_text(app)
        assert "Nothing that a restart would change" in screen_text(app)
        await pilot.press("x")
        assert "live XML" in screen_text(app)


async def test_a_domain_that_is_off_has_its_persistent_xml_only() -> None:
    async with opened(OpenedHost(web(state=DomainState.SHUT_OFF, id=None))) as (app, pilot, _):
        await pilot.press("x")
        assert "persistent XML" in screen_text(app)
        await pilot.press("x")
        assert "There is only the persistent XML" in said(app)


async def test_text_is_found_forwards_and_backwards() -> None:
    async with opened(OpenedHost()) as (app, pilot, screen):
        await pilot.press("x", "slash", *"PCI", "enter")
        text = screen.query_one("#xml", TextLines)
        number, found = text.hit
        assert (number, found) == (1, LIVE.lower().count("pci"))
        assert f"1/{found} found" in screen_text(app)
        top = text.scroll_offset.y
        await pilot.press("n", "n")
        assert text.hit[0] == 3
        await pilot.press("N", "N", "N")
        assert text.hit[0] == found
        assert text.scroll_offset.y > top
        await pilot.press("escape")
        assert text.hit == (0, 0)
        assert app.screen is screen
        await pilot.press("escape")
        assert app.screen is not screen


async def test_what_is_not_found_is_said() -> None:
    async with opened(OpenedHost()) as (app, pilot, _):
        await pilot.press("x", "slash", *"zzz", "enter")
        assert "“zzz” is not in this text" in said(app)


async def test_the_xml_can_be_copied_unchanged() -> None:
    async with opened(OpenedHost()) as (app, pilot, _):
        await pilot.press("x", "y")
        assert app.clipboard == LIVE
        await pilot.press("x", "y")
        assert app.clipboard == PERSISTENT
        await pilot.press("x", "y")
        assert app.clipboard.startswith("@line 1\n-<domain type='qemu' id='1'>")
        await pilot.press("right_square_bracket", "right_square_bracket", "y")
        assert "UEFI, Secure Boot" in app.clipboard


async def test_the_log_has_the_domains_events_and_qemus_log() -> None:
    host = OpenedHost(web(), domain("other"))
    host.log = "2026-01-01: starting up\n-name guest=web\nqemu: terminating on signal 15\nevil \x1b[31m\n"
    async with opened(host) as (app, pilot, _):
        assert host.listener is not None
        host.listener.happened(DomainEvent(KEY, datetime.now(UTC), "started: booted"))
        host.listener.happened(DomainEvent(key_of("other"), datetime.now(UTC), "crashed"))
        await pilot.press("left_square_bracket")
        await wait_until(lambda: "terminating" in screen_text(app))
        text = screen_text(app)
        assert "started: booted" in text
        assert "crashed" not in text
        assert "evil ␛[31m" in text


async def test_a_log_that_cannot_be_read_says_why() -> None:
    host = OpenedHost()
    host.failures["qemu_log"] = Failure(FailureKind.DENIED, "read the log of web", "permission denied", "Ask root.")
    async with opened(host) as (app, pilot, _):
        await pilot.press("left_square_bracket")
        await wait_until(lambda: "Could not read the log of web: permission denied" in screen_text(app))


async def test_a_vanished_domain_stays_readable_and_says_so() -> None:
    host = OpenedHost(web(), domain("other"))
    async with opened(host) as (app, pilot, screen):
        host.feed(domain("other"))
        await wait_until(lambda: "no longer exists" in screen_text(app))
        assert "UEFI, Secure Boot" in screen_text(app)
        assert screen.query_one("#overview").has_class("-stale")
        await pilot.press("s")
        assert "start" not in host.methods_called()
        await pilot.press("x", "right_square_bracket", "right_square_bracket")
        assert "no longer exists" in screen_text(app)


async def test_a_lost_host_dims_what_is_shown_and_says_how_old_it_is() -> None:
    host = OpenedHost()
    async with opened(host) as (app, _, screen):
        host.lose(LOST)
        await wait_until(lambda: "connection lost, as it was" in screen_text(app))
        assert screen.query_one("#overview").has_class("-stale")
        assert "UEFI, Secure Boot" in screen_text(app)
        host.feed(web())
        await wait_until(lambda: not screen.query_one("#overview").has_class("-stale"))


async def test_an_xml_that_cannot_be_read_says_why_and_the_rest_is_shown() -> None:
    host = OpenedHost()
    host.failures["domain_xml"] = Failure(FailureKind.TIMEOUT, "read the XML of web", "no answer within 10 s")
    async with opened(host) as (app, pilot, _):
        assert "no answer within 10 s" in screen_text(app)
        assert "● running" in screen_text(app)
        await pilot.press("x")
        assert "no answer within 10 s" in screen_text(app)


async def test_the_xml_is_read_again_when_the_state_changes() -> None:
    host = OpenedHost()
    async with opened(host) as (app, _, _screen):
        host.persistent = PERSISTENT.replace("<on_crash>destroy", "<on_crash>preserve")
        host.feed(web(state=DomainState.SHUT_OFF, id=None))
        await wait_until(lambda: "crash: preserve" in " ".join(screen_text(app).split()))


async def test_actions_work_on_the_opened_domain() -> None:
    host = OpenedHost(web(state=DomainState.SHUT_OFF, id=None))
    async with opened(host) as (_, pilot, _screen):
        await pilot.press("s")
        await wait_until(lambda: ("start", (KEY.uuid, False, False, False)) in host.calls)


async def test_the_menu_offers_all_actions() -> None:
    async with opened(OpenedHost()) as (app, pilot, _):
        await pilot.press("m")
        await wait_until(lambda: "shut down" in screen_text(app))


async def test_a_read_only_session_does_not_edit() -> None:
    async with opened(OpenedHost(), read_only=True) as (app, pilot, screen):
        await pilot.press("e")
        await pilot.pause()
        assert app.screen is screen


async def test_the_opened_domain_is_looked_at_closely() -> None:
    host = OpenedHost()
    async with opened(host) as (_, _pilot, _screen):
        assert host.interest.selected == KEY.uuid


async def test_a_slow_host_holds_up_no_key() -> None:
    host = OpenedHost()
    host.gates["domain_xml"] = asyncio.Event()
    async with opened(host, has_answered=False) as (app, pilot, _):
        await pilot.press("x")
        assert "Reading…" in screen_text(app)
        await pilot.press("right_square_bracket")
        host.gates["domain_xml"].set()


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_does_no_harm(text: str) -> None:
    from kvmtui.text import printable

    shown = printable(text)
    host = OpenedHost(web(name=shown, title=shown, tags=(shown,), reason=shown, problem=shown, addresses=(shown,)))
    valid = text if not re.search("[\x00-\x1f]", text) else "\x9b5m"
    host.live = host.persistent = re.sub(r">([^<>\s][^<>]*)<", lambda _: f">{valid}<", everything().replace("'", '"'))
    host.log = text * 3
    async with opened(host) as (app, pilot, screen):
        assert host.listener is not None
        host.listener.happened(DomainEvent(KEY, datetime.now(UTC), shown))
        host.feed_detail(detail(unusual=(shown,)))
        for tab in ("overview", "performance", "xml", "log"):
            screen.open_tab(tab)
            await pilot.pause(0.05)
            assert_fills_the_terminal(app)
        await pilot.press("d")
        assert_fills_the_terminal(app)
