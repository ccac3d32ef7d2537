"""What a cell means once blanks, text marks and full-width forms are taken away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.standards.text import clean, clean_name, label_key, unit_name_key


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("　１１０１０５１９４９１２３１００２ｘ　", "11010519491231002x"),
        ("\t 0012\r\n", "0012"),
        ("\u00a0\ufeff12\u200b34\u2003", "1234"),
        ("'00123", "00123"),
        ("''00123", "00123"),
        ("' 00123", "00123"),
        ('="220802198001010011"', "220802198001010011"),
        ("１，２３４．５０", "1,234.50"),
        ("－５", "-5"),
        ("（中断）", "(中断)"),
        ("２０２１／０５", "2021/05"),
        ("11 0105", "11 0105"),
        ("0", "0"),
        ("NA", "NA"),
    ],
)
def test_a_coded_value_is_what_it_means(typed: str, meant: str) -> None:
    assert clean(typed) == meant


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        "  ",
        "　",
        "\u200b",
        "'",
        "NULL",
        "null",
        r"\N",
        "(null)",
        "（null）",
        "None",
        "#N/A",
        " nan ",
        "'NULL",
        "<NA>",
    ],
)
def test_what_programs_write_for_nothing_is_null(nothing: str) -> None:
    assert clean(nothing) is None


def test_null_stays_null() -> None:
    assert clean(None) is None
    assert clean_name(None) is None
    assert unit_name_key(None) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" 张　三 ", "张三"),
        ("欧 阳 娜 娜", "欧阳娜娜"),
        ("'张三", "张三"),
        ("买买提 • 吐尔逊", "买买提·吐尔逊"),
        ("买买提.吐尔逊", "买买提·吐尔逊"),
        ("买买提．吐尔逊", "买买提·吐尔逊"),
        ("买买提・吐尔逊", "买买提·吐尔逊"),
        ("买买提∙吐尔逊‧艾合买提", "买买提·吐尔逊·艾合买提"),
        ("ＡＢＣ（白城）有限公司", "ＡＢＣ（白城）有限公司"),
        ("John   A. Smith", "John A. Smith"),
        ("白城市 ABC 有限公司", "白城市 ABC 有限公司"),
        ("𠀀 三", "𠀀三"),
    ],
)
def test_a_name_keeps_its_characters(typed: str, meant: str) -> None:
    assert clean_name(typed) == meant


@given(st.text(max_size=12) | st.text("'=\"nul ·.张三\u3000\u200b", max_size=8))
def test_cleaning_twice_is_cleaning_once(typed: str) -> None:
    for function in (clean, clean_name):
        once = function(typed)
        assert function(once) == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("白城市（中兴）商贸有限责任公司", "白城市(中兴) 商贸有限公司"),
        ("ＡＢＣ商贸有限公司", "abc商贸有限公司"),
        ("白城市“老街”饭店", "白城市老街饭店"),
        ("[白城]粮库", "白城粮库"),
    ],
)
def test_unit_names_that_mean_the_same_have_one_key(one: str, other: str) -> None:
    assert unit_name_key(one) == unit_name_key(other)


def test_unit_names_that_differ_have_different_keys() -> None:
    assert unit_name_key("白城市第一中学") != unit_name_key("白城市第二中学")
    assert unit_name_key("白城市商贸股份有限公司") != unit_name_key("白城市商贸有限公司")
    assert unit_name_key("（）") is None


def test_a_column_name_is_compared_without_unit_blanks_and_punctuation() -> None:
    assert label_key("缴费基数（元）") == label_key(" 缴费 基数 ") == label_key("*缴费_基数：") == "缴费基数"
    assert label_key("ａac002") == "AAC002"
    assert label_key("(元)") == "元"
