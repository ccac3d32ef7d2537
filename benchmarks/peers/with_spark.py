"""Spark on two local threads, in SQL: one pass per table marks the failing rows, repeats are counted in a window."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession

from benchmarks.peers import checks
from benchmarks.peers.harness import Found, run

THREADS = 2


def listed(values: tuple[str, ...]) -> str:
    """Return an SQL list of texts."""
    return ", ".join(f"'{value}'" for value in values)


def id_number_right() -> str:
    """Return SQL: the number has the form and the check character of GB 11643; null where there is none."""
    places = [f"try_cast(substr(id_number, {at + 1}, 1) AS INT) * {checks.ID_WEIGHTS[at]}" for at in range(17)]
    last = "CASE WHEN substr(id_number, 18, 1) = 'X' THEN 10 ELSE try_cast(substr(id_number, 18, 1) AS INT) END"
    total = f"({' + '.join(places)} + {last}) % 11 = 1"
    return f"id_number IS NULL OR (id_number RLIKE '{checks.ID_FORM}' AND coalesce({total}, false))"


CONTRIBUTION = {
    "person_present": "person_no IS NOT NULL",
    "base_range": f"base BETWEEN {checks.BASE_LOW} AND {checks.BASE_HIGH}",
    "unit_paid_due": "unit_paid <= unit_due",
    "person_paid_due": "person_paid <= person_due",
    "period_range": f"period BETWEEN {checks.FIRST_MONTH} AND {checks.LAST_MONTH}",
    "insurance_known": f"insurance IN ({listed(checks.INSURANCES)})",
    "kind_known": f"kind IN ({listed(checks.KINDS)})",
    "unit_due_sign": "unit_due >= 0",
    "person_due_sign": "person_due >= 0",
}
PERSON = {
    "id_number_valid": id_number_right(),
    "name_present": "name IS NOT NULL",
    "name_form": f"name RLIKE '{checks.NAME_FORM}'",
    "sex_known": f"sex IN ({listed(checks.SEXES)})",
    "birth_range": f"birth_date BETWEEN DATE '{checks.BORN_FROM}' AND DATE '{checks.BORN_TO}'",
}


def failing(session: SparkSession, table: str, right: dict[str, str]) -> DataFrame:
    """Return the rows of ``table`` on which some check fails, with one flag per check."""
    flags = ", ".join(f"coalesce(NOT ({holds}), false) AS {name}" for name, holds in right.items())
    return session.sql(f"SELECT * FROM (SELECT source_row, {flags} FROM {table}) WHERE {' OR '.join(right)}")


def repeated(session: SparkSession, table: str, key: tuple[str, ...], where: str = "true") -> DataFrame:
    """Return the rows of ``table`` that share all of ``key`` with another row."""
    known = " AND ".join([where, *(f"{column} IS NOT NULL" for column in key)])
    return session.sql(
        f"SELECT source_row FROM (SELECT source_row, count(*) OVER (PARTITION BY {', '.join(key)}) AS n"
        f" FROM {table} WHERE {known}) WHERE n > 1"
    )


def start() -> SparkSession:
    """Return a local session with as many partitions as threads and no web page."""
    return (
        SparkSession.builder.master(f"local[{THREADS}]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.shuffle.partitions", str(2 * THREADS))
        .getOrCreate()
    )


def work(session: SparkSession, data: Path) -> Found:
    """Run every check and return the counts and the failing rows."""
    for table in ("contribution", "person", "unit"):
        session.read.parquet(str(data / f"{table}.parquet")).createOrReplaceTempView(table)
    counts, rows = {}, 0
    for table, right in (("contribution", CONTRIBUTION), ("person", PERSON)):
        found = failing(session, table, right).toArrow()
        counts |= {name: pc.sum(found[name], min_count=0).as_py() for name in right}
        rows += found.num_rows
    of_one = {
        "month_unique": repeated(session, "contribution", checks.MONTH_KEY, f"kind = '{checks.NORMAL}'"),
        "person_unique": repeated(session, "person", ("person_no",)),
        "unit_exists": session.sql(
            "SELECT source_row FROM person WHERE unit_no IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM unit WHERE unit.unit_no = person.unit_no)"
        ),
    }
    for name, wanted in of_one.items():
        counts[name] = wanted.toArrow().num_rows
        rows += counts[name]
    return Found(counts, rows)


if __name__ == "__main__":
    with start() as spark:
        run("spark", "pyspark", lambda data: work(spark, data))
