"""Builders of the workbooks and DBF files that the tests of the readers read."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from renshe.engine.sources.base import Reader

Grid = Sequence[Sequence[Any]]
WriteBook = Callable[..., Path]


def _openpyxl(path: Path, sheets: dict[str, Grid]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for at, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                if value is not None:
                    sheet.cell(at, column, value)
    book.save(path)


def _xlsxwriter(path: Path, sheets: dict[str, Grid]) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(at, column, value)
                    elif value is not None:
                        sheet.write(at, column, value)


def _xlwt(path: Path, sheets: dict[str, Grid]) -> None:
    book = xlwt.Workbook()
    date = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, dt.date):
                    sheet.write(at, column, value, date)
                elif value is not None:
                    sheet.write(at, column, value)
    book.save(str(path))


def _ods_cell(value: Any) -> TableCell:
    if value is None:
        return TableCell()
    if isinstance(value, bool):
        cell = TableCell(valuetype="boolean", booleanvalue="true" if value else "false")
    elif isinstance(value, int | float):
        cell = TableCell(valuetype="float", value=str(value))
    elif isinstance(value, dt.date):
        cell = TableCell(valuetype="date", datevalue=value.isoformat())
    else:
        cell = TableCell(valuetype="string")
    for line in str(value).split("\n"):
        cell.addElement(P(text=line))
    return cell


def _odfpy(path: Path, sheets: dict[str, Grid]) -> None:
    book = OpenDocumentSpreadsheet()
    for name, rows in sheets.items():
        table = Table(name=name)
        for row in rows:
            line = TableRow()
            for value in row:
                line.addElement(_ods_cell(value))
            table.addElement(line)
        book.spreadsheet.addElement(table)
    book.save(str(path))


WRITERS = {"openpyxl": _openpyxl, "xlsxwriter": _xlsxwriter, "xlwt": _xlwt, "odfpy": _odfpy}
SUFFIXES = {"openpyxl": ".xlsx", "xlsxwriter": ".xlsx", "xlwt": ".xls", "odfpy": ".ods"}


@pytest.fixture(params=list(WRITERS))
def write_book(request: pytest.FixtureRequest, tmp_path: Path) -> WriteBook:
    """Write a workbook in each format: ``write_book(Sheet1=rows, Sheet2=rows) -> path``."""
    writer: str = request.param

    def write(**sheets: Grid) -> Path:
        path = tmp_path / f"book{SUFFIXES[writer]}"
        WRITERS[writer](path, sheets)
        return path

    return write


@pytest.fixture
def write_xlsx(tmp_path: Path) -> WriteBook:
    """Write an XLSX workbook: ``write_xlsx(Sheet1=rows) -> path``."""

    def write(**sheets: Grid) -> Path:
        path = tmp_path / "book.xlsx"
        _openpyxl(path, sheets)
        return path

    return write


def read_rows(reader: Reader) -> dict[int, list[Any]]:
    """All rows of a reader by their number."""
    rows: dict[int, list[Any]] = {}
    for batch in reader.batches():
        columns = [column.to_pylist() for column in batch.columns]
        assert all(len(column) == len(batch.rows) for column in columns)
        for at, number in enumerate(batch.rows.tolist()):
            assert number not in rows
            rows[number] = [column[at] for column in columns]
    return rows


def read_rejects(reader: Reader) -> dict[int, str]:
    """Reasons of all rejects of a reader by row number."""
    return {reject.source_row: reject.reason for batch in reader.batches() for reject in batch.rejects}


@pytest.fixture(name="read_rows")
def _read_rows() -> Callable[[Reader], dict[int, list[Any]]]:
    return read_rows


@pytest.fixture(name="read_rejects")
def _read_rejects() -> Callable[[Reader], dict[int, str]]:
    return read_rejects


DbfField = tuple[str, str, int, int]


def dbf_bytes(
    fields: Sequence[DbfField],
    records: Sequence[Sequence[str | bytes]],
    *,
    version: int = 0x03,
    codepage: int = 0,
    count: int | None = None,
    flags: bytes | None = None,
    end: bytes = b"\x1a",
    encoding: str = "gb18030",
    field_flags: bytes | None = None,
) -> bytes:
    """Return a DBF file: fields are (name, type, length, decimals), values text or bytes, padded as DBF does."""
    width = 1 + sum(length for _, _, length, _ in fields)
    header = 32 + 32 * len(fields) + 1
    data = bytearray(
        struct.pack(
            "<BBBBLHH16xBB2x", version, 121, 5, 31, len(records) if count is None else count, header, width, 0, codepage
        )
    )
    for at, (name, kind, length, decimals) in enumerate(fields):
        flag = field_flags[at] if field_flags else 0
        data += struct.pack("<11sc4xBBB13x", name.encode(encoding), kind.encode(), length & 0xFF, decimals, flag)
    data += b"\r"
    for at, record in enumerate(records):
        data += flags[at : at + 1] if flags else b" "
        for (_, kind, length, _), value in zip(fields, record, strict=True):
            cell = value.encode(encoding) if isinstance(value, str) else value
            data += cell.rjust(length)[:length] if kind in "NF" else cell.ljust(length)[:length]
    return bytes(data + end)


@pytest.fixture
def write_dbf(tmp_path: Path) -> Callable[..., Path]:
    """Write a DBF file: ``write_dbf(fields, records, **options of dbf_bytes) -> path``."""

    def write(fields: Sequence[DbfField], records: Sequence[Sequence[str | bytes]], **options: Any) -> Path:
        path = tmp_path / "table.dbf"
        path.write_bytes(dbf_bytes(fields, records, **options))
        return path

    return write
