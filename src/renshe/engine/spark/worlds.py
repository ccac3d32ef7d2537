"""Data sets as Spark tables: typed columns from staging, facts computed where the rows are.

Several data sets ("worlds": a project is one, the example of a rule is another) are judged in one go; no row of one
ever meets a row of another. ``s_<table>`` holds every row, ``a_<table>`` those that count, ``j_<table>`` those that
are judged, as in ``rules.dataset``; besides, each row knows its world and as of when it is judged.

Invariant: facts come from ``compute_facts``, the function that staging uses, over the same typed columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from renshe.engine.rules.dialects import SPARK
from renshe.engine.rules.holdings import Holdings, judged_condition
from renshe.engine.rules.typed import sql_type
from renshe.engine.schema import columns, facts, system_kind
from renshe.engine.staging.facts import compute_facts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

_SRC = "_src"
# Data sets of no more rows than these are held in memory, in one part.
IN_MEMORY = 100_000
# What a row of ``s_<table>`` has besides the columns of its table.
_PLACE: dict[str, pa.DataType] = {
    _SRC: pa.int32(),
    "rid": pa.int64(),
    "_sys": pa.int32(),
    "_system_kind": pa.string(),
    "_world": pa.int32(),
    "_region": pa.string(),
    "_as_of": pa.date32(),
    "_as_of_month": pa.int32(),
}


@dataclass(frozen=True, slots=True)
class World:
    """A data set that is judged by itself; ``rules`` limits by which rules (None: all)."""

    holdings: Holdings
    rules: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class _Origin:
    """What every row of one source has in common."""

    system: int
    kind: str
    world: int
    region: str
    as_of: date
    spoken: Mapping[str, str]


class Worlds(Holdings):
    """All sources of several data sets, with the world that each belongs to.

    What the data sets hold must agree in the columns of each table: expressions are compiled once for all.
    """

    def __init__(self, worlds: Sequence[World]) -> None:
        first = worlds[0].holdings
        sources = [source for world in worlds for source in world.holdings.sources]
        super().__init__(sources, as_of=first.as_of, region=first.region, parameters=first.parameters)
        self.worlds = list(worlds)
        self.starts: list[int] = []
        self.origins: list[_Origin] = []
        numbers: dict[tuple[int, str], int] = {}
        for number, world in enumerate(worlds):
            self.starts.append(len(self.origins))
            for source in world.holdings.sources:
                system = numbers.setdefault((number, source.system), len(numbers))
                kind = system_kind(source.system)
                here = world.holdings
                self.origins.append(_Origin(system, kind, number, here.region, here.as_of, dict(source.spoken)))
        self._require_same_columns()

    def _require_same_columns(self) -> None:
        for name in self.tables:
            held = [world.holdings for world in self.worlds if world.holdings.of(name)]
            if len({frozenset().union(*(source.present for _, source in one.of(name))) for one in held}) > 1:
                raise ValueError(f"data sets judged together differ in the columns of {name}")

    def systems_table(self) -> pa.Table:
        """Return the systems of all worlds: number, world, and whether they are business systems."""
        listed = sorted({(origin.system, origin.world, origin.kind) for origin in self.origins})
        return pa.table(
            {
                "sys": pa.array([system for system, _, _ in listed], pa.int32()),
                "world": pa.array([world for _, world, _ in listed], pa.int32()),
                "kind": pa.array([kind for _, _, kind in listed], pa.string()),
            }
        )

    def store(self, folder: Path) -> Path | None:
        """Return where tables are kept; few rows in memory (None): opening a file costs more than holding them."""
        return None if sum(source.rows for source in self.sources) <= IN_MEMORY else folder

    def create_tables(self, session: SparkSession, folder: Path) -> None:
        """Write every table with its facts below ``folder`` and create the views over it."""
        for name in self.tables:
            frame = self._typed_rows(session, name, folder)
            if self.store(folder) is None:
                frame = gathered(frame)
            told = _Facts(name, self.origins)
            keep(frame.mapInArrow(told, ddl(told.types)), f"s_{name}", self.store(folder))
            session.sql(f"SELECT * FROM s_{name} WHERE NOT (valid <=> '0')").createOrReplaceTempView(f"a_{name}")
            session.sql(f"SELECT * FROM a_{name} WHERE {judged_condition(name, None, SPARK)}").createOrReplaceTempView(
                f"j_{name}"
            )
        register(session, "systems", self.systems_table())

    def _typed_rows(self, session: SparkSession, name: str, folder: Path) -> DataFrame:
        """Return the typed columns of all sources of the table ``name``, without facts, and ``_src``."""
        held: list[pa.Table] = []
        frames: list[DataFrame] = []
        kept = [column for column in columns(name) if column not in facts(name)]
        for at, source in self.of(name):
            if isinstance(source.data, pa.Table):
                held.append(_numbered(source.data.select(kept), at))
                continue
            rows = _read(session, name, source.data, kept)
            if source.patch is not None:
                patch = _read(session, name, source.patch, kept)
                rows = rows.join(patch, "source_row", "left_anti").select(*kept).unionByName(patch)
            frames.append(rows.selectExpr("*", f"CAST({at} AS INT) AS {_SRC}"))
        if held:
            path = folder / f"given_{name}.parquet"
            pq.write_table(pa.concat_tables(held), path)
            frames.append(_read(session, name, path, [*kept, _SRC]))
        first, *rest = frames
        for frame in rest:
            first = first.unionByName(frame)
        return first


class _Facts:
    """Adds facts and places to batches of one table's rows; runs wherever Spark has the rows."""

    def __init__(self, table: str, origins: Sequence[_Origin]) -> None:
        self.table = table
        self.origins = list(origins)
        self.types = {**columns(table), **_PLACE}

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        groups: dict[tuple[date, tuple[tuple[str, str], ...]], int] = {}
        group_of = pa.array(
            [groups.setdefault((o.as_of, tuple(sorted(o.spoken.items()))), len(groups)) for o in self.origins],
            pa.int32(),
        )
        self._places = self._by_source()
        for batch in batches:
            here = group_of.take(batch.column(_SRC))
            for (as_of, spoken), number in groups.items():
                rows = batch if len(groups) == 1 else batch.filter(pc.equal(here, number))
                if rows.num_rows:
                    yield self._row_batch(rows, as_of, dict(spoken))

    def _by_source(self) -> dict[str, pa.Array]:
        """Return the columns that a row has from its source, one value per source."""
        given = {
            "_sys": [origin.system for origin in self.origins],
            "_system_kind": [origin.kind for origin in self.origins],
            "_world": [origin.world for origin in self.origins],
            "_region": [origin.region for origin in self.origins],
            "_as_of": [origin.as_of for origin in self.origins],
            "_as_of_month": [origin.as_of.year * 100 + origin.as_of.month for origin in self.origins],
        }
        return {name: pa.array(values, _PLACE[name]) for name, values in given.items()}

    def _row_batch(self, rows: pa.RecordBatch, as_of: date, spoken: Mapping[str, str]) -> pa.RecordBatch:
        found = {name: rows.column(name).cast(kind) for name, kind in self.types.items() if name in rows.schema.names}
        if facts(self.table):
            found |= compute_facts(self.table, found, as_of, spoken)
        source = found[_SRC]
        found |= {name: values.take(source) for name, values in self._places.items()}
        found["rid"] = pc.add(pc.multiply(source.cast(pa.int64()), 1 << 40), found["source_row"])
        return pa.RecordBatch.from_arrays(
            [found[name] for name in self.types], schema=pa.schema(list(self.types.items()))
        )


