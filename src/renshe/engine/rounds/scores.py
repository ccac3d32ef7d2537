"""Scores of a round and the admission of each person and unit.

Source: 白社保〔2021〕22号 (真实性、准确性、完整性、正确性、一致性、唯一性), with uniformity, timeliness and
security of the county plan (S0-2, S1-64); admission by the national entry standard (S1-21).

A dimension's score is the share of judged rows without a must-fix finding of that dimension, in per cent; a record is
admissible when nothing must be mended on any row of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

import duckdb

from renshe.engine.rules.catalogue import DIMENSIONS, Catalogue
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dataset import Dataset

_PERSON_KEY, _UNIT_KEY = "person_no", "unit_no"


def score_round(dataset: Dataset, catalogue: Catalogue) -> dict[str, Any]:
    """Return scores per dimension: overall, by system, department and region. Findings stand in ``findings``."""
    connection = dataset.connection
    connection.execute("CREATE OR REPLACE TEMP TABLE rule_dimension (rule VARCHAR, dimension VARCHAR)")
    pairs = [(rule.id, dimension) for rule in catalogue.rules.values() for dimension in rule.dimensions]
    connection.executemany("INSERT INTO rule_dimension VALUES (?, ?)", pairs)
    connection.execute(
        'CREATE OR REPLACE TEMP TABLE failing_rows AS SELECT DISTINCT d.dimension, f."table", f.system, f.source_file,'
        " f.source_row, f.region, f.department FROM findings f JOIN rule_dimension d USING (rule)"
        " WHERE f.severity = 'must_fix'"
    )
    systems = {name: _rows(dataset, system=name) for name in sorted(dataset.business_systems())}
    regions = _regions(dataset)
    return {
        "overall": _scores(connection, "TRUE", sum(systems.values())),
        "by_system": {name: _scores(connection, f"system = {quote(name)}", rows) for name, rows in systems.items()},
        "by_department": {
            name: _scores(connection, f"department = {quote(name)}", rows)
            for name, rows in _departments(dataset, catalogue).items()
        },
        "by_region": {name: _scores(connection, f"region = {quote(name)}", rows) for name, rows in regions.items()},
    }


def _rows(dataset: Dataset, *, system: str) -> int:
    return sum(source.rows for source in dataset.sources if source.system == system)


def _departments(dataset: Dataset, catalogue: Catalogue) -> dict[str, int]:
    tables: dict[str, set[str]] = {}
    for rule in catalogue.rules.values():
        if rule.table in dataset.tables:
            tables.setdefault(rule.department, set()).add(rule.table)
    return {name: sum(dataset.rows(table) for table in found) for name, found in sorted(tables.items())}


def _regions(dataset: Dataset) -> dict[str, int]:
    rows: dict[str, int] = {}
    for table in dataset.tables:
        region = f"coalesce(region_code, {quote(dataset.region)})"
        counted = dataset.connection.execute(f"SELECT {region}, count(*) FROM j_{table} GROUP BY 1").fetchall()
        for name, count in counted:
            rows[name] = rows.get(name, 0) + count
    largest = sorted(rows.items(), key=lambda item: (-item[1], item[0]))[:50]
    return dict(sorted(largest))


def _scores(connection: duckdb.DuckDBPyConnection, where: str, rows: int) -> dict[str, float]:
    counted = connection.execute(
        'SELECT dimension, count(DISTINCT ("table", source_file, source_row)) FROM failing_rows'
        f" WHERE {where} GROUP BY 1"
    ).fetchall()
    failing: Mapping[str, int] = dict(counted)
    return {dimension: _percent(rows - failing.get(dimension, 0), rows) for dimension in DIMENSIONS}


def _percent(good: int, rows: int) -> float:
    """Round down: a score of 100 means that there is nothing left to mend."""
    if rows <= 0:
        return 100.0
    exact = Decimal(100 * max(good, 0)) / Decimal(rows)
    return float(exact.quantize(Decimal("0.01"), rounding=ROUND_DOWN))


def write_admission(dataset: Dataset, target: Path) -> dict[str, dict[str, int]]:
    """Write ``admission.parquet`` (kind, system, key, admissible, reasons); return totals per kind."""
    parts = [
        f"SELECT {quote(table)} AS kind, s.system, s.{key} AS key, r.reasons IS NULL AS admissible,"
        f" coalesce(r.reasons, []) AS reasons FROM (SELECT DISTINCT system, {key} FROM j_{table}"
        f" WHERE {key} IS NOT NULL) s LEFT JOIN (SELECT system, {key}, list(DISTINCT rule ORDER BY rule) AS reasons"
        f" FROM findings WHERE severity = 'must_fix' AND {tables} GROUP BY 1, 2) r USING (system, {key})"
        for table, key, tables in (
            ("person", _PERSON_KEY, "TRUE"),
            ("unit", _UNIT_KEY, "\"table\" IN ('unit', 'unit_enrolment', 'unit_ledger')"),
        )
        if table in dataset.tables
    ]
    empty = "SELECT '' AS kind, '' AS system, '' AS key, FALSE AS admissible, ['']::VARCHAR[] AS reasons WHERE FALSE"
    dataset.connection.execute(f"CREATE OR REPLACE TEMP TABLE admission AS {' UNION ALL '.join([*parts, empty])}")
    dataset.connection.execute(
        f"COPY (FROM admission ORDER BY kind, system, key) TO {quote(str(target))} (FORMAT parquet)"
    )
    totals = dataset.connection.execute(
        "SELECT kind, count(*), count(*) FILTER (WHERE admissible) FROM admission GROUP BY kind"
    ).fetchall()
    return {kind: {"total": total, "admissible": good} for kind, total, good in totals}
