"""An app with one host in memory, for the tests of an opened domain and of the XML editor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from kvmtui.app import KvmtuiApp
from kvmtui.config import Config
from kvmtui.model.domain import Domain
from kvmtui.model.failure import Failure
from kvmtui.model.key import Key
from kvmtui.ui.screens.domain import DomainScreen
from tests.fakes import HOST, FakeHost, domain, wait_until
from tests.model.xml_samples import DATA

LIVE = (DATA / "live.xml").read_text(encoding="utf-8")
PERSISTENT = (DATA / "persistent.xml").read_text(encoding="utf-8")
KEY = Key(HOST, "95ab045b-a1d7-4856-ac96-1a1617de6d2c")
SIZE = (120, 40)


def web(name: str = "web", **fields: Any) -> Domain:
    """Return the domain that the XMLs are of."""
    values: dict[str, Any] = {"key": KEY, "id": 1, "memory_maximum": 128 * 2**20, "memory_current": 128 * 2**20}
    return domain(name, **(values | fields))


class OpenedHost(FakeHost):
    """A host whose domain's live and persistent XML differ, and can be defined."""

    def __init__(self, *domains: Domain) -> None:
        super().__init__(HOST, domains or (web(),))
        self.live = LIVE
        self.persistent = PERSISTENT
        self.log = ""

    async def domain_xml(self, uuid: str, *, is_inactive: bool = False, is_secure: bool = False) -> str:
        await self._called("domain_xml", uuid, is_inactive, is_secure)
        xml = self.persistent if is_inactive or not self.domains[0].is_active else self.live
        return xml.replace("<graphics type='vnc'", "<graphics type='vnc' passwd='sesame'") if is_secure else xml

    async def define(self, xml: str) -> None:
        await self._called("define", xml)
        self.persistent = xml.replace(" passwd='sesame'", "")

    async def qemu_log(self, name: str, limit: int = 262_144) -> str:
        await self._called("qemu_log", name, limit)
        return self.log

    def defined(self) -> list[str]:
        """Return the XMLs that were defined."""
        return [arguments[0] for method, arguments in self.calls if method == "define"]


def app_with(host: FakeHost, **settings: Any) -> KvmtuiApp:
    """Return the app on one host."""
    return KvmtuiApp([host], Config(**({"theme": "dark"} | settings)))


@asynccontextmanager
async def opened(
    host: FakeHost, size: tuple[int, int] = SIZE, has_answered: bool = True, **settings: Any
) -> AsyncIterator[tuple[KvmtuiApp, Pilot[None], DomainScreen]]:
    """Run the app with the domain opened and, unless the host does not answer, its XML read."""
    app = app_with(host, **settings)
    async with app.run_test(size=size) as pilot:
        await wait_until(lambda: app.fleet.domain(KEY))
        screen = DomainScreen(KEY)
        await app.push_screen(screen)
        if has_answered:
            await wait_until(lambda: screen.has_read)
        await pilot.pause()
        yield app, pilot, screen


def said(app: KvmtuiApp) -> str:
    """Return the newest message."""
    return app.messages[-1].text if app.messages else ""


def failing(failure: Failure, *methods: str, host: FakeHost) -> None:
    """Let these methods of a host fail."""
    for method in methods:
        host.failures[method] = failure
