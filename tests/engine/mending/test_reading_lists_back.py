"""Each way in which a filled-in row can be wrong is refused with its cell; what is right becomes a decision."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engine.mending.conftest import (
    HANDS,
    Formula,
    Page,
    Pages,
    column,
    copied,
    identity,
    read_pages,
    write_pages,
)

from renshe.engine.decisions.log import read_decisions
from renshe.engine.mending.decide import Reading, decide
from renshe.engine.mending.refusals import MendingError
from renshe.engine.mending.revoke import revoke
from renshe.engine.rounds.store import BusyError, Store
from renshe.engine.sources.base import SourceError

SEX = "性别与公民身份号码不符"


def of_rule(pages: Pages, rule: str) -> tuple[str, Page]:
    """Return the sheet of a rule."""
    return next((name, page) for name, page in pages.items() if page.is_list and identity(page.rows[0])[0] == rule)


@pytest.fixture
def hand_in(project: Path, published: Pages, tmp_path: Path) -> Callable[..., Reading]:
    """Fill in the first row of a rule's sheet and read the workbook back."""

    def run(rule: str, change: Callable[[Page], None] | None = None, **filled: Any) -> Reading:
        name, _ = of_rule(published, rule)
        pages = copied(published, "说明", name)
        pages[name].rows[0] |= filled
        if change is not None:
            change(pages[name])
        path = write_pages(tmp_path / "清单.xlsx", pages)
        return decide(project, [path])

    return run


def refused(reading: Reading) -> tuple[str, str]:
    """Return cell and problem of the only refusal, and see that nothing was decided."""
    assert reading.decisions == () and reading.batch is None
    [refusal] = reading.refused
    assert refusal.remedy
    return refusal.cell, refusal.what


@pytest.mark.req("S1-9")
def test_a_correction_says_everything_of_the_row_in_the_findings_own_words(
    hand_in: Callable[..., Reading], project: Path, published: Pages
) -> None:
    name, page = of_rule(published, "PER-SEX-ID")
    row = page.rows[0]
    new = row["应为"]
    reading = hand_in(
        "PER-SEX-ID", 处理方式="更正", 新值={"1": "男", "2": "女"}[new], 复核人="王复核", 日期="2021年6月1日", **HANDS
    )
    [decision] = reading.decisions
    rule, table, system, key, field, related, *_ = identity(row)
    assert (decision.rule, decision.table, decision.system, decision.key) == (rule, table, system, key)
    assert (decision.field, decision.related, decision.kind) == (field, related, "correct")
    assert (decision.old, decision.new) == (row["现值"], new)
    assert (decision.source_file, decision.source_row) == (row["来源文件"], row["行号"])
    assert (decision.by, decision.checked_by, decision.date) == ("李经办", "王复核", "2021-06-01")
    assert decision.ground == "居民身份证复印件"
    assert decision.source == f"contact | 清单.xlsx {name}!{column(page, '处理方式')}2"
    assert read_decisions(project) == (read_decisions(project)[0],)
    assert read_decisions(project)[0].line() == decision.line()
    assert decision.batch and (project / "decisions" / f"{decision.batch}.jsonl").is_file()


@pytest.mark.req("S1-9")
@pytest.mark.parametrize(("label", "kind"), [("剔除", "remove"), ("经核实无误", "accept"), ("退回核实", "recollect")])
def test_what_changes_no_value_is_kept_by_its_kind(hand_in: Callable[..., Reading], label: str, kind: str) -> None:
    [decision] = hand_in("PER-SEX-ID", 处理方式=label, **HANDS).decisions
    assert (decision.kind, decision.new) == (kind, None)
    assert decision.source and decision.source.startswith("list | ")


@pytest.mark.req("S1-35")
def test_a_default_is_told_apart_from_what_somebody_was_asked_for(hand_in: Callable[..., Reading]) -> None:
    [default] = hand_in("PER-SEX-EMPTY", 处理方式="按规则补录", **HANDS).decisions
    assert default.kind == "fill" and default.new in ("1", "2")
    assert default.source and default.source.startswith("default | ")


@pytest.mark.req("S1-35")
def test_a_value_that_was_asked_for_comes_from_contact(hand_in: Callable[..., Reading]) -> None:
    [asked] = hand_in("PER-SEX-EMPTY", 处理方式="补录", 新值="2", **HANDS).decisions
    assert (asked.kind, asked.new) == ("fill", "2")
    assert asked.source and asked.source.startswith("contact | ")


