"""What a pair weighs: Splink compares the facts of its two records and adds up the weights of the model.

Invariant: every candidate pair has one weight, and for every comparison the level it stands on (``gamma_<name>``) and what
that weighs (``mw_<name>``, with ``mw_tf_<name>`` for how frequent the value is).
"""

from __future__ import annotations

import logging
import duckdb
from splink import DuckDBAPI, Linker

from renshe.engine.linking.model import Model

# A value's share of all records is told in steps of half a power of two: one file more moves few weights.
_STEP = 2


def add_frequencies(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Add to ``records``, for each fact whose frequency counts, ``tf_<fact>``: its value's share, in steps."""
    shares = [
        f"pow(2, round({_STEP} * log2(greatest(count(*) OVER (PARTITION BY {name}) - 1, 1) / pow(2, floor(log2(count({name}) OVER ()))))) / {_STEP})"
        f" AS tf_{name}"
        for name in model.frequencies
    ]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE weighed AS SELECT *, {', '.join(shares)} FROM records")


def estimate_prior(connection: duckdb.DuckDBPyConnection) -> float:
    """Return how likely two records, any two, are one: by the pairs with one proved number and name, and as many again in
    proportion to the records without such a number."""
    [(sure, proved, records)] = connection.sql("""
        SELECT (SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM (SELECT count(*) AS n FROM records WHERE settled GROUP BY number, name)),
            count(*) FILTER (settled), count(*) FROM records""").fetchall()
    share = max(proved / max(records, 1), 0.1)
    # Where nothing is proved, every record is taken to have one other.
    pairs = max(float(sure) / share**2, 0.1 * records if proved else records, 1.0)
    return min(pairs / max(records * (records - 1) / 2, 1), 0.5)


def score(connection: duckdb.DuckDBPyConnection, model: Model, prior: float) -> None:
    """Leave the table ``scored``: the candidate ``pairs`` with weight, levels and what each level weighs."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI(connection=connection)
    linker = Linker(api.register("weighed"), model.settings(prior), log_level=None, validate_settings=False)
    pairs = connection.sql("SELECT '0' AS match_key, rid_l AS join_key_l, rid_r AS join_key_r FROM pairs")
    pairs.create_view("blocked", replace=True)
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    found = linker.inference.predict(warning_mode="never")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE scored AS FROM {found.physical_name}")
    found.drop_table_from_database_and_remove_from_cache()
