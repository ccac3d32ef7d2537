"""The same checks on the same Parquet files by renshe and by its peers: rows a second, CPU and memory, in one run.

Usage: ``python -m benchmarks.peers.compare [--rows N] [--repeat K] [--tools renshe polars …] [--data DIR]``.
Bars: at least 30 times the rows a second of Great Expectations, 8 times those of Spark on two threads; ahead of Polars,
pandera and cuallee in both CPU and memory.

Invariant: no figure is written where two tools count different failures. Each tool runs in a process of its own,
from files that lie in the cache of the system; of several runs the one with the median CPU counts, for every tool.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.measure import RESULTS, measure, write_result
from benchmarks.staged import simulate, staged

ROOT = Path(__file__).parents[2]
PEERS = str(ROOT / ".venv-peers/bin/python")
# Spark wants an older pandas than the others, and its mere presence is imported by pandera.
SPARK = str(ROOT / ".venv-peers-spark/bin/python")
TOOLS = {
    "renshe": sys.executable,
    "polars": PEERS,
    "pandera": PEERS,
    "cuallee": PEERS,
    "great_expectations": PEERS,
    "spark": SPARK,
}
SYSTEM = "pension"
TABLES = ("contribution", "person", "unit")
# About the contributions of a prefecture of a million persons.
ROWS = 25_000_000
# Contributions and persons of the pension system per invented person, about.
_ROWS_A_PERSON = 14.7


def main(rows: int = ROWS, repeat: int = 3, tools: Iterable[str] = tuple(TOOLS), data: Path | None = None) -> None:
    """Compare ``tools`` on about ``rows`` rows, or on the files in ``data``; write ``peers.json`` and ``peers.md``."""
    folder = Path(tempfile.mkdtemp(prefix="renshe-peers-"))
    try:
        if data is None:
            data = prepare(folder, round(rows / _ROWS_A_PERSON))
        judged = sum(pq.read_metadata(data / f"{name}.parquet").num_rows for name in TABLES[:2])
        runs = {tool: once(tool, data, repeat) for tool in tools}
        agree({tool: run["counts"] for tool, run in runs.items()})
        figures = {tool: compared(run, runs["renshe"], judged) for tool, run in runs.items()}
        write_result("peers", rows=judged, repeat=repeat, counts=runs["renshe"]["counts"], tools=figures)
        (RESULTS / "peers.md").write_text(page(figures, judged), "utf-8")
    finally:
        shutil.rmtree(folder)


def prepare(folder: Path, persons: int) -> Path:
    """Return a folder with the staged tables of one system of ``persons`` invented people."""
    simulate(folder / "project", persons)
    data = folder / "data"
    data.mkdir()
    for source in staged(folder / "project", SYSTEM):
        if source.table in TABLES:
            shutil.move(source.rows, data / f"{source.table}.parquet")
            # What reading a file tells of it, which a round knows too.
            told = {"present": list(source.present), "strange": list(source.unmapped)}
            (data / f"{source.table}.json").write_text(json.dumps(told), "utf-8")
    shutil.rmtree(folder / "project")
    return data


def once(tool: str, data: Path, repeat: int) -> dict[str, Any]:
    """Run ``tool`` ``repeat`` times, return the run with the median CPU; RuntimeError with its output if it fails."""
    runs = []
    for _ in range(repeat):
        run = measure([TOOLS[tool], "-m", f"benchmarks.peers.with_{tool}", str(data)])
        told = json.loads('{"tool"' + run.output.rpartition('{"tool"')[2].splitlines()[0])
        runs.append({**told, "whole_wall": run.wall_seconds, "peak_mb": run.peak_mb})
    return sorted(runs, key=lambda run: run["work_cpu"])[(repeat - 1) // 2]


def agree(counts: Mapping[str, Mapping[str, int]]) -> None:
    """Raise AssertionError, naming tools and checks, unless all tools found as many failures of every check."""
    first, *others = counts
    differing = [
        f"{check}: {first} {counts[first][check]}, {tool} {counts[tool][check]}"
        for tool in others
        for check in counts[first]
        if counts[tool][check] != counts[first][check]
    ]
    assert not differing, "; ".join(differing)


def compared(run: Mapping[str, Any], own: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """Return the figures of one tool, each beside its ratio to renshe (above 1: renshe needs less, or does more)."""
    figures = {key: value for key, value in run.items() if key not in ("tool", "counts")}
    return {
        **figures,
        "rows_a_second": round(rows / run["work_wall"]),
        "rows_a_cpu_second": round(rows / run["work_cpu"]),
        "times_rows_a_second": round(run["work_wall"] / own["work_wall"], 2),
        "times_cpu": round(run["work_cpu"] / own["work_cpu"], 2),
        "times_memory": round(run["peak_mb"] / own["peak_mb"], 2),
    }


def page(figures: Mapping[str, Mapping[str, Any]], rows: int) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        f"Seventeen checks on {rows:,} rows. CPU and time without imports and start; peak memory of all processes.",
        "× is the tool's figure over renshe's. “Rows” are failing rows handed over, not only counted.",
        "",
        "| tool | version | rows/s | × time | CPU s | × CPU | peak MB | × memory | rows |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for tool, told in figures.items():
        returned = "none" if told["rows_returned"] is None else f"{told['rows_returned']:,}"
        lines.append(
            f"| {tool} | {told['version']} | {told['rows_a_second']:,} | {told['times_rows_a_second']} |"
            f" {told['work_cpu']} | {told['times_cpu']} | {told['peak_mb']} | {told['times_memory']} | {returned} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The same checks by renshe and its peers")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--tools", nargs="+", choices=list(TOOLS), default=list(TOOLS))
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    main(given.rows, given.repeat, given.tools, given.data)
