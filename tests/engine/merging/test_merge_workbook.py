"""The workbook 合并方案: filled in by clerks, read back, refused cell by cell; what passes is merged next round."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from tests.engine.mending.conftest import libreoffice
from tests.engine.merging.conftest import (
    ID_OTHER,
    Agency,
    agreed,
    became,
    decide,
    link,
    plans,
    revoke,
    rows,
    two_numbers,
)

from renshe.engine.mending import decide as mending
from renshe.engine.mending.decide import Reading
from renshe.engine.mending.refusals import MendingError
from renshe.engine.merging.reading import MergePlans
from renshe.engine.merging.store import write_plan
from renshe.engine.rounds import clean as rounds
from renshe.engine.rounds.clean import clean

__all__ = ["libreoffice"]

BOTH = [("pension", "1001"), ("pension", "1002")]
FILLED: dict[str, Any] = {
    "合并处理": "合并", "联系时间": "2026-01-05", "联系人": "李经办", "联系结果": "同意合并",
    "依据": "联系记录表", "经办人": "李经办", "复核人": "王复核", "日期": "2026-01-06",
}  # fmt: skip
PAIRS, FIELDS = "合并方案", "不一致项"


class Book:
    """A plan's workbook in a clerk's hands."""

    def __init__(self, project: Path) -> None:
        newest = max((project / "rounds").iterdir())
        there = newest / "merge" / "合并方案.xlsx"
        self.path = there if there.exists() else write_plan(project).workbook
        self.book: Workbook = load_workbook(self.path)

    def rows(self, sheet: str) -> list[dict[str, Any]]:
        head, *more = self.book[sheet].iter_rows(values_only=True)
        return [dict(zip(head, row, strict=True)) for row in more]

    def fill(self, sheet: str = PAIRS, row: int = 2, **values: Any) -> Book:
        columns = {cell.value: cell.column for cell in self.book[sheet][1]}
        for header, value in values.items():
            self.book[sheet].cell(row, columns[header]).value = value
        return self

    def choose(self, field: str, label: str) -> Book:
        at = next(at for at, row in enumerate(self.rows(FIELDS), 2) if row["字段"] == field)
        return self.fill(FIELDS, at, 改取=label)

    def save(self, name: str = "方案.xlsx") -> Path:
        target = self.path.parents[3] / name
        self.book.save(target)
        return target


def read(project: Path, *books: Path) -> Reading:
    return mending.decide(project, books, (MergePlans(),))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """An agency with a round, its link and the plan for it."""
    made = two_numbers(Agency(tmp_path_factory.mktemp("prepared")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds, "build_report", lambda *args, **more: None)
        made.round()
    link(made.folder, BOTH)
    write_plan(made.folder)
    return made


@pytest.fixture
def planned(agency: Agency, prepared: Agency) -> Agency:
    """An agency with a round, its link and the plan for it, of one's own."""
    shutil.copytree(prepared.folder, agency.folder, dirs_exist_ok=True)
    agency.rows = {name: list(rows) for name, rows in prepared.rows.items()}
    return agency


@pytest.mark.req("S1-42", part="contact")
def test_a_pair_that_was_agreed_on_is_merged_in_the_next_round_and_given_back(planned: Agency) -> None:
    first = clean(planned.folder)
    link(planned.folder, BOTH)
    book = Book(planned.folder).fill(**FILLED).choose("单位编号", "被并编号的值")
    reading = read(planned.folder, book.save())
    [decision] = reading.decisions
    assert (reading.filled, reading.refused, reading.missing) == (2, [], [])
    assert (decision.kind, decision.old, decision.new, decision.checked_by) == ("merge", "1002", "1001", "王复核")
    assert (decision.date, decision.ground) == ("2026-01-06", "联系记录表")
    assert decision.source == "contact | 方案.xlsx 合并方案!S2"
    details = json.loads(str(decision.details))
    assert details["contact"] == {"on": "2026-01-05", "by": "李经办", "result": "agreed"}
    assert details["fields"]["unit_no"] == {"old": "U2", "new": "U1", "value": "U2", "from": "old"}
    second = clean(planned.folder)
    assert became(second) == [("applied", None)]
    assert rows(second, "person")[0]["unit_no"] == "U2"
    revoke(planned.folder, decision.id)
    assert clean(planned.folder).manifest["digests"] == first.manifest["digests"]


