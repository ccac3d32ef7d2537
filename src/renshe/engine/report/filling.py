"""Rows put into a workbook's empty sheets: DuckDB makes the XML of whole rows, and blocks of it go to the file.

A writer that is handed cells takes some 20 µs for a row and holds the interpreter's lock meanwhile. In most rows
nothing needs escaping; those are one expression in DuckDB. The few others are made here, by the same pattern.

Invariant: a cell is a value, never a formula; an empty cell is not written: its column tells its style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

import duckdb
import pyarrow as pa

from renshe.engine.report.sheets import NUMBERS, Column, Piece, literal

# Rows of four texts that Excel just admits are below the 2 GB of an Arrow array.
_BATCH = 4_000
# What XML or a workbook takes for something else, and blanks at either end (texts stand between line feeds). What no
# XML may hold is written _x0001_, as Excel does; what looks like that is written so that it does not.
_CONTROL = r"[\x00-\x08\x0B-\x1F\x{FFFE}\x{FFFF}]"
_ESCAPED = r"_x[0-9A-Fa-f]{4}_"
_SPECIAL = rf"[&<>]|{_CONTROL}|{_ESCAPED}|\n\s|\s\n"
_ILLEGAL = re.compile(_CONTROL.replace(r"\x{FFFE}\x{FFFF}", "\ufffe\uffff"))
_BLANKS = frozenset(" \t\n")
_HEADER = re.compile(r'<c r="([A-Z]+)1"')
_STYLED = re.compile(r'<col min="(\d+)" max="(\d+)"[^>]* style="(\d+)"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """An empty sheet as written: what stands before its rows, what after, and how the cells of a column are written."""

    head: str
    tail: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """The XML of a column's cells: before the row number, then before the value, after it.

    ``kept``: what stands before a value that begins or ends with blanks. ``same``: the value of all, if it is one.
    """

    begins: str
    between: str
    kept: str
    ends: str
    same: str | None

    def after_number(self, value: str) -> str:
        """Return what stands after the row number."""
        before = self.kept if {value[0], value[-1]} & _BLANKS else self.between
        return f"{before}{_escaped(value)}{self.ends}"


def empty_sheet(text: str, piece: Piece) -> Sheet:
    """Take the sheet of ``piece`` apart that was written with its header, its columns' styles and rows of nothing."""
    head, tail = text[: text.index("</row>") + len("</row>")], text[text.index("</sheetData>") :]
    styles = {at: style for first, last, style in _STYLED.findall(head) for at in range(int(first), int(last) + 1)}
    letters = _HEADER.findall(head)
    cells = [
        _cell(letter, styles[at], column)
        for at, (letter, column) in enumerate(zip(letters, piece.rows_of.columns, strict=True), 1)
    ]
    head = re.sub('<dimension ref="[^"]+"', f'<dimension ref="A1:{letters[-1]}{piece.rows + 1}"', head, count=1)
    return Sheet(head, tail, tuple(cells))


def _cell(letters: str, style: str, column: Column) -> Cell:
    begins, told = f'<c r="{letters}', f'" s="{style}"'
    if column.style in NUMBERS:
        return Cell(begins, f"{told}><v>", f"{told}><v>", "</v></c>", column.same)
    told += ' t="inlineStr"><is><t'
    return Cell(begins, f"{told}>", f'{told} xml:space="preserve">', "</t></is></c>", column.same)


def varying(piece: Piece) -> dict[Column, str]:
    """Return the columns of ``piece`` that differ from row to row, each with its name in SQL."""
    return {column: f"c{at}" for at, column in enumerate(piece.rows_of.columns) if column.same is None}


def fill_sheet(
    con: duckdb.DuckDBPyConnection,
    sheet: Sheet,
    piece: Piece,
    file: IO[bytes],
    height: str,
    advance: Callable[[int], None],
) -> None:
    """Write ``sheet`` with the rows of ``piece`` to ``file``; ``advance`` is told of every block of rows.

    ``height``: SQL of a row's height in points, where its texts are ``c0``, ``c1`` …; empty where none is told.
    """
    file.write(sheet.head.encode())
    for batch in con.sql(_rows_sql(piece, sheet.cells, height)).to_arrow_reader(_BATCH):
        file.write(_block(batch.column(0), batch.column(1), sheet.cells))
        advance(batch.num_rows)
    file.write(sheet.tail.encode())


def _rows_sql(piece: Piece, cells: Sequence[Cell], height: str) -> str:
    """Return the SQL of a piece's rows: the XML of each or, where something needs escaping, its texts.

    The texts are row number, attributes of height, then the cells that differ from row to row.
    """
    names = varying(piece)
    texts = ", ".join(name for column, name in names.items() if column.style not in NUMBERS)
    made = "".join(
        f", {_cell_sql(cell, names.get(column, ''))}"
        for column, cell in zip(piece.rows_of.columns, cells, strict=True)
        if cell.same != ""
    )
    told = f"""' ht="' || ({height}) || '" customHeight="1"'""" if height else "''"
    given = ", ".join(f"{name}::varchar" for name in names.values())
    return f"""
        select case when not special then concat('<row r="', n, '"', told, '>'{made}, '</row>') end,
            case when special then [n, told, {given}] end
        from (
            select *, {told} told, regexp_matches(concat_ws(chr(10), '', {texts}, ''), '{_SPECIAL}') special
            from ({piece.numbered_query}) t(n, {", ".join(names.values())}))"""


def _cell_sql(cell: Cell, name: str) -> str:
    """Return the SQL of a cell's XML, for ``concat``: null, and so left out, where the value ``name`` is."""
    if cell.same is not None:
        return f"'{cell.begins}', n, {literal(cell.after_number(cell.same))}"
    return f"'{cell.begins}' || n || '{cell.between}' || {name} || '{cell.ends}'"


def _block(made: pa.Array, given: pa.Array, cells: Sequence[Cell]) -> memoryview | bytes:
    """Return the XML of a block of rows: as ``made`` in DuckDB, else of the texts ``given``."""
    if made.null_count:
        rows = zip(made.to_pylist(), given.to_pylist(), strict=True)
        return "".join(_row(texts, cells) if xml is None else xml for xml, texts in rows).encode()
    _, offsets, data = made.buffers()
    places = memoryview(offsets).cast("i")
    return memoryview(data)[places[made.offset] : places[made.offset + len(made)]]


def _row(texts: Sequence[str | None], cells: Sequence[Cell]) -> str:
    number, told, *differing = texts
    values = iter(differing)
    row = [
        f"{cell.begins}{number}{cell.after_number(value)}"
        for cell in cells
        if (value := next(values) if cell.same is None else cell.same)
    ]
    return f'<row r="{number}"{told}>{"".join(row)}</row>'


def _escaped(text: str) -> str:
    legal = _ILLEGAL.sub(lambda found: f"_x{ord(found[0]):04X}_", re.sub(f"(?={_ESCAPED})", "_x005F", text))
    return legal.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
