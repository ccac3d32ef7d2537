"""The rows of merged persons in an engine: asked about pairs, moved in bulk, written as what replaces source rows.

Of each row only what the rules of merging name is held; whole rows are read once more where they are written. So a
few thousand merges over tens of millions of contributions cost a scan, and no row is held in Python.

Invariant: ``own_<table>`` says of every row of these persons whose it is now; rows that other decisions speak of are
put there as those left them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from renshe.engine.decisions.pairs import (
    PERSON,
    REPEATED,
    Asked,
    MergeRules,
    ask,
    know_pairs,
    own,
    own_columns,
    owned_tables,
)
from renshe.engine.schema import columns
from renshe.engine.staging.stage import Staged

FROZEN, SEALED = "1", "2"
_INVALID = "0"
_BATCH = 50_000


def refund_reason(new: str) -> str:
    """Return why a contribution stays with a number that is merged into ``new``."""
    return f"重复缴费待退，已并入个人编号{new}"


class Working:
    """The rows of ``numbers`` (by system) that ``sources`` hold, as the merges so far left them."""

    def __init__(
        self, sources: Sequence[Staged], numbers: Mapping[str, Collection[str]], rules: MergeRules, spill: Path
    ) -> None:
        self.sources = sources
        self.rules = rules
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": "600MB",
            "temp_directory": str(spill),
        }
        self.connection = duckdb.connect(":memory:", config=config)
        held = {(one.table, one.system) for one in sources}
        self.tables = [name for name in (PERSON, *owned_tables()) if any((name, system) in held for system in numbers)]
        listed = [(system, number) for system, own_numbers in numbers.items() for number in sorted(own_numbers)]
        given = {
            "system": pa.array([system for system, _ in listed], pa.string()),
            "person_no": pa.array([number for _, number in listed], pa.string()),
        }
        self.connection.register("numbers", pa.table(given))
        for name in self.tables:
            self._create(name, [at for at, one in enumerate(sources) if one.table == name and one.system in numbers])

    def close(self) -> None:
        """Give the memory back."""
        self.connection.close()

    def _create(self, name: str, own_sources: Iterable[int]) -> None:
        picked = self._picked(name)
        parts = [
            f"SELECT {picked.format(at=at)} FROM {_rows(self.sources[at].rows)} r"
            " SEMI JOIN numbers USING (system, person_no)"
            for at in own_sources
        ]
        self.connection.execute(
            f"CREATE TEMP TABLE {own(name)} AS SELECT *, NULL::VARCHAR AS reason, FALSE AS moved"
            f" FROM ({' UNION ALL '.join(parts)})"
        )

    def _picked(self, name: str) -> str:
        listed = "".join(f', r."{column}"' for column in own_columns(name, self.rules))
        return f"r.system, r.person_no, {{at}}::BIGINT AS src, r.source_row, r.valid{listed}"

    def put(self, at: int, rows: pa.Table) -> None:
        """Take rows of source ``at`` as other decisions left them."""
        name = self.sources[at].table
        self.connection.register("given", rows)
        self.connection.execute(
            f"DELETE FROM {own(name)} WHERE src = {at} AND source_row IN (SELECT source_row FROM given);"
            f" INSERT INTO {own(name)} SELECT {self._picked(name).format(at=at)}, NULL, FALSE FROM given r"
        )
        self.connection.unregister("given")

    def ask(self, pairs: Sequence[tuple[str, str, str]], as_of: date) -> list[Asked]:
        """Return what is to be known of each pair (system, old, new)."""
        know_pairs(self.connection, pairs)
        return ask(self.connection, self.rules, self.tables, len(pairs), as_of)

    def move(self, chosen: Collection[int]) -> None:
        """Merge the pairs with the numbers ``chosen``, of those that were asked about last."""
        self.connection.register("chosen", pa.table({"n": pa.array(sorted(chosen), pa.int64())}))
        for name in ("pairs", "stays"):
            self.connection.execute(f"DELETE FROM {name} WHERE n NOT IN (SELECT n FROM chosen)")
        self.connection.unregister("chosen")
        for name in self.tables:
            if name == REPEATED:
                reason = refund_reason("' || p.new || '")
                self.connection.execute(
                    f"UPDATE {own(name)} AS t SET valid = '{_INVALID}', reason = '{reason}' FROM stays s"
                    " JOIN pairs p USING (n) WHERE s.src = t.src AND s.source_row = t.source_row"
                )
            if name != PERSON:
                self.connection.execute(
                    f"UPDATE {own(name)} AS t SET person_no = p.new, moved = TRUE FROM pairs p"
                    " WHERE t.system = p.system AND t.person_no = p.old AND t.reason IS NULL"
                )

    def changed_sources(self) -> list[int]:
        """Return the positions of the sources some of whose rows were moved or set aside."""
        found: set[int] = set()
        for name in self.tables:
            rows = self.connection.execute(f"SELECT DISTINCT src FROM {own(name)} WHERE {_CHANGED}").fetchall()
            found |= {src for (src,) in rows}
        return sorted(found)

    @contextmanager
    def replaced(self, at: int, mended: pa.Table | None, spoken_of: Collection[int]) -> Iterator[pa.RecordBatchReader]:
        """Yield the rows that replace those of source ``at``, in order: the ``mended`` ones and what was moved besides.

        ``spoken_of`` are the rows that other decisions speak of: what becomes of these is in ``mended``.
        """
        name = self.sources[at].table
        schema = pa.schema(list(columns(name).items()))
        self.connection.register("mended", mended if mended is not None else schema.empty_table())
        self.connection.register("spoken", pa.table({"source_row": pa.array(sorted(spoken_of), pa.int64())}))
        listed = ", ".join(f'"{column}"' for column in schema.names)
        rows = self.connection.sql(
            f"SELECT {listed} FROM (SELECT r.* REPLACE (m.person_no AS person_no,"
            f" CASE WHEN m.reason IS NULL THEN r.valid ELSE '{_INVALID}' END AS valid,"
            f" CASE WHEN m.reason IS NULL THEN r.hold ELSE '{FROZEN}' END AS hold,"
            " CASE WHEN m.reason IS NULL THEN r.hold_reason ELSE concat_ws('；', m.reason, r.hold_reason) END"
            f" AS hold_reason) FROM {_rows(self.sources[at].rows)} r JOIN (SELECT source_row, person_no, reason"
            f" FROM {own(name)} WHERE src = {at} AND ({_CHANGED})"
            " AND source_row NOT IN (SELECT source_row FROM spoken)) m USING (source_row)"
            f" UNION ALL SELECT {listed} FROM mended) ORDER BY source_row"
        ).to_arrow_reader(_BATCH)
        yield rows.cast(schema)
        for view in ("mended", "spoken"):
            self.connection.unregister(view)


_CHANGED = "moved OR reason IS NOT NULL"


def _rows(file: Path) -> str:
    return "read_parquet('" + str(file).replace("'", "''") + "')"
