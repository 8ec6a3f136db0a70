"""Every operation on libvirt's test driver, and what its refusals look like."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvmtui.backend.libvirt.host import LibvirtHost
from kvmtui.model.domain import DomainState
from kvmtui.model.failure import Failure, FailureKind
from tests.backend.listening import Listening, domain_node, host_uri, running, uuid_of

DB = uuid_of(1)
OFF = uuid_of(2)


class Desk:
    """A host with a domain that runs and one that does not."""

    def __init__(self, host: LibvirtHost, told: Listening) -> None:
        self.host = host
        self.told = told


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    host = LibvirtHost(host_uri(tmp_path, domain_node("db"), domain_node("off", 2, run_state=5)), interval=0.3)
    async with running(host) as told:
        await told.until_row("db", lambda row: row.title is not None and row.has_autostart is not None)
        yield Desk(host, told)


async def test_pausing_resuming_and_powering_off_change_the_state(desk: Desk) -> None:
    await desk.host.suspend(DB)
    await desk.told.until_row("db", lambda row: row.state is DomainState.PAUSED)
    await desk.host.resume(DB)
    await desk.told.until_row("db", lambda row: row.state is DomainState.RUNNING)
    await desk.host.power_off(DB)
    await desk.told.until_row("db", lambda row: row.state is DomainState.SHUT_OFF)


async def test_a_way_to_start_that_the_driver_lacks_is_not_supported(desk: Desk) -> None:
    with pytest.raises(Failure) as caught:
        await desk.host.start(OFF, is_paused=True)
    assert caught.value.kind is FailureKind.UNSUPPORTED


async def test_a_shut_down_ends_in_shut_off(desk: Desk) -> None:
    await desk.host.shut_down(DB)
    await desk.told.until_row("db", lambda row: row.state is DomainState.SHUT_OFF)


async def test_reboot_and_reset_leave_it_running(desk: Desk) -> None:
    await desk.host.reboot(DB)
    await desk.host.reset(DB)
    await desk.told.until_row("db", lambda row: row.state is DomainState.RUNNING)


async def test_saved_memory_is_made_and_removed(desk: Desk) -> None:
    await desk.host.save(DB)
    row = await desk.told.until_row("db", lambda row: row.has_managed_save)
    assert (row.state, row.reason) == (DomainState.SHUT_OFF, "saved")
    await desk.host.remove_managed_save(DB)
    await desk.told.until_row("db", lambda row: row.has_managed_save is False)


async def test_autostart_is_switched_and_seen_soon(desk: Desk) -> None:
    await desk.host.set_autostart(DB, is_on=True)
    await desk.told.until_row("db", lambda row: row.has_autostart, 3.0)
    await desk.host.set_autostart(DB, is_on=False)
    await desk.told.until_row("db", lambda row: row.has_autostart is False, 3.0)


async def test_a_title_is_set_and_removed(desk: Desk) -> None:
    await desk.host.set_title(DB, "The <database> & more")
    await desk.told.until_row("db", lambda row: row.title == "The <database> & more", 3.0)
    await desk.host.set_title(DB, "")
    await desk.told.until_row("db", lambda row: row.title == "", 3.0)
    await desk.host.set_title(DB, "")


async def test_a_description_has_lines(desk: Desk) -> None:
    await desk.host.set_description(DB, "one\ntwo")
    assert "<description>one\ntwo</description>" in await desk.host.domain_xml(DB)
    await desk.host.set_description(DB, "")
    assert "<description>" not in await desk.host.domain_xml(DB)


async def test_tags_are_set_live_and_persistent_and_removed(desk: Desk) -> None:
    await desk.host.set_tags(DB, ["web", "a & b <c>"])
    await desk.told.until_row("db", lambda row: row.tags == ("web", "a & b <c>"), 3.0)
    assert "<kvmtui:tag>web</kvmtui:tag>" in await desk.host.domain_xml(DB, is_inactive=True)
    await desk.host.set_tags(DB, [])
    await desk.told.until_row("db", lambda row: row.tags == (), 3.0)


async def test_a_rename_keeps_the_row_and_gives_it_the_new_name(desk: Desk) -> None:
    before = desk.told.rows["off"].key
    await desk.host.rename(OFF, "other")
    row = await desk.told.until_row("other", lambda row: row.vcpus, 3.0)
    assert row.key == before
    assert set(desk.told.rows) == {"db", "other"}


async def test_keys_nmi_and_a_picture_of_the_screen(desk: Desk) -> None:
    await desk.host.send_keys(DB, ["KEY_LEFTCTRL", "KEY_LEFTALT", "KEY_DELETE"])
    await desk.host.inject_nmi(DB)
    kind, image = await desk.host.screenshot(DB)
    assert kind == "image/png"
    assert image.startswith(b"\x89PNG")


async def test_a_key_that_does_not_exist_is_invalid(desk: Desk) -> None:
    with pytest.raises(Failure, match="no key KEY_NONSENSE") as caught:
        await desk.host.send_keys(DB, ["KEY_NONSENSE"])
    assert caught.value.kind is FailureKind.INVALID


async def test_a_new_domain_appears_and_an_old_one_keeps_what_was_not_changed(desk: Desk) -> None:
    xml = await desk.host.domain_xml(OFF)
    await desk.host.define(xml.replace(OFF, uuid_of(3)).replace("<name>off</name>", "<name>new</name>").replace("00:02", "00:03"))
    await desk.told.until_row("new", lambda row: row.state is DomainState.SHUT_OFF and row.vcpus == 2, 3.0)
    await desk.host.define(xml.replace("'>2</vcpu>", "'>3</vcpu>"))
    await desk.told.until_row("off", lambda row: row.vcpus == 3, 3.0)


async def test_xml_that_is_not_well_formed_is_refused_with_its_line(desk: Desk) -> None:
    with pytest.raises(Failure) as caught:
        await desk.host.define("<domain>\n<name>x</name>\n<memory></domain>")
    assert caught.value.kind is FailureKind.INVALID
    assert caught.value.line == 3


async def test_xml_that_the_schema_refuses_is_invalid(desk: Desk) -> None:
    xml = (await desk.host.domain_xml(OFF)).replace("</os>", "</os><nonsense/>")
    with pytest.raises(Failure, match="nonsense") as caught:
        await desk.host.define(xml)
    assert caught.value.kind is FailureKind.INVALID


@pytest.mark.parametrize(
    ("operation", "kind", "attempted"),
    [
        (lambda host: host.start(DB), FailureKind.WRONG_STATE, "start db"),
        (lambda host: host.power_off(OFF), FailureKind.WRONG_STATE, "power off off"),
        (lambda host: host.rename(DB, "x"), FailureKind.WRONG_STATE, "rename db"),
        (lambda host: host.start(uuid_of(9)), FailureKind.GONE, f"start {uuid_of(9)}"),
        (lambda host: host.job(DB), FailureKind.UNSUPPORTED, "read the job of db"),
        (lambda host: host.abort_job(DB), FailureKind.UNSUPPORTED, "cancel the job of db"),
        (lambda host: host.qemu_log("db"), FailureKind.UNSUPPORTED, "read the log of db"),
    ],
)
async def test_a_refusal_says_what_was_tried_and_why_not(
    desk: Desk, operation: object, kind: FailureKind, attempted: str
) -> None:
    assert callable(operation)
    with pytest.raises(Failure) as caught:
        await operation(desk.host)
    assert (caught.value.kind, caught.value.attempted) == (kind, attempted)
    assert caught.value.said


async def test_a_read_only_connection_reads_and_refuses_to_write(tmp_path: Path) -> None:
    host = LibvirtHost(host_uri(tmp_path, domain_node("db")), is_read_only=True)
    async with running(host) as told:
        assert told.facts
        assert told.facts.is_read_only
        await told.until_row("db", lambda row: row.title is not None)
        with pytest.raises(Failure) as caught:
            await host.suspend(DB)
        assert caught.value.kind is FailureKind.READ_ONLY
        assert "--read-only" in caught.value.advice


async def test_without_a_connection_nothing_is_tried(tmp_path: Path) -> None:
    host = LibvirtHost(host_uri(tmp_path, domain_node("db")))
    with pytest.raises(Failure) as caught:
        await host.start(DB)
    assert caught.value.kind is FailureKind.CONNECTION
