"""kill -9 at many moments: no half round is ever there, the next run succeeds, and its digests are always the same."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import RENSHE, measure, write_result


def main(kills: int = 20, persons: int = 20_000) -> None:
    """Kill ``kills`` runs at random moments of the time that a whole run takes."""
    folder = Path(tempfile.mkdtemp(prefix="renshe-faults-"))
    try:
        project = folder / "project"
        measure([*RENSHE, "simulate", str(project), "--persons", str(persons), "--seed", "5"])
        whole = measure([*RENSHE, "clean", str(project)])
        digests = _digests(project / "rounds/0001")
        moments = random.Random(1)
        killed = 0
        for _ in range(kills):
            # What a killed run left unfinished stays; only what would make the next run shorter goes.
            shutil.rmtree(project / "cache/staged", ignore_errors=True)
            run = subprocess.Popen([*RENSHE, "clean", str(project)], stdout=subprocess.DEVNULL)
            time.sleep(moments.uniform(0.05, whole.wall_seconds))
            run.send_signal(signal.SIGKILL)
            killed += run.wait() == -signal.SIGKILL
            for path in (project / "rounds").glob("[0-9][0-9][0-9][0-9]"):
                assert _digests(path) == digests and (path / "report.xlsx").is_file(), path
        measure([*RENSHE, "clean", str(project)])
        last = max((project / "rounds").glob("[0-9][0-9][0-9][0-9]"))
        assert _digests(last) == digests
        write_result("faults", runs=kills, killed=killed, half_rounds=0, same_digests=True)
    finally:
        shutil.rmtree(folder)


def _digests(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((path / "manifest.json").read_text("utf-8"))["digests"]
    return found


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
