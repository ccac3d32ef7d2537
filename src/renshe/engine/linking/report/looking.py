"""The figures of one link run, taken from the engine at its end.

Invariant: nothing of the run is changed; what the workbook needs stays in the engine under a name of its own, what
samples are drawn from is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sized
from dataclasses import dataclass
from pathlib import Path

import duckdb

from renshe.engine.linking.candidates import Dropped
from renshe.engine.linking.entities import ENTITIES
from renshe.engine.linking.judging.sampling import FRAME, write_frame
from renshe.engine.linking.model import Model
from renshe.engine.linking.report.before import compare_runs, run_before
from renshe.engine.linking.report.counting import count_overlaps, count_sharing, count_systems
from renshe.engine.linking.report.describing import describe_keys, describe_model
from renshe.engine.linking.report.figures import Ceiling, Part, Sharing
from renshe.engine.linking.report.pairs import (
    count_answers,
    count_decisions,
    count_reasons,
    count_weights,
    first_pairs,
    hold_queue,
)
from renshe.engine.rounds.finished import Finished
from renshe.engine.rules.compiling import quote

TRUTH = "truth.parquet"
_TRUTH_COLUMNS = {"system", "key", "person"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link run takes place: its round, the folder that it fills."""

    finished: Finished
    target: Path


def look(
    connection: duckdb.DuckDBPyConnection, place: Place, model: Model, dropped: Iterable[Dropped], answers: Sized
) -> Part:
    """Return the figures of what ``model`` linked just now: ``records``, ``decided``, ``clustered`` in the engine."""
    entity = ENTITIES[model.entity]
    systems = count_systems(connection)
    overlaps, more, business = count_overlaps(connection, systems)
    [(records, subjects, pairs)] = connection.sql("""
        SELECT (SELECT count(*) FROM records), (SELECT count(DISTINCT label) FROM clustered),
            (SELECT count(*) FROM decided)""").fetchall()
    # Clerks judge pairs of people; units are few enough to be looked through.
    people = entity.name == "person"
    if people:
        write_frame(connection, model, place.target / FRAME)
    queue = hold_queue(connection, entity, model, place.finished)
    before = run_before(place.finished)
    return Part(
        entity=entity.name,
        label=entity.label,
        one=entity.one,
        counted=entity.counted,
        fields=tuple(entity.labels.values()),
        records=records,
        subjects=subjects,
        business=business,
        systems=systems,
        overlaps=overlaps,
        more_overlaps=more,
        pairs=pairs,
        decided=count_decisions(connection),
        weights=count_weights(connection),
        reasons=count_reasons(connection, queue),
        examples=first_pairs(connection, entity, queue),
        answers=count_answers(connection, len(answers)),
        crowded=describe_keys(model, dropped),
        ceiling=_ceiling(connection, place.finished.store.project / TRUTH) if people else None,
        moved=None if before is None else compare_runs(connection, entity, model, place.finished, before),
        sharing=count_sharing(connection, place.finished) if people else Sharing(0, 0),
        model=describe_model(model),
        run=_digest(connection, model, place.target / f"{entity.files}links.parquet"),
    )


def _ceiling(connection: duckdb.DuckDBPyConnection, truth: Path) -> Ceiling | None:
    """Return how many of the pairs that a judged truth (system, key, person) knows were compared; None without one."""
    if not truth.exists():
        return None
    rows = f"read_parquet({quote(str(truth))})"
    if not {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()} >= _TRUTH_COLUMNS:
        return None
    [(pairs, found)] = connection.sql(f"""
        WITH known AS (SELECT rid, person FROM records JOIN {rows} USING (system, key)),
        pairs AS (
            SELECT a.rid AS rid_l, b.rid AS rid_r FROM known a JOIN known b ON b.person = a.person AND b.rid > a.rid)
        SELECT count(*), count(d.rid_l) FROM pairs p LEFT JOIN decided d ON d.rid_l = p.rid_l AND d.rid_r = p.rid_r
        """).fetchall()
    return Ceiling(pairs, found) if pairs else None


def _digest(connection: duckdb.DuckDBPyConnection, model: Model, links: Path) -> str:
    """Return the digest of what was decided, by which a later run is known to have decided otherwise."""
    [(digest,)] = connection.sql(f"""
        SELECT bit_xor(hash(left_system, left_key, right_system, right_key, decision))
        FROM read_parquet({quote(str(links))}) WHERE decision <> 'different'""").fetchall()
    return f"{model.version}:{digest or 0:016x}"
