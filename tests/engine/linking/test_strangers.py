"""What looks as if two records agreed, and does not tell that they are one person's."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.engine.linking.conftest import Linked, number, person
from tests.engine.linking.test_linking_units import unit

from renshe.standards.placeholders import told_accounts, told_addresses, told_ids, told_names, told_phones, told_units

ID = number("22080219640318012")


@pytest.mark.parametrize(
    "written",
    ["无", "不详", "-", "000000000000000000", "220802000000000000", "2.20802E+17", "12345", "111111111111111111"],
)
def test_a_placeholder_for_a_number_joins_nobody(linked: Linked, written: str) -> None:
    found = linked(
        person("pension", "P1", written, "李伟", "1970-01-02", sex="1"),
        person("pension", "P2", written, "李伟", "1988-05-06", sex="1"),
        person("medical", "M1", written, "李伟", "1995-09-09", sex="2"),
    )
    assert {found.decision(*pair) for pair in (("P1", "P2"), ("P1", "M1"), ("P2", "M1"))} == {"different"}


def test_a_number_that_does_not_hold_and_many_names_bear_joins_nobody(linked: Linked) -> None:
    """Whatever a system writes where it knows none: no list of placeholders has them all."""
    filler = "22080219640318999"
    rows = [person("pension", f"P{at}", filler, name) for at, name in enumerate(("李伟", "吴芳", "赵静"))]
    found = linked(*rows, person("medical", "M1", filler, "李伟"))
    assert found.cluster("P0") == {"P0"}


@pytest.mark.parametrize("told", ["无", "-", "00000000000"])
def test_placeholders_for_telephone_account_and_address_join_nobody(linked: Linked, told: str) -> None:
    more = {"phone": told, "bank_account": told, "address": told}
    found = linked(
        person("pension", "P1", None, "李伟", "1970-01-02", sex="1", **more),
        person("medical", "M1", None, "李伟", "1988-09-09", sex="1", **more),
    )
    assert found.decision("P1", "M1") == "different"


def test_what_is_told_stays_and_what_stands_for_nothing_falls_away() -> None:
    for told, kept, nothing in (
        (
            told_phones,
            ["13904367788", "0436-3223344", "13888888888"],
            ["13800000000", "13800138000", "13812345678", "无", "12345678", "88888888", None],
        ),
        (
            told_accounts,
            ["6228480600001000003", "22000000000000000017", "6217001234567890123"],
            ["0", "00000000000", "无", "11111111111111", "99999999", "6217000000000000000", "1234567890123", "6.2E+18"],
        ),
        (
            told_addresses,
            ["大同市南郊区西沙堡村", "兴街56号", "到保镇新生村", "白城市幸福小区"],
            ["白城市", "白城市洮北区", "吉林省白城市洮北区", "洮北区光明街道", "不详"],
        ),
        (
            told_units,
            ["白城市第一中学", "白城市灵活就业服务中心"],
            ["灵活就业人员", "（无）", "洮北区灵活就业人员", "人才中心托管人员", "洮北区居民"],
        ),
        (
            lambda ids: told_ids(ids, pc.equal(ids, ID)),
            [ID, "22080219640318O12X", "220802199911111115", "E00000123", "220802640318011"],
            ["2.2E+17", "220802", "22080219640318", "220802000000000000", "19850301"],
        ),
        (told_names, ["吴明", "司徒晓光"], ["不详", "无名氏", "新生儿", "王丽之子", "测试", "张某某", "李*"]),
    ):
        assert told(pa.array([*kept, *nothing], pa.string())).to_pylist() == [*kept, *[None] * len(nothing)]


def test_twins_under_15_digits_stay_two_though_one_digit_tells_them_apart(linked: Linked) -> None:
    one, two = "220802640318411", "220802640318413"
    rows = [
        person(system, f"{system[0]}{at}", old, name, unit_no="u9")
        for system in ("pension", "medical")
        for at, (old, name) in enumerate(((one, "王建军"), (two, "王建民")))
    ]
    found = linked(*rows)
    assert found.decision("p0", "m0") == found.decision("p1", "m1") == "same"
    assert found.cluster("p0") == {"p0", "m0"} and found.cluster("p1") == {"p1", "m1"}


@pytest.mark.req("S1-40")
@pytest.mark.parametrize("other", ["220802520728426", number("22080219520728426")], ids=["15 digits", "18 digits"])
def test_two_numbers_that_hold_with_other_births_and_sexes_are_never_one(linked: Linked, other: str) -> None:
    more = {"unit_no": "u1", "phone": "13904367788", "address": "白城市幸福路1号101"}
    mine = "220802640318011"
    found = linked(
        person("pension", "P1", mine, "慕容雪村", **more), person("medical", "M1", other, "慕容雪村", **more)
    )
    assert found.decision("P1", "M1") == "different"
    assert "号码中的出生日期与性别也均不同" in found.pair("P1", "M1")["why"]


@pytest.mark.parametrize("told", ["220802196403018000", "220802197413011", "22080219640301"])
def test_twins_with_one_number_that_does_not_hold_stay_two(linked: Linked, told: str) -> None:
    """A spreadsheet rounds the numbers of twins to the same one; others are cut off or wrong in both systems."""
    found = linked(
        *(
            person(system, f"{system[0]}{at}", told, name, "1964-03-01", sex="1")
            for system in ("pension", "medical")
            for at, name in enumerate(("王建军", "王建民"))
        )
    )
    assert found.decision("p0", "m1") == found.decision("p0", "p1") == "review"
    assert found.decision("p0", "m0") == "same"


def test_namesakes_with_neighbouring_numbers_that_two_systems_bear_out_stay_two(linked: Linked) -> None:
    one, two = "220802640318411", "220802640318413"
    found = linked(
        *(
            person(system, f"{system[0]}{at}", old, "李伟", sex="1")
            for system in ("pension", "medical")
            for at, old in enumerate((one, two))
        )
    )
    assert found.cluster("p0") == {"p0", "m0"} and found.cluster("p1") == {"p1", "m1"}
    assert "号码均另有同名记录印证而不同" in found.pair("p0", "m1")["why"]


@pytest.mark.req("S1-40")
def test_a_record_without_number_does_not_chain_two_numbers_of_which_one_has_15_digits(linked: Linked) -> None:
    born = {"birth": "1972-08-09", "sex": "1", "phone": "13604361111"}
    found = linked(
        person("pension", "P1", number("22080219720809135"), "慕容白雪", **born),
        person("medical", "M1", None, "慕容白雪", **born),
        person("medical", "M2", "220802720809971", "慕容白雪", **born),
    )
    assert {found.decision(*pair) for pair in (("P1", "M1"), ("P1", "M2"), ("M1", "M2"))} == {"review"}
    assert "所在的组自相矛盾" in found.pair("P1", "M1")["why"]


def test_what_many_people_bear_is_nobodys_own(linked: Linked) -> None:
    """The telephone of an office, an account typed for want of one: no list knows them."""
    many = {"phone": "0436-3223355", "bank_account": "2208020100014711", "sex": "2"}
    names = ("赵静", "吴芳", "钱敏", "孙丽", "周霞", "郑艳", "冯娟", "陈萍", "褚红")
    filler = [person("pension", f"F{at}", None, name, f"19{60 + at}-01-02", **many) for at, name in enumerate(names)]
    found = linked(
        *filler,
        person("pension", "P1", None, "慕容玉兰", "1950-03-02", **many),
        person("medical", "M1", None, "慕容玉兰", **many),
    )
    assert found.cluster("P1") == {"P1"}
    told = json.loads((found.folder / "manifest.json").read_text("utf-8"))["dropped"]
    assert {"key": "phone", "values": 1, "records": 11} in told and told[1]["key"] == "account"


def test_name_and_employer_alone_do_not_make_one_person(linked: Linked) -> None:
    found = linked(
        person("pension", "P1", None, "慕容玉兰", "1950-03-02", sex="2", unit_no="u1"),
        person("medical", "M1", None, "慕容玉兰", sex="2", unit_no="u1"),
        units=[unit(system, "u1", "白城市第一中学") for system in ("pension", "medical")],
    )
    assert found.decision("P1", "M1") == "review"
    assert "无从比较" in found.pair("P1", "M1")["why"]


def test_who_is_under_a_unit_that_is_nobodys_shares_no_employer(linked: Linked) -> None:
    found = linked(
        person("pension", "P1", None, "慕容玉兰", "1950-03-02", sex="2", unit_no="u1"),
        person("medical", "M1", None, "慕容玉兰", "1950-03-12", sex="2", unit_no="u1"),
        units=[unit(system, "u1", "洮北区灵活就业人员") for system in ("pension", "medical")],
    )
    assert "单位" not in found.pair("P1", "M1")["why"]


def test_a_sisters_number_under_an_own_name_goes_to_a_clerk(linked: Linked) -> None:
    found = linked(person("pension", "P1", ID, "欧阳建国"), person("medical", "M1", ID, "欧阳丽华"))
    assert found.decision("P1", "M1") == "review"
    assert "可能误用亲属号码" in found.pair("P1", "M1")["why"]


def test_father_and_son_under_one_roof_stay_two(linked: Linked) -> None:
    home = {"phone": "13904367788", "address": "白城市幸福小区2单元301", "bank_account": "6222021111288233334"}
    found = linked(
        person("pension", "P1", ID, "郭玉明", "1964-03-18", sex="1", **home),
        person("medical", "M1", None, "郭玉民", "1990-09-09", sex="1", **home),
    )
    assert found.decision("P1", "M1") == "review"
    assert "可能是亲属" in found.pair("P1", "M1")["why"]


def test_a_trade_name_that_only_sounds_alike_is_not_the_same_unit(linked: Linked) -> None:
    found = linked(
        units=[
            unit("medical", "M1", "白城市鑫沅商贸有限公司"),
            unit("medical", "M2", "大安市鑫源商贸有限公司"),
            unit("pension", "P3", "灵活就业人员"),
            unit("medical", "M3", "灵活就业人员"),
        ]
    )
    assert found.decision("M1", "M2", "unit_") == "review"
    assert found.decision("P3", "M3", "unit_") == "different"


def test_the_parts_of_why_add_up_to_the_weight(linked: Linked) -> None:
    found = linked(person("pension", "P1", ID, "欧阳建国"), person("medical", "M1", ID, "欧阳剑国", unit_no="u1"))
    told = found.pair("P1", "M1")
    parts = [float(part.rpartition(" ")[2]) for part in told["why"].split("；") if part.rpartition(" ")[2][:1] in "+-"]
    assert "起点 -" in told["why"] and sum(parts) == pytest.approx(told["weight"], abs=0.3)


HOME = {"phone": "13904367788", "address": "白城市幸福小区2单元301"}


@pytest.mark.parametrize(
    ("one", "other", "births", "sexes"),
    [
        ("慕容丽", "慕容莉", ("1985-03-12", "1987-03-12"), "22"),  # sisters, names that sound alike
        ("慕容宏", "慕容红", ("1963-05-16", "1960-05-16"), "12"),
        ("慕容梓轩", "慕容梓萱", ("2010-05-06", "2010-05-06"), "12"),  # twins, a boy and a girl
        ("慕容娜", "慕容娜娜", ("1980-05-18", "1981-05-18"), "22"),
        ("慕容伟", "慕容伟", ("1970-05-06", "1970-05-06"), "12"),
    ],
)
def test_brothers_and_sisters_under_one_roof_stay_two(
    linked: Linked, one: str, other: str, births: tuple[str, str], sexes: str
) -> None:
    found = linked(
        person("pension", "P1", None, one, births[0], sex=sexes[0], **HOME),
        person("medical", "M1", None, other, births[1], sex=sexes[1], **HOME),
    )
    assert found.decision("P1", "M1") == "review"


def test_who_bears_the_same_name_comes_before_who_lives_under_the_same_roof(linked: Linked) -> None:
    """Twins whose names sound alike: the register knows both and nobody's telephone."""
    born = {"birth": "2010-05-06", "sex": "2"}
    one, two = (number(f"22080220100506{serial}") for serial in (122, 124))
    found = linked(
        person("police", "G1", one, "慕容佳怡", **born),
        person("police", "G2", two, "慕容佳仪", **born),
        person("pension", "P1", one, "慕容佳怡", **born, **HOME),
        person("medical", "M2", None, "慕容佳仪", **born, **HOME),
    )
    assert found.cluster("M2") == {"M2", "G2"} and found.cluster("P1") == {"P1", "G1"}


