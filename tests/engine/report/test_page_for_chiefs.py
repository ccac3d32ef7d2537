"""The page: complete without network or script, escaped, masked, and right in its figures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.pages import Page, headings_descend_and_tables_have_captions, refers_to_nothing_outside

from renshe.engine.report import build_report
from renshe.engine.report.charts import bar_chart, cell_bar, divided_bar, line_chart


@pytest.fixture
def page(make_round: Callable[..., Path], rules: Any) -> str:
    return build_report(make_round(), rules).html.read_text("utf-8")


def rows(text: str, caption: str) -> dict[str, list[str]]:
    """The rows of the table with this caption, by their first cell."""
    (table,) = [found for name, found in Page(text).tables.items() if name.startswith(caption)]
    return {row[0]: row[1:] for row in table}


def test_the_page_is_well_formed_and_refers_to_nothing_outside(page: str) -> None:
    refers_to_nothing_outside(page)


def test_headings_descend_and_every_table_has_a_caption(page: str) -> None:
    headings_descend_and_tables_have_captions(page)


def test_no_identity_number_name_or_tag_of_the_data_is_shown(page: str) -> None:
    assert not re.search(r"\d{17}[\dXx]", page)
    for name in ("张三丰", "医保李四", "王小明", "alert(1)</script>", "<b>", "某市<企业>", "13800001111"):
        assert name not in page
    assert "220802********1230" in page
    assert "张**" in page
    assert "测试单位&amp;&lt;b&gt;" in page


def test_the_legend_says_what_is_masked_and_that_serials_are_not(page: str) -> None:
    legend = re.search(r"<dt>遮盖</dt><dd>(.*?)</dd>", page)
    assert legend is not None
    for word in ("姓名", "证件号码", "银行账号", "电话", "地址", "个人编号、单位编号", "照原样显示"):
        assert word in legend[1]


def test_the_verdict_and_key_figures(page: str) -> None:
    verdict = re.search(r'class="verdict">(.*?)</p>', page)
    assert verdict is not None
    assert verdict[1] == (
        "本轮检查 8 行数据，发现必改问题 10 个，涉及 4 人、1 个单位，暂不能全部入库；"
        "首要问题是“公民身份号码错误”，由社会保险经办服务科先行处理。"
    )
    # 2999 of 3000 is not all of them.
    assert "<dd>99.9%</dd>" in page
    assert "1 项控制总数与数据不符" in page and "3 行未能载入" in page


@pytest.mark.req("S1-27")
def test_findings_are_reported_by_the_four_groups_and_seven_classes(page: str, findings: Any) -> None:
    groups = rows(page, "按四项任务")
    assert groups["修正逻辑差错"][1:3] == ["1", "0"]
    assert groups["补充必要缺项"][1:3] == ["1", "4"]
    assert groups["合并参保重复"][1:4] == ["3", "0", "1"]
    assert groups["核实数据问题"][1:5] == ["5", "0", "4", "1"]
    classes = rows(page, "按问题类别")
    assert len(classes) == 8
    assert sum(int(row[1]) + int(row[2]) for name, row in classes.items() if name != "类别") == len(findings)


@pytest.mark.req("S1-34", part="report")
def test_empty_items_are_counted_per_indicator(page: str) -> None:
    empty = rows(page, "按数据项统计的空项")
    assert empty["人员：联系电话"][:3] == ["0", "4", "3"]


@pytest.mark.req("S1-64", "S0-2", "S4-15", part="report")
def test_scores_are_shown_by_dimension_and_never_rounded_up(page: str) -> None:
    scores = rows(page, "总体、业务系统")
    assert scores["总体"] == ["98.7", "99.9", "71.2", "—", "—", "—", "—", "—", "—"]
    assert "洮北区 220802" in scores


@pytest.mark.req("S1-12", "S1-19", part="report")
def test_changes_between_rounds_are_counted_per_rule(page: str) -> None:
    changes = rows(page, "整理前后对比")
    assert changes["规则"] == ["整理前", "修复", "新增", "复发", "整理后"]
    assert changes["合计"] == ["8", "1", "4", "3", "14"]
    assert changes["出生日期晚于今天"] == ["1", "1", "0", "0", "0"]
    # Every rule with findings now or before is there, what moved most first.
    assert list(changes)[2] == "联系电话为空" and len(changes) == 2 + 8
    assert "修复 1，新增 4，复发 3" in page


def test_the_first_round_compares_with_nothing(make_round: Callable[..., Path], rules: Any) -> None:
    page = build_report(make_round(round=1), rules).html.read_text("utf-8")
    assert "<dd>首轮</dd>" in page and "整理前后对比" not in page


@pytest.mark.req("S1-19")
def test_earlier_rounds_make_a_line(make_round: Callable[..., Path], rules: Any) -> None:
    folder = make_round()
    earlier = folder.parent / "0001"
    earlier.mkdir()
    (earlier / "manifest.json").write_text(json.dumps({"round": 1, "findings": {"PER-ID": 40, "OLD": 2}}), "utf-8")
    page = build_report(folder, rules).html.read_text("utf-8")
    trend = rows(page, "各轮问题总数")
    assert (trend["问题数"], trend["较前一轮"]) == (["42", "14"], ["—", "−28"])
    assert (trend["已应用的决定"], trend["人员可入库比例"]) == (["0", "0"], ["—", "99.9%"])
    assert "<polyline" in page


def test_what_was_not_read_or_not_judged_is_said(page: str) -> None:
    assert rows(page, "按来源和原因")["pension/person.csv"][1] == "1"
    assert rows(page, "没有对应到标准字段的列")["pension/person.csv"] == ["备注", "4", "王**、220802********1230"]
    assert rows(page, "不在标准代码表中")["pension/person.csv"] == ["性别", "未说明", "31"]
    assert rows(page, "公布数与载入数对照")["人员参保"] == ["insurance = '110'", "98", "97", "-1", "不符"]
    assert "出生日期晚于今天" in page


def test_sources_tell_how_they_were_read_and_what_is_remarkable(make_round: Callable[..., Path], rules: Any) -> None:
    folder = make_round()
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    plain = {**told["sources"][1], "file": "平常.xlsx", "layout": {**told["sources"][1]["layout"], "notes": []}}
    (folder / "manifest.json").write_text(json.dumps(told | {"sources": [plain, *told["sources"]]}), "utf-8")
    page = build_report(folder, rules).html.read_text("utf-8")
    (table,) = [found for name, found in Page(page).tables.items() if name == "来源文件"]
    assert [row[2] for row in table[1:]] == [
        "pension/person.csv文本，GB18030，竖线分隔",
        "居民/单位.xlsxXLSX，工作表“单位表”，表头在第 3 行",
        "平常.xlsxXLSX，工作表“单位表”，表头在第 3 行",
    ]
    assert [row[6] for row in table[1:]] == [
        "未识别的列：备注未对应的代码值：性别“未说明”", "另有工作表“附表 220802********1230”未读取", "",
    ]  # fmt: skip
    assert "3 个来源中有 2 个需要留意" in page and "2 个来源有读取说明" in page


@pytest.mark.req("S1-33", part="report")
def test_rules_that_never_ran_stand_apart_from_those_that_found_nothing(page: str) -> None:
    never = rows(page, "未检查的规则，按原因")
    assert never["项目中没有“人员参保”表"] == ["1", "参保基数为空"]
    assert never["缺少参数 account_interest_rate（个人账户记账利率）"] == ["1", "利息与记账利率不符"]
    partly = rows(page, "因缺少数据或参数")
    assert partly["姓名与公安不一致PER-POLICE"] == ["5", "6", "项目中没有“公安”系统的“人员”表"]
    clean = re.search(r"全部检查过、未发现问题的规则（2 条）.*?</details>", page, re.S)
    assert clean is not None and "出生日期晚于今天" in clean[0]
    assert not {"参保基数为空", "利息与记账利率不符", "姓名与公安不一致"} & set(re.findall(r"<li>(.*?) <", clean[0]))
    assert "2 条规则未检查" in page and "1 条规则有一部分行无法判断" in page


def test_a_wrong_control_total_alone_is_said_plainly(
    make_round: Callable[..., Path], rules: Any, findings: Any
) -> None:
    totals = [item for item in findings if item["rule"] == "CTL-TOTAL"]
    page = build_report(make_round(totals), rules).html.read_text("utf-8")
    verdict = re.search(r'class="(verdict.*?)">(.*?)</p>', page)
    assert verdict is not None and verdict[1] == "verdict"
    assert verdict[2] == (
        "本轮检查 8 行数据，逐行检查没有必改问题，但 1 项控制总数与数据不符（公布 98 实有 97），数据可能不全或有多余："
        "先查明差额，再作为合格数据使用。"
    )
    assert "本轮没有发现问题" not in page and "没有人或单位的记录需要修改" in page


def test_rules_show_ground_remedy_and_examples(page: str) -> None:
    examples = [table for name, table in Page(page).tables.items() if name == "示例（前 3 条，共 3 条）"]
    assert examples
    (header, *shown) = examples[0]
    assert header == ["系统", "位置", "编号", "姓名", "证件号码", "单位", "字段", "现值", "应为"]
    assert all(len(row) == 9 for row in shown)
    assert "GB/T 40217-2021 §4.2" in page and "核对原件后更正" in page


def test_charts_are_proportional_and_escaped() -> None:
    bar = cell_bar(25, 100)
    assert 'width="30.0"' in bar
    assert 'width="0.0"' in cell_bar(0, 100) and 'width="1.0"' in cell_bar(1, 10_000)
    chart = bar_chart("<b>", [("甲<i>", 50.0, "50"), ("乙", 100.0, "100"), ("丙", None, "—")], 100)
    assert "<i>" not in chart and "&lt;i&gt;" in chart and 'class="bar low"' in chart
    assert divided_bar("空", [("甲", 0), ("乙", 0)]).count("<rect") == 4
    assert "1,000" in line_chart("线", [("第 1 轮", 1000), ("第 2 轮", 0)])
