"""The plan as tables: one row per pair, per field that differs, and per row of the number that goes.

Invariant: ``rows.parquet`` has every row of the numbers that go, once, with what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.decisions.pairs import PERSON, REPEATED, own
from renshe.engine.merging.held import keep_table
from renshe.engine.merging.plan import PairPlan, Plan
from renshe.engine.rules.compiling import quote

_MONEY = pa.decimal128(18, 2)


def _texts(names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, pa.string()) for name in names.split()]


PAIRS = pa.schema(
    [
        ("step", pa.int64()),
        *_texts("scope system old new old_region new_region cluster why state"),
        ("conditions", pa.list_(pa.string())),
        ("obstacles", pa.string()),
        *((name, pa.int64()) for name in ("fields", "moved", "refunds")),
        ("refund_amount", _MONEY),
        *_texts("digest"),
    ]
)
FIELDS = pa.schema(
    [
        ("step", pa.int64()),
        *_texts("system old new field old_value new_value other_value other_system value origin why"),
    ]
)
REFUND = "refund"
"""What becomes of a contribution for a month that both have; all other rows are ``moved``."""


def pairs_table(plan: Plan) -> pa.Table:
    """Return one row per pair, in the order in which they are to be merged."""
    return pa.Table.from_pylist([_pair(one) for one in plan.pairs], PAIRS)


def _pair(one: PairPlan) -> dict[str, Any]:
    pair = one.pair
    told: dict[str, Any] = {name: getattr(pair, name) for name in "scope system old new cluster why".split()}
    detailed = one.moved is not None
    return told | {
        "step": one.step,
        "old_region": pair.regions[0],
        "new_region": pair.regions[1],
        "state": one.state,
        "conditions": [obstacle.id for obstacle in one.obstacles],
        "obstacles": "\n".join(obstacle.line for obstacle in one.obstacles) or None,
        "fields": len(one.fields) if detailed else None,
        "moved": sum((one.moved or {}).values()) if detailed else None,
        "refunds": len(one.refunds) if detailed else None,
        "refund_amount": sum((refund.amount for refund in one.refunds), Decimal()) if detailed else None,
        "digest": one.digest,
    }


def fields_table(pairs: Iterable[PairPlan]) -> pa.Table:
    """Return one row per pair and field that differs."""
    rows = [
        {
            "step": one.step,
            "system": one.pair.system,
            "old": one.pair.old,
            "new": one.pair.new,
            "field": field.name,
            "old_value": field.old,
            "new_value": field.new,
            "other_value": field.other,
            "other_system": field.other_system,
            "value": field.value,
            "origin": field.origin,
            "why": field.why,
        }
        for one in pairs
        for field in one.fields
    ]
    return pa.Table.from_pylist(rows, FIELDS)


def know_rows(plan: Plan) -> None:
    """Make ``planned_rows`` known to the plan's engine: every row of the numbers that go."""
    con = plan.connection
    steps = [plan.pairs[at].step for at in plan.asked]
    order = {"n": pa.array(range(len(steps)), pa.int64()), "step": pa.array(steps, pa.int64())}
    keep_table(con, "steps", pa.table(order))
    files = [source["file"] for source in plan.newest.manifest["sources"]]
    given = {"src": pa.array(range(len(files)), pa.int64()), "source_file": pa.array(files, pa.string())}
    keep_table(con, "files", pa.table(given))
    parts = []
    for name in plan.tables:
        if name == PERSON:
            continue
        repeated = name == REPEATED
        # A period and an amount are told where they decide what becomes of a row.
        told = "t.insurance, t.period, s.unit, s.person" if repeated else "NULL, NULL, NULL, NULL"
        stays = "LEFT JOIN stays s ON s.src = t.src AND s.source_row = t.source_row" if repeated else ""
        what = f"CASE WHEN s.n IS NULL THEN 'moved' ELSE {quote(REFUND)} END" if repeated else "'moved'"
        parts.append(
            f'SELECT p.n, p.system, p.old, p.new, {quote(name)} AS "table", t.src, t.source_row, {what} AS what, {told}'
            f" FROM pairs p JOIN {own(name)} t ON t.system = p.system AND t.person_no = p.old {stays}"
        )
    names = 'n, system, old, new, "table", src, source_row, what, insurance, period, unit, person'
    empty = f"SELECT {', '.join(['NULL'] * 12)} WHERE FALSE"
    con.execute(
        'CREATE OR REPLACE TABLE planned_rows AS SELECT step, system, old, new, "table", source_file, source_row, what,'
        " insurance::VARCHAR AS insurance, period::INT AS period, unit::DECIMAL(18, 2) AS unit,"
        " person::DECIMAL(18, 2) AS person, (unit + person)::DECIMAL(18, 2) AS amount"
        f" FROM ({' UNION ALL '.join([*parts, empty])}) r({names}) JOIN steps USING (n) JOIN files USING (src)"
    )


def write_tables(plan: Plan, folder: Path) -> None:
    """Write ``plan.parquet``, ``fields.parquet`` and ``rows.parquet`` (see ``know_rows``)."""
    pq.write_table(pairs_table(plan), folder / "plan.parquet")
    pq.write_table(fields_table(plan.pairs), folder / "fields.parquet")
    plan.connection.execute(
        f"COPY (FROM planned_rows ORDER BY ALL) TO {quote(str(folder / 'rows.parquet'))} (FORMAT parquet)"
    )
