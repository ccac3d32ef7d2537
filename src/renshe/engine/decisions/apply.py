"""Decisions become changed rows: source files stay as they are, a round sees what replaces their rows.

Business rule: a correction holds only where what it corrects is still there (contracts: "a decision whose ``old`` is no
longer there is not applied and is reported"). A removed row stays in its table, marked invalid (S0-23): it is loaded
and counted, and takes no part in rules and sums.

Invariant: every standing decision has exactly one outcome; the result is a function of staged sources and log.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.decisions.books import Books
from renshe.engine.decisions.joined import Joined, write_joined
from renshe.engine.decisions.log import NOTED, VALUES, Decision, effective
from renshe.engine.decisions.merges import Merger
from renshe.engine.decisions.outcomes import SCHEMA, Outcome, State
from renshe.engine.decisions.pairs import PERSON, MergeRules
from renshe.engine.decisions.patches import write_patches
from renshe.engine.decisions.rows import Row, Rows
from renshe.engine.decisions.terms import read_terms
from renshe.engine.schema import columns, system_kind
from renshe.engine.staging.stage import Staged
from renshe.engine.staging.typing import Reading, Tally, type_column
from renshe.standards.dictionary import TABLES, table

Values = Mapping[tuple[str, str], Any]
_REMOVED = "0"


@dataclass(slots=True)
class Applied:
    """What a log does to the sources: per source (by position) the file of replaced rows; every outcome; merges."""

    patches: dict[int, Path] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)

    def count(self, state: State) -> int:
        """Return how many decisions have ``state``."""
        return sum(outcome.state == state for outcome in self.outcomes)

    def standing(self, kind: str) -> list[Decision]:
        """Return the decisions of ``kind`` that stand."""
        return [one.decision for one in self.outcomes if one.state != "revoked" and one.decision.kind == kind]

    def write(self, folder: Path, sources: Sequence[Staged]) -> None:
        """Write ``applied.parquet``, one row per decision in the order of the log, and what merges did."""
        pq.write_table(pa.Table.from_pylist([one.told() for one in self.outcomes], SCHEMA), folder / "applied.parquet")
        write_joined(folder, self.joined, sources)


def apply_decisions(
    sources: Sequence[Staged], decisions: Sequence[Decision], as_of: date, cache: Path, rules: MergeRules
) -> Applied:
    """Apply a log to staged sources; the rows that replace others are kept in ``cache`` under their digest.

    ``rules`` say which merges are forbidden.
    """
    outcomes = _without_rows(sources, decisions)
    todo = [decision for decision in decisions if decision.id not in outcomes]
    books = Books(sources, todo)
    values = _typed(todo)
    result = Applied()
    with _merging(books, todo, rules, as_of, values.get(PERSON, {}), cache) as merger:
        for decision in todo:
            if decision.kind == "merge" and merger is not None:
                merger.offer(decision)
                continue
            rows = books.rows(decision)
            if merger is not None:
                merger.before(decision, rows)
            outcomes[decision.id] = found = _one(decision, rows, values.get(str(decision.table), {}))
            if merger is not None and found.state == "applied" and found.row is not None:
                merger.note(found.row)
        if merger is not None:
            result.joined = merger.joined()
            outcomes |= merger.outcomes
        result.patches = write_patches(books, merger.working if merger is not None else None, as_of, cache)
    result.outcomes = [outcomes[decision.id] for decision in decisions]
    return result


def _without_rows(sources: Sequence[Staged], decisions: Sequence[Decision]) -> dict[str, Outcome]:
    """Return the outcomes that can be told without looking at any row."""
    standing = {decision.id for decision in effective(decisions)}
    outcomes: dict[str, Outcome] = {}
    for decision in decisions:
        if decision.kind == "revoke":
            outcomes[decision.id] = _revoking(decision, decisions, standing)
        elif decision.id not in standing:
            outcomes[decision.id] = Outcome(decision, "revoked")
        elif decision.kind in NOTED:
            outcomes[decision.id] = Outcome(decision, "noted")
        elif (refused := _misfit(decision, sources)) is not None:
            outcomes[decision.id] = Outcome(decision, "unfit", refused)
    return outcomes


@contextmanager
def _merging(
    books: Books, todo: Iterable[Decision], rules: MergeRules, as_of: date, values: Values, cache: Path
) -> Iterator[Merger | None]:
    """Yield what applies merges; None where there are none."""
    merges = [decision for decision in todo if decision.kind == "merge"]
    if not merges:
        yield None
        return
    spill = cache / f"spill.{os.getpid()}.tmp"
    merger = Merger(books, merges, rules, as_of, values, spill)
    try:
        yield merger
    finally:
        merger.working.close()
        shutil.rmtree(spill, ignore_errors=True)


def _revoking(decision: Decision, decisions: Iterable[Decision], standing: set[str]) -> Outcome:
    if all(decision.revokes != other.id for other in decisions):
        return Outcome(decision, "unfit", f"没有编号为 {decision.revokes} 的决定")
    return Outcome(decision, "noted" if decision.revokes not in standing else "revoked")


def _misfit(decision: Decision, sources: Sequence[Staged]) -> str | None:
    """Say why a decision cannot change any data here, before looking for its row."""
    if decision.table not in TABLES:
        return f"没有标准表 {decision.table}"
    if decision.key is None:
        return "没有写明哪一行（key）"
    if not any((one.table, one.system) == (decision.table, decision.system) for one in sources):
        return f"本轮没有系统 {decision.system} 的表 {decision.table}"
    if system_kind(str(decision.system)) == "compare":
        return "比对数据只供核对，不作修改"
    if decision.kind == "merge" and not _is_merge(decision):
        return "不能合并：合并决定应写明人员表（person）、被并编号（key）和保留编号（new）"
    if decision.kind in VALUES and decision.field not in table(decision.table).names:
        return f"表 {decision.table} 没有字段 {decision.field}"
    return None


def _is_merge(decision: Decision) -> bool:
    parts = json.loads(str(decision.key))
    return decision.table == PERSON and len(parts) == 1 and parts[0] is not None and decision.new is not None


def _asked(decision: Decision) -> Iterable[tuple[str, str | None]]:
    """Yield the fields and texts of new values that ``decision`` names."""
    if decision.kind in VALUES and decision.field:
        yield decision.field, decision.new
    elif decision.kind == "merge" and (terms := read_terms(decision)) is not None:
        # Most values are those of one of the two rows.
        yield from ((name, one.value) for name, one in terms.fields.items() if one.value not in (one.old, one.new))


def _typed(decisions: Iterable[Decision]) -> dict[str, Values]:
    """Return, by table, and by field and text, the new values that could be typed."""
    asked: dict[tuple[str, str], set[str]] = {}
    for decision in decisions:
        for field_name, text in _asked(decision):
            if text is not None and field_name in table(str(decision.table)).names:
                asked.setdefault((str(decision.table), field_name), set()).add(text)
    found: dict[str, dict[tuple[str, str], Any]] = {}
    for (name, field_name), texts in asked.items():
        spec, listed, tally = table(name).field(field_name), sorted(texts), Tally()
        typed = type_column(spec, columns(name)[field_name], pa.array(listed, pa.string()), Reading(), tally)
        unknown = tally.unmapped.get(field_name, Counter())
        for text, value in zip(listed, typed.values.to_pylist(), strict=True):
            if value is not None and text not in unknown:
                found.setdefault(name, {})[field_name, text] = value
    return dict(found)


def _one(decision: Decision, rows: Rows, values: Values) -> Outcome:
    """Apply one decision to its row."""
    found = rows.find(str(decision.key))
    if not found:
        return Outcome(decision, "unfit", "这一行已不在数据中（键已改变或来源已换）")
    row = _choose(decision, found)
    if row is None:
        return Outcome(decision, "unfit", f"有 {len(found)} 行的键相同，无法确定是哪一行")
    if row.taken is not None:
        return Outcome(decision, "unfit", f"这一行{row.taken}；要改动请先撤销合并", row)
    if decision.kind in VALUES:
        return _put(decision, rows, row, values)
    if decision.kind == "remove":
        if row.now["valid"] == _REMOVED:
            return Outcome(decision, "unfit", "这一行已经剔除", row)
        row.put("valid", _REMOVED)
        return Outcome(decision, "applied", None, row)
    return _restore(decision, rows, row)


def _choose(decision: Decision, found: Sequence[Row]) -> Row | None:
    """Return the row meant, of several with one key: the one at the place told, else the one with the old value."""
    if decision.source_row is not None:
        at_place = [row for row in found if row.before["source_row"] == decision.source_row]
        named = [row for row in at_place if decision.source_file in (None, row.before["source_file"])]
        # A new extract may have moved the row: then its place says nothing.
        found = named or at_place or found
    if len(found) > 1 and decision.kind in VALUES:
        found = [row for row in found if row.shown(str(decision.field)) == decision.old] or found
    return found[0] if len(found) == 1 else None


def _put(decision: Decision, rows: Rows, row: Row, values: Values) -> Outcome:
    name = str(decision.field)
    if row.shown(name) != decision.old:
        return Outcome(decision, "unfit", "原值已改变，请按最新一轮清单重新处理", row)
    if decision.new is None:
        rows.put(row, name, None)
        return Outcome(decision, "applied", None, row)
    value = values.get((name, decision.new))
    if value is None:
        return Outcome(decision, "unfit", f"新值不合“{rows.entry.field(name).label}”的格式或代码表", row)
    rows.put(row, name, value)
    return Outcome(decision, "applied", None, row)


def _restore(decision: Decision, rows: Rows, row: Row) -> Outcome:
    """Take changes back: of one field to what the source says, of the row where no field is named."""
    if decision.field is None:
        row.now["valid"] = None if row.before["valid"] == _REMOVED else row.before["valid"]
        return Outcome(decision, "applied", None, row)
    if decision.field not in rows.entry.names:
        return Outcome(decision, "unfit", f"表 {decision.table} 没有字段 {decision.field}", row)
    rows.put(row, decision.field, row.before[decision.field])
    row.now["raw"] = _with(row.now["raw"], decision.field, dict(row.before["raw"] or ()).get(decision.field))
    return Outcome(decision, "applied", None, row)


def _with(raw: list[tuple[str, str]] | None, name: str, text: str | None) -> list[tuple[str, str]] | None:
    return raw if text is None else [*(raw or ()), (name, text)]
