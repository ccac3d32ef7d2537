"""A workbook that says of itself which sheet holds its rows, and readers that tell where formulas stand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.sources.base import SourceError
from renshe.engine.sources.marker import MARKER_SHEET, aside, sheet_of_rows
from renshe.engine.sources.opening import open_source
from renshe.engine.sources.sheets import SheetReader

NAMES = frozenset({"姓名", "性别"})
CODES = [["姓名", "性别"], ["1 男", "2 女"], ["甲", "乙"]]


def marker(sheet: str, *helping: str) -> list[list[str]]:
    return [["sheet", sheet], ["aside", json.dumps(helping, ensure_ascii=False)]]


def opened(path: Path, sheet: str | None = None) -> SheetReader:
    reader = open_source(path, sheet=sheet, known_names=NAMES)
    assert isinstance(reader, SheetReader)
    return reader


def test_the_named_sheet_is_read_though_another_looks_more_like_the_table(write_book: Callable[..., Path]) -> None:
    path = write_book(代码表=CODES, 采集=[["姓名", "性别"]], **{MARKER_SHEET: marker("采集", "代码表")})
    reader = opened(path)
    assert reader.layout.sheet == "采集"
    assert reader.layout.notes == []
    assert reader.marker["sheet"] == "采集"
    assert reader.letters == ("A", "B")


def test_without_the_page_a_book_is_read_as_ever(write_book: Callable[..., Path]) -> None:
    reader = opened(write_book(代码表=CODES, 采集=[["姓名", "性别"]]))
    assert reader.layout.sheet == "代码表"
    assert reader.marker == {}


def test_a_renamed_sheet_is_found_where_it_is_the_only_one_left(write_book: Callable[..., Path]) -> None:
    path = write_book(代码表=CODES, 城南=[["姓名", "性别"]], **{MARKER_SHEET: marker("采集", "代码表")})
    assert opened(path).layout.sheet == "城南"


def test_a_book_whose_sheet_of_rows_is_gone_is_refused(write_book: Callable[..., Path]) -> None:
    path = write_book(甲=CODES, 乙=CODES, **{MARKER_SHEET: marker("采集", "代码表")})
    with pytest.raises(SourceError, match="“采集”"):
        opened(path)


@given(st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)))
def test_no_text_on_the_page_breaks_the_choice_of_a_sheet(text: str) -> None:
    assert MARKER_SHEET in aside({"aside": text})
    assert sheet_of_rows({"sheet": "采集", "aside": text}, [MARKER_SHEET, "采集"]) == "采集"


def test_formulas_are_told_by_their_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for cell, value in {"A1": "姓名", "B1": "性别", "A2": "=B2", "B2": "男", "A4": "王一", "C4": "=1+1"}.items():
        book.active[cell] = value
    book.save(tmp_path / "表.xlsx")
    reader = opened(tmp_path / "表.xlsx")
    rows: list[Any] = [batch.rows.tolist() for batch in reader.batches()]
    assert rows == [[2, 4]]
    assert reader.facts().places == [(2, 0), (4, 2)]
