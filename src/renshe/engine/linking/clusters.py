"""Who is one person: pairs that are the same, joined; a group that contradicts itself goes to review whole.

Rule: a chain of likenesses must not join two people. A cluster that holds two different numbers that hold (``formed``)
and whose records are not the same themselves, or two records that a definite rule keeps apart, keeps only what is
definite; all its other pairs go to review. One that holds two records of which clerks said that they are two people
keeps only what clerks said.

Invariant: no cluster holds two different proved numbers, unless clerks said that they are one person's; every record is
in exactly one cluster.
"""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from renshe.engine.linking.model import Model, sides_sql

Labels = npt.NDArray[np.int64]


def cluster(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Leave the table ``clustered`` (rid, label: its cluster's least rid); mark guarded pairs in ``decided``."""
    [(records,)] = connection.sql("SELECT count(*) FROM records").fetchall()
    _label(connection, records)
    [(marked,)] = connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE apart AS
            SELECT l.label FROM decided d JOIN clustered l ON l.rid = d.rid_l JOIN clustered r ON r.rid = d.rid_r
            WHERE d.judged = 'different' AND l.label = r.label;
        CREATE OR REPLACE TEMP TABLE torn AS {_impossible_sql(model)}
            UNION FROM apart;
        UPDATE decided SET decision = 'review', guarded = TRUE
            FROM clustered c WHERE decided.decision = 'same' AND c.rid = decided.rid_l AND c.label IN (FROM torn)
            AND (decided.ground IS NULL OR decided.ground >= 0 AND c.label IN (FROM apart))""").fetchall()
    if marked:
        _label(connection, records)


def _impossible_sql(model: Model) -> str:
    """Return SQL of the clusters that hold two records which cannot be one, whether or not these were compared: a
    definite rule says that they are two, or their numbers hold and differ, and nothing says that they are the same."""
    impossible = model.impossible(compared=False)
    differing = "formed_l AND formed_r AND stands_l <> stands_r"
    sides = sides_sql(f"{impossible} {differing} rid_l")
    return f"""
            WITH chained AS (SELECT label FROM clustered GROUP BY label HAVING count(*) > 2),
            held AS (
                SELECT r.*, c.label, coalesce(o.stands, r.number) AS stands
                FROM records r JOIN clustered c USING (rid) SEMI JOIN chained USING (label)
                LEFT JOIN one_number o ON o.number = r.number),
            two AS (SELECT l.label, {sides} FROM held l JOIN held r ON r.label = l.label AND r.rid > l.rid)
            SELECT label FROM two WHERE {impossible}
            UNION
            SELECT label FROM two
            ANTI JOIN decided d ON d.decision = 'same' AND d.rid_l = two.rid_l AND d.rid_r = two.rid_r
            WHERE {differing}"""


def _label(connection: duckdb.DuckDBPyConnection, records: int) -> None:
    edges = connection.sql("SELECT rid_l, rid_r FROM decided WHERE decision = 'same'").to_arrow_table()
    labels = connected(edges["rid_l"].to_numpy(), edges["rid_r"].to_numpy(), records)
    given = pa.table({"rid": np.arange(records, dtype=np.int64), "label": labels})
    connection.register("labels", given)
    connection.execute("CREATE OR REPLACE TEMP TABLE clustered AS FROM labels")
    connection.unregister("labels")


def connected(left: Labels, right: Labels, records: int) -> Labels:
    """Return for each of ``records`` the least record that pairs ``left``–``right`` lead to."""
    labels = np.arange(records, dtype=np.int64)
    while True:
        least = np.minimum(labels[left], labels[right])
        before = labels.copy()
        np.minimum.at(labels, labels[left], least)
        np.minimum.at(labels, labels[right], least)
        # Every record takes the label of its label until there is nothing more to take.
        while not np.array_equal(shorter := labels[labels], labels):
            labels = shorter
        if np.array_equal(before, labels):
            return labels
