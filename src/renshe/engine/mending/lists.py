"""Lists read back from workbooks: which rows a clerk filled in, and in which cells.

Business rule: a list may come back sorted, filtered, split among people, its sheets renamed and its columns moved,
saved by Excel, WPS or LibreOffice. What counts is the header's words and the hidden identity of each row; what the
eye sees as a value must be one: no formula, no merged cells.

Invariant: every row in whose columns anything was filled in is yielded once, whatever else is wrong with it; rows that
nobody touched are only counted. Cells are named as the spreadsheet shows them.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from renshe.engine.mending.refusals import Refusal, Wrong
from renshe.engine.report.labels import DECISIONS
from renshe.engine.report.sheets import DAY, DECISION, FILLED, GROUND, IDENTITY, NEW, OPERATOR, PRESENT
from renshe.engine.sources.cells import Unsure
from renshe.engine.sources.opening import book_rows, open_book
from renshe.engine.sources.sheet_xml import Row, SheetFacts, column_letters
from renshe.engine.sources.sheets import Book

# A clerk may put a heading above the table.
_HEADER_WITHIN = 20
_STAMP = re.compile(r',"(\d+:[0-9a-f]+:\d+:\d+)"\]$')


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of list: the column in which a clerk chooses, those that it needs besides, all those that are filled in.

    ``choices``: what may be chosen, by column; ``days`` are columns of dates. ``shown``: columns in which the eye sees
    which row the hidden identity means; they are read where they are there.
    """

    choice: str
    needed: tuple[str, ...]
    filled: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]
    days: tuple[str, ...] = (DAY,)
    shown: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Return the columns without which a sheet is no such list."""
        return (IDENTITY, *self.needed, self.choice)


PROBLEMS = Form(DECISION, (PRESENT, NEW, GROUND, OPERATOR), FILLED, {DECISION: DECISIONS})
"""The lists of problems of a round."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that is a list: its header (as written, "" where nothing is), and the columns that matter, from 0."""

    form: Form
    path: Path
    name: str
    header: tuple[str, ...]
    header_row: int
    columns: Mapping[str, int]

    def cell(self, column: str, row: int) -> str:
        """Return the address of a row's cell under the header ``column``, as T5; the row where there is no such."""
        return f"{column_letters(self.columns[column])}{row}" if column in self.columns else f"第 {row} 行"


@dataclass(frozen=True, slots=True)
class Filled:
    """A row that somebody filled in: what stands under each header that matters, blanks trimmed, None where nothing.

    ``unsure``: the new value is a number whose digits may not be those that were typed. ``wrong``: its cells are no
    plain values.
    """

    sheet: Sheet
    row: int
    texts: Mapping[str, str | None]
    unsure: bool
    wrong: Wrong | None

    def text(self, column: str) -> str | None:
        """Return what stands under the header ``column``."""
        return self.texts.get(column)

    def place(self) -> str:
        """Return where the row stands: workbook, sheet and the cell of what was chosen."""
        return f"{self.sheet.path.name} {self.sheet.name}!{self.sheet.cell(self.sheet.form.choice, self.row)}"

    def refuse(self, wrong: Wrong, *, recorded: bool = False) -> Refusal:
        """Return the refusal of this row."""
        cell = self.sheet.cell(wrong.column, self.row)
        return Refusal(self.sheet.path, self.sheet.name, self.row, cell, wrong.what, wrong.remedy, recorded)


@dataclass(slots=True)
class Lists:
    """The lists of one workbook. ``seen``: by stamp, the sheet where it was met first and the rows met under it."""

    path: Path
    sheets: list[Sheet] = field(default_factory=list)
    filled: list[Filled] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    seen: dict[str, tuple[str, set[int]]] = field(default_factory=dict)


def read_lists(path: Path, forms: Sequence[Form] = (PROBLEMS,)) -> Lists:
    """Read a workbook (xlsx, ods, xls); SourceError where it cannot be read. Sheets that are no lists are passed over.

    Hidden sheets and filtered rows are read like all others.
    """
    book = open_book(path)
    lists = Lists(path)
    for name, group in groupby(book_rows(book), itemgetter(0)):
        rows = ((number, row) for _, number, row in group)
        sheet = _sheet(path, name, rows, forms, lists.refused)
        if sheet is not None:
            lists.sheets.append(sheet)
            _read_sheet(sheet, book, rows, lists)
    return lists


