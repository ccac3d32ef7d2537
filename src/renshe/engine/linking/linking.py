"""One link run: who is who among the people and units of a round's systems.

Business rule: 将业务系统之间的数据进行比对、核查、校正 (白社保〔2021〕22号): persons under different numbers are
found, every pair is explained, nothing is merged here.

Invariant: a run is a function of the round's tables, the model and what clerks said of pairs; its folder appears whole
or not at all.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from renshe.engine.decisions.log import read_decisions
from renshe.engine.linking.answers import standing_answers
from renshe.engine.linking.candidates import Dropped, find_candidates
from renshe.engine.linking.clusters import cluster
from renshe.engine.linking.deciding import decide, why_sql
from renshe.engine.linking.earlier import environment, find_changed, find_earlier, keep_state, take_over
from renshe.engine.linking.facts import hold_people, person_facts, read_people
from renshe.engine.linking.membership import find_homes
from renshe.engine.linking.model import Model, load_model
from renshe.engine.linking.on_spark import find_and_score
from renshe.engine.linking.own_weights import own_model, train_own
from renshe.engine.linking.report.figures import Part
from renshe.engine.linking.report.looking import Place, look
from renshe.engine.linking.report.writing import write_report
from renshe.engine.linking.scoring import add_frequencies, estimate_prior, score
from renshe.engine.linking.units import hold_units, label_employers, read_units, unit_facts, unit_labels
from renshe.engine.rounds.clean import Backend
from renshe.engine.rounds.finished import LINK, Finished, newest_held
from renshe.engine.rounds.judged import engine
from renshe.engine.rules.compiling import quote
from renshe.engine.spark.session import require_spark

# Facts are worked out outside the engine and need room too.
_MEMORY = "1000MB"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class LinkResult:
    """A finished link run: the round it belongs to, its folder and manifest."""

    number: int
    folder: Path
    manifest: dict[str, Any]


def link(
    folder: Path,
    *,
    backend: Backend = "duckdb",
    train: bool = False,
    progress: Progress = lambda _step, _done, _total: None,
) -> LinkResult:
    """Link the people and units of the newest round of the project in ``folder``; with ``train`` after estimating the
    weights of people anew on it, which are kept for later runs.

    Raises ProjectError (one Chinese line with its remedy) where there is no round, BusyError when another run is at
    work; then nothing was written.
    """
    if backend == "spark":
        require_spark()
    with newest_held(folder) as finished:
        store = finished.store
        with store.new_beside(finished.number, LINK) as target, engine(store, _MEMORY) as connection:
            run = _Run(finished, target, backend, train, progress)
            as_of = finished.manifest["as_of"]
            manifest = {"round": finished.number, "as_of": as_of, "backend": backend, **run.people(connection)}
            write_report(connection, run.place, run.parts[::-1])
            told = json.dumps(manifest, ensure_ascii=False, indent=2)
            (target / "manifest.json").write_text(f"{told}\n", "utf-8")
    return LinkResult(finished.number, finished.folder / LINK, manifest)


class _Run:
    """One link run: what its steps share."""

    def __init__(self, finished: Finished, target: Path, backend: Backend, train: bool, progress: Progress) -> None:
        self.finished = finished
        self.target = target
        self.place = Place(finished, target)
        self.log = read_decisions(finished.store.project)
        self.parts: list[Part] = []
        self.backend = backend
        self.train = train
        self.progress = progress

    def people(self, connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
        """Link people, and units on the way: who works together tells of both."""
        self.progress("整理人员要素", 0, 4)
        as_of = date.fromisoformat(self.finished.manifest["as_of"])
        nobodys = hold_people(connection, person_facts(read_people(connection, self.finished), as_of))
        self.progress("关联单位", 1, 4)
        homes = find_homes(connection)
        employers = connection.sql(
            "SELECT DISTINCT system, unit_no FROM records WHERE unit_no <> '' ORDER BY ALL"
        ).to_arrow_table()
        units, labels = self.units(connection.cursor(), homes, employers)
        label_employers(connection, labels)
        self.progress("关联人员", 2, 4)
        told = self._link(connection, "person", "", nobodys)
        return {**told, "units": units}

    def units(
        self, connection: duckdb.DuckDBPyConnection, homes: pa.Table, employers: pa.Table
    ) -> tuple[dict[str, Any], pa.Table]:
        """Link units; return what the manifest tells of them, and what is one unit."""
        hold_units(connection, unit_facts(read_units(connection, self.finished, employers)), homes)
        told = self._link(connection, "unit", "unit_")
        return told, unit_labels(connection)

    def _link(
        self, connection: duckdb.DuckDBPyConnection, entity: str, prefix: str, nobodys: Sequence[Dropped] = ()
    ) -> dict[str, Any]:
        """Link the table ``records``, from which ``nobodys`` were taken out, and write links and clusters, their names
        beginning with ``prefix``."""
        model = self._model(connection, entity)
        prior = estimate_prior(connection)
        dropped = [*nobodys, *self._weigh(connection, model, prior)]
        answers = standing_answers(self.log, entity)
        decide(connection, model, answers)
        cluster(connection, model)
        write_links(connection, model, self.target / f"{prefix}links.parquet")
        write_clusters(connection, self.target / f"{prefix}clusters.parquet")
        self.parts.append(look(connection, self.place, model, dropped, answers))
        return summary(connection, model, dropped)

    def _model(self, connection: duckdb.DuckDBPyConnection, entity: str) -> Model:
        """Return the model to link ``records`` by, and add to these the frequencies that it asks for."""
        project = self.finished.store.project
        learn = self.train and entity == "person"
        model = load_model(entity) if learn else own_model(project, entity)
        add_frequencies(connection, model)
        if not learn:
            return model
        find_candidates(connection, model)
        return train_own(connection, project, entity, {"round": self.finished.number, **self.finished.manifest})

    def _weigh(self, connection: duckdb.DuckDBPyConnection, model: Model, prior: float) -> list[Dropped]:
        """Leave the table ``scored``: the pairs of the run before where it can be leaned on, and the others anew."""
        if self.backend == "spark":
            scratch = self.finished.store.unfinished / f"link.spark.{os.getpid()}.tmp"
            return find_and_score(connection, model, prior, scratch.resolve() / model.entity)
        alike = environment(model, prior)
        earlier = find_earlier(self.finished, model.entity, alike)
        if earlier is not None:
            find_changed(connection, earlier)
        dropped = find_candidates(connection, model, earlier)
        score(connection, model, prior)
        if earlier is not None:
            take_over(connection, earlier)
        keep_state(connection, self.target / "state" / model.entity, alike)
        return dropped


def write_links(connection: duckdb.DuckDBPyConnection, model: Model, target: Path) -> None:
    """Write the pairs that are the same, that a clerk should see, and those that a definite rule keeps apart."""
    connection.execute(f"""
        COPY (
            SELECT l.system AS left_system, l.key AS left_key, r.system AS right_system, r.key AS right_key,
                round(match_weight, 3) AS weight, round(match_probability, 6) AS probability, decision,
                {why_sql(model)} AS why
            FROM decided d JOIN records l ON l.rid = d.rid_l JOIN records r ON r.rid = d.rid_r
            WHERE decision <> 'different' OR match_weight >= {model.review} OR judged IS NOT NULL
            ORDER BY l.rid, r.rid)
        TO {quote(str(target))} (FORMAT parquet, COMPRESSION zstd)""")


def write_clusters(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Write every record with its cluster, which is named after its first record."""
    connection.execute(f"""
        COPY (
            SELECT f.system || ':' || f.key AS cluster, r.system, r.key
            FROM clustered c JOIN records r ON r.rid = c.rid JOIN records f ON f.rid = c.label ORDER BY c.label, c.rid)
        TO {quote(str(target))} (FORMAT parquet, COMPRESSION zstd)""")


def summary(connection: duckdb.DuckDBPyConnection, model: Model, dropped: list[Dropped]) -> dict[str, Any]:
    """Return what the manifest tells of a run."""
    decisions: Mapping[str, int] = Counter(
        dict(connection.sql("SELECT decision, count(*) FROM decided GROUP BY decision").fetchall())
    )
    [(records, clusters)] = connection.sql("SELECT count(*), count(DISTINCT label) FROM clustered").fetchall()
    [(pairs,)] = connection.sql("SELECT count(*) FROM scored").fetchall()
    return {
        "model": model.version,
        "trained": dict(model.trained),
        "records": records,
        "entities": clusters,
        "pairs": pairs,
        "decisions": {name: decisions[name] for name in ("same", "review", "different")},
        "dropped": [{"key": one.key, "values": one.values, "records": one.records} for one in dropped],
    }
