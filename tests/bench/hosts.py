"""Hosts to measure on: files for libvirt's test driver with any number of domains, and a link with a delay."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

import libvirt

from tests.live.lab import PrivateLibvirtd

_DOMAIN = """\
<domain type='test'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='GiB'>{size}</memory>
  <vcpu>{size}</vcpu>
  <os><type arch='x86_64'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/images/{name}.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <interface type='network'><source network='default'/><model type='virtio'/></interface>
    <graphics type='vnc' port='-1'/>
    <console type='pty'/>
  </devices>
  {runstate}
</domain>
"""
_NODE = """\
<node xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
<cpu><nodes>1</nodes><sockets>2</sockets><cores>8</cores><threads>2</threads><active>32</active><mhz>2400</mhz><model>x86_64</model></cpu>
<memory>268435456</memory>
<network><name>default</name><bridge name='virbr0'/><forward/><ip address='192.168.122.1' netmask='255.255.255.0'/></network>
{domains}</node>
"""
_RUNNING, _PAUSED, _SHUT_OFF = 1, 3, 5

DOMAIN_ROW = r"vm-\d{5}"
"""What the row of any of these domains has in it, as a regular expression."""


def host_file(folder: Path, domains: int, *, is_still: bool = False) -> Path:
    """Write a host with that many domains: three of five run; none does, and so nothing ever changes, when `is_still`."""
    parts = [_xml(number, _SHUT_OFF if is_still else _state(number)) for number in range(1, domains + 1)]
    file = folder / f"{domains}{'-still' if is_still else ''}.xml"
    file.write_text(_NODE.format(domains="".join(parts)))
    return file


def grow(connection: libvirt.virConnect, domains: int) -> None:
    """Make domains on a host of the test driver until it has that many besides its own one; three of five run.

    A daemon's default host is shared by all who connect to it and needs no parsing, as a host of QEMU's.
    """
    for number in range(connection.numOfDomains() + connection.numOfDefinedDomains(), domains + 1):
        state = _state(number)
        if state == _SHUT_OFF:
            connection.defineXML(_xml(number))
        else:
            domain = connection.createXML(_xml(number))
            if state == _PAUSED:
                domain.suspend()


def _state(number: int) -> int:
    return (_RUNNING, _RUNNING, _RUNNING, _PAUSED, _SHUT_OFF)[number % 5]


def _xml(number: int, state: int | None = None) -> str:
    name = f"vm-{number:05}"
    runstate = f"<test:runstate>{state}</test:runstate>" if state else ""
    return _DOMAIN.format(name=name, uuid=uuid.uuid5(uuid.NAMESPACE_DNS, name), size=1 + number % 8, runstate=runstate)


def slow_uri(lab: PrivateLibvirtd, file: Path, round_trip: float) -> str:
    """Return a URI for the host in `file`, served by the lab's libvirtd over a link with that round trip in seconds."""
    script = lab.folder / "slow-ssh"
    program = Path(__file__).with_name("slow_link.py")
    script.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{program}' '{round_trip / 2}' '{lab.socket}'\n")
    script.chmod(0o755)
    return lab.ssh_uri(script, file, "test")
