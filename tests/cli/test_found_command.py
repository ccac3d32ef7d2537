"""``renshe found``: a bureau of one's own begins at the command line, and its people's keys are seen by one alone."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook

pytestmark = pytest.mark.xdist_group("homes")
ROOT = Path(__file__).resolve().parents[2]


def renshe(folder: Path, *arguments: str, code: int = 0) -> str:
    other = ("RENSHE_", "DATABASE_", "DJANGO_", "LC_", "LANG")
    told = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    done = subprocess.run(
        [sys.executable, "-m", "renshe.cli.main", *arguments],
        env=told | {"PYTHONPATH": str(ROOT / "src"), "RENSHE_HOME": str(folder / "home")},
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_bureau_begins_from_the_workbook_and_once(tmp_path: Path) -> None:
    renshe(tmp_path, "found", "--template")
    assert not (tmp_path / "home").exists()
    wrong = load_workbook(tmp_path / "建局表.xlsx")
    wrong["机构"]["C3"] = "养老"
    wrong.save(tmp_path / "错.xlsx")
    told = renshe(tmp_path, "found", "错.xlsx", code=2).splitlines()
    assert len(told) == 2 and "机构第 3 行 类别" in told[0] and "什么都没有建立" in told[1]
    assert not (tmp_path / "home").exists()

    assert "机构 2 个" in renshe(tmp_path, "found")
    kept = tmp_path / "home" / "初始口令.csv"
    assert kept.stat().st_mode & 0o777 == 0o600
    with kept.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["工号"] for row in rows] == ["A001", "A002", "A003", "A004"]
    assert "还没有移走" in renshe(tmp_path, "found", code=2)
    kept.unlink()
    assert "这里已经有机构" in renshe(tmp_path, "found", code=2)
    assert not kept.exists()
    assert renshe(tmp_path, "check").endswith("检查通过\n")