@pytest.mark.req("S0-24")
def test_a_contradiction_is_settled_by_naming_both_systems_and_the_one_kept(hand_in: Callable[..., Reading]) -> None:
    [decision] = hand_in("PER-NAME-POLICE", 处理方式="采信他方", **HANDS).decisions
    assert decision.kind == "resolve"
    assert decision.source and decision.source.startswith(f"kept:police over:{decision.system} | ")
    assert decision.new and decision.new != decision.old


@pytest.mark.req("S0-24")
def test_the_own_side_may_be_kept_too(hand_in: Callable[..., Reading]) -> None:
    [decision] = hand_in("PER-NAME-POLICE", 处理方式="经核实无误", **HANDS).decisions
    assert decision.source and decision.source.startswith(f"kept:{decision.system} over:police | ")


def test_of_several_systems_the_ground_names_the_one_that_is_kept(
    hand_in: Callable[..., Reading], published: Pages
) -> None:
    cell, what = refused(hand_in("PER-NAME-OTHER", 处理方式="采信他方", **HANDS))
    assert cell == f"{column(of_rule(published, 'PER-NAME-OTHER')[1], '依据')}2"
    assert "看不出采信的是哪一个" in what


def test_a_ground_that_names_one_system_settles_it(hand_in: Callable[..., Reading], published: Pages) -> None:
    own = identity(of_rule(published, "PER-NAME-OTHER")[1].rows[0])[2]
    other, label = ("medical", "医疗保险") if own != "medical" else ("pension", "养老保险")
    filled = HANDS | {"依据": f"以{label}系统登记为准"}
    [decision] = hand_in("PER-NAME-OTHER", 处理方式="采信他方", **filled).decisions
    assert decision.source and decision.source.startswith(f"kept:{other} over:{own} | ")


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    # rule, what is filled in, the header of the cell named, what is said
    ("PER-SEX-ID", {"处理方式": "更正", "新值": "3"}, "新值", "不在代码表“性别”中"),
    ("PER-SEX-ID", {"处理方式": "更正"}, "新值", "没有填“新值”"),
    ("PER-SEX-ID", {"处理方式": "更正", "新值": "#N/A"}, "新值", "公式或错误值"),
    ("PER-SEX-ID", {"处理方式": "更正", "新值": "=1+1"}, "新值", "公式或错误值"),
    ("PER-SEX-ID", {"处理方式": "补录", "新值": "1"}, "处理方式", "现值不空"),
    ("PER-SEX-ID", {"处理方式": "采信他方"}, "处理方式", "不是两个系统之间的矛盾"),
    ("PER-SEX-ID", {"处理方式": "剔除", "新值": "1"}, "新值", "不填“新值”"),
    ("PER-SEX-ID", {"处理方式": "改正", "新值": "1"}, "处理方式", "没有处理方式“改正”"),
    ("PER-SEX-ID", {"新值": "1"}, "处理方式", "没有选“处理方式”"),
    ("PER-SEX-ID", {"处理方式": "经核实无误", "依据": " "}, "依据", "没有填“依据”"),
    ("PER-SEX-ID", {"处理方式": "经核实无误", "经办人": ""}, "经办人", "没有填“经办人”"),
    ("PER-SEX-ID", {"处理方式": "经核实无误", "复核人": "李经办 "}, "复核人", "同一人"),
    ("PER-SEX-ID", {"处理方式": "经核实无误", "日期": "去年"}, "日期", "不是日期"),
    ("PER-SEX-ID", {"处理方式": "经核实无误", "日期": "2099-01-01"}, "日期", "与今天之间"),
    ("PER-SEX-ID", {"处理方式": "经核实无误", "日期": "1989-12-31"}, "日期", "1990-01-01"),
    ("PER-SEX-EMPTY", {"处理方式": "更正", "新值": "1"}, "处理方式", "现值为空"),
    ("PER-BIRTH-ID", {"处理方式": "更正", "新值": "1989-02-30"}, "新值", "不是日期"),
    ("PER-BIRTH-ID", {"处理方式": "更正", "新值": "2099-02-01"}, "新值", "晚于今天"),
    ("PER-ID-CHECK", {"处理方式": "更正", "新值": "220802196503120174"}, "新值", "校验码不符"),
    ("PER-ID-CHECK", {"处理方式": "更正", "新值": 220802196503120173}, "新值", "15 位以后的数字已经丢失"),
    ("PER-ID-CHECK", {"处理方式": "更正", "新值": "无"}, "新值", "不是有意义的值"),
    ("PER-ID-CHECK", {"处理方式": "更正", "新值": "NULL"}, "新值", "不是有意义的值"),
    ("PER-NAME-EMPTY", {"处理方式": "补录", "新值": "王" * 65}, "新值", "超过“姓名”的 64 个字"),
    ("UNI-USCC-EMPTY", {"处理方式": "补录", "新值": "91220800MA0Y12345Y"}, "新值", "统一社会信用代码"),
]


