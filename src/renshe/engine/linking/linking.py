"""One link run: who is who among the people and units of a round's systems.

Business rule: 将业务系统之间的数据进行比对、核查、校正 (白社保〔2021〕22号): persons under different numbers are found, every pair is
explained, nothing is merged here.

Invariant: a run is a function of the round's tables and the model; its folder appears whole or not at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from renshe.engine.decisions.log import read_decisions
from renshe.engine.linking.answers import Answer, Pair, standing_answers
from renshe.engine.linking.candidates import Dropped, find_candidates
from renshe.engine.linking.clusters import cluster
from renshe.engine.linking.deciding import decide, why_sql
from renshe.engine.linking.facts import hold_people, person_facts, read_people
from renshe.engine.linking.membership import find_homes
from renshe.engine.linking.model import Model, load_model
from renshe.engine.linking.report.figures import Part
from renshe.engine.linking.report.looking import Place, look
from renshe.engine.linking.report.writing import write_report
from renshe.engine.linking.scoring import add_frequencies, estimate_prior, score
from renshe.engine.linking.store import new_link, write_manifest
from renshe.engine.project import ProjectError
from renshe.engine.rounds.judged import engine
from renshe.engine.rounds.store import Store
from renshe.engine.rules.compiling import quote

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class LinkResult:
    """A finished link run: the round it belongs to, its folder and manifest."""

    number: int
    folder: Path
    manifest: dict[str, Any]


def link(folder: Path, *, progress: Progress = lambda _step, _done, _total: None) -> LinkResult:
    """Link the people and units of the newest round of the project in ``folder``.

    Raises ProjectError (one Chinese line with its remedy) where there is no round, BusyError when another run is at work;
    then nothing was written.
    """
    store = Store(folder)
    with store.locked():
        if not store.numbers():
            raise ProjectError(f"{folder}：还没有检查过的轮次；请先运行 renshe clean {folder}")
        number = store.numbers()[-1]
        source = store.folder(number)
        told = json.loads((source / "manifest.json").read_text("utf-8"))
        with new_link(store, number) as target, engine(store) as connection:
            answers = standing_answers(read_decisions(folder), "person")
            as_of = date.fromisoformat(told["as_of"])
            place = Place(store, number, target)
            counts, part = _link_people(connection, place, as_of, answers, progress)
            manifest = {"round": number, "as_of": told["as_of"], **counts}
            write_manifest(target, manifest)
            write_report(connection, place, told, [part])
    return LinkResult(number, source / "link", manifest)


def _link_people(
    connection: duckdb.DuckDBPyConnection,
    place: Place,
    as_of: date,
    answers: Mapping[Pair, Answer],
    progress: Progress,
) -> tuple[dict[str, Any], Part]:
    model = load_model("person")
    progress("整理比对要素", 0, 5)
    hold_people(connection, person_facts(read_people(connection, place.tables), as_of))
    find_homes(connection)
    label_units(connection)
    add_frequencies(connection, model)
    progress("查找可能相同的记录", 1, 5)
    dropped = find_candidates(connection, model)
    progress("比对", 2, 5)
    score(connection, model, estimate_prior(connection))
    progress("判定", 3, 5)
    decide(connection, model, answers)
    cluster(connection)
    progress("写出结果", 4, 5)
    write_links(connection, model, place.target / "links.parquet")
    write_clusters(connection, place.target / "clusters.parquet")
    return summary(connection, model, dropped), look(connection, place, model, dropped, answers)


def label_units(connection: duckdb.DuckDBPyConnection) -> None:
    """Add to ``records`` the fact ``unit``: the same text for what is one unit in several systems."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE labelled AS SELECT r.*, CASE WHEN r.unit_no <> '' THEN hash(coalesce(h.system_l || ':' || h.unit_l, r.system || ':' || r.unit_no)) END AS unit
        FROM records r LEFT JOIN (SELECT system_r, unit_r, min(system_l) system_l, arg_min(unit_l, system_l) unit_l FROM homes GROUP BY ALL) h ON h.system_r = r.system AND h.unit_r = r.unit_no;
        DROP TABLE records; ALTER TABLE labelled RENAME TO records""")


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
    [(pairs,)] = connection.sql("SELECT count(*) FROM pairs").fetchall()
    return {
        "model": model.version,
        "records": records,
        "persons": clusters,
        "pairs": pairs,
        "decisions": {name: decisions[name] for name in ("same", "review", "different")},
        "dropped": [{"key": one.key, "values": one.values, "records": one.records} for one in dropped],
    }
