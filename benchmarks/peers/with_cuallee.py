"""cuallee on Polars, which counts violations and hands over no rows.

Its DuckDB backend is left out: there uniqueness of several columns is approximate, and that of one counts other rows.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from cuallee import Check, CheckLevel

from benchmarks.peers import checks
from benchmarks.peers.harness import Found, run


def violations(check: Check, rows: pl.DataFrame, names: list[str]) -> dict[str, int]:
    """Return how many rows fail each rule of ``check``, by our names in its order."""
    return dict(zip(names, check.validate(rows)["violations"].to_list(), strict=True))


def or_null(column: str, predicate: str) -> str:
    """Return a predicate that unknown values satisfy."""
    return f"{column} IS NULL OR {predicate}"


def listed(values: tuple[str, ...] | list[str]) -> str:
    """Return an SQL list of texts."""
    return ", ".join(f"'{value}'" for value in values)


def id_number_right() -> str:
    """Return SQL: the number has the form and the check character of GB 11643."""
    places = [f"CAST(substr(id_number, {at + 1}, 1) AS INT) * {checks.ID_WEIGHTS[at]}" for at in range(17)]
    last = "CASE WHEN substr(id_number, 18, 1) = 'X' THEN 10 ELSE TRY_CAST(substr(id_number, 18, 1) AS INT) END"
    places = [place.replace("CAST", "TRY_CAST") for place in places]
    return f"(regexp_like(id_number, '{checks.ID_FORM}') AND ({' + '.join(places)} + {last}) % 11 = 1)"


def contributions(rows: pl.DataFrame) -> dict[str, int]:
    """Return the violations of contributions."""
    check = Check(CheckLevel.WARNING, "contribution").is_complete("person_no")
    for column, predicate in (
        ("base", f"base BETWEEN {checks.BASE_LOW} AND {checks.BASE_HIGH}"),
        ("unit_paid", "unit_due IS NULL OR unit_paid <= unit_due"),
        ("person_paid", "person_due IS NULL OR person_paid <= person_due"),
        ("period", f"period BETWEEN {checks.FIRST_MONTH} AND {checks.LAST_MONTH}"),
        ("insurance", f"insurance IN ({listed(checks.INSURANCES)})"),
        ("kind", f"kind IN ({listed(checks.KINDS)})"),
        ("unit_due", "unit_due >= 0"),
        ("person_due", "person_due >= 0"),
    ):
        check = check.satisfies(column, or_null(column, predicate))
    found = violations(check, rows, list(checks.CONTRIBUTION_CHECKS[:-1]))
    normal = rows.filter(pl.col("kind") == checks.NORMAL).drop_nulls(list(checks.MONTH_KEY))
    months = Check(CheckLevel.WARNING, "months").are_unique(list(checks.MONTH_KEY))
    return found | violations(months, normal, ["month_unique"])


def persons(rows: pl.DataFrame, units: list[str]) -> dict[str, int]:
    """Return the violations of persons; ``units`` are the numbers that exist."""
    names = ["name_present", "name_form", "id_number_valid", "sex_known", "birth_range"]
    check = Check(CheckLevel.WARNING, "person").is_complete("name")
    for column, predicate in (
        ("name", f"regexp_like(name, '{checks.NAME_FORM}')"),
        ("id_number", id_number_right()),
        ("sex", f"sex IN ({listed(checks.SEXES)})"),
        ("birth_date", f"birth_date BETWEEN DATE '{checks.BORN_FROM}' AND DATE '{checks.BORN_TO}'"),
    ):
        check = check.satisfies(column, or_null(column, predicate))
    found = violations(check, rows, names)
    numbered = Check(CheckLevel.WARNING, "numbers").is_unique("person_no")
    found |= violations(numbered, rows.drop_nulls("person_no"), ["person_unique"])
    employed = Check(CheckLevel.WARNING, "units").is_contained_in("unit_no", units)
    return found | violations(employed, rows.drop_nulls("unit_no"), ["unit_exists"])


def work(data: Path) -> Found:
    """Run every check and return the counts."""
    units = pl.read_parquet(data / "unit.parquet", columns=["unit_no"])["unit_no"].drop_nulls().to_list()
    payments = pl.read_parquet(data / "contribution.parquet", columns=list(checks.CONTRIBUTION_COLUMNS))
    counts = contributions(payments)
    del payments
    people = pl.read_parquet(data / "person.parquet", columns=list(checks.PERSON_COLUMNS))
    return Found(counts | persons(people, units), None)


if __name__ == "__main__":
    run("cuallee", "cuallee", work)
