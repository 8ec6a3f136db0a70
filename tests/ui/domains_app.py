"""The real app over hosts in memory, for tests of screens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from textual.pilot import Pilot

from kvmtui.app import KvmtuiApp
from kvmtui.config import Config
from kvmtui.model.domain import Domain, DomainState
from kvmtui.ui.screens.domains import DomainsScreen
from kvmtui.ui.widgets.table import Table
from tests.fakes import GIB, HOST, FakeHost, domain, facts, wait_until


@asynccontextmanager
async def running_app(
    *hosts: FakeHost, size: tuple[int, int] = (160, 45), config: Config | None = None
) -> AsyncIterator[tuple[KvmtuiApp, Pilot[None]]]:
    """Run the app until its table has taken in what the hosts have."""
    app = KvmtuiApp(hosts, config or Config())
    async with app.run_test(size=size) as pilot:
        await wait_until(lambda: isinstance(app.screen, DomainsScreen) and app.screen.query("#domains"))
        await wait_until(lambda: table_of(app).rows or not any(host.domains for host in hosts))
        await pilot.pause()
        yield app, pilot


def table_of(app: KvmtuiApp) -> Table[Domain]:
    """Return the domains table."""
    return app.screen.query_one("#domains", Table)


def shown_names(app: KvmtuiApp) -> list[str]:
    """Return the names in the table, from above."""
    return [row.name for row in table_of(app).rows]


def host_of(*domains: Domain, key: str = HOST, hostname: str = "kvm01") -> FakeHost:
    """Return a host in memory."""
    return FakeHost(key, domains, facts(hostname, uri=key))


def some_domains() -> tuple[Domain, ...]:
    """Return domains in all sorts of states."""
    started = datetime.now(UTC) - timedelta(hours=3, minutes=12, seconds=30)
    busy: dict[str, Any] = {"started": started, "cpu": 0.34, "cpu_history": (0.1, 0.2, 0.4, 0.9, 0.7, 0.3, 0.2, 0.34)}
    return (
        domain(
            "centos7", id=1, memory_maximum=GIB, memory_used=int(0.8 * GIB), disk_read=12_000.0, disk_written=0.0,
            net_received=1_200.0, net_sent=3_400.0, addresses=("192.168.122.41", "fe80::1"), has_autostart=True, **busy,
        ),
        domain("debian-ci-02", id=2, memory_used=GIB, is_memory_guessed=True, tags=("ci", "prod"), title="The builder", **busy),
        domain("debian-ci-10", state=DomainState.PAUSED, reason="I/O error", id=3, memory_used=0),
        domain("db01", state=DomainState.SHUT_OFF, has_managed_save=True, memory_maximum=16 * GIB, vcpus=8),
        domain("old", state=DomainState.CRASHED, is_persistent=False),
        domain("Win11", state=DomainState.PM_SUSPENDED, id=4, memory_maximum=8 * GIB, unanswered=None),
        domain("stuck", id=5, unanswered=12.0),
    )  # fmt: skip
