"""What writes the journal: one trigger function for each table, run once for each statement.

Rule (数据修改过程要留有痕迹; 未经正式批准,不得擅自删除数据): every insert, update and delete of a business table is
recorded with what was before and after, whoever does it and however – by the ORM, raw SQL or COPY. A change of which
nobody said who makes it and why is refused, and so is a delete without the number of its approval, and a change of
what is sealed (封存) by anybody but whom it was unsealed for.

Invariant: the functions belong to the owner of the tables and run with its rights; who works as the application can
neither change nor go round them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from psycopg import sql

from renshe.core.journal.scripts import script

ENTRY, BLOCK, SEALED, UNSEALING = "journal_entry", "journal_block", "journal_sealedrow", "journal_unsealing"
APPEND_ONLY = (ENTRY, BLOCK)
"""Tables that only grow."""

# Told of every row.
_COLUMNS = (
    "at, operator, agency, terminal, case_no, reason, table_name, operation, key, person, unit,"
    " region, region_before, before, after"
)


@dataclass(frozen=True, slots=True)
class Watched:
    """A table that is journalled: its key, the columns, if any, that say which person and unit a row is about, and the
    ``region`` that it belongs to: its own column, then (table, key, column) of each row that this leads on to.

    ``keeps``: "all" where rows are only ever added, "written" where only what is still empty may be filled in.
    """

    table: str
    key: str
    person: str | None = None
    unit: str | None = None
    region: tuple[str, *tuple[tuple[str, str, str], ...]] | None = None
    keeps: Literal["all", "written"] | None = None


def statements(watched: list[Watched]) -> Iterator[str]:
    """Yield the SQL, to be run by the owner in this order, that makes the journal record the tables ``watched``;
    what stands already is made anew."""
    yield script("context")
    for table in APPEND_ONLY:
        yield script("keep", table=_name(table), what="change")
    for one in watched:
        yield _watch(one)
        if one.keeps is not None:
            yield script("keep", table=_name(one.table), what="change" if one.keeps == "all" else "rewriting")


def _watch(one: Watched) -> str:
    about = {
        f"{what}_{side}": f"{side}.{_name(column)}::text" if column else "NULL::text"
        for what, column in (("person", one.person), ("unit", one.unit))
        for side in "no"
    }
    about.update({f"region_{side}": _region(one, side) for side in "no"})
    return script(
        "watch",
        function=_name(f"journal_of_{one.table}"),
        table=_name(one.table),
        name=sql.Literal(one.table).as_string(),
        key=_name(one.key),
        entry=ENTRY,
        columns=_COLUMNS,
        sealed=SEALED,
        unsealing=UNSEALING,
        **about,
    )


def _region(one: Watched, side: str) -> str:
    """Return the SQL of the region that the row ``side`` belongs to, at the time of the change."""
    if one.region is None:
        return "NULL::text"
    first, *further = one.region
    found = f"{side}.{_name(first)}"
    for at, (table, key, column) in enumerate(further):
        found = f"(SELECT r{at}.{_name(column)} FROM {_name(table)} r{at} WHERE r{at}.{_name(key)} = {found})"
    return f"{found}::text"


def _name(name: str) -> str:
    return sql.Identifier(name).as_string()
