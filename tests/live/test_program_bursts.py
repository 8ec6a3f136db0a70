"""The program in a storm of events: thousands of domains change their state at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.live.lab import PrivateLibvirtd
from tests.live.program import Program

pytestmark = pytest.mark.live

DOMAINS, ROUNDS = 100, 15
"""As many domains; each is paused and resumed as many times, which makes two events each."""

CREATE = """
import libvirt, sys
host = libvirt.open(sys.argv[1])
for number in range({count}):
    xml = "<domain type='test'><name>storm-%03d</name><memory>1024</memory><os><type>hvm</type></os></domain>" % number
    host.createXML(xml)
"""
STORM = """
import libvirt, sys
host = libvirt.open(sys.argv[1])
domains = sorted((one for one in host.listAllDomains() if one.name().startswith("storm")), key=lambda one: one.name())
for _ in range({rounds}):
    for domain in domains:
        domain.suspend()
        domain.resume()
for domain in domains[::2]:
    domain.suspend()
"""


@pytest.fixture
def stormy(lab: PrivateLibvirtd) -> Iterator[str]:
    """Yield the URI of the lab's test driver with many running domains; its host lives as long as somebody is connected."""
    uri = lab.test_uri()
    script = CREATE.format(count=DOMAINS) + "print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, uri], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as creator:
        assert creator.stdout is not None
        assert creator.stdout.readline() == "ready\n"
        yield uri
        creator.kill()


def test_three_thousand_events_leave_keys_answered_and_states_right(stormy: str, tmp_path: Path) -> None:
    with Program(stormy, home=tmp_path) as program:
        program.await_row("storm-000", "● running")
        program.wait_for(f"{DOMAINS + 1} domains")
        with subprocess.Popen([sys.executable, "-c", STORM.format(rounds=ROUNDS), stormy]) as storm:
            times = []
            while storm.poll() is None:
                times += [program.seconds_to_move("down"), program.seconds_to_move("up")]
        assert storm.returncode == 0
        assert len(times) > 5
        assert median(times) < 0.5
        for number in range(16):
            program.await_row(f"storm-{number:03}", "● running" if number % 2 else "‖ paused", 5)
        program.press("/state:paused", "enter")
        program.wait_for(f"{DOMAINS // 2}/{DOMAINS + 1}")
        program.press("escape")
        program.wait_for(f"{DOMAINS + 1} domains")
        program.quit()
