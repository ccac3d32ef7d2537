"""One workbook file: its sheets, formats and drop-downs, written by a streaming writer.

Only plain features that Excel, WPS and LibreOffice share: frozen header, automatic filter, column widths, a hidden
column, list validation, internal links, number formats. The writer makes all but the rows of lists; these are put into
its file as XML (``filling``). 300,000 rows of 21 columns take some three CPU seconds.

Invariant: a file has its final mode (0600) before the first byte of personal data is in it; every cell is a value.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import duckdb
import pyarrow as pa
from rustpy_xlsxwriter import FastExcel, Format

from renshe.engine.report.filling import empty_sheet, fill_sheet, varying
from renshe.engine.report.sheets import IDENTITY, NUMBERS, Column, Piece, Style

_BATCH = 20_000
# zlib makes a list 12 % larger than at its default level of 6, in half the time.
_LEVEL = 3
# Wrapped text needs its row's height told: not every program finds it out for a file it did not write, and print then
# clips. Longer lists are worked on a screen, where a row that is told no height costs nothing.
_PRINTED = 5_000
_HEAD_HEIGHT, _LINE_HEIGHT, _MOST_LINES = 22.0, 16.5, 20
_FONT = "微软雅黑"
_HEAD, _LINE, _FILL = "#E4EBEE", "#B9C4C9", "#FFF9E5"

_SUMMARY: dict[str, tuple[float, Style]] = {
    "序号": (6, "count"),
    "规则编号": (18, "plain"),
    "问题": (34, "wrap"),
    "严重程度": (9, "plain"),
    "类别": (10, "plain"),
    "归组": (14, "plain"),
    "问题数": (9, "count"),
    "涉及人数": (10, "count"),
    "涉及单位数": (11, "count"),
    "责任科室": (22, "wrap"),
    "工作表": (26, "plain"),
    "工作簿": (32, "wrap"),
    "法规依据": (30, "wrap"),
    "处理建议": (36, "wrap"),
    "表名": (5, "plain"),
}
_PAGE: dict[str, Any] = {
    "landscape": True,
    "paper_size": 9,
    "fit_to_pages": (1, 0),
    "repeat_rows": 0,
    "margins": {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6},
    "footer": "&L&A&R第 &P 页，共 &N 页",
}
# Two pages lie side by side. No columns are repeated: LibreOffice takes half a second to open each sheet that repeats
# rows and columns both, a minute for a department's workbook.
_WIDE: dict[str, Any] = _PAGE | {"fit_to_pages": (2, 0)}
# Columns of so many characters together can be read on one page.
_ONE_PAGE = 170
_TAB = {"must_fix": "#A63A2E", "optional": "#8A97A0"}


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook to be written: a guide, a summary with links (may be empty), then ``pieces`` of lists."""

    path: Path
    guide: list[dict[str, str]]
    summary: list[dict[str, Any]]
    pieces: list[Piece]


def _nothing(piece: Piece) -> pa.RecordBatchReader:
    """Return as many rows as ``piece`` has, with nothing in them: the writer's ranges end with the last row."""
    schema = pa.schema([(column.header, pa.string()) for column in piece.rows_of.columns])
    block = pa.record_batch([pa.nulls(_BATCH, pa.string())] * len(schema), schema=schema)
    blocks = (block.slice(0, min(_BATCH, piece.rows - at)) for at in range(0, piece.rows, _BATCH))
    return pa.RecordBatchReader.from_batches(schema, blocks)


def _plain() -> Format:
    return Format().set_font_name(_FONT).set_font_size(10).set_align("top")


def _head() -> Format:
    edged = Format().set_border_bottom("thin").set_border_color(_LINE).set_background_color(_HEAD)
    return edged.set_font_name(_FONT).set_font_size(10).set_bold().set_text_wrap().set_align("vcenter")


def _format(style: Style) -> Format:
    if style == "wrap":
        return _plain().set_text_wrap()
    if style in ("fill", "choice", "date"):
        # Text, so that an identity number typed here keeps its last digits; a date stays a date.
        kind = "yyyy-mm-dd" if style == "date" else "@"
        edged = _plain().set_text_wrap().set_num_format(kind).set_background_color(_FILL)
        return edged.set_border("hair").set_border_color(_LINE)
    if style in NUMBERS:
        centred = _plain().set_align("center")
        return centred if style == "count" else centred.set_num_format("0.00")
    return _plain().set_bold() if style == "title" else _plain()


def _heights(lines: Iterable[float]) -> dict[int, float]:
    """Return the heights of header and rows, whose texts take so many lines."""
    told = {at: _LINE_HEIGHT * min(max(count, 1), _MOST_LINES) for at, count in enumerate(lines, 1)}
    return {0: _HEAD_HEIGHT, **told}


