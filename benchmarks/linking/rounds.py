"""A project with one round of the people of two systems, as ``renshe clean`` would leave it, and who they really are.

What linking reads of a round is its table of people and the day it judges by; all else of cleaning is left out, so that
a million people are made in seconds. ``truth.parquet`` tells system, key and person.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.simulate.confusions import confusions
from renshe.engine.simulate.linked import AS_OF, linked_records


def write_round(project: Path, persons: int, seed: int, damaged: float) -> int:
    """Write a project of two systems on ``persons`` people, ``damaged`` of their records; return how many these are."""
    records = linked_records(persons, seed, damaged, confusions())
    tables = project / "rounds" / "0001" / "tables"
    tables.mkdir(parents=True)
    pq.write_table(records.select(["system", "key", "person"]), project / "truth.parquet")
    people = records.drop_columns(["person"]).rename_columns({"key": "person_no"})
    nothing = pa.nulls(len(people), pa.string())
    for name in ("valid", "household_code"):
        people = people.append_column(name, nothing)
    people = people.append_column("source_file", pa.array(["people.csv"] * len(people)))
    people = people.append_column("source_row", pa.array(range(2, len(people) + 2), pa.int64()))
    pq.write_table(people, tables / "person.parquet", compression="zstd")
    (tables.parent / "manifest.json").write_text(
        json.dumps(
            {
                "round": 1,
                "name": "某市",
                "region": "220800",
                "as_of": AS_OF.isoformat(),
                "sources": [],
                "digests": {"findings": "0" * 16},
            }
        ),
        "utf-8",
    )
    (project / "project.toml").write_text("", "utf-8")
    return len(people)
