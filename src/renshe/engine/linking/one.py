"""One record held against a handful: what a clerk who enters somebody is shown at once.

Rule (S1-38; issue 6 "possible duplicates shown while entering"): facts, levels, weights and definite rules are those by
which rounds are linked; nothing is compared otherwise. The handful is drawn from a population as large as any, so what
any two begin with is that of the population, and a value counts as frequent only as far as the handful shows it.

Invariant: a pair weighs what the bulk engine says it weighs, given the same records and the same beginning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa
from splink import Linker

from renshe.engine.linking.deciding import why_sql
from renshe.engine.linking.facts import PERSON_FIELDS, number_sql, person_facts
from renshe.engine.linking.model import Decision, Model, load_model
from renshe.engine.linking.scoring import POPULATION, Views, define_functions, scored_sql, share_sql
from renshe.engine.rules.compiling import quote

# Facts that are the same or not: a number stands for their text, as in a round.
_ALIKE = ("phone", "account", "address", "sound")
_SCHEMA = pa.schema(
    [(name, pa.date32() if name == "birth_date" else pa.string()) for name in ("system", "key", *PERSON_FIELDS)]
)
# One connection, and one who uses it: a question takes milliseconds.
_TURN = Lock()


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like the record ``key`` is: its weight in bits, what becomes of the pair, and why, in Chinese."""

    key: str
    weight: float
    decision: Decision
    why: str


def weigh_one(record: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]], on: date) -> list[Likeness]:
    """Return how like each of ``candidates`` (fields of people in the dictionary's names, and ``key``) is to
    ``record``, the likeliest first."""
    if not candidates:
        return []
    rows = [{**record, "key": ""}, *candidates]
    told = [{name: row.get(name) for name in _SCHEMA.names} | {"system": str(at)} for at, row in enumerate(rows)]
    facts = person_facts(pa.Table.from_pylist(told, schema=_SCHEMA), on)
    # Employers are told apart by linking them; a record at the counter has none that was.
    facts = facts.append_column("unit", pa.nulls(len(facts), pa.string()))
    with _TURN:
        connection, question = _prepared()
        connection.register("given_facts", facts)
        connection.execute(_fill(load_model("person")))
        connection.unregister("given_facts")
        found = connection.execute(question).fetchall()
    return [Likeness(str(candidates[at - 1]["key"]), weight, decision, why) for at, weight, decision, why in found]


def _fill(model: Model) -> str:
    """Return the SQL that puts the facts given in the place of those that were asked about before."""
    numbers = ", ".join(f"{number_sql(name)} AS {name}" for name in _ALIKE)
    shares = ", ".join(f"{share_sql(name)} AS tf_{name}" for name in model.frequencies)
    return f"""
        CREATE OR REPLACE TEMP TABLE records AS
            SELECT *, {shares} FROM (SELECT f.* REPLACE ({numbers}), f.proved AS settled FROM given_facts f);
        CREATE OR REPLACE TEMP TABLE pairs AS SELECT 0::BIGINT AS rid_l, rid AS rid_r FROM records WHERE rid > 0"""


@cache
def _prepared() -> tuple[duckdb.DuckDBPyConnection, str]:
    """Return the connection in which Splink's steps stand as views, and the question to ask of them.

    Splink takes a third of a second to write them down, the engine a tenth of that to answer: they are written once.
    """
    model = load_model("person")
    connection = duckdb.connect(":memory:", config={"threads": "1"})
    define_functions(connection)
    nobody = person_facts(pa.Table.from_pylist([dict.fromkeys(_SCHEMA.names)], schema=_SCHEMA), date.today())
    connection.register("given_facts", nobody.append_column("unit", pa.nulls(1, pa.string())))
    connection.execute(_fill(model))
    connection.unregister("given_facts")
    api = Views(connection=connection)
    linker = Linker(api.register("records"), model.settings(1 / POPULATION), log_level=None, validate_settings=False)
    connection.execute(
        "CREATE TEMP VIEW blocked AS SELECT '0' AS match_key, rid_l AS join_key_l, rid_r AS join_key_r FROM pairs"
    )
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    predicted = linker.inference.predict(warning_mode="never").physical_name
    # So few rows cost less than the thought about how to treat them.
    connection.execute("PRAGMA disable_optimizer")
    return connection, _question(model, predicted)


def _question(model: Model, predicted: str) -> str:
    settled = [(at, one.decision) for at, one in enumerate(model.definite) if one.decision != "review"]
    definite = "".join(f" WHEN ground = {at} THEN {quote(decision)}" for at, decision in settled)
    return f"""
        SELECT rid_r, match_weight, decision, {why_sql(model)} FROM (
            SELECT *, FALSE AS contested, FALSE AS guarded, NULL AS said, CASE{definite}
                WHEN match_weight >= {model.same} AND ground IS NULL THEN 'same'
                WHEN match_weight >= {model.review} OR floored THEN 'review' ELSE 'different' END AS decision
            FROM ({scored_sql(model, predicted)}))
        ORDER BY match_weight DESC, rid_r"""
