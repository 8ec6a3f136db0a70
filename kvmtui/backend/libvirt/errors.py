"""libvirt's errors as failures that a person can act on, and libvirt's own printing of them switched off.

Source of the codes: libvirt's virterror.h; what they mean for whom was tried on libvirt 9.0.
"""

from __future__ import annotations

import re

import libvirt

from kvmtui.model.failure import Failure, FailureKind
from kvmtui.text import printable, printable_lines

_KINDS: dict[int, FailureKind] = {
    libvirt.VIR_ERR_NO_SUPPORT: FailureKind.UNSUPPORTED,
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED: FailureKind.UNSUPPORTED,
    libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED: FailureKind.UNSUPPORTED,
    libvirt.VIR_ERR_OPERATION_UNSUPPORTED: FailureKind.UNSUPPORTED,
    libvirt.VIR_ERR_INVALID_ARG: FailureKind.INVALID,
    libvirt.VIR_ERR_XML_ERROR: FailureKind.INVALID,
    libvirt.VIR_ERR_XML_DETAIL: FailureKind.INVALID,
    libvirt.VIR_ERR_XML_INVALID_SCHEMA: FailureKind.INVALID,
    libvirt.VIR_ERR_PARSE_FAILED: FailureKind.INVALID,
    libvirt.VIR_ERR_DOM_EXIST: FailureKind.EXISTS,
    libvirt.VIR_ERR_NETWORK_EXIST: FailureKind.EXISTS,
    libvirt.VIR_ERR_STORAGE_VOL_EXIST: FailureKind.EXISTS,
    libvirt.VIR_ERR_OPERATION_DENIED: FailureKind.READ_ONLY,
    libvirt.VIR_ERR_ACCESS_DENIED: FailureKind.DENIED,
    libvirt.VIR_ERR_AUTH_FAILED: FailureKind.AUTHENTICATION,
    libvirt.VIR_ERR_AUTH_CANCELLED: FailureKind.AUTHENTICATION,
    libvirt.VIR_ERR_AUTH_UNAVAILABLE: FailureKind.AUTHENTICATION,
    libvirt.VIR_ERR_NO_DOMAIN: FailureKind.GONE,
    libvirt.VIR_ERR_NO_NETWORK: FailureKind.GONE,
    libvirt.VIR_ERR_NO_STORAGE_POOL: FailureKind.GONE,
    libvirt.VIR_ERR_NO_STORAGE_VOL: FailureKind.GONE,
    libvirt.VIR_ERR_NO_NODE_DEVICE: FailureKind.GONE,
    libvirt.VIR_ERR_NO_DOMAIN_SNAPSHOT: FailureKind.GONE,
    libvirt.VIR_ERR_NO_SECRET: FailureKind.GONE,
    libvirt.VIR_ERR_DEVICE_MISSING: FailureKind.GONE,
    libvirt.VIR_ERR_OPERATION_INVALID: FailureKind.WRONG_STATE,
    libvirt.VIR_ERR_OPERATION_TIMEOUT: FailureKind.BUSY,
    libvirt.VIR_ERR_RESOURCE_BUSY: FailureKind.BUSY,
    libvirt.VIR_ERR_BLOCK_COPY_ACTIVE: FailureKind.BUSY,
    libvirt.VIR_ERR_OPERATION_ABORTED: FailureKind.ABORTED,
    libvirt.VIR_ERR_AGENT_UNRESPONSIVE: FailureKind.AGENT,
    libvirt.VIR_ERR_AGENT_UNSYNCED: FailureKind.AGENT,
}

_ADVICE: dict[FailureKind, str] = {
    FailureKind.READ_ONLY: "The connection is read-only; connect again without --read-only.",
    FailureKind.AGENT: "Install and start qemu-guest-agent in the guest, and give the domain its channel.",
    FailureKind.CONNECTION: "Whether it was carried out is not known until the host is connected again.",
}

