"""What is read of an opened domain besides its row: both its XMLs, what they mean, and QEMU's log."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kvmtui.backend.protocol import Host
from kvmtui.model.domain import Domain
from kvmtui.model.domain_spec import DomainSpec, parse_domain
from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.xml_diff import pending_changes


@dataclass(frozen=True, slots=True)
class Documents:
    """The XMLs of one domain at one moment, without secrets."""

    live: str = ""
    """The XML of the running domain; that of an inactive one is the persistent one. Empty until it was read."""
    persistent: str = ""
    """Empty for a transient domain."""
    spec: DomainSpec | None = None
    pending: tuple[str, ...] = ()
    """What a restart changes."""
    has_asked_for_secrets: bool = False
    """Whether libvirt was asked if the displays have passwords when `live` was new."""
    problem: str = ""
    """Why the last reading failed; what the one before found is still here."""


async def read_documents(host: Host, domain: Domain, known: Documents, *, with_secrets: bool) -> Documents:
    """Read a domain's XMLs; what did not change is taken from what is known.

    Args:
        host: the domain's host.
        domain: the domain as it is now.
        known: what the last reading found.
        with_secrets: whether libvirt may be asked for secrets, once per change of the XML, to learn whether displays have
            passwords. They are not kept.
    """
    uuid = domain.key.uuid
    try:
        live = await host.domain_xml(uuid)
        persistent = await host.domain_xml(uuid, is_inactive=True) if domain.is_persistent is not False else ""
        spec = known.spec
        if spec is None or (live, with_secrets) != (known.live, known.has_asked_for_secrets):
            spec = parse_domain(live, secure=await _with_secrets(host, uuid) if with_secrets else "")
        is_compared = domain.is_active and bool(persistent)
        if (live, persistent) != (known.live, known.persistent):
            pending = pending_changes(live, persistent) if is_compared else ()
        else:
            pending = known.pending
    except Failure as failure:
        return replace(known, problem=str(failure))
    return Documents(live, persistent, known.spec if spec == known.spec else spec, pending, with_secrets)


async def read_log(host: Host, name: str) -> tuple[str, str]:
    """Return the end of a domain's QEMU log and why it cannot be read, one of them empty."""
    try:
        return await host.qemu_log(name), ""
    except Failure as failure:
        return "", str(failure)


async def _with_secrets(host: Host, uuid: str) -> str:
    try:
        return await host.domain_xml(uuid, is_secure=True)
    except Failure as failure:
        if failure.kind in {FailureKind.DENIED, FailureKind.READ_ONLY, FailureKind.UNSUPPORTED}:
            return ""
        raise
