"""Which encoding a text file is in, and its bytes as a stream in which line ends, commas and quotes are single bytes.

Business rule: extracts come as UTF-8, UTF-16 or GB18030 (of which GBK and GB2312 are parts; rare characters of names
stand in its four-byte or private-use forms). A few damaged bytes do not change what a file is: the share of bytes that
fit decides, over a sample from beginning, middle and end. What is no text at all is refused with a remedy.

Invariant: nothing is decoded loosely. ``decode_line`` either returns exactly what the bytes say, or says at which byte
they stop saying anything.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

import numpy as np

from renshe.engine.sources.base import SourceError, unreadable

Encoding = Literal["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gb18030"]

_NAMES: dict[str, Encoding] = {
    **dict.fromkeys(("utf8", "utf_8", "ascii", "us_ascii"), "utf-8"),
    **dict.fromkeys(("utf_8_sig", "utf8_sig"), "utf-8-sig"),
    **dict.fromkeys(("gb18030", "gbk", "gb2312", "cp936", "ms936", "gb_2312_80", "ansi", "euc_cn"), "gb18030"),
    **dict.fromkeys(("utf_16_le", "utf_16le", "utf16le", "utf16_le"), "utf-16-le"),
    **dict.fromkeys(("utf_16_be", "utf_16be", "utf16be", "utf16_be"), "utf-16-be"),
}
_MARKS: dict[Encoding, bytes] = {
    "utf-8-sig": codecs.BOM_UTF8,
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "gb18030": b"\x84\x31\x95\x33",
}
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "是 xlsx、ods 或压缩包；请按真实格式改扩展名，压缩包请先解压"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "是 xls 工作簿；请把扩展名改为 xls"),
    (b"PAR1", "是 Parquet；请把扩展名改为 parquet"),
    (b"%PDF", "是 PDF；请导出为 csv 或 xlsx"),
    (b"\x1f\x8b", "是 gzip 压缩文件；请先解压"),
    (b"7z\xbc\xaf\x27\x1c", "是 7z 压缩文件；请先解压"),
    (b"Rar!", "是 rar 压缩文件；请先解压"),
    (b"SQLite format 3\x00", "是 SQLite 数据库；请用 url 接入"),
    (b"{\\rtf", "是 RTF 文档；请导出为 csv 或 xlsx"),
    (b"\xff\xfe\x00\x00", "是 UTF-32 编码；请另存为 UTF-8"),
)
_UTF16 = ("utf-16-le", "utf-16-be")
# Stands before the odd last byte of a UTF-16 file, in a stream of UTF-8, where no character has it.
_ODD = b"\xff"
_WHOLE = 4 << 20
_PIECE = 64 << 10
_PIECES = 16
_SCAN = 8 << 20
_FEW = 64
_SURE = 24
_CHARACTERS = 50_000
_LINES = 2000
_MANY = 0.5
_MISFIT_GB18030 = 0.3
_CONTROLS = bytes(set(range(32)) - set(b"\0\x01\t\n\x0b\x0c\r\x1a\x1c\x1d\x1e\x1f"))


@dataclass(frozen=True, slots=True)
class Sample:
    """Pieces of a file with the offset of each; ``size`` is that of the whole file, in bytes."""

    pieces: tuple[tuple[int, bytes], ...]
    size: int

    def lines(self, encoding: Encoding) -> list[str]:
        """Return up to some 2000 filled lines from all pieces, loosely decoded, without their line ends."""
        lines: list[str] = []
        for offset, piece in self.pieces:
            text = piece.decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
            parts = text.split("\n")
            if offset + len(piece) < self.size and len(parts) > 1:
                parts.pop()
            lines.extend(line for line in parts[1 if offset else 0 :] if line.strip())
        return lines[:: len(lines) // _LINES + 1]


class ByteStream(Protocol):
    """What ``open_stream`` returns."""

    def read(self, size: int, /) -> bytes:
        """Return about ``size`` bytes, b"" only at the end."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def take_sample(path: Path) -> Sample:
    """Read a small file whole, a large one in 16 pieces from beginning to end. SourceError where it cannot be read."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            if size <= _WHOLE:
                return Sample(((0, stream.read()),), size)
            pieces = []
            for at in range(_PIECES):
                offset = (size - _PIECE) * at // (_PIECES - 1) & ~1
                stream.seek(offset)
                pieces.append((offset, stream.read(_PIECE)))
            return Sample(tuple(pieces), size)
    except OSError as exc:
        raise unreadable(path, exc) from exc


def find_encoding(path: Path, sample: Sample, given: str | None = None) -> Encoding:
    """Return the encoding of a text file; ``given`` (any usual name) wins. SourceError where it is no text."""
    head = sample.pieces[0][1]
    if given is not None:
        return _given(path, given, sample)
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise SourceError(f"{path}：不是文本文件，{what}")
    if head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<html", b"<!doctype", b"<table", b"<?xml")):
        raise SourceError(f"{path}：是网页或 XML 表格，不是分隔文本；请用 Excel 或 WPS 打开后另存为 xlsx")
    for encoding, mark in _MARKS.items():
        if head.startswith(mark):
            return encoding
    return _utf16_by_zeros(sample) or _by_fit(path, sample)


def refuse_misfit(path: Path, data: bytes, encoding: Encoding, given: str) -> None:
    """Refuse an encoding that the project names and the file contradicts: SourceError that names the setting.

    ``data`` is a sample of the file. A named encoding wins wherever the file may be in it, however damaged; it loses
    where a good part of the text does not fit, or where UTF-8 fits what would be other characters throughout.
    """
    if encoding in _UTF16:
        marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        wrong = not marked and b"\n" in data and "\n" not in data[: len(data) & ~1].decode(encoding, "replace")
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        wrong = True
    else:
        beyond = len(data) - len(data.translate(None, bytes(range(128, 256))))
        misfits, text = _misfits(data, "utf-8")
        whole = misfits <= beyond // 100 and sum(char >= "\u0800" for char in text) * 4 >= beyond
        wrong = beyond >= _SURE and (
            _misfits(data, encoding)[0] > _MISFIT_GB18030 * beyond if encoding != "gb18030" else whole
        )
    if wrong:
        raise SourceError(f"{path}：内容不是 {given}，多半是 encoding = “{given}” 写错了；请改正，或删去它由程序识别")


def mark_length(head: bytes, encoding: Encoding) -> int:
    """Return the length of the byte order mark that a file in this encoding begins with, 0 where there is none."""
    return len(_MARKS[encoding]) if head.startswith(_MARKS[encoding]) else 0


def open_stream(path: Path, encoding: Encoding) -> ByteStream:
    """Open a file behind its byte order mark; UTF-16 comes as UTF-8, everything else as it stands.

    A lone surrogate of UTF-16 comes as the three bytes that UTF-8 forbids, an odd last byte as 0xFF and its value in
    two digits, so that strict decoding finds both again.
    """
    stream = path.open("rb")
    stream.seek(mark_length(stream.read(4), encoding))
    return _Utf16Stream(stream, encoding) if encoding in _UTF16 else stream


def stream_encoding(encoding: Encoding) -> Literal["utf-8", "gb18030"]:
    """Return the encoding of the bytes that ``open_stream`` yields."""
    return "gb18030" if encoding == "gb18030" else "utf-8"


def decode_line(raw: bytes, encoding: Encoding) -> tuple[str, str | None]:
    """Return a line of the stream as text, and what is wrong with it (None: it is exactly what the bytes say).

    Where bytes cannot be decoded, they stand in the text as ``\\xNN``.
    """
    codec = stream_encoding(encoding)
    try:
        return raw.decode(codec), None
    except UnicodeDecodeError as exc:
        place = len(original_bytes(raw[: exc.start], encoding)) + 1
    shown = codec if encoding not in _UTF16 else encoding
    text = original_bytes(raw, encoding).decode(shown, "backslashreplace")
    return text, f"第{place}字节起无法按{encoding.upper().removesuffix('-SIG')}解码"


def original_bytes(raw: bytes, encoding: Encoding) -> bytes:
    """Return the bytes of the file for a line (or its beginning, up to a whole character) of the stream."""
    if encoding not in _UTF16:
        return raw
    text, _, odd = raw.partition(_ODD)
    return text.decode("utf-8", "surrogatepass").encode(encoding, "surrogatepass") + bytes.fromhex(odd.decode())


class _Utf16Stream:
    """UTF-16 read as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: Encoding) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")

    def read(self, size: int, /) -> bytes:
        while chunk := self._stream.read(size):
            if text := self._decoder.decode(chunk):
                return text.encode("utf-8", "surrogatepass")
        rest = self._decoder.getstate()[0]
        self._decoder.reset()
        even = len(rest) & ~1
        last = self._decoder.decode(rest[:even], final=True).encode("utf-8", "surrogatepass")
        return last + b"".join(_ODD + b"%02x" % byte for byte in rest[even:])

    def close(self) -> None:
        self._stream.close()


