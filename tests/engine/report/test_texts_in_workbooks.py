"""Whatever stands in the data stands in the workbook as text: markup, blanks at its ends, control characters."""

from __future__ import annotations

from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pytest
from openpyxl.utils.escape import unescape

from renshe.engine.report.sheets import Column, Piece, RowList
from renshe.engine.report.spreadsheet import Book, write_book

TEXTS = [
    "张三",
    "A&B<公司>\"'",
    " 前",
    "后 ",
    "一\n二",
    "\n",
    "\t",
    "a\rb",
    "\x00\x01\x0b\x1f",
    "\ufffe",
    "_x0041_",
    "_x00z1_",
    "_x0041_x0042_",
    "=1+1",
    "]]>",
    "\u3000全角",
]


def read_back(path: Path) -> list[tuple[object, ...]]:
    rows = openpyxl.load_workbook(path)["清单"].iter_rows(min_row=2, values_only=True)
    return [tuple(unescape(cell) if isinstance(cell, str) else cell for cell in row) for row in rows]


@pytest.mark.parametrize("same", ["法规", "A&B<'x'> ", ""])
@pytest.mark.parametrize("repeated", [1, 400])
def test_every_text_is_read_back_as_it_is(tmp_path: Path, same: str, repeated: int) -> None:
    texts = [*TEXTS, "", None] * repeated
    told: list[int] = []
    with duckdb.connect() as con:
        con.register("given", pa.table({"rn": range(1, len(texts) + 1), "t": pa.array(texts, pa.string())}))
        con.execute("create table listed as from given order by rn")
        columns = (
            Column("序号", "rn", 8, "count"),
            Column("文本", "t", 20, "wrap"),
            Column("同", "", 20, same=same),
            Column("又", "t", 20),
        )
        piece = Piece(RowList("清单", "listed", 1, len(texts), columns), "清单", 1, len(texts))
        write_book(con, Book(tmp_path / "x.xlsx", [{"项目": "a", "内容": "b"}], [], [piece]), told.append)
    shown = [text or None for text in texts]
    assert read_back(tmp_path / "x.xlsx") == [(at, text, same or None, text) for at, text in enumerate(shown, 1)]
    assert sum(told) == len(texts)


def test_a_sheet_beyond_what_a_plain_zip_holds_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zipfile.ZIP64_LIMIT", 50_000)
    with duckdb.connect() as con:
        con.execute("create table listed as select n rn, repeat('长', 100) t from range(1, 1001) r(n)")
        piece = Piece(RowList("清单", "listed", 1, 1000, (Column("文本", "t", 20),)), "清单", 1, 1000)
        write_book(con, Book(tmp_path / "x.xlsx", [{"项目": "a", "内容": "b"}], [], [piece]), lambda _rows: None)
    assert read_back(tmp_path / "x.xlsx") == [("长" * 100,)] * 1000
