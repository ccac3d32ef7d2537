"""The files of a link run that people read: page, figures, workbook; what they worked on before is kept.

Business rule: a clerk's work is never lost: linking a round again puts new files in the place of the old ones, but a
workbook that somebody filled in meanwhile stays, under a name of its own. What cannot be read any more is put away.

Invariant: files are their owner's alone (0600).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from renshe.engine.decisions.log import LINKED, effective, one_hand, read_decisions
from renshe.engine.linking.judging.quality import JUDGED, read_judged, write_judged
from renshe.engine.linking.judging.sampling import SAMPLE, Sample
from renshe.engine.linking.report.figures import Part
from renshe.engine.linking.report.looking import Place
from renshe.engine.linking.report.page import FIGURES, QUALITY, write_page, write_private
from renshe.engine.linking.report.workbook import FILE, write_queue
from renshe.engine.rounds.finished import ANSWERED, LINK

_FILLED = "待核实-上次.xlsx"
EARLIER = "earlier"
"""Where samples that were judged are put away."""
_DAMAGED = "damaged"
# What belongs to a sample that clerks judge.
SAMPLED = (SAMPLE, JUDGED, QUALITY, "抽样判定-*.xlsx")


def write_report(connection: duckdb.DuckDBPyConnection, place: Place, parts: Sequence[Part]) -> None:
    """Write workbook, figures and page into the folder of ``place``."""
    target, told = place.target, place.finished.manifest
    write_queue(connection, told, parts, target / FILE)
    figures = {
        **{name: told[name] for name in ("round", "name", "region", "as_of")},
        "parts": [asdict(part) for part in parts],
        "files": {FILE: _digest(target / FILE)},
    }
    write_private(target / FIGURES, json.dumps(figures, ensure_ascii=False) + "\n")
    log = effective(read_decisions(place.finished.store.project))
    heard = [one.id for one in log if one.kind in LINKED and not one_hand(one)]
    write_private(target / ANSWERED, json.dumps(heard) + "\n")
    _keep_work(place.finished.folder / LINK, target)
    write_page(target)


def _keep_work(before: Path, target: Path) -> None:
    """Copy what people worked on in the folder that is about to be replaced."""
    for pattern in (*SAMPLED, "待核实-上次*.xlsx"):
        for file in before.glob(pattern):
            place = target if file.suffix != ".json" or _told(file) is not None else target / EARLIER / _DAMAGED
            place.mkdir(parents=True, mode=0o700, exist_ok=True)
            shutil.copy2(file, place / file.name)
    if (before / EARLIER).exists():
        shutil.copytree(before / EARLIER, target / EARLIER, dirs_exist_ok=True)
    if (target / JUDGED).exists() and (target / SAMPLE).exists():
        sample = Sample(json.loads((target / SAMPLE).read_text("utf-8")))
        write_judged(target, sample, read_judged(target, sample))
    filled = before / FILE
    figures = _told(before / FIGURES) or {}
    # Where nobody knows any more what was handed out, it may have been filled in.
    if filled.exists() and figures.get("files", {}).get(FILE) != _digest(filled):
        shutil.copy2(filled, _free(target / _FILLED))


def _told(path: Path) -> Mapping[str, Any] | None:
    """Return what a file of ours says; None where it cannot be read."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _free(path: Path) -> Path:
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_stem(f"{path.stem}{number}")
    return found


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
