"""A million records of two systems linked by ``renshe link`` and by Splink with stock comparisons and training.

Usage: ``python -m benchmarks.linking.speed [--persons 625000] [--repeat 3]``. Both do the same job, to find one person
across systems and within each, from the same Parquet file, each in a process of its own, measured as a whole; of
several runs the one with the median CPU counts. Bars: renshe needs at most a fifth of Splink's CPU seconds, at most
30 s and 2 GB, facts included, and for ten times the records at most 12 times the CPU. Exit 1 if one is missed.

Splink trains on as many pairs as its documentation calls adequate while a model is tried out; what it costs with half
of them is told beside, and no bar. How well both link is told too: pairs decided ``same`` and pairs that share a
cluster, against the truth.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.linking.judging.score import Figures
from benchmarks.linking.rounds import write_round
from benchmarks.linking.with_splink import AS_DOCUMENTED, HALF
from benchmarks.measure import RENSHE, Measured, measure, write_result

SPLINK = [sys.executable, "-m", "benchmarks.linking.with_splink"]
BARS = {"cpu_of_splink": 0.2, "wall_seconds": 30.0, "peak_mb": 2048, "cpu_ratio": 12.0}
# About 1.6 records of a person; of all records a fifth is damaged.
PERSONS, TIMES, DAMAGED, SEED = 625_000, 10, 0.2, 5


def main(persons: int = PERSONS, repeat: int = 3) -> bool:
    """Link ``persons`` and a tenth of them, write ``results/linking_speed.json``; return whether the bars hold."""
    with tempfile.TemporaryDirectory(prefix="renshe-linking-") as temporary:
        few, many = Path(temporary) / "few", Path(temporary) / "many"
        records = [write_round(few, persons // TIMES, SEED, DAMAGED), write_round(many, persons, SEED, DAMAGED)]
        small = by_renshe(few, repeat)
        large = by_renshe(many, repeat)
        stock = by_splink(many, repeat, AS_DOCUMENTED)
        half = by_splink(many, 1, HALF)
    found = {
        "cpu_of_splink": round(large["cpu_seconds"] / stock["cpu_seconds"], 3),
        "wall_seconds": large["wall_seconds"],
        "peak_mb": large["peak_mb"],
        "cpu_ratio": round(large["cpu_seconds"] / small["cpu_seconds"], 2),
    }
    missed = [name for name, bar in BARS.items() if found[name] > bar]
    write_result(
        "linking_speed",
        records=records,
        repeat=repeat,
        bars=BARS,
        found=found,
        missed=missed,
        renshe={"small": small, "large": large},
        splink={"stock": stock, "half_the_pairs": half},
        cpu_of_splink_with_half_the_pairs=round(large["cpu_seconds"] / half["cpu_seconds"], 3),
    )
    return not missed


def by_renshe(project: Path, repeat: int) -> dict[str, Any]:
    """Return what ``renshe link`` costs on ``project`` and how well it links."""
    linked, runs = project / "rounds" / "0001" / "link", []
    # A project that has a truth is judged by it; nobody's has.
    truth = (project / "truth.parquet").rename(project.with_suffix(".truth"))
    for _ in range(repeat):
        # A run leans on the one before it.
        shutil.rmtree(linked, ignore_errors=True)
        runs.append(measure([*RENSHE, "link", str(project), "--json"]))
    truth.rename(project / "truth.parquet")
    return {**_told(_median(runs)), **judge(project, linked)}


def by_splink(project: Path, repeat: int, max_pairs: float) -> dict[str, Any]:
    """Return what Splink costs on ``project``, by step too, and how well it links."""
    runs = []
    for at in range(repeat):
        target = project / f"splink-{max_pairs:.0f}-{at}"
        runs.append(measure([*SPLINK, str(project), str(target), str(max_pairs)]))
    run = _median(runs)
    steps = json.loads(run.output.splitlines()[-1])
    return {"max_pairs": max_pairs, **_told(run), "cpu_by_step": steps, **judge(project, target)}


def judge(project: Path, linked: Path) -> dict[str, Any]:
    """Return how links and clusters in ``linked`` stand to ``truth.parquet`` of ``project``."""
    links, clusters = linked / "links.parquet", linked / "clusters.parquet"
    ways = {
        "links": f"""
            SELECT left_system, left_key, right_system, right_key FROM '{links}' WHERE decision = 'same'""",
        "clusters": f"""
            SELECT l.system, l.key, r.system, r.key FROM '{clusters}' l JOIN '{clusters}' r
            ON r.cluster = l.cluster AND (l.system, l.key) < (r.system, r.key)""",
    }
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE truth AS FROM '{project / 'truth.parquet'}'")
        [(true,)] = connection.sql("""
            SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM truth GROUP BY person)""").fetchall()
        found = {}
        for way, pairs in ways.items():
            [(all_of, right)] = connection.sql(f"""
                SELECT count(*), count(*) FILTER (l.person = r.person)
                FROM ({pairs}) AS linked(left_system, left_key, right_system, right_key)
                JOIN truth l ON l.system = left_system AND l.key = left_key
                JOIN truth r ON r.system = right_system AND r.key = right_key""").fetchall()
            found[way] = Figures(int(true), all_of, right).told()
    return found


def _median(runs: list[Measured]) -> Measured:
    return sorted(runs, key=lambda run: run.cpu_seconds)[(len(runs) - 1) // 2]


def _told(run: Measured) -> dict[str, Any]:
    return {name: value for name, value in asdict(run).items() if name != "output"}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A million records linked by renshe and by Splink")
    parser.add_argument("--persons", type=int, default=PERSONS)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    sys.exit(0 if main(given.persons, given.repeat) else 1)
