"""A model's weights anew from the records that it links, without anybody telling who is who.

Rule (Fellegi and Sunter 1969; Winkler 1988): u, how often two people are alike, is counted on pairs drawn at random;
m, how often two records of one person are, is estimated by expectation maximisation on the pairs that share a key, for
what says nothing of that key (``training`` of the declaration). Both are Splink's. A pair at random should be of two
people, so of each person that the present weights find there is one record to draw, and of two records in review one.
Then all is done again with the new weights.

What was known before counts as ``_TOLD`` sightings: a level that these records show often is theirs, one too rare to be
estimated keeps what it had. Thresholds stay.

Invariant: the same records and model give the same weights; m and u of a comparison each add up to one.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import yaml
from splink import DuckDBAPI, Linker, block_on

from renshe.engine.linking.clusters import cluster
from renshe.engine.linking.deciding import decide
from renshe.engine.linking.model import Comparison, Model
from renshe.engine.linking.scoring import estimate_prior, score

TRAINED_BY = "renshe link --train"
# How often all is done, and how many sightings the weights of before are worth.
_TIMES, _TOLD = 2, 10.0
# At most so many pairs at random, and so many that share a key.
_RANDOM, _SHARING, _SEED = 5_000_000, 1_000_000, 4
# What it takes to learn anything: records, and pairs of one person by the best key.
RECORDS, PAIRS = 1_000, 300


class TooLittleError(Exception):
    """There are too few records, or too few pairs of one person among them, to estimate weights from."""

    def __init__(self, records: int, pairs: int) -> None:
        super().__init__(f"{records} records, {pairs} pairs")
        self.records = records
        self.pairs = pairs


@dataclass(slots=True)
class Seen:
    """How often each level was seen, by comparison and level, and how often its comparison was made; of pairs of one
    person by key also how many there are, and after how many iterations that was known."""

    times: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    made: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    pairs: dict[str, float] = field(default_factory=dict)
    iterations: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trained:
    """A model with weights of its own, and what they were estimated from."""

    model: Model
    records: int
    seen: Seen

    def yaml(self, version: str, source: Mapping[str, Any]) -> str:
        """Return the weights as YAML, in the form of those that are shipped; ``source`` says what the records are."""
        weights = {
            name: {level: [_short(m), _short(u)] for level, (m, u) in levels.items()}
            for name, levels in self.model.weights.items()
        }
        keys = {
            name: {"pairs": round(pairs), "iterations": self.seen.iterations[name]}
            for name, pairs in self.seen.pairs.items()
        }
        told = {
            "version": version,
            "same": self.model.same,
            "review": self.model.review,
            "trained": {
                "by": TRAINED_BY,
                "from": self.model.version,
                **source,
                "records": self.records,
                "keys": keys,
            },
            "weights": weights,
        }
        text: str = yaml.safe_dump(told, allow_unicode=True, sort_keys=False, default_flow_style=None, width=100)
        return f"# Written by {TRAINED_BY}: [m, u] by comparison and level.\n" + text


def train(connection: duckdb.DuckDBPyConnection, model: Model) -> Trained:
    """Return ``model`` with weights estimated on the records in ``records`` and the candidates in ``pairs``.

    TooLittleError where there are not enough of them.
    """
    [(records,)] = connection.sql("SELECT count(*) FROM records").fetchall()
    if records < RECORDS:
        raise TooLittleError(records, 0)
    present = model
    for _ in range(_TIMES):
        score(connection, present, estimate_prior(connection))
        decide(connection, present)
        cluster(connection, model)
        unlike = see_random(connection, model)
        present = replace(model, weights=_mixed(model, present, unlike=unlike))
        alike = see_sharing(connection, present)
        if max(alike.pairs.values(), default=0) < PAIRS:
            raise TooLittleError(records, round(max(alike.pairs.values(), default=0)))
        present = replace(model, weights=_mixed(model, present, alike=alike))
    return Trained(present, records, alike)


def see_random(connection: duckdb.DuckDBPyConnection, model: Model) -> Seen:
    """Return what is seen of pairs drawn at random from one record of each person, as far as is known."""
    # Not the first record: those of a cluster stand in the order of their systems.
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE drawn AS FROM records
            WHERE rid IN (SELECT arg_min(rid, hash(rid)) FROM clustered GROUP BY label)
            AND rid NOT IN (SELECT rid_r FROM decided WHERE decision = 'review')""")
    linker = _linker(connection, "drawn", replace(model, weights={}), 0.0001)
    linker.training.estimate_u_using_random_sampling(max_pairs=_RANDOM, seed=_SEED, num_chunks=1)
    [(drawn,)] = connection.sql("SELECT count(*) FROM drawn").fetchall()
    pairs = min(_RANDOM, drawn * (drawn - 1) / 2)
    seen = Seen()
    found = linker.misc.save_model_to_json()["comparisons"]
    for one, told in zip(model.comparisons, found, strict=True):
        made = pairs * _filled(connection, "drawn", one) ** 2
        # The first level is that there is nothing to compare.
        for level, known in zip(one.levels, told["comparison_levels"][1:], strict=True):
            if not level.neutral:
                seen.times[one.name, level.id] = known.get("u_probability", 0.0) * made
        seen.made[one.name] = made
    return seen


