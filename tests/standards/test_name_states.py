"""Which names cannot be a person's or unit's, and which odd ones are real."""

from __future__ import annotations

import pytest

from renshe.standards.names import name_state, unit_name_state

PERSONS = {
    "test": "测试 测试员 测试3 张三测试 张三1 李四02 假人 虚拟 无名氏 不详 姓名不详 某某 张某 王某某 1111 aaa ＸＸＸ "
    "张×× 张XX abc asdf 12345 啊啊啊 丁丁丁 test TEST01 无 待定 用户1",
    "latin": "John Zhangsan Müller",
    "private": "张\ue863 \uf8ff三 李\U000f0000",
    "question": "张? 李？四 王\ufffd 赵□ ??? □□",
    "chars": "A1 82345671 20210501 220882198601248358 张3 张三! 李@四 王（大） 阿Q 张*三 赵_六 钱#",
}
CLEAN_PERSONS = (
    "张三 李四 王五 丽丽 丁丁 欧阳娜娜 买买提·吐尔逊 买买提.吐尔逊 𠀀三 李\U00031350 王㐂 张〇 口天 试玉 司马相如 "
    "次仁་顿珠 王々 张假 吴明 余未知何 白无暇 朴知晓"
)

UNITS = {
    "test": "测试单位 测试公司1 测试 测试2 白城市测试 test Test01 某某公司 XX有限公司 ××商店 假单位 （测试） 未知 单位",
    "latin": "A1B2C3 IBM-CHINA CO.,LTD 99820",
    "private": "白城\ue000商店",
    "question": "白城?商店 白城市□□厂 粮\ufffd库",
    "chars": "白城@商店 白城#商店 白城*商店 白城市_商店 商店!",
}
CLEAN_UNITS = (
    "中兴商贸有限公司 软件测试中心 航天测试技术有限公司 测试仪器厂 第36中学 白城（中国）粮库 [白城]粮库 A&B商贸 "
    "虚拟现实科技有限公司 灵活就业虚拟单位 假日酒店 张家口进出口公司 老王·烧烤店 三六〇科技 “老街”饭店 模拟器材公司"
)


@pytest.mark.req("S1-28", part="detect")
@pytest.mark.parametrize(
    ("name", "state"), [(name, state) for state, many in PERSONS.items() for name in many.split(" ")]
)
def test_names_no_person_has(name: str, state: str) -> None:
    assert name_state(name) == state


@pytest.mark.req("S1-28", part="detect")
@pytest.mark.parametrize("name", CLEAN_PERSONS.split(" "))
def test_real_names_are_left_alone(name: str) -> None:
    assert name_state(name) is None


@pytest.mark.req("S1-28", part="detect")
@pytest.mark.parametrize(
    ("name", "state"), [(name, state) for state, many in UNITS.items() for name in many.split(" ")]
)
def test_names_no_unit_has(name: str, state: str) -> None:
    assert unit_name_state(name) == state


@pytest.mark.parametrize("name", CLEAN_UNITS.split(" "))
def test_real_unit_names_are_left_alone(name: str) -> None:
    assert unit_name_state(name) is None


def test_an_empty_name_is_not_a_wrong_name() -> None:
    for nothing in (None, "", " ", "NULL"):
        assert name_state(nothing) is None
        assert unit_name_state(nothing) is None


def test_latin_names_with_blanks_are_latin() -> None:
    assert name_state("John A. Smith") == "latin"
    assert unit_name_state("IBM China Company Ltd.") == "latin"
