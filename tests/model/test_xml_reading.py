"""Reading XML that others wrote."""

from __future__ import annotations

import contextlib
from xml.etree.ElementTree import fromstring

import pytest

from kvmtui.model.failure import Failure, FailureKind
from kvmtui.model.xml_reading import BrokenXml, at, attribute, child, children, content, number, read, scaled, size


@pytest.mark.parametrize(
    ("xml", "line"),
    [
        ("<domain>\n<name>x</nam>\n</domain>", 2),
        ("", None),
        ("no xml", 1),
        ("<network/>", 1),
        ("<domain>\n\n&nothing;</domain>", 3),
        ("<domain>\x01</domain>", 1),
    ],
)
def test_broken_xml_is_one_failure_with_the_line(xml: str, line: int | None) -> None:
    with pytest.raises(BrokenXml) as caught:
        read(xml)
    assert isinstance(caught.value, Failure)
    assert caught.value.kind is FailureKind.INVALID
    assert line is None or caught.value.line == line
    assert caught.value.said.isprintable()


def test_a_declared_encoding_does_not_matter_for_text() -> None:
    assert at(read("<?xml version='1.0' encoding='ISO-8859-1'?><domain><name>Grün</name></domain>"), "name") == "Grün"


def test_entities_of_a_document_are_not_read_from_files() -> None:
    bomb = "<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><domain><name>&x;</name><title>t</title></domain>"
    with pytest.raises(BrokenXml, match="undefined entity"):
        read(bomb)


def test_a_billion_laughs_do_not_grow() -> None:
    entities = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    xml = f"<!DOCTYPE domain [<!ENTITY l0 'ha'>{entities}]><domain><title>&l11;</title></domain>"
    with contextlib.suppress(BrokenXml):  # the parser may refuse it as well
        assert len(at(read(xml), "title")) < 100


def test_what_is_missing_is_empty() -> None:
    root = read("<domain/>")
    assert attribute(None, "x") == attribute(root, "x") == content(None) == content(root) == ""
    assert child(root, "a", "b") is None
    assert list(children(None)) == []
    assert at(root, "os/type@machine") == at(None, "x") == ""
    assert size(None) is None


def test_text_from_outside_is_made_printable() -> None:
    root = read("<domain name='a\u009bb'><title>\u202eevil</title></domain>")
    assert attribute(root, "name").isprintable()
    assert at(root, "title") == "\N{REPLACEMENT CHARACTER}evil"


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<m>1</m>", 1024),
        ("<m unit='KiB'>2</m>", 2048),
        ("<m unit='b'>7</m>", 7),
        ("<m unit='bytes'>7</m>", 7),
        ("<m unit='KB'>7</m>", 7000),
        ("<m unit='k'>1</m>", 1024),
        ("<m unit='M'>1</m>", 2**20),
        ("<m unit='MiB'>1</m>", 2**20),
        ("<m unit='MB'>1</m>", 10**6),
        ("<m unit='G'>1</m>", 2**30),
        ("<m unit='GB'>1</m>", 10**9),
        ("<m unit='TiB'>1</m>", 2**40),
        ("<m unit='pib'>1</m>", 2**50),
        ("<m unit='EiB'>1</m>", 2**60),
        ("<m unit='furlong'>1</m>", None),
        ("<m>much</m>", None),
        ("<m/>", None),
    ],
)
def test_sizes_come_out_in_bytes(xml: str, expected: int | None) -> None:
    assert size(fromstring(xml)) == expected


def test_numbers_may_be_hexadecimal() -> None:
    assert [number("12"), number("0x1f"), number(""), number("x"), number("0xzz")] == [12, 31, None, None, None]
    assert scaled(3, "MIB") == 3 * 2**20
