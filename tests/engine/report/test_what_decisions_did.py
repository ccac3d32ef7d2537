"""The report on decisions: each one once with its outcome, each changed value, what was set aside, before and after."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engine.decisions.test_what_decisions_do import ENROLMENTS, PEOPLE, POLICE, TOML, decide
from tests.engine.report.conftest import FINDING, finding, told_findings
from tests.engine.report.test_page_for_chiefs import rows
from tests.engine.report.test_workbooks_for_clerks import read
from tests.pages import Page

from renshe.engine.mending.lists import read_lists
from renshe.engine.report import Limits, build_report
from renshe.engine.rounds.clean import clean

OUTCOME = pa.schema(
    [
        (name, pa.int64() if name == "source_row" else pa.string())
        for name in "id at by checked_by kind table system key field old new rule ground source date batch revokes"
        " source_file source_row person_no unit_no state reason".split()
    ]
)
SPARE = {"table": None, "system": None}


def outcome(number: int, kind: str, state: str, **more: Any) -> dict[str, Any]:
    """A decision on a person of the pension system with what became of it; ``more`` overrides."""
    given = {
        "id": f"26010109{number:04}-1", "at": f"2026-01-01T09:00:{number:02}", "by": "李经办", "kind": kind,
        "table": "person", "system": "pension", "ground": "居民身份证复印件", "source": "contact | 清单.xlsx 性别!T5",
        "state": state,
    }  # fmt: skip
    found = dict.fromkeys(OUTCOME.names) | given
    assert set(more) <= set(found)
    return found | more


def person(number: str, row: int, **more: Any) -> dict[str, Any]:
    """The place of a person's own row."""
    return {"key": json.dumps([number]), "source_file": "pension/person.csv", "source_row": row} | more


def outcomes() -> list[dict[str, Any]]:
    """Every kind of decision with every outcome."""
    default = {"source": "default | 清单.xlsx 电话!T7", "ground": "统一规则〔2021〕3号"}
    dup = ["1001", "110", 202001, "U1", None, None, None]
    return [
        outcome(1, "correct", "applied", **person("1002", 3, person_no="1002", field="sex", old="1", new="2"),
                checked_by="赵复核", date="2025-12-31", rule="PER-SEX"),
        outcome(2, "fill", "applied", **person("1001", 2, person_no="1001", field="phone", new="=1+1"), **default,
                rule="PER-PHONE"),
        outcome(3, "fill", "applied", **person("1003", 5, person_no="1003", field="name", new="新名"), source=None),
        outcome(4, "resolve", "applied", **person("1002", 3, person_no="1002", field="name", old="旧", new="新"),
                source="kept:police over:pension | 清单.xlsx 姓名!T2", rule="PER-POLICE"),
        outcome(5, "remove", "applied", table="unit", key='["U2"]', source_file="pension/unit.csv", source_row=3,
                unit_no="U2", source="list | 清单.xlsx 单位!T2", rule="UNI-TEST"),
        outcome(6, "accept", "noted", **person("1001", 2, field="birth_date", old="2033-01-01"), rule="PER-CLEAN",
                source="list"),
        outcome(7, "recollect", "noted", table="contribution", key=json.dumps(dup), rule="CON-DUP", source="list"),
        outcome(8, "correct", "unfit", **person("1001", 2, person_no="1001", field="id_number", new="x"),
                old="220802196401011230", reason="原值已改变，请按最新一轮清单重新处理"),
        outcome(9, "correct", "unfit", **person("9999", 9), field="sex",
                reason="这一行已不在数据中（键已改变或来源已换）"),
        outcome(10, "fill", "revoked", **person("1002", 3, field="phone", new="13900001111"), **default),
        outcome(11, "revoke", "noted", **SPARE, revokes="260101090010-1", source="revoke"),
        outcome(12, "accept", "noted", key='["1003"]', table=None, source="张三丰亲口所说"),
        outcome(13, "revoke", "unfit", **SPARE, revokes="x", source="revoke",
                reason="没有编号为 220802196401011230 的决定"),
        outcome(14, "revoke", "unfit", **SPARE, revokes="y", reason="没有编号为 y 的决定", source="revoke"),
        outcome(15, "fill", "applied", **person("1002", 3, person_no="1002", field="ethnicity", new="01")),
        outcome(16, "restore", "unfit", system="court", key='["1"]', reason="本轮没有系统 court 的表 person"),
    ]  # fmt: skip