_ADVICE_BY_TEXT: tuple[tuple[str, str], ...] = (
    ("state change lock", "QEMU's monitor does not answer or another job runs; cancel the job, or force the domain off."),
    ("Cannot access storage file", "A disk or CD image is missing or may not be read; look at the domain's disks."),
    ("network 'default' is not active", "Start it: virsh net-start default"),
    (r"network '.*' is not active", "Start the network that the domain uses: virsh net-start NAME"),
    ('Failed to get "write" lock', "The image is in use by another process, perhaps another domain."),
    ("Cannot allocate memory", "The host has too little free memory for the domain."),
    ("cannot undefine domain with nvram", "Undefine it with its NVRAM: virsh undefine --nvram"),
)


def _stay_silent(_context: None, _error: object) -> None:
    """Take libvirt's message, which would otherwise be printed over the screen."""


libvirt.registerErrorHandler(_stay_silent, None)


def failure_of(error: libvirt.libvirtError, attempted: str, *, is_alive: bool = True, target: str = "", uri: str = "") -> Failure:
    """Return the failure that an error of libvirt's amounts to.

    Args:
        error: what was raised.
        attempted: a verb phrase: "start db01".
        is_alive: whether the connection lives on (virConnectIsAlive); a dead one cannot be told by the error's code.
        target: the name of what it was tried on.
        uri: the host, for the advice.
    """
    said = printable_lines(str(error)).strip() or "libvirt gave no reason."
    kind = FailureKind.CONNECTION if not is_alive else kind_of(error)
    return Failure(kind, attempted, said, _advice(kind, said, uri), target=target, line=_line_of(error, said))


def kind_of(error: libvirt.libvirtError) -> FailureKind:
    """Return the sort of failure by libvirt's code and, where that is a catch-all, by its words."""
    code, said = error.get_error_code(), str(error)
    if "unsupported flags" in said:
        return FailureKind.UNSUPPORTED
    if code in _KINDS:
        return _KINDS[code]
    if "already exists" in said or "already in use" in said:
        return FailureKind.EXISTS
    if "is already running" in said:
        return FailureKind.WRONG_STATE
    if "ermission denied" in said:
        return FailureKind.DENIED
    if "Active console session exists" in said:
        return FailureKind.BUSY
    if "Timed out" in said or "timed out" in said:
        return FailureKind.TIMEOUT
    return FailureKind.OTHER


def is_gone(error: libvirt.libvirtError) -> bool:
    """Tell whether an error says that the domain does not exist any more."""
    return error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN


def is_unsupported(error: libvirt.libvirtError) -> bool:
    """Tell whether an error says that this driver will never do what was asked."""
    return error.get_error_code() in {
        libvirt.VIR_ERR_NO_SUPPORT,
        libvirt.VIR_ERR_OPERATION_UNSUPPORTED,
        libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
        libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
    }


def one_line(error: libvirt.libvirtError) -> str:
    """Return what libvirt said as one printable line."""
    return printable(str(error).strip().splitlines()[0] if str(error).strip() else "libvirt gave no reason")


def _advice(kind: FailureKind, said: str, uri: str) -> str:
    if kind is FailureKind.AUTHENTICATION:
        from kvmtui.backend.libvirt.reachability import authentication_advice

        return authentication_advice(uri)
    if kind in _ADVICE:
        return _ADVICE[kind]
    return next((advice for pattern, advice in _ADVICE_BY_TEXT if re.search(pattern, said)), "")


def _line_of(error: libvirt.libvirtError, said: str) -> int | None:
    if error.get_error_code() not in {libvirt.VIR_ERR_XML_DETAIL, libvirt.VIR_ERR_XML_ERROR, libvirt.VIR_ERR_XML_INVALID_SCHEMA}:
        return None
    found = re.search(r"(?:\([\w-]+\)|[Ll]ine):? ?(\d+)\b", said)
    return int(found.group(1)) if found else None
