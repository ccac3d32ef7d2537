"""A finished round opened for reading: its tables as relations, and who is who as the link of this very round says.

Rule: what is compared or counted afterwards is the newest round as it stands, and of it the rows that count (``valid``
is not "0"). Who is who is taken from the link of the same round, never of an earlier one.

Invariant: nothing is written. Every standard table is a relation, without rows where the round does not have it; a
person's record is known by ``record_key``, as the link knows it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.project import ProjectError
from renshe.engine.rounds.store import Store
from renshe.engine.rounds.tables import round_columns
from renshe.engine.rules.compiling import quote
from renshe.engine.schema import columns
from renshe.standards.dictionary import TABLES

LINK = "link"
ANSWERED = "answered.json"
"""In the folder of a link: the ids of the decisions on pairs that stood when it was made."""
_LINKED = {
    "clusters": ("cluster", "system", "key"),
    "unit_clusters": ("cluster", "system", "key"),
    "links": ("left_system", "left_key", "right_system", "right_key", "weight", "decision", "why"),
}


@dataclass(frozen=True, slots=True)
class Finished:
    """A round that is there: where it is, and what its manifest says."""

    store: Store
    number: int
    folder: Path
    manifest: Mapping[str, Any]

    def systems(self, table: str) -> list[str]:
        """Return the systems that brought rows of ``table``, in the order of the project."""
        found = [one["system"] for one in self.manifest["sources"] if one["table"] == table and one["rows_loaded"]]
        return list(dict.fromkeys(found))

    def open_tables(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the rows that count of every standard table known as ``t_<table>``, with ``place``: their order."""
        for name in TABLES:
            file = self.folder / "tables" / f"{name}.parquet"
            if file.exists():
                rows = f"SELECT * RENAME (file_row_number AS place) FROM read_parquet({quote(str(file))}, {_NUMBERED})"
            else:
                kinds = columns(name)
                schema = pa.schema([*((one, kinds[one]) for one in round_columns(name)), ("place", pa.int64())])
                connection.register(f"none_{name}", schema.empty_table())
                rows = f"SELECT * FROM none_{name}"
            connection.execute(f"CREATE TEMP VIEW t_{name} AS FROM ({rows}) WHERE valid IS DISTINCT FROM '0'")

    def record_key(self) -> str:
        """Return SQL of what a row of ``person`` is known by in its system: its number, else where it stands."""
        files = Counter(one["system"] for one in self.manifest["sources"] if one["table"] == "person")
        several = [quote(system) for system, count in files.items() if count > 1]
        row = "'row:' || source_row"
        if several:
            named = "'row:' || source_file || ':' || source_row"
            row = f"CASE WHEN system IN ({', '.join(several)}) THEN {named} ELSE {row} END"
        return f"coalesce(person_no, {row})"

    def has_link(self) -> bool:
        """Whether persons of this round were linked."""
        return (self.folder / LINK / "clusters.parquet").is_file()

    def require_link(self) -> None:
        """Raise ProjectError where the persons of this round were not linked."""
        if not self.has_link():
            raise ProjectError(
                f"{self.folder}：第 {self.number} 轮还没有关联，不知道各系统中谁是谁（以前各轮的关联不算）；"
                f"请先运行 renshe link {self.store.project}"
            )

    def open_link(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the link known as ``clusters``, ``unit_clusters`` and ``links``: without rows what is not there."""
        for name, asked in _LINKED.items():
            file = self.folder / LINK / f"{name}.parquet"
            names = ", ".join(f"CAST({one} AS {'DOUBLE' if one == 'weight' else 'VARCHAR'}) AS {one}" for one in asked)
            if file.exists():
                require_readable(file, asked)
                connection.execute(f"CREATE TEMP VIEW {name} AS SELECT {names} FROM read_parquet({quote(str(file))})")
            else:
                nothing = ", ".join(f"NULL AS {one}" for one in asked)
                connection.execute(f"CREATE TEMP VIEW {name} AS SELECT {names} FROM (SELECT {nothing}) WHERE FALSE")


_NUMBERED = "file_row_number=true"


def require_readable(file: Path, asked: tuple[str, ...]) -> None:
    """Raise ProjectError where the columns ``asked`` of a file of the link cannot be read from end to end."""
    try:
        with pq.ParquetFile(file) as opened:
            lacking = [name for name in asked if name not in opened.schema_arrow.names]
            for _ in opened.iter_batches(columns=[] if lacking else list(asked)):
                pass
    except (OSError, pa.ArrowException):
        lacking = ["内容"]
    if lacking:
        raise ProjectError(f"{file}：损坏或缺少 {'、'.join(lacking)}；请重新运行 renshe link，会整个重做")


@contextmanager
def newest_held(project: Path) -> Iterator[Finished]:
    """Hold the project and yield its newest round; ProjectError where there is none, BusyError as ``locked`` has it."""
    # Nothing is touched where there is nothing to read.
    newest_round(project)
    with Store(project).locked():
        yield newest_round(project)


def newest_round(project: Path) -> Finished:
    """Return the newest round of the project in the folder ``project``; ProjectError where there is none."""
    store = Store(project)
    numbers = store.numbers()
    if not numbers:
        store.require()
        raise ProjectError(f"{project}：还没有完成的轮次；请先运行 renshe clean {project}")
    folder = store.folder(numbers[-1])
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise ProjectError(f"{folder}：manifest.json 损坏；请从备份恢复，或重新运行 renshe clean {project}") from None
    return Finished(store, numbers[-1], folder, manifest)
