"""Workbooks (XLSX, XLS, ODS, and HTML or XML tables named .xls) read as one table.

A workbook is a stack of paper: the table is on the sheet that looks most like the one expected, below titles; other
sheets are named in the notes, never left out in silence. Rows keep the numbers that the spreadsheet shows, hidden rows
are rows, and rows of totals, repeated headings and footers are rejects.

Invariant: rows read = rows yielded + rejects; rows above the header and blank rows are no rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from renshe.engine.sources.base import NO_ROWS_NOTE, Layout, RawBatch, Reject, SourceError
from renshe.engine.sources.cells import unsure_cells
from renshe.engine.sources.furniture import REPEATED_HEADER, furniture, is_blank, is_repeated_header
from renshe.engine.sources.headers import PREVIEW_ROWS, Header, find_header, unique_names
from renshe.engine.sources.marker import MARKER_SHEET, SHEET, aside, read_marker, sheet_of_rows
from renshe.engine.sources.sheet_xml import Merged, Row, SheetFacts, column_letters

BATCH_ROWS, BATCH_CELLS = 50_000, 2_000_000
# Rows looked at to see which columns without a name hold anything.
_UNNAMED_ROWS = 1_000
# A monthly table of thirty years has some hundred columns; a sheet filled to its right edge is an accident.
MAX_COLUMNS = 2_000


class Book(Protocol):
    """An opened workbook: sheets by name (True: visible), rows as (number shown, cells)."""

    format: str
    encoding: str | None
    sheets: dict[str, bool]

    def rows(self, name: str) -> Iterator[tuple[int, Row]]:
        """Yield the rows of a sheet that hold anything."""
        ...

    def notes(self, name: str) -> list[str]:
        """Return what a reader of the sheet should know; complete when its rows have been read."""
        ...

    def facts(self, name: str) -> SheetFacts:
        """Return formulas and cells merged over several rows; complete when the rows have been read."""
        ...


class SheetReader:
    """One sheet of a workbook as a source (see ``base.Reader``).

    ``sheet`` names it; without a name it is the sheet with most known names in its header, of several the first.
    ``known_names`` are labels, codes and aliases of the expected table. Columns without a name that hold anything are
    called by their letter (列F). Raises SourceError when there is no such sheet or nothing in it.

    ``marker`` is what the book says of itself (see ``marker``; empty for most), ``letters`` are those of the columns.
    """

    header: tuple[str, ...]
    layout: Layout
    letters: tuple[str, ...]

    def __init__(self, path: Path, book: Book, sheet: str | None, known_names: frozenset[str]) -> None:
        self._path, self._book = path, book
        self.marker = read_marker(book.rows(MARKER_SHEET)) if MARKER_SHEET in book.sheets else {}
        previews = {name: self._preview(name) for name in _by_visibility(book.sheets)}
        headers = {name: find_header([row for _, row in rows], known_names) for name, rows in previews.items()}
        self._sheet = self._named(sheet) if sheet is not None else self._chosen(previews, headers)
        if not previews[self._sheet]:
            raise SourceError(f"{self._path}：工作表“{self._sheet}”中没有数据；请核对 sheet，或文件是否导出成功")
        found = headers[self._sheet]
        top = previews[self._sheet][: found.last + 1]
        self._heading = [row for _, row in top]
        self._data_from = top[-1][0] + 1 if top else 1
        self._name_columns(found)
        self.layout = Layout(
            format=book.format,
            encoding=book.encoding,
            sheet=self._sheet,
            header_row=previews[self._sheet][found.first][0] if found.found else None,
            notes=_layout_notes(self._sheet, headers, previews, aside(self.marker)),
        )
        self._opening_notes = len(self.layout.notes)

    def _preview(self, name: str) -> list[tuple[int, Row]]:
        filled = ((number, row) for number, row in self._book.rows(name) if not is_blank(row))
        return list(islice(filled, PREVIEW_ROWS))

    def _named(self, sheet: str) -> str:
        for name in self._book.sheets:
            if name.strip() == sheet.strip():
                return name
        names = "、".join(self._book.sheets)
        raise SourceError(f"{self._path}：没有名为“{sheet}”的工作表；请把 sheet 改为其中之一：{names}")

    def _chosen(self, previews: dict[str, list[tuple[int, Row]]], headers: dict[str, Header]) -> str:
        """Return the sheet whose header knows most names, of several the first; a list of the names is no table."""
        if self.marker:
            return self._marked()

        def rank(name: str) -> tuple[int, int]:
            header = headers[name]
            if not header.found:
                return (1 if previews[name] else 0), 0
            has_rows = len(previews[name]) > header.last + 1
            return (3 if has_rows else 2), header.known

        best = max(previews, key=rank, default=None)
        if best is None or not previews[best]:
            raise SourceError(f"{self._path}：工作簿中没有数据；请核对文件是否导出成功")
        return best

    def _marked(self) -> str:
        if name := sheet_of_rows(self.marker, self._book.sheets):
            return name
        raise SourceError(
            f"{self._path}：采集模板中没有名为“{self.marker.get(SHEET, '')}”的工作表；请把填数据的工作表改回这个名称"
        )

    def _name_columns(self, found: Header) -> None:
        """Choose the columns to read: those with a name, and those without one that hold anything."""
        rows = islice((row for number, row in self._book.rows(self._sheet) if number >= self._data_from), _UNNAMED_ROWS)
        filled = {column for row in rows for column, cell in enumerate(row) if cell and not cell.isspace()}
        named = {column: name for column, name in enumerate(found.names) if name}
        self._columns = sorted(named.keys() | filled)
        if len(self._columns) > MAX_COLUMNS:
            raise SourceError(
                f"{self._path}：工作表“{self._sheet}”有 {len(self._columns)} 列有内容，超过 {MAX_COLUMNS} 列的限度；"
                "请删去表格右侧多余的列后另存"
            )
        self.letters = tuple(column_letters(column) for column in self._columns)
        self.header = unique_names(
            [named.get(column) or f"列{letters}" for column, letters in zip(self._columns, self.letters, strict=True)]
        )

    def facts(self) -> SheetFacts:
        """Return formulas and merged cells of the sheet, complete when its rows have been read to the end."""
        return self._book.facts(self._sheet)

    def batches(self) -> Iterator[RawBatch]:
        """Yield the rows, at most 50,000 at a time. The notes in ``layout`` are complete with the last batch."""
        numbers: list[int] = []
        rows: list[Row] = []
        rejects: list[Reject] = []
        outside = _Outside(frozenset(self._columns))
        size = min(BATCH_ROWS, BATCH_CELLS // max(len(self._columns), 1))
        empty = True
        for number, row in self._book.rows(self._sheet):
            if number < self._data_from or is_blank(row):
                continue
            empty = False
            if reason := self._furniture(row):
                rejects.append(Reject(number, reason, "\t".join(cell or "" for cell in row).rstrip("\t")))
            else:
                numbers.append(number)
                rows.append(row)
                outside.look(number, row)
            if len(rows) + len(rejects) >= size:
                yield self._batch(numbers, rows, rejects)
                numbers, rows, rejects = [], [], []
        self.layout.notes[self._opening_notes :] = [
            *self._cell_notes(),
            *outside.notes(),
            *([NO_ROWS_NOTE] if empty else []),
        ]
        if rows or rejects:
            yield self._batch(numbers, rows, rejects)

    def _cell_notes(self) -> list[str]:
        """Return the notes on formulas and merged cells; whoever wrote a marker judges them cell by cell."""
        if self.marker:
            return []
        merged = _merged_notes(self.facts().merged, self._data_from, frozenset(self._columns))
        return [*self._book.notes(self._sheet), *merged]

    def _furniture(self, row: Row) -> str | None:
        for printed in self._heading:
            width = max(len(printed), len(row))
            if is_repeated_header(_padded(row, width), _padded(printed, width)):
                return REPEATED_HEADER
        return furniture(_padded(row, len(self._columns)), self.header)

    def _batch(self, numbers: list[int], rows: list[Row], rejects: list[Reject]) -> RawBatch:
        batch = RawBatch(np.array(numbers, dtype=np.int64), [], rejects)
        for place, column in enumerate(self._columns):
            cells = [row[column] if column < len(row) else None for row in rows]
            batch.columns.append(pa.array(cells, pa.string()))
            if (unsure := unsure_cells(cells)) is not None:
                batch.unsure[place] = unsure
        return batch


class _Outside:
    """Counts cells of data rows that stand in no column of the table."""

    def __init__(self, columns: frozenset[int]) -> None:
        self._columns = columns
        self._whole = columns == frozenset(range(len(columns)))
        self._count = 0
        self._first = ""

    def look(self, number: int, row: Row) -> None:
        """Count the cells of one row."""
        if self._whole and len(row) <= len(self._columns):
            return
        for column, cell in enumerate(row):
            if cell and column not in self._columns:
                self._count += 1
                self._first = self._first or f"{column_letters(column)}{number}"

    def notes(self) -> list[str]:
        """Return the note to show, if any."""
        if not self._count:
            return []
        return [f"表头之外另有 {self._count} 个单元格有内容（首个在 {self._first}），不属于任何一列，未读取"]


def _merged_notes(merged: list[Merged], data_from: int, columns: frozenset[int]) -> list[str]:
    """Return the note on cells merged over several rows of the data: only the first of these has their value."""
    ranges = sorted(
        (first, column, last) for first, last, column in merged if column in columns and last > first >= data_from
    )
    if not ranges:
        return []
    some = "、".join(f"{column_letters(at)}{first}:{column_letters(at)}{last}" for first, at, last in ranges[:3])
    more = "等" if len(ranges) > 3 else ""
    return [
        f"数据区有 {len(ranges)} 处纵向合并的单元格（{some}{more}），只有各处的首行有值，其余各行按空值读取；"
        "请取消合并并填充后重新导出"
    ]


def _by_visibility(sheets: dict[str, bool]) -> list[str]:
    return sorted(sheets, key=lambda name: not sheets[name])


def _padded(row: Row, width: int) -> Row:
    return row if len(row) >= width else row + [None] * (width - len(row))


def _layout_notes(
    sheet: str, headers: dict[str, Header], previews: dict[str, list[tuple[int, Row]]], known: frozenset[str]
) -> list[str]:
    notes = []
    if not headers[sheet].found:
        notes.append("没有找到表头，各列按列号命名")
    for name, header in headers.items():
        if name == sheet or name in known or not previews[name]:
            continue
        same = header.found and header.names == headers[sheet].names
        hint = f'，表头与本表相同，如属同一张表请为它另列一个来源（sheet = "{name}"）' if same else ""
        notes.append(f"另有工作表“{name}”未读取{hint}")
    return notes
