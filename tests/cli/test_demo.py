"""``renshe demo`` is the first thing anybody runs: it ends with its reports, and again without complaint."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("homes")


STATES = ("草稿", "办理中", "退回补正", "办结", "不予办理", "撤回")


def renshe(*arguments: str, code: int = 0, **more: str) -> str:
    """Run the command as a user does: a bureau belongs to a process of its own."""
    other = ("RENSHE_", "DATABASE_", "DJANGO_", "LC_", "LANG")
    told = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    done = subprocess.run(
        [sys.executable, "-m", "renshe.cli.main", *arguments],
        env=told | {"PYTHONPATH": str(ROOT / "src")} | more,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_demo_ends_with_reports_and_a_bureau_that_are_there_and_runs_again(tmp_path: Path) -> None:
    target = tmp_path / "demo"
    secrets = []
    for number in (1, 2):
        output = renshe("demo", str(target), "--persons", "500")
        assert f"第 {number} 轮完成" in output
        paths = [Path(file) for file in re.findall(r"/\S+\.(?:html|xlsx)", output)]
        assert [path for path in paths if not path.is_file()] == []
        assert {"report.html", "report.xlsx", "待核实.xlsx", "coverage.xlsx", "合并方案.xlsx"} <= {
            path.name for path in paths
        }
        folders = {path.parent.name for path in paths if path.name.startswith("report.")}
        assert folders == {f"{number:04d}", "link", "pension__medical"}
        assert f"RENSHE_HOME={target}/home renshe serve" in output
        assert ("示范业务 8 笔" in output) and all(one in output for one in STATES)
        _tells_how_many_there_are_and_how_many_wait(output.splitlines(), target / f"rounds/{number:04d}")
        secrets += re.findall(r"密钥 ([A-Z2-7]{32})", output)
    assert len(secrets) == 2 and secrets[0] == secrets[1]
    assert re.fullmatch(r"\d{6}（\d+ 秒内有效）\n", renshe("demo", "--code", str(target)))
    people = (target / "home" / "示范人员.csv").read_text("utf-8-sig").splitlines()
    assert people[0] == "工号,姓名,机构,岗位" and any(line.startswith("sp220822,") for line in people)
    assert renshe("check", RENSHE_HOME=str(target / "home")).endswith("检查通过\n")


def _tells_how_many_there_are_and_how_many_wait(lines: list[str], folder: Path) -> None:
    at = next(number for number, line in enumerate(lines) if line.startswith("示范局已建立"))
    told, first, second = lines[at - 3 : at]
    manifest = json.loads((folder / "link/manifest.json").read_text("utf-8"))
    assert f"{manifest['records']:,} 条人员记录实为 {manifest['entities']:,} 人" in told
    assert f"待核实 {manifest['decisions']['review']:,} 对人员" in told
    assert 500 <= manifest["entities"] < 515 and manifest["decisions"]["review"]
    assert Path(first.strip()).is_file() and Path(second.strip()).parts[-2:] == ("link", "report.html")


def test_the_demo_of_one_person_compares_what_there_is(tmp_path: Path) -> None:
    assert "实为 1 人" in renshe("demo", str(tmp_path / "demo"), "--persons", "1")


def test_the_demo_leaves_a_folder_of_somebody_else_alone(tmp_path: Path) -> None:
    (tmp_path / "重要.txt").write_text("不可覆盖", "utf-8")
    assert "不是空的" in renshe("demo", str(tmp_path), code=2)
    assert [path.name for path in tmp_path.iterdir()] == ["重要.txt"]


BUREAU = """
from renshe.core.database.connect import set_up
set_up(begin=True)
from renshe.core.journal.context import Context, declared
from renshe.core.journal.installing import migrate
from renshe.core.org.setting_up import agency_install, region_install
migrate("renshe_app", "test")
with declared(Context(operator="setup", reason="建局")):
    region = region_install(code="330000", name="某省")
    agency_install(number="a-1", name="某省社会保险局", kind="pension", region=region)
"""


def test_the_demo_stays_out_of_a_bureau_of_somebodys(tmp_path: Path) -> None:
    home = {"RENSHE_HOME": str(tmp_path / "home")}
    subprocess.run(
        [sys.executable, "-c", BUREAU], env=os.environ | home | {"PYTHONPATH": str(ROOT / "src")}, check=True
    )
    saved = renshe("backup", "--json", **home)
    assert "某省社会保险局" in renshe("demo", str(tmp_path / "demo"), "--persons", "1", code=2, **home)
    assert "某省社会保险局" in renshe("demo", "--code", str(tmp_path / "demo"), code=2, **home)
    # More by what the register says of the first backup: its row, and the journal's entry.
    assert json.loads(renshe("backup", "--json", **home))["rows"] == json.loads(saved)["rows"] + 2
    assert not (tmp_path / "home" / "示范人员.csv").exists()
