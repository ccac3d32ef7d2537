"""Pictures, looked through part by part: whole, of a size that fits into memory, with nothing behind.

Rule (规范附件内容, S1-13): scans and photographs, as scanners and telephones make them.

Invariant: no picture is unpacked here; its parts tell all that is needed.
"""

from __future__ import annotations

import zlib

from renshe.core.filing.findings import Dangerous, Unknown
from renshe.core.filing.limits import limits

# Start of frame: the segments of a JPEG that tell its size.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def examine_png(content: bytes) -> None:
    """Dangerous or Unknown where a PNG is not whole, too large, or has something behind."""
    at, first = 8, True
    while at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4])
        kind, end = content[at + 4 : at + 8], at + 12 + size
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            raise Unknown
        if first:
            if kind != b"IHDR" or size != 13:
                raise Unknown
            _fits(int.from_bytes(content[at + 8 : at + 12]), int.from_bytes(content[at + 12 : at + 16]))
        first, at = False, end
        if kind == b"IEND":
            if content[end:].strip(b"\x00\r\n"):
                raise Dangerous("图片后面夹带了其他内容")
            return
    raise Unknown


def examine_jpeg(content: bytes) -> None:
    """Dangerous or Unknown where a JPEG is not whole or too large. What telephones add behind it may stay."""
    at, framed = 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        mark = content[at + 1]
        if mark == 0xFF:
            at += 1
            continue
        size = int.from_bytes(content[at + 2 : at + 4])
        if mark in _FRAMES:
            _fits(int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7]))
            framed = True
        at += 2 + size
        if mark == 0xDA:
            if framed and content.find(b"\xff\xd9", at) >= 0:
                return
            break
    raise Unknown


def _fits(width: int, height: int) -> None:
    if not width or not height:
        raise Unknown
    if width * height > limits().pixels:
        raise Dangerous("像素过多")