@pytest.mark.parametrize(("rule", "filled", "header", "said"), WRONG)
def test_a_wrong_row_is_refused_with_its_cell(
    hand_in: Callable[..., Reading], project: Path, published: Pages, rule: str, filled: Any, header: str, said: str
) -> None:
    cell, what = refused(hand_in(rule, **(HANDS | filled)))
    assert cell == f"{column(of_rule(published, rule)[1], header)}2"
    assert said in what
    assert not (project / "decisions").exists()


def test_a_value_equal_to_the_present_one_is_refused(hand_in: Callable[..., Reading], published: Pages) -> None:
    present = of_rule(published, "PER-SEX-ID")[1].rows[0]["现值"]
    _, what = refused(hand_in("PER-SEX-ID", 处理方式="更正", 新值={"1": "男性", "2": "女性"}[present], **HANDS))
    assert "与现值相同" in what


def test_a_present_value_that_was_typed_over_is_named(hand_in: Callable[..., Reading], published: Pages) -> None:
    cell, what = refused(hand_in("PER-SEX-ID", 处理方式="经核实无误", 现值="9", **HANDS))
    assert cell == f"{column(of_rule(published, 'PER-SEX-ID')[1], '现值')}2"
    assert "被改动" in what


@pytest.mark.parametrize("result", ["2", ""])
def test_a_formula_is_no_value_even_where_it_was_never_calculated(hand_in: Callable[..., Reading], result: str) -> None:
    cell, what = refused(hand_in("PER-SEX-ID", 处理方式="更正", 新值=Formula("=1+1", result), **HANDS))
    assert "公式" in what
    assert cell.endswith("2")


def test_a_formula_without_a_result_alone_in_its_row_is_not_passed_over(hand_in: Callable[..., Reading]) -> None:
    _, what = refused(hand_in("PER-SEX-ID", 处理方式=Formula('=""', "")))
    assert "公式" in what


def test_cells_merged_over_rows_decide_nothing(hand_in: Callable[..., Reading]) -> None:
    def merge(page: Page) -> None:
        page.merged.append((2, 4, "处理方式"))

    reading = hand_in("PER-SEX-ID", merge, 处理方式="经核实无误", **HANDS)
    assert reading.decisions == ()
    assert [refusal.row for refusal in reading.refused] == [2, 3, 4]
    assert all("合并" in refusal.what for refusal in reading.refused)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "没有识别码"),
        ("PER-SEX-ID", "识别码已损坏"),
        ('["PER-SEX-ID",1,2]', "识别码已损坏"),
        ("[1e999]", "识别码已损坏"),
    ],
)
def test_a_row_without_its_identity_is_refused(hand_in: Callable[..., Reading], code: str, said: str) -> None:
    assert said in refused(hand_in("PER-SEX-ID", 处理方式="经核实无误", 识别码=code, **HANDS))[1]


def test_a_problem_that_is_no_more_is_refused(hand_in: Callable[..., Reading], published: Pages) -> None:
    parts = identity(of_rule(published, "PER-SEX-ID")[1].rows[0])
    parts[3] = '["nobody"]'
    code = json.dumps(parts, ensure_ascii=False)
    assert (
        "最新一轮（第 1 轮）中已不存在"
        in refused(hand_in("PER-SEX-ID", 处理方式="经核实无误", 识别码=code, **HANDS))[1]
    )


def test_a_row_pasted_from_another_project_is_refused(hand_in: Callable[..., Reading], published: Pages) -> None:
    parts = identity(of_rule(published, "PER-SEX-ID")[1].rows[0])
    parts[8] = "1:00000000:1:5"
    code = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    assert "不是本项目第 1 轮的清单" in refused(hand_in("PER-SEX-ID", 处理方式="经核实无误", 识别码=code, **HANDS))[1]


def test_dates_and_months_typed_as_a_spreadsheet_does_are_taken(hand_in: Callable[..., Reading]) -> None:
    filled = HANDS | {"新值": dt.date(1971, 3, 4), "日期": dt.date(2021, 6, 1)}
    [decision] = hand_in("PER-BIRTH-ID", 处理方式="更正", **filled).decisions
    assert (decision.new, decision.date) == ("1971-03-04", "2021-06-01")


