"""One cleaning round: ``round = pipeline(sources by digest, rules by version, decisions)``.

Invariant: a round is complete or not there; the same inputs give the same canonical digests; nothing outside
``sources/``, ``cache/`` and ``rounds/`` of the project is written.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from renshe import __version__
from renshe.engine.decisions.accepting import set_aside
from renshe.engine.decisions.apply import STATES, Applied, apply_decisions
from renshe.engine.decisions.log import log_digest, read_decisions
from renshe.engine.project import Project, ProjectError, SourceSpec, load_project
from renshe.engine.report import build_report
from renshe.engine.rounds.changes import write_changes
from renshe.engine.rounds.controls import check_controls
from renshe.engine.rounds.coverage import complete_not_run
from renshe.engine.rounds.digests import canonical_digest
from renshe.engine.rounds.scores import score_round, write_admission
from renshe.engine.rounds.store import Store
from renshe.engine.rules.catalogue import Catalogue, load_catalogue
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.findings import COLUMNS, SCHEMA
from renshe.engine.rules.holdings import StagedSource
from renshe.engine.rules.parameter_joins import names_asked
from renshe.engine.rules.runner import RunResult, run_rules
from renshe.engine.schema import PLACE
from renshe.engine.sources.base import SourceError
from renshe.engine.sources.database import snapshot_query
from renshe.engine.staging.stage import Staged, StageTask, stage
from renshe.policy.parameters import ParameterBook, load_parameters, parameter_names
from renshe.standards.dictionary import TABLES, table

Progress = Callable[[str, int, int], None]
# Below this many bytes in all, starting helper processes costs more than it saves.
_PARALLEL_FROM = 32 << 20


@dataclass(slots=True)
class Clock:
    """Seconds per step, for the manifest."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the block under ``name``."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - start, 3)


@dataclass(frozen=True, slots=True)
class RoundResult:
    """A finished round: its number, folder and manifest."""

    number: int
    folder: Path
    manifest: dict[str, Any]


def _quiet(_step: str, _done: int, _total: int) -> None:
    """Progress for whoever does not want any."""


def clean(folder: Path, *, progress: Progress = _quiet) -> RoundResult:
    """Run one round of the project in ``folder``.

    Raises ProjectError, SourceError, ColumnError or CatalogueError (one Chinese line with its remedy) for what the
    user can mend, BusyError when another run is at work; then no round was written.
    """
    project = load_project(folder)
    catalogue = load_catalogue(project.packs)
    store = Store(folder)
    clock = Clock()
    with store.locked():
        with clock.step("read"):
            staged = _stage_all(project, store, progress)
            log = read_decisions(folder)
            applied = apply_decisions([found for _, _, found in staged], log, project.as_of, store.patched)
        with store.new_round() as (number, target):
            # The engine's memory is given back before the report asks for its own.
            with _connection(store) as connection:
                dataset = _dataset(connection, project, catalogue, staged, applied)
                with clock.step("rules"):
                    result = run_rules(dataset, catalogue, progress=progress)
                    set_aside(connection, applied.standing("accept"))
                    controls = check_controls(dataset, catalogue, project.controls)
                before = [store.folder(earlier) for earlier in store.numbers()]
                writer = _Writer(project, catalogue, dataset, staged, applied, clock)
                manifest = writer.write(target, number, before, result, controls, progress)
            progress("生成报告", 2, 3)
            _write_manifest(target, manifest)
            with clock.step("report"):
                build_report(target, catalogue.rules, rounds=store.rounds, progress=progress)
            _write_manifest(target, manifest)
    return RoundResult(number, store.folder(number), manifest)


