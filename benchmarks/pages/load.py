"""Five hundred people in the workbench, 5 to 15 seconds of thought between clicks: no error, nothing lost or doubled.

They are signed in beforehand, come within half a minute and stay five minutes, over loopback. What was answered as
done must stand, once; nothing else may.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.casework.client import FORM, START
from benchmarks.casework.serving import served
from benchmarks.measure import write_result

LOCUST = Path(__file__).parents[2] / ".venv-load" / "bin" / "locust"
_NAMES = {1: "alone", 2: "pair"}


def main(clerks: int = 500, seconds: int = 300, workers: tuple[int, ...] = (1, 2)) -> None:
    """Let ``clerks`` work for so many ``seconds``, with each number of ``workers``."""
    results = {}
    for count in workers:
        with served(clerks, count) as bureau, tempfile.TemporaryDirectory() as folder:
            who, made = Path(folder) / "clerks.json", Path(folder) / "made.json"
            who.write_text(json.dumps(bureau.people), "utf-8")
            form = {name: str(value) for name, value in FORM.items()}
            told = {
                "CLERKS": str(who),
                "MADE": str(made),
                "TYPE": str(START["type"]),
                "FORM": json.dumps({**form, "region": START["region"]}),
            }
            command = [str(LOCUST), "-f", str(Path(__file__).with_name("clicks.py")), "--headless", "--only-summary",
                       "-u", str(clerks), "-r", str(max(1, clerks // 30)), "-t", f"{seconds}s", "--stop-timeout", "60",
                       "--host", f"http://127.0.0.1:{bureau.port}"]  # fmt: skip
            before = bureau.cpu()
            subprocess.run(command, env={**os.environ, **told}, check=False, stdout=subprocess.DEVNULL)
            spent = bureau.cpu() - before
            found, run = bureau.look(), json.loads(made.read_text("utf-8"))
        assert not run["failures"], run["failures"]
        kept, told_of = (Counter(map(tuple, made_of)) for made_of in (found["decisions"], run["made"]))
        assert kept == told_of, f"lost: {told_of - kept}; made twice, or unknown to who made it: {kept - told_of}"
        assert found["done"] == found["effects"] and found["recorded"] == len(run["made"])
        assert found["whole"] and found["unsealed"] == 0
        results[_NAMES[count]] = {
            "requests": run["requests"],
            "decisions": len(run["made"]),
            "requests_per_second": round(run["requests_per_second"], 1),
            "p50_ms": run["p50_ms"],
            "p95_ms": run["p95_ms"],
            "cpu_ms_per_request": round(spent / run["requests"] * 1000, 1),
            "journal_entries": found["entries"],
        }
    write_result("page_load", clerks=clerks, seconds=seconds, errors=0, lost=0, doubled=0, workers=results)


if __name__ == "__main__":
    main()
