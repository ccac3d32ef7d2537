"""Relations as joins: each computed once, into a small table, and shared by all rules that ask.

Invariant: every join is n:1 (a judged row meets at most one row), so joining never multiplies or drops rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from renshe.engine.rules.catalogue import Relation
from renshe.engine.rules.compiling import compile_expression, quote
from renshe.engine.rules.expression import names, parse
from renshe.engine.rules.holdings import DATASET_COLUMNS
from renshe.engine.rules.keys import as_keys, key_names, same_keys, same_pairs
from renshe.engine.rules.parameter_joins import ParameterJoins
from renshe.engine.rules.scope import RelatedScope, Uses, take_column
from renshe.engine.schema import columns

if TYPE_CHECKING:
    from renshe.engine.rules.dataset import Dataset


# An expression over another relation (``x0.…``) rather than over the judged row; no more than a column of it.
LOOKED_UP = re.compile(r"\bx\d+\.")
LOOKED_UP_COLUMN = re.compile(r'x(\d+)\."(\w+)"')
# With this many times fewer judged rows than related ones, only what the judged rows point at is looked up; with very
# many times fewer, it is gathered before where several relations have the same keys: one reading serves them all.
_FEW, _VERY_FEW, _SHARED = 15, 100, 2
# What a join holds in memory per row, besides its columns.
_ROW_BYTES, _COLUMN_BYTES = 32, 16
_PERSON, _DEEP = 't."person_no"', 3
# The related table, the judged one, whose rows of it are judged, the first keys.
_Place = tuple[str, str, str | None, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class _Key:
    """What makes two look-ups the same table: the judged side counts only where it shapes what is looked up.

    ``via``: the table and column of a look-up before, whose values alone are looked for.
    """

    relation: Relation
    judged: str
    judge: str | None
    via: tuple[str, str] | None = None


@dataclass(slots=True)
class _Table:
    """The table behind a relation: its columns, and its rows once it is built."""

    name: str
    columns: set[str]
    rows: int | None = None


@dataclass(slots=True)
class _Gathered:
    """The rows of a table that judged rows point at by some keys, with the columns that relations ask of them."""

    name: str
    keys: tuple[tuple[str, str], ...]
    columns: frozenset[str]


class Joins:
    """Builds the tables behind relations and parameters, and writes the join clauses that use them."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.tables: dict[_Key, _Table] = {}
        self.gathered: dict[_Place, _Gathered] = {}
        self.parameters = ParameterJoins(dataset)

    def want(self, uses: Uses, table: str, judge: str | None = None) -> None:
        """Note what ``uses`` will need, so that each relation is built once with all its columns."""
        for relation, needed in uses.relations.items():
            key = self._key(relation, uses, table, judge)
            wanted = self.tables.setdefault(key, _Table(f"rel_{len(self.tables)}", set()))
            if not needed <= wanted.columns:
                wanted.columns |= needed
                wanted.rows = None

    def clause(self, uses: Uses, table: str, judge: str | None = None) -> str:
        """Return the LEFT JOINs for ``uses`` on rows of ``table`` (alias ``t``), building what is not there yet."""
        self.want(uses, table, judge)
        parts = []
        for at, relation in enumerate(uses.relations):
            built = self._built(self._key(relation, uses, table, judge))
            on = f"x{at}.rid = t.rid" if relation.by_row else _condition(relation, at)
            parts.append(f"LEFT JOIN {built.name} x{at} ON {on}")
        return " ".join(parts + self.parameters.clauses(uses, table))

    def weights(self, uses: Uses, table: str, judge: str | None = None) -> dict[str, int]:
        """Return about how many bytes each relation of ``uses`` takes when joined, by the name of its table."""
        self.want(uses, table, judge)
        built = {
            key: self._built(key) for key in (self._key(relation, uses, table, judge) for relation in uses.relations)
        }
        return {
            one.name: (one.rows or 0) * (_ROW_BYTES + _COLUMN_BYTES * (len(key.relation.on) + len(one.columns)))
            for key, one in built.items()
        }

    def clear(self) -> None:
        """Drop every relation: the next judged table asks for other columns of other rows."""
        for name in [one.name for of in (self.tables, self.gathered) for one in of.values()]:
            self.dataset.connection.execute(f"DROP TABLE IF EXISTS {name}")
        self.tables.clear()
        self.gathered.clear()

    def _key(self, relation: Relation, uses: Uses, table: str, judge: str | None) -> _Key:
        if relation.by_row or self._narrowed(relation, table, judge):
            return _Key(relation, table, judge)
        # How the judged table calls the keys does not matter to what is built.
        on = tuple((theirs, theirs) for _, theirs in relation.on)
        return _Key(replace(relation, on=on), "", None, self._via(relation, uses, table, judge))

    def _via(self, relation: Relation, uses: Uses, table: str, judge: str | None) -> tuple[str, str] | None:
        """Return table and column of the look-up whose value is the first key, if that one is narrowed itself."""
        found = LOOKED_UP_COLUMN.fullmatch(relation.on[0][0])
        if found is None:
            return None
        before = self._key(list(uses.relations)[int(found[1])], uses, table, judge)
        return (self.tables[before].name, found[2]) if before.judged or before.via else None

    def _narrowed(self, relation: Relation, table: str, judge: str | None) -> bool:
        """Whether to look up only what judged rows point at; not where a key is itself looked up."""
        _, judged = self.dataset.judged_rows(table, judge)
        related = sum(source.rows for _, source in self.dataset.of(relation.table))
        return judged * _FEW < related and not any(LOOKED_UP.search(mine) for mine, _ in relation.on)

    def _built(self, key: _Key) -> _Table:
        built = self.tables[key]
        if built.rows is None:
            build = self._select_by_row if key.relation.by_row else self._select
            [(rows,)] = self.dataset.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {built.name} AS {build(key, built.columns)}"
            ).fetchall()
            built.rows = int(rows)
        return built

    def _rows(self, key: _Key) -> str:
        """Return the relation in which the related rows of ``key`` are looked for: all of their table, or fewer."""
        relation = key.relation
        if not key.judged or LOOKED_UP.search(relation.on[0][0]):
            return f"a_{relation.table}"
        _, judged = self.dataset.judged_rows(key.judged, key.judge)
        if judged * _VERY_FEW >= self.dataset.loaded(relation.table):
            return f"a_{relation.table}"
        place = _place(key)
        alike = {
            other: table.columns for other, table in self.tables.items() if other.judged and _place(other) == place
        }
        if len(alike) < _SHARED:
            return f"a_{relation.table}"
        keys = _common([other.relation.on for other in alike])
        wanted = frozenset().union(*(_read(other.relation, columns) for other, columns in alike.items()))
        found = self.gathered.get(place)
        if found is None or not (found.keys == keys[: len(found.keys)] and wanted <= found.columns):
            found = _Gathered(found.name if found else f"some_{len(self.gathered)}", keys, wanted)
            self.gathered[place] = found
            self._gather(key, found)
        return found.name

    def _gather(self, key: _Key, gathered: _Gathered) -> None:
        relation = key.relation
        scope = RelatedScope(relation.table, self.dataset.as_of)
        listed = ", ".join(f'r."{name}"' for name in sorted(gathered.columns))
        mine = as_keys(mine for mine, _ in gathered.keys)
        theirs = [compile_expression(parse(text), scope).text for _, text in gathered.keys]
        # A condition that speaks of the judged row is asked on every row that counts.
        judged = self.dataset.counting_rows(key.judged)
        if key.judge is not None:
            judged, _ = self.dataset.judged_rows(key.judged, key.judge)
        self.dataset.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {gathered.name} AS SELECT {listed} FROM a_{relation.table} r"
            f" SEMI JOIN (SELECT DISTINCT {mine} FROM {judged} t) m ON {same_keys('m', theirs)}"
        )

    def _select_by_row(self, key: _Key, columns: set[str]) -> str:
        """Return SQL with one row per judged row that has related rows, and the aggregates over them."""
        relation, table = key.relation, key.judged
        scope = RelatedScope(relation.table, self.dataset.as_of, judged=table)
        conditions = [compile_expression(parse(relation.where or "true"), scope).text, *of_system(relation)]
        if relation.system in (None, "other"):
            conditions.append(f"r._sys {'=' if relation.system is None else '<>'} t._sys")
        conditions.append(same_pairs((mine, compile_expression(parse(text), scope).text) for mine, text in relation.on))
        return (
            f"SELECT t.rid, TRUE AS found{_taken(columns, scope)} FROM {self.dataset.counting_rows(table)} t"
            f" JOIN {self._rows(key)} r ON {' AND '.join(conditions)} GROUP BY t.rid"
        )

    def _select(self, key: _Key, columns: set[str]) -> str:
        relation = key.relation
        scope = RelatedScope(relation.table, self.dataset.as_of)
        keys = [compile_expression(parse(theirs), scope).text for _, theirs in relation.on]
        conditions = [f"{keys[0]} IS NOT NULL", *of_system(relation)]
        if relation.where is not None:
            conditions.append(compile_expression(parse(relation.where), scope).text)
        rows = self._rows(key)
        origin = f"{rows} r"
        system = "NULL"
        if relation.system is None:
            system = "r._sys"
        elif relation.system == "other":
            numbers = (self.dataset.system_numbers[name] for name in sorted(self.dataset.business_systems()))
            listed = ", ".join(f"({number}::SMALLINT)" for number in numbers)
            origin += f" JOIN (VALUES {listed}) o(sys) ON r._sys <> o.sys"
            system = "o.sys"
        if key.judged:
            judged, _ = self.dataset.judged_rows(key.judged, key.judge)
            same = same_pairs((theirs, mine) for theirs, (mine, _) in zip(keys, relation.on, strict=True))
            origin += f" SEMI JOIN {judged} t ON {same}"
        if key.via is not None:
            name, column = key.via
            origin += f' SEMI JOIN {name} v ON {keys[0]} = v."{column}"'
        named = as_keys(keys)
        where = " AND ".join(conditions)
        if relation.take:
            taken = _taken(columns, scope)
            return f"SELECT {system} AS sys, {named}, TRUE AS found{taken} FROM {origin} WHERE {where} GROUP BY ALL"
        taken = "".join(f', r."{name}"' for name in sorted(columns))
        first = f"SELECT {system} AS sys, {named}, min(r.rid) AS rid FROM {origin} WHERE {where} GROUP BY ALL"
        listed = key_names(len(keys), "f.")
        return f"SELECT f.sys, {listed}, TRUE AS found{taken} FROM ({first}) f JOIN {rows} r ON r.rid = f.rid"


