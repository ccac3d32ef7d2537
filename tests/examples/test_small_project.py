"""The small example finds exactly what its own README says, so that a reader may trust both."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from renshe.engine.rounds.clean import clean

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/small"
FILES = ("project.toml", "person.csv", "contribution.csv", "parameter.csv")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("small")
    for name in FILES:
        shutil.copy(EXAMPLE / name, project)
    return clean(project).folder


def test_the_findings_are_those_of_the_readme(folder: Path) -> None:
    told = re.findall(
        r"^\| (\S+\.csv) \| (\d+) \| ([A-Z-]+) \|", (EXAMPLE / "README.md").read_text("utf-8"), re.MULTILINE
    )
    found = pq.read_table(folder / "findings.parquet", columns=["source_file", "source_row", "rule"]).to_pylist()
    assert len(told) == 15
    assert sorted((row["source_file"], str(row["source_row"]), row["rule"]) for row in found) == sorted(told)


def test_the_total_line_is_the_only_reject(folder: Path) -> None:
    rejects = pq.read_table(folder / "rejects.parquet", columns=["source_file", "source_row", "reason"]).to_pylist()
    assert rejects == [{"source_file": "person.csv", "source_row": 15, "reason": "合计行"}]


def test_rare_characters_and_every_way_to_write_a_date_arrive(folder: Path) -> None:
    people = pq.read_table(folder / "tables/person.parquet", columns=["person_no", "name", "birth_date"]).to_pylist()
    assert len(people) == 12
    assert all(row["birth_date"] is not None for row in people)
    assert next(row["name"] for row in people if row["person_no"] == "5003") == "马㛃"
