"""What a pair weighs: Splink compares the facts of its two records and adds up the weights of the model.

Invariant: every candidate pair has one weight, and for every comparison the level it stands on (``gamma_<name>``) and
what that weighs (``mw_<name>``, with ``mw_tf_<name>`` for how frequent the value is).
"""

from __future__ import annotations

from math import floor, log2
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker

from renshe.engine.linking.model import SIDES, Model
from renshe.standards.lookalikes import alike_names

# A value's share of all records is told in steps of half a power of two: one file more moves few weights.
_STEP = 2
# The records of a small office are drawn from a larger population: among few, a value that two share is not common.
POPULATION = 4096


def add_frequencies(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Add to ``records``, where frequency counts, ``tf_<fact>``: its value's share of all.

    The record itself is not counted; a value that nobody else has counts as one that one other has.
    """
    shares, joins = [], []
    for name in model.frequencies:
        [(told,)] = connection.sql(f"SELECT count({name}) FROM records").fetchall()
        # Steps of half a power of two, of the whole too: one file more moves few weights.
        least = 2.0 ** -floor(log2(max(told, POPULATION)))
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE often_{name} AS
                SELECT {name}, pow(2, round({_STEP} * log2(count(*) - 1)) / {_STEP}) * {least} AS share
                FROM records WHERE {name} IS NOT NULL GROUP BY {name} HAVING count(*) > 2""")
        shares.append(f"coalesce(often_{name}.share, {least}) AS tf_{name}")
        joins.append(f"LEFT JOIN often_{name} ON often_{name}.{name} = records.{name}")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE weighed AS SELECT records.*, {", ".join(shares)} FROM records {" ".join(joins)};
        DROP TABLE records; ALTER TABLE weighed RENAME TO records""")
    for name in model.frequencies:
        connection.execute(f"DROP TABLE often_{name}")


def share_sql(name: str) -> str:
    """Return the SQL of what ``add_frequencies`` adds for the fact ``name``, where records are few: in one look."""
    least, others = 2.0 ** -floor(log2(POPULATION)), f"count(*) OVER (PARTITION BY {name}) - 1"
    many = f"pow(2, round({_STEP} * log2({others})) / {_STEP}) * {least}"
    return f"CASE WHEN {name} IS NOT NULL AND {others} > 1 THEN {many} ELSE {least} END"


def estimate_prior(connection: duckdb.DuckDBPyConnection) -> float:
    """Return how likely two records, any two, are one: by the pairs with one proved number, and as many more in
    proportion to the records without such a number. In steps, as frequencies are."""
    [(sure, proved, records)] = connection.sql("""
        SELECT (SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM (
                SELECT count(*) AS n FROM records WHERE proved OR settled GROUP BY number)),
            count(*) FILTER (proved OR settled), count(*) FROM records""").fetchall()
    share = max(proved / max(records, 1), 0.1)
    # Where nothing is proved, every record is taken to have one other.
    pairs = max(float(sure) / share**2, 0.1 * records if proved else records, 1.0)
    found = min(pairs / max(records * (records - 1) / 2, 1), 0.5)
    return float(2.0 ** (round(_STEP * log2(found)) / _STEP))


def score(connection: duckdb.DuckDBPyConnection, model: Model, prior: float) -> None:
    """Leave the table ``scored``: the candidate ``pairs`` with what is known of both sides, weight, levels, what each
    level weighs, ``ground``: the number, from 0, of the definite rule that holds of the pair, or null, and ``floored``:
    whether it is never different."""
    define_functions(connection)
    api = Views(connection=connection)
    linker = Linker(api.register("records"), model.settings(prior), log_level=None, validate_settings=False)
    pairs = connection.sql("SELECT '0' AS match_key, rid_l AS join_key_l, rid_r AS join_key_r FROM pairs")
    pairs.create_view("blocked", replace=True)
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    found = linker.inference.predict(warning_mode="never")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE scored AS {scored_sql(model, found.physical_name)}")
    api.drop()


class Views(DuckDBAPI):
    """Splink's steps as views: the engine works out what is asked of the last one, so none of the texts that are
    compared is written down for every pair."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection=connection)
        self._views: list[str] = []

    def _setup_for_execute_sql(self, sql: str, physical_name: str) -> str:
        self._views.append(physical_name)
        return f"CREATE OR REPLACE TEMP VIEW {physical_name} AS {sql}"

    def delete_table_from_database(self, name: str) -> None:
        """Keep what later views stand on until ``drop``."""

    def drop(self) -> None:
        """Drop the views."""
        for name in reversed(self._views):
            self._con.execute(f"DROP VIEW IF EXISTS {name}")


def scored_sql(model: Model, predicted: str) -> str:
    """Return the SQL of ``scored`` from Splink's table of predictions."""
    sides = ", ".join(f"{name}_{side}" for name in SIDES for side in "lr")
    levels = ", ".join(column for one in model.comparisons for column in one.scored)
    grounds = "".join(f" WHEN {one.when} THEN {at}" for at, one in enumerate(model.definite))
    # A model may have nothing definite.
    ground = f"CASE{grounds} END" if grounds else "CAST(NULL AS INTEGER)"
    floor = model.at_least_review.when if model.at_least_review else "FALSE"
    return (
        f"SELECT rid_l, rid_r, {sides}, match_weight, match_probability, {levels}, {ground} AS ground,"
        f" coalesce({floor}, FALSE) AS floored FROM {predicted}"
    )


def define_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Define what conditions of a model may call beyond the engine's own functions."""
    [(there,)] = connection.sql("SELECT count(*) FROM duckdb_functions() WHERE function_name = 'alike'").fetchall()
    if not there:
        # Its declaration knows functions of values, not those of columns.
        functions: Any = connection
        functions.create_function("alike", alike_names, ["VARCHAR", "VARCHAR"], "BOOLEAN", type="arrow")
