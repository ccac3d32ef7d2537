"""Pension and medical held against each other: who is where, and each field in which they differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.engine.comparing.conftest import World, compared, number, of, only, rows, told

from renshe.engine.comparing.compare import Comparison
from renshe.engine.comparing.kinds import KINDS
from renshe.engine.project import ProjectError
from renshe.engine.report.labels import COMPARED
from renshe.engine.rounds.store import BusyError, Store
from renshe.engine.rules.catalogue import load_catalogue

OLD = number("19640203")[:6] + number("19640203")[8:17]
WRONG = number("19700105", 28)[:-1] + ("0" if number("19700105", 28)[-1] != "0" else "1")

PENSION = f"""
个人编号,证件号码,姓名,性别,出生日期,单位编号,离退休状态,死亡日期
1001,{number("19640101")},李建国,女,1964-01-01,U1,0,
1002,{number("19650101")},張偉,女,1965-01-01,U1,0,
1003,{number("19640203")},王　芳,女,1964-02-03,U1,0,
1004,{number("19700105", 28)},陈英,女,1970-01-05,U1,0,
1005,{number("19710105", 11)},刘洋,女,1971-01-05,U1,0,
1006,{number("19720105")},赵敏,女,1972-01-05,U1,0,
1007,{number("19730105")},孙立,女,1973-01-05,U1,0,
1009,{number("19750105")},周浩,女,1975-01-05,U1,0,
1010,{number("19300105")},吴老,女,1930-01-05,,1,2020-02-02
1011,{number("19760105")},郑爽,女,,U1,0,
"""
MEDICAL = f"""
个人编号,证件号码,姓名,性别,出生日期,单位编号,离退休状态,死亡日期
5001,{number("19640101")},李建国,女,1964-01-01,M1,0,
5002,{number("19650101")},张伟,女,1965-01-01,M1,0,
5003,{OLD},王芳,女,1964-02-03,M1,0,
5004,{WRONG},陈英,女,1970-01-05,M1,0,
5005,{number("19710105", 11)},刘洋,男,1972-01-05,M1,0,
5006,{number("19720105")},赵明,女,1972-01-05,M2,0,
5008,{number("19740105")},钱多,女,1974-01-05,M1,0,
5009,{number("19750105")},周浩,女,1975-01-05,M1,0,
5010,{number("19300105")},吴老,女,1930-01-05,,1,2020-02-03
5011,{number("19760105")},郑爽,女,1976-01-05,M1,0,
"""
UNITS = (
    "单位编号,单位名称\nU1,白城市永红机械有限公司",
    "单位编号,单位名称\nM1,白城市永红机械有限责任公司\nM2,白城市粮油厂",
)
ENROLMENT = "个人编号,单位编号,险种,个人参保状态,缴费状态,开始年月\n"
GROUPS = [[("pension", f"10{n:02d}"), ("medical", f"50{n:02d}")] for n in (1, 2, 3, 4, 5, 6, 9, 10, 11)]


@pytest.fixture(scope="module")
def project(world: Callable[..., World]) -> Path:
    persons = [("pension", "person", PENSION), ("medical", "person", MEDICAL)]
    units = [(system, "unit", text) for system, text in zip(("pension", "medical"), UNITS, strict=True)]
    enrolments = [
        ("pension", "enrolment", ENROLMENT + "1009,U1,110,1,1,201001\n1001,U1,110,1,1,201001\n1005,,110,1,1,201001"),
        ("medical", "enrolment", ENROLMENT + "5009,M1,310,2,2,201001\n5001,M1,310,1,1,201001\n5005,M1,310,2,2,201001"),
    ]
    more = {"groups": GROUPS, "reviews": [("medical", "5008", "pension", "1007")]}
    return world(*persons, *units, *enrolments, **more).round()


@pytest.fixture(scope="module")
def found(project: Path) -> Comparison:
    return compared(project, "pension", "medical")


@pytest.mark.req("S0-9", "S0-40")
def test_who_is_on_one_side_only_is_listed_with_who_it_may_be(found: Comparison) -> None:
    [left], [right] = rows(found, "only_left"), rows(found, "only_right")
    assert told(left, "system key name unit_name maybe") == (
        "pension",
        "1007",
        "孙立",
        "白城市永红机械有限公司",
        "5008",
    )
    assert told(right, "system key name maybe weight source_row") == ("medical", "5008", "钱多", "1007", 4.5, 8)
    assert found.manifest["pairs"] == 9 and found.manifest["only"] == {"pension": 1, "medical": 1}


@pytest.mark.req("S0-9")
def test_spellings_of_one_name_and_one_number_are_kinds_of_their_own(found: Comparison) -> None:
    name, id_number = only(found, "CMP-NAME-FORM"), only(found, "CMP-ID-FORM")
    assert told(name, "left_value right_value severity kind") == ("張偉", "张伟", "optional", "form")
    assert told(id_number, "system value expected suggestion reason") == (
        "medical", OLD, number("19640203"), "take", "养老保险的号码为 18 位",
    )  # fmt: skip
    # 王　芳 is 王芳 already when it is read.
    assert [row["person_name"] for row in of(found, "CMP-NAME")] == ["赵明"]


@pytest.mark.req("S0-9")
def test_what_proves_itself_goes_before_the_order_of_sources(found: Comparison) -> None:
    id_number = only(found, "CMP-ID")
    assert told(id_number, "system value expected suggestion") == ("medical", WRONG, number("19700105", 28), "take")
    assert id_number["reason"] == "养老保险的号码校验码相符" and "只差一位" in id_number["message"]
    sex = only(found, "CMP-SEX")
    assert told(sex, "system value expected suggestion") == ("pension", "2", "1", "take")
    assert sex["reason"] == "医疗保险的值与有效证件号码相符" and "养老保险：女；医疗保险：男" in sex["message"]
    birth = {row["value"]: row for row in of(found, "CMP-BIRTH")}
    assert told(birth["1972-01-05"], "system expected suggestion") == ("medical", "1971-01-05", "take")
    assert told(birth[None], "system expected suggestion kind") == ("pension", "1976-01-05", "fill", "empty")


@pytest.mark.req("S0-9")
def test_else_the_declared_order_decides_and_says_so(found: Comparison) -> None:
    name = only(found, "CMP-NAME")
    assert told(name, "system value expected suggestion reason") == (
        "medical", "赵明", "赵敏", "take", "养老保险优先于医疗保险",
    )  # fmt: skip
    life = only(found, "CMP-LIFE")
    assert told(life, "field value expected") == ("death_date", "2020-02-03", "2020-02-02")


@pytest.mark.req("S0-9")
def test_a_unit_is_the_same_whatever_its_number_and_is_proposed_in_ones_own_numbers(found: Comparison) -> None:
    unit = only(found, "CMP-UNIT")
    assert told(unit, "system value expected person_no") == ("medical", "M2", "M1", "5006")
    assert unit["other_value"] == "U1 白城市永红机械有限公司"


@pytest.mark.req("S0-9")
def test_only_employees_are_missed_in_another_scheme(found: Comparison) -> None:
    status = only(found, "CMP-STATUS")
    assert told(status, "person_no field value key") == ("5009", "status", "2", '["5009","310","M1",201001]')
    assert "养老保险：参保；医疗保险：暂停缴费" in status["message"]


@pytest.mark.req("S0-26", part="check")
def test_a_person_in_two_schemes_that_exclude_each_other_is_found_across_systems(world: Callable[..., World]) -> None:
    head = "个人编号,证件号码,姓名\n"
    people = [f"{{}}{n},{number(f'196{n}0101')},同一人" for n in (1, 2, 3)]
    ours, theirs = ("\n".join(one.format(letter) for one in people) for letter in ("P", "R"))
    project = world(
        ("pension", "person", head + ours),
        ("resident", "person", head + theirs),
        ("pension", "enrolment", ENROLMENT + "P1,U1,110,1,1,201001\nP2,U1,110,4,3,201001\nP3,U1,110,1,1,201001"),
        ("resident", "enrolment", ENROLMENT + "R1,,170,1,1,201201\nR2,,170,1,1,201201\nR3,,170,4,3,201201"),
        groups=[[("pension", f"P{n}"), ("resident", f"R{n}")] for n in (1, 2, 3)],
    ).round()
    found = only(compared(project, "pension", "resident"), "CMP-EXCLUSIVE")
    assert told(found, "system person_no value expected suggestion class") == (
        "resident", "R1", "1", None, "check", "duplicate",
    )  # fmt: skip
    assert "企业职工基本养老保险/城乡居民社会养老保险" in found["message"]


def test_every_difference_names_both_rows_and_who_mends_it(found: Comparison) -> None:
    for row in rows(found):
        assert row["department"] and row["message"] and row["reason"]
        assert row["source_file"] == f"{row['system']}-{row['table']}.csv" and row["source_row"] > 1
        assert row["other_file"] == f"{row['other_system']}-{row['table']}.csv" and row["other_row"] > 1
        assert row["related"] == f'["{row["other_system"]}","{row["other_no"]}"]'


def test_the_same_comparison_again_is_the_same_and_the_round_is_untouched(project: Path, found: Comparison) -> None:
    files = {path: path.read_bytes() for path in (project / "rounds/0001").glob("*") if path.is_file()}
    again = compared(project, "pension", "medical")
    assert again.manifest == found.manifest
    assert {path: path.read_bytes() for path in (project / "rounds/0001").glob("*") if path.is_file()} == files
    assert sorted(path.name for path in again.folder.iterdir()) == sorted(
        [
            "differences.parquet",
            "manifest.json",
            "only_left.parquet",
            "only_right.parquet",
            *found.manifest["workbooks"],
        ]
    )
    assert {path.stat().st_mode & 0o777 for path in again.folder.iterdir()} == {0o600}
    assert not list((project / "cache/unfinished").iterdir())


def test_turned_round_it_finds_the_same(project: Path, found: Comparison) -> None:
    other = compared(project, "medical", "pension")
    names = "rule system key field value expected suggestion reason"
    assert sorted(map(str, (told(row, names) for row in rows(other)))) == sorted(
        map(str, (told(row, names) for row in rows(found)))
    )


@pytest.mark.parametrize(
    ("systems", "said"),
    [
        (("pension", "pension"), "请写两个不同的系统"),
        (("pension", "tax"), "没有系统 tax 的人员数据；可以比对的有 medical、pension"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_remedy(project: Path, systems: tuple[str, str], said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        compared(project, *systems)


@pytest.mark.parametrize(("other", "rule"), [("medical", "CMP-LIFE"), ("backup", "CMP-RESTORE")])
@pytest.mark.parametrize("column", ["死亡日期", "备注"])
def test_a_death_is_told_though_our_side_has_none_on_record(
    world: Callable[..., World], other: str, rule: str, column: str
) -> None:
    head = "个人编号,证件号码,姓名,"
    people = [f"P{n},{number('19640101', 12 + 2 * n)},赵大明," for n in range(3)]
    ours = "\n".join([head + column, *people])
    theirs = "\n".join([head + "死亡日期", people[0] + "2020-01-01", *people[1:]])
    groups = [[("pension", f"P{n}"), (other, f"P{n}")] for n in range(3)]
    found = compared(
        world(("pension", "person", ours), (other, "person", theirs), groups=groups).round(), "pension", other
    )
    life = only(found, rule)
    assert told(life, "system field value expected") == ("pension", "death_date", None, "2020-01-01")
    assert any("养老保险没有登记任何人的生存状态和死亡日期" in note for note in found.manifest["notes"])


def test_without_a_link_of_this_round_there_is_no_comparison_of_two_systems(world: Callable[..., World]) -> None:
    made = world(("pension", "person", PENSION), ("medical", "person", MEDICAL))
    made.write()
    with pytest.raises(ProjectError, match="还没有完成的轮次；请先运行 renshe clean"):
        compared(made.folder, "pension", "medical")
    project = made.round()
    linked = project / "rounds/0001/link/clusters.parquet"
    linked.write_bytes(linked.read_bytes()[:40])
    with pytest.raises(ProjectError, match=r"clusters\.parquet：损坏.*请重新运行 renshe link"):
        compared(project, "pension", "medical")
    linked.unlink()
    with pytest.raises(ProjectError, match=r"请先运行 renshe link .*可用 --by number"):
        compared(project, "pension", "medical")
    assert not (project / "rounds/0001/compare").exists()


def test_of_several_records_of_one_person_each_is_compared_with_the_one_that_agrees_best(
    world: Callable[..., World],
) -> None:
    head = "个人编号,证件号码,姓名,性别\n"
    right, other = number("19640101"), number("19640102")
    # P1 stands on two rows of which one says little; M1 and M2 are one person with P1, by two numbers.
    ours = f"{head}P1,,同一人,\nP1,{right},同一人,女"
    theirs = f"{head}M1,{other},同一人,女\nM2,{right},同一人,女"
    groups = [[("pension", "P1"), ("medical", "M1"), ("medical", "M2")]]
    found = compared(
        world(("pension", "person", ours), ("medical", "person", theirs), groups=groups).round(), "pension", "medical"
    )
    assert found.manifest["pairs"] == 2 and found.manifest["only"] == {"pension": 0, "medical": 0}
    assert [told(row, "rule system person_no other_no") for row in rows(found)] == [
        ("CMP-ID", "medical", "M1", "P1"),
    ]  # fmt: skip


def test_names_of_systems_and_folders_may_be_anything(world: Callable[..., World]) -> None:
    made = world(("pension", "person", PENSION), ("医保'库", "person", MEDICAL))
    made.folder = made.folder.with_name("某市's [1] 项目")
    made.groups = [[(system.replace("medical", "医保'库"), key) for system, key in group] for group in GROUPS]
    found = compared(made.round(), "pension", "医保'库")
    assert found.manifest["pairs"] == 9 and of(found, "CMP-NAME")
    assert found.folder.name == "pension__医保'库"


def test_a_project_at_work_is_left_alone(project: Path) -> None:
    with Store(project).locked(), pytest.raises(BusyError):
        compared(project, "pension", "medical")


def test_no_rule_of_the_catalogue_is_called_as_a_difference_is() -> None:
    assert not [rule for rule in load_catalogue(()).rules if rule.startswith(COMPARED)]
    assert all(kind.id.startswith(COMPARED) for kind in KINDS)
    assert len({kind.title for kind in KINDS}) == len(KINDS)
