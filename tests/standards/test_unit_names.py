"""Names of one unit have one core, whoever wrote them; names of two have two, or differ in another part."""

from __future__ import annotations

import re
from dataclasses import astuple

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.standards.test_bulk_twins import LAYOUTS, WILD

from renshe.standards.text import unit_name_key
from renshe.standards.unit_names import UnitName, fold_unit_name, fold_unit_names

PIECES = st.sampled_from(
    [
        *"吉林省 白城市 白城 洮北区 朝阳区 永丰 興達 兴达 商贸 第一中学 有限责任公司 有限公司 股份公司 公司".split(),
        *"厂 农民专业合作社 合伙企业 分公司 白城分公司 支行 （白城） (白城分公司) 【有限合伙】 （个体）".split(),
        *"（ ） ABC ＡＢ 3M · “ ” 中国 长春 （集团） 𠮷 呂 市 场".split(),
        "",
    ]
)
WRITTEN = st.lists(PIECES, max_size=6).map("".join)
NAMES = WRITTEN | WILD


def core(name: str) -> str:
    found = fold_unit_name(name)
    assert found is not None
    return found.core


@pytest.mark.parametrize(
    "names",
    [
        ["白城市第一中学", "吉林省白城市第一中学", "白城第一中学", "白城 市第一中學"],
        [
            "吉林省白城市洮北区兴达商贸有限责任公司",
            "白城兴达商贸有限公司",
            "白城市興達商貿公司",
            "兴达商贸有限公司（白城）",
        ],
        ["白城市兴达（集团）有限责任公司", "白城市兴达集团有限公司"],
        ["中国银行股份有限公司白城分行", "中国银行白城市分行", "中国银行股份有限公司（白城分行）"],
        ["洮南市丰收农民专业合作社", "洮南市丰收合作社", "丰收专业合作社"],
        ["白城电厂", "白城市电厂"],
        ["ＡＢＣ（中国）有限公司", "abc中国有限公司"],
    ],
)
def test_names_of_one_unit_have_one_core(names: list[str]) -> None:
    assert len({core(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("白城市第一中学", "白城市第二中学"),
        ("白城兴达商贸有限公司", "白城永丰商贸有限公司"),
        ("白城市朝阳小学", "白城市红旗小学"),
        ("永丰商贸有限公司", "兴隆商贸有限公司"),
        ("白城市兴达集团有限公司", "白城市兴达有限公司"),
    ],
)
def test_names_of_two_units_have_two_cores(one: str, other: str) -> None:
    assert core(one) != core(other)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("吉林省白城市洮北区兴达商贸有限责任公司", ("220802", "兴达商贸", "有限公司", None)),
        ("白城兴达股份公司", ("220800", "兴达", "股份有限公司", None)),
        ("白城市造纸总厂", ("220800", "造纸", "总厂", None)),
        ("洮南市丰收农民专业合作社联合社", ("220881", "丰收", "联合社", None)),
        ("张三小吃店（个体工商户）", (None, "张三小吃店", "个体工商户", None)),
        ("白城张三合伙企业（有限合伙）", ("220800", "张三", "合伙企业", None)),
        ("中国石油天然气股份有限公司吉林白城销售分公司", ("220800", "中国石油天然气", "股份有限公司", "销售分公司")),
        ("中国人寿白城中心支公司", ("220800", "中国人寿", None, "中心支公司")),
        ("长春兴达商贸有限公司（白城分公司）", ("220800", "兴达商贸", "有限公司", "分公司")),
        ("长春兴达商贸有限公司 (洮南店", ("220100", "兴达商贸", "有限公司", "洮南店")),
        ("苏宁（白城）商贸有限公司", ("220800", "苏宁商贸", "有限公司", None)),
        ("苏宁（长春）商贸有限公司白城分公司", ("220800", "苏宁商贸", "有限公司", "分公司")),
        ("白城市兴达有限公司工会委员会", ("220800", "兴达", "有限公司", "工会委员会")),
        ("白城市中医院（白城市第二医院）", ("220800", "中医院", None, "第二医院")),
        ("白城市（中兴）商贸有限公司", ("220800", "中兴商贸", "有限公司", None)),
        ("白城公司", (None, "白城", "公司", None)),
        ("吉林省白城市", ("220000", "白城市", None, None)),
        ("有限责任公司", (None, "有限公司", None, None)),
        ("（白城分公司）", (None, "白城", None, "分公司")),
        ("甲有限公司乙有限公司", (None, "甲有限公司乙", "有限公司", None)),
    ],
)
def test_the_parts_of_a_name(name: str, parts: tuple[str | None, str, str | None, str | None]) -> None:
    assert fold_unit_name(name) == UnitName(*parts)


@pytest.mark.parametrize("nothing", [None, "", " ", "（）", "NULL", "“”"])
def test_what_is_no_name_has_no_parts(nothing: str | None) -> None:
    assert fold_unit_name(nothing) is None


@given(NAMES)
@example("（）")
@example("分公司")
@example("公司公司分公司")
def test_a_name_has_parts_where_it_has_a_key_and_none_of_them_is_empty(name: str) -> None:
    parts = fold_unit_name(name)
    assert (parts is None) == (unit_name_key(name) is None)
    if parts is not None:
        assert not any(part is not None and re.search(r"^$|[\s()（）·]", part) for part in astuple(parts))


@given(WRITTEN)
def test_width_case_and_blanks_do_not_count(name: str) -> None:
    wide = "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char for char in name)
    assert fold_unit_name(f" {wide.lower()}\u3000") == fold_unit_name(name)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40)
@given(texts=st.lists(st.none() | NAMES, max_size=14))
@example(texts=["白城市興達（集團）有限責任公司", None, "白城公司", "白城市興達有限責任公司", "", "（）", "\u3000白城"])
def test_a_column_has_the_parts_of_its_rows(layout: str, texts: list[str | None]) -> None:
    found = fold_unit_names(LAYOUTS[layout](texts))
    rows = zip(*(column.to_pylist() for column in (found.region, found.core, found.form, found.branch)), strict=True)
    parts = [fold_unit_name(text) for text in texts]
    assert list(rows) == [
        (None,) * 4 if part is None else (part.region, part.core, part.form, part.branch) for part in parts
    ]


def test_an_empty_column_has_four_empty_parts() -> None:
    found = fold_unit_names(pa.array([], pa.string()))
    assert [len(column) for column in (found.region, found.core, found.form, found.branch)] == [0] * 4
