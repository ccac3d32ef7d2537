"""Scores of a round and the admission of each person and unit.

Source: 白社保〔2021〕22号 (真实性、准确性、完整性、正确性、一致性、唯一性), with uniformity, timeliness and
security of the county plan (S0-2, S1-64); admission by the national entry standard (S1-21).

A dimension's score is the share of persons and units on none of whose rows something of that dimension must be mended,
in per cent: counted in people, because a person with one wrong row in three hundred is not 99.7 % right. A record is
admissible when nothing must be mended on any row of it.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

import duckdb

from renshe.engine.rules.catalogue import DIMENSIONS, Catalogue
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dataset import Dataset

_PERSON_KEY, _UNIT_KEY = "person_no", "unit_no"
_REGIONS = 50


def score_round(dataset: Dataset, catalogue: Catalogue) -> dict[str, Any]:
    """Return scores per dimension: overall, by system, department and region.

    Findings stand in ``findings``, persons and units in ``admission`` (see ``write_admission``).
    """
    connection = dataset.connection
    connection.execute("CREATE OR REPLACE TEMP TABLE rule_dimension (rule VARCHAR, dimension VARCHAR)")
    pairs = [(rule.id, dimension) for rule in catalogue.rules.values() for dimension in rule.dimensions]
    connection.executemany("INSERT INTO rule_dimension VALUES (?, ?)", pairs)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE failing AS SELECT DISTINCT d.dimension, o.kind, o.system, o.key, o.region,"
        " f.department FROM findings f JOIN rule_dimension d USING (rule) JOIN admission o ON o.system = f.system"
        " AND o.kind = CASE WHEN f.person_no IS NULL THEN 'unit' ELSE 'person' END"
        " AND o.key = coalesce(f.person_no, f.unit_no) WHERE f.severity = 'must_fix'"
    )
    total = _counted(connection, "'all'")
    departments = {rule.department for rule in catalogue.rules.values() if rule.table in dataset.tables}
    return {
        "overall": _scores(connection, "'all'", total)["all"] if total else {},
        "by_system": _scores(connection, "system", _counted(connection, "system")),
        "by_department": _scores(connection, "department", dict.fromkeys(sorted(departments), total.get("all", 0))),
        "by_region": _scores(connection, "region", _largest(_counted(connection, "region"))),
    }


def _counted(connection: duckdb.DuckDBPyConnection, by: str) -> dict[str, int]:
    return dict(connection.execute(f"SELECT {by}, count(*) FROM admission GROUP BY 1 ORDER BY 1").fetchall())


def _largest(counted: dict[str, int]) -> dict[str, int]:
    """Townships and slips of the pen may give thousands of regions: a page shows the largest."""
    names = sorted(counted, key=lambda name: (-counted[name], name))[:_REGIONS]
    return {name: counted[name] for name in sorted(names)}


def _scores(connection: duckdb.DuckDBPyConnection, by: str, totals: dict[str, int]) -> dict[str, dict[str, float]]:
    failing: dict[tuple[str, str], int] = {
        (name, dimension): count
        for name, dimension, count in connection.execute(
            f"SELECT {by}, dimension, count(DISTINCT (kind, system, key)) FROM failing GROUP BY 1, 2"
        ).fetchall()
    }
    return {
        name: {dimension: _percent(total - failing.get((name, dimension), 0), total) for dimension in DIMENSIONS}
        for name, total in totals.items()
    }


def _percent(good: int, rows: int) -> float:
    """Round down: a score of 100 means that there is nothing left to mend."""
    if rows <= 0:
        return 100.0
    exact = Decimal(100 * max(good, 0)) / Decimal(rows)
    return float(exact.quantize(Decimal("0.01"), rounding=ROUND_DOWN))


def write_admission(dataset: Dataset, target: Path) -> dict[str, dict[str, int]]:
    """Write ``admission.parquet`` (kind, system, key, admissible, reasons, region); return totals per kind."""
    parts = [
        f"SELECT {quote(table)} AS kind, s.system, s.{key} AS key, r.reasons IS NULL AS admissible,"
        f" coalesce(r.reasons, []) AS reasons, s.region FROM (SELECT system, {key},"
        f" coalesce(min(region_code), {quote(dataset.region)}) AS region FROM j_{table}"
        f" WHERE {key} IS NOT NULL GROUP BY 1, 2) s"
        f" LEFT JOIN (SELECT system, {key}, list(DISTINCT rule ORDER BY rule) AS reasons"
        f" FROM findings WHERE severity = 'must_fix' AND {tables} GROUP BY 1, 2) r USING (system, {key})"
        for table, key, tables in (
            ("person", _PERSON_KEY, "TRUE"),
            ("unit", _UNIT_KEY, "\"table\" IN ('unit', 'unit_enrolment', 'unit_ledger')"),
        )
        if table in dataset.tables
    ]
    empty = (
        "SELECT '' AS kind, '' AS system, '' AS key, FALSE AS admissible, ['']::VARCHAR[] AS reasons, '' AS region"
        " WHERE FALSE"
    )
    dataset.connection.execute(f"CREATE OR REPLACE TEMP TABLE admission AS {' UNION ALL '.join([*parts, empty])}")
    dataset.connection.execute(
        f"COPY (FROM admission ORDER BY kind, system, key) TO {quote(str(target))} (FORMAT parquet)"
    )
    totals = dataset.connection.execute(
        "SELECT kind, count(*), count(*) FILTER (WHERE admissible) FROM admission GROUP BY kind"
    ).fetchall()
    return {kind: {"total": total, "admissible": good} for kind, total, good in totals}
