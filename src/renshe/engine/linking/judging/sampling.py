"""Pairs for two clerks to judge: drawn at random within layers of decision and weight, the rejected ones too.

Business rule: quality of linking is itself reported. Whoever judges must not know what the machine thinks: pairs come
in an order that says nothing, without decision or weight.

Invariant: every pair that a link run compared, and on which no clerk decided, belongs to one layer; within a layer
every pair is as likely to be drawn as any other. The same frame, size and seed give the same sample.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.linking.model import Model
from renshe.engine.rules.compiling import quote

FRAME, SAMPLE = "frame.parquet", "sample.json"
# Pairs of a layer kept to draw from.
_KEPT = 2_000
_NEAR, _FAR = 4, 12
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Layer:
    """Pairs of one decision that weigh alike; ``when`` is SQL over ``decided``, tried in order."""

    name: str
    label: str
    decision: str
    when: str


def layers(model: Model) -> tuple[Layer, ...]:
    """Return the layers of what ``model`` decided, those of one decision by weight."""
    near, far = model.same + _NEAR, model.same + _FAR
    below, beyond = model.review - _NEAR, model.review - _FAR
    return (
        Layer("same-rule", "按确定规则同一", "same", "ground IS NOT NULL"),
        Layer("same-near", f"同一，权重 {near:g} 以下", "same", f"match_weight < {near}"),
        Layer("same-middle", f"同一，权重 {near:g} 至 {far:g}", "same", f"match_weight < {far}"),
        Layer("same-far", f"同一，权重 {far:g} 及以上", "same", "TRUE"),
        Layer("review-low", f"待核实，权重 {model.same:g} 以下", "review", f"match_weight < {model.same}"),
        Layer("review-high", f"待核实，权重 {model.same:g} 及以上", "review", "TRUE"),
        Layer("different-rule", "按确定规则不同", "different", "ground IS NOT NULL"),
        Layer("different-near", f"不同，权重 {below:g} 及以上", "different", f"match_weight >= {below}"),
        Layer("different-middle", f"不同，权重 {beyond:g} 至 {below:g}", "different", f"match_weight >= {beyond}"),
        Layer("different-far", f"不同，权重 {beyond:g} 以下", "different", "TRUE"),
    )


def write_frame(connection: duckdb.DuckDBPyConnection, model: Model, target: Path) -> None:
    """Write what a sample is drawn from, of ``decided`` in the engine: of every layer how many pairs it has, how likely
    they are the same on average, and up to some thousand of them, chosen at random but always the same."""
    known = layers(model)
    cases = " ".join(
        f"WHEN decision = {quote(one.decision)} AND ({one.when}) THEN {at}" for at, one in enumerate(known)
    )
    names = pa.table(
        {
            "step": pa.array(range(len(known)), pa.int32()),
            "layer": [one.name for one in known],
            "label": [one.label for one in known],
        }
    )
    connection.register("layers", names)
    # The size of a hash says nothing of the pair: the smallest are a random choice.
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE layered AS
            SELECT CASE {cases} END AS step, rid_l, rid_r, decision, match_weight, match_probability,
                hash(rid_l, rid_r, 20210531) / 18446744073709551616.0 AS chance
            FROM decided WHERE judged IS NULL;
        CREATE OR REPLACE TEMP TABLE sizes AS
            SELECT step, count(*) AS pairs, avg(match_probability) AS likely FROM layered GROUP BY step;
        COPY (
            SELECT step, layer, label, pairs, likely, decision, round(match_weight, 3) AS weight,
                l.system AS left_system, l.key AS left_key, r.system AS right_system, r.key AS right_key
            FROM (FROM layered JOIN sizes USING (step) WHERE chance <= 2.0 * {_KEPT} / pairs
                QUALIFY row_number() OVER (PARTITION BY step ORDER BY chance, rid_l, rid_r) <= {_KEPT}) f
            JOIN layers USING (step) JOIN records l ON l.rid = f.rid_l JOIN records r ON r.rid = f.rid_r
            ORDER BY step, f.rid_l, f.rid_r)
        TO {quote(str(target))} (FORMAT parquet, COMPRESSION zstd);
        DROP TABLE layered; DROP TABLE sizes""")
    connection.unregister("layers")


@dataclass(frozen=True, slots=True)
class Sample:
    """Pairs drawn from a frame, with what is known of their layers; ``told`` is what ``sample.json`` holds."""

    told: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Return what tells this sample from any other."""
        return str(self.told["id"])

    @property
    def pairs(self) -> Sequence[Mapping[str, Any]]:
        """Return the pairs: systems and keys of both, layer, what the machine decided, weight."""
        found: Sequence[Mapping[str, Any]] = self.told["pairs"]
        return found

    def order(self, clerk: str) -> list[int]:
        """Return the places of the pairs in the order in which ``clerk`` sees them."""
        return sorted(range(len(self.pairs)), key=lambda at: _lot(clerk, self.id, at))


def draw(folder: Path, size: int, seed: int, about: Mapping[str, Any]) -> Sample:
    """Return ``size`` pairs (or all there are) of the frame in ``folder``; ``about`` says what run they are of."""
    frames: dict[str, list[dict[str, Any]]] = {}
    for row in pq.read_table(folder / FRAME).to_pylist():
        frames.setdefault(row["layer"], []).append(row)
    counts = allocate(
        size,
        [len(frame) for frame in frames.values()],
        [frame[0]["pairs"] * _spread(frame[0]["likely"]) for frame in frames.values()],
    )
    drawn: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    for (name, frame), count in zip(frames.items(), counts, strict=True):
        chosen = sorted(frame, key=lambda row: _lot(seed, about["round"], *_keys(row)))[:count]
        drawn += [{key: row[key] for key in (*_KEYS, "layer", "decision", "weight")} for row in chosen]
        first = {key: frame[0][key] for key in ("label", "decision", "pairs")}
        told.append({"name": name, **first, "drawn": count})
    body = {**about, "seed": seed, "layers": told, "pairs": drawn}
    digest = hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return Sample({"id": digest[:_DIGITS], **body})


_KEYS = ("left_system", "left_key", "right_system", "right_key")


def _keys(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in _KEYS)


def _spread(likely: float | None) -> float:
    """Return how much the pairs of a layer may differ, by what the model thinks of it; never nothing."""
    share = min(max(0.5 if likely is None else likely, 0.02), 0.98)
    return sqrt(share * (1 - share))


def _lot(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def allocate(size: int, rooms: Sequence[int], scores: Sequence[float]) -> list[int]:
    """Share ``size`` among layers that have room for so many each: half of it alike, so that each is seen, half by
    ``scores``, so that the whole is known best (Neyman). What one has no room for goes to the others."""
    counts = [0] * len(rooms)
    _share(counts, size // 2, rooms, [1.0] * len(rooms))
    _share(counts, min(size, sum(rooms)) - sum(counts), rooms, scores)
    return counts


def _share(counts: list[int], size: int, rooms: Sequence[int], scores: Sequence[float]) -> None:
    while size > 0 and (open_ := [at for at, room in enumerate(rooms) if counts[at] < room]):
        whole = sum(scores[at] for at in open_)
        wanted = {at: size * (scores[at] / whole if whole else 1 / len(open_)) for at in open_}
        given = {at: min(int(share), rooms[at] - counts[at]) for at, share in wanted.items()}
        if not any(given.values()):
            # Less than one each is left: the largest claims first.
            first = sorted(open_, key=lambda at: (-wanted[at], at))[:size]
            given = dict.fromkeys(first, 1)
        for at, more in given.items():
            counts[at] += more
            size -= more
