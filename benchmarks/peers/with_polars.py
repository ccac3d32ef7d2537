"""Polars, lazily and on its streaming engine: one pass per table marks the failing rows, repeats are grouped apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from pathlib import Path

import polars as pl

from benchmarks.peers import checks
from benchmarks.peers.harness import Found, run


def id_number_valid() -> pl.Expr:
    """Whether a number has the form and the check character of GB 11643; null where there is none."""
    number = pl.col("id_number")
    places = [number.str.slice(at, 1) for at in range(18)]
    values = [place.cast(pl.Int32, strict=False) for place in places[:17]]
    values.append(pl.when(places[17] == "X").then(10).otherwise(places[17].cast(pl.Int32, strict=False)))
    total = reduce(add, (value * weight for value, weight in zip(values, checks.ID_WEIGHTS, strict=True)))
    # Where a place is no digit the sum is unknown, but then the form is wrong, and that is known.
    return number.str.contains(checks.ID_FORM) & ((total % 11 == 1) | number.is_null()).fill_null(False)


def contribution() -> dict[str, pl.Expr]:
    """Return what holds of a right contribution, by check; what takes more than one row left out."""
    return {
        "person_present": pl.col("person_no").is_not_null(),
        "base_range": pl.col("base").is_between(checks.BASE_LOW, checks.BASE_HIGH),
        "unit_paid_due": pl.col("unit_paid") <= pl.col("unit_due"),
        "person_paid_due": pl.col("person_paid") <= pl.col("person_due"),
        "period_range": pl.col("period").is_between(checks.FIRST_MONTH, checks.LAST_MONTH),
        "insurance_known": pl.col("insurance").is_in(checks.INSURANCES),
        "kind_known": pl.col("kind").is_in(checks.KINDS),
        "unit_due_sign": pl.col("unit_due") >= 0,
        "person_due_sign": pl.col("person_due") >= 0,
    }


def person() -> dict[str, pl.Expr]:
    """Return what holds of a right person, by check; what takes more than one row left out."""
    return {
        "id_number_valid": id_number_valid(),
        "name_present": pl.col("name").is_not_null(),
        "name_form": pl.col("name").str.contains(checks.NAME_FORM),
        "sex_known": pl.col("sex").is_in(checks.SEXES),
        "birth_range": pl.col("birth_date").is_between(checks.BORN_FROM, checks.BORN_TO),
    }


def failing(rows: pl.LazyFrame, right: dict[str, pl.Expr]) -> pl.LazyFrame:
    """Return the rows on which some check fails, with one flag per check."""
    flags = [(~holds).fill_null(False).alias(name) for name, holds in right.items()]
    return rows.select("source_row", *flags).filter(pl.any_horizontal(list(right)))


def repeated(rows: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """Return the rows that share all of ``key`` with another row."""
    known = rows.drop_nulls(list(key))
    often = known.group_by(key).len().filter(pl.col("len") > 1)
    return known.join(often, on=list(key), how="semi").select("source_row")


def work(data: Path) -> Found:
    """Run every check and return the counts and the failing rows."""
    payments = pl.scan_parquet(data / "contribution.parquet").select(checks.CONTRIBUTION_COLUMNS)
    people = pl.scan_parquet(data / "person.parquet").select(checks.PERSON_COLUMNS)
    units = pl.scan_parquet(data / "unit.parquet").select("unit_no")
    of_payments, of_people, months, persons, units_lacking = pl.collect_all(
        [
            failing(payments, contribution()),
            failing(people, person()),
            repeated(payments.filter(pl.col("kind") == checks.NORMAL), checks.MONTH_KEY),
            repeated(people, ["person_no"]),
            people.drop_nulls("unit_no").join(units, on="unit_no", how="anti").select("source_row"),
        ],
        engine="streaming",
    )
    counts = {name: of_payments[name].sum() for name in contribution()}
    counts |= {name: of_people[name].sum() for name in person()}
    counts |= {"month_unique": months.height, "person_unique": persons.height, "unit_exists": units_lacking.height}
    return Found(counts, sum(frame.height for frame in (of_payments, of_people, months, persons, units_lacking)))


if __name__ == "__main__":
    run("polars", "polars", work)
