"""A host on libvirt's test driver: what it tells, when, and how it ends."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from kvmtui.backend.libvirt.host import LibvirtHost
from kvmtui.backend.protocol import Interest
from kvmtui.model.domain import DomainState
from kvmtui.model.failure import Failure, FailureKind
from tests.backend.listening import Listening, domain_node, host_uri, running, uuid_of

GIB = 2**30


def host_of(folder: Path, *domains: str, interval: float = 0.2, is_read_only: bool = False) -> LibvirtHost:
    return LibvirtHost(host_uri(folder, *domains), interval=interval, is_read_only=is_read_only)


async def test_a_host_tells_its_facts_and_then_all_domains_with_their_states(tmp_path: Path) -> None:
    states = {"runs": 1, "waits": 3, "is off": 5, "is broken": 6, "sleeps": 7}
    nodes = (domain_node(name, number, run_state=state) for number, (name, state) in enumerate(states.items(), 1))
    async with running(host_of(tmp_path, *nodes)) as told:
        assert told.facts
        assert told.facts.driver == "TEST"
        assert told.facts.is_local
        assert told.facts.memory == 8 * GIB
        assert {name: row.state for name, row in told.rows.items()} == {
            "runs": DomainState.RUNNING,
            "waits": DomainState.PAUSED,
            "is off": DomainState.SHUT_OFF,
            "is broken": DomainState.CRASHED,
            "sleeps": DomainState.PM_SUSPENDED,
        }


async def test_sizes_are_bytes_and_cpu_is_a_share_of_the_vcpus(tmp_path: Path) -> None:
    async with running(host_of(tmp_path, domain_node("db", vcpus=4))) as told:
        row = await told.until_row("db", lambda row: row.cpu is not None)
        assert row.vcpus == 4
        assert row.memory_maximum == GIB
        assert row.memory_current == GIB // 2
        assert row.cpu == pytest.approx(0.25, abs=0.05)  # the test driver uses one CPU's time
        row = await told.until_row("db", lambda row: len(row.cpu_history) == 8)
        assert row.cpu_history[-1] == row.cpu


async def test_a_domain_that_is_off_has_no_rates(tmp_path: Path) -> None:
    async with running(host_of(tmp_path, domain_node("db", run_state=5))) as told:
        row = await told.until_row("db", lambda row: row.has_autostart is not None and row.title is not None)
        assert (row.cpu, row.net_received, row.disk_read, row.memory_used, row.id) == (None, None, None, None, None)


async def test_rates_and_used_memory_come_device_by_device_where_libvirt_has_no_bulk_statistics(tmp_path: Path) -> None:
    async with running(host_of(tmp_path, domain_node("db"))) as told:
        row = await told.until_row("db", lambda row: row.disk_read is not None and row.net_received is not None)
        assert row.memory_used == GIB // 4
        assert not row.is_memory_guessed


async def test_the_sets_of_flags_and_the_facts_of_the_xml_reach_the_row(tmp_path: Path) -> None:
    tags = (
        "<metadata><k:tags xmlns:k='https://kvmtui.org/xmlns/tags/1.0'><k:tag>web</k:tag><k:tag>prod</k:tag></k:tags></metadata>"
    )
    told_of = domain_node("db", inner=f"<title>The database</title>{tags}", run_state=5, test="<test:hasmanagedsave/>")
    async with running(host_of(tmp_path, told_of)) as told:
        row = await told.until_row("db", lambda row: row.title is not None and row.has_managed_save is not None)
        assert row.title == "The database"
        assert row.tags == ("web", "prod")
        assert row.has_managed_save
        assert row.is_persistent
        assert row.has_autostart is False
        assert row.has_snapshots is False


async def test_rows_that_did_not_change_keep_their_identity(tmp_path: Path) -> None:
    nodes = [domain_node(f"off-{number}", number, run_state=5) for number in range(1, 40)]
    async with running(host_of(tmp_path, *nodes)) as told:
        await told.until(lambda: all(row.title is not None and row.has_autostart is not None for row in told.rows.values()))
        before, polls = told.snapshot, told.snapshots
        await told.until(lambda: told.snapshots >= polls + 3)
        assert before
        assert told.snapshot
        assert told.snapshot.taken > before.taken
        assert told.snapshot.domains is before.domains


async def test_a_hostile_name_is_made_harmless_at_the_edge(tmp_path: Path) -> None:
    async with running(host_of(tmp_path, domain_node("a&#x202e;b&#x9b;31m[red]"))) as told:
        (name,) = told.rows
        assert name == "a\ufffdb\ufffd31m[red]"


async def test_the_selected_domain_is_looked_at_closely(tmp_path: Path) -> None:
    async with running(host_of(tmp_path, domain_node("db"), domain_node("web", 2))) as told:
        await told.until(lambda: told.detail and told.detail.disks and told.detail.disks[0].read is not None)
        assert told.detail
        assert told.detail.key.uuid == uuid_of(1)
        (disk,) = told.detail.disks
        assert (disk.target, disk.source) == ("vda", "/images/1.img")
        (nic,) = told.detail.nics
        assert nic.mac == "52:54:00:00:00:01"
        assert nic.received


async def test_a_definition_changed_while_the_domain_runs_is_told(tmp_path: Path) -> None:
    host = host_of(tmp_path, domain_node("db"))
    async with running(host) as told:
        await told.until(lambda: told.detail)
        assert told.detail
        assert not told.detail.unusual
        xml = await host.domain_xml(uuid_of(1), is_inactive=True)
        await host.define(xml.replace("<on_reboot>restart<", "<on_reboot>destroy<"))
        await told.until(lambda: told.detail and any("after a shutdown" in sentence for sentence in told.detail.unusual), 15.0)


async def test_another_selection_is_looked_at_without_waiting_for_the_next_poll(tmp_path: Path) -> None:
    host = host_of(tmp_path, domain_node("db"), domain_node("web", 2), interval=10.0)
    async with running(host) as told:
        await told.until(lambda: told.detail and told.detail.key.uuid == uuid_of(1))
        host.look_at(Interest(frozenset({uuid_of(1), uuid_of(2)}), uuid_of(2)))
        await told.until(lambda: told.detail and told.detail.key.uuid == uuid_of(2), 3.0)


async def test_an_event_reaches_the_row_at_once_and_is_told_in_words(tmp_path: Path) -> None:
    host = host_of(tmp_path, domain_node("db"), interval=60.0)
    async with running(host) as told:
        await told.until_row("db", lambda row: row.title is not None)
        await asyncio.sleep(0.5)  # events are registered for after the first table
        await host.suspend(uuid_of(1))
        await told.until_row("db", lambda row: row.state is DomainState.PAUSED, 2.0)
        await told.until(lambda: "suspended: paused" in told.news, 2.0)
        await host.power_off(uuid_of(1))
        row = await told.until_row("db", lambda row: row.state is DomainState.SHUT_OFF, 2.0)
        assert row.cpu is None
        await host.start(uuid_of(1))
        row = await told.until_row("db", lambda row: row.state is DomainState.RUNNING, 2.0)
        assert row.started is not None


async def test_nobody_looking_stops_the_polls_and_looking_again_polls_at_once(tmp_path: Path) -> None:
    host = host_of(tmp_path, domain_node("db"), interval=0.1)
    async with running(host) as told:
        await told.until_row("db", lambda row: row.cpu is not None)
        host.pause()
        await asyncio.sleep(0.3)
        polls = told.snapshots
        await asyncio.sleep(0.5)
        assert told.snapshots == polls
        host.resume_polling()
        await told.until(lambda: told.snapshots > polls, 1.0)


async def test_connecting_can_begin_before_there_is_an_event_loop(tmp_path: Path) -> None:
    host = host_of(tmp_path, domain_node("db"))
    begun = threading.Event()

    def begin() -> None:
        host.begin()
        begun.set()

    threading.Thread(target=begin).start()
    begun.wait()
    async with running(host) as told:
        assert set(told.rows) == {"db"}
        assert told.connections == 1


async def test_a_broken_host_file_is_told_as_a_loss_and_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "host.xml"
    file.write_text("<node><domain></node>")
    host, told = LibvirtHost(f"test://{file}"), Listening()
    run = asyncio.create_task(host.run(told))
    await told.until(lambda: told.losses)
    assert str(told.losses[0]).startswith(f"Could not connect to test://{file}")
    host_uri(tmp_path, domain_node("db"))
    await told.until(lambda: "db" in told.rows)
    host.close()
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


async def test_an_unknown_scheme_is_told_as_not_supported() -> None:
    host, told = LibvirtHost("nonsense:///system"), Listening()
    run = asyncio.create_task(host.run(told))
    await told.until(lambda: told.losses)
    assert told.losses[0].kind is FailureKind.UNSUPPORTED
    assert '"nonsense"' in told.losses[0].advice
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


async def test_a_host_that_was_closed_leaves_no_threads_and_no_files_behind(tmp_path: Path) -> None:
    others = set(threading.enumerate())
    async with running(host_of(tmp_path, domain_node("warm-up"))) as told:
        await told.until_row("warm-up", lambda row: row.disk_read is not None)
    await _settled(others)
    threads, files = set(threading.enumerate()), open_files()
    async with running(host_of(tmp_path, domain_node("db"))) as told:
        await told.until_row("db", lambda row: row.disk_read is not None)
    await _settled(others)
    assert [thread.name for thread in threading.enumerate() if thread not in threads] == []
    assert open_files() <= files


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def _settled(others: set[threading.Thread]) -> None:
    """Wait until the threads that close things in the background have ended; those of other tests do not count."""
    deadline = time.monotonic() + 10
    while any(thread.name != "libvirt-events" for thread in set(threading.enumerate()) - others):
        assert time.monotonic() < deadline, threading.enumerate()
        await asyncio.sleep(0.05)


async def test_a_request_without_a_connection_says_that_it_was_never_sent(tmp_path: Path) -> None:
    host = host_of(tmp_path, domain_node("db"))
    with pytest.raises(Failure) as raised:
        await host.start(uuid_of(1))
    assert (raised.value.kind, raised.value.was_sent) == (FailureKind.CONNECTION, False)


async def test_a_request_whose_connection_cannot_be_opened_says_that_it_was_never_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = host_of(tmp_path, domain_node("db"))
    async with running(host):

        async def refuse(*_: object) -> None:
            raise Failure(FailureKind.CONNECTION, "connect", "refused")

        monkeypatch.setattr("kvmtui.backend.libvirt.workers.Workers.run", refuse)
        with pytest.raises(Failure) as raised:
            await host.suspend(uuid_of(1))
        assert not raised.value.was_sent


async def test_what_libvirt_refuses_was_sent(tmp_path: Path) -> None:
    host = host_of(tmp_path, domain_node("db"))
    async with running(host):
        with pytest.raises(Failure) as raised:
            await host.start(uuid_of(1))
        assert raised.value.was_sent