def _lines(text: object, width: float) -> int:
    """Return how many lines ``text`` takes in a column: a Chinese character is as wide as two others."""
    shown = str(text)
    return ceil((len(shown) + len(shown.encode())) / 2 / int(width - 1))


def _height(piece: Piece) -> str:
    """Return the SQL of the height of a row of ``piece``; empty where no height is told."""
    wrapped = [column for column in piece.rows_of.columns if column.style == "wrap"]
    if piece.rows > _PRINTED or not wrapped:
        return ""
    least = max([1, *(_lines(column.same, column.width) for column in wrapped if column.same is not None)])
    names = varying(piece)
    lines = "".join(
        f", ceil((length({names[column]}) + strlen({names[column]})) / 2 / {int(column.width - 1)})"
        for column in wrapped
        if column in names
    )
    return f"{_LINE_HEIGHT} * least(greatest({least}{lines}), {_MOST_LINES})"


def write_book(con: duckdb.DuckDBPyConnection, book: Book, advance: Callable[[int], None]) -> None:
    """Write ``book``, its pieces read through cursors of ``con``; ``advance`` is told of every block of rows."""
    os.close(os.open(book.path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    frame = BytesIO()
    excel = FastExcel(frame).freeze(row=1, col=0)
    excel.sheet(
        "说明",
        book.guide,
        column_widths=[20.0, 96.0],
        column_formats=[_format("title"), _format("wrap")],
        header_format=_head(),
        row_heights=_heights(max(_lines(text, 96) for text in row.values()) for row in book.guide),
        page_setup=_PAGE,
    )
    if book.summary:
        excel.sheet(
            "汇总",
            book.summary,
            column_widths={name: width for name, (width, _) in _SUMMARY.items()},
            column_formats={name: _format(style) for name, (_, style) in _SUMMARY.items()},
            header_format=_head(),
            row_heights=_heights(
                max(_lines(row[name], width) for name, (width, style) in _SUMMARY.items() if style == "wrap")
                for row in book.summary
            ),
            autofilter=True,
            url_columns={"工作表": "表名"},
            outline=_hidden("表名"),
            page_setup=_WIDE,
        )
    for piece in book.pieces:
        _add_piece(excel, piece)
    excel.save()
    try:
        _fill(con, frame, book, advance)
    except RuntimeError as error:
        if "zip64" not in str(error):
            raise
        # Spreadsheets read it, some of them with a warning: no more than a list of that size is worth.
        _fill(con, frame, book, lambda _rows: None, large=True)


def _fill(
    con: duckdb.DuckDBPyConnection,
    frame: BytesIO,
    book: Book,
    advance: Callable[[int], None],
    *,
    large: bool = False,
) -> None:
    """Write the workbook ``frame`` to the file of ``book``, its lists filled with their rows.

    RuntimeError where a sheet has more than 2 GiB, unless ``large``.
    """
    before = 2 if book.summary else 1
    pieces = {f"xl/worksheets/sheet{before + at}.xml": piece for at, piece in enumerate(book.pieces, 1)}
    with ZipFile(frame) as made, ZipFile(book.path, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as done:
        for name in made.namelist():
            with done.open(name, "w", force_zip64=large) as file:
                if (piece := pieces.get(name)) is None:
                    file.write(made.read(name))
                    continue
                sheet = empty_sheet(made.read(name).decode(), piece)
                fill_sheet(con.cursor(), sheet, piece, file, _height(piece), advance)


def _add_piece(excel: FastExcel, piece: Piece) -> None:
    """Add the sheet of ``piece`` with all that it is but its rows."""
    columns = piece.rows_of.columns
    of_rule = piece.rows_of.of_rule
    mended = any(column.style == "choice" for column in columns)
    excel.freeze(row=1, col=3 if mended else 2, sheet=piece.name)
    excel.sheet(
        piece.name,
        _nothing(piece),
        column_widths={column.header: column.width for column in columns},
        column_formats={column.header: _format(column.style) for column in columns},
        header_format=_head(),
        autofilter=True,
        row_heights=_heights(()),
        page_setup=_PAGE if sum(column.width for column in columns) < _ONE_PAGE else _WIDE,
        ignore_errors=[column.header for column in columns if column.style not in NUMBERS],
        data_validations={column.header: _choice(column) for column in columns if column.choices} or None,
        outline=_hidden(IDENTITY) if mended else None,
        sheet_view={"tab_color": _TAB[of_rule.rule.severity]} if of_rule else None,
    )


def _choice(column: Column) -> dict[str, Any]:
    """Return the drop-down list of a column."""
    return {
        "type": "list",
        "values": list(column.choices),
        "error_title": column.header,
        "error_message": "请从下拉列表中选择：" + "、".join(column.choices),
    }


def _hidden(header: str) -> dict[str, Any]:
    """Hide a column, as a folded group: the writer knows no other way."""
    return {"columns": [{"from": header, "to": header, "collapsed": True}]}
