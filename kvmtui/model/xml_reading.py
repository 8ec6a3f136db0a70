"""Reading XML that others wrote: a safe parser, one error for what is broken, and small readers of what may be missing.

Everything that is returned as text has passed `text.printable`. What libvirt's elements mean is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element as Element
from xml.etree.ElementTree import ParseError, XMLParser, fromstring

from kvmtui.model.failure import Failure, FailureKind
from kvmtui.text import printable

_UNITS = {
    "b": 1, "byte": 1, "bytes": 1,
    "k": 2**10, "kib": 2**10, "m": 2**20, "mib": 2**20, "g": 2**30, "gib": 2**30, "t": 2**40, "tib": 2**40,
    "p": 2**50, "pib": 2**50, "e": 2**60, "eib": 2**60,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "pb": 10**15, "eb": 10**18,
}  # fmt: skip
"""libvirt's units of size (formatdomain, "Memory Allocation"), in lower case."""


class BrokenXml(Failure):
    """A text that is not well-formed XML, or not the document that it should be."""

    def __init__(self, said: str, line: int | None = None) -> None:
        super().__init__(FailureKind.INVALID, "read the XML", said, line=line)


def read(xml: str, root: str = "domain") -> Element:
    """Return the root element of `xml`; comments and processing instructions are left out.

    The standard library's parser fetches nothing, knows no external entities, and is a third of lxml's memory. What is parsed
    is text that was encoded here, whatever encoding it declares.

    Raises:
        BrokenXml: it is not well-formed, with the line; or its root has another name.
    """
    try:
        element = fromstring(xml.encode("utf-8", "replace"), XMLParser(encoding="utf-8"))  # noqa: S314
    except ParseError as error:
        raise BrokenXml(printable(str(error.msg).partition(": line ")[0]), error.position[0]) from None
    if element.tag != root:
        raise BrokenXml(f"The document is <{printable(str(element.tag))}>, not <{root}>.", 1)
    return element


def children(element: Element | None, *tags: str) -> Iterator[Element]:
    """Yield the child elements, of all or of the given tags; nothing for None."""
    if element is not None:
        yield from (inner for inner in element if not tags or inner.tag in tags)


def child(element: Element | None, *path: str) -> Element | None:
    """Return the first descendant on a path of tags, or None."""
    for tag in path:
        if element is None:
            return None
        element = element.find(tag)
    return element


def attribute(element: Element | None, name: str) -> str:
    """Return an attribute as printable text; empty when it, or the element, is missing."""
    value = None if element is None else element.get(name)
    return printable(value.strip()) if value else ""


def content(element: Element | None) -> str:
    """Return an element's own text on one line; empty when there is none."""
    value = None if element is None else element.text
    return printable(value.strip()) if value else ""


def at(element: Element | None, path: str) -> str:
    """Return what a path names: "target@dev" an attribute, "source/address" a text; empty when it is missing."""
    steps, _, name = path.partition("@")
    found = child(element, *filter(None, steps.split("/")))
    return attribute(found, name) if name else content(found)


def number(text: str) -> int | None:
    """Return a whole number, decimal or 0x; None when it is none."""
    try:
        return int(text, 16 if text[:2].lower() == "0x" else 10)
    except ValueError:
        return None


def size(element: Element | None, default_unit: str = "KiB", unit_name: str = "unit") -> int | None:
    """Return the bytes that an element speaks of: `<memory unit='MiB'>512</memory>`; None when it speaks of none."""
    if element is None:
        return None
    amount = number(content(element))
    return None if amount is None else scaled(amount, attribute(element, unit_name) or default_unit)


def scaled(amount: int, unit: str) -> int | None:
    """Return an amount of a unit in bytes; None for a unit that libvirt has not."""
    factor = _UNITS.get(unit.lower())
    return None if factor is None else amount * factor
