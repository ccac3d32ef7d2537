"""pandera on its Polars backend: a schema per table, checked lazily so that every failing row is collected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors
from pandera.polars import PolarsData

from benchmarks.peers import checks
from benchmarks.peers.harness import Found, run
from benchmarks.peers.with_polars import id_number_valid

_MONEY = pl.Decimal(18, 2)


def holds(name: str, right: pl.Expr) -> pa.Check:
    """Return a check of whole rows; unknown is not wrong."""

    def judge(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(right.fill_null(True))

    return pa.Check(judge, name=name)


def unique(name: str, key: list[str], where: pl.Expr) -> pa.Check:
    """Return a check that no two of the rows ``where`` share all of ``key``."""
    known = pl.all_horizontal([where, *(pl.col(column).is_not_null() for column in key)])

    def judge(data: PolarsData) -> pl.LazyFrame:
        rows = data.lazyframe.with_row_index("at")
        often = rows.filter(known).group_by(key).agg(pl.col("at")).filter(pl.col("at").list.len() > 1)
        repeated = often.select(pl.col("at").explode(), again=pl.lit(True))
        return rows.select("at").join(repeated, on="at", how="left").sort("at").select(pl.col("again").is_null())

    return pa.Check(judge, name=name)


def contribution_schema() -> pa.DataFrameSchema:
    """Return the schema of contributions."""
    between = pa.Check.in_range
    return pa.DataFrameSchema(
        {
            "person_no": pa.Column(pl.String, nullable=False),
            "base": pa.Column(_MONEY, between(checks.BASE_LOW, checks.BASE_HIGH, name="base_range"), nullable=True),
            "period": pa.Column(
                pl.Int32, between(checks.FIRST_MONTH, checks.LAST_MONTH, name="period_range"), nullable=True
            ),
            "insurance": pa.Column(pl.String, pa.Check.isin(checks.INSURANCES, name="insurance_known"), nullable=True),
            "kind": pa.Column(pl.String, pa.Check.isin(checks.KINDS, name="kind_known"), nullable=True),
            "unit_due": pa.Column(_MONEY, pa.Check.ge(0, name="unit_due_sign"), nullable=True),
            "person_due": pa.Column(_MONEY, pa.Check.ge(0, name="person_due_sign"), nullable=True),
        },
        checks=[
            holds("unit_paid_due", pl.col("unit_paid") <= pl.col("unit_due")),
            holds("person_paid_due", pl.col("person_paid") <= pl.col("person_due")),
            unique("month_unique", list(checks.MONTH_KEY), pl.col("kind") == checks.NORMAL),
        ],
    )


def person_schema(units: list[str]) -> pa.DataFrameSchema:
    """Return the schema of persons; ``units`` are the numbers that exist."""
    return pa.DataFrameSchema(
        {
            "name": pa.Column(pl.String, pa.Check.str_matches(checks.NAME_FORM, name="name_form"), nullable=False),
            "sex": pa.Column(pl.String, pa.Check.isin(checks.SEXES, name="sex_known"), nullable=True),
            "birth_date": pa.Column(
                pl.Date, pa.Check.in_range(checks.BORN_FROM, checks.BORN_TO, name="birth_range"), nullable=True
            ),
            "unit_no": pa.Column(pl.String, pa.Check.isin(units, name="unit_exists"), nullable=True),
        },
        checks=[
            holds("id_number_valid", id_number_valid()),
            unique("person_unique", ["person_no"], pl.lit(True)),
        ],
    )


# What a failed "not nullable" is called here.
_PRESENT = {"person_no": "person_present", "name": "name_present"}


def failures(frame: pl.DataFrame, schema: pa.DataFrameSchema) -> tuple[dict[str, int], int]:
    """Return how many rows fail each check of ``schema`` and how many failing rows were collected."""
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        counts: dict[str, int] = {}
        for error in errors.schema_errors:
            name = getattr(error.check, "name", None) or _PRESENT[error.schema.name]
            rows = error.failure_cases
            counts[name] = rows.height if isinstance(rows, pl.DataFrame) else rows.collect().height
        return counts, errors.failure_cases.height
    return {}, 0


def work(data: Path) -> Found:
    """Validate both tables and return the counts; the failing rows lie in the errors."""
    units = pl.read_parquet(data / "unit.parquet", columns=["unit_no"])["unit_no"].drop_nulls().to_list()
    tasks: list[tuple[str, tuple[str, ...], Callable[[], pa.DataFrameSchema]]] = [
        ("contribution", checks.CONTRIBUTION_COLUMNS, contribution_schema),
        ("person", checks.PERSON_COLUMNS, lambda: person_schema(units)),
    ]
    counts, returned = dict.fromkeys(checks.CHECKS, 0), 0
    for name, columns, schema in tasks:
        frame = pl.read_parquet(data / f"{name}.parquet", columns=list(columns))
        found, rows = failures(frame, schema())
        counts |= found
        returned += rows
    return Found(counts, returned)


if __name__ == "__main__":
    run("pandera", "pandera", work)
