"""Characters that eyes confuse are listed, and others are not."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from renshe.standards import lookalikes
from renshe.standards.folding import simplified
from renshe.standards.lookalikes import alike, pairs
from renshe.standards.pinyin import name_pinyin
from tools import build_lookalikes


@pytest.mark.parametrize(
    "pair",
    (
        "未末 己已 己巳 已巳 晴睛 玲铃 艳滟 杨扬 凤风 军车 土士 戊戌 戌戍 戊戍 徒徙 干千 于千 午牛 人入 大太 田由 "
        "由甲 申甲 王玉 洋样 准淮 崇祟 梁粱 傅博 慕幕 密蜜 清请 亭享 昊吴 坏环 珍诊 村材 枝技 桂挂 往住 体休 宇字 "
        "固国 俊峻 孟盂 贵责 卷券 季李 兵乒 鸟乌 刁刀 侯候 享亨 娟捐 伦沦 泽译 晓浇"
    ).split(),
)
def test_characters_that_eyes_confuse(pair: str) -> None:
    one, other = pair
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    "pair",
    "人八 一二 十七 刀又 丁十 了又 口心 张李 王刘 陈赵 上山 门工 力七 卜人 二八 伟强 国军 明月 英雄 春秋".split(),
)
def test_characters_that_nobody_confuses(pair: str) -> None:
    assert not alike(*pair)


def test_characters_of_few_strokes_are_not_all_alike() -> None:
    few = "一二十丁七八人入九几儿了力乃刀又卜三干于工土士才下寸大丈万上口山千川"
    found = [pair for pair in combinations(few, 2) if alike(*pair)]
    assert len(found) < 0.04 * len(few) * (len(few) - 1) / 2


def test_a_character_is_like_itself() -> None:
    assert alike("张", "张")
    assert alike("𪚥", "𪚥")
    assert not alike("张", "")


def test_pairs_are_a_table_that_is_the_same_from_either_side() -> None:
    table = pairs()
    assert table.schema.equals(pa.schema([("a", pa.string()), ("b", pa.string()), ("similarity", pa.float64())]))
    assert table.num_rows % 2 == 0
    assert 6_000 < table.num_rows < 16_000
    rows = {(row["a"], row["b"]): row["similarity"] for row in table.to_pylist()}
    assert len(rows) == table.num_rows
    assert all(one != other and rows[other, one] == similarity for (one, other), similarity in rows.items())
    assert pc.min_max(table["similarity"]).as_py()["max"] < 1
    most = table.group_by("a").aggregate([("b", "count")])
    assert pc.max(most["b_count"]).as_py() <= 20


def test_the_file_is_small_and_in_order() -> None:
    path = Path(lookalikes.__file__).parent / "data" / "lookalikes.csv"
    lines = path.read_text("utf-8").splitlines()[1:]
    assert path.stat().st_size < 60_000
    assert lines == sorted(lines)
    assert all(line[0] < line[2] for line in lines)
    assert path == build_lookalikes.TARGET


def test_listed_characters_are_read_and_mostly_stand_as_they_are_in_folded_names() -> None:
    listed = set(pairs()["a"].to_pylist())
    assert all((name_pinyin(char) or "?").isascii() for char in listed)
    assert sum(simplified(char) != char for char in listed) < 0.01 * len(listed)
    assert all(alike(*pair) for pair in build_lookalikes.NOTED)
