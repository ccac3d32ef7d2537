"""Runs a catalogue over a data set: rows first, then sets, prerequisites respected, findings last.

Invariant: the answer is a pure function of data set and catalogue; a row with a finding of a prerequisite has none of
the rules that require it (one bad number is one finding, not six).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from renshe.engine.rules.applicable import NotRun, applicable, judging_sources
from renshe.engine.rules.catalogue import Catalogue, Rule
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.earlier import Earlier, again
from renshe.engine.rules.findings import FindingWriter, create_findings
from renshe.engine.rules.generic import run_generic
from renshe.engine.rules.reach import Chosen, Reach, changed_rows
from renshe.engine.rules.relations import Joins
from renshe.engine.rules.rows import RowPass
from renshe.engine.rules.sets import SetPass

# Smaller tables are judged anew in less time than it takes to find out which of their rows must be.
WORTH_PARTING = 200_000


@dataclass(slots=True)
class RunResult:
    """How many findings each rule has, and on how many rows it could not be judged."""

    findings: dict[str, int] = field(default_factory=dict)
    not_run: NotRun = field(default_factory=NotRun)


def run_rules(
    dataset: Dataset,
    catalogue: Catalogue,
    *,
    earlier: Earlier | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> RunResult:
    """Judge every rule and leave the findings in the connection's table ``findings``.

    What ``earlier`` found is taken over where nothing that was looked at has changed.
    """
    result = RunResult()
    create_findings(dataset)
    joins = Joins(dataset)
    for rule in catalogue.rules.values():
        if rule.table not in dataset.tables and rule.generic is None:
            result.not_run.add(rule.id, 0, f"项目中没有表 {rule.table}")
    for at, table in enumerate(dataset.tables):
        if progress is not None:
            progress(table, at, len(dataset.tables))
        run = _TableRun(dataset, joins, table, catalogue, result.not_run)
        state = "new" if earlier is None else earlier.state(table, run.rules)
        if earlier is None or state == "new":
            run.whole()
        elif state == "moved":
            if dataset.loaded(table) < WORTH_PARTING:
                run.whole()
            else:
                run.part(earlier)
        else:
            earlier.keep(table)
            earlier.keep_counts(run.rules, result.not_run)
    counted = dataset.connection.execute("SELECT rule, count(*) FROM findings GROUP BY rule").fetchall()
    result.findings = {str(rule): int(count) for rule, count in counted}
    return result


class _TableRun:
    """One run over one table: its rows, then its sets, then the findings of both."""

    def __init__(self, dataset: Dataset, joins: Joins, table: str, catalogue: Catalogue, not_run: NotRun) -> None:
        self.dataset = dataset
        self.connection = dataset.connection
        self.joins = joins
        self.table = table
        self.catalogue = catalogue
        self.rules = catalogue.of(table)
        self.numbers = {rule: at for at, rule in enumerate(catalogue.rules)}
        self.not_run = not_run

    def whole(self) -> None:
        """Judge every row."""
        with self._hits():
            self._rows(self.not_run, self.rules)
            self._sets(self.rules)
            self._write(self.rules)
        run_generic(self.dataset, self.catalogue, self.table)

    def part(self, earlier: Earlier) -> None:
        """Judge again what a change can reach, and take the other findings over."""
        chosen = Reach(self.dataset, earlier.changed).choose(self.table, self.rules)
        if chosen is None:
            self.whole()
            return
        some = [rule for rule in self.rules if rule.id not in chosen.whole]
        every = [rule for rule in self.rules if rule.id in chosen.whole]
        with self._hits():
            earlier.know(self.table, chosen, self.numbers, self.rules)
            with self.dataset.restricted(self.table, chosen.near):
                counted = NotRun()
                self._rows(counted, some)
                run_generic(self.dataset, self.catalogue, self.table)
                self._sets(some, chosen)
                self._write(some)
            self.joins.clear()
            # No other rule builds on these.
            self._rows(self.not_run, every)
            self._sets(every)
            self._write(every)
        earlier.keep_unreached(self.table, chosen)
        self._count(earlier, counted, chosen.whole)

    @contextmanager
    def _hits(self) -> Iterator[None]:
        """Hold the table of hits: rule (by number), row, and for sets another row of the set."""
        name = f"hits_{self.table}"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} (rule INTEGER, rid BIGINT, related BIGINT)")
        yield
        self.connection.execute(f"DROP TABLE {name}")
        self.joins.clear()

    def _rows(self, not_run: NotRun, rules: Sequence[Rule]) -> None:
        rules = [rule for rule in rules if rule.fail is not None]
        RowPass(self.dataset, self.joins, not_run).run(self.table, rules, self.numbers)

    def _sets(self, rules: Sequence[Rule], chosen: Chosen | None = None) -> None:
        """Judge the set rules among ``rules``, and drop hits of rows that were not ready for row rules.

        Rules come after their prerequisites, so what these found is final when a rule is reached.
        """
        sets = SetPass(self.dataset, self.joins)
        here = {rule.id for rule in self.rules}
        for rule in rules:
            number = self.numbers[rule.id]
            needed = [self.numbers[name] for name in rule.requires if name in here]
            if rule.fail is not None:
                self._drop_unready(number, needed)
            elif (sources := applicable(rule, self.dataset, self.not_run)) is not None:
                if chosen is not None and rule.id in chosen.limits:
                    sources = f"{sources} AND {self._again(rule, chosen)}"
                sets.run(rule, number, sources, needed)

    def _again(self, rule: Rule, chosen: Chosen) -> str:
        """Forget what was known of the rows in groups that changed; return the condition that they meet."""
        limit, rows = chosen.limits[rule.id], again(self.table, rule.id)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {rows} AS SELECT rid FROM {self.dataset.counting_rows(self.table)} t"
            f" WHERE {limit} UNION FROM {chosen.rids}"
        )
        self.connection.execute(
            f"DELETE FROM hits_{self.table} WHERE rule = {self.numbers[rule.id]} AND rid IN (FROM {rows})"
        )
        return limit

    def _drop_unready(self, number: int, needed: list[int]) -> None:
        if needed:
            listed = ", ".join(map(str, needed))
            self.connection.execute(
                f"DELETE FROM hits_{self.table} WHERE rule = {number}"
                f" AND rid IN (SELECT rid FROM hits_{self.table} WHERE rule IN ({listed}))"
            )

    def _write(self, rules: Sequence[Rule]) -> None:
        """Turn the hits of ``rules`` into findings."""
        found = self.connection.execute(f"SELECT DISTINCT rule FROM hits_{self.table}").fetchall()
        hit = {int(number) for (number,) in found}
        shown = {self.numbers[rule.id]: rule for rule in rules if self.numbers[rule.id] in hit}
        if shown:
            FindingWriter(self.dataset, self.joins, self.table).write(shown)

    def _count(self, earlier: Earlier, counted: NotRun, done: Collection[str]) -> None:
        """Add up what could not be judged: per source as ever; for want of parameters, again where there was any."""
        recounted = []
        for rule in self.rules:
            if rule.fail is None or rule.id in done:
                continue
            by_source = NotRun()
            judging_sources(rule, self.dataset, by_source)
            if earlier.not_run.get(rule.id, 0) > by_source.counts[rule.id]:
                recounted.append(rule)
            elif rule.id in counted.counts:
                self.not_run.add(rule.id, counted.counts[rule.id], counted.reasons[rule.id])
        row_pass = RowPass(self.dataset, self.joins, self.not_run)
        alone = [rule for rule in recounted if row_pass.lacks_by_itself(rule)]
        row_pass.count(self.table, [rule for rule in recounted if rule not in alone])
        self._carry_on(earlier, alone)
        self.joins.clear()

    def _carry_on(self, earlier: Earlier, rules: Sequence[Rule]) -> None:
        """Add up what ``rules``, which look at their row alone, could not judge: as earlier, but for changed rows."""
        was, now = NotRun(), NotRun()
        if self.table in earlier.changed:
            for counted, rows in zip((was, now), changed_rows(self.table), strict=True):
                RowPass(self.dataset, self.joins, counted).count(self.table, rules, rows)
        for rule in rules:
            count = earlier.not_run[rule.id] - was.counts[rule.id] + now.counts[rule.id]
            if count:
                self.not_run.add(rule.id, count, earlier.reasons[rule.id])
