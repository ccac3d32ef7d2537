"""Rows that are no records, and records that look like them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renshe.engine.sources.base import Reader
from renshe.engine.sources.furniture import (
    BLANKS,
    FOOTER_ROW,
    REPEATED_HEADER,
    RULED_LINE,
    TOTAL_LEADS,
    TOTAL_MARK,
    TOTAL_ROW,
    furniture,
    is_blank,
    is_footer,
    is_total,
)
from renshe.engine.sources.opening import open_source
from renshe.engine.sources.text_columns import odd_rows

ReadRows = Callable[[Reader], dict[int, list[Any]]]
ReadRejects = Callable[[Reader], dict[int, str]]
WriteBook = Callable[..., Path]

HEADER = ("单位编号", "单位名称", "人数", "缴费基数", "单位应缴", "个人应缴", "经办日期", "备注", "险种")


def row(*cells: str | None) -> list[str | None]:
    return [*cells, *[None] * (len(HEADER) - len(cells))]


@pytest.mark.parametrize(
    "cells",
    [
        row("合计", None, "35", "120000.00"),
        row("合 计", None, "35"),
        row("合　　计"),
        row("总计："),
        row("小计：35人"),
        row("合计（元）", None, None, "1.00"),
        row("本页合计"),
        row("本单位小计", None, "3"),
        row("全市合计", None, "3"),
        row("（合计）", None, "3"),
        row("累计", None, None, "3.00"),
        row("合计35人"),
        row(None, "合计", "35", "120000.00"),
        row("1", "小计", "35", "—"),
        row("吉林省某某有限公司", "小计", "35", "120000.00"),
        row("2201", "某某有限公司", "合计", "120000.00"),
    ],
)
def test_row_that_says_total_is_a_total(cells: list[str | None]) -> None:
    assert furniture(cells, HEADER) == TOTAL_ROW


@pytest.mark.parametrize(
    "cells",
    [
        row("220001", "合计科技有限公司", "35"),
        row("合计科技有限公司", "220001", "35"),
        row("合计（集团）有限公司", "220001"),
        row("小计量器具厂"),
        row("220001", "吉林省审计局", "合计", "1.00", "正常应缴"),
        row("P000123", "合计", "35"),
        row("00123456", "合计", "35"),
        row("合计", "220802198901011234"),
        row("合计", "91220800MA0Y1X2C3D"),
        row("220001", "某公司", "3", "1.00", "合计"),
        row("220001", "总计划单列公司", "3"),
        row("220001", "某公司", "累计", "3.00"),
    ],
)
def test_record_with_the_word_total_in_it_is_a_record(cells: list[str | None]) -> None:
    assert furniture(cells, HEADER) is None


@settings(deadline=None)
@given(st.text(st.sampled_from("本页单位全市总合小共累计数人0123：（）() \u3000公司"), max_size=8))
def test_every_total_can_be_found_by_its_mark(text: str) -> None:
    if is_total([text, None, None]):
        assert re.search(f"[{TOTAL_LEADS}{BLANKS}]{TOTAL_MARK}", text)


def test_header_again_is_a_repeated_header() -> None:
    assert furniture(HEADER, HEADER) == REPEATED_HEADER
    assert furniture([f" {name}\u3000" for name in HEADER], HEADER) == REPEATED_HEADER
    assert furniture(["\ufeff" + HEADER[0], *HEADER[1:]], HEADER) == REPEATED_HEADER
    assert furniture([*HEADER[:-1], "养老"], HEADER) is None
    assert furniture(HEADER[:-1], HEADER) is None


def test_rows_without_header_repeat_none() -> None:
    assert furniture(["甲", "乙"], ()) is None
    assert furniture([None, None], ["", ""]) is None


@pytest.mark.parametrize(
    "cells",
    [
        row("制表人：张三", None, "审核人：李四", None, "日期：2021-05-31"),
        row("单位负责人（签章）：", None, "填报日期："),
        row(None, "备注：本表一式两份"),
        row("第1页 共5页"),
        row("以下空白"),
    ],
)
def test_foot_of_a_page_is_a_footer(cells: list[str | None]) -> None:
    assert furniture(cells, HEADER) == FOOTER_ROW


FOOTERS = [
    ["制表人：某某", None, "审核：", None],
    ["单位负责人：", None, "填报人：李", None],
    ["（盖章）", None, None, None],
    ["打印时间", "2021-5-1", None, None],
    ["共2条记录", None, None, None],
    ["共 2 条"],
    ["联系电话", "04361234567", None, None],
    ["审核", "张某", "负责人：", "李某"],
    ["注1：本表一式两份", None, None, None],
    [" ", "填报人：李", None, None],
    ["第 1 页", "共 5 页", None, None],
]


@pytest.mark.parametrize("cells", FOOTERS)
def test_foot_of_a_narrow_table_is_a_footer_in_text_and_workbooks(
    cells: list[str | None], tmp_path: Path, write_xlsx: WriteBook, read_rows: ReadRows, read_rejects: ReadRejects
) -> None:
    header, person = ["个人编号", "姓名", "单位编号", "地址"], ["P1", "注意", None, None]
    grid = [header, person, cells]
    text = tmp_path / "people.csv"
    text.write_text("".join(",".join(cell or "" for cell in line) + "\n" for line in grid), "utf-8")
    for path in (text, write_xlsx(Sheet1=grid)):
        assert read_rows(open_source(path)) == {2: person}
        assert read_rejects(open_source(path)) == {3: FOOTER_ROW}


@pytest.mark.parametrize(
    "cells",
    [
        ["P1", "注意", None, None],
        ["P1", "制表人：某某", None, None],
        [None, "备注", None, None],
        [None, "审核", "2021-5-1", None],
        ["注意", None, None, None],
        ["审核：无", "220802198901011234", None, None],
        ["统计局", None, None, None],
        ["负责人：某", "220001", "某公司", None],
    ],
)
def test_what_may_be_a_record_is_no_footer(cells: list[str | None]) -> None:
    assert furniture(cells, HEADER[:4]) is None


LABELS = st.sampled_from(
    ["制表人：", "审核", "备注", "（盖章）", "共2条", "负责人", "注意", "第1页", "联系电话", "注：无"]
)
NUMBERS = st.from_regex(r"[A-Z]{0,2}[0-9]{1,12}", fullmatch=True)


@given(NUMBERS, st.lists(st.none() | LABELS, max_size=8))
def test_row_that_begins_with_a_number_is_never_a_footer(number: str, rest: list[str | None]) -> None:
    assert not is_footer([number, *rest])


@settings(deadline=None)
@given(st.lists(st.lists(st.none() | LABELS | NUMBERS, min_size=4, max_size=4), min_size=1, max_size=6))
def test_every_footer_is_looked_at_in_fast_reading(rows: list[list[str | None]]) -> None:
    odd = odd_rows([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], 4)
    assert [cells for cells, seen in zip(rows, odd, strict=True) if is_footer(cells) and not seen] == []


@pytest.mark.parametrize(
    ("mark", "line"), [("-", False), ("--", True), ("=====", True), ("－－", False), ("-1", False)]
)
def test_line_below_the_header_is_no_record(mark: str, line: bool) -> None:
    assert furniture(row(mark, None, f" {mark} "), HEADER) == (RULED_LINE if line else None)
    assert furniture(row("220001", mark * 2), HEADER) is None


def test_filled_row_is_no_footer() -> None:
    assert furniture(["备注：无", "某公司", "3", "1", "2"], HEADER[:5]) is None
    assert furniture(row("第一汽车集团", "某公司"), HEADER) is None


def test_blanks_of_every_kind_make_a_blank_row() -> None:
    assert is_blank([None, "", " \t", "\u3000", "\u00a0", "\x1a"])
    assert is_blank([])
    assert not is_blank([None, "0"])
