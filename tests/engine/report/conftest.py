"""A small finished round, invented and hostile: formulas, tags, shared numbers, rows that belong to nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SERVICE, PENSION = "社会保险经办服务科", "企业职工养老保险管理科"


@dataclass(frozen=True)
class ToldRule:
    """A rule as a report sees it."""

    id: str
    table: str
    field: str | None
    title: str
    severity: str = "must_fix"
    class_: str = "base_info"
    dimensions: tuple[str, ...] = ("accuracy",)
    source: str = "GB/T 40217-2021 §4.2"
    remedy: str = "核对原件后更正"
    department: str = SERVICE
    requires: tuple[str, ...] = ()


RULES = {
    rule.id: rule
    for rule in (
        ToldRule("PER-ID", "person", "id_number", "公民身份号码错误"),
        ToldRule("PER-SEX", "person", "sex", "性别与公民身份号码不符", requires=("PER-ID",)),
        ToldRule("PER-PHONE", "person", "phone", "联系电话为空", "optional", "empty"),
        ToldRule("PER-NAME", "person", "name", "姓名为空", class_="empty"),
        ToldRule("UNI-TEST", "unit", "name", "疑似测试单位", class_="junk"),
        ToldRule(
            "CON-DUP", "contribution", "period", "同一月份：重复[缴费]/*?", class_="duplicate", department=PENSION
        ),
        ToldRule("ACC-ROLL", "account", "closing", "=账户勾稽不平", class_="logic", department=PENSION),
        ToldRule("CTL-TOTAL", "*", None, "控制总数不符", class_="missing"),
        ToldRule("PER-CLEAN", "person", "birth_date", "出生日期晚于今天", class_="logic"),
        ToldRule("PER-POLICE", "person", "name", "姓名与公安不一致"),
        ToldRule("PER-BASE", "enrolment", "base", "参保基数为空", class_="empty"),
        ToldRule("PER-RATE", "account", "interest", "利息与记账利率不符", class_="logic"),
    )
}

PERSONS = [
    # system, source_row, person_no, name, id_number, unit_no
    ("pension", 2, "1001", "张三丰", "220802196401011230", "U1"),
    ("pension", 3, "1002", "<script>alert(1)</script>", "220802197002022346", "U1"),
    ("pension", 4, "1003", "=HYPERLINK(1)", "22080219750303345X", "U2"),
    ("pension", 5, "1003", "同号者", "220802197503033999", "U2"),
    ("pension", 6, None, "无编号", "220802198001014567", None),
    ("medical", 2, "1001", "医保李四", "220802196401019999", "M1"),
]
UNITS = [
    ("pension", 2, "U1", "白城市广源热力有限责任公司", "91220800MA0Y12345X"),
    ("pension", 3, "U2", "测试单位&<b>", "91220800MA0Y54321X"),
]


def finding(rule: str, system: str | None, row: int | None, key: list[Any], **more: Any) -> dict[str, Any]:
    """A finding of ``rule`` with the rule's own table and field; ``more`` overrides."""
    told = RULES[rule]
    given = {
        "rule": rule, "class": told.class_, "severity": told.severity, "table": told.table, "field": told.field,
        "system": system, "source_file": None if row is None else f"{system}/{told.table}.csv", "source_row": row,
        "key": json.dumps(key, ensure_ascii=False), "value": None, "expected": None, "message": told.title,
        "related": None, "person_no": None, "unit_no": None, "region": "220802", "department": told.department,
    }  # fmt: skip
    assert set(more) <= set(given)
    return given | more


def told_findings() -> list[dict[str, Any]]:
    """Every kind of finding: of persons, units, rows without a number, whole tables; in two departments."""
    return [
        finding("PER-ID", "pension", 2, ["1001"], value="220802196401011230", person_no="1001", unit_no="U1"),
        finding("PER-SEX", "pension", 3, ["1002"], value="=1+1", expected="@2", person_no="1002", unit_no="U1"),
        finding("PER-PHONE", "pension", 2, ["1001"], person_no="1001", unit_no="U1"),
        finding("PER-PHONE", "pension", 3, ["1002"], person_no="1002", unit_no="U1"),
        finding("PER-PHONE", "pension", 4, ["1003"], value="-13800001111", person_no="1003", unit_no="U2"),
        finding("PER-PHONE", "pension", 5, ["1003"], person_no="1003", unit_no="U2"),
        finding("PER-ID", "pension", 6, [None], value="220802198001014567"),
        finding("PER-ID", "medical", 2, ["1001"], value="220802196401019999", person_no="1001", unit_no="M1"),
        finding("UNI-TEST", "pension", 3, ["U2"], value="测试单位&<b>", unit_no="U2"),
        *(
            finding("CON-DUP", "pension", row, ["1001", "110", month, "U1", None, None, None], person_no="1001",
                    unit_no="U2", value=str(month), related='["1001"]', message="+与另一行重复")
            for row, month in ((7, 202001), (8, 202002), (9, 202003))
        ),
        finding("ACC-ROLL", "pension", 11, ["1002", "110", 2019, "1"], person_no="1002", value="0012.50",
                expected="12.60"),
        finding("CTL-TOTAL", None, None, [], table="enrolment", value="97", expected="98", related="insurance = '110'"),
    ]  # fmt: skip


FINDING = pa.schema(
    [
        (name, pa.int64() if name == "source_row" else pa.string())
        for name in "rule class severity table field system source_file source_row key value expected message related"
        " person_no unit_no region department".split()
    ]
)


