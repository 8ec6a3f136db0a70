"""Why a host cannot be reached, and what to do about it: sockets, units, groups, packages, ssh.

Where libvirt runs on this machine, what exists on disk decides the advice. libvirt itself is not called here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

import libvirt

from kvmtui.backend.libvirt.errors import kind_of
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.text import printable_lines

_UNIT_FOLDERS = tuple(Path(folder) for folder in ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"))
_MODULAR_UNIT, _MONOLITHIC_UNIT = "virtqemud.socket", "libvirtd.socket"
_PACKAGES = (
    "Debian and Ubuntu: libvirt-daemon-system; Fedora and RHEL: libvirt-daemon-kvm; Arch: libvirt; openSUSE: libvirt-daemon-qemu."
)


_DRIVERS = {
    "bhyve", "ch", "esx", "gsx", "hyperv", "lxc", "network", "nodedev", "nwfilter", "openvz", "parallels", "qemu", "remote",
    "secret", "storage", "test", "vbox", "vmwarefusion", "vmwareplayer", "vmwarews", "vpx", "vz", "xen",
}  # fmt: skip
"""What a URI's scheme may begin with (https://libvirt.org/drivers.html); libvirt looks for a daemon that knows any other."""


class _Clue(NamedTuple):
    words: tuple[str, ...]
    kind: FailureKind
    advice: str


_SSH_CLUES = (
    _Clue(
        ("Host key verification failed",),
        FailureKind.AUTHENTICATION,
        "The host's key is not known or has changed. Compare it and accept it once: ssh {login}",
    ),
    _Clue(
        ("Permission denied (", "Too many authentication failures", "no_tty"),
        FailureKind.AUTHENTICATION,
        "ssh would ask for a password or passphrase. Load a key (ssh-add) that the host accepts, and try: ssh {login} true",
    ),
    _Clue(
        ("Could not resolve hostname", "Name or service not known", "unable to resolve"),
        FailureKind.UNREACHABLE,
        "Check the host's name in the URI and in ~/.ssh/config.",
    ),
    _Clue(
        ("virt-ssh-helper: not found", "nc: not found", "netcat", "command not found"),
        FailureKind.NOT_INSTALLED,
        "ssh works, libvirt is missing on the host (virt-ssh-helper comes with its daemon; nc serves older ones).",
    ),
    _Clue(
        ("Cannot find 'ssh' in path", "ssh: No such file"),
        FailureKind.NOT_INSTALLED,
        "Install the ssh client on this machine.",
    ),
    _Clue(
        ("Connection timed out", "No route to host", "Network is unreachable", "Connection refused", "Connection closed"),
        FailureKind.UNREACHABLE,
        "Is the host up, and does sshd answer? Try: ssh {login} true",
    ),
)

_REMOTE_SOCKET_CLUES = (
    _Clue(
        ("Failed to connect socket", "No such file or directory"),
        FailureKind.NOT_RUNNING,
        "ssh works, but no libvirt daemon listens there. On the host: sudo systemctl enable --now "
        f"{_MODULAR_UNIT} (or {_MONOLITHIC_UNIT})",
    ),
)

_TLS_CLUES = (
    _Clue(
        ("certificate", "TLS", "gnutls"),
        FailureKind.AUTHENTICATION,
        "The TLS certificates do not fit; virt-pki-validate checks them on either side.",
    ),
    _Clue(("Connection refused", "timed out", "No route"), FailureKind.UNREACHABLE, "Does the daemon listen on TCP there?"),
)


def open_failure(error: libvirt.libvirtError, uri: str) -> Failure:
    """Return why `uri` could not be opened, with what to do about it."""
    said = printable_lines(str(error)).strip()
    parts = parts_of(uri)
    attempted = f"connect to {uri or 'libvirt'}"
    if error.get_error_code() == libvirt.VIR_ERR_NO_CONNECT or "No connection driver" in said or not _is_drivers(parts):
        return Failure(FailureKind.UNSUPPORTED, attempted, said, _driver_advice(parts), target=uri)
    if error.get_error_code() == libvirt.VIR_ERR_INVALID_ARG or "nable to parse URI" in said:
        return Failure(
            FailureKind.INVALID, attempted, said, "A URI looks like qemu:///system or qemu+ssh://host/system.", target=uri
        )
    if "ssh" in parts.scheme:
        clue = _clue(said, _SSH_CLUES) or _clue(said, _REMOTE_SOCKET_CLUES)
    elif parts.hostname:
        clue = _clue(said, _TLS_CLUES)
    else:
        clue = _local_clue(error, said, parts)
    if clue:
        return Failure(clue.kind, attempted, said, clue.advice.format(login=_login(parts)), target=uri)
    kind = kind_of(error)
    if kind is FailureKind.AUTHENTICATION:
        return Failure(kind, attempted, said, authentication_advice(uri), target=uri)
    return Failure(FailureKind.UNREACHABLE if kind is FailureKind.OTHER else kind, attempted, said, target=uri)


def open_timeout(uri: str, seconds: float) -> Failure:
    """Return the failure of an open that got no answer."""
    is_remote = bool(parts_of(uri).hostname)
    advice = "Is the host up?" if is_remote else "The daemon may hang: systemctl status virtqemud libvirtd"
    return Failure(
        FailureKind.TIMEOUT, f"connect to {uri or 'libvirt'}", f"No answer within {seconds:.0f} s.", advice, target=uri
    )


