"""A domain's tags as they lie in its metadata. Writing only: what reads XML is `domain_xml`."""

from __future__ import annotations

from collections.abc import Sequence

TAGS_NAMESPACE = "https://kvmtui.org/xmlns/tags/1.0"
"""The namespace of the metadata element that holds them."""
TAGS_PREFIX = "kvmtui"
"""The prefix that libvirt puts before the element when it stores it."""


def tags_element(tags: Sequence[str]) -> str | None:
    """Return the element for virDomainSetMetadata, without a namespace as libvirt wants; None removes it."""
    return "<tags>" + "".join(f"<tag>{_escaped(tag)}</tag>" for tag in tags) + "</tags>" if tags else None


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # xml.sax's own drags a web client in