@pytest.mark.parametrize(
    ("change", "header", "said"),
    [
        ({"合并处理": None}, "合并处理", "填了“联系时间”而没有选“合并处理”"),
        ({"合并处理": "并"}, "合并处理", "没有处理方式“并”"),
        ({"联系时间": None}, "联系时间", "没有填“联系时间”：没有联系参保对象并取得同意的记录"),
        ({"联系人": None}, "联系人", "没有填“联系人”"),
        ({"联系结果": None}, "联系结果", "没有填“联系结果”"),
        ({"联系结果": "不同意"}, "联系结果", "联系结果为“不同意”，不能合并"),
        ({"联系结果": "联系不上"}, "联系结果", "联系结果为“联系不上”，不能合并"),
        ({"联系结果": "好"}, "联系结果", "没有联系结果“好”"),
        ({"联系时间": "2099-01-01"}, "联系时间", "“联系时间”应在 1990-01-01 与今天之间"),
        ({"联系时间": "上周"}, "联系时间", "“联系时间”不是日期"),
        ({"依据": None}, "依据", "没有填“依据”"),
        ({"经办人": None}, "经办人", "没有填“经办人”"),
        ({"复核人": "李 经办"}, "复核人", "复核人与经办人是同一人"),
        ({"识别码": "损坏"}, "识别码", "识别码已损坏"),
        ({"识别码": None}, "识别码", "这一行没有识别码"),
    ],
)
@pytest.mark.req("S1-42", part="record")
def test_what_is_filled_in_wrongly_is_refused_with_its_cell(
    planned: Agency, change: dict[str, Any], header: str, said: str
) -> None:
    book = Book(planned.folder).fill(**(FILLED | change))
    reading = read(planned.folder, book.save())
    [refusal] = reading.refused
    column = next(cell.column_letter for cell in book.book[PAIRS][1] if cell.value == header)
    assert (refusal.sheet, refusal.cell) == (PAIRS, f"{column}2")
    assert said in refusal.what and refusal.remedy
    assert reading.decisions == () and not list((planned.folder / "decisions").glob("*.jsonl"))
    [given_back] = reading.given_back.values()
    again = read(planned.folder, given_back)
    assert [one.what for one in again.refused] == [refusal.what], "what was given back can be handed in again"


@pytest.mark.parametrize("deed", ["合并", "不合并"])
@pytest.mark.parametrize(
    "typed", [{"保留编号": "1003"}, {"被并编号": "1003"}, {"系统": "医疗保险"}, {"被并方姓名": "赵刚"}]
)
@pytest.mark.req("S1-42", part="record")
def test_a_row_that_shows_others_than_its_hidden_identity_means_is_refused(
    planned: Agency, typed: dict[str, Any], deed: str
) -> None:
    reading = read(planned.folder, Book(planned.folder).fill(**(FILLED | {"合并处理": deed} | typed)).save())
    [refusal] = reading.refused
    [header] = typed
    assert f"“{header}”与这一行隐藏的识别码不符" in refusal.what and refusal.row == 2
    assert "连同隐藏的“识别码”" in refusal.remedy
    assert reading.decisions == () and not list((planned.folder / "decisions").glob("*.jsonl"))


@pytest.mark.req("S1-42", part="record")
def test_rows_that_were_sorted_without_their_hidden_column_are_refused_all(planned: Agency) -> None:
    planned.person("2001", "赵钢", id=ID_OTHER, birth="1981-05-23")
    planned.round()
    link(planned.folder, BOTH, [("pension", "1003"), ("pension", "2001")])
    book = Book(planned.folder)
    one, other = ({**row} for row in book.rows(PAIRS))
    for at, shown in ((2, other), (3, one)):
        book.fill(row=at, **{**shown, **FILLED, "识别码": (one, other)[at - 2]["识别码"]})
    reading = read(planned.folder, book.save())
    assert reading.decisions == () and [refusal.row for refusal in reading.refused] == [2, 3]


def test_a_value_typed_over_in_the_plan_is_no_choice(planned: Agency) -> None:
    book = Book(planned.folder).fill(**FILLED).choose("单位编号", "被并编号的值")
    at = next(at for at, row in enumerate(book.rows(FIELDS), 2) if row["字段"] == "单位编号")
    reading = read(planned.folder, book.fill(FIELDS, at, 被并编号的值="U9").save())
    told = {refusal.sheet: refusal.what for refusal in reading.refused}
    assert "“被并编号的值”与这一行隐藏的识别码不符" in told[FIELDS] and reading.decisions == ()


@pytest.mark.req("S1-41", "S1-42")
def test_a_pair_that_a_condition_forbids_is_refused_with_reason_and_remedy(twice: Agency) -> None:
    twice.paid("1002", 200301, arrived="0", unit="U2")
    twice.round()
    link(twice.folder, BOTH)
    book = Book(twice.folder)
    [shown] = book.rows(PAIRS)
    assert shown["状态"] == "条件未满足" and "有欠费（1002：企业职工基本养老保险 200301）" in shown["须先处理"]
    reading = read(twice.folder, book.fill(**FILLED).save())
    [refusal] = reading.refused
    assert refusal.what.startswith("不能合并：有欠费") and refusal.remedy.startswith("联系参保对象和单位补缴")
    assert reading.decisions == ()


