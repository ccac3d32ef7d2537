"""How lines are cut, and how a file shows the way."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renshe.engine.sources.splitting import (
    RECORD_LINES,
    RECORD_SIZE,
    Dialect,
    Fault,
    Quoting,
    assemble,
    find_dialect,
    find_line_end,
    shown_delimiter,
    split,
)

COMMA = Dialect(",", Quoting.YES)
MAYBE = Dialect(",", Quoting.MAYBE)


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from('ab"|, \t\u3000张'), max_size=5), min_size=2, max_size=5))
def test_what_a_csv_writer_writes_is_cut_into_what_it_was_given(cells: list[str]) -> None:
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        line = io.StringIO()
        csv.writer(line, quoting=quoting, lineterminator="").writerow(cells)
        assert split(line.getvalue(), COMMA) == cells


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('1,5寸"钢管,2', ["1", '5寸"钢管', "2"]),
        ('1,"a"b,2', Fault.MISPLACED),
        ('1,"a" ,2', Fault.MISPLACED),
        ('1,"a,2', Fault.UNCLOSED),
        ('1,"a"",2', Fault.UNCLOSED),
        ('"",""', ["", ""]),
        ('""""', ['"']),
        ("", [""]),
        ("1,", ["1", ""]),
        ('1,"', Fault.UNCLOSED),
    ],
)
def test_quotes_enclose_cells_only_from_their_beginning(line: str, cells: list[str] | Fault) -> None:
    assert split(line, COMMA) == cells


def test_without_quoting_quotes_are_text() -> None:
    assert split('"a,b",c', Dialect(",", Quoting.NO)) == ['"a', 'b"', "c"]


def test_delimiter_of_several_characters_cuts_inside_and_outside_quotes() -> None:
    assert split('1||"a||b"||', Dialect("||", Quoting.YES)) == ["1", "a||b", ""]


def test_record_reaches_over_the_lines_inside_its_quotes() -> None:
    assert assemble('1,"甲\r', ["\n乙", '\n丙",2\r', "\n3,4,5"], COMMA, 3) == (["1", "甲\r\n乙\n丙", "2"], 3)


def test_open_quote_does_not_swallow_a_row() -> None:
    assert assemble('1,"甲,2', ["\n2,乙,3", '\n3,"丙",4'], COMMA, 3) == (Fault.UNCLOSED, 1)
    assert assemble('1,"甲,2', ['\n2,"乙",3'], COMMA, 3) == (Fault.UNCLOSED, 1)


@pytest.mark.parametrize(("inner", "closes"), [(RECORD_LINES - 2, True), (RECORD_LINES - 1, False)])
def test_open_quote_must_close_within_some_lines(inner: int, closes: bool) -> None:
    cells, lines = assemble('1,"甲', ["\n乙"] * inner + ['\n丙",2'], COMMA, 3)
    assert (isinstance(cells, list), lines) == (closes, RECORD_LINES if closes else 1)


@pytest.mark.parametrize(("size", "closes"), [(RECORD_SIZE - 30, True), (RECORD_SIZE, False)])
def test_open_quote_must_close_within_some_characters(size: int, closes: bool) -> None:
    cells, _ = assemble('1,"甲', ["\n" + "乙" * size, '\n丙",2'], COMMA, 3)
    assert isinstance(cells, list) == closes


def test_record_that_closes_with_another_width_is_damage_of_its_first_line() -> None:
    assert assemble('1,"甲', ['\n乙"'], COMMA, 3) == (Fault.UNCLOSED, 1)


def test_where_quoting_is_unknown_a_row_is_a_row_either_way() -> None:
    assert assemble('1,"甲,乙",2', [], MAYBE, 3) == (["1", "甲,乙", "2"], 1)
    assert assemble('1,"大力"公司,2', [], MAYBE, 3) == (["1", '"大力"公司', "2"], 1)
    assert assemble('1,x,"甲', ['\n乙"'], MAYBE, 3) == (["1", "x", "甲\n乙"], 2)
    assert assemble('1,x,"甲', ['\n2,y,乙"'], MAYBE, 3) == (["1", "x", '"甲'], 1)
    assert assemble('1,"甲', ["\n2,y,乙"], MAYBE, 3) == (Fault.UNCLOSED, 1)


ROWS = [["编号", "姓名", "单位", "金额"]] + [[f"R{at}", "张三", "某某;有限|公司", f"{at}.00"] for at in range(30)]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", "^", "\x01", "||", "|@|", "@@"])
def test_delimiter_and_width_are_found_out(delimiter: str) -> None:
    rows = [[cell.replace(delimiter[0], "") for cell in row] for row in ROWS]
    lines = ["某某市人员汇总表", "", *map(delimiter.join, rows), "合计", f"R99{delimiter}截断"]
    assert find_dialect(lines, None, None) == (Dialect(delimiter, Quoting.MAYBE), 4)


def test_empty_cells_are_not_a_delimiter_of_several_characters() -> None:
    lines = ["编号|姓名|单位|金额", *(f"R{at}||||".removesuffix("|") for at in range(50))]
    assert find_dialect(lines, None, None)[0].delimiter == "|"


def test_thousands_separators_do_not_win_over_tabs() -> None:
    lines = ["编号\t姓名\t金额", *(f"R{at}\t张三\t1,234.00" for at in range(50))]
    assert find_dialect(lines, None, None)[0].delimiter == "\t"


def test_file_of_one_column_has_no_delimiter() -> None:
    dialect, width = find_dialect(["个人编号", "1001", "1002"], None, None)
    assert (shown_delimiter(dialect.delimiter), width) == (None, 1)


@pytest.mark.parametrize(
    ("cells", "quoting"),
    [
        (['"甲,乙"', '"丙"', "丁"], Quoting.YES),
        (['"大力"公司', '"一"厂', '"二'], Quoting.NO),
        (["甲", '5寸"管', "丙"], Quoting.NO),
        (['="0012"', '="0013"', '="0014"'], Quoting.NO),
        (["甲", "乙", "丙"], Quoting.MAYBE),
    ],
)
def test_use_of_quotes_is_found_out(cells: list[str], quoting: Quoting) -> None:
    lines = ["编号,名称,金额", *(f"R{at},{cell},1.00" for at, cell in enumerate(cells * 5))]
    assert find_dialect(lines, None, None)[0].quoting is quoting


def test_what_is_given_is_kept() -> None:
    assert find_dialect(["a;b,c", "1;2,3"], ",", Quoting.NO) == (Dialect(",", Quoting.NO), 2)


@pytest.mark.parametrize(
    ("data", "line_end"),
    [(b"a\r\nb\r\n", b"\n"), (b"a\nb", b"\n"), (b"a\rb\rc\r", b"\r"), (b"a\r\r\nb\r\r\n", b"\n"), (b"a", b"\n")],
)
def test_line_end_is_found_out(data: bytes, line_end: bytes) -> None:
    assert find_line_end(data) == line_end
