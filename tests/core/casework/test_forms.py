"""What a form takes, how it is read, and how a refusal reads."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from renshe.core.casework.forms import LONG, Item, Value, item, read


@pytest.mark.parametrize(
    ("type", "given", "value", "kept"),
    [
        ("text", " 第一中学 ", "第一中学", "第一中学"),
        ("date", "2026-11-30", dt.date(2026, 11, 30), "2026-11-30"),
        ("month", "2026-11", 202611, 202611),
        ("year", "2026", 2026, 2026),
        ("money", "1,234.5", Decimal("1234.50"), "1234.50"),
        ("rate", "8%", Decimal("0.08"), "0.08"),
        ("int", 12, 12, 12),
        ("flag", "1", True, True),
        ("date", "", None, None),
    ],
)
def test_an_item_is_read_in_its_type_and_what_is_kept_reads_the_same(
    type: str, given: Any, value: Value, kept: Any
) -> None:
    items = [Item("x", "某项", type)]
    found = read(items, {"x": given})
    assert (found.values["x"], found.json["x"], found.problems) == (value, kept, {})
    assert read(items, found.json) == found


@pytest.mark.req("S0-43")
@pytest.mark.parametrize(
    ("one", "given", "said"),
    [
        (Item("x", "日期", "date"), "2026-06-31", "日期不是日期：2026-06-31，请按 2026-11-30"),
        (Item("x", "年月", "month"), "202613", "202613"),
        (Item("x", "金额", "money"), "12.345", "超过两位小数"),
        (Item("x", "比例", "rate"), "16", "比例大于1"),
        (Item("x", "人数", "int"), "十二", "不是整数"),
        (Item("x", "是否", "flag"), "也许", "应为 1（是）或 0（否）"),
        (Item("x", "是否", "text"), True, "不是一个值"),
        (Item("x", "名称", length=2), "三个字", "最多 2 个字符，现有 3 个"),
        (Item("x", "名称"), "一\u200b二", "看不见的字符"),
        (Item("x", "名称", required=True), " ", "名称必填"),
        (item("person.sex"), "7", "没有代码 7"),
        (item("person.sex"), 1, "性别应为文字"),
        (Item("x", "名称"), float("inf"), "名称应为文字"),
    ],
)
def test_what_is_not_of_the_items_type_length_or_codes_is_refused_with_the_remedy(
    one: Item, given: Any, said: str
) -> None:
    assert said in read([one], {one.name: given}).problems[one.name]


def test_what_the_form_does_not_have_is_refused() -> None:
    assert read([Item("x", "名称")], {"x": "一", "y": "二", "张": "三"}).problems == {
        "y": "没有“y”这一项，请按表格填写",
        "张": "没有这一项，请按表格填写",
    }


def test_items_come_from_the_dictionary() -> None:
    sex = item("person.sex", required=True)
    assert (sex.label, sex.type, sex.codes is not None, sex.required) == ("性别", "code", True, True)
    with pytest.raises(KeyError):
        item("person.nothing")


def test_a_long_text_may_have_lines_and_a_short_one_may_not() -> None:
    long, short = Item("x", "事实", length=LONG), Item("x", "名称", length=LONG - 1)
    found = read([long], {"x": "第一行\r\n\r\n第二行\n"})
    assert (found.json, found.problems) == ({"x": "第一行\n\n第二行"}, {})
    assert read([long], found.json).json == found.json
    for one, told in ((short, "第一行\n第二行"), (long, "第一行\n\x07")):
        assert "看不见的字符" in read([one], {"x": told}).problems["x"]
