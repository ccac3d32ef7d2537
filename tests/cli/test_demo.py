"""``renshe demo`` is the first thing anybody runs: it ends with the report's path, and again without complaint."""

from __future__ import annotations

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
        files = re.findall(r"(?:报告|问题清单)：(.*)$", done.output, re.MULTILINE)
        assert len(files) == 2
        assert all(Path(file).is_file() for file in files)


def test_the_demo_leaves_a_folder_of_somebody_else_alone(tmp_path: Path) -> None:
    (tmp_path / "重要.txt").write_text("不可覆盖", "utf-8")
    with pytest.raises(ValueError, match="不是空的"):
        CliRunner().invoke(app, ["demo", str(tmp_path)], catch_exceptions=False)
    assert [path.name for path in tmp_path.iterdir()] == ["重要.txt"]
