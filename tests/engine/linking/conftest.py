"""Rounds made of a few hundred invented people, with whoever a test is about among them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from renshe.engine.linking.linking import link
from renshe.engine.rounds.tables import round_columns
from renshe.engine.schema import columns
from renshe.engine.simulate.confusions import confusions
from renshe.engine.simulate.linked import linked_records
from renshe.standards.identity import id_check_char

Row = dict[str, Any]
Linked = Callable[..., "Links"]


def number(body: str) -> str:
    """Return the number of 18 digits that begins with ``body``, of 17."""
    return body + id_check_char(body)


def person(system: str, no: str, id_number: str | None, name: str, birth: str | None = None, **more: Any) -> Row:
    """Return a row of ``person``; ``birth`` as 1964-01-01."""
    born = None if birth is None else dt.date.fromisoformat(birth)
    return {"system": system, "person_no": no, "id_number": id_number, "name": name, "birth_date": born, **more}


class Links:
    """What a link run left, by pairs of numbers."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.folder = project / "rounds" / "0001" / "link"

    def pair(self, one: str, other: str, kind: str = "") -> Row:
        """Return the link of two records, a dict without anything where there is none."""
        rows = self.rows(f"{kind}links")
        found = [row for row in rows if {row["left_key"], row["right_key"]} == {one, other}]
        return found[0] if found else {}

    def decision(self, one: str, other: str, kind: str = "") -> str:
        """Return what became of two records; ``different`` where they are not even listed."""
        return str(self.pair(one, other, kind).get("decision", "different"))

    def cluster(self, key: str, kind: str = "") -> set[str]:
        """Return the keys of the cluster that ``key`` is in."""
        rows = self.rows(f"{kind}clusters")
        [own] = [row["cluster"] for row in rows if row["key"] == key]
        return {row["key"] for row in rows if row["cluster"] == own}

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a file."""
        return pq.read_table(self.folder / f"{name}.parquet").to_pylist()


def write_round(project: Path, tables: Mapping[str, Iterable[Row]], number: int = 1) -> None:
    """Write a round that has nothing but ``tables``."""
    folder = project / "rounds" / f"{number:04d}"
    (folder / "tables").mkdir(parents=True)
    for name, rows in tables.items():
        kinds = columns(name)
        schema = pa.schema([(column, kinds[column]) for column in round_columns(name)])
        placed = [{"source_file": f"{name}.csv", "source_row": at, **row} for at, row in enumerate(rows, 2)]
        pq.write_table(pa.Table.from_pylist(placed, schema), folder / "tables" / f"{name}.parquet")
    manifest = {"round": number, "name": "某市", "region": "220800", "as_of": "2021-05-31", "sources": []}
    manifest["digests"] = {"findings": "0123456789abcdef"}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.fixture(scope="session")
def crowd() -> list[Row]:
    """Some hundred people in two systems, nothing wrong with them."""
    rows = linked_records(400, 3, 0.0, confusions()).drop_columns(["person"]).to_pylist()
    return [{**{name: row[name] for name in row if name != "key"}, "person_no": row["key"]} for row in rows]


@pytest.fixture
def linked(tmp_path: Path, crowd: list[Row]) -> Linked:
    """Return a function that links the crowd with some rows more, and units if any."""

    def run(*people: Row, units: Iterable[Row] = (), alone: bool = False) -> Links:
        tables: dict[str, Iterable[Row]] = {"person": [*(() if alone else crowd), *people]}
        if units:
            tables["unit"] = units
        write_round(tmp_path, tables)
        link(tmp_path)
        return Links(tmp_path)

    return run


def same_rows(one: Path, other: Path) -> bool:
    """Whether two Parquet files hold the same rows."""
    a, b = (f"read_parquet('{path}')" for path in (one, other))
    differing = f"(FROM {a} EXCEPT FROM {b}) UNION ALL (FROM {b} EXCEPT FROM {a})"
    return duckdb.sql(f"SELECT count(*) FROM ({differing})").fetchall() == [(0,)]
