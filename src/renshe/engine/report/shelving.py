"""Lists laid on workbooks: which rows stand on which sheet of which file, and the summary that leads to each.

Business rule: each department gets a workbook of its lists; where all lists fit one workbook a further one holds them
over all departments, else it is the index that names where each list is.

Invariant: file names are legal on every system and all different; every list has its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from renshe.engine.report.labels import CLASS_LABELS, GROUP_OF, SEVERITY_LABELS
from renshe.engine.report.problems import RuleList
from renshe.engine.report.sheets import RowList, lay_out
from renshe.engine.report.spreadsheet import Book, write_book

# One row less than Excel's 1,048,576: the header.
SHEET_ROWS = 1_048_575
WORKBOOK_ROWS = 300_000
# The writer leaves the interpreter's lock while it compresses: two books at a time use two cores.
_AT_ONCE = 2

Facts = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows at most on a sheet and in a workbook, headers not counted."""

    sheet_rows: int = SHEET_ROWS
    workbook_rows: int = WORKBOOK_ROWS


@dataclass(slots=True)
class Shelf:
    """Workbooks of one folder in the making.

    ``stamp`` is what the stamps of its lists begin with; ``guide`` returns, for a title, the lines of the sheet 说明.
    ``places``: where each list of the departments stands (file, sheet), by its first row.
    """

    folder: Path
    stamp: str
    limits: Limits
    guide: Callable[[str], Facts]
    books: list[Book] = field(default_factory=list)
    places: dict[int, list[tuple[str, str]]] = field(default_factory=dict)

    def put(self, stem: str, plan: list[RowList], lists: Sequence[RuleList], title: str) -> list[Book]:
        """Lay one plan on workbooks, ``stem.xlsx``, ``stem-第2册.xlsx`` …; each with 说明 and a 汇总 of ``lists``.

        Where the plan holds no rules of its own (an index), its summary says where the departments have them.
        """
        laid = lay_out(plan, self.limits.sheet_rows, self.limits.workbook_rows, self.stamp)
        files = [f"{stem}{f'-第{number}册' if number > 1 else ''}.xlsx" for number in range(1, len(laid) + 1)]
        places: dict[int, list[tuple[str, str]]] = {}
        for file, pieces in zip(files, laid, strict=True):
            for piece in pieces:
                if piece.rows_of.of_rule is not None:
                    places.setdefault(piece.rows_of.first, []).append((file, piece.name))
        for first, found in places.items():
            self.places.setdefault(first, found)
        books = [
            Book(
                path=self.folder / file,
                guide=_guide(self.guide(title), file, files),
                summary=_summary(lists, places or self.places, file),
                pieces=pieces,
            )
            for file, pieces in zip(files, laid, strict=True)
        ]
        self.books += books
        return books

    @property
    def rows(self) -> int:
        """Number of rows on all sheets."""
        return sum(piece.rows for book in self.books for piece in book.pieces)

    def write(self, con: duckdb.DuckDBPyConnection, advance: Callable[[int], None]) -> None:
        """Write all workbooks; ``advance`` is told of every block of rows, by several writers at once."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for written in [pool.submit(write_book, con, book, advance) for book in self.books]:
                written.result()


def legal_name(text: str) -> str:
    """Return ``text`` as a part of a file's name that every system takes; empty where nothing of it is left."""
    legal = "".join("_" if char in '/\\:*?"<>|' or not char.isprintable() else char for char in text).strip(" .")
    return legal[:60]


def stems(departments: Iterable[str]) -> dict[str, str]:
    """Return for each department the name of its workbook, without ending: all different."""
    found: dict[str, str] = {}
    for name in departments:
        stem = f"report-{legal_name(name) or '未定科室'}"
        while stem.lower() in map(str.lower, found.values()):
            stem += "_"
        found[name] = stem
    return found


def _guide(told: Facts, file: str, files: list[str]) -> list[dict[str, str]]:
    facts = list(told)
    if len(files) > 1:
        facts.insert(3, ("本册", f"{file}，全套共 {len(files)} 册：{'、'.join(files)}"))
    return [{"项目": name, "内容": text} for name, text in facts]


def _summary(lists: Sequence[RuleList], places: Mapping[int, list[tuple[str, str]]], file: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, item in enumerate(lists, 1):
        rule = item.rule
        here = [sheet for book, sheet in places[item.first] if book == file]
        rows.append(
            {
                "序号": number,
                "规则编号": rule.id,
                "问题": rule.title,
                "严重程度": SEVERITY_LABELS[rule.severity],
                "类别": CLASS_LABELS[rule.class_],
                "归组": GROUP_OF[rule.class_],
                "问题数": item.rows,
                "涉及人数": item.persons,
                "涉及单位数": item.units,
                "责任科室": item.department,
                "工作表": f"internal:'{here[0]}'!A1" if here else None,
                "工作簿": "、".join(dict.fromkeys(book for book, _ in places[item.first])),
                "法规依据": rule.source,
                "处理建议": rule.remedy,
                "表名": here[0] if here else None,
            }
        )
    return rows
