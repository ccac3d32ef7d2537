"""Which sources a rule can judge, whichever engine does it; the rows of the others are counted as not run.

Invariant: every source that a rule is about is either chosen or counted in ``NotRun`` with the reason.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from renshe.engine.rules.catalogue import Relation, Rule
from renshe.engine.rules.holdings import Holdings
from renshe.engine.rules.scope import comparable_keys
from renshe.standards.dictionary import dictionary, table


@dataclass(slots=True)
class NotRun:
    """On how many rows each rule could not be judged, and why."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, rule: str, count: int, reason: str) -> None:
        """Note that ``rule`` was not judged on ``count`` rows; the first reason is kept."""
        self.counts[rule] += count
        self.reasons.setdefault(rule, reason)


def judging_sources(rule: Rule, holdings: Holdings, not_run: NotRun) -> list[int]:
    """Return the ordinals of the sources that ``rule`` can judge, counting the rows of the others as not run."""
    chosen, left = [], 0
    reason = ""
    limits = [(relation, holdings.related_systems(relation)) for _, relation in rule.relations]
    needs_column = rule.field is not None and not rule.relations and rule.fail is not None
    for at, source in holdings.of(rule.table):
        if rule.judge is None and source.system not in holdings.business_systems():
            continue
        if rule.judge is not None and source.system != rule.judge:
            continue
        lacking = [relation for relation, limit in limits if limit is not None and source.system not in limit]
        if needs_column and not holdings.has_field(rule.table, rule.field or "", [source.system]):
            left, reason = (
                left + source.rows,
                reason or f"来源中没有“{table(rule.table).field(rule.field or '').label}”列",
            )
        elif lacking:
            where = lacking[0].system or source.system
            left, reason = left + source.rows, reason or f"项目中没有系统 {where} 的表 {lacking[0].table}"
        else:
            chosen.append(at)
    if left:
        not_run.add(rule.id, left, reason)
    return chosen


def sources_condition(rule: Rule, holdings: Holdings, chosen: list[int]) -> str:
    """Return SQL true for rows of the sources ``chosen`` among the rows that ``rule`` judges (alias ``t``)."""
    others = {at for at, source in holdings.of(rule.table) if source.system not in holdings.business_systems()}
    if rule.judge is None and len(chosen) + len(others) == len(holdings.of(rule.table)):
        return "TRUE"
    return holdings.sources_where(rule.table, chosen)


def applicable(rule: Rule, holdings: Holdings, not_run: NotRun) -> str | None:
    """Return SQL true for rows of sources that ``rule`` can judge (None: none), counting the others as not run."""
    chosen = judging_sources(rule, holdings, not_run)
    return sources_condition(rule, holdings, chosen) if chosen else None


def lone(rule: Rule, holdings: Holdings) -> Relation | None:
    """Where a key part is missing on one side, a row is only comparable if it stands alone for its group."""
    for _, relation in rule.relations:
        kept = comparable_keys(relation, rule, holdings)
        if kept != relation.on and _owns_whole_key(relation, rule.table):
            return Relation(rule.table, tuple((mine, mine) for mine, _ in kept), take=(("n", "count()"),))
    return None


def _owns_whole_key(relation: Relation, table: str) -> bool:
    """Whether ``relation`` is matched by the whole key of ``table``: then a row of ``table`` stands for its group."""
    mine = {pair[0] for pair in relation.on}
    return set(dictionary()[table].key) <= mine
