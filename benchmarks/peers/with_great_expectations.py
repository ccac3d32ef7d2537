"""Great Expectations on its pandas engine: one suite per table, the rows that fail asked for by their row number.

Amounts are read as doubles and dates as timestamps, since pandas would hold decimals as Python objects: exact for what
is compared here, and much in the tool's favour.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics import ColumnMapMetricProvider, column_condition_partial

from benchmarks.peers import checks
from benchmarks.peers.harness import Found, run


class IdNumberValid(ColumnMapMetricProvider):
    """Which numbers have the form and the check character of GB 11643."""

    condition_metric_name = "column_values.id_number_valid"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **kwargs: Any) -> pd.Series:
        right = column.str.match(checks.ID_FORM).to_numpy(dtype=bool, copy=True)
        formed = column[right].to_numpy(dtype="S18")
        places = formed.view(np.uint8).reshape(-1, 18).astype(np.int32)
        values = np.where(places == ord("X"), 10, places - ord("0"))
        right[right] = values @ np.array(checks.ID_WEIGHTS) % 11 == 1
        return pd.Series(right, index=column.index)


class ExpectIdNumberValid(ColumnMapExpectation):
    """Expect every number of a column to be right by GB 11643."""

    map_metric = "column_values.id_number_valid"


def contribution_suite() -> dict[str, Any]:
    """Return the expectations on contributions by check."""
    return {
        "person_present": gxe.ExpectColumnValuesToNotBeNull(column="person_no"),
        "base_range": _between("base", checks.BASE_LOW, checks.BASE_HIGH),
        "unit_paid_due": _at_most("unit_paid", "unit_due"),
        "person_paid_due": _at_most("person_paid", "person_due"),
        "period_range": _between("period", checks.FIRST_MONTH, checks.LAST_MONTH),
        "insurance_known": _among("insurance", checks.INSURANCES),
        "kind_known": _among("kind", checks.KINDS),
        "unit_due_sign": _between("unit_due", 0, None),
        "person_due_sign": _between("person_due", 0, None),
        "month_unique": gxe.ExpectCompoundColumnsToBeUnique(
            column_list=list(checks.MONTH_KEY),
            ignore_row_if="any_value_is_missing",
            row_condition=f'kind == "{checks.NORMAL}"',
            condition_parser="pandas",
        ),
    }


def person_suite(units: list[str]) -> dict[str, Any]:
    """Return the expectations on persons by check; ``units`` are the numbers that exist."""
    return {
        "id_number_valid": ExpectIdNumberValid(column="id_number"),
        "name_present": gxe.ExpectColumnValuesToNotBeNull(column="name"),
        "name_form": gxe.ExpectColumnValuesToMatchRegex(column="name", regex=checks.NAME_FORM),
        "sex_known": _among("sex", checks.SEXES),
        "birth_range": _between("birth_date", pd.Timestamp(checks.BORN_FROM), pd.Timestamp(checks.BORN_TO)),
        "person_unique": gxe.ExpectColumnValuesToBeUnique(column="person_no"),
        "unit_exists": _among("unit_no", units),
    }


def _between(column: str, low: Any, high: Any) -> Any:
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high)


def _among(column: str, values: Any) -> Any:
    return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values))


def _at_most(less: str, more: str) -> Any:
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=more, column_B=less, or_equal=True, ignore_row_if="either_value_is_missing"
    )


def read(file: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read ``columns`` of ``file`` in the types that pandas is quick with."""
    table = pq.read_table(file, columns=list(columns))
    for at, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(at, field.name, table[field.name].cast(pa.float64()))
        elif pa.types.is_date(field.type):
            table = table.set_column(at, field.name, table[field.name].cast(pa.timestamp("s")))
    return table.to_pandas()


def validate(name: str, frame: pd.DataFrame, suite: dict[str, Any]) -> tuple[dict[str, int], int]:
    """Return how many rows fail each expectation of ``suite`` and how many failing rows were named."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    for check, expectation in suite.items():
        expectation.meta = {"check": check}
    expectations = gx.ExpectationSuite(name=name, expectations=list(suite.values()))
    told = {"result_format": "COMPLETE", "unexpected_index_column_names": ["source_row"]}
    counts, rows = {}, 0
    for result in batch.validate(expectations, result_format=told).results:
        if "unexpected_count" not in result.result:
            raise RuntimeError(str(result.exception_info))
        check = result.expectation_config.meta["check"]
        counts[check] = result.result["unexpected_count"]
        rows += len(result.result.get("unexpected_index_list") or ())
    return counts, rows


def work(data: Path) -> Found:
    """Validate both tables and return the counts and how many failing rows were named."""
    units = pq.read_table(data / "unit.parquet", columns=["unit_no"])["unit_no"].drop_null().to_pylist()
    payments = read(data / "contribution.parquet", checks.CONTRIBUTION_COLUMNS)
    of_payments, rows = validate("contribution", payments, contribution_suite())
    del payments
    of_people, more = validate("person", read(data / "person.parquet", checks.PERSON_COLUMNS), person_suite(units))
    return Found(of_payments | of_people, rows + more)


if __name__ == "__main__":
    run("great_expectations", "great_expectations", work)
