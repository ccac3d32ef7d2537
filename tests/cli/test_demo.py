"""``renshe demo`` is the first thing anybody runs: it ends with its reports, and again without complaint."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from renshe.cli.main import app


def test_the_demo_ends_with_reports_that_are_there_and_runs_again(tmp_path: Path) -> None:
    for number in (1, 2):
        done = CliRunner().invoke(app, ["demo", str(tmp_path / "demo"), "--persons", "300"], catch_exceptions=False)
        assert done.exit_code == 0
        assert f"第 {number} 轮完成" in done.output
        paths = [Path(file) for file in re.findall(r"/\S+\.(?:html|xlsx)", done.output)]
        assert all(path.is_file() for path in paths)
        assert {"report.html", "report.xlsx", "待核实.xlsx", "coverage.xlsx", "合并方案.xlsx"} <= {
            path.name for path in paths
        }
        folders = {path.parent.name for path in paths if path.name.startswith("report.")}
        assert folders == {f"{number:04d}", "link", "pension__medical"}


def test_the_demo_ends_with_how_many_there_are_and_how_many_wait(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["demo", str(tmp_path / "demo"), "--persons", "1000"], catch_exceptions=False)
    *_, told, first, second = done.output.splitlines()
    manifest = json.loads((tmp_path / "demo/rounds/0001/link/manifest.json").read_text("utf-8"))
    assert f"{manifest['records']:,} 条人员记录实为 {manifest['entities']:,} 人" in told
    assert f"待核实 {manifest['decisions']['review']:,} 对人员" in told
    assert 1000 <= manifest["entities"] < 1020 and manifest["decisions"]["review"]
    assert Path(first.strip()).is_file() and Path(second.strip()).parts[-2:] == ("link", "report.html")


def test_the_demo_of_one_person_compares_what_there_is(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["demo", str(tmp_path / "demo"), "--persons", "1"], catch_exceptions=False)
    assert done.exit_code == 0 and "实为 1 人" in done.output


def test_the_demo_leaves_a_folder_of_somebody_else_alone(tmp_path: Path) -> None:
    (tmp_path / "重要.txt").write_text("不可覆盖", "utf-8")
    with pytest.raises(ValueError, match="不是空的"):
        CliRunner().invoke(app, ["demo", str(tmp_path)], catch_exceptions=False)
    assert [path.name for path in tmp_path.iterdir()] == ["重要.txt"]
