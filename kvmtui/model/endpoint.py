"""Where a device ends on the host: a disk's data, an interface's network, a display's address."""

from __future__ import annotations

from kvmtui.model.xml_reading import Element, attribute, child, children


def disk_source(disk: Element) -> str:
    """Return where a disk's data is: a path, "pool/volume", a URL; empty for an empty drive."""
    source = child(disk, "source")
    if source is None:
        return ""
    for name in ("file", "dev", "dir", "path"):
        if value := attribute(source, name):
            return value
    if pool := attribute(source, "pool"):
        return f"{pool}/{attribute(source, 'volume')}"
    if protocol := attribute(source, "protocol"):
        hosts = ",".join(filter(None, (_network_host(host) for host in children(source, "host"))))
        return f"{protocol}://{hosts}/{attribute(source, 'name').lstrip('/')}"
    return attribute(source, "type")


def nic_source(nic: Element) -> str:
    """Return what an interface is plugged into: a network, bridge or device; empty when its type says it all."""
    source = child(nic, "source")
    for name in ("network", "bridge", "dev", "portid", "path", "name"):
        if value := attribute(source, name):
            return value
    address = attribute(source, "address")
    return f"{address}:{attribute(source, 'port')}" if address else ""


def display_text(graphics: Element) -> str:
    """Return a display in a few words: "vnc 127.0.0.1:5900", "spice 0.0.0.0, port at start", "vnc socket /run/…"."""
    kind = attribute(graphics, "type") or "display"
    listen = child(graphics, "listen")
    if socket := attribute(listen, "socket") or attribute(graphics, "socket"):
        return f"{kind} socket {socket}"
    if attribute(listen, "type") == "none":
        return f"{kind} not listening"
    if kind not in {"vnc", "spice", "rdp"}:
        return kind
    address, port = listen_address(graphics), display_port(graphics)
    return f"{kind} {f'[{address}]' if ':' in address else address}:{port}" if port else f"{kind} {address}, port at start"


def display_port(graphics: Element) -> str:
    """Return the port of a display; empty while libvirt is to choose it."""
    plain, encrypted = attribute(graphics, "port"), attribute(graphics, "tlsPort")
    return plain if plain not in {"", "-1", "0"} else f"TLS {encrypted}" if encrypted not in {"", "-1", "0"} else ""


def listen_address(graphics: Element) -> str:
    """Return the address that a display listens at; libvirt's default is the loopback."""
    listen = child(graphics, "listen")
    return attribute(listen, "address") or attribute(graphics, "listen") or attribute(listen, "network") or "127.0.0.1"


def _network_host(host: Element) -> str:
    name = attribute(host, "name") or attribute(host, "socket")
    port = attribute(host, "port")
    return f"{name}:{port}" if port else name
