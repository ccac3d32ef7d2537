"""A run that leans on an earlier one, and one on Spark, say what a full run on one machine says."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.engine.linking.conftest import Row, same_rows, write_round

from renshe.engine.linking import linking
from renshe.engine.linking.linking import link
from renshe.engine.simulate.confusions import confusions
from renshe.engine.simulate.linked import linked_records

FILES = ("links", "clusters", "unit_links", "unit_clusters")


def people(persons: int, seed: int) -> list[Row]:
    rows = linked_records(persons, seed, 0.3, confusions()).drop_columns(["person"]).to_pylist()
    return [{"person_no": row.pop("key"), **row} for row in rows]


def link_folder(project: Path, number: int) -> Path:
    return project / "rounds" / f"{number:04d}" / "link"


@pytest.mark.parametrize("change", ["nothing", "new rows", "other rows", "fewer rows"])
def test_leaning_on_the_run_before_changes_nothing(tmp_path: Path, change: str, monkeypatch: Any) -> None:
    before = people(1500, 7)
    after = list(before)
    if change == "new rows":
        after += [{**row, "system": "employment", "person_no": f"E{row['person_no']}"} for row in people(1500, 7)[:90]]
    elif change == "other rows":
        after = [{**row, "name": f"{row['name']}甲"} if at % 40 == 0 else row for at, row in enumerate(before)]
    elif change == "fewer rows":
        after = [row for at, row in enumerate(before) if at % 25]
    write_round(tmp_path, {"person": before}, 1)
    link(tmp_path)
    write_round(tmp_path, {"person": after}, 2)
    compared = []
    score = linking.score
    monkeypatch.setattr(linking, "score", lambda con, *rest: (compared.append(pairs(con)), score(con, *rest)))
    link(tmp_path)
    alone = tmp_path / "alone"
    write_round(alone, {"person": after}, 2)
    link(alone)
    for name in FILES:
        assert same_rows(link_folder(tmp_path, 2) / f"{name}.parquet", link_folder(alone, 2) / f"{name}.parquet"), name
    _, leaning, _, full = compared
    assert leaning <= full
    assert change != "nothing" or leaning == 0


def pairs(connection: Any) -> int:
    [(count,)] = connection.sql("SELECT count(*) FROM pairs").fetchall()
    return int(count)


def test_linking_a_round_again_puts_the_new_folder_in_the_place_of_the_old(tmp_path: Path) -> None:
    write_round(tmp_path, {"person": people(300, 8)})
    first = link(tmp_path)
    shutil.copy(first.folder / "links.parquet", tmp_path)
    link(tmp_path)
    assert same_rows(tmp_path / "links.parquet", first.folder / "links.parquet")
    assert [item.name for item in (tmp_path / "rounds" / "0001").iterdir() if item.name.startswith(".")] == []


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java (scripts/test-deps.sh)")
@pytest.mark.xdist_group("spark")
def test_spark_finds_the_same_links_and_clusters(tmp_path: Path) -> None:
    write_round(tmp_path, {"person": people(1500, 9)})
    link(tmp_path)
    for name in FILES:
        shutil.copy(link_folder(tmp_path, 1) / f"{name}.parquet", tmp_path)
    link(tmp_path, backend="spark")
    for name in FILES:
        assert same_rows(tmp_path / f"{name}.parquet", link_folder(tmp_path, 1) / f"{name}.parquet"), name