def manifest(findings: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifest of a second round."""
    dimensions = {"truth": 98.76, "accuracy": 99.96, "completeness": 71.25, "security": None}
    counts: dict[str, int] = {}
    for item in findings:
        counts[item["rule"]] = counts.get(item["rule"], 0) + 1
    return {
        "round": 2, "name": "某市<企业>养老数据整理", "as_of": "2021-05-31", "region": "220802", "rules_version": "v1",
        "decisions": {"number": 0, "digest": "0" * 64}, "digests": {"findings": "0123456789abcdef" * 4},
        "sources": [{"system": "pension", "table": "person", "file": "pension/person.csv",
                     "sha256": "1234567890" * 6 + "abcd", "rows_read": 8, "rows_loaded": 5, "rows_rejected": 3,
                     "layout": {"format": "txt", "encoding": "gb18030", "delimiter": "|", "sheet": None,
                                "header_row": 1, "notes": []}},
                    {"system": "resident", "table": "unit", "file": "居民/单位.xlsx", "sha256": "ab" * 32,
                     "rows_read": 2, "rows_loaded": 2, "rows_rejected": 0,
                     "layout": {"format": "xlsx", "encoding": None, "delimiter": None, "sheet": "单位表",
                                "header_row": 3, "notes": ["另有工作表“附表 220802196401011230”未读取"]}}],
        "tables": {"person": 6, "unit": 2}, "findings": counts,
        "not_run": {"PER-POLICE": 5, "PER-BASE": 0, "PER-RATE": 2},
        "not_run_of": {"PER-POLICE": 6, "PER-BASE": 0, "PER-RATE": 2},
        "notes": {"PER-POLICE": "项目中没有系统 police 的表 person", "PER-BASE": "项目中没有表 enrolment",
                  "PER-RATE": "缺少参数 account_interest_rate（个人账户记账利率）"},
        "scores": {"overall": dimensions, "by_system": {"pension": dimensions}, "by_department": {},
                   "by_region": {"220802": dimensions}},
        "admission": {"person": {"total": 3000, "admissible": 2999}},
        "unmatched_columns": [{"source": "pension/person.csv", "column": "备注",
                               "examples": ["王小明", "220802196401011230"], "rows": 4}],
        "unmapped_codes": [{"source": "pension/person.csv", "field": "sex", "label": "性别", "value": "未说明",
                            "count": 31}],
        "controls": [{"table": "enrolment", "where": "insurance = '110'", "expected": 98, "actual": 97}],
    }  # fmt: skip


def write_rows(path: Path, names: str, rows: list[tuple[Any, ...]]) -> None:
    """Write ``rows`` as a Parquet file; ``source_row`` is a number, all else text."""
    columns = names.split()
    values = {name: [row[at] for row in rows] for at, name in enumerate(columns)}
    schema = pa.schema([(name, pa.int64() if name == "source_row" else pa.string()) for name in columns])
    pq.write_table(pa.table(values, schema=schema), path)


def write_round(folder: Path, findings: list[dict[str, Any]], **changed: Any) -> Path:
    """Write a finished round of ``findings`` into ``folder``; ``changed`` replaces manifest entries."""
    (folder / "tables").mkdir(parents=True)
    persons = [(system, row, f"{system}/person.csv", *rest) for system, row, *rest in PERSONS]
    write_rows(
        folder / "tables/person.parquet", "system source_row source_file person_no name id_number unit_no", persons
    )
    units = [(system, row, f"{system}/unit.csv", *rest) for system, row, *rest in UNITS]
    write_rows(folder / "tables/unit.parquet", "system source_row source_file unit_no name uscc", units)
    pq.write_table(pa.Table.from_pylist(findings, schema=FINDING), folder / "findings.parquet")
    rejects = [
        ("pension/person.csv", 9, "列数不符", "=cmd|' /C calc'!A0"),
        ("pension/person.csv", 12, "合计行", "合计,3"),
        ("pension/person.csv", 13, "列数不符", "x" * 40_000),
    ]
    write_rows(folder / "rejects.parquet", "source_file source_row reason raw", rejects)
    states = ["open", "new", "reopened", "open"]
    changes = [
        (*(item[name] for name in ("rule", "table", "system", "key", "field", "related")), states[at % 4])
        for at, item in enumerate(findings)
    ]
    gone = [("PER-CLEAN", "person", "pension", '["1001"]', "birth_date", None, "fixed")]
    write_rows(folder / "changes.parquet", "rule table system key field related state", changes + gone)
    admission = pa.table(
        {"kind": ["person", "person"], "system": ["pension", "pension"], "key": ["1001", "1002"],
         "admissible": [False, True], "reasons": [["PER-ID"], []]},
        schema=pa.schema([("kind", pa.string()), ("system", pa.string()), ("key", pa.string()),
                          ("admissible", pa.bool_()), ("reasons", pa.list_(pa.string()))]),
    )  # fmt: skip
    pq.write_table(admission, folder / "admission.parquet")
    (folder / "manifest.json").write_text(json.dumps(manifest(findings) | changed, ensure_ascii=False), "utf-8")
    return folder


@pytest.fixture
def make_round(tmp_path: Path) -> Callable[..., Path]:
    """Write a round under a fresh ``rounds/0002``."""

    def build(findings: list[dict[str, Any]] | None = None, **changed: Any) -> Path:
        return write_round(tmp_path / "rounds/0002", told_findings() if findings is None else findings, **changed)

    return build


@pytest.fixture(scope="session")
def rules() -> dict[str, ToldRule]:
    """The rules that made the round's findings."""
    return RULES


@pytest.fixture(scope="session")
def findings() -> list[dict[str, Any]]:
    """The round's findings."""
    return told_findings()