def _stage_all(project: Project, store: Store, progress: Progress) -> list[tuple[SourceSpec, str, Staged]]:
    tasks: list[tuple[SourceSpec, StageTask]] = []
    for at, spec in enumerate(project.sources):
        progress(f"登记来源 {spec.label}", at, len(project.sources))
        sha, kept = _keep(spec, store)
        task = StageTask(
            table=spec.table,
            system=spec.system,
            source_file=spec.label,
            place=spec.place,
            path=kept,
            sha256=sha,
            as_of=project.as_of,
            sheet=spec.sheet,
            encoding=spec.encoding,
            columns=spec.columns,
            codes=spec.codes,
        )
        tasks.append((spec, task))
    size = sum(task.path.stat().st_size for _, task in tasks)
    workers = min(os.cpu_count() or 1, len(tasks))
    if size < _PARALLEL_FROM or workers < 2:
        done = []
        for at, (_, task) in enumerate(tasks):
            progress(f"读取 {task.source_file}", at, len(tasks))
            done.append(stage(task, store.cache))
    else:
        done = _stage_parallel([task for _, task in tasks], store, workers, progress)
    return [(spec, task.sha256, found) for (spec, task), found in zip(tasks, done, strict=True)]


def _stage_parallel(tasks: list[StageTask], store: Store, workers: int, progress: Progress) -> list[Staged]:
    # Largest first, so that no long file starts last; a fresh process each, since threads of the libraries do not fork.
    order = sorted(range(len(tasks)), key=lambda at: -tasks[at].path.stat().st_size)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = {at: pool.submit(stage, tasks[at], store.cache) for at in order}
        try:
            for done, at in enumerate(order):
                progress(f"读取 {tasks[at].source_file}", done, len(tasks))
                futures[at].result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [futures[at].result() for at in range(len(tasks))]


def _keep(spec: SourceSpec, store: Store) -> tuple[str, Path]:
    if spec.path is not None:
        return store.keep(spec.path)
    assert spec.url is not None and spec.query is not None
    partial = store.sources / f"query.{os.getpid()}.tmp"
    try:
        snapshot_query(spec.url, spec.query, partial)
        return store.keep(partial)
    except SourceError as error:
        raise SourceError(f"{spec.place}（{spec.label}）：{error}") from None
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _connection(store: Store) -> Iterator[duckdb.DuckDBPyConnection]:
    spill = store.cache / f"spill.{os.getpid()}.tmp"
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": "1600MB",
        "preserve_insertion_order": False,
        "temp_directory": str(spill),
        "threads": os.cpu_count() or 1,
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        yield connection
    finally:
        connection.close()


def _dataset(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    catalogue: Catalogue,
    staged: list[tuple[SourceSpec, str, Staged]],
    applied: Applied,
) -> Dataset:
    # A value that could not be typed is judged as it was written.
    overrides = [
        {**row, **dict(row["raw"] or ())}
        for _, _, found in staged
        if found.table == "parameter"
        for row in pq.read_table(found.rows).to_pylist()
    ]
    try:
        known = parameter_names() | names_asked(catalogue.rules.values())
        parameters = ParameterBook(load_parameters(), overrides, known)
    except ValueError as error:
        raise ProjectError(str(error)) from None
    sources = [
        StagedSource(
            table=found.table,
            system=found.system,
            source_file=found.source_file,
            data=found.rows,
            rows=found.rows_loaded,
            present=frozenset(found.present),
            untyped=found.untyped,
            patch=applied.patches.get(at),
            spoken=found.spoken,
        )
        for at, (_, _, found) in enumerate(staged)
        if found.table in TABLES
    ]
    return Dataset(connection, sources, as_of=project.as_of, region=project.region, parameters=parameters)