def test_one_valid_number_under_two_names_waits_for_a_clerk_however_little_else_agrees(linked: Linked) -> None:
    found = linked(
        person("police", "G1", ID, "欧阳夏", "1964-03-18", sex="2"),
        person("medical", "M1", ID, "钱铁锤", "1950-09-09", sex="1"),
    )
    assert found.decision("G1", "M1") == "review"


@pytest.mark.parametrize(("one", "other"), [("H07653982", "H07653983"), ("08012933", "08012934")])
def test_permits_of_a_family_are_issued_in_sequence(linked: Linked, one: str, other: str) -> None:
    found = linked(
        person("pension", "P1", one, "陈大文", "1980-01-02", sex="1", phone=HOME["phone"]),
        person("medical", "M1", other, "陈小文", "1980-01-02", sex="1", phone=HOME["phone"]),
    )
    assert found.decision("P1", "M1") == "review"


def test_a_number_typed_in_groups_is_the_same_number(linked: Linked) -> None:
    grouped = f"{ID[:6]} {ID[6:14]} {ID[14:]}"
    found = linked(person("pension", "P1", ID, "慕容冰"), person("medical", "M1", grouped, "慕容冰"))
    assert found.decision("P1", "M1") == "same"


def test_children_without_a_name_and_number_stay_two(linked: Linked) -> None:
    newborn = {"birth": "2020-05-06", "sex": "1", **HOME}
    found = linked(
        person("medical", "N1", None, "王丽之子", **newborn), person("medical", "N2", None, "王丽之子", **newborn)
    )
    assert found.cluster("N1") == {"N1"}


