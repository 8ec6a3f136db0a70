"""Events in words, and a storm of them as few deliveries."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import libvirt
import pytest

from kvmtui.backend.libvirt.event_words import WORDS, is_about_definition
from kvmtui.backend.libvirt.events import Heard, Inbox

LIFECYCLE = libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE
REBOOT = libvirt.VIR_DOMAIN_EVENT_ID_REBOOT
STARTED = libvirt.VIR_DOMAIN_EVENT_STARTED


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("LIFECYCLE", (2, 0), "started: booted"),
        ("LIFECYCLE", (5, 1), "stopped: powered off"),
        ("LIFECYCLE", (3, 2), "suspended: I/O error"),
        ("LIFECYCLE", (3, 99), "suspended: number 99"),
        ("LIFECYCLE", (99, 1), "event 99: number 1"),
        ("REBOOT", (), "rebooted"),
        ("IO_ERROR_REASON", ("/x", "virtio-disk0", 1, "enospc"), "I/O error on virtio-disk0: enospc (paused)"),
        ("BLOCK_JOB_2", ("vda", 2, 3), "block copy on vda ready"),
        ("TRAY_CHANGE", ("sata0-0-0", 0), "tray of sata0-0-0 opened"),
        ("DEVICE_REMOVAL_FAILED", ("net1",), "device net1 was not given up by the guest"),
        ("GRAPHICS", (0, {}, {"node": "10.0.0.1"}, "none", []), "display connected: 10.0.0.1"),
        ("AGENT_LIFECYCLE", (1, 2), "guest agent connected"),
        ("AGENT_LIFECYCLE", (2, 1), ""),
        ("JOB_COMPLETED", ({"data_total": 2**20},), "job completed: 1.0 MiB"),
        ("JOB_COMPLETED", ({"success": False, "errmsg": "no \x1b space"},), "job failed: no \u241b space"),
        ("METADATA_CHANGE", (1, None), "title changed"),
        ("TUNABLE", ({"cputune.shares": 1},), "tuned: shares"),
        ("WATCHDOG", (2,), "watchdog fired: reset"),
        ("BLOCK_THRESHOLD", ("vda", "/x", 2**30, 5), "vda has grown over 1.0 GiB"),
        ("MIGRATION_ITERATION", (3,), ""),
    ],
)
def test_an_event_is_a_sentence(name: str, arguments: tuple[Any, ...], expected: str) -> None:
    assert WORDS[getattr(libvirt, f"VIR_DOMAIN_EVENT_ID_{name}")](*arguments) == expected


@pytest.mark.parametrize(
    ("event_id", "arguments", "expected"),
    [
        (LIFECYCLE, (libvirt.VIR_DOMAIN_EVENT_DEFINED, 0), True),
        (LIFECYCLE, (STARTED, 0), True),
        (LIFECYCLE, (libvirt.VIR_DOMAIN_EVENT_SUSPENDED, 0), False),
        (libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, (1, None), True),
        (REBOOT, (), False),
    ],
)
def test_some_events_make_the_xml_worth_reading_again(event_id: int, arguments: tuple[Any, ...], expected: bool) -> None:
    assert is_about_definition(event_id, arguments) is expected


class Deliveries:
    """What an inbox delivered."""

    def __init__(self) -> None:
        self.batches: list[Heard] = []
        self._came = asyncio.Event()
        self.inbox = Inbox(asyncio.get_running_loop(), self._deliver)

    def _deliver(self, heard: Heard) -> None:
        self.batches.append(heard)
        self._came.set()

    async def until_news(self, number: int) -> None:
        while sum(len(batch.news) for batch in self.batches) < number:
            await self.next()

    async def next(self) -> Heard:
        self._came.clear()
        async with asyncio.timeout(10):
            await self._came.wait()
        return self.batches[-1]


async def test_a_storm_from_several_threads_is_delivered_in_few_batches_and_nothing_is_lost() -> None:
    deliveries = Deliveries()

    def storm(number: int) -> None:
        for event in range(1000):
            deliveries.inbox.put(LIFECYCLE, f"uuid {number} {event % 10}", (4, 0))

    threads = [threading.Thread(target=storm, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    await deliveries.until_news(3000)
    assert len(deliveries.batches) < 50
    assert len(set[str]().union(*(batch.touched for batch in deliveries.batches))) == 30


async def test_a_start_is_remembered_with_its_time() -> None:
    deliveries = Deliveries()
    deliveries.inbox.put(LIFECYCLE, "one", (STARTED, 0))
    heard = await deliveries.next()
    assert set(heard.started) == {"one"}
    assert heard.redefined == {"one"}


async def test_an_event_in_an_unknown_form_still_touches_its_domain() -> None:
    deliveries = Deliveries()
    deliveries.inbox.put(REBOOT, "one", ("more", "than", "expected"))
    heard = await deliveries.next()
    assert heard.touched == {"one"}
    assert heard.news == []


async def test_a_closed_inbox_delivers_nothing() -> None:
    deliveries = Deliveries()
    deliveries.inbox.put(REBOOT, "one", ())
    deliveries.inbox.close()
    deliveries.inbox.put(REBOOT, "two", ())
    await asyncio.sleep(0.15)
    assert deliveries.batches == []
