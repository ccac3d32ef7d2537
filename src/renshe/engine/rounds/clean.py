"""One cleaning round: ``round = pipeline(sources by digest, rules by version, decisions)``.

Invariant: a round is complete or not there; the same inputs give the same canonical digests; nothing outside
``sources/``, ``cache/`` and ``rounds/`` of the project is written.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.decisions.accepting import set_aside
from renshe.engine.decisions.apply import apply_decisions
from renshe.engine.decisions.log import read_decisions
from renshe.engine.project import ProjectError, load_project
from renshe.engine.report import build_report
from renshe.engine.rounds.controls import check_controls
from renshe.engine.rounds.judged import engine, open_dataset
from renshe.engine.rounds.reading import stage_all
from renshe.engine.rounds.second import Second, find_second
from renshe.engine.rounds.store import Store
from renshe.engine.rounds.tables import tables_beside
from renshe.engine.rounds.writing import Clock, Progress, Writer, write_manifest
from renshe.engine.rules.catalogue import Catalogue, load_catalogue
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.merge_rules import merge_rules
from renshe.engine.rules.runner import RunResult, run_rules
from renshe.engine.spark.runner import run_rules_on_spark
from renshe.engine.spark.session import require_spark

Backend = Literal["duckdb", "spark"]


@dataclass(frozen=True, slots=True)
class RoundResult:
    """A finished round: its number, folder and manifest."""

    number: int
    folder: Path
    manifest: dict[str, Any]


def _quiet(_step: str, _done: int, _total: int) -> None:
    """Progress for whoever does not want any."""


def clean(folder: Path, *, backend: Backend = "duckdb", progress: Progress = _quiet) -> RoundResult:
    """Run one round of the project in ``folder``; rules are judged by ``backend``, with the same findings.

    Raises ProjectError, SourceError, ColumnError or CatalogueError (one Chinese line with its remedy) for what the
    user can mend, SparkUnavailableError where Spark is asked for and cannot be used, BusyError when another run is at
    work; then no round was written.
    """
    if backend == "spark":
        require_spark()
    project = load_project(folder)
    catalogue = load_catalogue(project.packs)
    store = Store(folder)
    clock = Clock()
    with store.locked():
        _check_rounds(store)
        with clock.step("read"):
            staged = stage_all(project, store, progress)
            applied = apply_decisions(staged, read_decisions(folder), project.as_of, store.patched, merge_rules())
        with store.new_round() as (number, target):
            # The engine's memory is given back before the report asks for its own.
            with engine(store) as connection:
                dataset = open_dataset(connection, project, catalogue, staged, applied)
                second = None
                if backend == "duckdb":
                    with clock.step("rules"):
                        second = find_second(store, project, catalogue, dataset, staged, applied)
                with tables_beside(dataset, second, target / "tables") as written:
                    with clock.step("rules"):
                        result = _judged(backend, store, dataset, catalogue, second, progress)
                        controls = check_controls(dataset, catalogue, project.controls)
                        set_aside(connection, applied.standing("accept"))
                    before = [store.folder(one) for one in store.numbers()]
                    writer = Writer(project, catalogue, dataset, staged, applied, second, clock)
                    manifest = writer.write(target, number, before, result, controls, written, progress)
                manifest |= {"backend": backend}
            progress("生成报告", 2, 3)
            write_manifest(target, manifest)
            with clock.step("report"):
                build_report(target, catalogue.rules, rounds=store.rounds, progress=progress)
            write_manifest(target, manifest)
    return RoundResult(number, store.folder(number), manifest)


def _check_rounds(store: Store) -> None:
    """Raise ProjectError, before anything is read, where an earlier round is not whole: it is compared with."""
    for folder in map(store.folder, store.numbers()):
        try:
            json.loads((folder / "manifest.json").read_text("utf-8"))
            pq.read_metadata(folder / "findings.parquet")
        except (OSError, ValueError, pa.ArrowException):
            raise ProjectError(
                f"{folder}：这一轮的 manifest.json 或 findings.parquet 缺失或损坏；"
                "请从备份恢复，或把整个文件夹移出 rounds 后再运行"
            ) from None


def _judged(
    backend: Backend, store: Store, dataset: Dataset, catalogue: Catalogue, second: Second | None, progress: Progress
) -> RunResult:
    """Judge every rule on the rows of ``dataset``; leave the findings in its connection's table ``findings``."""
    if backend == "spark":
        scratch = (store.unfinished / f"spark.{os.getpid()}.tmp").resolve()
        return run_rules_on_spark(dataset, catalogue, scratch, progress=progress)
    return run_rules(dataset, catalogue, earlier=second.earlier if second is not None else None, progress=progress)
