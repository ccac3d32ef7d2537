"""What became of the pairs: decisions and on what basis, the weights, why some wait, the first of those, masked.

Invariant: every compared pair counts in one decision and one bin; every pair in review has one reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from renshe.engine.linking.answers import SAID
from renshe.engine.linking.deciding import why_sql
from renshe.engine.linking.entities import Entity, digest_sql, hold_sides, shown_number
from renshe.engine.linking.model import Model
from renshe.engine.linking.report.figures import Bin, Decided, Example, Reason, Side, Told
from renshe.engine.report.labels import system_label
from renshe.engine.rounds.finished import Finished
from renshe.engine.rules.compiling import quote
from renshe.standards.masks import mask_digits, mask_serial, mask_value

EXAMPLES = 20
BIN = 4
_FIRST, _LAST = -20, 60
_ORDER = ("same", "review", "different")
_BETWEEN = "权重介于两个阈值之间"
_JUDGED = {
    "unsure": "经办人员无法确定",
    "forbidden": "核实结论与确定规则矛盾",
    "contradictory": "核实结论互相矛盾",
}


def count_decisions(connection: duckdb.DuckDBPyConnection) -> tuple[Decided, ...]:
    """Return the pairs by decision and basis."""
    rows = connection.sql(f"""
        SELECT decision, CASE WHEN ground = {SAID} OR judged IS NOT NULL THEN 'said' WHEN ground IS NOT NULL THEN 'rule'
            ELSE 'weight' END AS basis, count(*), count(*) FILTER (system_l = system_r)
        FROM decided GROUP BY ALL
        """).fetchall()
    return tuple(Decided(*row) for row in sorted(rows, key=lambda row: (_ORDER.index(row[0]), row[1])))


def count_weights(connection: duckdb.DuckDBPyConnection) -> tuple[Bin, ...]:
    """Return the pairs by weight, without gaps; what is beyond the first or last bin counts in it."""
    place = f"least(greatest(floor(match_weight / {BIN}) * {BIN}, {_FIRST}), {_LAST})::INT"
    rows = connection.sql(f"""
        SELECT {place} AS least, count(*) FILTER (decision = 'same'), count(*) FILTER (decision = 'review'),
            count(*) FILTER (decision = 'different')
        FROM decided WHERE match_weight IS NOT NULL GROUP BY 1""").fetchall()
    found = {row[0]: Bin(*row) for row in rows}
    least, most = min(found, default=0), max(found, default=0)
    return tuple(found.get(at, Bin(at, 0, 0, 0)) for at in range(least, most + 1, BIN)) if found else ()


def count_answers(connection: duckdb.DuckDBPyConnection, given: int) -> Told:
    """Return what the ``given`` answers of clerks came to."""
    rows = dict(connection.sql("SELECT judged, count(*) FROM answered GROUP BY judged").fetchall())
    kinds = ("same", "different", "unsure", "forbidden", "contradictory")
    return Told(**{kind: rows.get(kind, 0) for kind in kinds}, gone=given - sum(rows.values()))


def hold_queue(connection: duckdb.DuckDBPyConnection, entity: Entity, model: Model, finished: Finished) -> str:
    """Leave the pairs in review, likeliest first, in a table that cursors see too and return its name.

    It has ``rn``, systems and keys of both, weight, ``reason``, ``why``, what differs, fields of both (``l_``, ``r_``).
    """
    hold_sides(
        connection,
        entity,
        finished,
        "SELECT system, key FROM records WHERE rid IN (SELECT unnest([rid_l, rid_r]) FROM decided"
        " WHERE decision = 'review')",
    )
    name = f"queue_{entity.name}"
    order = "d.match_weight DESC NULLS LAST, a.system, a.key, b.system, b.key"
    connection.execute(f"""
        CREATE OR REPLACE TABLE {name} AS
            SELECT row_number() OVER (ORDER BY {order}) AS rn, a.system AS left_system, a.key AS left_key,
                b.system AS right_system, b.key AS right_key, d.match_weight AS weight, {reason_sql(model)} AS reason,
                {why_sql(model)} AS why, {sides_sql(entity, "l", "r")}
            FROM decided d JOIN records a ON a.rid = d.rid_l JOIN records b ON b.rid = d.rid_r
            JOIN side l ON l.system = a.system AND l.key = a.key JOIN side r ON r.system = b.system AND r.key = b.key
            WHERE decision = 'review'""")
    return name


def sides_sql(entity: Entity, left: str, right: str) -> str:
    """Return the SQL of what is shown of a pair: the fields of both, which of them differ, the digest."""
    fields = [f"{side}.{name} AS {mark}_{name}" for name in entity.shown for side, mark in ((left, "l"), (right, "r"))]
    differing = ", ".join(
        f"CASE WHEN {left}.{name} <> {right}.{name} THEN {quote(label)} END" for name, label in entity.labels.items()
    )
    return (
        f"{', '.join(fields)}, concat_ws('、', {differing}) AS differing, {digest_sql(entity, left, right)} AS digest"
    )


def reason_sql(model: Model) -> str:
    """Return the SQL of the one reason for which a pair of ``decided`` waits."""
    judged = " ".join(f"WHEN judged = {quote(kind)} THEN {quote(label)}" for kind, label in _JUDGED.items())
    grounds = " ".join(f"WHEN ground = {at} THEN {quote(one.label)}" for at, one in enumerate(model.definite))
    return f"""CASE {judged} WHEN guarded THEN '所在的组自相矛盾' WHEN contested THEN '另有同样或更相符的记录' {grounds}
        ELSE '{_BETWEEN}' END"""


def count_reasons(connection: duckdb.DuckDBPyConnection, queue: str) -> tuple[Reason, ...]:
    """Return why pairs wait, the commonest first."""
    rows = connection.sql(f"""
        SELECT reason, count(*) AS n, count(*) FILTER (left_system = right_system) FROM {queue}
        GROUP BY reason ORDER BY n DESC, reason""").fetchall()
    return tuple(Reason(*row) for row in rows)


def first_pairs(
    connection: duckdb.DuckDBPyConnection, entity: Entity, pairs: str, limit: int = EXAMPLES
) -> tuple[Example, ...]:
    """Return the first pairs of a table as ``hold_queue`` leaves it, masked."""
    found = connection.sql(f"SELECT * FROM {pairs} ORDER BY rn LIMIT {limit}").to_arrow_table().to_pylist()
    return tuple(
        Example(
            left=_side(entity, row, "left"),
            right=_side(entity, row, "right"),
            weight=None if row["weight"] is None else round(row["weight"], 1),
            reason=row["reason"],
            differing=row["differing"],
            why=mask_digits(row["why"]),
        )
        for row in found
    )


def _side(entity: Entity, row: Mapping[str, Any], side: str) -> Side:
    fields = tuple(_masked(entity, name, row[f"{side[0]}_{name}"]) for name in entity.shown)
    return Side(system_label(row[f"{side}_system"]), mask_serial(shown_number(row[f"{side}_key"])), fields)


def _masked(entity: Entity, name: str, value: str | None) -> str:
    """Return a field as it may be shown. A date of birth keeps its year: it is what the number hides."""
    if name == "birth_date":
        return "" if value is None else f"{value[:4]}-**-**"
    return mask_value("unit", "name", value) if name == "unit_name" else mask_value(entity.name, name, value)
