"""``renshe merge-plan``: figures and nothing personal, JSON and nothing else, one line of error; read by ``decide``."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from tests.cli.test_mending import renshe
from tests.engine.merging.conftest import ID_OLD, ID_ONE, Agency, agency, link, twice

__all__ = ["agency", "twice"]

AGREED = {"合并处理": "合并", "联系时间": "2026-01-05", "联系人": "李经办", "联系结果": "同意合并"}
FILLED = AGREED | {"依据": "联系记录", "经办人": "李经办"}


@pytest.fixture
def linked(twice: Agency) -> Path:
    """A project with a round and its link."""
    twice.paid("1002", 200401, arrived="0", unit="U2")
    twice.person("1004", "孙德福")
    twice.round()
    link(twice.folder, [("pension", "1001"), ("pension", "1002")], [("pension", "1003"), ("pension", "1004")])
    return twice.folder


def test_the_command_tells_figures_and_where_the_workbook_is(linked: Path) -> None:
    run = renshe("merge-plan", linked)
    assert run.returncode == 0 and run.stderr == ""
    assert "合并方案（第 1 轮）：2 对，其中本地 2 对" in run.stdout
    assert "条件未满足：2 对" in run.stdout and "有欠费：1 对" in run.stdout
    assert "无法检查“两个编号都在领取待遇”：没有“待遇”表" in run.stdout
    assert "合并方案.xlsx；联系参保对象后填写，用 renshe decide 读回" in run.stdout
    for personal in (ID_ONE, ID_OLD, "孙德富", "13804360001"):
        assert personal not in run.stdout


def test_json_is_the_manifest_and_nothing_else(linked: Path) -> None:
    told = json.loads(renshe("merge-plan", linked, "--json").stdout)
    assert told["pairs"] == 2 and told["states"]["blocked"] == 2
    assert told["conditions"] == {"MRG-ARREARS": 1, "MRG-TWO-IDS": 1}
    assert Path(told["workbook"]).is_file() and Path(told["workbook"]).stat().st_mode & 0o777 == 0o600


def test_what_lacks_is_said_in_one_line(twice: Agency) -> None:
    none = renshe("merge-plan", twice.write())
    assert none.returncode == 2 and "还没有完成的轮次" in none.stderr
    twice.round()
    unlinked = renshe("merge-plan", twice.folder)
    assert unlinked.returncode == 2 and "renshe link" in unlinked.stderr and len(unlinked.stderr.splitlines()) == 1
    missing = renshe("merge-plan", twice.folder, "--pairs", twice.folder / "没有.csv")
    assert missing.returncode == 2 and "没有.csv" in missing.stderr


@pytest.mark.req("S1-42", part="command")
def test_decide_reads_a_plan_back_and_names_what_forbids_it_without_telling_whom(linked: Path) -> None:
    renshe("merge-plan", linked)
    path = linked / "rounds/0001/merge/合并方案.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["合并方案"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row in (2, 3):
        for header, value in FILLED.items():
            sheet.cell(row, columns[header]).value = value
    book.save(linked / "方案.xlsx")
    run = renshe("decide", linked, linked / "方案.xlsx")
    assert run.returncode == 2 and "填写 2 行：登记决定 0 条，未采纳 2 处" in run.stdout
    assert "有欠费（1002：企业职工基本养老保险 200401）" in run.stdout
    assert "两个有效而不同的证件号码" in run.stdout and ID_ONE not in run.stdout
