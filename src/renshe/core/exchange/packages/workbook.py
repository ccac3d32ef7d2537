"""Excel lists in the layout that somebody issues: the layout is data in the agreement's terms.

A layout says ``sheet``, ``title`` and ``notes`` above the table, ``header_row`` and ``first_row`` (both from 1), the
name of a first column that only counts (``numbered``), and ``widths`` by column. Everything is written as text.

Rule (S1-45 按下发的格式上报; S1-50): what a province issues is filled in and read back as it is; a number that Excel
made of a text may have lost digits, and is refused where it can have.

Invariant: what is written is read back the same; nothing outside the table's columns is taken.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

MOST_SIZE = 2**29
MOST_ROWS = 1_000_000
KEYS = ("sheet", "title", "notes", "header_row", "first_row", "numbered", "widths")
_EXACT = 10**15
"""Whole numbers below this are just what was typed."""
_FORBIDDEN = frozenset("[]:*?/\\")


class Unread(ValueError):
    """A workbook that is not in its layout; the text says in Chinese where."""


def layout_problems(layout: Mapping[str, Any], headers: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with ``layout`` for a table with ``headers``."""
    yield from (f"layout：没有“{name}”这一项" for name in layout if name not in KEYS)
    sheet = layout.get("sheet", "Sheet1")
    if not isinstance(sheet, str) or not 1 <= len(sheet) <= 31 or set(sheet) & _FORBIDDEN:
        yield "layout 的 sheet：工作表名称应为 1 到 31 个字，不含 [ ] : * ? / \\"
    if not isinstance(layout.get("title", ""), str) or not isinstance(layout.get("numbered", ""), str):
        yield "layout 的 title、numbered：应为文字"
    notes, widths = layout.get("notes", []), layout.get("widths", {})
    if not isinstance(notes, list) or not all(isinstance(one, str) for one in notes):
        yield "layout 的 notes：应为文字的列表"
        notes = []
    if not isinstance(widths, dict) or not all(isinstance(one, int) and 1 <= one <= 200 for one in widths.values()):
        yield "layout 的 widths：应为“列名: 宽度”，宽度 1 到 200"
    elif unknown := [name for name in widths if name not in headers]:
        yield f"layout 的 widths：没有列“{unknown[0]}”"
    header, first = _rows(layout)
    above = len(notes) + bool(layout.get("title"))
    if not isinstance(header, int) or not isinstance(first, int) or not above < header < first <= 100:
        yield f"layout 的 header_row、first_row：表头应在第 {above + 1} 行或以下，数据在表头以下"


def workbook_written(rows: pa.Table, layout: Mapping[str, Any]) -> bytes:
    """Return ``rows``, whose columns are texts, as a workbook in ``layout``; Unread where they are too many for one."""
    if rows.num_rows > MOST_ROWS:
        raise Unread(f"超过 {MOST_ROWS:,} 行")
    header, first = _rows(layout)
    numbered = layout.get("numbered")
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "in_memory": True}) as made:
        text, bold = (
            made.add_format({"num_format": "@"}),
            made.add_format({"bold": True, "num_format": "@", "border": 1}),
        )
        large = made.add_format({"bold": True, "font_size": 16})
        sheet = made.add_worksheet(layout.get("sheet", "Sheet1"))
        headers = [*([numbered] if numbered else []), *rows.column_names]
        widths = layout.get("widths", {})
        for at, name in enumerate(headers):
            sheet.set_column(at, at, widths.get(name, 8 if name == numbered else 20), text)
        sheet.freeze_panes(first - 1, 0)
        above = [*([layout["title"]] if layout.get("title") else []), *layout.get("notes", [])]
        for at, told in enumerate(above):
            sheet.write_string(at, 0, told, large if at == 0 and layout.get("title") else text)
        for at, name in enumerate(headers):
            sheet.write_string(header - 1, at, name, bold)
        for at, row in enumerate(rows.to_pylist()):
            values = [*([str(at + 1)] if numbered else []), *row.values()]
            for column, value in enumerate(values):
                if value is not None:
                    sheet.write_string(first - 1 + at, column, value, text)
    return file.getvalue()


def workbook_read(data: bytes, layout: Mapping[str, Any]) -> pa.Table:
    """Return the table that stands in the workbook ``data``, as texts by its headers; Unread where it is not in
    ``layout``."""
    header, first = _rows(layout)
    name = layout.get("sheet", "Sheet1")
    rows = _sheet(data, name)
    if len(rows) < header:
        raise Unread(f"工作表“{name}”第 {header} 行没有表头")
    headers = [_cell(value, header, at) for at, value in enumerate(rows[header - 1])]
    while headers and headers[-1] is None:
        headers.pop()
    if None in headers or len(set(headers)) < len(headers):
        raise Unread(f"第 {header} 行的表头有空列或者同名的列")
    found = [_texts(row, at, len(headers)) for at, row in enumerate(rows[first - 1 :], first)]
    while found and not any(found[-1]):
        found.pop()
    for at, row in enumerate(found, first):
        if not any(row):
            raise Unread(f"第 {at} 行是空行，请删除后再交")
    if numbered := layout.get("numbered"):
        if headers[:1] != [numbered]:
            raise Unread(f"第 1 列应为“{numbered}”")
        headers, found = headers[1:], [row[1:] for row in found]
    columns = {str(one): pa.array([row[at] for row in found], pa.string()) for at, one in enumerate(headers)}
    return pa.table(columns)


def _rows(layout: Mapping[str, Any]) -> tuple[int, int]:
    header = layout.get("header_row", 1)
    return header, layout.get("first_row", header + 1 if isinstance(header, int) else 2)


def _sheet(data: bytes, name: str) -> list[list[Any]]:
    try:
        with zipfile.ZipFile(BytesIO(data)) as parts:
            if sum(one.file_size for one in parts.infolist()) > MOST_SIZE:
                raise Unread("工作簿展开后过大")
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        if name not in book.sheet_names:
            raise Unread(f"没有工作表“{name}”")
        rows: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=MOST_ROWS + 1)
    except (zipfile.BadZipFile, CalamineError, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        if isinstance(error, Unread):
            raise
        raise Unread("不是可读的 Excel 工作簿") from None
    if len(rows) > MOST_ROWS:
        raise Unread(f"超过 {MOST_ROWS:,} 行")
    return rows


def _texts(row: list[Any], at: int, count: int) -> list[str | None]:
    texts = [_cell(value, at, column) for column, value in enumerate(row)]
    if any(texts[count:]):
        raise Unread(f"第 {at} 行在表头以外还有内容")
    return [*texts[:count], *[None] * (count - len(texts))]


def _cell(value: Any, row: int, column: int) -> str | None:
    """Return a cell as text; Unread where it may not be what was typed."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, float | int) and not isinstance(value, bool) and abs(value) < _EXACT:
        return str(int(value)) if value == int(value) else f"{value:.10f}".rstrip("0")
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    raise Unread(f"第 {row} 行第 {column + 1} 列不是文本，可能已失去位数，请把这一列设为文本后重新填写")
