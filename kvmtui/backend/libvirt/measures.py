"""Two samples of a domain's statistics become the numbers of its row and of its detail. Pure; libvirt is not called.

Source of the keys: virConnectGetAllDomainStats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kvmtui.backend.libvirt.ledger import DeepReading
from kvmtui.backend.libvirt.states import state_of
from kvmtui.backend.libvirt.statistics import Sample
from kvmtui.model.detail import DiskUse, DomainDetail, MemoryUse, NicUse, VcpuUse
from kvmtui.model.domain_xml import RowFacts
from kvmtui.model.key import Key
from kvmtui.model.rates import Counter, mean, rate, rounded, share

_KIB = 1024
_NANOSECONDS = 1e9
_VCPU_STATES = ("offline", "running", "idle")


def deep_reading(before: Sample | None, now: Sample) -> DeepReading:
    """Return what the row needs: rates over all disks and interfaces, and the memory in use."""
    used, is_guessed = memory_in_use(now.record)
    return DeepReading(
        memory_used=used,
        is_memory_guessed=is_guessed,
        disk_read=rounded(_rate(before, now, _all("block", "rd.bytes"))),
        disk_written=rounded(_rate(before, now, _all("block", "wr.bytes"))),
        net_received=rounded(_rate(before, now, _all("net", "rx.bytes"))),
        net_sent=rounded(_rate(before, now, _all("net", "tx.bytes"))),
    )


def memory_in_use(record: dict[str, Any]) -> tuple[int | None, bool]:
    """Return the bytes in use, and whether that is QEMU's memory on the host because the guest does not tell its own."""
    available = record.get("balloon.available")
    left = record.get("balloon.usable", record.get("balloon.unused"))
    if available and left is not None:
        return (available - left) * _KIB, False
    held = record.get("balloon.rss")
    return (held * _KIB if held else None), True


def detail_of(
    key: Key, facts: RowFacts | None, before: Sample | None, now: Sample, *, process: int | None, unusual: tuple[str, ...],
    addresses: Callable[[str], tuple[str, ...]],
) -> DomainDetail:  # fmt: skip
    """Return a close look at a domain.

    Args:
        key: the domain.
        facts: its devices by its XML; None until that was read.
        before: an earlier sample, for the rates.
        now: the latest sample; empty for a domain that does not run.
        process: QEMU's process id, where that is known.
        unusual: sentences about what is not as it should be.
        addresses: gives the addresses of an interface by its MAC.
    """
    facts = facts or RowFacts()
    return DomainDetail(
        key=key,
        taken=now.taken,
        disks=tuple(_disk(disk, before, now) for disk in facts.disks),
        nics=tuple(replace(_nic(nic, before, now), addresses=addresses(nic.mac.lower())) for nic in facts.nics),
        vcpus=tuple(_vcpu(number, before, now) for number in _vcpu_numbers(now.record)),
        memory=_memory(now.record),
        machine=facts.machine,
        firmware=facts.firmware,
        displays=facts.displays,
        process=process,
        unusual=unusual,
    )


def _disk(disk: DiskUse, before: Sample | None, now: Sample) -> DiskUse:
    number = _index(now.record, "block", disk.target)
    if number is None:
        return disk
    prefix = f"block.{number}"
    earlier = before if before and _index(before.record, "block", disk.target) == number else None

    def grown(quantity: str) -> float | None:
        return rounded(_rate(earlier, now, _one(f"{prefix}.{quantity}")))

    def per_request(kind: str) -> float | None:
        return _mean_time(earlier, now, f"{prefix}.{kind}.times", f"{prefix}.{kind}.reqs")

    return replace(
        disk,
        capacity=now.record.get(f"{prefix}.capacity"),
        allocation=now.record.get(f"{prefix}.{_taken_on_host(now.record)}"),
        read=grown("rd.bytes"),
        written=grown("wr.bytes"),
        reads=grown("rd.reqs"),
        writes=grown("wr.reqs"),
        flushes=grown("fl.reqs"),
        read_latency=per_request("rd"),
        write_latency=per_request("wr"),
    )


