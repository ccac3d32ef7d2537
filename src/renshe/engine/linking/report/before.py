"""What moved since the link run before: of this round if it was linked already, else of the last round that was.

Invariant: every pair that was or is linked or waiting counts in one cell: what it was, what it is. Of a run that cannot
be read (damaged, or left by a version that wrote otherwise) nothing is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import duckdb

from renshe.engine.linking.deciding import why_sql
from renshe.engine.linking.entities import Entity, hold_sides
from renshe.engine.linking.model import Model
from renshe.engine.linking.report.figures import Moved
from renshe.engine.linking.report.pairs import first_pairs, reason_sql, sides_sql
from renshe.engine.rounds.finished import LINK, Finished, require_readable
from renshe.engine.rules.compiling import quote

_ASKED = {
    "links": ("left_system", "left_key", "right_system", "right_key", "decision"),
    "clusters": ("cluster", "system", "key"),
}
STATES = ("same", "review", "none")
LOST = 10


def run_before(finished: Finished) -> Path | None:
    """Return the folder of the link run before one of the round ``finished``; None where there was none."""
    store = finished.store
    numbers = (one for one in reversed(store.numbers()) if one <= finished.number)
    folders: Iterable[Path] = (store.folder(one) / LINK for one in numbers)
    return next((folder for folder in folders if (folder / "manifest.json").exists()), None)


def compare_runs(
    connection: duckdb.DuckDBPyConnection, entity: Entity, model: Model, finished: Finished, before: Path
) -> Moved | None:
    """Return what moved since the run whose folder is ``before``; None where that cannot be read."""
    try:
        manifest = json.loads((before / "manifest.json").read_text("utf-8"))
        told = manifest if entity.name == "person" else manifest["units"]
        number, version = int(manifest["round"]), str(told["model"])
        for name, asked in _ASKED.items():
            require_readable(before / f"{entity.files}{name}.parquet", asked)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    _hold_pairs(connection, entity, before)
    cells: dict[str, dict[str, int]] = {was: dict.fromkeys(STATES, 0) for was in STATES}
    for was, now, count in connection.sql("SELECT was, now, count(*) FROM paired GROUP BY ALL").fetchall():
        cells[was][now] = count
    counted = connection.sql(f"""
        SELECT count(e.key), count(DISTINCT e.cluster), count(*) FILTER (e.key IS NULL), count(*) FILTER (r.rid IS NULL)
        FROM {_rows(before, "clusters", entity)} e
        FULL JOIN records r ON r.system = e.system AND r.key = e.key""")
    [(records, subjects, came, went)] = counted.fetchall()
    _hold_lost(connection, entity, model, finished)
    lost = first_pairs(connection, entity, "lost", LOST)
    return Moved(number, version, records, subjects, came, went, cells, lost)


def _rows(folder: Path, name: str, entity: Entity) -> str:
    """Return SQL of a file of a run."""
    return f"read_parquet({quote(str(folder / f'{entity.files}{name}.parquet'))})"


def _hold_pairs(connection: duckdb.DuckDBPyConnection, entity: Entity, before: Path) -> None:
    """Leave the table ``paired``: systems and keys of pairs that are or were the same or waiting, with both states."""
    keys = ("left_system", "left_key", "right_system", "right_key")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE paired AS
            SELECT {", ".join(keys)}, coalesce(e.decision, 'none') AS was, coalesce(n.decision, 'none') AS now
            FROM (SELECT * FROM {_rows(before, "links", entity)} WHERE decision <> 'different') e
            FULL JOIN (
                SELECT l.system AS left_system, l.key AS left_key, r.system AS right_system, r.key AS right_key,
                    decision
                FROM decided d JOIN records l ON l.rid = d.rid_l JOIN records r ON r.rid = d.rid_r
                WHERE decision <> 'different') n
            USING ({", ".join(keys)})""")


def _hold_lost(connection: duckdb.DuckDBPyConnection, entity: Entity, model: Model, finished: Finished) -> None:
    """Leave pairs that were the same and are not, though both records are there, in the table ``lost``."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE lost_pairs AS
            SELECT p.*, l.rid AS rid_l, r.rid AS rid_r FROM paired p
            JOIN records l ON l.system = p.left_system AND l.key = p.left_key
            JOIN records r ON r.system = p.right_system AND r.key = p.right_key
            WHERE was = 'same' AND now <> 'same'""")
    both = "SELECT {0}_system AS system, {0}_key AS key FROM lost_pairs"
    hold_sides(connection, entity, finished, f"{both.format('left')} UNION {both.format('right')}")
    order = "left_system, left_key, right_system, right_key"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE lost AS
            SELECT row_number() OVER (ORDER BY {order}) AS rn, {order}, d.match_weight AS weight,
                CASE WHEN d.decision = 'review' THEN {reason_sql(model)} ELSE '' END AS reason,
                {why_sql(model)} AS why, {sides_sql(entity, "l", "r")}
            FROM lost_pairs p LEFT JOIN decided d ON d.rid_l = p.rid_l AND d.rid_r = p.rid_r
            JOIN side l ON l.system = left_system AND l.key = left_key
            JOIN side r ON r.system = right_system AND r.key = right_key""")