@pytest.fixture
def decided(make_round: Callable[..., Path]) -> Callable[..., Path]:
    """Write a second round whose findings were partly decided upon."""

    def build(more: list[dict[str, Any]] | None = None, **changed: Any) -> Path:
        made = outcomes()
        given = {"decisions": {"number": len(made), "digest": "0" * 64, "applied": 6}} | changed
        folder = make_round([*told_findings(), finding("PER-NAME", "pension", 3, ["1002"], person_no="1002")], **given)
        aside = [finding("PER-CLEAN", "pension", 2, ["1001"], person_no="1001", value="2033-01-01"), *(more or [])]
        held = [item | {"decision": "260101090006-1"} for item in aside]
        pq.write_table(pa.Table.from_pylist(held, FINDING.append(pa.field("decision", pa.string()))),
                       folder / "accepted.parquet")  # fmt: skip
        pq.write_table(pa.Table.from_pylist(made, OUTCOME), folder / "applied.parquet")
        return folder

    return build


@pytest.fixture
def page(decided: Any, rules: Any) -> str:
    return build_report(decided(), rules).html.read_text("utf-8")


@pytest.mark.req("S1-12", "S1-35", part="report")
def test_the_page_counts_every_decision_once_by_what_was_done(page: str) -> None:
    ways = rows(page, "按处理方式统计的决定")
    assert ways == {
        "处理方式": ["决定数", "生效", "不再适用", "已撤销"],
        "合计": ["16", "10", "5", "1"],
        "更正": ["3", "1", "2", "0"],
        "补录": ["2", "2", "0", "0"],
        "按规则补录": ["2", "1", "0", "1"],
        "采信他方": ["1", "1", "0", "0"],
        "剔除": ["1", "1", "0", "0"],
        "经核实无误": ["2", "2", "0", "0"],
        "退回核实": ["1", "1", "0", "0"],
        "恢复": ["1", "0", "1", "0"],
        "撤销": ["3", "1", "2", "0"],
    }
    assert "处理决定 16 条：10 条生效，5 条不再适用，1 条已撤销。" in page
    assert '<a href="#handling">处理情况</a>' in page


def test_what_no_longer_fits_is_told_by_reason_with_what_to_do(page: str) -> None:
    (_, *misfits) = rows(page, "不再适用的原因与办法").items()
    assert [(reason, count) for reason, (count, _) in misfits] == [
        ("要撤销的决定不存在", "2"),
        ("原值已改变，请按最新一轮清单重新处理", "1"),
        ("本轮没有“法院”系统的“人员”表", "1"),
        ("这一行已不在数据中（键已改变或来源已换）", "1"),
    ]
    assert all(remedy for _, (_, remedy) in misfits)


@pytest.mark.req("S1-12", part="report")
def test_what_was_set_aside_or_sent_back_is_counted_per_rule(page: str) -> None:
    put = rows(page, "经核实无误和退回核实")
    assert put["出生日期晚于今天"] == ["1", "0"] and put["同一月份：重复[缴费]/*?"] == ["0", "1"]
    assert len(put) == 3


@pytest.mark.req("S1-12", "S1-19", part="report")
def test_fixed_and_set_aside_are_told_apart_before_and_after(page: str) -> None:
    compared = rows(page, "整理前后对比")
    assert compared["规则"] == ["整理前", "修复", "其中核实无误", "新增", "复发", "整理后"]
    assert compared["出生日期晚于今天"] == ["1", "1", "1", "0", "0", "0"]
    assert compared["合计"] == ["8", "1", "1", "4", "4", "15"]


@pytest.mark.req("S1-35", "S0-24", "S0-25", part="report")
def test_values_are_counted_by_source_defaults_and_kept_systems_apart(page: str) -> None:
    assert rows(page, "已应用的新值，按来源") == {
        "来源": ["新值数"],
        "联系核实": ["2"],
        "按规则补录的默认值": ["1"],
        "采信公安，不采信养老保险": ["1"],
        "未写明来源": ["1"],
    }


@pytest.mark.req("S0-25", part="report")
def test_a_record_is_done_when_nothing_mandatory_is_empty_and_every_value_has_a_source(
    decided: Any, rules: Any
) -> None:
    page = build_report(decided(), rules).html.read_text("utf-8")
    # 1001 is done, 1002 has no name, 1003 has a name from nowhere.
    assert rows(page, "有补录的人员和单位是否补齐")["人员"] == ["3", "1", "1", "1"]


@pytest.mark.req("S0-25", part="report")
def test_an_empty_item_that_was_accepted_is_empty_all_the_same(decided: Any, rules: Any) -> None:
    empty = finding("PER-NAME", "pension", 2, ["1001"], person_no="1001")
    page = build_report(decided([empty]), rules).html.read_text("utf-8")
    assert rows(page, "有补录的人员和单位是否补齐")["人员"] == ["3", "0", "2", "1"]


