"""The collection sheet of a table: headers and hints from the data dictionary, checks on what is typed, a hidden page.

Rule: 以软件公司要求的数据项目为标准. The data dictionary alone says which columns there are, in which order and form;
what the sheet says of itself (``staging.form``) lets reading back refuse everything else.

Invariant: the file appears whole or not at all and never in the place of another; with personal data in it, it is its
owner's only from the first byte on. No passwords, no macros: nothing that an agency's office program would block.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlsxwriter

from renshe.engine.project import ProjectError
from renshe.engine.sources.marker import MARKER_SHEET
from renshe.engine.sources.sheet_xml import column_letters
from renshe.engine.staging.form import HEADER_ROW, KEY_HEADER, Form, choices, new_form
from renshe.engine.templates.columns import CODES_SHEET, hint, is_aside, lines, number_format, validation, width
from renshe.engine.templates.guide import GUIDE_SHEET, write_guide
from renshe.standards.codes import code_list
from renshe.standards.dictionary import Field, table

LAST_ROW = 1_048_576
MOST_ROWS = LAST_ROW - HEADER_ROW
_FILTERED_ROWS = 5_000
_MOST_DIGITS = Decimal(10) ** 13
_FIRST_DAY = date(1900, 3, 1)  # before it, day counts of spreadsheets disagree
_FONT = {"font_name": "微软雅黑", "font_size": 10}
_LINE = {"border": 1, "border_color": "#B9C4C9"}
_HEAD = {**_FONT, **_LINE, "bold": True, "text_wrap": True, "align": "center", "valign": "vcenter"}
_HINT = {**_FONT, **_LINE, "font_size": 8, "font_color": "#5A6A72", "bg_color": "#F7F9FA", "text_wrap": True}
_MISSING = "#FFF2B3"

Row = tuple[str, Sequence[object]]
"""A published row: its key, and one value per field (typed, or text that could not be typed; None where empty)."""


@dataclass(frozen=True, slots=True)
class Written:
    """A template that was written: its file, what it says of itself."""

    path: Path
    form: Form


def write_template(
    path: Path, name: str, rows: Iterable[Row] = (), *, count: int = 0, ordered: bool = False
) -> Written:
    """Write the template of table ``name`` to ``path`` (.xlsx), filled with ``count`` published ``rows``.

    ProjectError where the path is no new .xlsx file or the rows are too many for a sheet.
    """
    entry = table(name)
    if count > MOST_ROWS:
        raise ProjectError(
            f"表 {name} 有 {count:,} 行，一张工作表最多放 {MOST_ROWS:,} 行；请按系统（--system）取，或先拆分项目"
        )
    form = new_form(name, sheet=f"{entry.label}采集表", ordered=ordered, rows=count, aside=(GUIDE_SHEET, CODES_SHEET))
    with new_file(path) as partial, TemporaryDirectory() as scratch:
        options = {"constant_memory": True, "tmpdir": scratch, "default_date_format": "yyyy-mm-dd"}
        with xlsxwriter.Workbook(partial, options) as book:
            _Template(book, form).write(rows)
    return Written(path, form)


@contextmanager
def new_file(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a hidden file beside ``path``, its owner's only, that becomes ``path`` when the block ends well.

    ProjectError where ``path`` cannot be one: another ending, no such folder, or there already (unless ``replace``).
    """
    if path.suffix.lower() != ".xlsx":
        raise ProjectError(f"{path}：模板只能存为 xlsx；请把 --out 改成以 .xlsx 结尾")
    if path.exists() and not replace:
        raise ProjectError(f"{path}：文件已存在，可能有人已经填写；请换一个 --out，或先移走它")
    if not path.parent.is_dir():
        raise ProjectError(f"{path}：没有文件夹 {path.parent}；请先建立它，或换一个 --out")
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class _Template:
    """Writes the sheets of one template."""

    def __init__(self, book: Any, form: Form) -> None:
        self.book, self.form = book, form
        entry = table(form.table)
        self.fields: tuple[Field, ...] = tuple(entry.field(name) for name, _ in form.columns)
        self.folded = [is_aside(entry, field) for field in self.fields]
        self.formats = [self._format(field) for field in self.fields]
        self.text = book.add_format({**_FONT, "num_format": "@"})

    def _format(self, field: Field) -> Any:
        centred = {"align": "center"} if field.type in ("date", "month", "year") else {}
        return self.book.add_format({**_FONT, **centred, "num_format": number_format(field)})

    def write(self, rows: Iterable[Row]) -> None:
        sheet = self.book.add_worksheet(self.form.sheet)
        self._lay_out(sheet)
        self._head(sheet)
        for at, (key, values) in enumerate(rows, HEADER_ROW):
            self._row(sheet, at, key, values)
        write_guide(self.book, self.form, self.fields)
        self._codes()
        self._marker()
        self._check(sheet)

    def _lay_out(self, sheet: Any) -> None:
        last = len(self.fields)
        for at, field in enumerate(self.fields):
            folded = {"level": 1, "hidden": True} if self.folded[at] else {}
            opener = not self.folded[at] and self.folded[at + 1 : at + 2] == [True]
            sheet.set_column(at, at, width(field), self.formats[at], {**folded, "collapsed": opener})
        sheet.set_column(last, last, 12, self.text, {"hidden": True})
        sheet.outline_settings(symbols_right=False)
        sheet.freeze_panes(HEADER_ROW, 1)
        if not self.form.ordered:
            # Whoever must keep the order is not handed the means to change it.
            bottom = HEADER_ROW + (self.form.rows or _FILTERED_ROWS) - 1
            sheet.autofilter(HEADER_ROW - 1, 0, bottom, last)
        # Numbers kept as text are what is wanted here.
        sheet.ignore_errors({"number_stored_as_text": f"A{HEADER_ROW + 1}:{column_letters(last)}{LAST_ROW}"})
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(2, 0)
        sheet.repeat_rows(0, HEADER_ROW - 1)
        sheet.set_footer("&L&A&R第 &P 页，共 &N 页")

    def _head(self, sheet: Any) -> None:
        hints = self.book.add_format({**_HINT, "valign": "top"})
        head = self.book.add_format({**_HEAD, "bg_color": "#E4EBEE"})
        must = self.book.add_format({**_HEAD, "bg_color": "#F8DDD8", "font_color": "#9C2A1F"})
        # Small print: some five fourths of the characters of the cells below fit into a line.
        tallest = max(lines(hint(field), 1.2 * width(field)) for field in self.fields)
        sheet.set_row(0, 6 + 11.5 * tallest)
        for at, field in enumerate(self.fields):
            sheet.write_string(0, at, hint(field), hints)
        sheet.write_string(0, len(self.fields), "程序用，请勿改动", hints)
        sheet.set_row(HEADER_ROW - 1, 32)
        for at, (field, header) in enumerate(zip(self.fields, self.form.headers, strict=False)):
            sheet.write_string(HEADER_ROW - 1, at, header, must if field.mandatory else head)
        sheet.write_string(HEADER_ROW - 1, len(self.fields), KEY_HEADER, head)

    def _row(self, sheet: Any, at: int, key: str, values: Sequence[object]) -> None:
        for column, value in enumerate(values):
            cell = self.formats[column]
            if isinstance(value, date) and value >= _FIRST_DAY:
                sheet.write_datetime(at, column, value, cell)
            elif isinstance(value, int) or (isinstance(value, Decimal) and abs(value) < _MOST_DIGITS):
                # Cells hold doubles; up to thirteen digits before the point an amount comes back to the cent.
                sheet.write_number(at, column, float(value), cell)
            elif value is not None:
                sheet.write_string(at, column, str(value), cell)
        sheet.write_string(at, len(self.fields), key, self.text)

    def _codes(self) -> None:
        sheet = self.book.add_worksheet(CODES_SHEET)
        head = self.book.add_format({**_HEAD, "bg_color": "#E4EBEE"})
        lists = self._lists()
        shown = [list(choices(name)) for name in lists]
        for at, (name, texts) in enumerate(zip(lists, shown, strict=True)):
            sheet.write_string(0, at, code_list(name).label, head)
            widest = max(lines(text, 1.0) for text in texts)
            sheet.set_column(at, at, min(max(widest * 1.1 + 2, 12), 44), self.text)
        for row in range(max(map(len, shown), default=0)):
            for at, texts in enumerate(shown):
                if row < len(texts):
                    sheet.write_string(row + 1, at, texts[row], self.text)
        sheet.set_row(0, 24)
        sheet.freeze_panes(1, 0)

    def _lists(self) -> list[str]:
        return list(dict.fromkeys(field.codes for field in self.fields if field.codes is not None))

    def _check(self, sheet: Any) -> None:
        lists = {name: at for at, name in enumerate(self._lists())}
        for at, field in enumerate(self.fields):
            place = None
            if field.codes is not None:
                letters = column_letters(lists[field.codes])
                place = f"'{CODES_SHEET}'!${letters}$2:${letters}${len(choices(field.codes)) + 1}"
            cell = f"{column_letters(at)}{HEADER_ROW + 1}"
            sheet.data_validation(HEADER_ROW, at, LAST_ROW - 1, at, validation(field, cell, place))
            if field.mandatory and self.form.rows:
                missing = self.book.add_format({"bg_color": _MISSING})
                last = HEADER_ROW + self.form.rows - 1
                sheet.conditional_format(HEADER_ROW, at, last, at, {"type": "blanks", "format": missing})

    def _marker(self) -> None:
        sheet = self.book.add_worksheet(MARKER_SHEET)
        for at, pair in enumerate(self.form.texts().items()):
            for column, text in enumerate(pair):
                sheet.write_string(at, column, text, self.text)
        sheet.very_hidden()