def see_sharing(connection: duckdb.DuckDBPyConnection, model: Model) -> Seen:
    """Return what is seen, as far as can be told, of the pairs of one person that share a key of ``training``."""
    seen = Seen()
    for key, taught in model.training.items():
        pairs = _hold_sharing(connection, model, key)
        if not pairs:
            continue
        learning = replace(model, comparisons=tuple(model.comparison(name) for name in taught))
        linker = _linker(connection, "sharing", learning, 0.5)
        session = linker.training.estimate_parameters_using_expectation_maximisation(
            block_on("block"), estimate_without_term_frequencies=True
        )
        found = session.core_model_settings
        alike = pairs * found.probability_two_random_records_match
        seen.pairs[key] = alike
        seen.iterations[key] = len(session.probability_two_random_records_match_iteration_chart().raw_records) - 1
        for told in found.comparisons:
            one = model.comparison(told.output_column_name)
            made = alike * _filled(connection, "sharing", one) ** 2
            seen.made[one.name] += made
            for known in told.comparison_levels:
                if not known.is_null_level and (level := one.level(known.comparison_vector_value)):
                    seen.times[one.name, level.id] += made * (known.m_probability or 0.0)
    return seen


def _hold_sharing(connection: duckdb.DuckDBPyConnection, model: Model, key: str) -> int:
    """Leave the records that share ``key`` in the table ``sharing``, with ``block``; return how many pairs they make.

    Of too many pairs whole blocks are taken, by a hash.
    """
    shared = model.keys[key]
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE sharing AS
        WITH keyed AS (SELECT rid, hash({", ".join(shared.parts)}) AS block FROM records WHERE {shared.given}),
        blocks AS (
            SELECT block, count(*) AS n, n * (n - 1) / 2 AS pairs FROM keyed
            GROUP BY block HAVING n BETWEEN 2 AND {model.largest_block}),
        taken AS (
            SELECT block FROM blocks
            WHERE hash(block, {_SEED}) % 1000000 < 1e6 * {_SHARING} / (SELECT sum(pairs) FROM blocks))
        SELECT w.*, k.block FROM records w JOIN keyed k USING (rid) SEMI JOIN taken t ON t.block = k.block""")
    [(pairs,)] = connection.sql("""
        SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM (SELECT count(*) AS n FROM sharing GROUP BY block)""").fetchall()
    return int(pairs)


def _linker(connection: duckdb.DuckDBPyConnection, table: str, model: Model, prior: float) -> Linker:
    """Return what trains ``model`` on ``table``; how frequent values are plays no part."""
    plain = replace(model, definite=(), comparisons=tuple(map(_plain, model.comparisons)))
    # Of levels that no pair stands on it warns, in English; they keep what they had.
    logging.getLogger("splink").setLevel(logging.ERROR)
    table_of = DuckDBAPI(connection=connection).register(table)
    return Linker(table_of, plain.settings(prior), log_level=None, validate_settings=False)


def _plain(one: Comparison) -> Comparison:
    return replace(one, levels=tuple(replace(level, frequency=None) for level in one.levels))


def _filled(connection: duckdb.DuckDBPyConnection, table: str, one: Comparison) -> float:
    [(share,)] = connection.sql(f"SELECT count({one.column}) / greatest(count(*), 1) FROM {table}").fetchall()
    return float(share)


def _mixed(
    before: Model, present: Model, *, unlike: Seen | None = None, alike: Seen | None = None
) -> dict[str, dict[str, tuple[float, float]]]:
    """Return the weights of ``present``, u as ``unlike`` and m as ``alike`` show beside what was known ``before``."""
    found = {}
    for one in before.comparisons:
        levels = [level.id for level in one.levels if not level.neutral]
        m = [present.weights[one.name][level][0] for level in levels]
        u = [present.weights[one.name][level][1] for level in levels]
        if unlike:
            u = _shares(before, one.name, levels, 1, unlike)
        if alike:
            m = _shares(before, one.name, levels, 0, alike)
        found[one.name] = dict(zip(levels, zip(m, u, strict=True), strict=True))
    return found


def _shares(before: Model, name: str, levels: Iterable[str], place: int, seen: Seen) -> list[float]:
    """Return how often ``levels`` occur: what was seen, and ``_TOLD`` sightings as frequent as was known."""
    found = [
        (seen.times[name, level] + _TOLD) / (seen.made[name] + _TOLD / before.weights[name][level][place])
        for level in levels
    ]
    return [share / sum(found) for share in found]


def _short(value: float) -> float:
    return float(f"{value:.3g}")
