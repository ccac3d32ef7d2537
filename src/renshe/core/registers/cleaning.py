"""What is out of date or double is looked for every half year; what goes can come back.

Rule (002 七 (六); S0-37, S2-66): candidates are found by finders that the business declares, listed, reported, and
deleted only under the number of an approval. The journal has every deleted row whole: from it a row is put back.

Invariant: a deletion and its mark are one transaction; a row that is put back is exactly what was deleted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from psycopg import sql

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.journal.watching import watched
from renshe.core.org.actor import Actor
from renshe.core.org.approvals import require_approval
from renshe.core.org.models import Agency
from renshe.core.org.rights import require, visible_regions
from renshe.core.org.scope import Scope
from renshe.core.registers.models import Candidate, CleanUp
from renshe.core.registers.operating import CLEAN_UP, QUERY, RESTORE
from renshe.core.registers.running import centres
from renshe.core.registers.tracing import seen_by


@dataclass(frozen=True, slots=True)
class Found:
    """A row that may go: of ``table``, and why; ``region``: whose it is."""

    table: str
    key: str
    region: str
    why: str


Finder = Callable[[], Iterable[Found]]
_finders: dict[str, Finder] = {}


def finder(name: str) -> Callable[[Finder], Finder]:
    """Declare what finds rows that are out of date or double; ValueError where the name is taken."""

    def declare(found: Finder) -> Finder:
        if _finders.setdefault(name, found) is not found:
            raise ValueError(f"finder {name} is declared twice")
        return found

    return declare


def clean_up(*, actor: Actor, year: int, half: int) -> CleanUp:
    """List what all finders find in the actor's regions, for this half of a year or the one before."""
    require(actor, CLEAN_UP, actor.region)
    if (year, half) not in _halves():
        raise BusinessError("registers.clean_up_period")
    own = set(visible_regions(actor, CLEAN_UP).values_list("pk", flat=True))
    found = {(one.table, one.key): one for name in sorted(_finders) for one in _finders[name]() if one.region in own}
    with declared(actor.context("半年数据清理")):
        made = CleanUp.objects.create(
            agency=actor.agency,
            region_id=actor.region,
            year=year,
            half=half,
            found=len(found),
            by=actor.operator,
            at=timezone.now(),
        )
        Candidate.objects.bulk_create(
            Candidate(clean_up=made, region_id=one.region, table_name=one.table, key=one.key, why=one.why)
            for one in found.values()
        )
    return made


def clean_ups(actor: Actor) -> QuerySet[CleanUp]:
    """Return the clean-ups that ``actor`` sees, the newest first."""
    return Scope(actor, QUERY).filter(CleanUp.objects.select_related("region")).order_by("-pk")


def candidates(actor: Actor) -> QuerySet[Candidate]:
    """Return the candidates that ``actor`` sees and that still stand."""
    return Scope(actor, QUERY).filter(Candidate.objects.filter(deleted_at=None)).order_by("table_name", "key")


def candidates_delete(*, actor: Actor, chosen: Sequence[int], approval: str) -> int:
    """Delete the rows of the candidates ``chosen`` under the number of the approval that names them; return how many.

    BusinessError where the case ``approval`` does not name them, or one is not there any more.
    """
    regions = set(Candidate.objects.filter(pk__in=chosen).values_list("region_id", flat=True))
    require_approval(approval, "clean_up", chosen, regions)
    with declared(actor.context("清理过期、冗余数据", approval=approval)):
        rows = Candidate.objects.select_for_update().filter(pk__in=chosen, deleted_at=None).order_by("-pk")
        if len(rows) != len(set(chosen)):
            raise BusinessError("registers.candidate_done")
        for one in rows:
            require(actor, CLEAN_UP, one.region_id)
            if not _delete(one.table_name, one.key):
                raise BusinessError("registers.candidate_done")
        done = {"approval": approval, "deleted_at": timezone.now()}
        Candidate.objects.filter(pk__in=[one.pk for one in rows]).update(**done)
    return len(rows)


def clean_ups_due(actor: Actor) -> list[tuple[str, int, int]]:
    """Return agency, year and half of each clean-up that an agency with a database left out in the last half year."""
    [_, (year, half)] = _halves()
    began = dt.date(year, 1 if half == 1 else 7, 1)
    done = set(CleanUp.objects.filter(year=year, half=half).values_list("agency", flat=True))
    return [
        (agency, year, half)
        for agency, duty in sorted(centres(actor).items())
        if agency not in done and duty.valid_from <= began
    ]


def deleted_restore(*, actor: Actor, deleted: Sequence[int], approval: str, reason: str) -> int:
    """Put back the rows whose deletion is told by the entries ``deleted`` of the journal; return how many.

    BusinessError where an entry is none of a deletion, out of the actor's scope, or the row cannot stand any more.
    """
    rows = Entry.objects.filter(seen_by(actor, RESTORE), pk__in=deleted, operation="D")
    # What was deleted last is put back first: a row stood on what was deleted after it.
    found = list(rows.order_by("-pk"))
    if len(found) != len(set(deleted)) or not found or not reason.strip():
        raise BusinessError("registers.restore_terms")
    of_agency = dict(Agency.objects.filter(number__in=[one.agency for one in found]).values_list("number", "region"))
    regions = {one.region or of_agency[one.agency or ""] for one in found}
    require_approval(approval, "restoration", deleted, regions)
    for region in regions:
        require(actor, RESTORE, region)
    try:
        with declared(actor.context(f"恢复已删除数据：{reason}", approval=approval)), connection.cursor() as cursor:
            for one in found:
                # In the database, which reads sums as exactly as it wrote them.
                query = sql.SQL(
                    "INSERT INTO {table} SELECT r.* FROM journal_entry e,"
                    " jsonb_populate_record(NULL::{table}, e.before) r WHERE e.id = %s"
                )
                cursor.execute(query.format(table=sql.Identifier(one.table_name)).as_string(), [one.pk])
            # What a foreign key lacks is found now, not when all has been said to be done.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except DatabaseError as refused:
        raise BusinessError("registers.restore_terms") from refused
    return len(found)


def _delete(table: str, key: str) -> bool:
    known = {one.table: one.key for one in watched()}
    query = sql.SQL("DELETE FROM {table} WHERE {key}::text = %s").format(
        table=sql.Identifier(table), key=sql.Identifier(known[table])
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(query.as_string(), [key])
        return bool(cursor.rowcount)


def _halves() -> list[tuple[int, int]]:
    """Return this half of the year and the one before."""
    today = timezone.localdate()
    return [(today.year, 1), (today.year - 1, 2)] if today.month <= 6 else [(today.year, 2), (today.year, 1)]
