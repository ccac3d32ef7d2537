"""What an earlier round found, as far as it still holds: second rounds do only what changed.

A table is ``same`` where nothing that its rules look at has changed, ``moved`` where decisions changed some rows, and
``new`` where sources did. Findings of same tables are taken over; of moved tables those that the change cannot reach.

Invariant: findings and counts are those of a full run, to the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import duckdb

from renshe.engine.rules.applicable import NotRun
from renshe.engine.rules.catalogue import Rule
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.findings import COLUMNS, KNOWN
from renshe.engine.rules.reach import Chosen

State = Literal["same", "moved", "new"]


@dataclass(frozen=True, slots=True)
class Earlier:
    """The earlier round as the connection sees it: view ``earlier`` (findings with ``rid``), ``moved_<table>``.

    ``tables`` holds the state of each table's own rows; ``not_run`` what that round could not judge, and why.
    """

    connection: duckdb.DuckDBPyConnection
    tables: Mapping[str, State]
    not_run: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> frozenset[str]:
        """Return the tables some of whose rows decisions changed."""
        return frozenset(name for name, state in self.tables.items() if state == "moved")

    def state(self, table: str, rules: Iterable[Rule]) -> State:
        """Return the state of all that the rules of ``table`` look at."""
        looked_at = {table, *(relation.table for rule in rules for _, relation in rule.relations)}
        states = {self.tables.get(name, "same") for name in looked_at}
        return "new" if "new" in states else "moved" if "moved" in states else "same"

    def keep(self, table: str, among: str = "TRUE") -> None:
        """Take over the earlier findings on rows of ``table`` for which the SQL condition ``among`` holds.

        What is found of a table as a whole (control totals) is found anew in every round.
        """
        self.connection.execute(
            f"INSERT INTO findings SELECT {COLUMNS} FROM earlier"
            f' WHERE "table" = {quote(table)} AND source_row IS NOT NULL AND {among}'
        )

    def keep_counts(self, rules: Iterable[Rule], not_run: NotRun) -> None:
        """Take over how many rows ``rules`` could not judge."""
        for rule in rules:
            if rule.id in self.not_run:
                not_run.add(rule.id, self.not_run[rule.id], self.reasons[rule.id])

    def keep_unreached(self, table: str, chosen: Chosen) -> None:
        """Take over the findings of rows that are not judged again; of set rules, those of groups left as they were."""
        listed = ", ".join(quote(name) for name in (*chosen.limits, *chosen.whole)) or "''"
        kept = [f"rule NOT IN ({listed}) AND rid NOT IN (FROM {chosen.near})"]
        kept += [f"rule = {quote(name)} AND rid NOT IN (FROM {again(table, name)})" for name in chosen.limits]
        self.keep(table, "(" + " OR ".join(kept) + ")")

    def know(self, table: str, chosen: Chosen, numbers: Mapping[str, int], rules: Sequence[Rule]) -> None:
        """Leave in ``hits_<table>`` on which rows that are not judged again a prerequisite of some rule failed."""
        here = {rule.id for rule in rules}
        required = sorted({name for rule in rules for name in rule.requires} & here - chosen.whole)
        if not required:
            return
        # What sets are judged again is only told rule by rule.
        rows = ", ".join(
            f"({quote(name)}, {numbers[name]}, {'TRUE' if name in chosen.limits else 'FALSE'})" for name in required
        )
        self.connection.execute(
            f"INSERT INTO hits_{table} SELECT n.number, rid, {KNOWN} FROM earlier e"
            f" JOIN (VALUES {rows}) n(rule, number, of_sets) ON n.rule = e.rule"
            f' WHERE "table" = {quote(table)} AND CASE WHEN of_sets THEN rid NOT IN (FROM {chosen.rids})'
            f" ELSE rid NOT IN (FROM {chosen.near}) END"
        )


def again(table: str, rule: str) -> str:
    """Return the name of the table of rows that the set rule ``rule`` judges again."""
    return f'"again_{table}_{rule}"'
