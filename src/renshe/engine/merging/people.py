"""What records say of the persons of a plan: the two of each pair, and those of other systems that bear witness.

Invariant: values are shown as findings and decisions show them, so that a decision's words meet the row's.
"""

from __future__ import annotations

import json
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
from renshe.engine.rounds.finished import newest_round
from renshe.engine.rules.compiling import quote
from renshe.standards.dictionary import dictionary


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
    given = {
        "system": pa.array([system for system, _ in wanted], pa.string()),
        "asked": pa.array([key for _, key in wanted], pa.string()),
    }
    key = newest_round(newest.project.folder).record_key()
    with duckdb.connect(":memory:", config={"memory_limit": "1100MB"}) as con:
        con.register("wanted", pa.table(given))
        found = con.sql(
            f"FROM (SELECT {key} AS asked, * FROM read_parquet({quote(str(file))}) WHERE valid IS DISTINCT FROM '0')"
            " SEMI JOIN wanted USING (system, asked) ORDER BY system, asked, source_file, source_row"
        )
        for batch in found.to_arrow_reader(10_000):
            for row in batch.to_pylist():
                number = (row["system"], row["asked"])
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
