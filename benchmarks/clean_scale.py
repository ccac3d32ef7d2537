"""The main job at the size of a prefecture: a million persons from files to report, then a second round.

Bars, for 1 million persons, 24 million contributions, 1 million findings on two cores: the first round in at most
240 s and 3 GB, the second, after 10,000 decisions, in at most 90 s.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measure import RENSHE, measure, write_result

DECISIONS = 10_000
_TOLD = ("rule", "table", "system", "key", "field", "source_file", "source_row", "related")


def main(persons: int = 1_000_000, project: Path | None = None) -> None:
    """Simulate ``persons`` (or take ``project``, as ``renshe simulate`` left it) and run two rounds of them."""
    folder = Path(tempfile.mkdtemp(prefix="renshe-scale-"))
    try:
        made = None
        if project is None:
            project = folder / "project"
            made = measure([*RENSHE, "simulate", str(project), "--persons", str(persons), "--seed", "7"])
        cleaned = measure([*RENSHE, "clean", str(project)])
        first = _manifest(project, 1)
        decide(project, DECISIONS)
        again = measure([*RENSHE, "clean", str(project)])
        second = _manifest(project, 2)
        write_result(
            "clean_scale",
            persons=persons,
            rows=sum(first["tables"].values()),
            contributions=first["tables"]["contribution"],
            findings=sum(first["findings"].values()),
            input_mb=sum(path.stat().st_size for path in (project / "sources").iterdir()) >> 20,
            simulate=made,
            clean=cleaned,
            seconds=first["seconds"],
            decisions=second["decisions"],
            second=again,
            second_seconds=second["seconds"],
            second_changes=second["changes"],
        )
    finally:
        shutil.rmtree(folder)


def _manifest(project: Path, number: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / f"rounds/{number:04d}/manifest.json").read_text("utf-8"))
    return found


def decide(project: Path, number: int) -> None:
    """Decide on ``number`` findings of the first round, drawn by chance: take what was expected, remove or accept."""
    file = project / "rounds/0001/findings.parquet"
    drawn = duckdb.sql(
        f"SELECT * FROM read_parquet('{file}') WHERE source_row IS NOT NULL USING SAMPLE reservoir({number} ROWS)"
        " REPEATABLE (7)"
    ).to_arrow_table()
    (project / "decisions").mkdir(exist_ok=True)
    with (project / "decisions/benchmark.jsonl").open("w", encoding="utf-8") as log:
        for at, row in enumerate(drawn.to_pylist()):
            told = {name: row[name] for name in _TOLD}
            told |= {"id": f"b{at}", "at": "2026-01-01T00:00:00", "by": "甲", "checked_by": "乙", "ground": "材料"}
            if row["field"] and row["expected"] is not None:
                told |= {"kind": "correct" if row["value"] else "fill", "old": row["value"], "new": row["expected"]}
            else:
                told |= {"kind": "remove" if at % 3 else "accept"}
            log.write(json.dumps(told, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Two rounds of a prefecture")
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--project", type=Path)
    main(**vars(parser.parse_args()))