def test_the_page_stays_well_formed_masked_and_without_free_words(page: str) -> None:
    parsed = Page(page)
    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(ids) == len(set(ids)) and "handling" in ids
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    tags = [tag for tag, _ in parsed.tags]
    assert tags.count("caption") == tags.count("table")
    assert not re.search(r"\d{17}[\dXx]", page)
    for secret in ("亲口所说", "张三丰", "13900001111", "李经办", "2033-01-01", "新名"):
        assert secret not in page


@pytest.mark.req("S1-12", "S1-35", "S0-24", part="report")
def test_each_decision_is_listed_with_the_value_before_and_after(decided: Any, rules: Any) -> None:
    listed = read(build_report(decided(), rules).workbook)["处理结果"]
    assert Counter(row["决定编号"] for row in listed) == Counter(one["id"] for one in outcomes())
    by_id = {int(row["决定编号"][8:12]): row for row in listed}
    assert by_id[1] == {
        "序号": 6, "个人编号": "1002", "姓名": "<script>alert(1)</script>", "证件号码": "220802197002022346",
        "单位编号": "U1", "单位名称": "白城市广源热力有限责任公司", "系统": "养老保险", "表": "人员",
        "来源文件": "pension/person.csv", "行号": 3, "字段": "性别", "原值": "1", "新值": "2", "所作处理": "更正",
        "结果": "已应用", "来源": "联系核实", "依据": "居民身份证复印件", "经办人": "李经办", "复核人": "赵复核",
        "日期": "2025-12-31", "规则": "性别与公民身份号码不符", "填写位置": "清单.xlsx 性别!T5",
        "决定编号": "260101090001-1", "所撤销的决定": "",
    }  # fmt: skip
    shown = {number: (row["所作处理"], row["结果"], row["来源"], row["新值"]) for number, row in by_id.items()}
    assert shown[2] == ("按规则补录", "已应用", "按规则补录的默认值", "=1+1")
    assert shown[3] == ("补录", "已应用", "未写明", "新名")
    assert shown[4] == ("采信他方", "已应用", "采信公安，不采信养老保险", "新")
    assert shown[5] == ("剔除", "已应用", "清单填报", "（整行剔除）")
    assert shown[6][:2] == ("经核实无误", "经核实无误（搁置 1 个问题）")
    assert shown[7][:2] == ("退回核实", "退回核实")
    assert shown[8][1] == "不再适用：原值已改变，请按最新一轮清单重新处理"
    assert shown[10][:2] == ("按规则补录", "已撤销")
    assert shown[12][1] == "经核实无误（本轮没有这一问题）"
    assert (shown[11][1], by_id[11]["所撤销的决定"]) == ("撤销已生效", "260101090010-1")
    assert [row["结果"][:4] for row in listed[:6]] == ["不再适用"] * 5 + ["已应用"]
    assert by_id[1]["日期"] == "2025-12-31" and by_id[2]["日期"] == "2026-01-01"


def test_decisions_that_changed_no_row_still_say_whose_it_is(decided: Any, rules: Any) -> None:
    listed = read(build_report(decided(), rules).workbook)["处理结果"]
    owner = {int(row["决定编号"][8:12]): (row["个人编号"], row["姓名"], row["单位编号"]) for row in listed}
    assert owner[3] == ("1003", "同号者", "U2")
    assert owner[5] == ("", "", "U2")
    # By the finding on the row, by the key, by the key of a whole person; a key that nobody has is shown all the same.
    assert owner[7][:2] == ("1001", "张三丰")
    assert owner[10][:2] == ("1002", "<script>alert(1)</script>")
    assert owner[12][0] == "1003"
    assert owner[9][:2] == ("9999", "")
    assert owner[11] == ("", "", "")


