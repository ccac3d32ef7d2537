"""What a values reader loses of an XLS file: error cells, formulas and passwords, read from its records.

[MS-CFB] (compound file) for the way to the stream "Workbook", [MS-XLS] 2.4 for the records BoundSheet8, BoolErr,
Formula and FilePass. Only these are looked at; everything else is python-calamine's.

Invariant: a file that these structures do not fit gives no facts, never wrong ones; whether it is a workbook at all is
decided elsewhere.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from renshe.engine.sources.sheet_xml import SheetFacts

_BOUND_SHEET, _FILE_PASS, _BOOL_ERROR, _FORMULA, _END = 0x0085, 0x002F, 0x0205, 0x0006, 0x000A
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_LAST_SECTOR = 0xFFFFFFFA


@dataclass(slots=True)
class XlsFacts:
    """Per sheet (in workbook order): error cells as (row, column) from 0 -> text, and its formulas."""

    encrypted: bool = False
    errors: list[dict[tuple[int, int], str]] = field(default_factory=list)
    sheets: list[SheetFacts] = field(default_factory=list)


def xls_facts(content: bytes) -> XlsFacts:
    """Return the facts of an XLS file; none where it is too damaged to tell."""
    facts = XlsFacts()
    try:
        stream = _workbook_stream(content)
        for place, kind, body in _records(stream, 0):
            if kind == _FILE_PASS:
                facts.encrypted = True
                return facts
            if kind == _BOUND_SHEET and place:
                errors, formulas = _sheet_facts(stream, struct.unpack_from("<L", body)[0])
                facts.errors.append(errors)
                facts.sheets.append(formulas)
    except (struct.error, IndexError):
        return XlsFacts()
    return facts


def _sheet_facts(stream: bytes, start: int) -> tuple[dict[tuple[int, int], str], SheetFacts]:
    errors: dict[tuple[int, int], str] = {}
    formulas = SheetFacts()
    for _, kind, body in _records(stream, start):
        code = None
        if kind == _FORMULA:
            formulas.formulas += 1
            # A result that is no number has 0xFFFF at its end and its kind (2: error) at its beginning.
            if body[12:14] == b"\xff\xff" and body[6] == 2:
                code = body[8]
        elif kind == _BOOL_ERROR and body[7]:
            code = body[6]
        if code is not None:
            row, column = struct.unpack_from("<HH", body)
            errors[row, column] = _ERRORS.get(code, "#N/A")
    return errors, formulas


def _records(stream: bytes, place: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield (place, kind, body) of the records of one substream; charts nested in a sheet are passed over."""
    depth = 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        body = stream[place + 4 : place + 4 + length]
        if kind == 0x0809:
            depth += 1
        elif kind == _END:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield place, kind, body
        place += 4 + length


def _workbook_stream(content: bytes) -> bytes:
    """Return the stream "Workbook" of a compound file, b"" where there is none among its large streams."""
    size = 1 << struct.unpack_from("<H", content, 30)[0]
    table = _sector_table(content, size)
    directory = _chain(content, table, struct.unpack_from("<L", content, 48)[0], size)
    smallest = struct.unpack_from("<L", content, 56)[0]
    for place in range(0, len(directory) - 127, 128):
        entry = directory[place : place + 128]
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", "replace")
        first, length = struct.unpack_from("<LL", entry, 116)
        if name in ("Workbook", "Book") and length >= smallest:
            return _chain(content, table, first, size)[:length]
    return b""


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


def _chain(content: bytes, table: list[int], sector: int, size: int) -> bytes:
    parts: list[bytes] = []
    while sector < _LAST_SECTOR and len(parts) <= len(table):
        parts.append(content[(sector + 1) * size : (sector + 2) * size])
        sector = table[sector]
    return b"".join(parts)
