"""A name always sounds the same, and a surname has a reading of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.standards.test_bulk_twins import LAYOUTS
from tests.standards.test_folding import NAMES

from renshe.standards import pinyin
from renshe.standards.folding import simple_name
from renshe.standards.pinyin import given_name, name_pinyin, name_sound, surname

READINGS = """
仇英 qiu ying|单雄信 shan xiong xin|解晓东 xie xiao dong|区小平 ou xiao ping|曾国藩 zeng guo fan
查良镛 zha liang yong|盖叫天 ge jiao tian|朴树 piao shu|翟志刚 zhai zhi gang|缪贤 miao xian|尉迟恭 yu chi gong
万俟卨 mo qi xie|长孙无忌 zhang sun wu ji|令狐冲 ling hu chong|欧阳修 ou yang xiu|乐毅 yue yi
任长霞 ren chang xia|华佗 hua tuo|仉志 zhang zhi|员半千 yun ban qian|种师道 chong shi dao|冼星海 xian xing hai
洗英 xian ying|覃辉 qin hui|谌龙 chen long|逄先知 pang xian zhi|那英 na ying|尹力 yin li|单于 shan yu
单于明 chan yu ming|澹台明 tan tai ming|吕布 lv bu|女娲 nv wa|张长江 zhang chang jiang|李朴 li pu|王解 wang jie
李晟 li sheng|刘都 liu du|张偉 zhang wei|歐陽娜娜 ou yang na na|买买提·吐尔逊 mai mai ti tu er xun|阿仇 a chou
𠮷 ji
"""


@pytest.mark.parametrize("line", re.split("[|\n]", READINGS.strip()))
def test_names_are_read_as_their_bearers_say_them(line: str) -> None:
    name, reading = line.split(" ", 1)
    assert name_pinyin(name) == reading


def test_what_has_no_reading_stays_together() -> None:
    assert name_pinyin("ABC商贸3M") == "abc shang mao 3m"
    assert name_pinyin("Zhang Wei") == "zhangwei"
    assert name_pinyin("张\ue863\ue864伟") == "zhang \ue863\ue864 wei"
    assert name_pinyin("·") is None
    assert name_pinyin(None) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张伟", "臧薇"),
        ("陈静", "岑进"),
        ("石兰", "司南"),
        ("刘能", "牛嫩"),
        ("王英", "万音"),
        ("吕芳", "卢凡"),
        ("女娃", "卢娃"),
        ("江山", "间桑"),
    ],
)
def test_names_that_ears_confuse_have_one_sound(one: str, other: str) -> None:
    assert name_pinyin(one) != name_pinyin(other)
    assert name_sound(one) == name_sound(other)


@pytest.mark.parametrize(
    ("one", "other"), [("黄河", "方河"), ("任强", "林强"), ("任强", "尹强"), ("红", "魂"), ("乌", "福")]
)
def test_names_that_most_ears_tell_apart_do_not(one: str, other: str) -> None:
    assert name_sound(one) != name_sound(other)


@pytest.mark.parametrize(
    ("name", "family", "given_part"),
    [
        ("张三", "张", "三"),
        ("张", "张", None),
        ("歐陽修", "欧阳", "修"),
        ("欧阳", "欧", "阳"),
        ("司马相如", "司马", "相如"),
        ("上官婉儿", "上官", "婉儿"),
        ("贺兰英", "贺", "兰英"),
        ("张陈明珠", "张", "陈明珠"),
        ("𠮷川", "吉", "川"),
        ("买买提·吐尔逊", None, "买买提吐尔逊"),
        ("John Smith", None, "JOHNSMITH"),
        ("张A", None, "张A"),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_surname_is_told_from_what_follows(name: str | None, family: str | None, given_part: str | None) -> None:
    assert surname(name) == family
    assert given_name(name) == given_part


@given(NAMES)
def test_a_name_is_its_surname_and_what_follows(name: str) -> None:
    assert ((surname(name) or "") + (given_name(name) or "") or None) == simple_name(name)
    assert name_pinyin(simple_name(name)) == name_pinyin(name)
    assert (name_pinyin(name) is None) == (name_sound(name) is None) == (simple_name(name) is None)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("scalar", "bulk"),
    [
        (name_pinyin, pinyin.name_pinyins),
        (name_sound, pinyin.name_sounds),
        (surname, pinyin.surnames),
        (given_name, pinyin.given_names),
    ],
)
@settings(max_examples=40)
@given(texts=st.lists(st.none() | NAMES, max_size=14))
@example(texts=["尉迟恭", "单于", "單于明", None, "·", "张A", "欧阳", "仇", "\ue863", "买买提·吐尔逊"])
def test_a_column_sounds_as_its_rows_do(
    layout: str, scalar: Callable[..., Any], bulk: Callable[..., Any], texts: list[str | None]
) -> None:
    assert bulk(LAYOUTS[layout](texts)).to_pylist() == [scalar(text) for text in texts]


def test_many_rows() -> None:
    names = ["张伟", "尉迟恭", None, "欧阳娜娜", "John", "仇英", "买买提吐尔逊"] * 20_000
    assert pinyin.name_pinyins(pa.array(names)).to_pylist() == [name_pinyin(name) for name in names[:7]] * 20_000
    assert pinyin.surnames(pa.array(names)).to_pylist() == [surname(name) for name in names[:7]] * 20_000


def test_every_syllable_is_a_word_of_small_letters() -> None:
    readings = pinyin._readings()
    assert all(re.fullmatch("[a-z]{1,6}", word) for word in readings.words)
    assert all(
        re.fullmatch("[a-z]{1,5}", sound) and not sound.endswith(("ang", "eng", "ing"))
        for sound in pinyin._sounds().values()
    )
    assert len(set(pinyin._sounds().values())) < 0.75 * len(readings.words)


def test_every_character_of_gb_2312_has_a_reading() -> None:
    lead, trail = range(0xB0, 0xF8), range(0xA1, 0xFF)
    pairs = (bytes([one, two]).decode("gb2312", "ignore") for one in lead for two in trail)
    assert [char for char in pairs if char and pinyin._readings().anywhere[ord(char)] < 0] == []
