"""What records say of the persons of a plan: the two of each pair, and those of other systems that bear witness.

Invariant: values are shown as findings and decisions show them, so that a decision's words meet the row's.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import pyarrow as pa

from renshe.engine.decisions.log import VALUES
from renshe.engine.decisions.merges import Number
from renshe.engine.decisions.pairs import PERSON
from renshe.engine.mending.newest import Newest
from renshe.engine.merging.survivorship import NEW, OLD, Record
from renshe.engine.rules.compiling import quote
from renshe.standards.dictionary import dictionary

# Records of compared systems that have no number are known by their row, and the file where there are several.
_ROW = re.compile(r"row:(?:(?P<file>.*)[:#])?(?P<row>\d+)", re.DOTALL)


@dataclass(slots=True)
class People:
    """The valid records of persons by number; ``count`` says how many rows have the number."""

    records: dict[Number, Record] = field(default_factory=dict)
    count: Counter[Number] = field(default_factory=Counter)

    def of_pair(self, system: str, old: str, new: str, others: Iterable[Number]) -> list[Record]:
        """Return the two records of a pair and those of the other systems."""
        found = [replace(self.records[system, old], side=OLD), replace(self.records[system, new], side=NEW)]
        return found + [self.records[number] for number in others if number in self.records]

    def value(self, number: Number, name: str) -> str | None:
        """Return what the record of a number says."""
        record = self.records.get(number)
        return record.values.get(name) if record is not None else None


def read_people(newest: Newest, numbers: Iterable[Number]) -> People:
    """Return the records of ``numbers`` (or ``row:…`` of systems without numbers) in the round."""
    people = People()
    file = newest.folder / "tables" / f"{PERSON}.parquet"
    wanted = sorted(set(numbers))
    if not file.is_file() or not wanted:
        return people
    verified = _verified(newest)
    rows = [_ROW.fullmatch(key) for _, key in wanted]
    given: dict[str, Any] = {
        "asked_system": pa.array([system for system, _ in wanted], pa.string()),
        "asked_key": pa.array([key for _, key in wanted], pa.string()),
        "asked_row": pa.array([int(row["row"]) if row else None for row in rows], pa.int64()),
        "asked_file": pa.array([row["file"] if row else None for row in rows], pa.string()),
    }
    with duckdb.connect(":memory:", config={"memory_limit": "1100MB"}) as con:
        con.register("wanted", pa.table(given))
        told = f"SELECT w.asked_key, r.* FROM read_parquet({quote(str(file))}) r JOIN wanted w"
        told += " ON r.system = w.asked_system"
        found = con.sql(
            f"FROM ({told} AND r.person_no = w.asked_key UNION ALL {told} AND r.source_row = w.asked_row"
            " AND r.source_file = coalesce(w.asked_file, r.source_file) AND r.person_no IS NULL)"
            " WHERE valid IS DISTINCT FROM '0' ORDER BY system, asked_key, source_file, source_row"
        )
        for batch in found.to_arrow_reader(10_000):
            for row in batch.to_pylist():
                number = (row["system"], row["asked_key"])
                people.count[number] += 1
                people.records.setdefault(number, _record(row, verified.get(number, {})))
    return people


def _record(row: Mapping[str, Any], verified: Mapping[str, str]) -> Record:
    raw = dict(row["raw"] or ())
    names = dictionary()[PERSON].names
    values = {name: raw.get(name) if row[name] is None else str(row[name]) for name in names}
    untyped = frozenset(name for name in names if row[name] is None and name in raw)
    return Record(row["system"], row["system"], values, untyped, verified, str(row["operated_on"] or ""))


def _verified(newest: Newest) -> dict[Number, dict[str, str]]:
    """Return, by number and field, the last day on which a clerk checked a value of a person."""
    file = newest.folder / "applied.parquet"
    if not file.is_file():
        return {}
    kinds = ", ".join(map(quote, sorted(VALUES)))
    found: dict[Number, dict[str, str]] = {}
    with duckdb.connect(":memory:") as con:
        rows: Sequence[tuple[str, str, str, str]] = con.execute(
            f'SELECT system, key, field, max(coalesce("date", left("at", 10))) FROM read_parquet({quote(str(file))})'
            f" WHERE \"table\" = '{PERSON}' AND field IS NOT NULL AND key IS NOT NULL AND ((state = 'applied'"
            f" AND kind IN ({kinds})) OR (state = 'noted' AND kind = 'accept')) GROUP BY ALL"
        ).fetchall()
    for system, key, name, day in rows:
        [number, *_] = json.loads(key)
        found.setdefault((system, str(number)), {})[name] = day
    return found
