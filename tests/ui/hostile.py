"""A host whose every text is hostile, and what must hold for a screen that shows it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from rich.cells import cell_len
from textual.pilot import Pilot

from kvmtui.app import KvmtuiApp
from kvmtui.config import Config
from kvmtui.fleet.memory import Memory
from kvmtui.model.detail import DiskUse, DomainDetail, MemoryUse, NicUse, VcpuUse
from kvmtui.model.domain import Domain, DomainState
from kvmtui.model.event import DomainEvent
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.text import printable, printable_lines
from kvmtui.ui.screens.domains import DomainsScreen
from kvmtui.ui.widgets.table import Table
from tests.fakes import FakeHost, domain, facts, key_of, wait_until
from tests.golden import screen_lines
from tests.ui.opened import LIVE, PERSISTENT

MARKUP = "[@click=app.bell]w[/] vm[/foo]x disk[0] [bold $error] [50%] \\"
CONTROLS = "\x1b[31m \x1b]0;PWNED\x07 \x1b[2J \x9b5m \x9d0;PWNED\x9c \x85 \x00 \x7f two\nlines\r\tand a tab"
WIDE = "日本語 👩‍👩‍👧‍👦 🇩🇪 ❤️ 👍🏽 z\u0301\u0302\u0303\u0304 \u202eright \u2066 عربي \ufeff\u200b\ud800\ue000 " + "x" * 300
RAW = f"{MARKUP} {CONTROLS} {WIDE}"
"""What a user types, or an error says."""
SHOWN = printable(RAW)
"""The same, as every text arrives that comes from a host."""
URI = f"qemu+ssh://{MARKUP}\x1b[31m\x9b5m日本/system"

COLUMNS = (
    "name", "state", "host", "title", "tags", "job", "ip", "uuid", "id", "vcpus", "autostart", "persistent", "snapshots",
    "managedsave", "cpu", "mem", "disk", "net", "uptime",
)  # fmt: skip
_OBEYED_BY_DESIGN = re.compile(r"\x1b\[[0-9;]*[mHABCDGJK]|\n")
"""Colours and places."""


def hostile_domains() -> tuple[Domain, ...]:
    """Return a running, a paused and a stopped domain."""
    texts = {"title": SHOWN, "tags": (SHOWN, SHOWN), "reason": SHOWN, "addresses": (SHOWN,), "problem": SHOWN}
    states = (DomainState.RUNNING, DomainState.PAUSED, DomainState.SHUT_OFF)
    made = (domain(str(number), URI, state=state, job=SHOWN, **texts) for number, state in enumerate(states))
    return tuple(replace(one, name=f"{SHOWN[:-1]}{number}") for number, one in enumerate(made))


class HostileHost(FakeHost):
    """Says hostile things on every occasion."""

    def __init__(self) -> None:
        super().__init__(URI, hostile_domains(), facts(SHOWN, uri=SHOWN, driver=SHOWN, libvirt_version=SHOWN))
        refused = Failure(FailureKind.OTHER, f"do {RAW}", f"{RAW}\n\n{RAW}", RAW, line=3)
        self.failures = dict.fromkeys(("start", "suspend", "define"), refused)

    async def domain_xml(self, uuid: str, *, is_inactive: bool = False, is_secure: bool = False) -> str:
        xml = re.sub("<uuid>.*</uuid>", f"<uuid>{uuid}</uuid>", PERSISTENT if is_inactive else LIVE)
        return hostile_xml(xml)

    async def qemu_log(self, name: str, limit: int = 262_144) -> str:
        return printable_lines(f"{RAW}\n" * 20)

    def tell(self) -> None:
        """Send an event and a close look at the first domain."""
        assert self.listener
        self.listener.happened(DomainEvent(key_of("0", URI), datetime.now(UTC), SHOWN))
        self.feed_detail(
            DomainDetail(
                key_of("0", URI), 1.0, (DiskUse(SHOWN, SHOWN, SHOWN, SHOWN, 1, 1),),
                (NicUse(SHOWN, SHOWN, SHOWN, SHOWN, SHOWN, addresses=(SHOWN,)),), (VcpuUse(0, SHOWN, 0.5),), MemoryUse(1, 1),
                SHOWN, SHOWN, (SHOWN,), 1, (SHOWN, SHOWN),
            )
        )  # fmt: skip


def hostile_xml(xml: str) -> str:
    """Return a domain's XML with all in its names, texts, paths and addresses that XML allows: C1 characters, but not ESC."""
    allowed = re.sub("[\x00-\x08\x0b-\x1f\ud800-\udfff]", "", RAW)
    text, attribute = escape(allowed), escape(allowed, {"'": "&apos;"})
    texts = f"<name>{text}</name><title>{text.replace(chr(10), ' ')}</title><description>{text}</description>"
    xml = re.sub("<name>.*</name>", lambda _: texts, xml)
    return re.sub("(file|dev|network|bridge)='[^']*'", lambda found: f"{found.group(1)}='{attribute}'", xml)


@asynccontextmanager
async def hostile_app(size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[KvmtuiApp, Pilot[None], HostileHost]]:
    """Run the app with all columns on that host until its table is filled."""
    host = HostileHost()
    memory = Memory(None)
    memory.set("domains.columns", list(COLUMNS))
    app = KvmtuiApp([host], replace(Config(), hosts={MARKUP: URI}, theme="dark"), memory=memory)
    async with app.run_test(size=size) as pilot:
        await wait_until(lambda: isinstance(app.screen, DomainsScreen) and app.screen.query_one("#domains", Table).rows)
        await pilot.pause()
        host.tell()
        yield app, pilot, host


def assert_harmless(app: KvmtuiApp) -> None:
    """Check that each line fills the terminal exactly, that nothing in it can be clicked, and that no byte of it is obeyed."""
    for line in screen_lines(app):
        assert cell_len(line) == app.size.width, repr(line)
        assert line.isprintable(), repr(line)
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            assert segment.style is None or "@click" not in segment.style.meta
            assert segment.style is None or segment.style.link is None
    written = app.screen._compositor.render_update(full=True).render_segments(app.console)  # type: ignore[union-attr]
    assert _OBEYED_BY_DESIGN.sub("", written).isprintable()