@pytest.mark.req("S1-40", part="reading back")
def test_a_pair_across_regions_is_refused_while_a_local_one_is_open(agency: Agency) -> None:
    for number, region in (("A", ""), ("C", "220602")):
        agency.person(number, region=region)
    agency.round()
    link(agency.folder, [("pension", "A"), ("pension", "C")])
    book = Book(agency.folder).fill(**FILLED).save()
    agency.person("B")
    agency.round()
    link(agency.folder, [("pension", number) for number in "ABC"])
    [refusal] = read(agency.folder, book).refused
    assert "同一人另有应先办的合并（B 并入 A）" in refusal.what and "先办本地的一对" in refusal.remedy


def test_an_answer_to_another_plan_decides_nothing(planned: Agency) -> None:
    book = Book(planned.folder).fill(**FILLED).save()
    row = list(planned.rows["pension", "person"][1])
    row[2] = "孙福"
    planned.rows["pension", "person"][1] = row
    planned.round()
    link(planned.folder, BOTH)
    [refusal] = read(planned.folder, book).refused
    assert "这一对的方案已改变" in refusal.what and "renshe merge-plan" in refusal.remedy


def test_a_workbook_of_an_earlier_round_counts_where_the_plan_is_the_same(planned: Agency) -> None:
    book = Book(planned.folder).fill(**FILLED).save()
    clean(planned.folder)
    link(planned.folder, BOTH)
    assert len(read(planned.folder, book).decisions) == 1


def test_a_workbook_read_twice_adds_nothing(planned: Agency) -> None:
    book = Book(planned.folder).fill(**FILLED)
    twin = book.save("另一份.xlsx")
    reading = read(planned.folder, book.save(), twin)
    assert len(reading.decisions) == 1 and reading.refused == []
    again = read(planned.folder, book.save())
    assert again.decisions == () and [one.recorded for one in again.refused] == [True]


def test_two_clerks_who_disagree_decide_nothing(planned: Agency) -> None:
    one = Book(planned.folder).fill(**FILLED).save()
    other = Book(planned.folder).fill(**(FILLED | {"合并处理": "不合并"})).save("另一份.xlsx")
    reading = read(planned.folder, one, other)
    assert reading.decisions == () and len(reading.refused) == 2
    assert all("另有不同的处理" in refusal.what for refusal in reading.refused)


def test_a_pair_that_is_kept_apart_is_recorded_and_listed_no_more(planned: Agency) -> None:
    filled = {"合并处理": "不合并", "依据": "两地派出所证明不是同一人", "经办人": "李经办"}
    [decision] = read(planned.folder, Book(planned.folder).fill(**filled).save()).decisions
    assert (decision.kind, decision.details) == ("apart", None)
    assert became(clean(planned.folder)) == [("noted", None)]
    link(planned.folder, BOTH)
    assert plans(planned.folder) == []


@pytest.mark.parametrize(
    ("field", "label", "said"),
    [
        ("联系电话", "被并编号的值", "“被并编号的值”是空的或不合格式"),
        ("单位编号", "其他系统的值", "“其他系统的值”是空的或不合格式"),
        ("单位编号", "随便", "没有“随便”这种取法"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_and_the_pair_with_it(
    planned: Agency, field: str, label: str, said: str
) -> None:
    reading = read(planned.folder, Book(planned.folder).fill(**FILLED).choose(field, label).save())
    told = {refusal.sheet: refusal.what for refusal in reading.refused}
    assert said in told[FIELDS] and "改取有误" in told[PAIRS] and reading.decisions == ()


def test_a_choice_for_a_pair_that_is_not_merged_is_refused(planned: Agency) -> None:
    reading = read(planned.folder, Book(planned.folder).choose("姓名", "被并编号的值").save())
    [refusal] = reading.refused
    assert (refusal.sheet, refusal.what) == (FIELDS, "这一项所属的一对编号没有选“合并”")


def test_a_plan_of_another_project_is_refused_whole(planned: Agency, tmp_path: Path) -> None:
    book = Book(planned.folder).fill(**FILLED).save()
    planned.person("1009", "钱多", id="")
    other = Agency(tmp_path / "别处", planned.rows)
    other.folder.mkdir()
    other.person("1010", "李四", id="", sex="9")
    other.round()
    with pytest.raises(MendingError, match="不是项目"):
        read(other.folder, book)


def test_lists_of_problems_and_plans_are_read_in_one_go(planned: Agency) -> None:
    decide(planned.folder, agreed(plans(planned.folder)[0], kind="apart", details=None, new="1003"))
    book = Book(planned.folder).fill(**FILLED).save()
    assert len(read(planned.folder, book).decisions) == 1


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_plan_saved_by_libreoffice_says_the_same(
    planned: Agency, libreoffice: Callable[[Path, str], Path], kind: str
) -> None:
    book = Book(planned.folder).fill(**FILLED).choose("姓名", "被并编号的值").save()
    [decision] = read(planned.folder, libreoffice(book, kind)).decisions
    assert json.loads(str(decision.details))["fields"]["name"]["value"] == "孙德富"
    assert decision.date == "2026-01-06"