def test_two_answers_to_one_problem_are_both_refused(hand_in: Callable[..., Reading]) -> None:
    def twice(page: Page) -> None:
        page.rows.append(page.rows[0] | {"处理方式": "退回核实"})

    reading = hand_in("PER-SEX-ID", twice, 处理方式="经核实无误", **HANDS)
    assert reading.decisions == () and len(reading.refused) == 2
    assert all("另有不同的处理" in refusal.what for refusal in reading.refused)


def test_the_same_answer_twice_is_taken_once(hand_in: Callable[..., Reading]) -> None:
    def twice(page: Page) -> None:
        page.rows.append(dict(page.rows[0]))

    reading = hand_in("PER-SEX-ID", twice, 处理方式="经核实无误", **HANDS)
    assert len(reading.decisions) == 1 and reading.refused == []


def test_two_workbooks_that_differ_are_refused_and_two_that_agree_are_one(
    project: Path, published: Pages, tmp_path: Path
) -> None:
    name, _ = of_rule(published, "PER-SEX-ID")
    one, two = copied(published, name), copied(published, name)
    one[name].rows[0] |= {"处理方式": "经核实无误", **HANDS}
    one[name].rows[1] |= {"处理方式": "退回核实", **HANDS}
    two[name].rows[0] |= {"处理方式": "剔除", **HANDS}
    two[name].rows[1] |= {"处理方式": "退回核实", **HANDS}
    paths = [write_pages(tmp_path / "甲.xlsx", one), write_pages(tmp_path / "乙.xlsx", two)]
    reading = decide(project, paths)
    assert [decision.kind for decision in reading.decisions] == ["recollect"]
    assert [refusal.path.name for refusal in reading.refused] == ["甲.xlsx", "乙.xlsx"]
    assert "乙.xlsx" in reading.refused[0].what and "甲.xlsx" in reading.refused[1].what
    assert reading.missing == []


def test_a_workbook_read_twice_adds_nothing(hand_in: Callable[..., Reading], project: Path, tmp_path: Path) -> None:
    assert len(hand_in("PER-SEX-ID", 处理方式="经核实无误", **HANDS).decisions) == 1
    before = {path: path.read_bytes() for path in (project / "decisions").iterdir()}
    again = decide(project, [tmp_path / "清单.xlsx"])
    assert again.decisions == () and [refusal.recorded for refusal in again.refused] == [True]
    assert again.given_back == {}
    assert {path: path.read_bytes() for path in (project / "decisions").iterdir()} == before


def test_another_answer_needs_the_first_to_be_revoked(hand_in: Callable[..., Reading], project: Path) -> None:
    [first] = hand_in("PER-SEX-ID", 处理方式="经核实无误", **HANDS).decisions
    _, what = refused(hand_in("PER-SEX-ID", 处理方式="剔除", **HANDS))
    assert f"已登记另一种处理（{first.id}" in what
    revoke(project, [first.id], None, "王主任", "材料有误")
    [second] = hand_in("PER-SEX-ID", 处理方式="剔除", **HANDS).decisions
    log = read_decisions(project)
    assert [decision.kind for decision in log] == ["accept", "revoke", "remove"]
    assert log[-1].id == second.id and [one.at for one in log] == sorted({one.at for one in log})


def test_a_problem_sent_back_may_be_answered_later(hand_in: Callable[..., Reading]) -> None:
    assert hand_in("PER-SEX-ID", 处理方式="退回核实", **HANDS).decisions
    assert hand_in("PER-SEX-ID", 处理方式="经核实无误", **HANDS).decisions


def test_deleted_rows_are_counted_and_untouched_rows_are_not_decided(hand_in: Callable[..., Reading]) -> None:
    def delete(page: Page) -> None:
        del page.rows[1:4]

    reading = hand_in("PER-SEX-ID", delete, 处理方式="经核实无误", **HANDS)
    assert (reading.filled, len(reading.decisions)) == (1, 1)
    [missing] = reading.missing
    assert (missing.rows, missing.sheet) == (3, SEX)


def test_a_sheet_that_lost_its_hidden_column_is_named(project: Path, published: Pages, tmp_path: Path) -> None:
    name, _ = of_rule(published, "PER-SEX-ID")
    other, _ = of_rule(published, "PER-SEX-EMPTY")
    pages = copied(published, name, other)
    pages[name].header.remove("识别码")
    pages[name].rows[0] |= {"处理方式": "经核实无误", **HANDS}
    pages[other].rows[0] |= {"处理方式": "退回核实", **HANDS}
    reading = decide(project, [write_pages(tmp_path / "清单.xlsx", pages)])
    assert [decision.kind for decision in reading.decisions] == ["recollect"]
    [refusal] = reading.refused
    assert (refusal.sheet, refusal.row, refusal.cell) == (name, None, "第 1 行")


