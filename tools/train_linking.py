"""Trains the weights that are shipped with the linking models, on invented people and units at several rates of damage.

Usage: ``python tools/train_linking.py``; writes ``src/renshe/engine/linking/models/*-weights.yaml``.

m: how often a level occurs among the pairs of records of one person. u: among pairs of two people: of pairs drawn at
random and, for levels too rare to be drawn, of the pairs that the keys find (all records taken as unsettled). Never
tuned on what judges it: the judging sets (``benchmarks/linking/judging``) are made by other hands.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
import yaml

from renshe.engine.linking.candidates import find_candidates
from renshe.engine.linking.facts import hold_people, person_facts
from renshe.engine.linking.model import Model, read_model
from renshe.engine.linking.scoring import add_frequencies, score
from renshe.engine.linking.units import hold_units, unit_facts
from renshe.engine.simulate.confusions import confusions
from renshe.engine.simulate.linked import AS_OF, linked_records
from renshe.engine.simulate.linked_units import linked_units

MODELS = Path(__file__).parents[1] / "src/renshe/engine/linking/models"
PERSONS = 30_000
UNITS = 12_000
RATES = (0.1, 0.2, 0.33)
SEEDS = (100, 101, 102)
_RANDOM = 4_000_000
# Levels that were drawn less often are counted among the pairs that the keys find.
_SEEN = 30
_VERSION = 2
# From which weights a pair is the same, by entity, and from which a clerk sees it: a wrong person costs a pension.
_SAME, _REVIEW = {"person": 7.0, "unit": 6.0}, 0.0

Counts = Counter[tuple[str, str]]


def main() -> None:
    """Train both models on every rate and write the weights."""
    for entity, records, hold in (("unit", UNITS, _units), ("person", PERSONS, _people)):
        declared = (MODELS / f"{entity}.yaml").read_text("utf-8")
        bare = read_model(declared, yaml.safe_dump({"version": 0, "weights": {}, "same": 0, "review": 0}))
        same, two, rare = Counter(), Counter(), Counter()  # type: Counts, Counts, Counts
        pairs = 0.0
        for seed, rate in zip(SEEDS, RATES, strict=True):
            with duckdb.connect() as connection:
                hold(connection, records, seed, rate)
                pairs += _count(connection, bare, same, two, rare)
        told = {
            "version": _VERSION,
            "same": _SAME[entity],
            "review": _REVIEW,
            "trained": {"by": "tools/train_linking.py", "invented": records, "damaged": [*RATES], "seeds": [*SEEDS]},
            "weights": {one.name: _weights(bare, one.name, same, two, rare, pairs) for one in bare.comparisons},
        }
        text = yaml.safe_dump(told, allow_unicode=True, sort_keys=False, default_flow_style=None, width=100)
        head = "# Written by tools/train_linking.py: [m, u] by comparison and level.\n"
        (MODELS / f"{entity}-weights.yaml").write_text(head + text, "utf-8")


def _people(connection: duckdb.DuckDBPyConnection, persons: int, seed: int, rate: float) -> None:
    records = linked_records(persons, seed, rate, confusions())
    hold_people(connection, person_facts(records, AS_OF))
    connection.execute(
        "ALTER TABLE records ADD COLUMN unit VARCHAR; UPDATE records SET unit = unit_no, settled = FALSE"
    )
    connection.register("truth", records.select(["system", "key", "person"]).rename_columns(["system", "key", "who"]))


def _units(connection: duckdb.DuckDBPyConnection, units: int, seed: int, rate: float) -> None:
    records = linked_units(units, seed, rate, confusions())
    homes = records.select(["system", "key", "home"]).rename_columns(["system", "unit_no", "home"])
    hold_units(connection, unit_facts(records), homes.filter(homes["home"].is_valid()))
    connection.register("truth", records.select(["system", "key", "unit"]).rename_columns(["system", "key", "who"]))


def _count(connection: duckdb.DuckDBPyConnection, model: Model, same: Counts, two: Counts, rare: Counts) -> float:
    """Count levels among true pairs, random pairs and found pairs; return how many pairs of two there are."""
    connection.execute("CREATE TEMP TABLE whose AS SELECT rid, who FROM records JOIN truth USING (system, key)")
    add_frequencies(connection, model)
    [(records,)] = connection.sql("SELECT count(*) FROM whose").fetchall()
    true = "SELECT a.rid AS rid_l, b.rid AS rid_r FROM whose a JOIN whose b ON b.who = a.who AND b.rid > a.rid"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE pairs AS {true}")
    _levels(connection, model, same)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE pairs AS SELECT * FROM (
            SELECT DISTINCT least(x, y) AS rid_l, greatest(x, y) AS rid_r FROM (
                SELECT hash(i) % {records} AS x, hash(-i - 1) % {records} AS y FROM range({_RANDOM}) t(i)) WHERE x <> y)
        ANTI JOIN ({true}) USING (rid_l, rid_r)""")
    _levels(connection, model, two)
    find_candidates(connection, model)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE pairs AS FROM pairs ANTI JOIN ({true}) USING (rid_l, rid_r)")
    _levels(connection, model, rare)
    return float(records * (records - 1) / 2)


def _levels(connection: duckdb.DuckDBPyConnection, model: Model, counted: Counts) -> None:
    score(connection, model, 0.001)
    for one in model.comparisons:
        rows = connection.sql(f"SELECT gamma_{one.name}, count(*) FROM scored GROUP BY ALL").fetchall()
        for gamma, count in rows:
            if level := one.level(gamma):
                counted[one.name, level.id] += count


def _weights(model: Model, name: str, same: Counts, two: Counts, rare: Counts, pairs: float) -> dict[str, list[float]]:
    levels = [level.id for level in model.comparison(name).levels if not level.neutral]
    m_all = sum(same[name, level] for level in levels) + 0.5 * len(levels)
    u_all = sum(two[name, level] for level in levels)
    # Of all pairs of two people, in how many both have something to compare.
    compared = pairs * u_all / (len(RATES) * _RANDOM)
    found: dict[str, list[float]] = {}
    for level in levels:
        u = two[name, level] / u_all
        if two[name, level] < _SEEN:
            u = max(u, (rare[name, level] + 0.5) / compared)
        found[level] = [_short((same[name, level] + 0.5) / m_all), _short(u)]
    return found


def _short(value: float) -> float:
    return float(f"{value:.3g}")


if __name__ == "__main__":
    main()
