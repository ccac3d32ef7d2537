"""What a values reader loses of an XLS file: error cells, formulas and passwords, read from its records.

[MS-CFB] (compound file) for the way to the stream "Workbook", [MS-XLS] 2.4 for the records BoundSheet8, BoolErr,
Formula and FilePass. Only these are looked at; everything else is python-calamine's.

They are also looked at before calamine is, because it sets aside memory for whatever size a sheet claims to have, and
a claim of four billion rows ends the process.

Invariant: a file that these structures do not fit is damaged, and no sheet is larger than its format allows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from renshe.engine.sources.sheet_xml import SheetFacts

_BOUND_SHEET, _FILE_PASS, _DIMENSIONS, _BOOL_ERROR, _FORMULA = 0x0085, 0x002F, 0x0200, 0x0205, 0x0006
_MERGED_CELLS = 0x00E5
_BEGIN, _END = 0x0809, 0x000A
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_MAX_ROWS, _MAX_COLUMNS = 65_536, 256
_LAST_SECTOR = 0xFFFFFFFA
_MINI_SECTOR = 64


class XlsDamage(ValueError):
    """The bytes are not those of an XLS workbook."""


@dataclass(slots=True)
class XlsFacts:
    """Per sheet (in workbook order): error cells as (row, column) from 0 -> text, and its formulas."""

    encrypted: bool = False
    errors: list[dict[tuple[int, int], str]] = field(default_factory=list)
    sheets: list[SheetFacts] = field(default_factory=list)


def xls_facts(content: bytes) -> XlsFacts:
    """Return the facts of an XLS file; XlsDamage where its structures contradict themselves."""
    facts = XlsFacts()
    try:
        stream = _workbook_stream(content)
        for kind, body in _records(stream, 0):
            if kind == _FILE_PASS:
                return XlsFacts(encrypted=True)
            if kind == _BOUND_SHEET:
                errors, formulas = _sheet_facts(stream, struct.unpack_from("<L", body)[0])
                facts.errors.append(errors)
                facts.sheets.append(formulas)
    except (struct.error, IndexError) as exc:
        raise XlsDamage("structures cut short") from exc
    return facts


def _sheet_facts(stream: bytes, start: int) -> tuple[dict[tuple[int, int], str], SheetFacts]:
    errors: dict[tuple[int, int], str] = {}
    formulas = SheetFacts()
    for kind, body in _records(stream, start):
        code = None
        if kind == _MERGED_CELLS:
            (count,) = struct.unpack_from("<H", body)
            for first, last, column, _ in struct.iter_unpack("<4H", body[2 : 2 + 8 * count]):
                if last > first:
                    formulas.merged.append((first + 1, last + 1, column))
        if kind == _FORMULA:
            row, column = struct.unpack_from("<HH", body)
            formulas.formula(row + 1, column, empty=False)
            # A result that is no number has 0xFFFF at its end and its kind (2: error) at its beginning.
            if body[12:14] == b"\xff\xff" and body[6] == 2:
                code = body[8]
        elif kind == _BOOL_ERROR and body[7]:
            code = body[6]
        elif kind == _DIMENSIONS:
            _check_dimensions(body)
        if code is not None:
            row, column = struct.unpack_from("<HH", body)
            errors[row, column] = _ERRORS.get(code, "#N/A")
    return errors, formulas


def _check_dimensions(body: bytes) -> None:
    # Rows take two bytes each before Excel 97.
    _, rows, _, columns = struct.unpack_from("<LLHH" if len(body) >= 14 else "<HHHH", body)
    if rows > _MAX_ROWS or columns > _MAX_COLUMNS:
        raise XlsDamage(f"sheet of {rows} rows and {columns} columns")


def _records(stream: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """Yield (kind, body) of the records of one substream; charts nested in a sheet are passed over."""
    depth = 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        body = stream[place + 4 : place + 4 + length]
        if kind == _BEGIN:
            depth += 1
        elif kind == _END:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, body
        place += 4 + length


def _workbook_stream(content: bytes) -> bytes:
    """Return the stream "Workbook" of a compound file; XlsDamage where there is none."""
    size = 1 << struct.unpack_from("<H", content, 30)[0]
    table = _sector_table(content, size)
    start, _, smallest, small_start = struct.unpack_from("<4L", content, 48)
    directory = _chain(content, table, start, size, size)
    for place in range(0, len(directory) - 127, 128):
        entry = directory[place : place + 128]
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", "replace")
        first, length = struct.unpack_from("<LL", entry, 116)
        if name not in ("Workbook", "Book"):
            continue
        if length >= smallest:
            return _chain(content, table, first, size, size)[:length]
        # Short streams lie in sectors of their own inside the stream of the root entry.
        links = _chain(content, table, small_start, size, size)
        small_table = list(struct.unpack(f"<{len(links) // 4}L", links))
        inside = _chain(content, table, struct.unpack_from("<L", directory, 116)[0], size, size)
        return _chain(inside, small_table, first, _MINI_SECTOR, 0)[:length]
    raise XlsDamage("no workbook stream")


def _sector_table(content: bytes, size: int) -> list[int]:
    """Return the table that links each sector of a compound file to the next."""
    sectors = list(struct.unpack_from("<109L", content, 76))
    following, more = struct.unpack_from("<LL", content, 68)
    for _ in range(min(more, len(content) // size)):
        if following >= _LAST_SECTOR:
            break
        links = struct.unpack_from(f"<{size // 4}L", content, (following + 1) * size)
        sectors += links[:-1]
        following = links[-1]
    table: list[int] = []
    for sector in sectors:
        if sector < _LAST_SECTOR:
            table += struct.unpack_from(f"<{size // 4}L", content, (sector + 1) * size)
    return table


def _chain(content: bytes, table: list[int], sector: int, size: int, offset: int) -> bytes:
    """Return the sectors that follow one another from ``sector`` on; the first of all lies at ``offset``."""
    parts: list[bytes] = []
    while sector < _LAST_SECTOR:
        if len(parts) > len(table):
            raise XlsDamage("sectors in a circle")
        parts.append(content[offset + sector * size : offset + (sector + 1) * size])
        sector = table[sector]
    return b"".join(parts)
