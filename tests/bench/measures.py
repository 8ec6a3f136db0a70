"""What is measured, one function a subject; each yields figures as they come."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import libvirt

from tests.bench import program
from tests.bench.hosts import grow, host_file, slow_uri
from tests.bench.table import Figure, median, percentile
from tests.live.guest import Guest, GuestOptions
from tests.live.lab import PrivateLibvirtd
from tests.terminal import cpu_seconds, resident_bytes


@dataclass(frozen=True, slots=True)
class Bench:
    """What all measures share."""

    folder: Path
    lab: PrivateLibvirtd
    is_quick: bool

    @property
    def runs(self) -> int:
        """How many times a start is repeated."""
        return 3 if self.is_quick else 7

    @property
    def presses(self) -> int:
        """How many keys are pressed for one figure."""
        return 20 if self.is_quick else 60

    @property
    def idle_seconds(self) -> float:
        """For how long what happens by itself is watched."""
        return 6 if self.is_quick else 20

    def repeated(self, measure: Callable[[], float]) -> float:
        """Return the median of several runs."""
        return median([measure() for _ in range(self.runs)])


def start(bench: Bench) -> Iterator[Figure]:
    """Exec to the first row: no more than a quarter above an empty app and a bare reading script, one after the other."""
    empty = bench.repeated(program.seconds_to_empty_app)
    for domains in (100, 1000):
        uri = f"test://{host_file(bench.folder, domains)}"
        program.seconds_to_rows(uri)  # the first start compiles
        bare = bench.repeated(lambda uri=uri: program.seconds_to_bare_read(uri))  # type: ignore[misc]
        shown = bench.repeated(lambda uri=uri: program.seconds_to_rows(uri))  # type: ignore[misc]
        floor = f"empty app {empty * 1000:.0f} ms + bare read {bare * 1000:.0f} ms"
        yield Figure(f"first row, {domains:,} domains", shown * 1000, 1.25 * (empty + bare) * 1000, "ms", floor)


def remote(bench: Bench) -> Iterator[Figure]:
    """Exec to a full table over a link with a round trip of 50 ms."""
    uri = slow_uri(bench.lab, host_file(bench.folder, 100), 0.05)
    bare = bench.repeated(lambda: program.seconds_to_bare_read(uri))
    shown = bench.repeated(lambda: program.seconds_to_rows(uri, 20))
    yield Figure("full table, 100 domains, 50 ms round trip", shown * 1000, 1500, "ms", f"bare read {bare * 1000:.0f} ms")


def live(bench: Bench) -> Iterator[Figure]:
    """CPU and memory while the metrics of all domains change, and how soon a key is answered meanwhile."""
    uri = bench.lab.test_uri()
    maker = libvirt.open(uri)
    for domains, cpu_limit, memory_limit, key_limit in ((100, 1, 55, 15), (1000, 3, 60, 15), (10_000, 10, 110, 50)):
        grow(maker, domains)
        with program.kvmtui(uri) as terminal:
            program.await_rows(terminal, 20)
            program.read_for(terminal, 5)
            share = program.cpu_share(terminal, bench.idle_seconds)
            memory = resident_bytes(terminal.pid)
            times = []
            for press in range(bench.presses):
                times.append(program.seconds_to_move(terminal, _key(press)))
                program.read_for(terminal, 0.1)
        subject = f"{domains:,} live domains"
        yield Figure(f"CPU of a core, {subject}", share * 100, cpu_limit, "%")
        yield Figure(f"memory (RSS), {subject}", memory / 2**20, memory_limit, "MiB")
        name = f"key to paint, p95 of {bench.presses}, {subject}"
        yield Figure(name, percentile(times, 0.95) * 1000, key_limit, "ms", f"median {median(times) * 1000:.1f} ms")
    maker.close()


def bytes_(bench: Bench) -> Iterator[Figure]:
    """Bytes on the line: for a move of the cursor, and while nothing changes."""
    with program.kvmtui(bench.lab.test_uri(host_file(bench.folder, 1000, is_still=True))) as terminal:
        program.await_rows(terminal, 20)
        program.read_for(terminal, 5)
        idle = program.read_for(terminal, bench.idle_seconds) / bench.idle_seconds
        sizes: list[float] = []
        for press in range(bench.presses):
            before = len(terminal.output)
            program.seconds_to_move(terminal, _key(press))
            terminal.settle(0.15)
            sizes.append(len(terminal.output) - before)
    yield Figure("a move of the cursor", median(sizes) / 1024, 1, "KiB", f"most {max(sizes):.0f} bytes")
    yield Figure("nothing changes", idle, 0, "bytes/s")


def change(bench: Bench) -> Iterator[Figure]:
    """A change that another program makes to a real guest, from the start of virsh to the paint."""
    guest = _idle_guest(bench.lab, "vm-00001").define().start()
    times, virsh_times = [], []
    with program.kvmtui(bench.lab.uri) as terminal:
        program.await_rows(terminal)
        for _ in range(bench.runs):
            for verb, state in (("suspend", "paused"), ("resume", "running")):
                program.read_for(terminal, 0.7)
                begun = time.monotonic()
                bench.lab.virsh(verb, guest.name)
                virsh_times.append(time.monotonic() - begun)
                terminal.wait_for(rf"{guest.name}.*{state}", 10)
                times.append(terminal.last_byte - begun)
    guest.remove()
    yield Figure(
        "change made by virsh to paint", median(times) * 1000, 120, "ms", f"virsh alone {median(virsh_times) * 1000:.0f} ms"
    )


def polling(bench: Bench) -> Iterator[Figure]:
    """CPU that libvirtd spends on 20 running guests because kvmtui looks at them."""
    guests = [_idle_guest(bench.lab, f"vm-{number:05}").define().start() for number in range(1, 21)]
    pid = bench.lab.pid
    unwatched = _share_of(pid, lambda: time.sleep(bench.idle_seconds))
    with program.kvmtui(bench.lab.uri) as terminal:
        program.await_rows(terminal, 20)
        program.read_for(terminal, 5)
        watched = _share_of(pid, lambda: program.read_for(terminal, bench.idle_seconds))
    for guest in guests:
        guest.remove()
    yield Figure("CPU of libvirtd, 20 running guests watched", watched * 100, 2, "%", f"unwatched {unwatched * 100:.1f} %")


MEASURES: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "start": start,
    "remote": remote,
    "live": live,
    "bytes": bytes_,
    "change": change,
    "polling": polling,
}


def _key(press: int) -> str:
    return "down" if press % 40 < 20 else "up"


def _idle_guest(lab: PrivateLibvirtd, name: str) -> Guest:
    """Return a guest that finds nothing to boot: its QEMU runs and answers, and its firmware rests."""
    return Guest(lab, name, GuestOptions(has_kernel=False, graphics="none", memory_mib=32))


def _share_of(pid: int, activity: Callable[[], object]) -> float:
    before, begun = cpu_seconds(pid), time.monotonic()
    with contextlib.suppress(InterruptedError):
        activity()
    return (cpu_seconds(pid) - before) / (time.monotonic() - begun)
