"""``renshe coverage``: the household register held against all schemes, everybody classified, per county to village.

Source: 人社厅发〔2015〕86号 (全民参保登记), first half: initialisation and comparison.

Invariant: a function of the newest round and its link; it is there whole, by one rename, or not at all, and changes
nothing of the round.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from renshe.engine.coverage.areas import COLUMNS as AREA
from renshe.engine.coverage.areas import count_areas
from renshe.engine.coverage.households import Register, open_register
from renshe.engine.coverage.lists import write_lists
from renshe.engine.coverage.ministry import write_ministry
from renshe.engine.coverage.standing import COLUMNS as PERSON
from renshe.engine.coverage.standing import STATUSES, classify
from renshe.engine.report.shelving import Limits
from renshe.engine.rounds.digests import digest_of, row_sums
from renshe.engine.rounds.finished import newest_held
from renshe.engine.rounds.judged import engine

Progress = Callable[[str, int, int], None]
FOLDER = "coverage"


@dataclass(frozen=True, slots=True)
class Covered:
    """A finished register: its folder and its manifest."""

    folder: Path
    manifest: Mapping[str, Any]


def _quiet(_step: str, _done: int, _total: int) -> None:
    """Progress for whoever does not want any."""


def cover(
    project: Path, *, ministry: bool = False, progress: Progress = _quiet, limits: Limits | None = None
) -> Covered:
    """Classify everybody of the household register of the newest round; with ``ministry`` prepare its list too.

    Raises ProjectError for what the user can mend, BusyError when another run is at work; then nothing was written.
    """
    with newest_held(project) as found, found.store.new_beside(found.number, FOLDER) as target:
        with TemporaryDirectory(prefix="work.", dir=target) as work, engine(found.store) as connection:
            register = Register(connection, Path(work), target, found)
            progress("汇集户籍人员", 0, 4)
            open_register(register)
            progress("判断参保情况", 1, 4)
            classify(register)
            progress("统计各地", 2, 4)
            manifest = _written(register)
            if ministry:
                manifest |= {"ministry": write_ministry(register)}
            progress("写出清单", 3, 4)
            manifest |= {"files": write_lists(register, manifest, limits or Limits())}
        (target / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2), "utf-8")
    return Covered(found.folder / FOLDER, manifest)


def _written(register: Register) -> dict[str, Any]:
    """Write ``persons.parquet`` and ``areas.parquet``; return the manifest."""
    register.publish("everybody", f"SELECT {', '.join(PERSON)} FROM classified ORDER BY rn", "persons.parquet")
    count_areas(register)
    counted = dict(register.connection.execute("SELECT status, count(*) FROM classified GROUP BY status").fetchall())
    told = register.found.manifest
    return {
        "round": register.found.number,
        "name": told["name"],
        "as_of": told["as_of"],
        "persons": sum(counted.values()),
        "statuses": {status: counted.get(status, 0) for status in STATUSES},
        "without_place": register.count("classified WHERE county IS NULL"),
        "digests": {
            "persons": digest_of(row_sums(register.connection, "everybody", PERSON)),
            "areas": digest_of(row_sums(register.connection, "area", AREA)),
        },
    }
