"""Regions are told from shops that are called like regions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.standards import region_words, regions
from renshe.standards.region_words import region_named, split_last_region, split_region

REGIONS = st.sampled_from(
    "吉林省 吉林 白城市 白城 白城地区 洮北区 洮北 洮南 大安市 大安 通榆县 镇赉 前郭 长春 朝阳区 "
    "朝阳 北京市 永丰 永丰县 和平 内蒙古 兴安盟".split()
)
REST = st.text("市县区场政府第一中兴达商贸永丰", max_size=4)


@pytest.mark.parametrize(
    ("text", "code", "rest"),
    [
        ("白城市第一中学", "220800", "第一中学"),
        ("白城第一中学", "220800", "第一中学"),
        ("吉林省白城市第一中学", "220800", "第一中学"),
        ("吉林白城第一中学", "220800", "第一中学"),
        ("吉林省白城市洮北区兴达", "220802", "兴达"),
        ("吉林省洮北区兴达", "220802", "兴达"),
        ("白城洮北兴达", "220802", "兴达"),
        ("洮南一中", "220881", "一中"),
        ("吉林大学", "220000", "大学"),
        ("吉林省吉林市医院", "220200", "医院"),
        ("吉林市医院", "220200", "医院"),
        ("延边朝鲜族自治州医院", "222400", "医院"),
        ("延边州医院", "222400", "医院"),
        ("延边医院", "222400", "医院"),
        ("前郭尔罗斯蒙古族自治县医院", "220721", "医院"),
        ("前郭县医院", "220721", "医院"),
        ("内蒙古自治区兴安盟科右前旗医院", "152221", "医院"),
        ("内蒙兴安盟医院", "152200", "医院"),
        ("广西柳州医院", "450200", "医院"),
        ("西藏拉萨医院", "540100", "医院"),
        ("东乡县一中", "622926", "一中"),
        ("和县医院", "340523", "医院"),
        ("湖北省仙桃市医院", "429004", "医院"),
        ("北京市朝阳区医院", "110105", "医院"),
        ("长春市朝阳区医院", "220104", "医院"),
        ("长春朝阳医院", "220104", "医院"),
    ],
)
def test_the_region_at_the_beginning_is_told_by_its_code(text: str, code: str, rest: str) -> None:
    assert split_region(text) == (code, rest)


@pytest.mark.parametrize(
    ("text", "code"),
    [("白城地区医院", "220800"), ("大安县医院", "220882"), ("洮安县医院", "222322"), ("沙市医院", "420400")],
)
def test_a_region_that_is_gone_is_the_one_of_its_name_today_or_else_itself(text: str, code: str) -> None:
    assert split_region(text) == (code, "医院")


@pytest.mark.parametrize(
    "text",
    [
        "朝阳区医院",
        "和平医院",
        "永丰商贸",
        "兴隆超市",
        "新华书店",
        "白城",
        "白城市",
        "长春花",
        "洮北",
        "市区医院",
        "城区",
        "",
        "中国银行",
    ],
)
def test_what_names_no_region_or_several_or_nothing_else_stays(text: str) -> None:
    assert split_region(text) == (None, text)


def test_a_good_omen_behind_a_region_is_a_trade_name() -> None:
    assert split_region("白城永丰商贸", 4) == ("220800", "永丰商贸")
    assert split_region("沈阳和平商贸", 4) == ("210100", "和平商贸")
    assert split_region("沈阳和平兴达商贸", 4) == ("210102", "兴达商贸")
    assert split_region("沈阳和平区商贸", 4) == ("210102", "商贸")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("白城市场监督管理局", "市场监督管理局"),
        ("白城市市场监督管理局", "市场监督管理局"),
        ("白城市政工程处", "市政工程处"),
        ("白城市市容局", "市容局"),
        ("白城市容局", "市容局"),
        ("白城市政府", "政府"),
        ("白城市政法委", "政法委"),
        ("白城市民政局", "民政局"),
    ],
)
def test_a_city_does_not_take_the_market_away(text: str, rest: str) -> None:
    assert split_region(text) == ("220800", rest)


def test_a_legal_form_counts_as_something_that_follows() -> None:
    assert split_region("白城电") == (None, "白城电")
    assert split_region("白城电", 1) == ("220800", "电")
    assert split_region("白城", 4) == (None, "白城")


def test_a_text_that_is_a_region_and_nothing_else() -> None:
    assert region_named("吉林省白城市") == "220800"
    assert region_named("白城") == "220800"
    assert region_named("白城一中") is None
    assert region_named("") is None


def test_the_region_at_the_end() -> None:
    assert split_last_region("中国农业银行白城") == ("中国农业银行", "220800")
    assert split_last_region("中国农业银行吉林省白城市") == ("中国农业银行", "220800")
    assert split_last_region("中国农业银行长春朝阳") == ("中国农业银行", "220104")
    assert split_last_region("白城") == ("白城", None)
    assert split_last_region("兴达商贸") == ("兴达商贸", None)


@given(st.lists(REGIONS, max_size=3), REST, st.integers(0, 6))
def test_what_is_left_is_the_end_of_the_text_and_never_empty(words: list[str], rest: str, form: int) -> None:
    text = "".join(words) + rest
    code, left = split_region(text, form)
    assert text.endswith(left)
    assert bool(left) == bool(text)
    assert (code is None) == (left == text)
    assert code is None or regions.is_known_region(code)


def test_every_doubtful_word_is_a_region_without_its_suffix() -> None:
    words = region_words._words().known
    assert [word for word in region_words._WORDS_TOO if not (word in words and words[word].bare)] == []


def test_every_region_of_today_is_known_by_its_name() -> None:
    words = region_words._words().known
    names = {name.name for code in regions.known_codes() for name in regions.names_of(code) if name.to_year is None}
    missing = {name for name in names if name not in words}
    assert all(region_words._NO_PLACE.search(name) for name in missing)
    assert {"白城市", "前郭尔罗斯蒙古族自治县", "内蒙古自治区", "和县", "神农架林区"} & missing == set()
