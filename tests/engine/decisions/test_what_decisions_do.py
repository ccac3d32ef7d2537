"""Decisions change the rows of the next round, never the files; revoking brings back what was there before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from renshe.engine.rounds import clean as rounds
from renshe.engine.rounds.clean import RoundResult, clean

PEOPLE = """个人编号,证件号码,姓名,性别,出生日期,单位编号,民族
1001,220802196008150033,孙德福,2,1960-08-15,U1,01
1002,220802197003120046,李梅,2,1970-03-12,U1,
1003,220802198105230035,赵刚,1,1981-05-23,U2,01
1003,220802198105230035,赵刚,1,1981-05-23,U2,01
1004,220802199001010038,钱多,1,不详,U2,01
"""
ENROLMENTS = """个人编号,险种类型,单位编号,开始日期,终止日期,参保状态
1001,110,U1,2001-03-01,,1
1002,110,U1,2002-04-01,2001-01-31,3
"""
TOML = """[project]
name = "试"
region = "220800"
as_of = 2021-05-31
[[source]]
system = "pension"
table = "person"
file = "人员.csv"
[[source]]
system = "pension"
table = "enrolment"
file = "参保.csv"
[[source]]
system = "police"
table = "person"
file = "公安.csv"
"""
POLICE = "证件号码,姓名\n220802196008150033,孙德富\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project; what is tested here needs no report."""
    monkeypatch.setattr(rounds, "build_report", lambda *args, **more: None)
    for name, text in (("人员.csv", PEOPLE), ("参保.csv", ENROLMENTS), ("公安.csv", POLICE), ("project.toml", TOML)):
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def decide(project: Path, *made: dict[str, Any]) -> RoundResult:
    """Add decisions and run a round."""
    folder = project / "decisions"
    folder.mkdir(exist_ok=True)
    known = sum(1 for file in folder.glob("*.jsonl") for _ in file.open())
    rest = {"at": f"2026-01-01T00:00:{known:02}", "by": "甲", "checked_by": "乙", "ground": "身份证复印件"}
    lines = [
        json.dumps({"id": f"d{known + at}", "table": "person", "system": "pension"} | rest | one, ensure_ascii=False)
        for at, one in enumerate(made)
    ]
    (folder / f"{known:04}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return clean(project)


def people(result: RoundResult) -> list[dict[str, Any]]:
    rows = pq.read_table(result.folder / "tables/person.parquet").to_pylist()
    return sorted((r for r in rows if r["system"] == "pension"), key=lambda row: row["source_row"])


def outcomes(result: RoundResult) -> list[tuple[str, str | None]]:
    return [(row["state"], row["reason"]) for row in pq.read_table(result.folder / "applied.parquet").to_pylist()]


def found(result: RoundResult) -> set[tuple[str, str]]:
    rows = pq.read_table(result.folder / "findings.parquet").to_pylist()
    return {(row["rule"], row["key"]) for row in rows}


@pytest.mark.req("S0-23", "S0-25", "S1-9", part="decisions")
def test_values_are_corrected_and_filled_rows_removed_and_the_files_left_alone(project: Path) -> None:
    files = {file: file.read_bytes() for file in project.glob("*.*")}
    first = clean(project)
    assert ("PER-SEX-ID", '["1001"]') in found(first)
    second = decide(
        project,
        {"kind": "correct", "key": '["1001"]', "field": "sex", "old": "2", "new": "1"},
        {"kind": "fill", "key": ["1002"], "field": "ethnicity", "old": None, "new": "02"},
        {"kind": "remove", "key": ["1003"], "source_row": 5, "source_file": "人员.csv"},
        {"kind": "correct", "key": ["1004"], "field": "birth_date", "old": "不详", "new": "1990-01-01"},
    )
    assert outcomes(second) == [("applied", None)] * 4
    rows = people(second)
    assert [row["sex"] for row in rows] == ["1", "2", "1", "1", "1"]
    assert rows[1]["ethnicity"] == "02"
    assert [row["valid"] for row in rows] == [None, None, None, "0", None], "removed is marked, not gone"
    assert str(rows[4]["birth_date"]) == "1990-01-01" and not rows[4]["raw"]
    gone = found(first) - found(second)
    assert {("PER-SEX-ID", '["1001"]'), ("PER-NO-DUP", '["1003"]')} <= gone
    assert not found(second) - found(first)
    assert {file: file.read_bytes() for file in files} == files


@pytest.mark.req("S1-61", part="undo")
def test_revoking_gives_back_the_first_round(project: Path) -> None:
    first = clean(project)
    changed = decide(
        project,
        {"kind": "correct", "key": ["1001"], "field": "sex", "old": "2", "new": "1"},
        {"kind": "remove", "key": ["1002"]},
        {"kind": "accept", "key": ["1004"], "rule": "PER-BIRTH-BAD"},
    )
    assert changed.manifest["digests"] != first.manifest["digests"]
    revoked = decide(project, *({"kind": "revoke", "revokes": f"d{at}", "table": None} for at in range(3)))
    assert revoked.manifest["digests"] == first.manifest["digests"]
    assert [state for state, _ in outcomes(revoked)] == ["revoked"] * 3 + ["noted"] * 3


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        ({"kind": "correct", "key": ["1001"], "field": "sex", "old": "9", "new": "1"}, "原值已改变"),
        ({"kind": "correct", "key": ["1001"], "field": "sex", "old": "2", "new": "不明白"}, "新值不合“性别”"),
        ({"kind": "correct", "key": ["1001"], "field": "birth_date", "old": "1960-08-15", "new": "x"}, "新值不合"),
        ({"kind": "correct", "key": ["1001"], "field": "colour", "old": "2", "new": "1"}, "没有字段 colour"),
        ({"kind": "remove", "key": ["9999"]}, "这一行已不在数据中"),
        ({"kind": "remove", "key": ["1003"]}, "有 2 行的键相同"),
        ({"kind": "remove", "key": None}, "没有写明哪一行"),
        ({"kind": "remove", "key": ["1001"], "system": "medical"}, "没有系统 medical"),
        ({"kind": "remove", "key": ["1001"], "table": "parameter"}, "没有标准表 parameter"),
        ({"kind": "correct", "system": "police", "key": [None], "field": "name", "new": "孙"}, "比对数据只供核对"),
        ({"kind": "merge", "key": ["1001"], "new": "1002"}, "不能合并：决定没有写明合并方案（details）"),
        ({"kind": "merge", "key": ["1001"]}, "应写明人员表（person）、被并编号（key）和保留编号（new）"),
        ({"kind": "revoke", "revokes": "nobody"}, "没有编号为 nobody 的决定"),
    ],
)
def test_what_does_not_fit_is_reported_and_changes_nothing(
    project: Path, decision: dict[str, Any], reason: str
) -> None:
    first = clean(project)
    second = decide(project, decision)
    [(state, why)] = outcomes(second)
    assert state == "unfit" and why is not None and reason in why
    assert second.manifest["digests"] == first.manifest["digests"]
    assert second.manifest["decisions"]["unfit"] == 1


