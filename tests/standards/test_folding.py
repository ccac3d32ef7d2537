"""One name written in two systems is one text, and two people's names stay two."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.standards.test_bulk_twins import LAYOUTS, WILD

from renshe.standards import folding
from renshe.standards.folding import simple_name, simple_names, simplified

VARIANTS = Path(folding.__file__).parent / "data" / "variants.csv"

# Parts of names that decide something: shapes of one character, dots, widths, scripts, planes, words for nothing.
PIECES = st.sampled_from(
    [
        *"张張呂吕峯峰昇升陞喆淼乾甯寧宁徳鑛鉱頴豊竜単仇欧阳司马買吐〇㐂㑹䶮𠮷𪚥⽅豈慈ßſéяｚＺａ·.・、-’=\"'( NULnul",
        *["單于", "歐陽", "尉迟", "買買提", "吐爾遜", "John ", "null", '="', "\u200b", "\ufe00", "\u3000", "\ue863"],
    ]
)
NAMES = st.lists(PIECES, max_size=6).map("".join) | WILD


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("張偉", "张伟"),
        ("呂布", "吕布"),
        ("王峯", "王峰"),
        ("李昇", "李升"),
        ("李陞", "李升"),
        ("甯靜", "宁静"),
        ("寗静", "宁静"),
        ("王徳恵", "王德惠"),
        ("鉱一郎", "矿一郎"),
        ("陳淸郞", "陈清郎"),
        ("髙飛", "高飞"),
        ("𠮷田", "吉田"),
        ("⽅⽂", "方文"),
        ("買買提 • 吐爾遜", "买买提吐尔逊"),
        ("买买提·吐尔逊", "买买提.吐尔逊"),
        ("买买提、吐尔逊", "买买提－吐尔逊"),
        ("买买提。吐尔逊", "买买提吐尔逊"),
        ("欧 阳　娜 娜", "欧阳娜娜"),
        ("Ｏ’Ｂｒｉｅｎ, Ａｎｎｅ", "OBRIEN ANNE"),
        ("Иван", "ИВАН"),
        ("'张三", "张三"),
    ],
)
def test_one_name_in_two_shapes_is_one_text(one: str, other: str) -> None:
    assert simple_name(one) == simple_name(other)


@pytest.mark.parametrize(
    "name",
    [
        "喆",
        "淼",
        "堃",
        "邨",
        "甦",
        "仝",
        "乾隆",
        "魏徵",
        "於之",
        "芸",
        "傅强",
        "付强",
        "萧红",
        "肖红",
        "阎肃",
        "闫妮",
        "邱处机",
        "〇",
    ],
)
def test_what_people_may_be_called_apart_stays(name: str) -> None:
    assert simple_name(name) == name


@pytest.mark.parametrize("nothing", [None, "", " ", "·", "—", "NULL", "N.U.L.L", "n u l l", "'", "\u200b"])
def test_nothing_stays_nothing(nothing: str | None) -> None:
    assert simple_name(nothing) is None


def test_simplified_touches_characters_only() -> None:
    assert simplified("白城市（興達）商貿 ＡＢＣ・ab") == "白城市（兴达）商贸 ＡＢＣ・ab"


@given(NAMES)
@example("·'張三")
@example('\'="張·三"')
@example("n.ULL")
def test_folding_twice_is_folding_once(name: str) -> None:
    once = simple_name(name)
    assert simple_name(once) == once
    assert once is None or simplified(once) == once


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40)
@given(texts=st.lists(st.none() | NAMES, max_size=14))
@example(texts=["n.ULL", None, '\'="張·三"', "张三", "", "·"])
def test_a_column_is_folded_as_its_rows_are(layout: str, texts: list[str | None]) -> None:
    assert simple_names(LAYOUTS[layout](texts)).to_pylist() == [simple_name(text) for text in texts]


def test_many_rows_with_one_to_fold_in_each_block() -> None:
    names: list[str | None] = ["李伟", "买买提", "欧阳娜娜", None] * 50_000
    for at in (0, 65_535, 65_536, 131_071, 199_999):
        names[at] = "張·偉"
    folded = simple_names(pa.array(names)).to_pylist()
    assert [at for at, name in enumerate(folded) if name == "张伟"] == [0, 65_535, 65_536, 131_071, 199_999]
    assert folded[1:9] == names[1:9]


def test_a_folded_column_is_handed_back_as_it_is() -> None:
    names = pa.array(["张三", None, "ABC"])
    assert simple_names(names) is names
    assert len(simple_names(pa.chunked_array([], pa.string()))) == 0


def test_the_own_table_has_what_opencc_lacks_and_nothing_else() -> None:
    rows = list(csv.reader(VARIANTS.read_text("utf-8").splitlines()))[1:]
    known = folding._opencc()
    variants = [variant for variant, _ in rows]
    assert variants == sorted(set(variants))
    for variant, standard in rows:
        assert len(variant) == len(standard) == 1
        assert simplified(standard) == standard
        assert known.get(variant) != standard
        # 甯 alone is told by the module to be an exception.
        assert variant == "甯" or not folding._in_gb2312(variant)


def test_a_standard_character_that_every_system_could_write_is_never_folded() -> None:
    lead, trail = range(0xB0, 0xF8), range(0xA1, 0xFF)
    pairs = (bytes([one, two]).decode("gb2312", "ignore") for one in lead for two in trail)
    standard = [char for char in pairs if char]
    assert len(standard) == 6763
    assert [char for char in standard if simplified(char) != char] == ["甯"]
