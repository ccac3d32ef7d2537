"""A round is complete or not there, and the same inputs give the same round."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from renshe.engine.project import ProjectError
from renshe.engine.rounds.clean import clean
from renshe.engine.rounds.store import BusyError, Store

GOLDEN = Path(__file__).parents[2] / "golden" / "project"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the golden project."""
    return Path(shutil.copytree(GOLDEN, tmp_path / "项目"))


def test_rows_read_are_rows_loaded_and_rejected_per_source(project: Path) -> None:
    manifest = clean(project).manifest
    for source in manifest["sources"]:
        assert source["rows_read"] == source["rows_loaded"] + source["rows_rejected"]
    rejects = pq.read_table(project / "rounds/0001/rejects.parquet").to_pylist()
    assert len(rejects) == sum(source["rows_rejected"] for source in manifest["sources"])
    assert {"source_file", "source_row", "reason", "raw"} <= set(rejects[0])


@pytest.mark.req("S1-19")
def test_the_same_inputs_give_the_same_digests_and_no_change(project: Path) -> None:
    first, second = clean(project), clean(project)
    assert first.manifest["digests"] == second.manifest["digests"]
    assert second.manifest["changes"] == {
        "fixed": 0,
        "new": 0,
        "open": first.manifest["changes"]["new"],
        "reopened": 0,
    }
    page = (project / "rounds/0002/report.html").read_text("utf-8")
    assert "第 1 轮</th>" in page and "第 2 轮</th>" in page, "the trend knows the rounds before"


@pytest.mark.req("S1-12", "S1-15", part="detect")
def test_what_was_mended_and_broken_again_is_reopened(project: Path) -> None:
    people = project / "人员.csv"
    broken = people.read_bytes()
    mended = broken.replace(
        "1004,220802196008150033,孙德福,女".encode("gb18030"), "1004,220802196008150033,孙德福,男".encode("gb18030")
    )
    assert mended != broken
    clean(project)
    people.write_bytes(mended)
    assert clean(project).manifest["changes"]["fixed"] == 1
    people.write_bytes(broken)
    manifest = clean(project).manifest
    assert manifest["changes"]["reopened"] == 1
    changes = duckdb.sql(f"SELECT * FROM '{project}/rounds/0003/changes.parquet' WHERE state = 'reopened'").fetchall()
    assert [row[0] for row in changes] == ["PER-SEX-ID"]


def test_a_digest_does_not_depend_on_the_order_of_rows(project: Path) -> None:
    before = clean(project).manifest["digests"]
    units = project / "单位.csv"
    head, *rows = units.read_text("utf-8-sig").splitlines()
    units.write_text("\n".join([head, *reversed(rows)]), "utf-8-sig")
    after = clean(project).manifest["digests"]
    assert after["unit"] != before["unit"], "source rows moved: the trace back to the file differs"
    assert after["person"] == before["person"]


def test_every_source_is_kept_once_by_digest(project: Path) -> None:
    clean(project)
    clean(project)
    manifest = json.loads((project / "rounds/0002/manifest.json").read_text("utf-8"))
    kept = {path.name for path in (project / "sources").iterdir()}
    assert kept == {source["sha256"] for source in manifest["sources"]}


def test_rounds_are_readable_by_their_owner_only(project: Path) -> None:
    clean(project)
    for path in [project / "rounds/0001", *(project / "rounds/0001").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_run_is_refused_while_one_is_at_work(project: Path) -> None:
    with Store(project).locked(), pytest.raises(BusyError, match="另一个 renshe"):
        clean(project)
    assert not list((project / "rounds").iterdir())


def test_bad_configuration_changes_nothing(project: Path) -> None:
    toml = project / "project.toml"
    toml.write_text(toml.read_text("utf-8").replace("人员.csv", "人员表.csv"), "utf-8")
    with pytest.raises(ProjectError, match=r"人员表\.csv 不存在"):
        clean(project)
    assert not (project / "rounds").exists()


def test_an_unfinished_round_is_not_seen_where_rounds_are_looked_for(project: Path) -> None:
    store = Store(project)
    with store.locked(), store.new_round() as (_, partial):
        (partial / "manifest.json").write_text("{}", "utf-8")
        assert list((project / "rounds").rglob("*")) == []
    assert (project / "rounds/0001/manifest.json").is_file()


def test_what_killed_runs_left_under_any_name_is_swept(project: Path) -> None:
    left = [project / "rounds/0001.77.tmp", project / "rounds/.0001.77.tmp", project / "cache/unfinished/.0001.77.tmp"]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}", "utf-8")
    with Store(project).locked():
        assert not any(folder.exists() for folder in left)


@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.2, 1.6, 2.0])
def test_a_killed_run_leaves_no_half_round_and_the_next_succeeds(project: Path, seconds: float) -> None:
    run = subprocess.Popen([sys.executable, "-m", "renshe.cli.main", "clean", str(project)], stdout=subprocess.DEVNULL)
    time.sleep(seconds)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    whole = list((project / "rounds").glob("*"))
    for path in whole:
        assert (path / "manifest.json").is_file() and (path / "report.html").is_file()
    assert clean(project).number == len(whole) + 1
    folders = ("rounds", "sources", "cache/staged", "cache/unfinished")
    left = [path.name for folder in folders for path in (project / folder).glob("*.tmp")]
    assert [name for name in left if "spill" not in name] == []
