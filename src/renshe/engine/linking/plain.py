"""Records that are plain columns: what is compared of them is declared with the model, not worked out for people.

Rule: the ``facts`` of a declaration are SQL over the columns as they came; a text of blanks is nothing. Nothing proves
who such a record is, so it is looked for under every key.

Invariant: what follows cannot tell these records from people: the table ``records`` has the same columns besides facts.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from renshe.engine.linking.candidates import Dropped, find_candidates
from renshe.engine.linking.clusters import cluster
from renshe.engine.linking.deciding import decide
from renshe.engine.linking.model import Model
from renshe.engine.linking.scoring import add_frequencies, estimate_prior, score


def hold_plain(connection: duckdb.DuckDBPyConnection, records: pa.Table, model: Model) -> list[Dropped]:
    """Leave ``records`` (system, key and columns of text) with their facts in the table ``records``, and the pairs to
    be looked at in ``pairs``; return the keys that were dropped."""
    columns = [name for name in records.schema.names if name not in ("system", "key")]
    filled = ", ".join(f"nullif(trim({name}), '') AS {name}" for name in columns)
    # What is proved is proved of a number and a name; there may be none here.
    nothing = {"number": "NULL::VARCHAR", "name": "NULL::VARCHAR"}
    facts = ", ".join(f"{said} AS {name}" for name, said in {**nothing, **model.facts}.items())
    connection.register("given_records", records)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE records AS
        WITH told AS (
            SELECT row_number() OVER (ORDER BY system, key) - 1 AS rid, system, key, {filled} FROM given_records)
        SELECT rid, system, key, FALSE AS proved, FALSE AS formed, FALSE AS settled, {facts}
        FROM told ORDER BY rid""")
    connection.unregister("given_records")
    add_frequencies(connection, model)
    return find_candidates(connection, model)


def judge_plain(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Leave the decisions on the pairs of what is held in ``decided`` and who is one in ``clustered``."""
    score(connection, model, estimate_prior(connection))
    decide(connection, model)
    cluster(connection, model)
