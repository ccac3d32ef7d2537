"""Rules over sets of rows: values that must be unique, periods that must not overlap.

Repeated months are found with one bitmap per group: a group whose bits are as many as its rows repeats nothing, so
only the few others are grouped by month.

Invariant: every member of an offending set is a hit, and ``related`` is another member.
"""

from __future__ import annotations

from dataclasses import dataclass

from renshe.engine.rules.catalogue import Rule
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.expression import parse
from renshe.engine.rules.relations import Joins
from renshe.engine.rules.rows import condition
from renshe.engine.rules.scope import RowScope, Uses

_MONTHS = 190000, 210000
# Of the keys besides the month, how many make the groups that are looked through for a repeated month.
_FIRST = 2
_PAIR = 2


@dataclass(frozen=True, slots=True)
class _Members:
    """SQL of the rows a set rule compares: rid, sys, k0.., d0.., and for periods s and e."""

    sql: str
    keys: int
    differ: int


class SetPass:
    """Runs the set rules of one table."""

    def __init__(self, dataset: Dataset, joins: Joins) -> None:
        self.dataset = dataset
        self.joins = joins
        self.connection = dataset.connection
        self._months: dict[str, tuple[int, int] | None] = {}

    def run(self, rule: Rule, number: int, sources: str, without: list[int]) -> None:
        """Judge ``rule`` on the rows of ``sources`` (SQL), leaving out hits of the rules numbered ``without``."""
        sql = self._unique(rule, sources, without) if rule.unique else self._overlap(rule, sources, without)
        self.connection.execute(f"INSERT INTO hits_{rule.table} SELECT {number}, rid, related FROM ({sql})")

    def _members(
        self,
        rule: Rule,
        sources: str,
        without: list[int],
        by: tuple[str, ...],
        differ: tuple[str, ...],
        more: dict[str, str],
    ) -> _Members:
        uses = Uses()
        scope = RowScope(rule, uses, self.dataset)
        keys = [compile_expression(parse(text), scope).text for text in by]
        differs = [compile_expression(parse(text), scope).text for text in differ]
        across = (rule.unique or rule.overlap).across  # type: ignore[union-attr]
        columns = ["t.rid", "0 AS sys" if across else "t._sys AS sys"]
        columns += [f"{key} AS k{at}" for at, key in enumerate(keys)]
        columns += [f"{value} AS d{at}" for at, value in enumerate(differs)]
        columns += [f"{compile_expression(parse(text), scope).text} AS {name}" for name, text in more.items()]
        tests = [sources, condition(rule.where, scope), *(f"{key} IS NOT NULL" for key in keys)]
        if without:
            listed = ", ".join(map(str, without))
            tests.append(f"t.rid NOT IN (SELECT rid FROM hits_{rule.table} WHERE rule IN ({listed}))")
        rows, _ = self.dataset.judged_rows(rule.table, rule.judge)
        where = " AND ".join(test for test in tests if test != "TRUE") or "TRUE"
        sql = (
            f"SELECT {', '.join(columns)} FROM {rows} t {self.joins.clause(uses, rule.table, rule.judge)} WHERE {where}"
        )
        return _Members(sql, len(keys), len(differs))

    def _unique(self, rule: Rule, sources: str, without: list[int]) -> str:
        assert rule.unique is not None
        members = self._members(rule, sources, without, rule.unique.by, rule.unique.differ, {})
        keys = _listed("k", members.keys)
        having = f"count(*) >= {rule.unique.at_least}"
        if members.differ:
            told = f"({_listed('d', members.differ)})"
            # Two different values are told by the least and the greatest, at a fraction of the cost.
            having = f"count(DISTINCT {told}) >= {rule.unique.at_least}"
            if rule.unique.at_least <= _PAIR:
                having = f"min({told}) IS DISTINCT FROM max({told})"
        narrowed = "SELECT * FROM m" + self._repeated_months(rule, members)
        return (
            f"WITH m AS NOT MATERIALIZED ({members.sql}), w AS MATERIALIZED ({narrowed}),"
            f" g AS (SELECT sys, {keys}, min(rid) AS lo, max(rid) AS hi FROM w GROUP BY sys, {keys}"
            f" HAVING count(*) > 1 AND {having})"
            f" SELECT w.rid, CASE WHEN w.rid = g.lo THEN g.hi ELSE g.lo END AS related"
            f" FROM w JOIN g USING (sys, {keys})"
        )

    def _repeated_months(self, rule: Rule, members: _Members) -> str:
        """Return a filter that keeps only groups in which some month repeats, where the rule is about months."""
        assert rule.unique is not None
        if "period" not in rule.unique.by or members.keys < 2:
            return ""
        month = rule.unique.by.index("period")
        found = self._span(rule)
        # A bitmap spans what lies between its ends: one month of the year 9999 would cost more than it saves.
        if found is None or not _MONTHS[0] <= found[0] <= found[1] <= _MONTHS[1]:
            return ""
        index = f"(k{month} // 100 * 13 + k{month} % 100)"
        low, high = (value // 100 * 13 + value % 100 for value in found)
        # Few keys make few groups, and one number for them is grouped sooner than texts; what either takes too many is
        # told apart later.
        group = ", ".join(["sys", *[f"k{at}" for at in range(members.keys) if at != month][:_FIRST]])
        return (
            f" WHERE hash({group}) IN (SELECT grouped FROM (SELECT hash({group}) AS grouped, {index} AS month FROM m)"
            f" GROUP BY grouped HAVING count(*) <> bit_count(bitstring_agg(month, {low}, {high})))"
        )

    def _span(self, rule: Rule) -> tuple[int, int] | None:
        """Return months between which all rows of the rule's table lie; None where no row has a month."""
        if rule.table not in self._months:
            found = [bounds for _, source in self.dataset.of(rule.table) for bounds in source.bounds("period")]
            self._months[rule.table] = (min(low for low, _ in found), max(high for _, high in found)) if found else None
        return self._months[rule.table]

    def _overlap(self, rule: Rule, sources: str, without: list[int]) -> str:
        shape = rule.overlap
        assert shape is not None
        scope = RowScope(rule, Uses(), self.dataset)
        last = "DATE '9999-12-31'" if compile_expression(parse(shape.start), scope).kind == "date" else "999912"
        more = {"s": shape.start, "until": shape.end}
        members = self._members(rule, sources, without, shape.by, shape.differ, more)
        keys = _listed("k", members.keys)
        same = " AND ".join(f"a.k{at} = b.k{at}" for at in range(members.keys))
        differ = " OR ".join(f"a.d{at} IS DISTINCT FROM b.d{at}" for at in range(members.differ)) or "TRUE"
        # A change of employer inside one month is lawful: periods that only share a border month do not overlap.
        return (
            f"WITH m AS (SELECT *, coalesce(until, {last}) AS e FROM ({members.sql}) WHERE s IS NOT NULL),"
            f" o AS (SELECT DISTINCT sys, {keys} FROM (SELECT sys, {keys}, s, max(e) OVER (PARTITION BY sys, {keys}"
            f" ORDER BY s, rid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM m) WHERE before > s),"
            f" w AS (SELECT m.* FROM m SEMI JOIN o USING (sys, {keys}))"
            f" SELECT a.rid, min(b.rid) AS related FROM w a JOIN w b ON a.sys = b.sys AND {same} AND a.rid <> b.rid"
            f" AND a.s < b.e AND b.s < a.e AND ({differ}) GROUP BY a.rid"
        )


def _listed(prefix: str, count: int) -> str:
    return ", ".join(f"{prefix}{at}" for at in range(count))
