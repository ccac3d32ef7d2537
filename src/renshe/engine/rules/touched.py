"""Which rows stand in one group with rows that are judged again: sets are judged whole, and nets too.

A row that changed leaves its old group and enters a new one; a row whose own findings may change makes those of its
group uncertain, where rules require one another. The rows that share the first key of such a group are read once, into
``mates_<table>``; everything else is asked of these few.

Invariant: every group with a touched row lies in ``near`` as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from renshe.engine.rules.catalogue import Rule
from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.expression import parse
from renshe.engine.rules.keys import as_keys, columns_named, same_keys
from renshe.engine.rules.scope import RowScope, Uses

Keys = tuple[str, ...]


class Touched:
    """The rows of ``table`` that are judged again (of the relation ``rids``), with all that may stand in their groups.

    ``moved`` holds the changed rows, as they were and as they are, where there are any; rows are grouped by ``groups``.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, table: str, rids: str, moved: str | None, groups: Sequence[Keys]
    ) -> None:
        self.connection = connection
        self.table = table
        self.rids = rids
        self.moved = moved
        named = columns_named((key for keys in groups for key in keys), "t") | {"rid"}
        self.columns = ", ".join(f'"{name}"' for name in sorted(named))
        self.firsts = list(dict.fromkeys(keys[0] for keys in groups))
        rows = f"SELECT {self.columns} FROM s_{table} WHERE rid IN (FROM {rids})"
        if moved is not None:
            rows += f" UNION ALL SELECT {self.columns} FROM {moved}"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE touched_{table} AS {rows}")
        self._read_mates()

    def _read_mates(self) -> None:
        shared = " OR ".join(f"{key} IN (SELECT {key} FROM touched_{self.table} t)" for key in self.firsts) or "FALSE"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE mates_{self.table} AS SELECT {self.columns} FROM a_{self.table} t"
            f" WHERE {shared}"
        )

    def add_netted(self, keys: Keys) -> None:
        """Have the rows judged again whose net a changed row enters or leaves."""
        assert self.moved is not None
        self._add(keys, f"{self.moved} t")

    def add_grouped(self, keys: Keys) -> None:
        """Have the rows judged again that stand in one group with a touched row."""
        self._add(keys, f"touched_{self.table} t")

    def _add(self, keys: Keys, origin: str) -> None:
        [(count,)] = self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE added AS SELECT {self.columns} FROM mates_{self.table} t"
            f" SEMI JOIN (SELECT DISTINCT {as_keys(keys)} FROM {origin}) m ON {same_keys('m', keys)}"
            f" WHERE rid NOT IN (FROM {self.rids})"
        ).fetchall()
        if count:
            # What was added by one key may have mates by another.
            known = {key: f"SELECT {key} FROM touched_{self.table} t WHERE {key} IS NOT NULL" for key in self.firsts}
            strange = " OR ".join(f"({key} IS NOT NULL AND {key} NOT IN ({found}))" for key, found in known.items())
            [(new,)] = self.connection.execute(f"SELECT count(*) FROM added t WHERE {strange}").fetchall()
            self.connection.execute(f"INSERT INTO {self.rids} SELECT DISTINCT rid FROM added")
            self.connection.execute(f"INSERT INTO touched_{self.table} FROM added")
            if new:
                self._read_mates()

    def gather(self, rules: Sequence[tuple[str, Keys]], near: str) -> dict[str, str]:
        """Leave in ``near`` the touched rows and their groups; return SQL of the rows in such a group, by set rule."""
        limits: dict[str, str] = {}
        tables: dict[Keys, str] = {}
        for rule, keys in rules:
            if keys not in tables:
                tables[keys] = f"group_{self.table}_{len(tables)}"
                known = " AND ".join(f"{key} IS NOT NULL" for key in keys)
                self.connection.execute(
                    f"CREATE OR REPLACE TEMP TABLE {tables[keys]} AS SELECT DISTINCT {as_keys(keys)}"
                    f" FROM touched_{self.table} t WHERE {known}"
                )
            same = " AND ".join(f"g.k{at} = {key}" for at, key in enumerate(keys))
            limits[rule] = f"EXISTS (FROM {tables[keys]} g WHERE {same})"
        anywhere = " OR ".join(dict.fromkeys(limits.values())) or "FALSE"
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {near} AS SELECT rid FROM mates_{self.table} t WHERE {anywhere}"
            f" UNION FROM {self.rids}"
        )
        return limits


def keys_of(rule: Rule, by: Sequence[str], dataset: Dataset) -> Keys:
    """Return SQL of the expressions ``by`` over the judged row."""
    scope = RowScope(rule, Uses(), dataset)
    return tuple(compile_expression(parse(text), scope).text for text in by)


def grouped_by(rule: Rule) -> tuple[str, ...]:
    """Return the keys by which a set rule groups rows; none for other rules."""
    shape = rule.unique or rule.overlap
    return shape.by if shape is not None else ()
