"""Pairs joined to clusters, and the guard against chains."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.linking.clusters import cluster, connected
from renshe.engine.linking.model import Definite, load_model


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_records_share_a_label_where_pairs_lead_from_one_to_the_other(pairs: list[tuple[int, int]]) -> None:
    left, right = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    labels = connected(left, right, 31)
    groups = [{at} for at in range(31)]
    for a, b in pairs:
        joined = next(g for g in groups if a in g) | next(g for g in groups if b in g)
        groups = [g for g in groups if not g & joined] + [joined]
    assert all(labels[at] == min(group) for group in groups for at in group)


# Whose births differ are two people.
APART = replace(load_model("person"), definite=(Definite("different", "", "born_l <> born_r"),))


def world(*decided: tuple[int, int, int | None], said: str | None = None) -> duckdb.DuckDBPyConnection:
    """Six records, three with proved numbers; pairs with the ground of a definite rule, -1 where clerks ``said`` so."""
    connection = duckdb.connect()
    connection.execute("""
        CREATE TABLE records AS SELECT * FROM (VALUES
            (0, true, 'A', 1), (1, false, NULL, 1), (2, false, NULL, 1), (3, false, NULL, 2), (4, true, 'A', 1),
            (5, true, 'B', 1)
        ) t(rid, formed, number, born);
        CREATE TABLE decided (rid_l BIGINT, rid_r BIGINT, ground INT, decision VARCHAR, contested BOOLEAN,
            guarded BOOLEAN, judged VARCHAR);
        CREATE TABLE one_number (number VARCHAR, stands VARCHAR)""")
    rows = [(*one, said if one[2] == -1 else "same", said if one[2] == -1 else None) for one in decided]
    connection.executemany("INSERT INTO decided VALUES (?, ?, ?, ?, false, false, ?)", rows)
    if said == "same":
        connection.execute("INSERT INTO one_number VALUES ('A', 'A'), ('B', 'A')")
    cluster(connection, APART)
    return connection


def test_a_chain_between_two_proved_numbers_goes_to_review_whole_but_for_what_is_definite() -> None:
    connection = world((0, 1, None), (1, 2, None), (2, 5, None), (0, 4, 0))
    told = connection.sql("SELECT rid_l, rid_r, decision, guarded FROM decided ORDER BY ALL").fetchall()
    assert told == [(0, 1, "review", True), (0, 4, "same", False), (1, 2, "review", True), (2, 5, "review", True)]
    labels = dict(connection.sql("SELECT rid, label FROM clustered").fetchall())
    assert labels == {0: 0, 1: 1, 2: 2, 3: 3, 4: 0, 5: 5}


def test_a_cluster_with_one_proved_number_stays() -> None:
    connection = world((0, 1, None), (1, 4, None))
    assert connection.sql("SELECT count(*) FROM decided WHERE decision = 'same'").fetchall() == [(2,)]


def test_two_proved_numbers_that_clerks_gave_to_one_person_tear_no_cluster() -> None:
    connection = world((0, 5, -1), (0, 1, None), said="same")
    labels = dict(connection.sql("SELECT rid, label FROM clustered").fetchall())
    assert labels == {0: 0, 1: 0, 2: 2, 3: 3, 4: 4, 5: 0}


def test_what_clerks_keep_apart_no_chain_joins_not_even_a_definite_one() -> None:
    connection = world((0, 1, None), (1, 4, None), (0, 3, 0), (3, 4, 0), (0, 4, -1), said="different")
    told = connection.sql("SELECT DISTINCT decision, guarded FROM decided WHERE judged IS NULL").fetchall()
    assert told == [("review", True)]
    assert connection.sql("SELECT count(DISTINCT label) FROM clustered").fetchall() == [(6,)]


def test_a_chain_between_two_that_a_definite_rule_keeps_apart_goes_to_review_though_they_were_not_compared() -> None:
    connection = world((1, 2, None), (2, 3, None))
    assert connection.sql("SELECT DISTINCT decision, guarded FROM decided").fetchall() == [("review", True)]
