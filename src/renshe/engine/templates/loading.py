"""The load report: what of a filled-in template is accepted and what is refused, before it goes into a project.

Rule: 将数据装入模板表格. Accepted and refused rows are listed, each refused cell with its reason, by the same reading
that a cleaning round does (``staging.collected``): what passes here passes there.

Invariant: rows read = rows accepted + rows refused; nothing but the report is written, and that whole or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.compute as pc
import xlsxwriter

from renshe.engine.sources.base import RawBatch, SourceError
from renshe.engine.sources.opening import open_source
from renshe.engine.staging.collected import CollectedReader, Refused, collected
from renshe.engine.staging.columns import ColumnError, known_names
from renshe.engine.staging.form import Form, FormError, read_form
from renshe.engine.templates.columns import lines, width
from renshe.engine.templates.writing import new_file
from renshe.standards.dictionary import TABLES, table

_FONT = {"font_name": "微软雅黑", "font_size": 10, "valign": "top"}
_HEAD = {**_FONT, "bold": True, "bg_color": "#E4EBEE", "border": 1, "border_color": "#B9C4C9", "text_wrap": True}
_MOST_CHARACTERS = 32_767
_REASON_WIDTH, _LINE_HEIGHT, _MOST_LINES = 60.0, 16.5, 20


@dataclass(slots=True)
class LoadReport:
    """What a template holds: rows accepted, rows refused, and mandatory columns left empty in accepted rows."""

    file: Path
    form: Form
    accepted: int = 0
    refused: list[Refused] = field(default_factory=list)
    unfilled: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Rows read: accepted and refused."""
        return self.accepted + len(self.refused)


def report_path(path: Path) -> Path:
    """Return where the report on ``path`` is written: beside it."""
    return path.with_name(f"{path.stem}-装载报告.xlsx")


def check_template(path: Path) -> LoadReport:
    """Return what of the template ``path`` is accepted and refused, and write ``report_path``.

    SourceError or FormError (one line: file, what, where, remedy) where the file as a whole is refused.
    """
    reader = open_template(path)
    found = LoadReport(path, reader.form)
    with (
        new_file(report_path(path), replace=True) as partial,
        TemporaryDirectory() as scratch,
        xlsxwriter.Workbook(partial, {"constant_memory": True, "tmpdir": scratch}) as book,
    ):
        _ReportBook(book, reader, found).write()
    return found


def open_template(path: Path) -> CollectedReader:
    """Return the reader of a template; SourceError or FormError where it is none or differs from what was given out."""
    names: frozenset[str] = frozenset().union(*(known_names(name) for name in TABLES))
    opened = open_source(path, known_names=names)
    marker = getattr(opened, "marker", None)
    if not marker:
        raise SourceError(f"{path}：不是采集模板（没有模板信息）；请用 renshe template 取模板，填写后再检查")
    try:
        reader = collected(opened, read_form(marker).table, {})
    except ColumnError as error:
        raise FormError(f"{path}：{error}") from error
    assert isinstance(reader, CollectedReader)
    return reader


def _go_through(reader: CollectedReader, found: LoadReport, take: Callable[[RawBatch], None]) -> None:
    for judged in reader.judged():
        found.accepted += len(judged.accepted.rows)
        found.refused += judged.refused
        for column, spec in zip(judged.accepted.columns, reader.fields, strict=True):
            if spec.mandatory and (empty := pc.sum(pc.is_null(column)).as_py()):
                found.unfilled[spec.label] += empty
        take(judged.accepted)
    found.refused.sort(key=lambda one: one.row)
    found.notes = list(reader.layout.notes)


def _print_wide(sheet: Any, pages: int) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(pages, 0)


class _ReportBook:
    """Writes the report: a summary, the refused rows with their wrong cells marked, the accepted rows."""

    def __init__(self, book: Any, reader: CollectedReader, found: LoadReport) -> None:
        self.book, self.reader, self.found = book, reader, found
        self.head = book.add_format(_HEAD)
        self.text = book.add_format({**_FONT, "num_format": "@"})
        self.wrapped = book.add_format({**_FONT, "text_wrap": True})
        self.wrong = book.add_format({**_FONT, "num_format": "@", "bg_color": "#F8DDD8", "font_color": "#9C2A1F"})

    def write(self) -> None:
        summary = self.book.add_worksheet("概况")
        refused = self._list("拒收的行", ["行号", "原因"], [8.0, _REASON_WIDTH])
        accepted = self._list("接收的行", ["行号"], [8.0])
        _go_through(self.reader, self.found, lambda batch: self._accepted(accepted, batch))
        for at, one in enumerate(self.found.refused, 1):
            self._refused(refused, at, one)
        self._summary(summary)

    def _list(self, name: str, first: list[str], widths: list[float]) -> Any:
        sheet = self.book.add_worksheet(name)
        wide = [*widths, *map(width, self.reader.fields)]
        for at, label in enumerate([*first, *self.reader.header]):
            sheet.write_string(0, at, label, self.head)
            sheet.set_column(at, at, wide[at], self.text)
        sheet.freeze_panes(1, len(first))
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        _print_wide(sheet, 3)
        return sheet

    def _accepted(self, sheet: Any, batch: RawBatch) -> None:
        first = self.found.accepted - len(batch.rows) + 1
        columns = [column.to_pylist() for column in batch.columns]
        for at, row in enumerate(batch.rows.tolist()):
            sheet.write_number(first + at, 0, row)
            for place, column in enumerate(columns, 1):
                self._put(sheet, first + at, place, column[at], self.text)

    def _refused(self, sheet: Any, at: int, one: Refused) -> None:
        wrong = {complaint.column for complaint in one.complaints}
        reason = "；".join(map(str, one.complaints))
        sheet.set_row(at, _LINE_HEIGHT * min(lines(reason, _REASON_WIDTH - 2), _MOST_LINES))
        sheet.write_number(at, 0, one.row)
        self._put(sheet, at, 1, reason, self.wrapped)
        for place, (label, text) in enumerate(zip(self.reader.header, one.texts or [one.raw], strict=False), 2):
            if label in wrong and not text:
                sheet.write_blank(at, place, None, self.wrong)
            self._put(sheet, at, place, text, self.wrong if label in wrong else self.text)

    def _put(self, sheet: Any, row: int, column: int, text: str | None, cell: Any) -> None:
        if text:
            sheet.write_string(row, column, text[:_MOST_CHARACTERS], cell)

    def _summary(self, sheet: Any) -> None:
        found, form = self.found, self.found.form
        unfilled = "、".join(f"{label} {count:,} 行" for label, count in found.unfilled.most_common()) or "无"
        lines = [
            ("文件", found.file.name),
            ("数据表", f"{table(form.table).label}（{form.table}）"),
            ("模板版本", f"数据字典 {form.dictionary}"),
            ("读取", f"{found.read:,} 行"),
            ("接收", f"{found.accepted:,} 行，见工作表“接收的行”"),
            ("拒收", f"{len(found.refused):,} 行，见工作表“拒收的行”；不合要求的单元格以红色标出，改正后重新检查"),
            ("必填而未填", f"{unfilled}（行照收，检查时列为问题）" if found.unfilled else unfilled),
            *(("说明", note) for note in found.notes),
        ]
        _print_wide(sheet, 1)
        sheet.set_column(0, 0, 14)
        sheet.set_column(1, 1, 90)
        for at, (label, text) in enumerate(lines):
            sheet.write_string(at, 0, label, self.head)
            sheet.write_string(at, 1, text, self.wrapped)
