"""The main job at the size of a prefecture: a million persons from files to report and workbooks.

Bar: 1 million persons, 24 million contributions, 1 million findings in at most 300 s and 3 GB on two cores.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import RENSHE, measure, write_result


def main(persons: int = 1_000_000) -> None:
    """Simulate ``persons`` and run one round of them."""
    folder = Path(tempfile.mkdtemp(prefix="renshe-scale-"))
    try:
        project = folder / "project"
        made = measure([*RENSHE, "simulate", str(project), "--persons", str(persons), "--seed", "7"])
        cleaned = measure([*RENSHE, "clean", str(project)])
        manifest = json.loads((project / "rounds/0001/manifest.json").read_text("utf-8"))
        write_result(
            "clean_scale",
            persons=persons,
            rows=sum(manifest["tables"].values()),
            contributions=manifest["tables"]["contribution"],
            findings=sum(manifest["findings"].values()),
            input_mb=sum(path.stat().st_size for path in (project / "sources").iterdir()) >> 20,
            simulate=made,
            clean=cleaned,
            seconds=manifest["seconds"],
        )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