def test_refused_rows_come_back_in_a_workbook_that_can_be_mended_and_handed_in_again(
    hand_in: Callable[..., Reading], project: Path, tmp_path: Path
) -> None:
    reading = hand_in("PER-SEX-ID", 处理方式="更正", 新值="3", **HANDS)
    [path] = reading.given_back.values()
    assert path == tmp_path / "清单-未采纳.xlsx" and path.stat().st_mode & 0o777 == 0o600
    pages = read_pages(path)
    [row] = pages[SEX].rows
    assert row["原位置"] == f"{SEX}!{reading.refused[0].cell}"
    assert row["问题所在"] == reading.refused[0].what and row["怎样改"] == reading.refused[0].remedy
    assert (row["新值"], row["依据"], row["来源文件"] != "") == ("3", HANDS["依据"], True)
    row["处理方式"], row["新值"] = "经核实无误", ""
    again = decide(project, [write_pages(tmp_path / "改好.xlsx", pages)])
    assert len(again.decisions) == 1 and again.missing == [] and again.refused == []


def test_what_was_given_back_is_never_written_over(hand_in: Callable[..., Reading], tmp_path: Path) -> None:
    hand_in("PER-SEX-ID", 处理方式="更正", 新值="3", **HANDS)
    first = (tmp_path / "清单-未采纳.xlsx").read_bytes()
    hand_in("PER-SEX-ID", 处理方式="更正", 新值="4", **HANDS)
    assert (tmp_path / "清单-未采纳.xlsx").read_bytes() == first
    assert read_pages(tmp_path / "清单-未采纳2.xlsx")[SEX].rows[0]["新值"] == "4"


def test_a_workbook_that_is_no_list_or_of_another_project_is_refused_whole(
    project: Path, published: Pages, tmp_path: Path
) -> None:
    plain = write_pages(tmp_path / "花名册.xlsx", {"表": Page(["姓名"], [{"姓名": "张三"}])})
    with pytest.raises(MendingError, match="不是 renshe 的问题清单"):
        decide(project, [plain])
    name, _ = of_rule(published, "PER-SEX-ID")
    pages = copied(published, name)
    for row in pages[name].rows:
        row["识别码"] = json.dumps([*identity(row)[:8], "1:00000000:1:5"], ensure_ascii=False, separators=(",", ":"))
    pages[name].rows[0] |= {"处理方式": "经核实无误", **HANDS}
    with pytest.raises(MendingError, match="的清单（本项目没有这样的第 1 轮"):
        decide(project, [write_pages(tmp_path / "别处.xlsx", pages)])
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(SourceError, match="工作簿已损坏"):
        decide(project, [tmp_path / "坏.xlsx"])
    assert not (project / "decisions").exists()


def test_a_project_without_a_round_has_nothing_to_decide(project: Path, published: Pages, tmp_path: Path) -> None:
    path = write_pages(tmp_path / "清单.xlsx", copied(published, SEX))
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("project.toml", "pension", "medical", "policy", "police"):
        (bare / name).symlink_to(project / name)
    (bare / "project.toml").unlink()
    source = '[[source]]\nsystem = "pension"\ntable = "person"\nfile = "a.csv"\n'
    (bare / "project.toml").write_text(
        f'[project]\nname = "甲"\nregion = "220800"\nas_of = 2021-05-31\n{source}', "utf-8"
    )
    (bare / "a.csv").write_text("个人编号\n1\n", "utf-8")
    with pytest.raises(MendingError, match="还没有完成的轮次"):
        decide(bare, [path])


def test_a_project_at_work_is_left_alone(hand_in: Callable[..., Reading], project: Path) -> None:
    with Store(project).locked(), pytest.raises(BusyError):
        hand_in("PER-SEX-ID", 处理方式="经核实无误", **HANDS)
    assert not (project / "decisions").exists()


def test_a_reading_that_is_killed_leaves_nothing(
    hand_in: Callable[..., Reading], project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    def two(page: Page) -> None:
        page.rows[1] |= {"处理方式": "更正", "新值": "3", **HANDS}

    monkeypatch.setattr("renshe.engine.mending.decide.enter", killed)
    with pytest.raises(KeyboardInterrupt):
        hand_in("PER-SEX-ID", two, 处理方式="经核实无误", **HANDS)
    assert not (project / "decisions").exists()
    assert [path.name for path in tmp_path.iterdir() if "未采纳" in path.name] == []
    monkeypatch.undo()
    assert len(hand_in("PER-SEX-ID", two, 处理方式="经核实无误", **HANDS).decisions) == 1
    assert not list((project / "cache" / "unfinished").iterdir())
