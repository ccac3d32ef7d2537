"""``renshe link`` with what people say to it: exit codes, one line of error, JSON and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engine.linking.clerks.conftest import Sheet, link_folder, people, write_project

from renshe.engine.linking.linking import link
from renshe.engine.rounds.clean import clean

RIGHT = {"结论": "同一人", "依据": "户口簿", "经办人": "张三", "复核人": "李四"}


def renshe(*args: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "renshe.cli.main", *map(str, args)]
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=env, check=False)


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project after its first round, not linked yet."""
    project = write_project(tmp_path_factory.mktemp("cli") / "项目 一", people())
    clean(project)
    return project


@pytest.fixture
def project(cleaned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(cleaned, tmp_path / "项目 一"))


def test_answers_are_taken_looked_up_and_taken_back(project: Path, tmp_path: Path) -> None:
    link(project)
    sheet = Sheet(link_folder(project) / "待核实.xlsx")
    sheet.fill(sheet.row_of("T1", "T2"), **RIGHT)
    sheet.fill(sheet.row_of("W1", "W2"), **(RIGHT | {"复核人": "张三"}))
    workbook = sheet.save(tmp_path / "核实.xlsx")
    run = renshe("link", project, "--answers", workbook)
    assert run.returncode == 0 and run.stderr == ""
    assert "填写 2 行：登记决定 1 条，未采纳 1 处" in run.stdout and "核实为同一人 1" in run.stdout
    assert f"下一次关联（renshe link {project}）应用" in run.stdout and "核实-未采纳.xlsx" in run.stdout
    listed = renshe("decisions", project, "--person", "T1")
    assert "核实为同一人  人员 医疗保险 T2 与 养老保险 T1" in listed.stdout and "关联时应用" in listed.stdout
    link(project)
    assert "已应用" in renshe("decisions", project, "--person", "T1").stdout
    told = json.loads(renshe("link", project, "--answers", workbook, "--json").stdout)
    assert told["samples"] is None and [one["recorded"] for one in told["answers"]["refused"]] == [True, False]
    # By the other number too; and decide takes the same workbook.
    [known] = json.loads(renshe("decisions", project, "--person", "T2", "--json").stdout)
    assert renshe("revoke", project, known["id"], "--by", "王主任", "--ground", "有误").returncode == 0
    assert "登记决定 1 条" in renshe("decide", project, workbook).stdout


def test_where_nothing_was_taken_the_exit_code_says_so(project: Path, tmp_path: Path) -> None:
    link(project)
    sheet = Sheet(link_folder(project) / "待核实.xlsx")
    sheet.fill(2, 结论="是")
    run = renshe("link", project, "--answers", sheet.save(tmp_path / "核实.xlsx"))
    assert run.returncode == 2 and "没有结论“是”" in run.stdout and run.stderr == ""


def test_a_sample_is_drawn_and_judged(project: Path, tmp_path: Path) -> None:
    run = renshe("link", project, "--sample", "30", "--seed", "5", "--json")
    assert run.returncode == 0
    told = json.loads(run.stdout)
    assert told["seed"] == 5 and sum(layer["drawn"] for layer in told["layers"]) == 30
    for path, name in zip(told["workbooks"], ("张判定", "李判定"), strict=True):
        sheet = Sheet(Path(path))
        for row in sheet.rows:
            sheet.fill(row, 判定="同一人")
        sheet.fill(2, 判定人=name)
        sheet.save(tmp_path / Path(path).name)
    both = [tmp_path / Path(path).name for path in told["workbooks"]]
    run = renshe("link", project, "--answers", both[0], "--answers", both[1])
    assert run.returncode == 0, run.stderr
    assert "抽样判定：采纳 60 行" in run.stdout and "准确率：1.0000（95% 置信区间 " in run.stdout
    again = renshe("link", project, "--sample", "30", "--answers", both[0])
    assert again.returncode == 2 and "不能同时用" in again.stderr and len(again.stderr.splitlines()) == 1
    trained = renshe("link", project, "--sample", "30", "--train")
    assert trained.returncode == 2 and "--sample 与 --train 不能同时用" in trained.stderr
    assert not (project / "linking").exists()


def test_a_sample_that_is_out_is_not_drawn_anew(project: Path) -> None:
    assert renshe("link", project, "--sample", "30").returncode == 0
    run = renshe("link", project, "--sample", "30")
    assert run.returncode == 2 and "上次抽样还没有判定完" in run.stderr and len(run.stderr.splitlines()) == 1


def test_rows_that_share_a_number_are_told_and_whose_papers_contradict_each_other(tmp_path: Path) -> None:
    systems = people()
    first, other = systems["pension"][:2]
    systems["pension"] += [replace(other, number=first.number), replace(other, phone="")]
    project = write_project(tmp_path / "项目", systems)
    clean(project)
    run = renshe("link", project)
    assert "另有 2 行人员与同系统的另一行编号相同，未单独比对；其中 1 个编号下的证件号码有效而不同" in run.stdout
    page = (link_folder(project) / "report.html").read_text("utf-8")
    assert "另有 2 行与同一系统的另一行编号相同" in page and "可能是两个人" in page
