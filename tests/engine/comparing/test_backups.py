"""A system held against its backup, and two backups against each other: what was lost, what changed, to the cent."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from tests.engine.comparing.conftest import World, compared, number, of, only, rows, told

from renshe.engine.comparing.compare import Comparison
from renshe.engine.project import ProjectError

pytestmark = pytest.mark.xdist_group("backups")

# Whom nothing befell: two systems number alike where nine in ten numbers agree.
ALIKE = "".join(
    f"11{n:02d},{number(f'1970{n:02d}01')},同一人,女,1970-{n:02d}-01,1390000{n:04d},,0\n" for n in range(1, 13)
)
HEAD = "个人编号,证件号码,姓名,性别,出生日期,联系电话,地址,离退休状态"
PENSION = f"""{HEAD}
1001,{number("19640101")},李建国,女,1964-01-01,,东风路1号,0
1002,{number("19650101")},张伟,女,,13800000002,,0
1003,{number("19660101")},王芳,女,1966-01-01,,,1
1004,{number("19670101")},新来人,女,1967-01-01,,,0
1005,{number("19680101")},赵某英,女,1968-01-01,,,0
{ALIKE}"""
BACKUP = f"""{HEAD}
1001,{number("19640101")},李建国,女,1964-01-01,13800000001,,0
1002,{number("19650101")},张伟,女,1965-01-01,13900000002,中兴路2号,0
1003,{number("19660101")},王芳,女,1966-01-01,,,0
1005,{number("19860305")},孙立文,女,1986-03-05,13700000005,,0
1009,{number("19690101")},失踪人,女,1969-01-01,,,0
{ALIKE}"""
UNIT = "单位编号,单位名称,联系电话\nU1,白城市永红机械有限公司,"
UNIT_BACKUP = "单位编号,单位名称,联系电话\nU1,白城市永红机械有限公司,04363200000\nU9,白城市已撤销公司,"
ENROLMENT = "个人编号,单位编号,险种,缴费状态,开始年月,首次参保日期\n"
PAID = "个人编号,单位编号,险种,费款所属期,做账期号,到账年月,单位实缴金额,个人实缴金额\n"
ACCOUNT = "个人编号,险种,年度,期末金额\n"
BENEFIT = "个人编号,险种,待遇项目,待遇开始年月,待遇发放状态,待遇金额\n"
SOURCES = [
    ("pension", "person", PENSION),
    ("backup_2020", "person", BACKUP),
    ("pension", "unit", UNIT),
    ("backup_2020", "unit", UNIT_BACKUP),
    ("pension", "enrolment", ENROLMENT + "1001,,110,1,201001,\n1002,U1,110,3,201001,201001"),
    (
        "backup_2020",
        "enrolment",
        ENROLMENT + "1001,U1,110,1,201001,201001\n1002,U1,110,1,201001,201001\n1003,U1,110,1,201201,201201",
    ),
    (
        "pension",
        "contribution",
        PAID + "1001,,110,201901,,201902,160.00,80.10\n1001,U1,110,201902,201902,,160.00,80.00\n"
        "1002,U1,110,201901,201901,201901,160.00,80.00\n1002,U1,110,202105,202105,202105,999.00,999.00",
    ),
    (
        "backup_2020",
        "contribution",
        PAID + "1001,U1,110,201901,201901,201902,160.00,80.11\n1001,U1,110,201902,201902,201903,160.00,80.00\n"
        "1002,U1,110,201901,201901,201901,160.00,80.00\n1002,U1,110,201902,201902,201902,160.00,80.00\n"
        "1003,U1,110,201903,201903,201903,160.00,80.00",
    ),
    ("pension", "account", ACCOUNT + "1001,110,2019,1000.10\n1002,110,2019,500.00\n1002,110,2020,700.00"),
    ("backup_2020", "account", ACCOUNT + "1001,110,2019,1000.01\n1002,110,2019,500.00\n1003,110,2019,30.00"),
    ("pension", "benefit", BENEFIT + "1003,110,H001,202001,1,1500.00"),
    ("backup_2020", "benefit", BENEFIT + "1003,110,H001,202001,1,1499.99\n1001,110,H001,201001,3,1.00"),
]  # fmt: skip


@pytest.fixture(scope="module")
def project(world: Callable[..., World]) -> Path:
    return world(*SOURCES).round()


@pytest.fixture(scope="module")
def found(project: Path) -> Comparison:
    return compared(project, "pension", "backup_2020")


@pytest.mark.req("S1-36", part="detect")
def test_systems_that_number_alike_are_paired_by_number_and_it_is_said(project: Path, found: Comparison) -> None:
    assert found.manifest["by"] == "number"
    assert found.manifest["by_reason"].startswith("两边相同的个人编号 16 个，其中 93.8% 姓名或证件号码也相同")
    # Asked for, the link is used: nobody was linked here.
    assert compared(project, "pension", "backup_2020", by="link").manifest["pairs"] == 0
    assert compared(project, "pension", "backup_2020").manifest == found.manifest


@pytest.mark.req("S1-36", part="detect")
def test_empty_base_information_is_listed_with_the_backups_file_and_row(found: Comparison) -> None:
    names = "table field value expected system other_file other_row suggestion kind"
    found_rows = {(row["key"], row["field"]): told(row, names) for row in of(found, "CMP-RESTORE")}
    person = "backup_2020-person.csv"
    assert found_rows['["1001"]', "phone"] == (
        "person", "phone", None, "13800000001", "pension", person, 2, "fill", "empty",
    )  # fmt: skip
    assert found_rows['["1002"]', "birth_date"][2:7] == (None, "1965-01-01", "pension", person, 3)
    assert found_rows['["1002"]', "address"][3] == "中兴路2号"
    # What we have stays: 1002 has another telephone by now, and the backup lacks 1001's address.
    assert ('["1002"]', "phone") not in found_rows and ('["1001"]', "address") not in found_rows
    assert found_rows['["U1"]', "phone"][3:7] == ("04363200000", "pension", "backup_2020-unit.csv", 2)


@pytest.mark.req("S1-36", part="detect")
def test_enrolments_and_what_ties_assessment_to_payment_are_restored_row_by_row(found: Comparison) -> None:
    rows_of = {(row["table"], row["key"], row["field"]): row for row in of(found, "CMP-RESTORE")}
    unit = rows_of["enrolment", '["1001","110",null,201001]', "unit_no"]
    assert told(unit, "expected source_row other_file other_row") == ("U1", 2, "backup_2020-enrolment.csv", 2)
    assert rows_of["enrolment", '["1001","110",null,201001]', "first_month"]["expected"] == "201001"
    first, second = (
        '["1001","110",201901,null,null,null,null]',
        '["1001","110",201902,"U1",null,201902,null]',
    )
    assert rows_of["contribution", first, "unit_no"]["expected"] == "U1"
    assert rows_of["contribution", first, "book_month"]["expected"] == "201901"
    assert told(rows_of["contribution", second, "paid_month"], "expected source_row other_row") == ("201903", 3, 3)
    assert sum(key[0] == "contribution" for key in rows_of) == 3


@pytest.mark.req("S1-36", part="detect")
def test_rows_that_were_lost_are_listed_with_what_they_say(found: Comparison) -> None:
    lost = {(row["table"], row["other_row"]): row for row in of(found, "CMP-RESTORE-ROW")}
    assert set(lost) == {
        ("enrolment", 4), ("contribution", 5), ("contribution", 6), ("account", 4), ("benefit", 3),
    }  # fmt: skip
    row = lost["contribution", 5]
    assert told(row, "system key source_row field suggestion person_no") == (
        "pension", '["1002","110",201902,"U1",null,201902,null]', None, None, "restore", "1002",
    )  # fmt: skip
    assert "个人实缴金额80.00" in row["other_value"] and "企业职工基本养老保险 201902" in row["message"]
    assert [one["key"] for one in rows(found, "only_right")] == ["1009"]


@pytest.mark.req("S0-9")
def test_amounts_differ_from_the_first_cent_on_in_the_time_that_both_reach(found: Comparison) -> None:
    account = only(found, "CMP-ACCOUNT")
    assert told(account, "key field value expected suggestion") == (
        '["1001","110",2019,null]', "closing", "1000.10", "1000.01", "keep",
    )  # fmt: skip
    assert account["source_row"] == 2 and account["reason"] == "养老保险优先于历史备份 2020"
    # 2021 is later than the backup; what 1002 lacks in 2019 makes a sum of one row less.
    paid = {(row["person_no"], row["field"]): row for row in of(found, "CMP-PAID")}
    assert set(paid) == {("1001", "person_paid"), ("1002", "unit_paid"), ("1002", "person_paid")}
    assert told(paid["1001", "person_paid"], "left_value right_value source_row") == ("160.10", "160.11", None)
    assert Decimal(paid["1002", "unit_paid"]["left_value"]) == Decimal("160.00")
    assert told(only(found, "CMP-BENEFIT"), "value expected") == ("1500.00", "1499.99")


def test_a_number_given_to_another_person_is_one_difference_and_not_ten(found: Comparison) -> None:
    stranger = only(found, "CMP-PERSON")
    assert told(stranger, "person_no field suggestion") == ("1005", None, "check")
    assert "赵某英" in stranger["message"] and "孙立文" in stranger["message"]
    assert [row["rule"] for row in rows(found) if row["person_no"] == "1005"] == ["CMP-PERSON"]


@pytest.mark.req("S0-9")
def test_status_and_retirement_of_one_system_at_two_times(found: Comparison) -> None:
    status = only(found, "CMP-STATUS")
    assert told(status, "person_no value expected suggestion") == ("1002", "3", "1", "keep")
    assert told(only(found, "CMP-RETIRED"), "person_no left_value right_value") == ("1003", "离退休", "非离退休")


@pytest.mark.req("S0-40")
def test_two_backups_of_one_system_show_what_changed_between_them(world: Callable[..., World]) -> None:
    later = BACKUP.replace("失踪人", "失宗人").replace("1001,", "1011,").replace(",13900000002", ",13900000003")
    project = world(
        ("pension", "person", PENSION), ("backup_2019", "person", BACKUP), ("backup_2020", "person", later)
    ).round()
    found = compared(project, "backup_2019", "backup_2020")
    assert found.manifest["by"] == "number" and "两边相同的个人编号 16 个，其中 100.0%" in found.manifest["by_reason"]
    assert told(only(found, "CMP-NAME-SOUND"), "left_value right_value suggestion") == ("失踪人", "失宗人", "check")
    assert [row["key"] for row in rows(found, "only_left")] == ["1001"]
    assert [row["key"] for row in rows(found, "only_right")] == ["1011"]
    assert not of(found, "CMP-RESTORE")  # telephones are looked at only to restore them


@pytest.mark.req("S0-40")
def test_a_provinces_list_of_problem_data_against_ours(world: Callable[..., World]) -> None:
    listed = f"社会保障号码,姓名\n{number('19640101')},李建国\n{number('19650101')},張偉\n{number('19990101')},查无此人"
    groups = [[("province", "row:2"), ("pension", "1001")], [("province", "row:3"), ("pension", "1002")]]
    project = world(("province", "person", listed), ("pension", "person", PENSION), groups=groups).round()
    found = compared(project, "province", "pension")
    assert found.manifest["by"] == "link"
    assert [told(row, "key name source_row") for row in rows(found, "only_left")] == [("row:4", "查无此人", 4)]
    form = only(found, "CMP-NAME-FORM")
    assert told(form, "system value expected other_no other_row") == ("pension", "张伟", "張偉", None, 3)
    with pytest.raises(ProjectError, match="没有系统 police 的人员数据"):
        compared(project, "province", "police")


def test_a_system_without_persons_is_compared_by_number(world: Callable[..., World]) -> None:
    paid = (
        "个人编号,险种,费款所属期,单位实缴金额,个人实缴金额\n1001,110,202104,160.00,80.00\n1001,110,202105,160.00,80.00"
    )
    tax = paid.replace("202105,160.00,80.00", "202105,160.00,79.99")
    project = world(
        ("pension", "person", PENSION), ("pension", "contribution", paid), ("tax", "contribution", tax)
    ).round()
    found = compared(project, "tax", "pension")
    assert found.manifest["by_reason"] == "税务没有人员表，按个人编号配对"
    assert told(only(found, "CMP-PAID"), "system left_value right_value") == ("pension", "159.99", "160.00")
