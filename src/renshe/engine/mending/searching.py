"""The log searched: every correction by person, unit, field, operator and date, with what became of it (S1-61).

Source: 白社保〔2021〕22号 (修正数据，并留存数据修正记录备查).

Invariant: every line of the log is found by some search, revoked ones and revocations included; searching changes
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.decisions.log import LINKED, PAIRED, Decision, effective, read_decisions
from renshe.engine.mending.refusals import MendingError
from renshe.engine.mending.revoke import revocations
from renshe.engine.project import load_project
from renshe.engine.rounds.finished import ANSWERED, LINK
from renshe.engine.rounds.store import Store
from renshe.engine.rules.compiling import quote
from renshe.standards.dictionary import dictionary
from renshe.standards.periods import parse_date

STATES: Mapping[str, str] = {
    "applied": "已应用",
    "unfit": "不再适用",
    "noted": "已记录",
    "revoked": "已撤销",
    "waiting": "待下一轮",
}
"""What became of a decision in the newest round; ``waiting`` where it was entered since. What was said of pairs is
``applied`` as soon as the round's link heard it."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is looked for; None where anything will do. ``first`` and ``last`` are days (2021-05-31) of entering."""

    person: str | None = None
    unit: str | None = None
    field: str | None = None
    by: str | None = None
    first: str | None = None
    last: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision with what became of it in the newest round; ``stands`` unless the log revokes it."""

    decision: Decision
    state: str
    reason: str | None
    stands: bool


def search(project: Path, wanted: Criteria) -> list[Entry]:
    """Return the decisions of a project that meet all criteria, in the order in which they were entered.

    ``person`` is a person number or identity number, ``field`` a name or Chinese label, ``by`` who entered or checked.
    """
    load_project(project)
    if wanted.state is not None and wanted.state not in STATES:
        raise MendingError(f"--state {wanted.state}：没有这种状态；可用的有 {'、'.join(STATES)}")
    first, last = _day("--from", wanted.first), _day("--to", wanted.last)
    wanted = replace(wanted, first=first, last=last)
    log = read_decisions(project)
    store = Store(project)
    numbers = store.numbers()
    folder = store.folder(numbers[-1]) if numbers else None
    became = _became(folder) | _heard(folder)
    standing = {decision.id for decision in (*effective(log), *revocations(log))}
    found = [
        Entry(one, *became.get(one.id, ("waiting", None)), one.id in standing) for one in log if _plain(one, wanted)
    ]
    found = [entry for entry in found if wanted.state in (None, entry.state)]
    return _owned(found, wanted, folder)


def _day(option: str, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return parse_date(text).isoformat()
    except ValueError:
        raise MendingError(f"{option} {text}：不是日期；请写成 2021-05-31 的样子") from None


def _became(folder: Path | None) -> dict[str, tuple[str, str | None]]:
    path = None if folder is None else folder / "applied.parquet"
    if path is None or not path.exists():
        return {}
    columns = pq.read_table(path, columns=["id", "state", "reason"]).to_pydict()
    return {id_: (state, reason) for id_, state, reason in zip(*columns.values(), strict=True)}


def _heard(folder: Path | None) -> dict[str, tuple[str, str | None]]:
    """Return the answers on pairs that the link of the newest round heard."""
    try:
        told = [] if folder is None else json.loads((folder / LINK / ANSWERED).read_text("utf-8"))
        return {str(id_): ("applied", None) for id_ in told}
    except (OSError, ValueError, TypeError):
        return {}


def _plain(decision: Decision, wanted: Criteria) -> bool:
    """Whether a decision meets what its own line tells."""
    if wanted.field is not None and wanted.field not in (decision.field, _label(decision)):
        return False
    if wanted.by is not None and wanted.by not in (decision.by, decision.checked_by):
        return False
    day = decision.at[:10]
    return (wanted.first is None or wanted.first <= day) and (wanted.last is None or day <= wanted.last)


def _label(decision: Decision) -> str | None:
    entry = dictionary().get(decision.table or "")
    if entry is None or decision.field not in entry.names:
        return None
    return entry.field(decision.field).label


def _owned(entries: Sequence[Entry], wanted: Criteria, folder: Path | None) -> list[Entry]:
    """Keep the entries on rows of the person and of the unit that are looked for."""
    kept = list(entries)
    for column, number in (("person_no", wanted.person), ("unit_no", wanted.unit)):
        if number is not None:
            numbers = {number} | (_by_id(folder, number) if column == "person_no" else set())
            placed = _placed(folder, [entry.decision for entry in kept], column, numbers)
            kept = [entry for entry in kept if entry.decision.id in placed or numbers & _told(entry.decision, column)]
    return kept


def _told(decision: Decision, column: str) -> set[str]:
    """Return the numbers that a decision's key tells; a decision on all of a person has no table and only that."""
    parts = json.loads(decision.key) if decision.key else []
    if decision.kind in PAIRED and column == "person_no":
        return {*map(str, parts), str(decision.new)}
    if decision.kind in LINKED:
        both = {*map(str, parts), str(json.loads(decision.related or "[null]")[-1])}
        return both if column == f"{decision.table}_no" else set()
    entry = dictionary().get(decision.table or "")
    if entry is None:
        return {str(part) for part in parts[:1]} if column == "person_no" else set()
    for key in (entry.key, entry.key_else):
        if column in key and len(key) == len(parts):
            return {str(parts[key.index(column)])}
    return set()


def _by_id(folder: Path | None, number: str) -> set[str]:
    """Return the person numbers of an identity number, in whatever system."""
    path = None if folder is None else folder / "tables" / "person.parquet"
    if path is None or not path.exists():
        return set()
    with duckdb.connect(":memory:") as connection:
        sql = f"SELECT DISTINCT person_no FROM read_parquet({quote(str(path))}) WHERE id_number = ?"
        return {str(row[0]) for row in connection.execute(sql, [number.upper()]).fetchall() if row[0] is not None}


def _placed(folder: Path | None, decisions: Iterable[Decision], column: str, numbers: set[str]) -> set[str]:
    """Return the ids of decisions whose row in the newest round is one of ``numbers``, by its place."""
    by_table: dict[str, list[Decision]] = {}
    for decision in decisions:
        entry = dictionary().get(decision.table or "")
        if entry is not None and column in entry.names and decision.source_row is not None:
            by_table.setdefault(entry.name, []).append(decision)
    found: set[str] = set()
    with duckdb.connect(":memory:", config={"memory_limit": "1100MB"}) as connection:
        for name, group in by_table.items():
            path = None if folder is None else folder / "tables" / f"{name}.parquet"
            if path is None or not path.exists():
                continue
            columns: dict[str, Any] = {
                "id": pa.array([one.id for one in group], pa.string()),
                "system": pa.array([one.system for one in group], pa.string()),
                "source_file": pa.array([one.source_file for one in group], pa.string()),
                "source_row": pa.array([one.source_row for one in group], pa.int64()),
            }
            connection.register("asked", pa.table(columns))
            connection.register("numbers", pa.table({"number": pa.array(sorted(numbers), pa.string())}))
            rows = connection.sql(
                f"SELECT a.id FROM asked a JOIN read_parquet({quote(str(path))}) r"
                " USING (system, source_file, source_row)"
                f" WHERE r.{column} IN (SELECT number FROM numbers)"
            ).fetchall()
            found |= {str(row[0]) for row in rows}
    return found
