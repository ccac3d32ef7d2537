"""Missing history looked for in backups.

Rule (S1-60 历史缺失数据的备份查找): the information department searches a registered backup for a person or unit. The
backup is restored beside (``renshe verify-backup`` does it to prove it); here is what is asked of such a copy.

Invariant: a search is bulk work like any other query, and is in its register; nothing is written in the copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from renshe.core.errors import BusinessError
from renshe.core.journal.watching import watched
from renshe.core.org.actor import Actor
from renshe.core.registers.backups import backups_good
from renshe.core.registers.bulk import bulk
from renshe.core.registers.models import Backup
from renshe.core.registers.operating import SEARCH_BACKUP
from renshe.standards.data_sets import ALL

_MOST = 1000
"""Rows of one table."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table of the backup, whole."""

    table: str
    key: str
    values: dict[str, Any]


def backup_search(
    *,
    actor: Actor,
    backup: Backup,
    connection: psycopg.Connection,
    reason: str,
    person: str | None = None,
    unit: str | None = None,
) -> list[Row]:
    """Return what ``backup``, restored where ``connection`` leads, holds about a person or a unit."""
    found = backups_good(actor).select_related("region").filter(pk=backup.pk).first()
    if found is None:
        raise BusinessError("registers.backup_not_good")
    asked = {"backup": backup.pk, "person": person, "unit": unit}
    data_set = "pension_file" if found.data_set == ALL else found.data_set
    with bulk(
        actor=actor, operation=SEARCH_BACKUP, region=found.region, data_set=data_set, filter=asked, reason=reason
    ) as work:
        rows = list(rows_about(connection, person=person, unit=unit))
        work.count = len(rows)
    return rows


def rows_about(connection: psycopg.Connection, *, person: str | None = None, unit: str | None = None) -> Iterator[Row]:
    """Yield the rows about a person or a unit of every table of the copy that says whom its rows are about."""
    there = set(
        connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        ).fetchall()
    )
    for one in watched():
        for column, value in ((one.person, person), (one.unit, unit)):
            # The copy may be older than this program.
            if column is None or value is None or not {(one.table, column), (one.table, one.key)} <= there:
                continue
            query = sql.SQL(
                "SELECT {key}::text, to_jsonb(t) FROM {table} t WHERE {column}::text = %s ORDER BY {key} LIMIT %s"
            ).format(key=sql.Identifier(one.key), table=sql.Identifier(one.table), column=sql.Identifier(column))
            for key, values in connection.execute(query, [value, _MOST]):
                yield Row(one.table, key, values)