def _taken_on_host(record: dict[str, Any]) -> str:
    """Return which statistic tells the bytes that an image takes: libvirt uses another one while QEMU has it open."""
    return "physical" if state_of(record.get("state.state", 0)).is_active else "allocation"


def _nic(nic: NicUse, before: Sample | None, now: Sample) -> NicUse:
    name = nic.target or nic.mac
    number = _index(now.record, "net", name)
    if number is None:
        return nic
    prefix = f"net.{number}"
    earlier = before if before and _index(before.record, "net", name) == number else None

    def grown(*quantities: str) -> float | None:
        return rounded(_rate(earlier, now, _sum_of([f"{prefix}.{quantity}" for quantity in quantities])))

    return replace(
        nic,
        received=grown("rx.bytes"),
        sent=grown("tx.bytes"),
        packets_received=grown("rx.pkts"),
        packets_sent=grown("tx.pkts"),
        drops=grown("rx.drop", "tx.drop"),
        errors=grown("rx.errs", "tx.errs"),
    )


def _vcpu_numbers(record: dict[str, Any]) -> range:
    return range(record.get("vcpu.maximum", record.get("vcpu.current", 0)))


def _vcpu(number: int, before: Sample | None, now: Sample) -> VcpuUse:
    state = now.record.get(f"vcpu.{number}.state")

    def part(quantity: str) -> float | None:
        grown = _rate(before, now, _one(f"vcpu.{number}.{quantity}"))
        return None if grown is None else share(grown / _NANOSECONDS)

    return VcpuUse(
        number=number,
        state=_VCPU_STATES[state]
        if isinstance(state, int) and 0 <= state < len(_VCPU_STATES)
        else "offline"
        if state is None
        else "",
        busy=part("time"),
        steal=part("delay"),
        wait=part("wait"),
    )


def _memory(record: dict[str, Any]) -> MemoryUse:
    def bytes_of(name: str) -> int | None:
        amount = record.get(f"balloon.{name}")
        return None if amount is None else int(amount) * _KIB

    return MemoryUse(
        maximum=bytes_of("maximum"),
        current=bytes_of("current"),
        guest_available=bytes_of("available"),
        guest_unused=bytes_of("unused"),
        guest_usable=bytes_of("usable"),
        swap_in=bytes_of("swap_in"),
        swap_out=bytes_of("swap_out"),
        rss=bytes_of("rss"),
    )


Picked = Callable[[dict[str, Any]], float | None]


def _one(key: str) -> Picked:
    return lambda record: record.get(key)


def _sum_of(keys: list[str]) -> Picked:
    def total(record: dict[str, Any]) -> float | None:
        present = [record[key] for key in keys if key in record]
        return sum(present) if present else None

    return total


def _all(group: str, quantity: str) -> Picked:
    return lambda record: _sum_of([f"{group}.{number}.{quantity}" for number in range(record.get(f"{group}.count", 0))])(record)


def _rate(before: Sample | None, now: Sample, picked: Picked) -> float | None:
    """Return the growth per second of what `picked` takes from both samples."""
    new = picked(now.record)
    old = picked(before.record) if before else None
    if before is None or new is None or old is None:
        return None
    return rate(Counter(before.taken, old), Counter(now.taken, new))


def _mean_time(before: Sample | None, now: Sample, times: str, requests: str) -> float | None:
    if before is None or any(key not in sample.record for sample in (before, now) for key in (times, requests)):
        return None
    spent = Counter(before.taken, before.record[times]), Counter(now.taken, now.record[times])
    made = Counter(before.taken, before.record[requests]), Counter(now.taken, now.record[requests])
    nanoseconds = mean(spent, made)
    return None if nanoseconds is None else rounded(nanoseconds / _NANOSECONDS)


def _index(record: dict[str, Any], group: str, name: str) -> int | None:
    """Return the number under which a device's statistics stand."""
    return next(
        (number for number in range(record.get(f"{group}.count", 0)) if record.get(f"{group}.{number}.name") == name), None
    )