class _Writer:
    """Writes everything a round holds into its folder."""

    def __init__(
        self,
        project: Project,
        catalogue: Catalogue,
        dataset: Dataset,
        staged: list[tuple[SourceSpec, str, Staged]],
        applied: Applied,
        clock: Clock,
    ) -> None:
        self.project = project
        self.catalogue = catalogue
        self.dataset = dataset
        self.staged = staged
        self.applied = applied
        self.clock = clock
        self.connection = dataset.connection

    def write(
        self,
        target: Path,
        number: int,
        before: list[Path],
        result: RunResult,
        controls: list[dict[str, Any]],
        progress: Progress,
    ) -> dict[str, Any]:
        """Fill ``target`` with all but report and manifest; return the manifest."""
        progress("写出标准表", 0, 3)
        with self.clock.step("tables"):
            tables = self._tables(target)
        with self.clock.step("findings"):
            self._copy("findings", f"SELECT {COLUMNS} FROM findings ORDER BY ALL", target / "findings.parquet")
            self._copy("accepted", "FROM accepted ORDER BY ALL", target / "accepted.parquet")
            self.applied.write(target / "applied.parquet")
            self._rejects(target)
            changes = write_changes(self.connection, target / "changes.parquet", number, before)
            admission = write_admission(self.dataset, target / "admission.parquet")
            scores = score_round(self.dataset, self.catalogue)
        progress("计算摘要", 1, 3)
        with self.clock.step("digests"):
            digests = {name: canonical_digest(self.connection, f"s_{name}", _columns(name)) for name in tables}
            digests["findings"] = canonical_digest(self.connection, "findings", SCHEMA.names)
        counted = self.connection.execute("SELECT rule, count(*) FROM findings GROUP BY 1 ORDER BY 1").fetchall()
        about = complete_not_run(self.dataset, self.catalogue, result.not_run, controls=bool(controls))
        return {
            "round": number,
            "name": self.project.name,
            "as_of": self.project.as_of.isoformat(),
            "region": self.project.region,
            "renshe": __version__,
            "rules_version": self.catalogue.version,
            "packs": list(self.catalogue.packs),
            "decisions": self._decisions(),
            "sources": self._sources(),
            "tables": tables,
            "findings": dict(counted),
            "not_run": dict(sorted(result.not_run.counts.items())),
            "not_run_of": dict(sorted(about.items())),
            "notes": dict(sorted(result.not_run.reasons.items())),
            "changes": changes,
            "scores": scores,
            "admission": admission,
            "controls": controls,
            "unmatched_columns": self._unmatched(),
            "unmapped_codes": self._unmapped(),
            "digests": digests,
            "seconds": self.clock.seconds,
        }

    def _decisions(self) -> dict[str, Any]:
        log = [outcome.decision for outcome in self.applied.outcomes]
        [(aside,)] = self.connection.execute("SELECT count(*) FROM accepted").fetchall()
        states: dict[str, int] = {state: self.applied.count(state) for state in STATES}
        return {"number": len(log), "digest": log_digest(log), **states, "findings_accepted": aside}

    def _tables(self, target: Path) -> dict[str, int]:
        (target / "tables").mkdir()
        rows: dict[str, int] = {}
        for name in self.dataset.tables:
            columns = ", ".join(f'"{column}"' for column in _columns(name))
            self._copy(name, f"SELECT {columns} FROM s_{name}", target / "tables" / f"{name}.parquet")
            rows[name] = sum(source.rows for _, source in self.dataset.of(name))
        return rows

    def _rejects(self, target: Path) -> None:
        files = ", ".join(quote(str(found.rejects)) for _, _, found in self.staged)
        self._copy(
            "rejects", f"FROM read_parquet([{files}]) ORDER BY source_file, source_row", target / "rejects.parquet"
        )

    def _copy(self, name: str, select: str, target: Path) -> None:
        self.connection.execute(
            f"COPY ({select}) TO {quote(str(target))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )

    def _sources(self) -> list[dict[str, Any]]:
        return [
            {
                "system": found.system,
                "table": found.table,
                "file": found.source_file,
                "sha256": sha,
                "rows_read": found.rows_loaded + found.rows_rejected,
                "rows_loaded": found.rows_loaded,
                "rows_rejected": found.rows_rejected,
                "layout": found.layout,
            }
            for _, sha, found in self.staged
        ]

    def _unmatched(self) -> list[dict[str, Any]]:
        return [
            {"source": found.source_file, "column": column, "examples": examples, "rows": found.rows_loaded}
            for _, _, found in self.staged
            for column, examples in found.unmatched.items()
        ]

    def _unmapped(self) -> list[dict[str, Any]]:
        return [
            {
                "source": found.source_file,
                "field": name,
                "label": table(found.table).field(name).label,
                "value": value,
                "count": count,
            }
            for _, _, found in self.staged
            for name, values in found.unmapped.items()
            for value, count in values.items()
        ]


def _columns(name: str) -> list[str]:
    """Return the columns of a round's table: the fields and where the row came from, without facts."""
    return [*table(name).names, *PLACE]


def _write_manifest(target: Path, manifest: dict[str, Any]) -> None:
    (target / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2), "utf-8")