def keep(rows: DataFrame, name: str, folder: Path | None) -> None:
    """Compute ``rows`` once and make them known as ``name``: below ``folder``, or in memory where it is None."""
    if folder is None:
        gathered(rows).localCheckpoint().createOrReplaceTempView(name)
        return
    target = folder / name
    rows.write.parquet(place(target))
    read(rows.sparkSession, rows.schema, target).createOrReplaceTempView(name)


def place(path: Path) -> str:
    """Return ``path`` as Spark names files: of this file system, whatever the default one of a cluster is."""
    return f"file://{path.resolve()}"


def read(session: SparkSession, schema: StructType | str, path: Path) -> DataFrame:
    """Return the rows of a Parquet file or folder; brackets in its name are no pattern."""
    return session.read.schema(schema).option("__globPaths__", "false").parquet(place(path))


def gathered(rows: DataFrame) -> DataFrame:
    """Return few rows in one part: what is in one place need not be moved to be grouped, and each part has its cost."""
    return rows.coalesce(1)


def register(session: SparkSession, name: str, table: pa.Table) -> None:
    """Make a small table known to Spark under ``name``."""
    session.createDataFrame(table).createOrReplaceTempView(name)


def ddl(types: Mapping[str, pa.DataType]) -> str:
    """Return columns of Arrow types as a schema of Spark."""
    return ", ".join(f"`{name}` {_spark_type(kind)}" for name, kind in types.items())


def _spark_type(kind: pa.DataType) -> str:
    if pa.types.is_map(kind):
        return f"MAP<{_spark_type(kind.key_type)}, {_spark_type(kind.item_type)}>"
    return sql_type(kind)


def _read(session: SparkSession, name: str, path: Path, kept: Sequence[str]) -> DataFrame:
    types = {**columns(name), _SRC: pa.int32()}
    return read(session, ddl({column: types[column] for column in kept}), path)


def _numbered(rows: pa.Table, at: int) -> pa.Table:
    return rows.append_column(_SRC, pa.repeat(at, rows.num_rows).cast(pa.int32()))
