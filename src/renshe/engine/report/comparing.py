"""Before and after: what a round moved, rule by rule, and the rounds in a row.

Business rule: 白社保〔2021〕22号 asks for checks before and after mending (S1-12), in numbered rounds, each with its
figures and the difference from the one before (S1-19).

Invariant: before - fixed + added + back = now, for every rule and for all together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from renshe.engine.report.problems import Problems


@dataclass(frozen=True, slots=True)
class Compared:
    """One rule before and after; of those fixed ``aside`` were set aside as true, ``added`` are new, ``back`` again."""

    title: str
    was: int
    fixed: int
    aside: int
    added: int
    back: int
    now: int


@dataclass(frozen=True, slots=True)
class RoundLine:
    """One round in the trend: its findings, the decisions that changed its data, the share of admissible persons."""

    number: int
    findings: int
    applied: int
    admissible: float | None


_NONE = Compared("合计", 0, 0, 0, 0, 0, 0)


def compared_rules(problems: Problems) -> tuple[Compared, ...]:
    """Return every rule with findings before or after, what moved most first."""
    rows = problems.con.sql("select title, was, fixed, aside, added, back, now from compared order by rn").fetchall()
    return tuple(Compared(*row) for row in rows)


def total(rules: Iterable[Compared]) -> Compared:
    """Return all rules together."""
    names = ("was", "fixed", "aside", "added", "back", "now")
    counts = [[getattr(rule, name) for name in names] for rule in rules]
    return Compared("合计", *(sum(column) for column in zip(*counts, strict=True))) if counts else _NONE


def trend(rounds: Path, manifest: Mapping[str, Any]) -> tuple[RoundLine, ...]:
    """Return the rounds in ``rounds`` up to this one; earlier rounds never change."""
    lines = {int(manifest["round"]): _line(manifest)}
    for path in rounds.glob("[0-9][0-9][0-9][0-9]/manifest.json"):
        earlier = json.loads(path.read_text("utf-8"))
        if earlier["round"] < manifest["round"]:
            lines[earlier["round"]] = _line(earlier)
    return tuple(lines[number] for number in sorted(lines))


def _line(manifest: Mapping[str, Any]) -> RoundLine:
    persons = manifest.get("admission", {}).get("person", {})
    return RoundLine(
        number=int(manifest["round"]),
        findings=sum(manifest["findings"].values()),
        applied=manifest.get("decisions", {}).get("applied", 0),
        admissible=persons["admissible"] / persons["total"] if persons.get("total") else None,
    )
