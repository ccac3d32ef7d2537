"""The workbooks of a comparison, and the way back: filled in, read by ``renshe decide``, applied, compared again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.engine.comparing import test_backups as backups
from tests.engine.comparing import test_two_systems as two
from tests.engine.comparing.conftest import World, compared, of, only, rows, told
from tests.engine.mending.conftest import HANDS, read_pages, write_pages

from renshe.engine.comparing.compare import Comparison
from renshe.engine.comparing.kinds import BY_ID
from renshe.engine.decisions.log import Decision
from renshe.engine.mending.decide import Reading, decide
from renshe.engine.mending.revoke import revoke
from renshe.engine.report.shelving import Limits
from renshe.engine.rounds.clean import clean

SYSTEMS = ("pension", "medical")
SOURCES = [
    ("pension", "person", two.PENSION),
    ("medical", "person", two.MEDICAL),
    ("pension", "unit", two.UNITS[0]),
    ("medical", "unit", two.UNITS[1]),
]


@pytest.fixture(scope="module")
def made(world: Callable[..., World]) -> World:
    """A project with one round and its link."""
    told = world(*SOURCES, groups=two.GROUPS)
    told.round()
    return told


@pytest.fixture
def own(made: World, tmp_path: Path) -> World:
    """A copy of it for one test."""
    folder = Path(shutil.copytree(made.folder, tmp_path / "项目"))
    return World(folder, made.sources, made.groups)


def fill(found: Comparison, tmp_path: Path, **filled: dict[str, Any]) -> Path:
    """Fill in the first row of each kind (ids with _ for -) and save the workbook."""
    pages = read_pages(found.folder / "report.xlsx")
    for rule, cells in filled.items():
        page = pages[BY_ID[rule.replace("_", "-")].title[:31]]
        page.rows[0] |= {**HANDS, **cells}
    return write_pages(tmp_path / "清单.xlsx", pages)


def decided(project: World, tmp_path: Path, *systems: str, **filled: dict[str, Any]) -> Reading:
    found = compared(project.folder, *(systems or SYSTEMS))
    return decide(project.folder, [fill(found, tmp_path, **filled)])


def one(reading: Reading) -> Decision:
    """Return the only decision, and see that nothing was refused."""
    assert not reading.refused, reading.refused
    [decision] = reading.decisions
    return decision


def test_a_department_gets_its_lists_with_what_a_clerk_fills_in(made: World) -> None:
    found = compared(made.folder, *SYSTEMS)
    assert found.manifest["workbooks"] == ["report.xlsx", "report-社会保险经办服务科.xlsx"]
    for name in found.manifest["workbooks"]:
        book = openpyxl.load_workbook(found.folder / name)
        assert book.sheetnames[:2] == ["说明", "汇总"] and "养老保险有医疗保险无" in book.sheetnames
        assert book["汇总"].max_row == 1 + len(found.manifest["differences"])
        sheet = book["姓名不一致"]
        header = [cell.value for cell in sheet[1]]
        row = dict(zip(header, (cell.value for cell in sheet[2]), strict=True))
        assert header[-7:] == ["处理方式", "新值", "依据", "经办人", "复核人", "日期", "识别码"]
        assert [row[name] for name in ("姓名", "系统", "现值", "对方系统", "对方编号", "对方现值", "采信值")] == [
            "赵明", "医疗保险", "赵明", "养老保险", "1006", "赵敏", "赵敏",
        ]  # fmt: skip
        assert (row["建议"], row["理由"]) == ("采信对方", "养老保险优先于医疗保险")
        assert row["对方来源"] == "pension-person.csv 第 7 行"
        assert sheet.freeze_panes == "D2" and sheet.column_dimensions["Z"].hidden
        assert sheet.auto_filter.ref.endswith(str(sheet.max_row))
        guide = {row[0].value: row[1].value for row in book["说明"].iter_rows(min_row=2)}
        assert guide["配对方式"] == "用关联结果（link）配对" and "采信值" in guide["采信他方"]


def test_every_difference_stands_on_one_sheet_however_small_the_books(made: World) -> None:
    found = compared(made.folder, *SYSTEMS, limits=Limits(2, 4))
    listed = 0
    for name in found.manifest["workbooks"]:
        if name.startswith("report-"):
            pages = read_pages(found.folder / name)
            listed += sum(len(page.rows) for page in pages.values() if page.is_list)
    assert listed == sum(found.manifest["differences"].values()) > 4
    index = read_pages(found.folder / "report.xlsx")
    assert not any(page.is_list for page in index.values()) and index["汇总"].rows[0]["工作簿"].startswith("report-")
    compared(made.folder, *SYSTEMS)


@pytest.mark.req("S0-9")
def test_taking_the_other_sides_word_settles_the_difference(own: World, tmp_path: Path) -> None:
    decision = one(decided(own, tmp_path, CMP_NAME={"处理方式": "采信他方"}))
    assert (decision.kind, decision.system, decision.key, decision.old, decision.new) == (
        "resolve", "medical", '["5006"]', "赵明", "赵敏",
    )  # fmt: skip
    assert (decision.source or "").startswith("kept:pension over:medical | 清单.xlsx 姓名不一致!")
    own.round()
    found = compared(own.folder, *SYSTEMS)
    assert found.manifest["round"] == 2 and not of(found, "CMP-NAME")


@pytest.mark.req("S0-9")
def test_what_was_found_true_on_one_side_is_asked_of_the_other_and_then_set_aside(own: World, tmp_path: Path) -> None:
    reading = decided(own, tmp_path, CMP_NAME={"处理方式": "经核实无误"})
    assert one(reading).source.startswith("kept:medical over:pension")
    found = compared(own.folder, *SYSTEMS)
    name = only(found, "CMP-NAME")
    assert told(name, "system value expected suggestion") == ("pension", "赵敏", "赵明", "take")
    assert name["reason"] == f"医疗保险经核实无误（决定 {one(reading).id}）" and name["accepted"] is None
    second = decide(own.folder, [fill(found, tmp_path, CMP_NAME={"处理方式": "经核实无误"})])
    found = compared(own.folder, *SYSTEMS)
    [aside] = [row for row in rows(found) if row["accepted"]]
    assert found.manifest["accepted"] == 1 and "CMP-NAME" not in found.manifest["differences"]
    [listed] = read_pages(found.folder / "report.xlsx")["经核实无误"].rows
    assert listed["决定编号"] == aside["accepted"] and one(second).id in aside["accepted"]
    revoke(own.folder, [one(reading).id, one(second).id], None, "王主任", "重新核实")
    assert told(only(compared(own.folder, *SYSTEMS), "CMP-NAME"), "system accepted") == ("medical", None)


@pytest.mark.req("S1-36", part="detect")
def test_what_a_backup_has_becomes_a_fill_with_its_file_and_row(world: Callable[..., World], tmp_path: Path) -> None:
    made = world(*backups.SOURCES)
    made.round()
    found = compared(made.folder, "pension", "backup_2020")
    reading = decide(made.folder, [fill(found, tmp_path, CMP_RESTORE={"处理方式": "补录"})])
    decision = one(reading)
    row = next(one for one in of(found, "CMP-RESTORE"))
    assert (decision.kind, decision.old, decision.new) == ("fill", None, row["expected"])
    assert decision.source.startswith(f"from:backup_2020 {row['other_file']}#{row['other_row']} | ")
    made.round()
    left = {(one["key"], one["field"]) for one in of(compared(made.folder, "pension", "backup_2020"), "CMP-RESTORE")}
    assert (row["key"], row["field"]) not in left and left
    book = read_pages(made.folder / "rounds/0002/report.xlsx")
    [shown] = book["处理结果"].rows
    assert shown["来源"] == f"取自历史备份 2020 {row['other_file']} 第 {row['other_row']} 行"
    # A sum and a row that is not there have no value to be mended.
    again = compared(made.folder, "pension", "backup_2020")
    cells = {"CMP_PAID": {"处理方式": "更正", "新值": "1.00"}, "CMP_RESTORE_ROW": {"处理方式": "经核实无误"}}
    reading = decide(made.folder, [fill(again, tmp_path, **cells)])
    assert [one.kind for one in reading.decisions] == ["accept"]
    [refusal] = reading.refused
    assert "没有可改的单个值" in refusal.what and "经核实无误" in refusal.remedy
    assert compared(made.folder, "pension", "backup_2020").manifest["accepted"] == 1


def test_a_list_of_a_round_that_is_gone_by_asks_for_a_new_comparison(own: World, tmp_path: Path) -> None:
    found = compared(own.folder, *SYSTEMS)
    book = fill(found, tmp_path, CMP_NAME={"处理方式": "采信他方"})
    own.link(clean(own.folder).folder)
    [refusal] = decide(own.folder, [book]).refused
    assert "还没有做过这两个系统的比对" in refusal.what and "renshe compare" in refusal.remedy
    compared(own.folder, *SYSTEMS)
    assert one(decide(own.folder, [book])).new == "赵敏"


def test_a_value_typed_over_and_a_kind_that_does_not_fit_are_refused(own: World, tmp_path: Path) -> None:
    wrong = {
        "CMP_NAME": {"处理方式": "补录"},
        "CMP_SEX": {"处理方式": "采信他方", "现值": "9"},
        "CMP_UNIT": {"处理方式": "经核实无误", "新值": "M1"},
    }
    reading = decided(own, tmp_path, **wrong)
    assert reading.batch is None and sorted(refusal.what for refusal in reading.refused) == sorted(
        ["现值不空，不能选“补录”", "“现值”被改动，与原记录不一致", "“经核实无误”不填“新值”"]
    )