def of_system(relation: Relation) -> list[str]:
    """Return SQL of what ``relation`` asks of the system of its rows, that of the judged row apart."""
    if relation.system is None:
        return []
    if relation.system in ("*", "other"):
        return ["r._system_kind = 'business'"]
    return [f"r.system = {quote(relation.system)}"]


def _place(key: _Key) -> _Place:
    """Return what relations have in common for which rows are gathered together."""
    on = key.relation.on
    # A person has few rows, whatever else is asked of them; a unit has many.
    return key.relation.table, key.judged, key.judge, on[:1] if on[0][0] == _PERSON else on[:_DEEP]


def _common(keys: list[tuple[tuple[str, str], ...]]) -> tuple[tuple[str, str], ...]:
    """Return the keys that all of ``keys`` begin with."""
    alike = []
    for pairs in zip(*keys, strict=False):
        if len(set(pairs)) > 1:
            break
        alike.append(pairs[0])
    return tuple(alike)


def _read(relation: Relation, wanted: set[str]) -> set[str]:
    """Return the columns that ``relation`` reads of the related rows, and those by which rows are told."""
    texts = [relation.where or "true", *(theirs for _, theirs in relation.on)]
    texts += wanted if relation.take else []
    read = {name for text in texts for other, name in names(parse(text)) if other is None}
    read |= wanted if not relation.take else set()
    return (read & set(columns(relation.table))) | {*DATASET_COLUMNS, "system"}


def _condition(relation: Relation, at: int) -> str:
    parts = [f"x{at}.sys = t._sys"] if relation.system in (None, "other") else []
    return " AND ".join([*parts, same_keys(f"x{at}", [mine for mine, _ in relation.on])])


def _taken(columns: set[str], scope: RelatedScope) -> str:
    return "".join(
        f", {compile_expression(parse(text), scope).text} AS {take_column(text)}" for text in sorted(columns)
    )
