"""The review queue goes out as a workbook and comes back as decisions, or is refused with cell, reason and remedy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from tests.engine.linking.clerks.conftest import Sheet, cluster_of, link_folder, links, people

from renshe.engine.decisions.log import read_decisions
from renshe.engine.linking.answering import take_answers
from renshe.engine.linking.entities import ENTITIES, digest_sql, hold_sides
from renshe.engine.linking.linking import link
from renshe.engine.mending.decide import Reading
from renshe.engine.mending.refusals import MendingError
from renshe.engine.rounds.clean import clean
from renshe.engine.rounds.finished import newest_round
from renshe.engine.sources.base import SourceError

RIGHT = {"结论": "同一人", "依据": "户口簿", "经办人": "张三", "复核人": "李四", "日期": "2021-05-30"}
Fill = Callable[..., Path]


@pytest.fixture
def fill(project: Path, tmp_path: Path) -> Fill:
    """Fill in the row of a pair and save the workbook."""

    def write(*numbers: str, name: str = "待核实.xlsx", **values: Any) -> Path:
        sheet = Sheet(link_folder(project) / "待核实.xlsx")
        sheet.fill(sheet.row_of(*(numbers or ("T1", "T2"))), **(RIGHT | values))
        return sheet.save(tmp_path / name)

    return write


def answers(project: Path, *workbooks: Path) -> Reading:
    reading, samples = take_answers(project, workbooks)
    assert reading is not None and samples is None
    return reading


def test_both_records_stand_side_by_side_with_weight_and_why(project: Path) -> None:
    path = link_folder(project) / "待核实.xlsx"
    assert path.stat().st_mode & 0o777 == 0o600
    sheet = Sheet(path)
    assert sheet.sheet.title == "人员待核实"
    row = sheet.row_of("T1", "T2")
    shown = {name: sheet.text(row, name) for name in sheet.columns}
    assert (shown["系统甲"], shown["系统乙"]) == ("医疗保险", "养老保险")
    assert shown["姓名甲"] == shown["姓名乙"] == "慕容雪梅"
    assert shown["证件号码甲"].startswith("22080219660607") and shown["证件号码乙"].startswith("22080219660606")
    assert (shown["出生日期甲"], shown["性别甲"], shown["单位名称甲"]) == ("1966-06-06", "女", "U3")
    assert shown["单位名称乙"] == "白城市第3机械厂"
    assert shown["不一致项"] == "证件号码、单位名称"
    told = links(project)["T1", "T2"]
    assert shown["待核实原因"] == "号码均有效而不同" and shown["权重"] == f"{told['weight']:.1f}"
    assert shown["比对情况"] == told["why"]
    assert shown["结论"] is None
    hidden = sheet.sheet.column_dimensions[sheet.sheet.cell(1, sheet.columns["识别码"]).column_letter].hidden
    assert hidden
    [choice] = [one for one in sheet.sheet.data_validations.dataValidation if "同一人" in str(one.formula1)]
    assert choice.formula1 == '"同一人,不是同一人,无法确定"'
    # A column that nobody has filled is left out.
    assert "银行账号甲" not in sheet.columns


def test_answers_become_decisions_that_the_next_link_honours(project: Path, fill: Fill) -> None:
    reading = answers(project, fill())
    [decision] = reading.decisions
    assert (decision.kind, decision.table, decision.system) == ("same", "person", "medical")
    assert (decision.key, decision.related) == ('["T2"]', '["pension","T1"]')
    assert (decision.by, decision.checked_by, decision.ground, decision.date) == (
        "张三",
        "李四",
        "户口簿",
        "2021-05-30",
    )
    assert decision.source is not None and decision.source.startswith("list | 待核实.xlsx 人员待核实!")
    assert [one.id for one in read_decisions(project)] == [decision.id]
    link(project)
    assert links(project)["T1", "T2"]["decision"] == "same"
    assert cluster_of(project)["T1"] == cluster_of(project)["T2"]
    # It waits no more, and the page says what clerks said.
    assert Sheet(link_folder(project) / "待核实.xlsx").sheet.max_row == 2
    assert "核实结论：同一 1 对" in (link_folder(project) / "report.html").read_text("utf-8")


def test_the_same_workbook_twice_adds_nothing_and_another_answer_needs_revoking(project: Path, fill: Fill) -> None:
    first = answers(project, fill())
    again = answers(project, fill())
    assert not again.decisions and again.refused[0].recorded and not again.given_back
    other = answers(project, fill(结论="不是同一人"))
    assert not other.decisions
    [refused] = other.refused
    assert (
        f"此处已登记另一种处理（{first.decisions[0].id}，张三）" in refused.what and "renshe revoke" in refused.remedy
    )


def test_who_could_not_tell_may_find_out_later(project: Path, fill: Fill) -> None:
    assert answers(project, fill(结论="无法确定", 复核人=None)).decisions[0].kind == "unsure"
    assert answers(project, fill()).decisions[0].kind == "same"
    assert not answers(project, fill(结论="无法确定", 复核人=None)).decisions
    link(project)
    assert links(project)["T1", "T2"]["decision"] == "same"


@pytest.mark.parametrize(
    ("values", "column", "said", "remedy"),
    [
        ({"结论": None}, "结论", "填了“依据”而没有选“结论”", "请从下拉列表中选择：同一人、不是同一人、无法确定"),
        ({"结论": "是"}, "结论", "没有结论“是”", "请从下拉列表中选择"),
        ({"依据": None}, "依据", "没有填“依据”", "请写明材料名称或文号"),
        ({"经办人": None}, "经办人", "没有填“经办人”", "请写经办人姓名"),
        ({"日期": "2099-01-01"}, "日期", "“日期”应在", "请核对年份"),
        ({"识别码": "x"}, "识别码", "识别码已损坏", "请从原清单复制回这一行的识别码"),
        ({"识别码": None}, "识别码", "没有识别码", "请把填写内容移到原清单的相应行"),
        ({"结论": "=A1"}, "结论", "公式", "值"),
    ],
)
def test_what_does_not_pass_is_refused_with_its_cell(
    project: Path, fill: Fill, values: dict[str, Any], column: str, said: str, remedy: str
) -> None:
    is_refused(project, fill(**values), column, said, remedy)


@pytest.mark.req("S0-41", part="linked pairs")
@pytest.mark.parametrize(
    ("values", "said", "remedy"),
    [
        ({"复核人": None}, "选了“同一人”而没有填“复核人”", "请由另一人复核后填写"),
        ({"结论": "不是同一人", "复核人": None}, "选了“不是同一人”而没有填“复核人”", "请由另一人复核后填写"),
        ({"复核人": "张 三"}, "复核人与经办人是同一人", "请由另一人复核"),
    ],
)
def test_a_pair_is_decided_by_two_people(
    project: Path, fill: Fill, values: dict[str, Any], said: str, remedy: str
) -> None:
    is_refused(project, fill(**values), "复核人", said, remedy)


def is_refused(project: Path, workbook: Path, column: str, said: str, remedy: str) -> None:
    """Assert that the row of T1 and T2 is refused, given back, and decides nothing."""
    reading = answers(project, workbook)
    assert not reading.decisions and read_decisions(project) == ()
    [refused] = reading.refused
    sheet = Sheet(link_folder(project) / "待核实.xlsx")
    cell = sheet.sheet.cell(sheet.row_of("T1", "T2"), sheet.columns[column]).coordinate
    assert refused.cell == cell and said in refused.what and remedy in refused.remedy
    given_back = reading.given_back[workbook]
    assert given_back.name == "待核实-未采纳.xlsx" and given_back.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "typed", [{"个人编号甲": "M1"}, {"系统乙": "公安"}, {"姓名甲": "慕容雪"}, {"出生日期乙": None}]
)
def test_a_row_that_shows_others_than_its_hidden_identity_means_is_refused(
    project: Path, tmp_path: Path, typed: dict[str, Any]
) -> None:
    sheet = Sheet(link_folder(project) / "待核实.xlsx")
    row = sheet.row_of("T1", "T2")
    sheet.fill(row, **RIGHT, **typed)
    [header] = typed
    is_refused(
        project, sheet.save(tmp_path / "待核实.xlsx"), header, "与这一行隐藏的识别码不符", "复制回整行（连同隐藏的"
    )


def test_rows_that_were_sorted_without_their_hidden_column_are_refused_all(project: Path, tmp_path: Path) -> None:
    sheet = Sheet(link_folder(project) / "待核实.xlsx")
    both = 2, 3
    shown = [{column: sheet.text(row, column) for column in sheet.columns if column != "识别码"} for row in both]
    for row, told in zip(both, reversed(shown), strict=True):
        sheet.fill(row, **{**told, **RIGHT, "结论": "不是同一人"})
    reading = answers(project, sheet.save(tmp_path / "错位.xlsx"))
    assert not reading.decisions and {one.row for one in reading.refused} == set(both)
    assert read_decisions(project) == ()


def test_mended_where_it_was_given_back_it_is_taken(project: Path, fill: Fill, tmp_path: Path) -> None:
    workbook = fill(依据=None)
    back = Sheet(answers(project, workbook).given_back[workbook])
    assert back.text(2, "问题所在") == "没有填“依据”"
    back.fill(2, 依据="居民户口簿")
    assert answers(project, back.save(tmp_path / "改好.xlsx")).decisions[0].ground == "居民户口簿"


def test_a_list_of_another_project_is_refused_whole(project: Path, fill: Fill, tmp_path: Path) -> None:
    other = Path(shutil.copytree(project, tmp_path / "另一个"))
    manifest = other / "rounds/0001/manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"findings": "', '"findings": "00000000'), "utf-8")
    with pytest.raises(MendingError, match=r"不是项目 .* 的清单"):
        take_answers(other, [fill()])
    assert read_decisions(other) == ()


def test_a_workbook_that_is_no_list_is_refused_before_anything_changes(
    project: Path, fill: Fill, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="不是工作簿"):
        take_answers(project, [fill(), project / "pension-person.csv"])
    strange = openpyxl.Workbook()
    strange.active.append(["姓名", "结果"])
    strange.save(tmp_path / "别的.xlsx")
    with pytest.raises(MendingError, match="不是待核实清单，也不是抽样判定表"):
        take_answers(project, [fill(), tmp_path / "别的.xlsx"])
    assert read_decisions(project) == ()


def test_an_answer_to_data_that_changed_since_is_refused(project: Path, fill: Fill) -> None:
    workbook = fill()
    persons = project / "pension-person.csv"
    persons.write_text(persons.read_text("utf-8").replace("T1,慕容雪梅", "T1,慕容雪花"), "utf-8")
    clean(project)
    [refused] = answers(project, workbook).refused
    assert refused.what == "清单发出后，这一对记录的内容有了改变" and "从新的待核实清单重新核对" in refused.remedy
    assert read_decisions(project) == ()


def test_a_record_that_is_gone_needs_no_answer(project: Path, fill: Fill) -> None:
    workbook = fill()
    persons = project / "pension-person.csv"
    kept = [line for line in persons.read_text("utf-8").splitlines() if not line.startswith("T1,")]
    persons.write_text("\n".join(kept) + "\n", "utf-8")
    clean(project)
    [refused] = answers(project, workbook).refused
    assert "已不在最新一轮的数据中" in refused.what


def test_nobody_may_say_that_two_births_and_sexes_are_one_person(project: Path, tmp_path: Path) -> None:
    """X1 and X2 wait in no queue: only a row that was tampered with can ask."""
    sheet = Sheet(link_folder(project) / "待核实.xlsx")
    row = sheet.row_of("T1", "T2")
    parts = json.loads(sheet.text(row, "识别码"))
    parts[2:7] = ["medical", "X2", "pension", "X1", _digest(project, ("medical", "X2"), ("pension", "X1"))]
    x1, x2 = (
        next(one for one in people()[name] if one.number == no) for name, no in (("pension", "X1"), ("medical", "X2"))
    )
    for mark, one in (("甲", x2), ("乙", x1)):
        sheet.fill(row, **{f"个人编号{mark}": one.number, f"姓名{mark}": one.name, f"证件号码{mark}": one.id_number})
        sheet.fill(row, **{f"出生日期{mark}": "1980-01-01", f"联系电话{mark}": one.phone})
    sheet.fill(row, 单位名称甲="U4", 单位名称乙="白城市第4机械厂")
    sheet.fill(row, **RIGHT, 识别码=json.dumps(parts, separators=(",", ":")))
    [refused] = answers(project, sheet.save(tmp_path / "x.xlsx")).refused
    assert "号码均有效而不同，出生日期、性别也均不同" in refused.what and "更正有误的证件号码" in refused.remedy
    sheet.fill(row, 结论="不是同一人")
    assert answers(project, sheet.save(tmp_path / "y.xlsx")).decisions[0].kind == "different"


def _digest(project: Path, one: tuple[str, str], other: tuple[str, str]) -> str:
    entity = ENTITIES["person"]
    with duckdb.connect() as connection:
        rows = " UNION ".join(f"SELECT '{system}' AS system, '{key}' AS key" for system, key in (one, other))
        hold_sides(connection, entity, newest_round(project), rows)
        [(digest,)] = connection.sql(
            f"SELECT {digest_sql(entity)} FROM side l, side r WHERE l.key = '{one[1]}' AND r.key = '{other[1]}'"
        ).fetchall()
    return str(digest)


def test_answers_that_contradict_others_are_refused(
    project: Path, tmp_path: Path, say: Callable[[str, str, str], str]
) -> None:
    say("T1", "W1", "same")
    say("T2", "W1", "different")
    sheet = Sheet(link_folder(project) / "待核实.xlsx")
    sheet.fill(sheet.row_of("T1", "T2"), **RIGHT)
    reading = answers(project, sheet.save(tmp_path / "x.xlsx"))
    assert not reading.decisions
    [refused] = reading.refused
    assert "与其他核实结论互相矛盾" in refused.what and "撤销" in refused.remedy


def test_units_have_a_sheet_of_their_own(project: Path, tmp_path: Path, say: Callable[..., str]) -> None:
    say("U5", "U5", "unsure", "unit")
    link(project)
    sheet = Sheet(link_folder(project) / "待核实.xlsx", 2)
    assert sheet.sheet.title == "单位待核实" and len(sheet.rows) == 1
    # Medical has no table of units: its U5 is only named by people.
    assert (sheet.text(2, "单位名称甲"), sheet.text(2, "单位名称乙")) == (None, "白城市第5机械厂")
    assert sheet.text(2, "比对情况").startswith("经核实无法确定（")
    sheet.fill(2, **(RIGHT | {"结论": "同一人"}))
    [refused] = answers(project, sheet.save(tmp_path / "x.xlsx")).refused
    assert refused.what == "没有结论“同一人”" and "同一单位、不是同一单位、无法确定" in refused.remedy
    sheet.fill(2, 结论="不是同一单位")
    [decision] = answers(project, sheet.save(tmp_path / "y.xlsx")).decisions
    assert (decision.kind, decision.table, decision.system, decision.key) == ("different", "unit", "medical", '["U5"]')
    assert decision.related == '["pension","U5"]'


def test_linking_again_keeps_a_workbook_that_was_filled_in_where_it_lies(project: Path) -> None:
    folder = link_folder(project)
    sheet = Sheet(folder / "待核实.xlsx")
    sheet.fill(2, 结论="同一人")
    sheet.save(folder / "待核实.xlsx")
    link(project)
    assert Sheet(folder / "待核实-上次.xlsx").text(2, "结论") == "同一人"
    assert Sheet(folder / "待核实.xlsx").text(2, "结论") is None
    link(project)
    assert sorted(path.name for path in folder.glob("待核实*")) == ["待核实-上次.xlsx", "待核实.xlsx"]


def test_answers_that_join_two_who_can_never_be_one_are_refused(
    project: Path, tmp_path: Path, say: Callable[[str, str, str], str]
) -> None:
    """M99 has no number: that he is X1 stands already, and X1 and X2 are two."""
    with (project / "medical-person.csv").open("a", encoding="utf-8") as file:
        file.write("M99,上官文静,,女,1980-01-01,U4,13900000003,\n")
    clean(project)
    say("M99", "X2", "same")
    link(project)
    sheet = Sheet(link_folder(project, 2) / "待核实.xlsx")
    sheet.fill(sheet.row_of("M99", "X1"), **RIGHT)
    reading = answers(project, sheet.save(tmp_path / "x.xlsx"))
    assert not reading.decisions
    [refused] = reading.refused
    assert "X1" in refused.what and "X2" in refused.what and "却不是" in refused.what
