"""What was not taken, given back: a workbook of the refused rows, each with its cell, what is wrong and the remedy.

Business rule: a clerk mends what was refused where it stands, with all of the row in view, and hands it in again. So
the rows keep their columns and their hidden identity.

Invariant: nothing that lies beside the workbook is written over: an earlier list of refused rows may be half mended.
Files are their owner's alone (0600).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from renshe.engine.mending.lists import Form, Lists, Sheet, wanted_rows
from renshe.engine.mending.refusals import MendingError, Refusal
from renshe.engine.report.sheets import IDENTITY, Column, Piece, RowList, Style, lay_out
from renshe.engine.report.shelving import SHEET_ROWS
from renshe.engine.report.spreadsheet import Book, write_book
from renshe.engine.sources.headers import unique_names
from renshe.engine.sources.sheet_xml import Row, column_letters

_MARK = "-未采纳"
_OURS = ("原位置", "问题所在", "怎样改")
_RANGE = re.compile(r':\d+:\d+"\]$')
_WIDE = 24


def refused_path(workbook: Path) -> Path:
    """Return where the refused rows of ``workbook`` go: beside it, under a name that is free."""
    stem = re.sub(rf"{_MARK}\d*$", "", workbook.stem)
    number = 1
    while (path := workbook.with_name(f"{stem}{_MARK}{number if number > 1 else ''}.xlsx")).exists():
        number += 1
    return path


class GivenBack:
    """The refused rows of several workbooks, written to ``folder`` first: they become visible when all else is done.

    ``targets``: by workbook, where its rows will be. MendingError where these cannot be written.
    """

    def __init__(self, folder: Path, read: Sequence[Lists], refused: Sequence[Refusal]) -> None:
        self.targets: dict[Path, Path] = {}
        self._partial: dict[Path, Path] = {}
        for at, lists in enumerate(read):
            own = [one for one in refused if one.path == lists.path and not one.recorded]
            if not own:
                continue
            self.targets[lists.path] = target = refused_path(lists.path)
            if not os.access(target.parent, os.W_OK):
                where = f"{target.parent}：不能写入，未采纳的行没有地方存放"
                raise MendingError(f"{where}；请把工作簿移到可以写入的文件夹再交")
            self._partial[lists.path] = folder / f"refused-{at}.{os.getpid()}.tmp"
            write_refused(lists, own, self._partial[lists.path])

    def publish(self) -> None:
        """Put the workbooks where they belong."""
        for path, written in self._partial.items():
            shutil.move(written, self.targets[path])


def write_refused(lists: Lists, refused: Sequence[Refusal], target: Path) -> None:
    """Write the refused rows of one workbook to ``target``."""
    told: dict[str, dict[int, Refusal]] = {}
    for one in refused:
        if one.row is not None:
            told.setdefault(one.sheet, {})[one.row] = one
    found = wanted_rows(lists.path, told)
    with duckdb.connect(":memory:") as con:
        sheets = [sheet for sheet in lists.sheets if sheet.name in told]
        rows_of = [
            _list(con, f"refused_{at}", sheet, told[sheet.name], found[sheet.name]) for at, sheet in enumerate(sheets)
        ]
        pieces: list[Piece] = []
        if rows_of:
            [pieces] = lay_out(rows_of, SHEET_ROWS, sum(item.rows for item in rows_of))
        write_book(con, Book(target, _guide(lists.path, refused), [], pieces), lambda _rows: None)


def _guide(workbook: Path, refused: Sequence[Refusal]) -> list[dict[str, str]]:
    facts = [
        ("原工作簿", workbook.name),
        ("未采纳", f"{len(refused)} 处；已采纳的行不在本文件中，不必再交"),
        ("怎样改", "各表前三列写明原来的单元格、问题和改法；改好浅黄色的列后，把本文件再用 renshe decide 读回"),
        ("保密", "本文件含未遮盖的个人信息，只限经办使用，不得外传。"),
        *((f"工作表 {one.sheet}", f"{one.cell}：{one.what}；{one.remedy}") for one in refused if one.row is None),
    ]
    return [{"项目": name, "内容": text} for name, text in facts]


def _list(
    con: duckdb.DuckDBPyConnection, name: str, sheet: Sheet, told: Mapping[int, Refusal], found: Mapping[int, Row]
) -> RowList:
    """Keep the refused rows of a sheet as the relation ``name`` and say how they are shown."""
    width = max(len(sheet.header), *(len(row) for row in found.values()))
    titles = [sheet.header[at] if at < len(sheet.header) else "" for at in range(width)]
    named = unique_names([*_OURS, *(title or f"列{column_letters(at)}" for at, title in enumerate(titles))])
    rows = [
        [
            f"{sheet.name}!{told[number].cell}",
            told[number].what,
            told[number].remedy,
            *row,
            *[None] * (width - len(row)),
        ]
        for number, row in sorted(found.items())
    ]
    identity = len(_OURS) + sheet.columns[IDENTITY]
    for row in rows:
        # The rows of this book are not all that the sheet was given: nobody is to look for the others here.
        row[identity] = _RANGE.sub(':0:0"]', row[identity] or "")
    texts = {f"c{at}": pa.array([row[at] for row in rows], pa.string()) for at in range(len(named))}
    con.register("given", pa.table({"rn": pa.array(range(1, len(rows) + 1), pa.int64()), **texts}))
    con.execute(f"create table {name} as from given order by rn")
    con.unregister("given")
    headers = enumerate(named)
    form = sheet.form
    columns = tuple(
        Column(header, f"c{at}", _width(header, form), _style(header, form), choices=form.choices.get(header, ()))
        for at, header in headers
    )
    return RowList(sheet.name, name, 1, len(rows), columns)


def _style(header: str, form: Form) -> Style:
    if header == form.choice:
        return "choice"
    if header in form.filled:
        return "date" if header in form.days else "fill"
    return "plain" if header == IDENTITY else "wrap"


def _width(header: str, form: Form) -> float:
    return _WIDE * 1.5 if header in _OURS[1:] else _WIDE if header in form.filled else _WIDE / 1.5
