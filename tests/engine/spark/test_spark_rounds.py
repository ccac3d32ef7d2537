"""A round on Spark is a round: the same tables, findings and counts; where it cannot run, nothing is begun."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from renshe.engine.rounds.clean import clean
from renshe.engine.spark import session, worlds
from renshe.engine.spark.session import SparkUnavailableError, java_version, require_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

GOLDEN = Path(__file__).parents[2] / "golden" / "project"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The units of the golden project: files with few of the columns, values that are no values. All rules of all
    tables are judged on Spark by ``test_same_findings``."""
    copy = Path(shutil.copytree(GOLDEN, tmp_path / "项目 一"))
    head, *sources = (copy / "project.toml").read_text("utf-8").split("[[source]]")
    kept = [part for part in sources if '"unit"' in part]
    (copy / "project.toml").write_text("[[source]]".join([head, *kept]), "utf-8")
    return copy


def java(folder: Path, told: str) -> Path:
    """A Java that says of itself what ``told`` says."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{told}' >&2\n", "utf-8")
    program.chmod(0o755)
    return folder


@pytest.mark.req("S1-33")
def test_a_round_on_spark_has_the_digests_of_one_on_duckdb(
    spark: SparkSession, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As large projects run: tables in files, rows in several parts, code written for every query.
    monkeypatch.setattr(worlds, "IN_MEMORY", 0)
    one = clean(project).manifest
    other = clean(project, backend="spark").manifest
    assert (one["backend"], other["backend"]) == ("duckdb", "spark")
    for name in ("digests", "findings", "not_run", "not_run_of", "notes", "scores", "admission", "tables"):
        assert other[name] == one[name], name
    assert other["changes"]["new"] == other["changes"]["fixed"] == 0
    assert list((project / "cache" / "unfinished").iterdir()) == []


@pytest.mark.parametrize(
    ("told", "version"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "1.8.0_402"', 8), ('openjdk version "25"', 25)],
)
def test_the_version_of_java_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, version: int) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "jdk", told)))
    assert java_version() == version


def test_no_java_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java_version() is None


def test_without_pyspark_the_refusal_says_what_to_install(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SparkUnavailableError, match=r"没有安装 PySpark；请运行 pip install 'renshe\[spark\]'"):
        clean(project, backend="spark")
    assert not (project / "rounds").exists()


def test_an_old_java_is_named_with_what_spark_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.importlib.util, "find_spec", lambda _name: object())
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path / "jdk", 'openjdk version "11.0.2"')))
    with pytest.raises(SparkUnavailableError, match=r"Java 的版本是 11，Spark 需要 Java 17"):
        require_spark()


@pytest.mark.parametrize("command", [["clean"], ["rules", "test"]])
def test_the_command_refuses_in_one_line_with_code_2(tmp_path: Path, project: Path, command: list[str]) -> None:
    where = [str(project)] if command == ["clean"] else []
    run = subprocess.run(
        [sys.executable, "-m", "renshe.cli.main", *command, *where, "--backend", "spark"],
        capture_output=True,
        encoding="utf-8",
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "JAVA_HOME": str(tmp_path)},
        check=False,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("错误：--backend spark：没有")
    assert not (project / "rounds").exists()


def test_an_engine_that_is_not_there_is_refused_with_those_that_are(project: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "renshe.cli.main", "clean", str(project), "--backend", "polars"],
        capture_output=True,
        encoding="utf-8",
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        check=False,
    )
    assert run.returncode == 2
    assert "可用的有 duckdb、spark" in run.stderr