def test_decisions_build_on_each_other_in_their_order(project: Path) -> None:
    result = decide(
        project,
        {"kind": "correct", "key": ["1001"], "field": "name", "old": "孙德福", "new": "孙德富"},
        {"kind": "correct", "key": ["1001"], "field": "person_no", "old": "1001", "new": "1009"},
        {"kind": "correct", "key": ["1009"], "field": "name", "old": "孙德富", "new": "孙得富"},
        {"kind": "correct", "key": ["1001"], "field": "sex", "old": "2", "new": "1"},
    )
    assert [state for state, _ in outcomes(result)] == ["applied", "applied", "applied", "unfit"]
    assert (people(result)[0]["person_no"], people(result)[0]["name"]) == ("1009", "孙得富")


def test_a_row_without_its_number_is_found_by_what_is_left_and_by_its_place(project: Path) -> None:
    (project / "参保.csv").write_text(ENROLMENTS + ",110,U1,2005-01-01,,1\n,110,U1,2005-01-01,,1\n", "utf-8")
    clean(project)
    fill = {
        "kind": "fill",
        "table": "enrolment",
        "key": [None, "110", "U1", 200501],
        "field": "person_no",
        "new": "1003",
    }
    result = decide(project, fill | {"source_row": 5}, fill | {"source_row": 9, "source_file": "参保.csv"})
    assert [state for state, _ in outcomes(result)] == ["applied", "applied"]
    rows = pq.read_table(result.folder / "tables/enrolment.parquet").to_pylist()
    assert sorted(str(row["person_no"]) for row in rows) == ["1001", "1002", "1003", "1003"]


