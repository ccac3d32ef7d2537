"""``renshe template``: a sheet goes out, is filled in, and comes back through ``renshe clean``."""

from __future__ import annotations

import io
import json
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import openpyxl
import pyarrow.parquet as pq
import pytest

from renshe.cli.main import main
from renshe.engine.templates.published import published
from renshe.standards.dictionary import TABLES, table

GOLDEN = Path(__file__).parents[1] / "golden" / "project"


@dataclass(frozen=True)
class Run:
    """What a command printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def renshe(folder: Path, *args: str) -> Run:
    """Run the command in this process, inside ``folder``: a process of its own for each costs seconds."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["renshe", *args])
        patch.setenv("LC_ALL", "C.UTF-8")
        with pytest.raises(SystemExit) as ended:
            main()
    code = ended.value.code
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(cast("io.BytesIO", stream.buffer).getvalue().decode("utf-8"))
    return Run(code if isinstance(code, int) else 0, *texts)


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden project after one round."""
    folder = Path(shutil.copytree(GOLDEN, tmp_path_factory.mktemp("project") / "项目"))
    assert renshe(folder, "clean", ".").returncode == 0
    return folder


@pytest.fixture
def project(cleaned: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(cleaned, tmp_path / "项目"))


def people(project: Path, number: int) -> list[dict[str, Any]]:
    fields = table("person").names
    rows = pq.read_table(project / f"rounds/{number:04d}/tables/person.parquet").to_pylist()
    picked = [{name: row[name] for name in fields} for row in rows if row["system"] == "pension"]
    return sorted(picked, key=str)


@pytest.mark.req("S0-42")
def test_a_template_filled_from_a_round_reads_back_as_the_same_table(project: Path) -> None:
    run = renshe(project, "template", "person", "--rows", ".", "--out", "采集.xlsx", "--ordered", "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["rows"] == told["load"]["rows_read"] == len(people(project, 1))
    refused = {one["row"] for one in told["load"]["refused"]}
    toml = project / "project.toml"
    toml.write_text(toml.read_text("utf-8").replace("人员.csv", "采集.xlsx"), "utf-8")
    again = renshe(project, "clean", ".", "--json")
    assert again.returncode == 0, again.stderr
    manifest = json.loads(again.stdout)
    (source,) = [one for one in manifest["sources"] if one["file"] == "采集.xlsx"]
    assert source["rows_read"] == source["rows_loaded"] + source["rows_rejected"] == told["rows"]
    assert source["rows_rejected"] == len(refused) == told["load"]["rows_rejected"]
    kept = people(project, 2)
    assert [row for row in people(project, 1) if row in kept] == kept
    assert len(kept) == source["rows_loaded"]
    assert source["layout"]["notes"] == []


@pytest.mark.req("S1-9", part="re-collect")
def test_what_the_clerks_complete_is_a_finding_no_more(project: Path) -> None:
    assert renshe(project, "template", "人员", "--rows", ".", "--out", "补采.xlsx").returncode == 0
    book = openpyxl.load_workbook(project / "补采.xlsx")
    sheet = book.worksheets[0]
    missing = [cell for row in sheet.iter_rows(min_row=3, max_col=4) for cell in row if cell.value is None]
    assert missing
    for cell in missing:
        cell.value = {1: "99990001", 2: "01 居民身份证", 3: "11010519491231002X", 4: "王补采"}[cell.column]
    book.save(project / "补采.xlsx")
    toml = project / "project.toml"
    toml.write_text(toml.read_text("utf-8").replace("人员.csv", "补采.xlsx"), "utf-8")
    assert renshe(project, "clean", ".").returncode == 0
    fields = ("person_no", "id_number", "name")
    empty = [[row for row in people(project, number) if any(row[name] is None for name in fields)] for number in (1, 2)]
    assert empty[0]
    assert not empty[1]


@pytest.mark.req("S0-3")
@pytest.mark.req("S0-32")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda sheet: sheet.__setitem__("D2", "名字"), "D2 应为“*姓名”，现为“名字”"),
        (
            lambda sheet: sheet.move_range("A3:AG3", rows=40),
            "应是模板原第 3 行（它现在在第 43 行），现在却是模板原第 4 行",
        ),
    ],
)
def test_clean_refuses_a_changed_template_in_one_line_and_makes_no_round(project: Path, change: Any, said: str) -> None:
    renshe(project, "template", "person", "--rows", ".", "--out", "采集.xlsx", "--ordered")
    book = openpyxl.load_workbook(project / "采集.xlsx")
    change(book.worksheets[0])
    book.save(project / "采集.xlsx")
    toml = project / "project.toml"
    toml.write_text(toml.read_text("utf-8").replace("人员.csv", "采集.xlsx"), "utf-8")
    run = renshe(project, "clean", ".")
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert "采集.xlsx（project.toml" in run.stderr
    assert said in run.stderr
    assert [path.name for path in (project / "rounds").iterdir()] == ["0001"]


def test_check_names_each_refused_cell_and_writes_the_report(tmp_path: Path) -> None:
    assert renshe(tmp_path, "template", "单位").returncode == 0
    path = tmp_path / "单位采集模板.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet["A3"], sheet["C3"] = "1001", "某某公司"
    sheet["A4"], sheet["G4"] = "1002", "不知道"
    book.save(path)
    said = renshe(tmp_path, "template", "--check", path.name)
    assert said.returncode == 0
    assert "接收 1 行，拒收 1 行" in said.stdout
    assert "第 4 行：G4“单位类型”：不在代码表中" in said.stdout
    told = json.loads(renshe(tmp_path, "template", "--check", path.name, "--json").stdout)
    assert (told["rows_read"], told["rows_loaded"], told["rows_rejected"]) == (2, 1, 1)
    assert [(one["row"], one["cell"]) for one in told["refused"]] == [(4, "G4")]
    assert told["unfilled"]["统一社会信用代码"] == 1
    assert (tmp_path / "单位采集模板-装载报告.xlsx").is_file()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["template"], "没有写表名"),
        (["template", "people"], "没有标准表 people"),
        (["template", "person", "--ordered"], "--ordered 要与 --rows 一起用"),
        (["template", "person", "--system", "pension"], "--system 要与 --rows 一起用"),
        (["template", "person", "--rows", "."], "还没有完成的轮次"),
        (["template", "person", "--check", "x.xlsx"], "--check 不与"),
        (["template", "--check", "没有.xlsx"], "没有.xlsx"),
        (["template", "person", "--out", "x.csv"], "只能存为 xlsx"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_its_remedy_and_changes_nothing(
    tmp_path: Path, args: list[str], said: str
) -> None:
    run = renshe(tmp_path, *args)
    assert run.returncode == 2
    assert said in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_rows_of_a_table_or_system_that_is_not_there_are_refused(project: Path) -> None:
    assert "没有表 transfer" in renshe(project, "template", "transfer", "--rows", ".").stderr
    assert "没有这个系统" in renshe(project, "template", "person", "--rows", ".", "--system", "x").stderr
    assert not list(project.glob("*模板*"))


def test_every_table_of_a_round_can_be_handed_out_in_the_order_of_its_source(cleaned: Path) -> None:
    seen = 0
    for name in TABLES:
        if (cleaned / f"rounds/0001/tables/{name}.parquet").is_file():
            rows = published(cleaned / "rounds/0001", name, "pension")
            keys = [json.loads(key) for key, _ in rows.rows()]
            assert [key[0] for key in keys] == list(range(1, rows.count + 1))
            assert [key[3] for key in keys] == sorted(key[3] for key in keys)
            seen += 1
    assert seen >= 4
