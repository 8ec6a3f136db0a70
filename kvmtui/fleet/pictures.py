"""A guest's screen as a PNG file. Formats: Netpbm's ppm(5), PNG specification (ISO/IEC 15948)."""

from __future__ import annotations

import re
import struct
import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PPM_HEADER = re.compile(rb"P6\s(?:\s*#[^\n]*\n)*\s*(\d+)\s(?:\s*#[^\n]*\n)*\s*(\d+)\s(?:\s*#[^\n]*\n)*\s*(\d+)\s")


def as_png(image: bytes) -> bytes:
    """Return an image, PNG or binary PPM with 8 bits a sample, as PNG.

    Raises:
        ValueError: it is neither.
    """
    return image if image.startswith(PNG_SIGNATURE) else png_from_ppm(image)


def png_from_ppm(image: bytes) -> bytes:
    """Return a binary PPM ("P6", 8 bits a sample) as PNG.

    Raises:
        ValueError: it is none, or shorter than it says.
    """
    header = _PPM_HEADER.match(image)
    if not header:
        raise ValueError("the picture is neither PNG nor PPM")
    width, height, brightest = (int(number) for number in header.groups())
    pixels = memoryview(image)[header.end() :]
    stride = width * 3
    if not width or not height or brightest != 255 or len(pixels) < stride * height:
        raise ValueError("the picture is not whole, or not of 8 bits a colour")
    lines = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, stride * height, stride))
    shape = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG_SIGNATURE + _chunk(b"IHDR", shape) + _chunk(b"IDAT", zlib.compress(lines, 6)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
