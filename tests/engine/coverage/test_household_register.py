"""A household register against all schemes: each status by its rule, counted per area, listed to be visited."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from tests.engine.comparing.conftest import World, number, told, world

from renshe.engine.coverage.cover import Covered, cover
from renshe.engine.linking.linking import link
from renshe.engine.project import ProjectError
from renshe.engine.report.shelving import Limits
from renshe.engine.rounds.clean import clean

pytestmark = pytest.mark.xdist_group("coverage")

__all__ = ["world"]

VILLAGES = ("220802101206", "220802101207", "220802102201", "220881001001")
WRONG = "220802196501010019" if number("19650101", 1) != "220802196501010019" else "220802196501010018"


def born(n: int) -> str:
    return f"19{60 + n}0101"


# What befell each; the number of the household record is that of the line before.
HOUSEHOLD = {
    1: "居民医保", 2: "居保暂停", 3: "从未参保", 4: "终止过保", 5: "退休领取", 6: "外省打工", 7: "民政死亡",
    8: "单位死亡",
    9: "号码无效", 10: "号错已保", 11: "毫无记录", 12: "登记两次", 13: "监测有误", 14: "仅有监测", 15: "日期写错",
    16: "待判参保", 17: "已过终月", 18: "尚未开始", 19: "区划写错",
}  # fmt: skip


def id_of(n: int) -> str:
    if n == 9:
        return WRONG
    return number(born(n), n)[:-1] + "Y" if n == 10 else number(born(n), n)


def police() -> str:
    lines = ["社会保障号码,姓名,性别,出生日期,生存状态,户籍地区划,常住地区划代码,住址"]
    for n, name in HOUSEHOLD.items():
        place = {11: "", 19: "999999999999"}.get(n, VILLAGES[n % 4])
        lines.append(f"{id_of(n)},{name},2,,1,{'999999' if n == 19 else '220802'},{place},{name}家")
    lines.append(f"{id_of(12)},登记两次,2,,1,220802,220802101000,旧址")
    return "\n".join(lines)


def persons(*numbers: int, more: str = "") -> str:
    head = "个人编号,证件号码,姓名,性别,出生日期,联系电话,死亡日期"
    rows = [f"P{n},{number(born(n), n)},{HOUSEHOLD[n]},女,{born(n)},139000000{n:02d}," for n in numbers]
    return "\n".join([head, *rows, *filter(None, [more])])


ENROLMENT = "个人编号,单位编号,险种,个人参保状态,缴费状态,开始年月,首次参保日期,终止年月\n"
SOURCES = [
    ("police", "person", police()),
    (
        "pension",
        "person",
        persons(3, 4, 5, 10, 13, 16, 17, 18)
        + f"\nP8,{number(born(8), 8)},单位死亡,女,{born(8)},,2020-02-02"
        + f"\nP15,{number(born(15), 15)},日期写错,女,{born(15)},,2022-02-02",
    ),
    (
        "pension",
        "enrolment",
        ENROLMENT + "P3,,110,0,0,201001,,\nP4,U1,110,4,3,201001,201001,201905\nP5,U1,110,4,3,199001,199001,\n"
        "P8,U1,110,1,1,201001,201001,\nP10,U1,110,,,201502,,\nP13,U1,110,4,3,201001,,\nP15,U1,110,,,201001,,202001\n"
        "P16,U1,110,1,1,201001,,\nP17,U1,110,1,1,201001,,202005\nP18,U1,110,1,1,202201,,",
    ),
    (
        "pension",
        "benefit",
        "个人编号,险种,待遇项目,待遇开始年月,待遇发放状态,待遇金额\nP5,110,H001,202001,1,1500.00\n"
        "P4,110,H001,201001,3,900.00",
    ),
    ("medical", "person", persons(1)),
    ("medical", "enrolment", ENROLMENT + "P1,,390,1,1,201801,,"),
    ("resident", "person", persons(2)),
    ("resident", "enrolment", ENROLMENT + "P2,,170,2,2,201101,201101,"),
    ("monitor", "person", persons(13, 14)),
    ("monitor", "enrolment", ENROLMENT + "P13,,110,1,1,201001,,\nP14,,110,1,1,201203,,"),
    ("province", "person", persons(6)),
    ("province", "enrolment", ENROLMENT + "P6,,110,1,1,201603,,"),
    ("civil", "person", f"证件号码,姓名,死亡日期\n{number(born(7), 7)},民政死亡,2021-01-01"),
]
OF = {
    1: "medical", 2: "resident", 3: "pension", 4: "pension", 5: "pension", 6: "province", 8: "pension", 10: "pension",
    13: "pension", 14: "monitor", 15: "pension", 17: "pension", 18: "pension",
}  # fmt: skip


def groups() -> list[list[tuple[str, str]]]:
    found = [[("police", f"row:{n + 1}"), (system, f"P{n}")] for n, system in OF.items()]
    found[[*OF].index(13)].append(("monitor", "P13"))
    return [*found, [("police", "row:8"), ("civil", "row:2")], [("police", "row:13"), ("police", "row:21")]]


@pytest.fixture(scope="module")
def project(world: Callable[..., World]) -> Path:
    made = world(*SOURCES, groups=groups())
    made.reviews = [("pension", "P16", "police", "row:17")]
    return made.round()


@pytest.fixture(scope="module")
def found(project: Path) -> Covered:
    return cover(project)


def people(found: Covered) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in pq.read_table(found.folder / "persons.parquet").to_pylist()}


@pytest.mark.req("S3-9")
def test_everybody_has_one_status_by_the_stated_rules(found: Covered) -> None:
    assert {name: row["status"] for name, row in people(found).items()} == {
        "居民医保": "here", "居保暂停": "here", "从未参保": "not_insured", "终止过保": "not_insured",
        "退休领取": "here", "外省打工": "elsewhere", "民政死亡": "dead", "单位死亡": "dead",
        "号码无效": "unknown", "号错已保": "here",
        "毫无记录": "not_insured", "登记两次": "not_insured", "监测有误": "not_insured", "仅有监测": "here",
        "日期写错": "not_insured", "待判参保": "unknown", "已过终月": "not_insured", "尚未开始": "not_insured",
        "区划写错": "not_insured",
    }  # fmt: skip
    assert found.manifest["persons"] == 19 and sum(found.manifest["statuses"].values()) == 19


@pytest.mark.req("S3-9")
def test_schemes_since_when_and_on_what_evidence(found: Covered) -> None:
    known = people(found)
    assert told(known["居民医保"], "schemes medical pension since") == (["390"], True, False, 201801)
    assert told(known["居保暂停"], "schemes pension since") == (["170"], True, 201101)
    assert known["居保暂停"]["evidence"] == "城乡居民社会养老保险 暂停缴费 自 201101（城乡居民养老）"
    assert told(known["退休领取"], "schemes ended since") == (["110"], [], 202001)
    assert told(known["终止过保"], "schemes ended since") == ([], ["110"], None)
    assert told(known["外省打工"], "schemes elsewhere since") == ([], ["110"], 201603)
    assert known["单位死亡"]["evidence"].startswith(
        "养老保险登记死亡 2020-02-02；公安登记健在；企业职工基本养老保险 参保"
    )
    assert told(known["民政死亡"], "death_source evidence")[0] == "civil"
    assert known["号码无效"]["evidence"] == "证件号码无效；没有关联到其他记录"
    assert told(known["登记两次"], "records key") == (2, "row:13")
    assert known["待判参保"]["evidence"] == "可能是参保人（养老保险 P16），待核实是否同一人"
    assert known["已过终月"]["evidence"] == "企业职工基本养老保险 终止参保（养老保险）"
    assert known["从未参保"]["evidence"] == "企业职工基本养老保险 未参保（养老保险）"
    assert known["毫无记录"]["evidence"] == "没有关联到其他记录"


@pytest.mark.req("S3-15")
def test_the_register_is_begun_from_all_systems_by_precedence(found: Covered) -> None:
    known = people(found)
    # The police have no telephones and no birth dates here; where a copy contradicts its original, the original speaks.
    assert told(known["从未参保"], "name address phone") == ("从未参保", "从未参保家", "13900000003")
    assert str(known["从未参保"]["birth_date"]) == "1963-01-01"
    assert known["监测有误"]["ended"] == ["110"] and known["仅有监测"]["schemes"] == ["110"]


@pytest.mark.req("S3-19")
def test_counts_per_county_township_and_village_add_up(found: Covered) -> None:
    areas = pq.read_table(found.folder / "areas.parquet").to_pylist()
    counts = ("persons", "here", "elsewhere", "not_insured", "dead", "unknown")
    county = {row["code"]: row for row in areas if row["level"] == "county"}
    assert set(county) == {"220802", "220881", None} and county["220881"]["name"] == "洮南市 220881"
    # 11 is told to be of the county and no more; a county that there is not is none.
    for name in counts:
        for level in ("county", "township", "village"):
            everybody = sum(row[name] for row in areas if row["level"] == level)
            assert everybody == (19 if name == "persons" else found.manifest["statuses"][name]), level
    village = {row["code"]: row for row in areas if row["level"] == "village"}
    assert set(village) == {*VILLAGES, None}
    untold = {(row["level"], row["name"]): row["persons"] for row in areas if row["code"] is None}
    assert untold == {
        ("county", "区划不详"): 1, ("township", "区划不详"): 1, ("village", "区划不详"): 1,
        ("township", "洮北区 乡镇不详"): 1, ("village", "洮北区 乡镇不详"): 1,
    }  # fmt: skip
    assert village["220802101207"]["covered"] is not None
    assert village["220802101207"]["name"] == "洮北区 220802101207"


@pytest.mark.req("S3-19")
def test_who_is_not_insured_is_listed_once_per_county_and_once_to_print(found: Covered) -> None:
    names = found.manifest["files"]
    assert names[0] == "coverage.xlsx" and [name for name in names if name.startswith("not-insured")] == [
        "not-insured-220802.xlsx", "not-insured-220881.xlsx", "not-insured-unknown.xlsx",
    ]  # fmt: skip
    listed, printed = [], []
    for name in names:
        if name.startswith("not-insured"):
            book = openpyxl.load_workbook(found.folder / name)
            for sheet in book.worksheets[1:]:
                header = [cell.value for cell in sheet[1]]
                assert header[-2:] == ["入户核实情况", "核实人"] and sheet.freeze_panes
                listed += [row[header.index("姓名")].value for row in sheet.iter_rows(min_row=2)]
        if name.endswith(".html"):
            page = (found.folder / name).read_text("utf-8")
            assert "在户籍、未参加任何险种" in page and "http-equiv" in page
            printed += re.findall(r"<tr><td>\d+</td><td>(.*?)</td>", page)
    missing = [name for name, row in people(found).items() if row["status"] == "not_insured"]
    assert sorted(listed) == sorted(printed) == sorted(missing)
    assert "lists/220802.html" in names and "lists/220802101.html" in names
    assert "企业职工基本养老保险" in (found.folder / "lists/220802101.html").read_text("utf-8")


def test_the_workbook_of_counts_says_by_which_rules(found: Covered) -> None:
    book = openpyxl.load_workbook(found.folder / "coverage.xlsx")
    assert book.sheetnames == ["说明", "县（市、区）", "乡镇（街道）", "村（社区）", "情况不明"]
    rate = next(
        cell for cell in book["县（市、区）"][2] if book["县（市、区）"].cell(1, cell.column).value == "参保率（%）"
    )
    assert isinstance(rate.value, float | int) and rate.number_format == "0.00"
    guide = {row[0].value: row[1].value for row in book["说明"].iter_rows(min_row=2)}
    assert "170" in guide["本地参保"] and "情况不明" in guide
    assert [cell.value for cell in book["县（市、区）"][2]][1:3] == ["洮北区 220802", 15]
    assert [book["情况不明"][f"B{at}"].value for at in (2, 3)] == ["待判参保", "号码无效"]


def test_small_books_hold_everybody_too(project: Path) -> None:
    names = cover(project, limits=Limits(1, 1)).manifest["files"]
    assert "not-insured-220802-第2册.xlsx" in names
    cover(project)


def test_again_it_is_the_same_and_the_round_is_untouched(project: Path, found: Covered) -> None:
    files = {path: path.read_bytes() for path in (project / "rounds/0001").glob("*") if path.is_file()}
    assert cover(project).manifest == found.manifest
    assert {path: path.read_bytes() for path in (project / "rounds/0001").glob("*") if path.is_file()} == files
    assert {path.stat().st_mode & 0o777 for path in found.folder.rglob("*") if path.is_file()} == {0o600}


def test_without_register_or_link_it_is_refused_with_the_remedy(world: Callable[..., World], project: Path) -> None:
    made = world(*(source for source in SOURCES if source[0] != "police"))
    with pytest.raises(ProjectError, match=r'没有户籍人员；.*system = "police"'):
        cover(made.round())
    alone = world(*SOURCES)
    alone.write()
    clean(alone.folder)
    with pytest.raises(ProjectError, match="请先运行 renshe link"):
        cover(alone.folder)
    assert not (alone.folder / "rounds/0001/coverage").exists()


@pytest.mark.req("S3-18")
def test_the_ministry_is_asked_only_after_the_own_cleaning(world: Callable[..., World]) -> None:
    wrong = [
        (system, table, text.replace(number(born(4), 4), number(born(4), 4)[:-1] + "*"))
        if (system, table) == ("pension", "person") else (system, table, text)
        for system, table, text in SOURCES
    ]  # fmt: skip
    made = world(*wrong, groups=groups())
    project = made.round()
    with pytest.raises(ProjectError, match=r"必改问题（PER-ID-\w+ 1 人）.*renshe clean、renshe link、renshe coverage"):
        cover(project, ministry=True)
    assert not (project / "rounds/0001/coverage").exists()
    # What is in review may be theirs: it is to be mended as well.
    right = (made.folder / "pension-person.csv").read_text("utf-8").replace("*", number(born(4), 4)[-1])
    spoilt = right + f"\nP99,22080219710101001,毫无记录,女,{born(11)},,\n"
    (made.folder / "pension-person.csv").write_text(spoilt, "utf-8")
    made.reviews = [("pension", "P99", "police", "row:12")]
    made.round()
    with pytest.raises(ProjectError, match=r"必改问题（PER-ID-LENGTH 1 人）"):
        cover(project, ministry=True)
    (made.folder / "pension-person.csv").write_text(right, "utf-8")
    # Mended, but this very round is not linked yet.
    folder = clean(project).folder
    with pytest.raises(ProjectError, match=r"第 3 轮还没有关联.*以前各轮的关联不算"):
        cover(project, ministry=True)
    made.reviews = []
    made.link(folder)
    found = cover(project, ministry=True)
    lines = (found.folder / "ministry.csv").read_text("utf-8-sig").splitlines()
    assert found.manifest["ministry"] == {"listed": 9, "without_number": 0}
    assert lines[0] == "序号,社会保障号码,姓名,性别,出生日期,县,乡镇,村" and len(lines) == 10
    assert any(number(born(4), 4) in line and "终止过保" in line for line in lines)


@pytest.mark.req("S3-9")
def test_who_may_be_somebody_insured_is_not_called_uninsured(world: Callable[..., World]) -> None:
    """One number of a system stands for two people; one valid number bears two names: clerks find out first."""
    one, two, three = (number(born(n), n) for n in (1, 2, 3))
    made = world(
        (
            "police",
            "person",
            f"社会保障号码,姓名,性别\n{one},诸葛亮亮,2\n{two},司马懿懿,2\n{three},欧阳夏,2",
        ),
        ("pension", "person", f"个人编号,证件号码,姓名\nP1,{one},诸葛亮亮\nP1,{two},司马懿懿\nP3,{three},钱铁锤"),
        ("pension", "enrolment", ENROLMENT + "P1,U1,110,1,1,201001,,\nP3,U1,110,1,1,201001,,"),
    )
    made.write()
    clean(made.folder)
    link(made.folder)
    found = people(cover(made.folder))
    assert (found["诸葛亮亮"]["status"], found["司马懿懿"]["status"], found["欧阳夏"]["status"]) == (
        "here", "unknown", "unknown",
    )  # fmt: skip
    assert "可能是参保人（养老保险 P3）" in found["欧阳夏"]["evidence"]
