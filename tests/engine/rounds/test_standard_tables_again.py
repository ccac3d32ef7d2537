"""A round's standard tables are data in the standard form: another project takes them as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from renshe.engine.rounds.clean import clean
from renshe.standards.dictionary import table

GOLDEN = Path(__file__).resolve().parents[2] / "golden/project"
TABLES = ("person", "enrolment", "contribution", "account")


@pytest.mark.req("S0-44", part="standard tables")
def test_standard_tables_are_taken_again_without_loss(tmp_path: Path) -> None:
    first = tmp_path / "first"
    shutil.copytree(GOLDEN, first)
    tables = clean(first).folder / "tables"
    there = [name for name in TABLES if (tables / f"{name}.parquet").exists()]
    assert "person" in there and "contribution" in there
    second = tmp_path / "second"
    second.mkdir()
    toml = '[project]\nname = "再用"\nregion = "220800"\nas_of = 2021-05-31\n'
    expected = {}
    for name in there:
        rows = pq.read_table(tables / f"{name}.parquet")
        system = sorted(set(rows["system"].to_pylist()))[0]
        own = rows.filter([value == system for value in rows["system"].to_pylist()])
        expected[name] = own.select(table(name).names).to_pylist()
        # Empty columns say nothing; those that hold text which is no value of theirs are another story.
        pq.write_table(own.select(table(name).names), second / f"{name}.parquet")
        toml += f'[[source]]\nsystem = "{system}"\ntable = "{name}"\nfile = "{name}.parquet"\n'
    (second / "project.toml").write_text(toml, "utf-8")
    again = clean(second).folder / "tables"
    for name in there:
        assert pq.read_table(again / f"{name}.parquet").select(table(name).names).to_pylist() == expected[name]