@pytest.mark.req("S1-12", part="report")
def test_what_was_set_aside_can_be_looked_through_and_revoked(decided: Any, rules: Any) -> None:
    [row] = read(build_report(decided(), rules).workbook)["经核实无误"]
    expected = {
        "个人编号": "1001", "姓名": "张三丰", "字段": "出生日期", "现值": "2033-01-01", "规则": "出生日期晚于今天",
        "依据": "居民身份证复印件", "经办人": "李经办", "日期": "2026-01-01", "决定编号": "260101090006-1",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


@pytest.mark.req("S1-12", part="report")
def test_the_sheet_before_and_after_adds_up(decided: Any, rules: Any) -> None:
    compared = read(build_report(decided(), rules).workbook)["前后对比"]
    assert {row["规则编号"] for row in compared} == {item["rule"] for item in told_findings()} | {
        "PER-CLEAN",
        "PER-NAME",
    }
    for row in compared:
        assert row["整理前"] - row["修复"] + row["新增"] + row["复发"] == row["整理后"]
        assert row["增减"] == row["整理后"] - row["整理前"] and row["其中核实无误"] <= row["修复"]
    moved = [row["修复"] + row["新增"] + row["复发"] for row in compared]
    assert moved == sorted(moved, reverse=True)


def test_nobody_takes_these_sheets_for_lists_to_be_filled_in(decided: Any, rules: Any) -> None:
    files = build_report(decided(), rules)
    lists = read_lists(files.workbook)
    assert lists.refused == [] and lists.filled == []
    assert not {sheet.name for sheet in lists.sheets} & {"处理结果", "前后对比", "经核实无误"}
    told = {row["项目"]: row["内容"] for row in read(files.workbook)["说明"]}
    assert "renshe revoke" in told["处理结果"]
    for sheet in openpyxl.load_workbook(files.workbook):
        assert all(cell.data_type in ("s", "inlineStr", "n") for row in sheet.iter_rows() for cell in row)


def test_small_limits_split_the_decisions_and_lose_none(decided: Any, rules: Any) -> None:
    files = build_report(decided(), rules, limits=Limits(sheet_rows=3, workbook_rows=7))
    books = [files.workbook, *(path for path in files.departments if path.name.startswith("report-第"))]
    assert len(books) > 2
    ids = [
        row["决定编号"]
        for path in books
        for name, sheet in read(path).items()
        if name[:4] == "处理结果"
        for row in sheet
    ]
    assert Counter(ids) == Counter(one["id"] for one in outcomes())


def test_a_round_without_decisions_says_nothing_of_them(make_round: Any, rules: Any) -> None:
    files = build_report(make_round(), rules)
    assert not set(read(files.workbook)) & {"处理结果", "前后对比", "经核实无误"}
    page = files.html.read_text("utf-8")
    assert "处理情况" not in page and "其中核实无误" not in page


def test_decisions_before_the_first_round_are_reported_without_a_comparison(decided: Any, rules: Any) -> None:
    files = build_report(decided(round=1), rules)
    assert {"处理结果", "经核实无误"} <= set(read(files.workbook))
    assert "前后对比" not in read(files.workbook)
    page = files.html.read_text("utf-8")
    assert "按处理方式统计的决定" in page and "整理前后对比" not in page


@pytest.mark.req("S1-12")
def test_a_real_round_reports_what_was_decided_since_the_one_before(tmp_path: Path) -> None:
    for name, text in (("人员.csv", PEOPLE), ("参保.csv", ENROLMENTS), ("公安.csv", POLICE), ("project.toml", TOML)):
        (tmp_path / name).write_text(text, "utf-8")
    clean(tmp_path)
    result = decide(
        tmp_path,
        {"kind": "correct", "key": ["1001"], "field": "sex", "old": "2", "new": "1", "source": "contact"},
        {"kind": "fill", "key": ["1002"], "field": "ethnicity", "old": None, "new": "02", "source": "default"},
        {"kind": "accept", "key": ["1004"], "rule": "GEN-DATE", "field": "birth_date"},
        {"kind": "correct", "key": ["1001"], "field": "sex", "old": "9", "new": "1"},
        {"kind": "correct", "key": ["1002"], "field": "sex", "old": "2", "new": "不明白"},
        {"kind": "remove", "key": ["9999"]},
        {"kind": "remove", "key": ["1003"]},
        {"kind": "correct", "system": "police", "key": ["1"], "field": "sex", "new": "1"},
        {"kind": "merge", "key": ["1001"]},
        {"kind": "revoke", "revokes": "nobody", "table": None},
    )
    page = (result.folder / "report.html").read_text("utf-8")
    told = result.manifest["decisions"]
    ways = rows(page, "按处理方式统计的决定")["合计"]
    assert ways == [str(told["number"]), str(told["applied"] + told["noted"]), str(told["unfit"]), str(told["revoked"])]
    (_, *misfits) = rows(page, "不再适用的原因与办法").values()
    # Each reason of the engine has advice of its own: none falls back on looking at the file of decisions.
    assert len(misfits) == 7 and not [remedy for _, remedy in misfits if "decisions/*.jsonl" in remedy]
    compared = rows(page, "整理前后对比")
    assert compared["性别与公民身份号码不符"] == ["1", "1", "0", "0", "0", "0"]
    assert int(compared["合计"][5]) == sum(result.manifest["findings"].values())
    assert int(compared["合计"][2]) == told["findings_accepted"] == 1
    listed = read(result.folder / "report.xlsx")["处理结果"]
    sex = next(row for row in listed if row["结果"] == "已应用" and row["字段"] == "性别")
    assert (sex["姓名"], sex["原值"], sex["新值"]) == ("孙德福", "2", "1")
