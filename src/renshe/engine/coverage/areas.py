"""How many of each status live in each county, township and village.

Invariant: the villages of a township, with those whose village is not told, sum to it, townships to their county; the
rows of each level sum to everybody: who lives nowhere that is told is counted in a row without a code.
"""

from __future__ import annotations

import pyarrow as pa

from renshe.engine.coverage.households import Register
from renshe.engine.coverage.standing import STATUSES
from renshe.engine.report.labels import region_label
from renshe.standards.regions import region_name

LEVELS = {"county": "县（市、区）", "township": "乡镇（街道）", "village": "村（社区）"}
"""The levels of areas, as people read them."""
COLUMNS = ("level", "county", "code", "name", "persons", *STATUSES, "pension", "medical", "covered")
"""The columns of ``areas.parquet``; ``covered``: insured of the living, in per cent, rounded down."""


def count_areas(register: Register) -> None:
    """Publish ``areas.parquet``, known as ``area``."""
    codes = register.connection.sql("SELECT DISTINCT coalesce(county, '') AS code FROM classified").fetchall()
    names = {"code": [code for (code,) in codes], "label": [_name(code) for (code,) in codes]}
    names["town"] = [region_name(code) or label for code, label in zip(names["code"], names["label"], strict=True)]
    register.connection.register("given", pa.table(names))
    register.connection.execute("CREATE TEMP TABLE county_name AS FROM given")
    register.connection.unregister("given")
    counts = ", ".join(f"count(*) FILTER (status = '{status}') AS {status}" for status in STATUSES)
    insured = ", ".join(f"count(*) FILTER ({name} AND status <> 'dead') AS {name}" for name in ("pension", "medical"))
    parts = " UNION ALL ".join(
        f"SELECT {at} AS rank, '{level}' AS level, county, {'NULL' if level == 'county' else 'township'} AS township,"
        f" {level} AS code, count(*) AS persons, {counts}, {insured} FROM classified GROUP BY ALL"
        for at, level in enumerate(LEVELS)
    )
    name = (
        "CASE WHEN a.level = 'county' OR a.county IS NULL THEN n.label"
        " ELSE n.town || ' ' || coalesce(a.code, CASE WHEN a.township IS NULL THEN '乡镇不详'"
        " ELSE a.township || ' 村不详' END) END"
    )
    covered = "CASE WHEN persons > dead THEN (10000 * (here + elsewhere)) // (persons - dead) / 100 END"
    told = ", ".join(f"a.{name}" for name in ("persons", *STATUSES, "pension", "medical"))
    register.publish(
        "area",
        f"SELECT a.level, a.county, a.code, {name} AS name, {told},"
        f" CAST({covered} AS DECIMAL(5, 2)) AS covered FROM ({parts}) a"
        " JOIN county_name n ON n.code = coalesce(a.county, '') ORDER BY a.rank, a.county NULLS LAST,"
        " a.township NULLS LAST, a.code NULLS LAST",
        "areas.parquet",
    )


def _name(code: str) -> str:
    return region_label(code) if code else "区划不详"
