"""Workbooks: every finding once, nothing cut off, no formulas, drop-downs, and the key by which they are read back."""

from __future__ import annotations

import json
import stat
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from renshe.engine.report import Limits, ReportError, build_report

FILL = ["处理方式", "新值", "依据", "经办人", "复核人", "日期"]
SOURCES = {"pension/person.csv": 1}


def read(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Every sheet as rows by header, read by another library than wrote it."""
    book = CalamineWorkbook.from_path(str(path))
    sheets = {}
    for name in book.sheet_names:
        header, *rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        sheets[name] = [dict(zip(header, row, strict=True)) for row in rows]
    return sheets


def identity(finding: dict[str, Any]) -> tuple[Any, ...]:
    told = [finding[name] for name in ("rule", "table", "system", "key", "field", "related")]
    return (*told, SOURCES.get(finding["source_file"]), finding["source_row"])


def identities(paths: list[Path]) -> Counter[tuple[Any, ...]]:
    """What the hidden columns say, without the stamps of the sheets."""
    codes = [row["识别码"] for path in paths for rows in read(path).values() for row in rows if "识别码" in row]
    return Counter(tuple(json.loads(code)[:-1]) for code in codes)


def test_each_finding_stands_once_in_its_departments_workbook(make_round: Any, rules: Any, findings: Any) -> None:
    files = build_report(make_round(), rules)
    by_name = {path.stem.removeprefix("report-"): path for path in files.departments}
    for department, path in by_name.items():
        own = [item for item in findings if item["department"] == department]
        assert identities([path]) == Counter(map(identity, own))
    assert {item["department"] for item in findings} == set(by_name)
    assert identities([files.workbook]) == Counter(map(identity, findings))


def test_small_limits_split_sheets_and_workbooks_and_lose_nothing(make_round: Any, rules: Any, findings: Any) -> None:
    folder = make_round()
    files = build_report(folder, rules, limits=Limits(sheet_rows=2, workbook_rows=5))
    departments = [path for path in files.departments if not path.name.startswith("report-第")]
    assert identities(departments) == Counter(map(identity, findings))
    assert len(departments) > 2
    for path in departments:
        lists = [rows for name, rows in read(path).items() if name not in ("说明", "汇总")]
        assert all(len(rows) <= 2 for rows in lists) and sum(map(len, lists)) <= 5
    phone = sorted(name for path in departments for name in read(path) if name.startswith("联系电话为空"))
    assert phone == ["联系电话为空", "联系电话为空(2)"]
    index = read(files.workbook)
    assert set(index) == {"说明", "汇总", "来源与读取情况", "未能载入的行", "未能载入的行(2)"}
    assert any(path.name == "report-社会保险经办服务科-第2册.xlsx" for path in departments)
    told = {row["规则编号"]: row["工作簿"] for row in index["汇总"]}
    assert told["ACC-ROLL"].startswith("report-企业职工养老保险管理科")


def test_a_row_shows_who_where_what_and_on_what_ground(make_round: Any, rules: Any) -> None:
    sheets = read(build_report(make_round(), rules).workbook)
    (row,) = sheets["性别与公民身份号码不符"]
    shown = {name: row[name] for name in row if name != "识别码"}
    assert shown == {
        "处理序号": 1, "个人编号": "1002", "姓名": "<script>alert(1)</script>", "证件号码": "220802197002022346",
        "单位编号": "U1", "单位名称": "白城市广源热力有限责任公司", "系统": "养老保险",
        "来源文件": "pension/person.csv", "行号": 3, "字段": "性别",
        "现值": "=1+1", "应为": "@2", "问题说明": "性别与公民身份号码不符",
        "法规依据": "GB/T 40217-2021 §4.2", "处理建议": "核对原件后更正", **dict.fromkeys(FILL, ""),
    }  # fmt: skip
    (account,) = sheets["=账户勾稽不平"]
    assert (account["姓名"], account["证件号码"], account["现值"]) == (
        "<script>alert(1)</script>", "220802197002022346", "0012.50",
    )  # fmt: skip
    (unit,) = sheets["疑似测试单位"]
    assert (unit["单位编号"], unit["单位名称"], unit["统一社会信用代码"]) == (
        "U2",
        "测试单位&<b>",
        "91220800MA0Y54321X",
    )
    assert "个人编号" not in unit
    (total,) = sheets["控制总数不符"]
    assert (total["字段"], total["现值"], total["应为"], total["行号"]) == ("整行", "97", "98", "")


def test_rows_that_share_a_number_keep_their_own_names(make_round: Any, rules: Any) -> None:
    rows = read(build_report(make_round(), rules).workbook)["联系电话为空"]
    assert [(row["行号"], row["姓名"]) for row in rows if row["个人编号"] == "1003"] == [
        (4, "=HYPERLINK(1)"),
        (5, "同号者"),
    ]


def test_a_number_means_another_person_in_another_system(make_round: Any, rules: Any) -> None:
    rows = read(build_report(make_round(), rules).workbook)["公民身份号码错误"]
    assert {(row["系统"], row["姓名"]) for row in rows} == {
        ("养老保险", "张三丰"),
        ("养老保险", "无编号"),
        ("医疗保险", "医保李四"),
    }


def test_one_line_per_person_or_unit_with_the_root_cause_first(make_round: Any, rules: Any) -> None:
    files = build_report(make_round(), rules)
    people = read(files.workbook)["按人清单"]
    shown = {(row["系统"], row["类别"], row["编号"]): row for row in people}
    assert len(shown) == len(people) == 7
    first = shown["养老保险", "个人", "1001"]
    assert (first["根本问题"], first["问题数"], first["必改问题数"], first["可入库"]) == (
        "公民身份号码错误",
        5,
        4,
        "否",
    )
    assert first["其他问题"] == "同一月份：重复[缴费]/*?；联系电话为空"
    assert shown["养老保险", "个人", "1002"]["可入库"] == "是"
    assert shown["养老保险", "个人", ""]["姓名或单位名称"] == "无编号"
    assert shown["", "全表", ""]["根本问题"] == "控制总数不符"
    pension = next(path for path in files.departments if "养老" in path.name)
    own = {row["编号"]: row for row in read(pension)["按人清单"]}
    assert set(own) == {"1001", "1002"}
    # The clerk of this department sees that another department has to act first.
    assert (own["1001"]["根本问题"], own["1001"]["责任科室"], own["1001"]["问题数"]) == (
        "公民身份号码错误", "社会保险经办服务科", 3,
    )  # fmt: skip


def test_no_cell_is_a_formula_and_digits_stay_text(make_round: Any, rules: Any) -> None:
    files = build_report(make_round(), rules)
    for path in (files.workbook, *files.departments):
        for sheet in openpyxl.load_workbook(path):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type in ("s", "inlineStr", "n"), (path.name, sheet.title, cell.coordinate)
                    assert cell.data_type != "n" or cell.value is None or abs(cell.value) < 10**9


@pytest.mark.req("S0-21", "S0-22", "S0-23", part="collect")
def test_lists_can_be_filled_in_filtered_and_read_back(make_round: Any, rules: Any) -> None:
    book = openpyxl.load_workbook(build_report(make_round(), rules).workbook)
    sheet = book["联系电话为空"]
    headers = {cell.value: cell.column_letter for cell in sheet[1]}
    assert list(headers)[-7:] == [*FILL, "识别码"]
    (choice,) = sheet.data_validations.dataValidation
    assert choice.type == "list" and str(choice.sqref) == f"{headers['处理方式']}2:{headers['处理方式']}5"
    assert choice.formula1 == '"更正,补录,按规则补录,采信他方,剔除,经核实无误,退回核实"'
    assert sheet.column_dimensions[headers["识别码"]].hidden
    assert sheet.auto_filter.ref == f"A1:{headers['识别码']}5"
    assert sheet.freeze_panes == "D2"
    assert sheet.column_dimensions[headers["新值"]].number_format == "@"
    assert book.sheetnames[:3] == ["说明", "汇总", "按人清单"]


def test_each_sheet_is_stamped_with_its_round_and_the_rows_that_it_was_given(make_round: Any, rules: Any) -> None:
    files = build_report(make_round(), rules, limits=Limits(sheet_rows=2, workbook_rows=5))
    stamps: dict[str, int] = {}
    for path in files.departments:
        for name, rows in read(path).items():
            if rows and "识别码" in rows[0]:
                [stamp] = {json.loads(row["识别码"])[-1] for row in rows}
                assert stamp not in stamps, (path.name, name)
                stamps[stamp] = len(rows)
    split = [stamp.split(":") for stamp in stamps]
    assert {(number, digest) for number, digest, _, _ in split} == {("2", "01234567")}
    assert [int(rows) for *_, rows in split] == list(stamps.values())


def test_wrapped_text_has_the_height_it_needs_in_print(make_round: Any, rules: Any) -> None:
    long = {**rules, "PER-PHONE": replace(rules["PER-PHONE"], source="社会保险经办条例第十二条及其释义" * 5)}
    sheet = openpyxl.load_workbook(build_report(make_round(), long).workbook)["联系电话为空"]
    ground = next(cell.column_letter for cell in sheet[1] if cell.value == "法规依据")
    assert sheet[f"{ground}2"].alignment.wrap_text
    # 160 half-widths in a column of 26, and one line of ten points takes more than 13 points.
    assert sheet.row_dimensions[2].height >= 160 / 26 * 13


def test_rejected_rows_are_listed_with_their_text(make_round: Any, rules: Any) -> None:
    rows = read(build_report(make_round(), rules).workbook)["未能载入的行"]
    assert [(row["行号"], row["原因"]) for row in rows] == [(9, "列数不符"), (12, "合计行"), (13, "列数不符")]
    assert rows[0]["原文"] == "=cmd|' /C calc'!A0"
    assert rows[2]["原文"].startswith("xxx") and len(rows[2]["原文"]) <= 32_767


def test_sources_are_listed_with_what_their_readers_said(make_round: Any, rules: Any) -> None:
    rows = read(build_report(make_round(), rules).workbook)["来源与读取情况"]
    assert [(row["系统"], row["表"], row["来源文件"], row["读取行数"], row["未载入行数"]) for row in rows] == [
        ("养老保险", "人员", "pension/person.csv", 8, 3),
        ("城乡居民养老", "单位", "居民/单位.xlsx", 2, 0),
    ]
    assert [row["读取方式"] for row in rows] == ["文本，GB18030，竖线分隔", "XLSX，工作表“单位表”，表头在第 3 行"]
    assert rows[0]["读取说明"] == "未识别的列：备注；未对应的代码值：性别“未说明”"
    assert rows[1]["读取说明"] == "另有工作表“附表 220802********1230”未读取"


def test_the_summary_counts_and_links_every_list(make_round: Any, rules: Any, findings: Any) -> None:
    files = build_report(make_round(), rules)
    summary = read(files.workbook)["汇总"]
    counted = Counter(item["rule"] for item in findings)
    assert {row["规则编号"]: row["问题数"] for row in summary} == dict(counted)
    book = openpyxl.load_workbook(files.workbook)
    cells = [cell for row in book["汇总"].iter_rows() for cell in row if cell.hyperlink]
    links = {cell.hyperlink.location.split("!")[0].strip("'") for cell in cells}
    assert links == {row["工作表"] for row in summary} and links <= set(book.sheetnames)


def test_files_are_their_owners_alone_and_nothing_else_is_left(make_round: Any, rules: Any) -> None:
    folder: Path = make_round()
    before = {path.name for path in folder.iterdir()}
    files = build_report(folder, rules)
    made = {files.html, files.workbook, *files.departments}
    assert {path.name for path in folder.iterdir()} - before == {path.name for path in made}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}


def test_a_round_without_findings_has_a_report(make_round: Any, rules: Any) -> None:
    files = build_report(make_round([]), rules)
    assert files.departments == ()
    assert set(read(files.workbook)) == {"说明", "来源与读取情况", "未能载入的行"}
    assert "没有必改问题" in files.html.read_text("utf-8")


def test_findings_of_another_catalogue_are_refused(make_round: Callable[..., Path], rules: Any) -> None:
    folder = make_round()
    with pytest.raises(ReportError, match="规则 ACC-ROLL 不在规则目录中"):
        build_report(folder, {name: rule for name, rule in rules.items() if name != "ACC-ROLL"})
    assert not list(folder.glob("report*"))


def test_progress_ends_at_the_total(make_round: Any, rules: Any) -> None:
    seen: list[tuple[str, int, int]] = []
    build_report(make_round(), rules, progress=lambda *step: seen.append(step))
    assert seen[-1][1] == seen[-1][2] > 0
    assert all(done <= total for _, done, total in seen)


def test_no_sheet_repeats_rows_and_columns_both_in_print(make_round: Any, rules: Any) -> None:
    made = build_report(make_round(), rules)
    for path in (made.workbook, *made.departments):
        book = openpyxl.load_workbook(path)
        assert {sheet.print_title_rows for sheet in book} == {"$1:$1"}
        # LibreOffice takes half a second to open each sheet that repeats both.
        assert not [sheet.title for sheet in book if sheet.print_title_cols]
