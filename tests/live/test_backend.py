"""The libvirt back end on a real daemon with real guests, also when one of them dies, hangs or is far away."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import libvirt
import pytest

from kvmtui.backend.libvirt.host import LibvirtHost
from kvmtui.backend.protocol import Interest
from kvmtui.model.domain import DomainState
from kvmtui.model.failure import Failure, FailureKind
from tests.backend.listening import Listening, domain_node, node, running
from tests.live.conftest import GuestFactory
from tests.live.guest import Guest, GuestOptions
from tests.live.lab import PrivateLibvirtd
from tests.live.program import IDLE

pytestmark = pytest.mark.live

SLOW_SSH = """\
#!{python}
import os, socket, sys, threading, time, queue
daemon = socket.socket(socket.AF_UNIX)
daemon.connect({socket!r})
def copy(read, write):
    pieces = queue.Queue()
    def drain():
        while True:
            due, data = pieces.get()
            time.sleep(max(0, due - time.monotonic()))
            if not data:
                os._exit(0)
            write(data)
    threading.Thread(target=drain, daemon=True).start()
    while True:
        data = read()
        pieces.put((time.monotonic() + {delay}, data))
        if not data:
            return
def write_out(data):
    while data:
        data = data[os.write(1, data):]
threading.Thread(target=copy, args=(lambda: daemon.recv(65536), write_out), daemon=True).start()
copy(lambda: os.read(0, 65536), daemon.sendall)
time.sleep(5)
"""
"""Stands in for ssh: joins its ends to a socket, and everything takes its time each way."""


@pytest.fixture(scope="module")
def pair() -> Iterator[PrivateLibvirtd]:
    """Yield a lab with two running guests that have nothing to boot; it is to be mistreated and brought back."""
    with PrivateLibvirtd("pair") as lab:
        for name in ("alpha", "beta"):
            Guest(lab, name, GuestOptions(**IDLE)).define().start()
        yield lab


@pytest.fixture
async def told(pair: PrivateLibvirtd) -> AsyncIterator[Listening]:
    """Yield what a host with the pair tells; both are running and looked at."""
    async with running(LibvirtHost(pair.uri, interval=0.5)) as listening:
        for name in ("alpha", "beta"):
            await listening.until_row(name, lambda row: row.cpu is not None and row.title is not None)
        yield listening


async def in_thread(job: Callable[[], object]) -> None:
    """Run a blocking part of a test beside the event loop."""
    await asyncio.get_running_loop().run_in_executor(None, job)


async def test_a_running_guest_has_all_that_a_row_shows(booted_guest: Guest) -> None:
    async with running(LibvirtHost(booted_guest.lab.uri, interval=0.5)) as told:
        row = await told.until_row(
            "booted", lambda row: row.addresses and row.memory_used and row.disk_read is not None and row.net_received is not None
        )
        assert row.state is DomainState.RUNNING
        assert row.addresses == (booted_guest.address,)
        assert not row.is_memory_guessed
        assert row.memory_maximum == 128 * 2**20
        assert row.started is not None
        assert row.started < datetime.now(UTC)
        assert (row.title, row.tags) == ("A guest to look at", ("shared",))
        assert row.unanswered is None


async def test_the_selected_guest_tells_its_devices_and_its_process(booted_guest: Guest) -> None:
    host = LibvirtHost(booted_guest.lab.uri, interval=0.5)
    async with running(host, looks=False) as told:
        uuid = booted_guest.uuid
        host.look_at(Interest(frozenset({uuid}), uuid))
        await told.until(
            lambda: told.detail and told.detail.vcpus and told.detail.vcpus[0].busy is not None and told.detail.nics[0].addresses
        )
        detail = told.detail
        assert detail
        assert detail.process == booted_guest.qemu_pid
        (disk,) = detail.disks
        assert (disk.target, disk.format, disk.capacity) == ("vda", "qcow2", 64 * 2**20)
        assert disk.read is not None
        assert 0 < (disk.allocation or 0) < 64 * 2**20
        (nic,) = detail.nics
        assert nic.addresses == (booted_guest.address,)
        assert detail.memory.guest_available
        assert (detail.machine, detail.firmware) == ("i440fx", "BIOS")


async def test_after_the_daemon_was_killed_everything_is_there_once(pair: PrivateLibvirtd, told: Listening) -> None:
    pair.kill()
    await told.until(lambda: told.losses, 3.0)
    assert told.losses[0].kind is FailureKind.CONNECTION
    assert set(told.rows) == {"alpha", "beta"}  # the last that was known
    await in_thread(pair.restart)
    await told.until(lambda: told.connections == 2, 15.0)
    polls = told.snapshots
    await told.until(lambda: told.snapshots >= polls + 3)
    assert told.snapshot
    assert sorted(row.name for row in told.snapshot.domains) == ["alpha", "beta"]
    events = len(told.events)
    await in_thread(lambda: pair.virsh("suspend", "alpha"))
    await told.until_row("alpha", lambda row: row.state is DomainState.PAUSED, 5.0)
    await told.until(lambda: len(told.events) > events)
    await asyncio.sleep(0.3)
    assert told.news[events:].count("suspended: paused") == 1
    await in_thread(lambda: pair.virsh("resume", "alpha"))


async def test_a_daemon_that_hangs_is_late_then_lost_and_back_when_it_goes_on(pair: PrivateLibvirtd, told: Listening) -> None:
    pair.freeze()
    try:
        await told.until(lambda: told.late_failures, 10.0)
        assert told.late_failures[0].kind is FailureKind.TIMEOUT
        await told.until(lambda: told.losses, 15.0)
        assert told.losses[0].kind is FailureKind.CONNECTION
    finally:
        pair.thaw()
    await told.until(lambda: told.connections == 2, 20.0)
    await told.until_row("alpha", lambda row: row.cpu is not None)


async def test_closing_waits_for_no_daemon_that_hangs(pair: PrivateLibvirtd) -> None:
    host = LibvirtHost(pair.uri, interval=0.3)
    async with running(host) as told:
        await told.until_row("alpha", lambda row: row.cpu is not None)
        pair.freeze()
        try:
            started = time.monotonic()
            host.close()
            assert time.monotonic() - started < 0.2
        finally:
            pair.thaw()


async def test_a_guest_that_hangs_is_marked_and_holds_up_no_other(pair: PrivateLibvirtd, told: Listening) -> None:
    pid = pair.qemu_pid("alpha")
    os.kill(pid, signal.SIGSTOP)
    try:
        row = await told.until_row("alpha", lambda row: row.unanswered is not None, 20.0)
        assert row.state is DomainState.RUNNING
        assert told.rows["beta"].unanswered is None
        earlier = row.unanswered
        await told.until_row("alpha", lambda row: (row.unanswered or 0) > (earlier or 0))
        polls = told.snapshots
        await told.until(lambda: told.snapshots >= polls + 4, 5.0)
        assert not told.late_failures
    finally:
        os.kill(pid, signal.SIGCONT)
    await told.until_row("alpha", lambda row: row.unanswered is None, 10.0)


async def test_an_action_that_is_stuck_holds_up_no_other(pair: PrivateLibvirtd) -> None:
    host = LibvirtHost(pair.uri, interval=0.5)
    async with running(host, looks=False) as told:
        alpha, beta = (told.rows[name].key.uuid for name in ("alpha", "beta"))
        pid = pair.qemu_pid("alpha")
        os.kill(pid, signal.SIGSTOP)
        try:
            stuck = asyncio.create_task(host.send_keys(alpha, ["KEY_A"]))
            await asyncio.sleep(0.5)
            async with asyncio.timeout(5):
                await host.suspend(beta)
                await host.resume(beta)
            assert not stuck.done()
        finally:
            os.kill(pid, signal.SIGCONT)
        await stuck


async def test_saving_shows_its_job_and_can_be_cancelled(guest: GuestFactory) -> None:
    made = guest("saved", memory_mib=512, load="cpu").await_boot()
    host = LibvirtHost(made.lab.uri, interval=0.5)
    async with running(host) as told:
        await told.until_row("saved", lambda row: row.cpu is not None)
        save = asyncio.create_task(host.save(made.uuid))
        await told.until_row("saved", lambda row: row.job == "saving", 5.0)
        progress = None
        while progress is None and not save.done():
            progress = await host.job(made.uuid)
        assert progress
        assert progress.operation == "saving"
        await host.abort_job(made.uuid)
        with pytest.raises(Failure) as caught:
            await save
        assert caught.value.kind is FailureKind.ABORTED
        await told.until_row("saved", lambda row: row.job == "" and row.state is DomainState.RUNNING)
        assert await host.job(made.uuid) is None


async def test_three_thousand_events_reach_the_rows_without_holding_up_the_loop(pair: PrivateLibvirtd) -> None:
    uri = pair.test_uri()
    async with running(LibvirtHost(uri, interval=1.0)) as told:
        await told.until_row("test", lambda row: row.title is not None)
        await asyncio.sleep(1.0)  # events are registered for after the first table

        def storm() -> None:
            connection = libvirt.open(uri)
            domain = connection.lookupByName("test")
            for _ in range(1500):
                domain.suspend()
                domain.resume()

        storming = asyncio.create_task(in_thread(storm))
        longest, polls = 0.0, told.snapshots
        while not storming.done():
            started = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - started)
        await storming
        await told.until(lambda: len(told.events) >= 3000)
        assert longest < 0.5
        assert told.snapshots - polls < 600
        await told.until_row("test", lambda row: row.state is DomainState.RUNNING, 5.0)


async def test_more_domains_than_one_message_holds_are_all_listed(pair: PrivateLibvirtd) -> None:
    file = pair.folder / "many.xml"
    states = (1, 5)
    file.write_text(node(*(domain_node(f"vm{number}", number, run_state=states[number % 2]) for number in range(1, 17_001))))
    async with running(LibvirtHost(pair.test_uri(file)), looks=False) as told:
        assert len(told.rows) == 17_000
        await told.until(lambda: told.snapshots > 2, 60.0)
        assert len(told.rows) == 17_000


async def test_a_table_over_a_slow_link_is_full_after_a_few_round_trips(pair: PrivateLibvirtd, tmp_path: Path) -> None:
    file = pair.folder / "hundred.xml"
    file.write_text(node(*(domain_node(f"vm{number}", number) for number in range(100))))
    command = tmp_path / "slow-ssh"
    command.write_text(SLOW_SSH.format(python=sys.executable, socket=str(pair.socket), delay=0.025))
    command.chmod(0o755)
    started = time.monotonic()
    host = LibvirtHost(f"test+ssh://slow{file}?command={command}")
    host.begin()
    async with running(host, looks=False) as told:
        await told.until(lambda: all(row.vcpus and row.cpu is not None for row in told.rows.values()))
        took = time.monotonic() - started
    started = time.monotonic()
    await in_thread(lambda: libvirt.open(f"test+ssh://slow{file}?command={command}").close())
    opened = time.monotonic() - started
    assert took < opened + 3.0, f"{took:.1f} s, of which {opened:.1f} s opening"  # 100 calls one by one are 5 s