def _given(path: Path, given: str, sample: Sample) -> Encoding:
    name = given.strip().lower().replace("-", "_").replace(" ", "_")
    if name in ("utf_16", "utf16", "unicode"):
        big = sample.pieces[0][1].startswith(codecs.BOM_UTF16_BE) or _utf16_by_zeros(sample) == "utf-16-be"
        return "utf-16-be" if big else "utf-16-le"
    if name not in _NAMES:
        raise SourceError(
            f"{path}：不支持的编码“{given}”；encoding 可写 utf-8、utf-16、gb18030（含 gbk、gb2312），或删去由程序识别"
        )
    return _NAMES[name]


def _utf16_by_zeros(sample: Sample) -> Encoding | None:
    """Recognise UTF-16 without a mark: digits, commas and line ends have one zero byte, always on the same side."""
    data = np.frombuffer(sample.pieces[0][1], np.uint8)[: _PIECE & ~1]
    if data.size < 4:
        return None
    even, odd = (np.mean(data[side : data.size & ~1 : 2] == 0) for side in (0, 1))
    if max(even, odd) < 0.1 or min(even, odd) > max(even, odd) / 20:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _by_fit(path: Path, sample: Sample) -> Encoding:
    """Choose between UTF-8 and GB18030 by the share of bytes beyond ASCII that fit."""
    data = b"\n".join(piece for _, piece in sample.pieces)
    content = data.replace(b"\0", b"")
    if len(content) - len(content.translate(None, _CONTROLS)) > len(content) // 50:
        raise _unknown(path)
    if data.isascii():
        data = _first_beyond_ascii(path, sample)
    beyond = len(data) - len(data.translate(None, bytes(range(128, 256))))
    if not beyond:
        return "utf-8"
    misfits, text = _misfits(data, "utf-8")
    if misfits and beyond < _FEW and not _misfits(data, "gb18030")[0]:
        # A name or two: what is whole in the one and broken in the other is the one.
        return "gb18030"
    some = text[:: len(text) // _CHARACTERS + 1]
    wide = sum(1 for char in some if char >= "\u0800" and char != "\ufffd")
    narrow = sum(1 for char in some if "\x80" <= char < "\u0800")
    if misfits < _MANY * beyond and wide >= narrow:
        return "utf-8"
    if _misfits(data, "gb18030")[0] < _MISFIT_GB18030 * beyond:
        return "gb18030"
    raise _unknown(path)


def _unknown(path: Path) -> SourceError:
    return SourceError(
        f"{path}：不是 UTF-8、UTF-16 或 GB18030 文本（可能是二进制文件）；请核对文件，或由原系统重新导出为 csv 或 xlsx"
    )


def _first_beyond_ascii(path: Path, sample: Sample) -> bytes:
    """Return the first block of a file that is not plain ASCII, b"" where all of it is."""
    if len(sample.pieces) == 1:
        return b""
    with path.open("rb") as stream:
        while block := stream.read(_SCAN):
            if not block.isascii():
                return block + stream.read(8)
    return b""


def _misfits(data: bytes, encoding: str) -> tuple[int, str]:
    """Return how many places of the data do not fit an encoding, and the text with U+FFFD at those places."""
    text = data.decode(encoding, "replace")
    return text.count("\ufffd"), text