def authentication_advice(uri: str) -> str:
    """Return what to do when libvirt wants to know who is asking."""
    if "ssh" in parts_of(uri).scheme:
        return f"Load a key that the host accepts (ssh-add), and try: ssh {_login(parts_of(uri))} true"
    return _group_advice("libvirt asks polkit who you are.")


def parts_of(uri: str) -> SplitResult:
    """Return the parts of a URI; all are empty when it is none."""
    try:
        return urlsplit(uri)
    except ValueError:
        return SplitResult("", "", "", "", "")


def is_local(uri: str) -> bool:
    """Tell whether a URI, as virConnectGetURI returns it, is served by this machine."""
    parts = parts_of(uri)
    return not parts.hostname and "ssh" not in parts.scheme


def without_prompts(uri: str) -> str:
    """Return a URI under which ssh never asks on the terminal, behind the screen: with `no_tty=1`, whatever it says itself."""
    parts = parts_of(uri)
    if not parts.scheme.endswith("+ssh") or parse_qs(parts.query).get("no_tty") == ["1"]:
        return uri
    kept = [piece for piece in parts.query.split("&") if piece and piece.partition("=")[0] != "no_tty"]
    return f"{uri.partition('?')[0]}?{'&'.join([*kept, 'no_tty=1'])}"


def resolved(uri: str) -> str:
    """Return the URI that libvirt makes of an alias, or of none at all, by the environment and its client configuration.

    "" stays "" when neither says anything: libvirt then looks for a hypervisor. Source: libvirt.org/uri.html.
    """
    if uri and ":" in uri:
        return uri
    if not uri and (default := os.environ.get("LIBVIRT_DEFAULT_URI", "")):
        uri = default
    settings = _client_settings()
    if not uri:
        found = re.search(r'^\s*uri_default\s*=\s*"([^"]*)"', settings, re.MULTILINE)
        uri = found.group(1) if found else ""
    aliases: dict[str, str] = dict(alias.split("=", 1) for alias in re.findall(r'"([\w.-]+=[^"]+)"', settings))
    return aliases.get(uri, uri)


def _client_settings() -> str:
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    file = Path("/etc/libvirt/libvirt.conf") if os.geteuid() == 0 else home / "libvirt/libvirt.conf"
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def _clue(said: str, clues: Sequence[_Clue]) -> _Clue | None:
    return next((clue for clue in clues if any(words in said for words in clue.words)), None)


def _local_clue(error: libvirt.libvirtError, said: str, parts: SplitResult) -> _Clue | None:
    if "polkit" in said or "system bus" in said or kind_of(error) is FailureKind.AUTHENTICATION:
        return _Clue((), FailureKind.AUTHENTICATION, _group_advice("libvirt asks polkit who you are."))
    if "ermission denied" in said:
        return _Clue((), FailureKind.DENIED, _group_advice("The socket may be used by others."))
    if any(words in said for words in ("No such file or directory", "Connection refused", "unable to connect to server")):
        return _missing_socket(parts)
    if "emulator" in said or "binary" in said:
        return _Clue((), FailureKind.NOT_INSTALLED, f"Install QEMU and libvirt's driver for it. {_PACKAGES}")
    return None


def _missing_socket(parts: SplitResult) -> _Clue:
    if "socket" in parse_qs(parts.query):
        return _Clue((), FailureKind.NOT_RUNNING, "Nothing listens at the socket that the URI names.")
    unit = installed_unit()
    if unit:
        return _Clue((), FailureKind.NOT_RUNNING, f"Start libvirt: sudo systemctl enable --now {unit}")
    if any(Path(folder, daemon).exists() for folder in ("/usr/sbin", "/usr/bin") for daemon in ("virtqemud", "libvirtd")):
        return _Clue((), FailureKind.NOT_RUNNING, "Start libvirt's daemon: virtqemud or libvirtd.")
    return _Clue((), FailureKind.NOT_INSTALLED, f"Install libvirt's daemon. {_PACKAGES}")


def installed_unit(folders: Sequence[Path] = _UNIT_FOLDERS) -> str:
    """Return the systemd unit that makes libvirt answer here: the modular one, the monolithic one, or "" for neither.

    Where both are installed, the one that is enabled is meant.
    """
    present = [unit for unit in (_MODULAR_UNIT, _MONOLITHIC_UNIT) if any((folder / unit).exists() for folder in folders)]
    enabled = [unit for unit in present if any((folder / "sockets.target.wants" / unit).exists() for folder in folders)]
    return next(iter(enabled or present), "")


def _group_advice(reason: str) -> str:
    if os.geteuid() == 0:
        return reason
    return f"{reason} Join the group libvirt and log in again: sudo usermod -aG libvirt $USER"


def _is_drivers(parts: SplitResult) -> bool:
    return not parts.scheme or parts.scheme.partition("+")[0] in _DRIVERS


def _driver_advice(parts: SplitResult) -> str:
    scheme = parts.scheme.partition("+")[0]
    return f'libvirt on this machine has no driver for "{scheme}"; qemu is the one for KVM.' if scheme else ""


def _login(parts: SplitResult) -> str:
    login = f"{parts.username}@{parts.hostname}" if parts.username else str(parts.hostname or "HOST")
    try:
        port = parts.port
    except ValueError:  # no number, or too large
        port = None
    return f"-p {port} {login}" if port else login
