"""``renshe compare`` and ``renshe coverage``: exit codes, one line of error, counts and no people."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engine.comparing import test_two_systems as two
from tests.engine.comparing.conftest import World
from tests.engine.coverage import test_household_register as register

ROOT = Path(__file__).parents[2]


def renshe(*args: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "renshe.cli.main", *map(str, args)]
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=env, cwd=cwd, check=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a register, linked."""
    folder = tmp_path_factory.mktemp("cli") / "项目 一"
    return World(folder, list(register.SOURCES), register.groups()).round()


def no_people(text: str) -> bool:
    """Whether a text names nobody: neither a name nor a number of a person."""
    names = [*register.HOUSEHOLD.values(), "李建国", "张偉"]
    return not any(name in text for name in names) and "22080219" not in text


@pytest.mark.req("S0-9", "S0-40")
def test_two_systems_are_compared_in_counts_and_nobody_is_named(project: Path) -> None:
    run = renshe("compare", project, "police", "pension")
    assert run.returncode == 0 and run.stderr == "" and no_people(run.stdout)
    assert "用关联结果（link）配对" in run.stdout and "只在公安" in run.stdout and "report.xlsx" in run.stdout
    inside = renshe("compare", "pension", "police", "--json", cwd=project)
    told = json.loads(inside.stdout)
    assert inside.returncode == 0 and told["folder"].endswith("compare/pension__police")
    assert told["by"] == "link" and no_people(inside.stdout)
    asked = renshe("compare", project, "police", "pension", "--by", "number")
    assert asked.returncode == 0 and "按要求按个人编号配对" in asked.stdout


def test_what_compare_cannot_do_is_one_line_and_exit_2(project: Path, tmp_path: Path) -> None:
    for args, said in (
        ((project, "pension"), "要写两个系统"),
        ((project, "police", "pension", "medical"), "要写两个系统"),
        ((project, "police", "nobody"), "没有系统 nobody"),
        ((project, "police", "pension", "--by", "name"), "可用的有 link、number"),
        ((tmp_path, "police", "pension"), "不是项目文件夹"),
    ):
        run = renshe("compare", *args)
        assert (run.returncode, run.stdout) == (2, "") and said in run.stderr and len(run.stderr.splitlines()) == 1
    bare = renshe("compare")
    assert bare.returncode == 2 and "缺少参数" in bare.stderr


@pytest.mark.req("S3-9", "S3-18", "S3-19")
def test_the_register_is_told_in_counts_and_the_ministrys_list_on_demand(project: Path) -> None:
    run = renshe("coverage", project)
    assert run.returncode == 0 and run.stderr == "" and no_people(run.stdout)
    assert "户籍人员 19 人" in run.stdout and "未参保 9" in run.stdout and "入户名单" in run.stdout
    assert not (project / "rounds/0001/coverage/ministry.csv").exists()
    asked = renshe("coverage", "--ministry", "--json", cwd=project)
    assert asked.returncode == 0 and json.loads(asked.stdout)["ministry"]["listed"] == 9
    assert (project / "rounds/0001/coverage/ministry.csv").exists()


def test_what_coverage_cannot_do_is_one_line_and_exit_2(tmp_path: Path) -> None:
    made = World(tmp_path / "项目", [("pension", "person", two.PENSION)])
    run = renshe("coverage", made.round())
    assert (run.returncode, run.stdout) == (2, "") and "没有户籍人员" in run.stderr
    assert len(run.stderr.splitlines()) == 1
