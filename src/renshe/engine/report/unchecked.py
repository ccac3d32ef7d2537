"""Rules that were not asked, in whole or in part, and why: not checked is not in order.

Business rule: where a table, a column, another department's data or a parameter is missing, nothing is guessed; the
reader is told which rules say nothing about the data, and on how many rows (S1-33).

Invariant: a rule stands in exactly one of ``never`` and ``partly``, and only rules of the manifest's ``not_run`` do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from renshe.engine.report.labels import RuleInfo, system_label
from renshe.standards.dictionary import dictionary

_OF_SYSTEM = re.compile(r"系统 (\S+) 的(?:表 (\w+))?")
_TABLE = re.compile(r"没有表 (\w+)")
_SYSTEMS = {"*": "任何经办", "other": "其他经办"}


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A rule that could not judge ``rows`` of the ``about`` rows that it is about, for ``reason``."""

    rule: str
    title: str
    rows: int
    about: int
    reason: str


@dataclass(frozen=True, slots=True)
class NotChecked:
    """``never``: reasons with the rules that judged no row at all; ``partly``: rules that judged other rows."""

    never: tuple[tuple[str, tuple[Unchecked, ...]], ...] = ()
    partly: tuple[Unchecked, ...] = ()

    @property
    def rules(self) -> int:
        """How many rules were not asked at all."""
        return sum(len(own) for _, own in self.never)


def not_checked(manifest: Mapping[str, Any], rules: Mapping[str, RuleInfo]) -> NotChecked:
    """Return what a round's manifest says of rules that were not run; the commonest reasons come first."""
    notes, about = manifest["notes"], manifest["not_run_of"]
    items = [
        Unchecked(name, rules[name].title if name in rules else name, rows, about[name], reason_shown(notes[name]))
        for name, rows in manifest["not_run"].items()
    ]
    never: dict[str, list[Unchecked]] = {}
    for item in items:
        if item.rows >= item.about:
            never.setdefault(item.reason, []).append(item)
    return NotChecked(
        tuple(sorted(((reason, tuple(own)) for reason, own in never.items()), key=lambda one: (-len(one[1]), one[0]))),
        tuple(sorted((item for item in items if item.rows < item.about), key=lambda one: (-one.rows, one.rule))),
    )


def reason_shown(text: str) -> str:
    """Return a reason with the Chinese names of systems and tables."""
    text = _OF_SYSTEM.sub(_system_shown, text)
    return _TABLE.sub(lambda hit: f"没有“{_table_label(hit[1])}”表", text)


def _system_shown(hit: re.Match[str]) -> str:
    system = _SYSTEMS.get(hit[1]) or f"“{system_label(hit[1])}”"
    return f"{system}系统的" + (f"“{_table_label(hit[2])}”表" if hit[2] else "")


def _table_label(name: str) -> str:
    return dictionary()[name].label if name in dictionary() else name