def test_marks_by_which_clerks_tell_namesakes_apart_tell_them_apart(linked: Linked) -> None:
    found = linked(
        person("pension", "P1", None, "刘玉英1", "1950-03-06", sex="2", phone=HOME["phone"]),
        person("medical", "M1", None, "刘玉英2", "1950-03-06", sex="2", phone=HOME["phone"]),
    )
    assert found.decision("P1", "M1") == "review"


def test_numbers_of_15_digits_that_say_other_sexes_stay_two(linked: Linked) -> None:
    found = linked(
        person("pension", "P1", "220802680510411", "慕容敏"), person("medical", "M1", "220802680510412", "慕容敏")
    )
    assert found.decision("P1", "M1") == "review"


def test_a_sister_whose_wrong_number_says_another_birth_stays_a_sister(linked: Linked) -> None:
    found = linked(
        person("pension", "P1", number("22080219900505118"), "张莉", "1990-05-05", sex="2", **HOME),
        person("medical", "M1", "220802199305051180", "张丽", "1993-05-05", sex="2", **HOME),
    )
    assert found.decision("P1", "M1") == "review"


def test_a_twin_under_her_sisters_number_goes_to_a_clerk(linked: Linked) -> None:
    born = {"birth": "1964-03-18", "sex": "2", **HOME}
    found = linked(person("pension", "P1", ID, "孙海燕", **born), person("resident", "R1", ID, "孙海霞", **born))
    assert found.decision("P1", "R1") == "review"


def test_who_has_the_number_and_the_account_is_the_same_though_a_character_was_mistyped(linked: Linked) -> None:
    born = {"birth": "1964-03-18", "sex": "2", "bank_account": "6228480600001000003"}
    found = linked(person("pension", "P1", ID, "孙海燕", **born), person("resident", "R1", ID, "孙海霞", **born))
    assert found.decision("P1", "R1") == "same"


def test_a_number_with_a_note_behind_is_the_same_number(linked: Linked) -> None:
    found = linked(person("pension", "P1", ID, "慕容冰"), person("medical", "M1", f"{ID}（已核）", "慕容冰"))
    assert found.decision("P1", "M1") == "same"
