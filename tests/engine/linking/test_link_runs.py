"""A run that leans on an earlier one says what a full run says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
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


_DAMAGE = {
    "manifest": ["manifest.json"],
    "links": ["links.parquet", "unit_links.parquet"],
    "clusters": ["clusters.parquet"],
    "state": [f"state/person/{name}.parquet" for name in ("records", "scored", "crowded")],
    "what the state is of": ["state/person/made_of.json"],
    "figures": ["figures.json"],
}


@pytest.mark.parametrize("same_round", [True, False])
@pytest.mark.parametrize("damage", _DAMAGE)
def test_a_damaged_run_is_passed_over_and_the_links_are_those_of_a_full_one(
    tmp_path: Path, damage: str, same_round: bool
) -> None:
    rows = people(60, 7)
    write_round(tmp_path, {"person": rows}, 1)
    folder = link(tmp_path).folder
    whole = {name: (folder / f"{name}.parquet").read_bytes() for name in FILES}
    for name in _DAMAGE[damage]:
        (folder / name).write_bytes((folder / name).read_bytes()[:40])
    if not same_round:
        write_round(tmp_path, {"person": rows}, 2)
    found = link(tmp_path).folder
    assert {name: (found / f"{name}.parquet").read_bytes() for name in FILES} == whole
    moved = json.loads((found / "figures.json").read_text("utf-8"))["parts"][0]["moved"]
    assert (moved is None) is (damage in ("manifest", "links", "clusters"))


def test_a_state_that_was_changed_within_is_not_leaned_on(tmp_path: Path) -> None:
    write_round(tmp_path, {"person": people(60, 7)}, 1)
    folder = link(tmp_path).folder
    whole = (folder / "links.parquet").read_bytes()
    state = folder / "state" / "person" / "scored.parquet"
    weights = pq.read_table(state)
    state.chmod(0o600)
    pq.write_table(weights.slice(0, weights.num_rows // 2), state)
    assert (link(tmp_path).folder / "links.parquet").read_bytes() == whole


def test_the_run_of_a_version_that_knew_no_units_is_passed_over(tmp_path: Path) -> None:
    write_round(tmp_path, {"person": people(60, 7)}, 1)
    folder = link(tmp_path).folder
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**told, "units": None}), "utf-8")
    for name in ("unit_links.parquet", "unit_clusters.parquet", "figures.json", "frame.parquet"):
        (folder / name).unlink()
    link(tmp_path)
    parts = json.loads((folder / "figures.json").read_text("utf-8"))["parts"]
    assert [(part["entity"], part["moved"] is None) for part in parts] == [("person", False), ("unit", True)]


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
