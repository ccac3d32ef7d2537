"""Decisions become changed rows: source files stay as they are, a round sees what replaces their rows.

Business rule: a correction holds only where what it corrects is still there (contracts: "a decision whose ``old`` is no
longer there is not applied and is reported"). A removed row stays in its table, marked invalid (S0-23): it is loaded
and counted, and takes no part in rules and sums.

Invariant: every standing decision has exactly one outcome; the result is a function of staged sources and log.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.decisions.log import VALUES, Decision, effective
from renshe.engine.decisions.rows import Row, Rows, replacing
from renshe.engine.schema import columns, system_kind
from renshe.engine.staging.stage import Staged
from renshe.engine.staging.typing import Reading, Tally, type_column
from renshe.standards.dictionary import TABLES, table

State = Literal["applied", "unfit", "noted", "revoked"]
STATES: tuple[State, ...] = ("applied", "unfit", "noted", "revoked")
_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in "id at by checked_by kind table system key field old new rule".split()),
        *((name, pa.string()) for name in "ground source date batch revokes source_file".split()),
        ("source_row", pa.int64()),
        *((name, pa.string()) for name in "person_no unit_no state reason".split()),
    ]
)
_REMOVED = "0"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a decision: ``applied``, ``noted`` (it changes no data), ``revoked``, or ``unfit`` with why."""

    decision: Decision
    state: State
    reason: str | None = None
    row: Row | None = None

    def told(self) -> dict[str, Any]:
        """Return the outcome as a row of ``applied.parquet``."""
        found = {name: getattr(self.decision, name, None) for name in _SCHEMA.names}
        found |= {"state": self.state, "reason": self.reason, "person_no": None, "unit_no": None}
        if self.row is not None:
            place = {name: self.row.before[name] for name in ("source_file", "source_row")}
            owner = {name: self.row.now.get(name) for name in ("person_no", "unit_no")}
            found |= place | owner
        return found


@dataclass(slots=True)
class Applied:
    """What a log does to the sources: per source (by position) the file of replaced rows; every outcome."""

    patches: dict[int, Path] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)

    def count(self, state: State) -> int:
        """Return how many decisions have ``state``."""
        return sum(outcome.state == state for outcome in self.outcomes)

    def standing(self, kind: str) -> list[Decision]:
        """Return the decisions of ``kind`` that stand."""
        return [one.decision for one in self.outcomes if one.state != "revoked" and one.decision.kind == kind]

    def write(self, target: Path) -> None:
        """Write ``applied.parquet``: one row per decision, in the order of the log."""
        pq.write_table(pa.Table.from_pylist([one.told() for one in self.outcomes], _SCHEMA), target)


def apply_decisions(sources: Sequence[Staged], decisions: Sequence[Decision], as_of: date, cache: Path) -> Applied:
    """Apply a log to staged sources; the rows that replace others are kept in ``cache`` under their digest."""
    standing = {decision.id for decision in effective(decisions)}
    outcomes: dict[str, Outcome] = {}
    groups: dict[tuple[str, str], list[Decision]] = {}
    for decision in decisions:
        if decision.kind == "revoke":
            outcomes[decision.id] = _revoking(decision, decisions, standing)
        elif decision.id not in standing:
            outcomes[decision.id] = Outcome(decision, "revoked")
        elif decision.kind in ("accept", "recollect"):
            outcomes[decision.id] = Outcome(decision, "noted")
        elif (refused := _misfit(decision, sources)) is not None:
            outcomes[decision.id] = Outcome(decision, "unfit", refused)
        else:
            groups.setdefault((str(decision.table), str(decision.system)), []).append(decision)
    result = Applied()
    changed: dict[int, list[Row]] = {}
    for (name, system), group in groups.items():
        own = [(at, one) for at, one in enumerate(sources) if (one.table, one.system) == (name, system)]
        rows = Rows(name, own, {str(decision.key) for decision in group})
        values = _typed(name, group)
        for decision in group:
            outcomes[decision.id] = _one(decision, rows, values)
        for row in rows:
            changed.setdefault(row.source, []).append(row)
    for at, touched in changed.items():
        patch = replacing(sources[at], touched, as_of)
        if patch is not None:
            result.patches[at] = _keep(patch, cache)
    result.outcomes = [outcomes[decision.id] for decision in decisions]
    return result


def _revoking(decision: Decision, decisions: Iterable[Decision], standing: set[str]) -> Outcome:
    if all(decision.revokes != other.id for other in decisions):
        return Outcome(decision, "unfit", f"没有编号为 {decision.revokes} 的决定")
    return Outcome(decision, "noted" if decision.revokes not in standing else "revoked")


def _misfit(decision: Decision, sources: Sequence[Staged]) -> str | None:
    """Say why a decision cannot change any data here, before looking for its row."""
    if decision.kind == "merge":
        return "合并记录在关联（link）之后进行，本轮检查不改动数据"
    if decision.table not in TABLES:
        return f"没有标准表 {decision.table}"
    if decision.key is None:
        return "没有写明哪一行（key）"
    if not any((one.table, one.system) == (decision.table, decision.system) for one in sources):
        return f"本轮没有系统 {decision.system} 的表 {decision.table}"
    if system_kind(str(decision.system)) == "compare":
        return "比对数据只供核对，不作修改"
    if decision.kind in VALUES and decision.field not in table(decision.table).names:
        return f"表 {decision.table} 没有字段 {decision.field}"
    return None


def _typed(name: str, group: Iterable[Decision]) -> Mapping[tuple[str, str], Any]:
    """Return, by field and text, the new values that could be typed."""
    asked: dict[str, set[str]] = {}
    for decision in group:
        if decision.kind in VALUES and decision.field and decision.new is not None:
            asked.setdefault(decision.field, set()).add(decision.new)
    found: dict[tuple[str, str], Any] = {}
    for field_name, texts in asked.items():
        spec, listed, tally = table(name).field(field_name), sorted(texts), Tally()
        typed = type_column(spec, columns(name)[field_name], pa.array(listed, pa.string()), Reading(), tally)
        unknown = tally.unmapped.get(field_name, Counter())
        for text, value in zip(listed, typed.values.to_pylist(), strict=True):
            if value is not None and text not in unknown:
                found[field_name, text] = value
    return found


def _one(decision: Decision, rows: Rows, values: Mapping[tuple[str, str], Any]) -> Outcome:
    """Apply one decision to its row."""
    found = rows.find(str(decision.key))
    if not found:
        return Outcome(decision, "unfit", "这一行已不在数据中（键已改变或来源已换）")
    row = _choose(decision, found)
    if row is None:
        return Outcome(decision, "unfit", f"有 {len(found)} 行的键相同，无法确定是哪一行")
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


def _put(decision: Decision, rows: Rows, row: Row, values: Mapping[tuple[str, str], Any]) -> Outcome:
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


def _keep(patch: pa.Table, cache: Path) -> Path:
    """Keep replaced rows under their digest, complete or not at all."""
    told = json.dumps([patch.schema.names, patch.to_pylist()], default=str).encode()
    target = cache / f"{hashlib.sha256(told).hexdigest()}.parquet"
    if not _is_kept(target, patch):
        partial = target.with_name(f"{target.stem[:16]}.tmp")
        pq.write_table(patch, partial)
        partial.replace(target)
    return target


def _is_kept(target: Path, patch: pa.Table) -> bool:
    """Whether ``target`` holds ``patch``: a cache is looked at, not trusted."""
    try:
        return target.is_file() and bool(pq.read_table(target).equals(patch))
    except (OSError, pa.ArrowException):
        return False