def test_restoring_a_row_or_a_field_brings_back_what_the_source_says(project: Path) -> None:
    first = clean(project)
    result = decide(
        project,
        {"kind": "correct", "key": ["1004"], "field": "birth_date", "old": "不详", "new": "1990-01-01"},
        {"kind": "remove", "key": ["1004"]},
        {"kind": "restore", "key": ["1004"]},
        {"kind": "restore", "key": ["1004"], "field": "birth_date"},
    )
    assert result.manifest["digests"] == first.manifest["digests"]


def test_what_follows_from_a_corrected_date_follows_again(project: Path) -> None:
    clean(project)
    key = ["1002", "110", "U1", 200204]
    result = decide(
        project,
        {
            "kind": "correct",
            "table": "enrolment",
            "key": key,
            "field": "end_date",
            "old": "2001-01-31",
            "new": "2003-01-31",
        },
    )
    rows = pq.read_table(result.folder / "tables/enrolment.parquet").to_pylist()
    assert [row["end_month"] for row in rows if row["person_no"] == "1002"] == [200301]


@pytest.mark.parametrize(
    ("accept", "left"),
    [
        ({"rule": "PER-SEX-ID", "key": ["1001"], "field": "sex"}, {"PER-NAME-POLICE"}),
        ({"key": ["1001"]}, set()),
        ({"key": ["1001"], "table": None, "system": None}, set()),
        ({"rule": "PER-SEX-ID", "table": None, "system": None}, {"PER-NAME-POLICE"}),
    ],
    ids=["finding", "row", "person", "rule"],
)
def test_what_was_verified_is_listed_no_more_until_revoked(
    project: Path, accept: dict[str, Any], left: set[str]
) -> None:
    first = clean(project)
    both = {"PER-SEX-ID", "PER-NAME-POLICE"}
    assert both <= {rule for rule, key in found(first) if key == '["1001"]'}
    second = decide(project, {"kind": "accept"} | accept)
    assert both & {rule for rule, key in found(second) if key == '["1001"]'} == left
    aside = pq.read_table(second.folder / "accepted.parquet").to_pylist()
    assert {row["rule"] for row in aside} >= both - left and {row["decision"] for row in aside} == {"d0"}
    assert len(found(second)) + len({(row["rule"], row["key"]) for row in aside}) == len(found(first))
    assert found(clean(project)) == found(second), "it lasts"
    assert found(decide(project, {"kind": "revoke", "revokes": "d0"})) == found(first)


def test_accepting_one_of_two_rows_with_one_key_leaves_the_other_open(project: Path) -> None:
    clean(project)
    second = decide(
        project, {"kind": "accept", "rule": "PER-NO-DUP", "key": ["1003"], "source_row": 4, "source_file": "人员.csv"}
    )
    rows = pq.read_table(second.folder / "findings.parquet").to_pylist()
    assert [row["source_row"] for row in rows if row["rule"] == "PER-NO-DUP"] == [5]


def test_a_field_that_the_file_lacks_is_judged_where_a_decision_fills_it(project: Path) -> None:
    (project / "参保.csv").write_text(
        "个人编号,险种类型,单位编号,开始日期,个人缴费状态\n1001,110,U1,2001-03-01,1\n", "utf-8"
    )
    first = clean(project)
    dead = {"kind": "fill", "key": ["1001"], "field": "death_date", "old": None, "new": "2010-05-01"}
    second = decide(project, dead)
    assert outcomes(second) == [("applied", None)]
    assert [str(row["death_date"]) for row in people(second)] == ["2010-05-01", *["None"] * 4]
    assert "ENR-DEAD" in {rule for rule, _ in found(second) - found(first)}
