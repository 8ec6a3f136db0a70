"""Files that actions write, and pictures."""

import struct
import zlib
from pathlib import Path

import pytest

from kvmtui.fleet.actions import ACTIONS
from kvmtui.fleet.files import path_for, write_atomically
from kvmtui.fleet.pictures import as_png, png_from_ppm
from kvmtui.model.failure import Failure, FailureKind
from tests.fakes import domain, fleet_of


@pytest.mark.parametrize(
    ("name", "file"),
    [("db01", "db01.png"), ("../../etc/x", "_.._etc_x.png"), ("a b", "a_b.png"), (".hidden", "hidden.png")],
)
def test_a_name_becomes_a_harmless_file_name(name: str, file: str) -> None:
    assert path_for("{name}.png", domain(name)) == Path(file)


def test_a_name_of_nothing_usable_gives_way_to_the_uuid() -> None:
    target = domain("...")
    assert path_for("{name}.png", target) == Path(f"{target.key.uuid}.png")


def test_a_file_is_replaced_as_a_whole_with_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "x.xml"
    file.write_text("old and longer")
    write_atomically(file, b"new", 0o600, "save it")
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_written_is_a_failure_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "inside").touch()
    with pytest.raises(Failure, match="Could not save it"):
        write_atomically(folder, b"new", 0o600, "save it")
    with pytest.raises(Failure, match="No such file"):
        write_atomically(tmp_path / "missing" / "x", b"new", 0o600, "save it")
    assert list(tmp_path.iterdir()) == [folder]


def _decoded(png: bytes) -> tuple[tuple[int, int], bytes]:
    """Return size and lines of a PNG as this program writes it, with each chunk's checksum checked."""
    place, data, size = 8, b"", (0, 0)
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        kind, content = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", png, place + 8 + length)[0] == zlib.crc32(kind + content)
        size = struct.unpack(">II", content[:8]) if kind == b"IHDR" else size
        data += content if kind == b"IDAT" else b""
        place += length + 12
    return size, zlib.decompress(data)


@pytest.mark.parametrize("header", [b"P6\n2 2\n255\n", b"P6 2 2 255 ", b"P6\n# a remark\n2 2\n255\n"])
def test_a_ppm_becomes_a_png_with_the_same_pixels(header: bytes) -> None:
    size, lines = _decoded(png_from_ppm(header + bytes(range(12))))
    assert size == (2, 2)
    assert lines == b"\0" + bytes(range(6)) + b"\0" + bytes(range(6, 12))


def test_a_png_stays_as_it_is() -> None:
    png = png_from_ppm(b"P6 1 1 255 abc")
    assert as_png(png) is png


@pytest.mark.parametrize("image", [b"", b"GIF89a", b"P6 2 2 255 short", b"P6 0 0 255 ", b"P6 1 1 65535 abcdef"])
def test_what_is_no_picture_is_refused(image: bytes) -> None:
    with pytest.raises(ValueError, match="the picture"):
        as_png(image)


async def test_the_screen_is_saved_as_png(tmp_path: Path) -> None:
    target = domain("web")
    _, host = fleet_of(target)
    file = tmp_path / "web.png"
    said = await ACTIONS["domain.screenshot"].run(host, target, {"file": str(file)}, lambda _job: None)
    assert said == f"screen saved in {file}"
    assert file.read_bytes().startswith(b"\x89PNG")


async def test_the_xml_is_saved_for_its_user_alone(tmp_path: Path) -> None:
    target = domain("web")
    _, host = fleet_of(target)
    file = tmp_path / "web.xml"
    await ACTIONS["domain.dump_xml"].run(host, target, {"file": str(file)}, lambda _job: None)
    assert file.read_text() == await host.domain_xml(target.key.uuid)
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_file_in_a_missing_folder_fails_in_words(tmp_path: Path) -> None:
    target = domain("web")
    _, host = fleet_of(target)
    with pytest.raises(Failure) as caught:
        await ACTIONS["domain.dump_xml"].run(host, target, {"file": str(tmp_path / "a" / "b")}, lambda _job: None)
    assert caught.value.kind is FailureKind.OTHER
    assert str(caught.value).startswith("Could not save the XML of web: ")
