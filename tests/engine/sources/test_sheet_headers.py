"""Where the header is, what its columns are called, and what is no header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.sources.headers import find_header, unique_names

PERSON = frozenset({"AAC001", "个人编号", "AAC003", "姓名", "AAC002", "公民身份号码", "AAB001", "单位编号"})
PAYMENT = PERSON | {
    "费款所属期",
    "缴费基数",
    "单位缴费基数",
    "个人缴费基数",
    "单位应缴",
    "个人应缴",
    "应缴",
    "实缴",
    "单位缴费金额",
    "个人缴费金额",
    "单位",
}
DATA = ["1", "张三", "3000", "600", "240"]


def names(rows: list[list[str | None]], known: frozenset[str] = PAYMENT) -> tuple[str, ...]:
    return find_header(rows, known).names


def test_the_header_is_the_row_with_the_known_names() -> None:
    rows = [["某市名册"], ["填报单位：某局", None, "日期：2021年5月"], ["序号", "姓名", "个人编号"], ["1", "张三", "7"]]
    header = find_header(rows, PERSON)
    assert (header.first, header.last, header.names, header.known) == (2, 2, ("序号", "姓名", "个人编号"), 2)


@pytest.mark.parametrize("name", ["姓 名", " 姓名 ", "姓名：", "＊姓名", "姓名（必填）", "姓名(中文)"])
def test_names_are_known_in_any_spelling(name: str) -> None:
    assert find_header([["标题"], [name, "个人编号", "x"]], PERSON).known == 2


def test_codes_are_known_in_any_case_and_width() -> None:
    assert find_header([["aac001", "ＡＡＣ００３", "x"], ["1", "张三", "y"]], PERSON).known == 2


def test_header_cells_merged_over_two_rows() -> None:
    rows = [
        ["个人编号", "姓名", "缴费基数", "缴费金额", None, "备注"],
        [None, None, None, "单位", "个人", None],
        [*DATA, None],
    ]
    header = find_header(rows, PAYMENT)
    assert (header.first, header.last) == (0, 1)
    assert header.names == ("个人编号", "姓名", "缴费基数", "单位缴费金额", "个人缴费金额", "备注")


def test_a_child_that_is_known_and_alone_keeps_its_own_name() -> None:
    rows = [["个人编号", "姓名", "养老保险", None, None], [None, None, "缴费基数", "单位应缴", "个人应缴"], DATA]
    assert names(rows) == ("个人编号", "姓名", "缴费基数", "单位应缴", "个人应缴")


def test_children_called_alike_are_told_apart_by_their_parents() -> None:
    rows = [
        ["姓名", "养老保险", None, "失业保险", None],
        [None, "应缴", "实缴", "应缴", "实缴"],
        ["张三", "1", "2", "3", "4"],
    ]
    assert names(rows) == ("姓名", "养老保险应缴", "养老保险实缴", "失业保险应缴", "失业保险实缴")


def test_a_parent_row_above_the_row_of_known_names() -> None:
    rows = [
        ["某市缴费明细表"],
        ["个人信息", None, "单位", None, "个人", None],
        ["个人编号", "姓名", "应缴", "实缴", "应缴", "实缴"],
        ["1", "张三", "1", "2", "3", "4"],
    ]
    header = find_header(rows, PAYMENT)
    assert (header.first, header.last) == (1, 2)
    assert header.names == ("个人编号", "姓名", "单位应缴", "单位实缴", "个人应缴", "个人实缴")


def test_three_header_rows() -> None:
    rows = [
        ["姓名", "养老保险", None, None, None],
        [None, "应缴", None, "实缴", None],
        [None, "单位", "个人", "单位", "个人"],
        ["张三", "1", "2", "3", "4"],
    ]
    header = find_header(rows, PAYMENT)
    assert (header.first, header.last) == (0, 2)
    assert header.names == ("姓名", "单位应缴", "个人应缴", "养老保险单位实缴", "养老保险个人实缴")


def test_a_title_and_a_remark_are_no_parents() -> None:
    rows = [
        ["某市参保人员名册", None, None],
        ["填报单位：某局", None, "2021年5月"],
        ["个人编号", "姓名", "单位"],
        ["1", "张三", "x"],
    ]
    header = find_header(rows, PERSON)
    assert header.first == 2
    assert header.names == ("个人编号", "姓名", "单位")


def test_a_row_of_field_codes_beside_the_labels_is_no_data() -> None:
    labels, codes = ["个人编号", "姓名", "备注"], ["AAC001", "AAC003", "BZ"]
    for first, second in ((labels, codes), (codes, labels)):
        header = find_header([first, second, ["1", "张三", None]], PERSON)
        assert (header.last, header.names) == (1, tuple(first))


@pytest.mark.parametrize("marks", [["1", "2", "3", "4"], ["甲", "乙", "1", "2"], ["(1)", "(2)", "(3)", "(4)"]])
def test_a_row_that_numbers_the_columns_belongs_to_the_header(marks: list[str]) -> None:
    rows = [["个人编号", "姓名", "应缴", "实缴"], marks, ["5", "张三", "1", "2"]]
    assert find_header(rows, PAYMENT).last == 1


def test_data_that_look_like_a_second_header_row_stay_data() -> None:
    rows = [["姓名", None, "备注"], ["张三", "男", None], ["李四", "女", "退休"]]
    assert find_header(rows, PERSON).last == 0
    rows = [[None, "姓名", "备注"], ["甲", "张三", None], ["乙", "李四", "退休"]]
    assert find_header(rows, PERSON).last == 0


def test_a_repeated_header_is_left_to_the_reader() -> None:
    row = ["个人编号", "姓名", "备注"]
    assert find_header([row, row, ["1", "张三", None]], PERSON).last == 0


def test_unknown_names_are_found_by_their_shape() -> None:
    rows = [["某表"], ["单位：元"], ["甲项", "乙项", "丙项"], ["1", "x", "2021-05-31"], ["2", "y", "2021-06-30"]]
    header = find_header(rows, frozenset())
    assert (header.first, header.last, header.names) == (2, 2, ("甲项", "乙项", "丙项"))


@pytest.mark.parametrize(
    "first",
    [["1001", "张三", "男"], ["张三", "19890101", "男"], ["张三", "1989年1月", "男"], ["张三", "3,000.50", "男"]],
)
def test_data_are_never_taken_for_a_header(first: list[str | None]) -> None:
    header = find_header([first, ["1002", "李四", "女"]], PERSON)
    assert not header.found
    assert set(header.names) == {""}


def test_one_column_and_nothing() -> None:
    assert find_header([["姓名"], ["张三"]], PERSON).names == ("姓名",)
    assert not find_header([], PERSON).found


@given(st.lists(st.sampled_from(["金额", "金额_2", "姓名", ""]), max_size=8))
def test_unique_names_are_unique_and_keep_first_ones(given_names: list[str]) -> None:
    result = unique_names(given_names)
    assert len(set(result)) == len(result) == len(given_names)
    for at, name in enumerate(given_names):
        assert result[at].startswith(name)
        if name not in given_names[:at]:
            assert result[at] == name


@given(st.lists(st.lists(st.sampled_from([None, "姓名", "个人编号", "张三", "1", "单位"]), max_size=5), max_size=6))
def test_any_grid_has_a_header_inside_it_or_none(rows: list[list[str | None]]) -> None:
    header = find_header(rows, PERSON)
    assert len(header.names) == max((len(row) for row in rows), default=0)
    assert 0 <= header.first <= header.last < len(rows) or not header.found
