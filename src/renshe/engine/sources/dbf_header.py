"""The head of a DBF file: dBase III to IV, FoxPro 2.x and Visual FoxPro (types 0x03 to 0xFB; not dBase II and 7).

Layout by the published structures of the table file: 32 bytes of file header, 32 bytes per field, 0x0D, then records of
one fixed width that begin with their deletion flag. A head that contradicts itself is refused, because every value of
every record would be cut at the wrong place.

Invariant: the fields of a header fill its record exactly: 1 + the sum of the lengths = the record length.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from renshe.engine.sources.base import SourceError

VISUAL_FOXPRO = frozenset({0x30, 0x31, 0x32})
_TYPES = VISUAL_FOXPRO | frozenset({0x03, 0x43, 0x63, 0x83, 0x8B, 0x8E, 0xCB, 0xE5, 0xF5, 0xFB})
_KINDS = frozenset("CNFDLMGPWBIYT@O+VQ0")
_SYSTEM, _NULLABLE = 0x01, 0x02
_CODEPAGE_936 = frozenset({0x4D, 0x7A})


@dataclass(frozen=True, slots=True)
class DbfField:
    """One field: ``start`` is its place in the record; bits are places in the record's null flags (None: no bit)."""

    name: bytes
    kind: str
    start: int
    length: int
    system: bool = False
    null_bit: int | None = None
    short_bit: int | None = None


@dataclass(frozen=True, slots=True)
class DbfHeader:
    """What the head says. ``records`` is its own count, which a crashed program may have left behind."""

    version: int
    records: int
    length: int
    record_length: int
    is_codepage_936: bool
    fields: tuple[DbfField, ...]

    @property
    def columns(self) -> tuple[DbfField, ...]:
        """The fields that hold data: all but those that the program keeps for itself."""
        return tuple(field for field in self.fields if not field.system and field.kind != "0")


def looks_like_dbf(head: bytes) -> bool:
    """Tell whether the first bytes of a file (64 or more) are those of a DBF; text never has its zero bytes."""
    if len(head) < 64 or head[0] not in _TYPES or b"\0" not in head[:32]:
        return False
    length, record_length = struct.unpack_from("<HH", head, 8)
    return length >= 65 and record_length >= 2 and chr(head[43]) in _KINDS and head[32] not in (0, 0x0D)


def read_header(path: Path) -> DbfHeader:
    """Read the head of a DBF file; SourceError when it is damaged or of a kind that is not read."""
    with path.open("rb") as stream:
        head = stream.read(1 << 16)
    if len(head) < 33 or head[0] not in _TYPES:
        raise _damaged(path, "文件类型字节不是 dBase III/IV、FoxPro 或 Visual FoxPro")
    records, length, record_length = struct.unpack_from("<LHH", head, 4)
    if not 33 <= length <= len(head) or record_length < 2:
        raise _damaged(path, f"文件头长度 {length}、记录长度 {record_length} 不合理")
    fields = _fields(path, head[:length], record_length)
    return DbfHeader(head[0], records, length, record_length, head[29] in _CODEPAGE_936, fields)


def _fields(path: Path, head: bytes, record_length: int) -> tuple[DbfField, ...]:
    described: list[tuple[bytes, str, int, int, int]] = []
    for place in range(32, len(head) - 31, 32):
        if head[place] in (0x0D, 0x0A, 0x00):
            break
        name, kind = head[place : place + 11].split(b"\0", 1)[0], chr(head[place + 11])
        if kind not in _KINDS:
            raise _damaged(path, f"第 {len(described) + 1} 个字段的类型无法识别")
        described.append((name, kind, head[place + 16], head[place + 17], head[place + 18]))
    # FoxPro keeps the high byte of a long text field where others keep decimals: right is what fills the record.
    for long_text in (True, False):
        fields = _placed(described, head[0] in VISUAL_FOXPRO, long_text)
        if fields and fields[-1].start + fields[-1].length == record_length:
            return fields
    total = 1 + sum(item[2] for item in described)
    raise _damaged(path, f"各字段长度合计 {total}，与记录长度 {record_length} 不符")


def _placed(described: list[tuple[bytes, str, int, int, int]], foxpro: bool, long_text: bool) -> tuple[DbfField, ...]:
    fields = []
    start, bits = 1, 0
    for name, kind, low, high, flags in described:
        length = low | high << 8 if kind == "C" and long_text else low
        short_bit = null_bit = None
        if foxpro and kind in "VQ":
            short_bit, bits = bits, bits + 1
        if foxpro and flags & _NULLABLE:
            null_bit, bits = bits, bits + 1
        system = foxpro and bool(flags & _SYSTEM)
        fields.append(DbfField(name, kind, start, length, system, null_bit, short_bit))
        start += length
    return tuple(fields)


def _damaged(path: Path, what: str) -> SourceError:
    return SourceError(f"{path}：DBF 文件头损坏，{what}；请由原系统重新导出，或用 FoxPro 打开后另存")
