"""Every row that some decision speaks of, by table and system, loaded once.

A merge gives rows another person's number, and decisions after it name them by that: so a key that names a person is
also looked for under the numbers that were merged into this one.

Invariant: a row is held once, whichever of its keys it was found by.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from renshe.engine.decisions.log import Decision, normal_key
from renshe.engine.decisions.rows import Row, Rows
from renshe.engine.staging.stage import Staged
from renshe.standards.dictionary import Table, table

_Book = tuple[str, str]


class Books:
    """The rows that ``decisions`` speak of; merges speak of two persons."""

    def __init__(self, sources: Sequence[Staged], decisions: Iterable[Decision]) -> None:
        self.sources = sources
        decided = list(decisions)
        older = _older(decided)
        wanted: dict[_Book, set[str]] = {}
        for decision in decided:
            keys = wanted.setdefault((str(decision.table), str(decision.system)), set())
            keys |= _keys(decision, older.get(str(decision.system), {}))
        self._rows: dict[_Book, Rows] = {
            (name, system): Rows(name, self.of(name, system), keys) for (name, system), keys in wanted.items()
        }

    def of(self, name: str, system: str) -> list[tuple[int, Staged]]:
        """Return the sources of a table in a system, each with its position."""
        return [(at, one) for at, one in enumerate(self.sources) if (one.table, one.system) == (name, system)]

    def rows(self, decision: Decision) -> Rows:
        """Return the rows of the table that ``decision`` speaks of."""
        return self._rows[str(decision.table), str(decision.system)]

    def owned(self, system: str) -> Iterator[Rows]:
        """Yield, table by table, the rows that belong to persons of ``system``."""
        for (_, owner), rows in self._rows.items():
            if owner == system and "person_no" in rows.entry.names:
                yield rows

    def by_source(self) -> dict[int, list[Row]]:
        """Return all rows by the position of their source."""
        found: dict[int, list[Row]] = {}
        for rows in self._rows.values():
            for row in rows:
                found.setdefault(row.source, []).append(row)
        return found


def person_numbers(decision: Decision) -> tuple[str, str]:
    """Return the two numbers of a merge: the one that goes, and the one that stays."""
    return str(json.loads(str(decision.key))[0]), str(decision.new)


def person_key(number: str) -> str:
    """Return the key of a person's row."""
    return json.dumps([number], ensure_ascii=False)


def _keys(decision: Decision, older: dict[str, set[str]]) -> set[str]:
    """Return the keys by which the rows of ``decision`` may be found in their sources."""
    if decision.kind == "merge":
        return set(map(person_key, person_numbers(decision)))
    key = str(decision.key)
    entry = table(str(decision.table))
    found = {key}
    parts = json.loads(key)
    at = _person_at(entry, len(parts))
    if at is not None:
        for number in older.get(str(parts[at]), ()):
            text = normal_key([*parts[:at], number, *parts[at + 1 :]])
            assert text is not None
            found.add(text)
    return found


def _person_at(entry: Table, parts: int) -> int | None:
    """Return where a key of so many parts names the person."""
    for names in (entry.key, entry.key_else):
        if len(names) == parts and "person_no" in names:
            return names.index("person_no")
    return None


def _older(decisions: Iterable[Decision]) -> dict[str, dict[str, set[str]]]:
    """Return, by system and number, the numbers that were merged into it, directly or through others."""
    into: dict[str, dict[str, set[str]]] = {}
    for decision in decisions:
        if decision.kind == "merge":
            old, new = person_numbers(decision)
            into.setdefault(str(decision.system), {}).setdefault(new, set()).add(old)
    return {system: {number: _reached(number, direct) for number in direct} for system, direct in into.items()}


def _reached(number: str, direct: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    stack = [number]
    while stack:
        for other in direct.get(stack.pop(), ()):
            if other not in found:
                found.add(other)
                stack.append(other)
    return found
