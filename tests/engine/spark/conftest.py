"""One Spark for all tests, and one run over many worlds: what each test asks of it was judged together."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as pq
import pytest
from tests.engine.spark.random_rows import random_sources

from renshe.engine.decisions.apply import Applied
from renshe.engine.project import load_project
from renshe.engine.rounds.judged import staged_sources
from renshe.engine.rounds.reading import stage_all
from renshe.engine.rounds.store import Store
from renshe.engine.rules.catalogue import Catalogue, load_catalogue
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.findings import COLUMNS
from renshe.engine.rules.holdings import Holdings, StagedSource
from renshe.engine.rules.runner import RunResult, run_rules
from renshe.engine.rules.testing import Case, cases
from renshe.engine.simulate.simulate import simulate
from renshe.engine.spark.examples import world_of
from renshe.engine.spark.planner import Judged, judge
from renshe.engine.spark.runner import load_findings
from renshe.engine.spark.session import java_version, spark_session
from renshe.engine.spark.worlds import World
from renshe.policy.parameters import ParameterBook, load_parameters
from renshe.standards.dictionary import table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REGION, AS_OF = "220800", date(2021, 5, 31)
# No machine code is worth optimizing for runs this short.
_QUICK = {
    "spark.master": "local[2]",
    "spark.driver.memory": "2g",
    "spark.driver.host": "localhost",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m",
    "spark.sql.shuffle.partitions": "3",
    # Nor worth compiling: each of the thousand queries meets a few rows.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all tests of this folder: a second Spark would cost more than it saves."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("spark"))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A running Spark, configured as rounds configure theirs; skipped (loudly, never in CI) where there is none."""
    if os.environ.get("CI") != "true":
        pytest.importorskip("pyspark", reason="NOT TESTED: no pyspark (scripts/test-deps.sh)")
        if (java_version() or 0) < 17:
            pytest.skip("NOT TESTED: no Java 17 (scripts/test-deps.sh)")
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    folder = tmp_path_factory.mktemp("spark")
    builder = SparkSession.builder.appName("tests")
    for name, value in {**_QUICK, "spark.local.dir": str(folder)}.items():
        builder = builder.config(name, value)
    started = builder.getOrCreate()
    started.sparkContext.setLogLevel("OFF")
    with spark_session(folder) as session:
        yield session
    started.stop()


@dataclass(frozen=True, slots=True)
class Answers:
    """What both engines say of some data sets, and what Spark says of all examples."""

    ready: list[Case]
    judged: Judged
    names: list[str]
    duckdb: dict[str, list[tuple[Any, ...]]]
    spark: dict[str, list[tuple[Any, ...]]]
    unjudged: dict[str, tuple[dict[str, int], dict[str, int]]]


@pytest.fixture(scope="session")
def answers(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Every example, the demo and random data, judged by Spark in one run, and the latter two by DuckDB."""
    catalogue = load_catalogue()
    folder = tmp_path_factory.mktemp("judged")
    ready = [case for case in cases(catalogue) if isinstance(case, Case)]
    given = {"demo": _demo(folder / "demo"), "random": random_sources(1, AS_OF, folder / "random")}
    books = ParameterBook(load_parameters())
    worlds = [world_of(case) for case in ready]
    worlds += [World(Holdings(each, as_of=AS_OF, region=REGION, parameters=books)) for each in given.values()]
    (folder / "out").mkdir()
    judged = judge(spark, worlds, catalogue, folder / "out")
    found = Answers(ready, judged, list(given), {}, {}, {})
    for number, (name, sources) in enumerate(given.items(), len(ready)):
        found.duckdb[name], result = _by_duckdb(sources, catalogue, books)
        found.spark[name] = _loaded(sources, judged, number, books)
        found.unjudged[name] = dict(result.not_run.counts), dict(judged.not_run[number].counts)
    return found


def _demo(folder: Path) -> list[StagedSource]:
    """The sources of a simulated project; every table is said to have all columns, as the other worlds have."""
    simulate(folder, persons=300, seed=3, dirty=0.02)
    store = Store(folder)
    with store.locked():
        staged = stage_all(load_project(folder), store, lambda _step, _done, _total: None)
    return [replace(one, present=frozenset(table(one.table).names)) for one in staged_sources(staged, Applied())]


def _by_duckdb(
    sources: list[StagedSource], catalogue: Catalogue, books: ParameterBook
) -> tuple[list[tuple[Any, ...]], RunResult]:
    with duckdb.connect(":memory:") as connection:
        dataset = Dataset(connection, sources, as_of=AS_OF, region=REGION, parameters=books)
        result = run_rules(dataset, catalogue)
        return connection.execute(f"SELECT {COLUMNS} FROM findings ORDER BY ALL").fetchall(), result


def _loaded(sources: list[StagedSource], judged: Judged, world: int, books: ParameterBook) -> list[tuple[Any, ...]]:
    """The findings of one world, loaded as a round loads them."""
    folder = judged.folder.parent / f"world{world}"
    folder.mkdir()
    rows = pq.read_table(judged.folder, filters=[("world", "=", world)])
    pq.write_table(rows, folder / "rows.parquet")
    with duckdb.connect(":memory:") as connection:
        few = [replace(source, rows=0) for source in sources]
        dataset = Dataset(connection, few, as_of=AS_OF, region=REGION, parameters=books)
        load_findings(dataset, folder, judged.rules)
        return connection.execute(f"SELECT {COLUMNS} FROM findings ORDER BY ALL").fetchall()
