"""``renshe compare``: who is in one system and not in the other, and what both say differently of the same person.

Source: the county rules (S0-9, S0-40) and 白社保〔2021〕22号 三（三）、三（五） (S1-36).

Invariant: a comparison is a function of the newest round, its link and the decisions that stand; it is there whole, by
one rename, or not at all, and changes nothing of the round.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from renshe.engine.comparing import layout
from renshe.engine.comparing.amounts import compare_amounts
from renshe.engine.comparing.gathering import open_gathering
from renshe.engine.comparing.lists import write_lists
from renshe.engine.comparing.persons import compare_persons
from renshe.engine.comparing.resolving import COLUMNS, resolve
from renshe.engine.comparing.restoring import find_restorable
from renshe.engine.comparing.sides import Bench, By, Side, choose, open_side, pair_persons
from renshe.engine.comparing.statuses import compare_statuses
from renshe.engine.comparing.units import compare_units
from renshe.engine.decisions.log import effective, log_digest, read_decisions
from renshe.engine.project import ProjectError
from renshe.engine.report.shelving import Limits
from renshe.engine.rounds.digests import digest_of, row_sums
from renshe.engine.rounds.finished import newest_held
from renshe.engine.rounds.judged import engine
from renshe.engine.rules.compiling import quote

Progress = Callable[[str, int, int], None]
_STEPS: tuple[tuple[str, Callable[[Bench], None]], ...] = (
    ("比对基本信息", compare_persons),
    ("比对单位", compare_units),
    ("比对参保状态", compare_statuses),
    ("比对金额", compare_amounts),
    ("查找备份可恢复的数据", find_restorable),
)
ONLY = (
    *("system", "key", "person_no", "name", "id_number", "birth_date", "sex", "unit_no", "unit_name", "region"),
    *("source_file", "source_row", "maybe", "weight"),
)
"""The columns of ``only_left.parquet`` and ``only_right.parquet``."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A finished comparison: its folder and its manifest."""

    folder: Path
    manifest: Mapping[str, Any]


def _quiet(_step: str, _done: int, _total: int) -> None:
    """Progress for whoever does not want any."""


def compare(
    project: Path,
    left: str,
    right: str,
    *,
    by: By | None = None,
    progress: Progress = _quiet,
    limits: Limits | None = None,
) -> Comparison:
    """Compare the systems ``left`` and ``right`` of the newest round of ``project``.

    ``by``: how persons are paired; what is not asked for is found out. Raises ProjectError for what the user can mend,
    BusyError when another run is at work; then nothing was written.
    """
    if left == right:
        raise ProjectError(f"renshe compare：两个系统都是 {left}；请写两个不同的系统")
    name = layout.name_of(left, right)
    with newest_held(project) as found, found.store.new_beside(found.number, name) as target:
        with TemporaryDirectory(prefix="work.", dir=target) as work, engine(found.store) as connection:
            sides = Side("l", left), Side("r", right)
            bench = Bench(connection, Path(work), target, found, *sides, by or "link")
            why = _gathered(bench, by, progress)
            log = read_decisions(project)
            progress("写出清单", len(_STEPS), len(_STEPS) + 1)
            resolve(bench, effective(log))
            manifest = _written(bench, why) | {"decisions": {"number": len(log), "digest": log_digest(log)}}
            manifest |= {"workbooks": write_lists(bench, manifest, limits or Limits())}
        (target / layout.MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2), "utf-8")
    return Comparison(found.folder / name, manifest)


def _gathered(bench: Bench, by: By | None, progress: Progress) -> str:
    """Gather all differences; return how persons were paired and why."""
    bench.found.open_tables(bench.connection)
    bench.found.open_link(bench.connection)
    for side in bench.sides:
        open_side(bench, side)
    why = choose(bench, by)
    pair_persons(bench)
    open_gathering(bench)
    for at, (step, run) in enumerate(_STEPS):
        progress(step, at, len(_STEPS) + 1)
        run(bench)
    return why


def _written(bench: Bench, why: str) -> dict[str, Any]:
    """Write the Parquet files of the comparison; return its manifest."""
    bench.publish("only_l", _only(bench, bench.left), layout.ONLY_LEFT)
    bench.publish("only_r", _only(bench, bench.right), layout.ONLY_RIGHT)
    told = ", ".join(f'"{name}"' for name in COLUMNS)
    bench.publish("listed", f"SELECT {told} FROM difference ORDER BY rn", layout.DIFFERENCES)
    files = {"only_left": ("only_l", ONLY), "only_right": ("only_r", ONLY), "differences": ("listed", COLUMNS)}
    digests = {name: digest_of(row_sums(bench.connection, *listed)) for name, listed in files.items()}
    counted = bench.connection.execute(
        "SELECT rule, count(*) FROM difference WHERE accepted IS NULL GROUP BY rule ORDER BY rule"
    ).fetchall()
    return {
        "round": bench.found.number,
        "as_of": bench.found.manifest["as_of"],
        "left": bench.left.system,
        "right": bench.right.system,
        "by": bench.by,
        "by_reason": why,
        "persons": {side.system: bench.count(f"{side.at}_person") for side in bench.sides},
        "pairs": bench.count("pair"),
        "only": {side.system: bench.count(f"only_{side.at}") for side in bench.sides},
        "differences": dict(counted),
        "accepted": bench.count("difference WHERE accepted IS NOT NULL"),
        "notes": list(dict.fromkeys(bench.notes)),
        "digests": digests,
    }


def _only(bench: Bench, side: Side) -> str:
    """Return SQL of who is on this side only; ``maybe``: who of the other may be the same, by the link's review."""
    other = bench.other(side)
    reviewed = " UNION ALL ".join(
        f"SELECT {one}_key AS key, {two}_key AS maybe, weight FROM links WHERE decision = 'review'"
        f" AND {one}_system = {quote(side.system)} AND {two}_system = {quote(other.system)}"
        for one, two in (("left", "right"), ("right", "left"))
    )
    fields = ", ".join(f"p.{name}" for name in ("name", "id_number", "birth_date", "sex", "unit_no"))
    return (
        f"SELECT {quote(side.system)} AS system, p.key, p.no AS person_no, {fields}, u.name AS unit_name,"
        f" coalesce(p.region, {quote(str(bench.found.manifest['region']))}) AS region, p.file AS source_file,"
        f" p.row AS source_row, m.maybe, m.weight FROM {side.at}_person p"
        f" ANTI JOIN (SELECT {side.at}_key AS key FROM pair) j ON j.key = p.key"
        f" LEFT JOIN (SELECT key, arg_max(maybe, (weight, maybe)) AS maybe, max(weight) AS weight FROM ({reviewed})"
        f" GROUP BY key) m ON m.key = p.key LEFT JOIN {side.at}_unit u ON u.no = p.unit_no"
        " ORDER BY p.unit_no, p.key"
    )