def wanted_rows(path: Path, wanted: Mapping[str, Container[int]]) -> dict[str, dict[int, Row]]:
    """Return the cells of the rows ``wanted``, by sheet and row."""
    found: dict[str, dict[int, Row]] = {name: {} for name in wanted}
    for name, number, row in book_rows(open_book(path)):
        if name in wanted and number in wanted[name]:
            found[name][number] = row
    return found


def _sheet(
    path: Path, name: str, rows: Iterator[tuple[int, Row]], forms: Sequence[Form], refused: list[Refusal]
) -> Sheet | None:
    """Find the header of a list by its words; None where the sheet is no list, or one that cannot be read back."""
    for number, row in islice(rows, _HEADER_WITHIN):
        header = tuple((cell or "").strip() for cell in row)
        form = next((form for form in forms if form.choice in header), None)
        if IDENTITY not in header and form is None:
            continue
        form = form or forms[0]
        named = dict.fromkeys((*form.required, *form.filled, *form.shown))
        lacking = [column for column in form.required if column not in header]
        double = [column for column in named if header.count(column) > 1]
        if not lacking and not double:
            columns = {column: header.index(column) for column in named if column in header}
            return Sheet(form, path, name, header, number, columns)
        what = f"缺少“{lacking[0]}”列" if lacking else f"有两列“{double[0]}”"
        remedy = "请从原清单复制回这一列" if lacking else "请删去多余的一列"
        if lacking[:1] == [IDENTITY]:
            what, remedy = "隐藏的“识别码”列不见了，无法对应原记录", "请把填写内容移回原清单后再交"
        refused.append(Refusal(path, name, None, f"第 {number} 行", what, remedy))
        return None
    return None


def _read_sheet(sheet: Sheet, book: Book, rows: Iterator[tuple[int, Row]], lists: Lists) -> None:
    met: dict[int, Row] = {}
    for number, row in rows:
        identity = _at(row, sheet.columns[IDENTITY])
        if identity == IDENTITY:
            continue
        if identity and (stamp := _STAMP.search(identity)):
            lists.seen.setdefault(stamp[1], (sheet.name, set()))[1].add(hash(identity))
        if any(_at(row, sheet.columns[column]) for column in sheet.form.filled if column in sheet.columns):
            met[number] = row
    facts = book.facts(sheet.name)
    if facts.formulas > len(facts.places):
        lists.refused.append(
            Refusal(sheet.path, sheet.name, None, "整表", f"含公式 {facts.formulas:,} 个", "请全部改为数值后再交")
        )
        return
    odd = _odd_cells(sheet, facts, met)
    # What a formula without result or a merged cell hides shows as nothing: such rows were touched all the same.
    if hidden := {number for number in odd if number not in met}:
        met |= {number: row for number, row in book.rows(sheet.name) if number in hidden}
    lists.filled += [_filled(sheet, number, met[number], odd.get(number)) for number in sorted(met)]


def _filled(sheet: Sheet, number: int, row: Row, wrong: Wrong | None) -> Filled:
    texts = {column: _at(row, at) for column, at in sheet.columns.items()}
    new = sheet.columns.get(NEW, len(row))
    unsure = new < len(row) and isinstance(row[new], Unsure)
    return Filled(sheet, number, texts, unsure, wrong)


def _at(row: Row, column: int) -> str | None:
    text = row[column] if column < len(row) else None
    return (text.strip() or None) if text else None


def _odd_cells(sheet: Sheet, facts: SheetFacts, met: Mapping[int, Row]) -> dict[int, Wrong]:
    """Return, by row, what is no plain value in the columns that a clerk fills in, or that tell which row it is."""
    headers = {at: column for column, at in sheet.columns.items()}
    odd: dict[int, Wrong] = {}
    for first, last, at in facts.merged:
        column = headers.get(at)
        if column in sheet.form.filled and last > sheet.header_row:
            for number in range(max(first, sheet.header_row + 1), last + 1):
                what = f"“{column}”是第 {first} 至 {last} 行合并的单元格，无法判断各行的处理"
                odd[number] = Wrong(column, what, "请取消合并，逐行填写")
    for number, at in facts.places:
        column = headers.get(at)
        if column is not None and number > sheet.header_row and (column in sheet.form.filled or number in met):
            odd[number] = Wrong(column, f"“{column}”是公式，不是值", "请改为直接填写的值（复制后选择性粘贴为数值）")
    return odd
