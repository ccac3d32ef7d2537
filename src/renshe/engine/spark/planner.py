"""Runs a catalogue over data sets on Spark: rows first, then sets, prerequisites respected, findings as Parquet.

Prerequisites go by level: a rule is judged when all that it requires is final. Every level is few selects, whatever
the number of rules.

Invariant: the answer is that of ``rules.runner`` for each data set by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from renshe.engine.rules.applicable import NotRun, judging_sources, sources_condition
from renshe.engine.rules.catalogue import Catalogue, Rule
from renshe.engine.spark.parameter_views import ParameterViews
from renshe.engine.spark.row_findings import Ready, RowFindings
from renshe.engine.spark.set_hits import set_hits
from renshe.engine.spark.worlds import World, Worlds, gathered, keep, place

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# How few rows, all in one part, are judged: they are read sooner than code for them is written or they are moved.
_FEW = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "1",
}


@dataclass(slots=True)
class Judged:
    """Where the findings are, which rule each number stands for, and what could not be judged in each world.

    The Parquet files in ``folder`` have the columns rule (a number), world, system, source_file, source_row, key,
    value, expected, message, related, person_no, unit_no, region.
    """

    folder: Path
    rules: dict[int, Rule]
    not_run: list[NotRun] = field(default_factory=list)


def judge(
    session: SparkSession,
    worlds: Sequence[World],
    catalogue: Catalogue,
    folder: Path,
    progress: Callable[[str, int, int], None] | None = None,
) -> Judged:
    """Judge every rule in every world; everything that is written goes below ``folder``."""
    together = Worlds(worlds)
    if together.store(folder) is None:
        for name, value in _FEW.items():
            session.conf.set(name, value)
    return _Run(session, together, catalogue, folder).judge(progress)


class _Run:
    def __init__(self, session: SparkSession, worlds: Worlds, catalogue: Catalogue, folder: Path) -> None:
        self.session = session
        self.worlds = worlds
        self.catalogue = catalogue
        self.folder = folder
        self.selects = RowFindings(worlds, ParameterViews(session, worlds, catalogue, folder))
        self.numbers = {rule: at for at, rule in enumerate(catalogue.rules)}
        rules = {number: catalogue.rules[rule] for rule, number in self.numbers.items()}
        self.judged = Judged(folder / "findings", rules, [NotRun() for _ in worlds.worlds])

    def judge(self, progress: Callable[[str, int, int], None] | None) -> Judged:
        self.worlds.create_tables(self.session, self.folder)
        for rule in self.catalogue.rules.values():
            for world, not_run in zip(self.worlds.worlds, self.judged.not_run, strict=True):
                if rule.generic is None and rule.table not in world.holdings.tables:
                    not_run.add(rule.id, 0, f"项目中没有表 {rule.table}")
        for at, table in enumerate(self.worlds.tables):
            if progress is not None:
                progress(table, at, len(self.worlds.tables))
            self._table(table)
        return self.judged

    def _table(self, table: str) -> None:
        ready = [one for rule in self.catalogue.of(table) if (one := self._ready(rule)) is not None]
        groups: dict[str | None, list[Ready]] = {}
        for one in ready:
            groups.setdefault(one.rule.judge, []).append(one)
        raw = self._raw(table, groups)
        levels = _Levels(self, table, ready, raw)
        final = [levels.rows()] if raw else []
        sets = _union([f"SELECT * FROM {view}" for view in levels.sets])
        for judge_, group in groups.items():
            of_sets = [one for one in group if one.rule.fail is None]
            if of_sets and sets:
                final.append(self.selects.of_sets(table, judge_, of_sets, f"({sets})"))
        first = len(self.judged.rules)
        checks = self.selects.of_checks(table, self.catalogue, first)
        if checks is not None:
            select, rules = checks
            final.append(select)
            self.judged.rules.update(enumerate(rules, first))
        if final:
            found = self.session.sql(_union(final))
            if self.worlds.store(self.folder) is None:
                found = gathered(found)
            found.write.mode("append").parquet(place(self.judged.folder))

    def _ready(self, rule: Rule) -> Ready | None:
        chosen: list[int] = []
        for number, world in enumerate(self.worlds.worlds):
            if world.rules is None or rule.id in world.rules:
                found = judging_sources(rule, world.holdings, self.judged.not_run[number])
                chosen += [self.worlds.starts[number] + at for at in found]
        if not chosen:
            return None
        return Ready(rule, self.numbers[rule.id], sources_condition(rule, self.worlds, chosen))

    def _raw(self, table: str, groups: dict[str | None, list[Ready]]) -> str | None:
        """Keep every failure of row rules, prerequisites not yet looked at; return its view."""
        selects = []
        for judge_, group in groups.items():
            rows = [one for one in group if one.rule.fail is not None]
            if rows:
                selects.append(self.selects.of_rules(table, judge_, rows))
                self._count_unjudged(table, judge_, rows)
        return self.keep(f"raw_{table}", selects)

    def _count_unjudged(self, table: str, judge_: str | None, rows: list[Ready]) -> None:
        counting = self.selects.unjudged(table, judge_, rows)
        if counting is None:
            return
        select, counted = counting
        for line in self.session.sql(select).collect():
            for (rule, reason), count in zip(counted, list(line)[1:], strict=True):
                if count:
                    self.judged.not_run[line[0]].add(rule.id, count, reason)

    def keep(self, name: str, selects: Sequence[str]) -> str | None:
        """Write the rows of ``selects`` and return the view over them, None where there is nothing to select."""
        if not selects:
            return None
        keep(self.session.sql(_union(selects)), name, self.worlds.store(self.folder))
        return name

    def needed(self, rule: Rule) -> list[int]:
        """Return the numbers of the prerequisites of ``rule`` that judge the same table."""
        return [self.numbers[name] for name in rule.requires if self.catalogue.rules[name].table == rule.table]


class _Levels:
    """Makes the hits of one table final, level by level: a rule is judged when all that it requires is final."""

    def __init__(self, run: _Run, table: str, ready: list[Ready], raw: str | None) -> None:
        self.run = run
        self.raw = raw
        self.sets: list[str] = []
        self._blocked: list[str] = []
        # Final hits (rule, rid) of the rules that others require.
        self._final: list[str] = []
        self._required = {number for one in ready for number in run.needed(one.rule)}
        levels: dict[str, int] = {}
        for rule in run.catalogue.of(table):
            levels[rule.id] = 1 + max((levels[name] for name in rule.requires if name in levels), default=-1)
        for level in sorted(set(levels.values())):
            self._level(table, level, [one for one in ready if levels[one.rule.id] == level])

    def rows(self) -> str:
        """Return the select of the findings of row rules that no prerequisite takes back."""
        return f"SELECT h.* FROM {self.raw} h {_without(self._blocked)}"

    def _level(self, table: str, level: int, ready: list[Ready]) -> None:
        before = _union(self._final)
        pairs, selects = [], []
        for one in ready:
            needed = self.run.needed(one.rule) if before else []
            if one.rule.fail is not None:
                pairs += [f"({one.number}, {number})" for number in needed]
            else:
                listed = ", ".join(map(str, needed))
                without = f"SELECT rid FROM ({before}) WHERE rule IN ({listed})" if needed else None
                selects.append(set_hits(one, self.run.selects, without))
        blocked = []
        if pairs:
            blocked.append(
                f"SELECT DISTINCT n.rule, f.rid FROM ({before}) f"
                f" JOIN (VALUES {', '.join(pairs)}) n(rule, needed) ON f.rule = n.needed"
            )
        self._blocked += blocked
        view = self.run.keep(f"sets_{table}_{level}", selects)
        if view is not None:
            self.sets.append(view)
            self._final.append(f"SELECT rule, rid FROM {view}")
        required = [str(one.number) for one in ready if one.rule.fail is not None and one.number in self._required]
        if required and self.raw:
            listed = ", ".join(required)
            self._final.append(f"SELECT h.rule, h.rid FROM {self.raw} h {_without(blocked)} WHERE h.rule IN ({listed})")


def _without(blocked: list[str]) -> str:
    return f"LEFT ANTI JOIN ({_union(blocked)}) b ON b.rule = h.rule AND b.rid = h.rid" if blocked else ""


def _union(selects: Iterable[str]) -> str:
    return " UNION ALL ".join(selects)
