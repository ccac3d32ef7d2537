"""The same candidate pairs and weights from Spark, for more records than one machine looks through.

Facts, decisions and clusters stay where they are: what grows faster than the records – pairs and their comparisons –
is found and weighed by Spark, from the same model (Splink runs on both). Conditions use only what both engines answer
alike.

Invariant: the same records and model give the same ``scored`` as the other engine, but for the last digits of weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from renshe.engine.linking.candidates import Dropped
from renshe.engine.linking.model import Model
from renshe.engine.linking.scoring import scored_sql
from renshe.engine.rules.compiling import quote
from renshe.engine.spark.session import spark_session
from renshe.standards.lookalikes import alike_name

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def find_and_score(connection: duckdb.DuckDBPyConnection, model: Model, prior: float, folder: Path) -> list[Dropped]:
    """Leave the table ``scored`` as ``scoring.score`` does, worked out by Spark; return the keys that were dropped.

    ``folder`` takes what Spark writes. Raises SparkUnavailableError where Spark cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    records, scored = folder / "records.parquet", folder / "scored"
    connection.execute(f"COPY records TO {quote(str(records))} (FORMAT parquet)")
    with spark_session(folder) as spark:
        spark.udf.register("alike", alike_name, "boolean")
        spark.read.parquet(str(records)).createOrReplaceTempView("records")
        dropped = _pairs(spark, model)
        _predict(spark, model, prior).write.mode("overwrite").parquet(str(scored))
    listed = quote(str(scored / "*.parquet"))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE scored AS FROM read_parquet({listed})")
    told = ", ".join(f"({quote(one.key)}, 0, {one.records})" for one in dropped)
    connection.execute("CREATE OR REPLACE TEMP TABLE crowded (name VARCHAR, k UBIGINT, n BIGINT)")
    if told:
        connection.execute(f"INSERT INTO crowded VALUES {told}")
    return dropped


def _pairs(spark: SparkSession, model: Model) -> list[Dropped]:
    """Leave the view ``blocked`` of candidate pairs; return the keys that were dropped."""
    dropped: list[Dropped] = []
    found: list[DataFrame] = []
    for at, (name, key) in enumerate(model.keys.items()):
        hashed = f"xxhash64({', '.join(key.parts)})"
        spark.sql(
            f"SELECT rid, {hashed} AS k, {key.seeks} AS few FROM records WHERE {key.given}"
        ).createOrReplaceTempView(f"keyed_{at}")
        spark.sql(
            f"SELECT k, count(*) AS n FROM keyed_{at} GROUP BY k HAVING n > 1 AND bool_or(few)"
        ).createOrReplaceTempView(f"blocks_{at}")
        [(values, most)] = spark.sql(
            f"SELECT count(*), max(n) FROM blocks_{at} WHERE n > {model.largest_block}"
        ).collect()
        if values:
            dropped.append(Dropped(name, values, most))
        found.append(
            spark.sql(f"""
                SELECT DISTINCT least(x.rid, y.rid) AS join_key_l, greatest(x.rid, y.rid) AS join_key_r
                FROM keyed_{at} x JOIN blocks_{at} b ON b.k = x.k AND b.n <= {model.largest_block}
                JOIN keyed_{at} y ON y.k = x.k AND y.rid <> x.rid WHERE x.few""")
        )
    pairs = found[0]
    for more in found[1:]:
        pairs = pairs.union(more)
    pairs.distinct().selectExpr("'0' AS match_key", "join_key_l", "join_key_r").createOrReplaceTempView("blocked")
    return dropped


def _predict(spark: SparkSession, model: Model, prior: float) -> DataFrame:
    from splink import Linker, SparkAPI

    # Conditions need nothing of the functions that Splink brings in a Java archive.
    of_spark: Any = SparkAPI
    api = of_spark(spark_session=spark, register_udfs_automatically=False, break_lineage_method="persist")
    shares = [f"tf_{name}" for name in model.frequencies]
    spark.table("records").drop(*shares).createOrReplaceTempView("compared")
    linker = Linker(api.register("compared"), model.settings(prior), log_level=None, validate_settings=False)
    for name, share in zip(model.frequencies, shares, strict=True):
        spark.table("records").select(name, share).dropna().distinct().createOrReplaceTempView(f"{share}_told")
        linker.table_management.register_term_frequency_lookup(api.register(f"{share}_told"), name)
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    found = linker.inference.predict(warning_mode="never")
    return spark.sql(scored_sql(model, found.physical_name))
