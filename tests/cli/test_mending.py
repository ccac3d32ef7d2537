"""``renshe decide``, ``revoke``, ``decisions``: exit codes, one line of error, JSON and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from renshe.engine.rounds.clean import clean

GOLDEN = Path(__file__).parents[1] / "golden" / "project"


def renshe(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "renshe.cli.main", *map(str, args)]
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=env, check=False)


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden project after its first round."""
    project = Path(shutil.copytree(GOLDEN, tmp_path_factory.mktemp("cli") / "项目 一"))
    clean(project)
    return project


@pytest.fixture
def project(cleaned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(cleaned, tmp_path / "项目 一"))


def fill(project: Path, target: Path, **filled: Any) -> Path:
    """Fill in the first row of every list of the newest round and save the workbook as ``target``."""
    book = openpyxl.load_workbook(sorted((project / "rounds").glob("*/report.xlsx"))[-1])
    for sheet in book:
        columns = {cell.value: cell.column for cell in sheet[1]}
        if "识别码" in columns and sheet.cell(2, columns["行号"]).value:
            for header, value in filled.items():
                sheet.cell(2, columns[header]).value = value
    book.save(target)
    return target


RIGHT = {"处理方式": "经核实无误", "依据": "现场核实", "经办人": "李经办"}


def test_lists_go_in_are_found_and_taken_back(project: Path, tmp_path: Path) -> None:
    workbook = fill(project, tmp_path / "清单.xlsx", **RIGHT)
    run = renshe("decide", project, workbook)
    assert run.returncode == 0 and run.stderr == ""
    assert "登记决定" in run.stdout and "批次：" in run.stdout
    told = json.loads(renshe("decisions", project, "--json").stdout)
    assert told and all(one["state"] == "waiting" and one["stands"] for one in told)
    [batch] = {one["batch"] for one in told}
    back = renshe("revoke", project, "--batch", batch, "--by", "王主任", "--ground", "重新核实")
    assert back.returncode == 0 and f"撤销 {len(told)} 条决定" in back.stdout
    assert not any(one["stands"] for one in json.loads(renshe("decisions", project, "--json").stdout)[: len(told)])
    one = renshe("revoke", project, told[0]["id"], "--by", "王主任", "--ground", "重新核实")
    assert one.returncode == 2 and "已经撤销" in one.stderr and len(one.stderr.splitlines()) == 1


def test_json_tells_each_refusal_and_nothing_else(project: Path, tmp_path: Path) -> None:
    workbook = fill(project, tmp_path / "清单.xlsx", **(RIGHT | {"经办人": None}))
    run = renshe("decide", project, workbook, "--json")
    assert run.returncode == 2 and run.stderr == ""
    told = json.loads(run.stdout)
    assert told["decisions"] == [] and told["batch"] is None and told["filled"] == len(told["refused"]) > 1
    first = told["refused"][0]
    assert first["workbook"] == str(workbook) and first["problem"] == "没有填“经办人”" and first["remedy"]
    assert first["cell"].endswith("2") and first["row"] == 2
    assert told["given_back"] == {str(workbook): str(tmp_path / "清单-未采纳.xlsx")}


def test_a_workbook_read_again_says_that_nothing_is_new(project: Path, tmp_path: Path) -> None:
    workbook = fill(project, tmp_path / "清单.xlsx", **RIGHT)
    assert renshe("decide", project, workbook).returncode == 0
    again = renshe("decide", project, workbook)
    assert again.returncode == 2 and "不再重复登记" in again.stdout
    assert not (tmp_path / "清单-未采纳.xlsx").exists()


def test_a_list_that_nobody_filled_in_is_read_and_says_so(project: Path, tmp_path: Path) -> None:
    run = renshe("decide", project, fill(project, tmp_path / "清单.xlsx"))
    assert run.returncode == 0 and "没有填写任何一行" in run.stdout


def test_what_is_no_list_is_one_line_and_changes_nothing(project: Path, tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "空.xlsx")
    (tmp_path / "文本.xlsx").write_text("姓名\n", "utf-8")
    for path, said in ((tmp_path / "空.xlsx", "不是 renshe 的问题清单"), (tmp_path / "文本.xlsx", "不是工作簿"),
                       (tmp_path / "没有.xlsx", "文件不存在")):  # fmt: skip
        run = renshe("decide", project, path)
        assert (run.returncode, run.stdout) == (2, "")
        assert said in run.stderr and len(run.stderr.splitlines()) == 1
    assert not (project / "decisions").exists()
