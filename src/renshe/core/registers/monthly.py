"""The month's log of changed business data, and what the business department says of it.

Rule (002 五 (三) 3; S2-46): the lead of the information system prints 《业务数据修改日志表》 of the jurisdiction each
month and hands it to the business department, whose check is entered in time. What is told are changes of sealed data
(封存) that an unsealing permitted; ``every`` tells all changes and deletions of business rows.

Invariant: a check names the log that was looked at by its digest; a log that has changed since is to be checked anew.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry, Unsealing
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency, Region
from renshe.core.org.rights import may, require, within
from renshe.core.org.scope import Scope
from renshe.core.registers.comparing import business_tables
from renshe.core.registers.models import ChangeLogCheck
from renshe.core.registers.operating import CHECK_LOG, QUERY
from renshe.core.registers.tracing import Traced, traced

# What a database can keep, and no other digits than these.
_MONTH = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """The log of one month of one jurisdiction: ``rows`` masked as lists are, the oldest first."""

    region: str
    month: str
    rows: Sequence[Traced]
    digest: str


def change_log(*, actor: Actor, region: Region, month: str, every: bool = False) -> ChangeLog:
    """Return the log of ``month`` (YYYYMM) of ``region`` and what is below it."""
    require(actor, QUERY, region)
    return log_of(region, month, every=every)


def log_of(region: Region, month: str, *, every: bool = False) -> ChangeLog:
    """As ``change_log``, for what is printed and filed by the clock: no right is asked."""
    found = list(_changes(region, month, every=every))
    told = "\n".join(str(one.pk) for one in found)
    return ChangeLog(region.pk, month, [traced(one) for one in found], sha256(told.encode()).hexdigest())


def change_log_check(
    *, actor: Actor, region: Region, month: str, seen: str, agrees: bool, opinion: str = ""
) -> ChangeLogCheck:
    """Enter what the business department found when it checked the log that it had ``seen`` (its digest)."""
    require(actor, CHECK_LOG, region)
    if month_of(month)[1] > timezone.now():
        raise BusinessError("registers.month_running", month=month)
    log = change_log(actor=actor, region=region, month=month)
    if log.digest != seen:
        raise BusinessError("registers.log_changed")
    if not agrees and not opinion.strip():
        raise BusinessError("registers.opinion_missing")
    with declared(actor.context(f"核对{month}业务数据修改日志表")):
        return ChangeLogCheck.objects.create(
            region=region,
            month=month,
            rows=len(log.rows),
            digest=seen,
            agrees=agrees,
            opinion=opinion,
            by=actor.operator,
            agency=actor.agency,
            at=timezone.now(),
        )


def change_log_checks(*, actor: Actor, region: Region, month: str) -> QuerySet[ChangeLogCheck]:
    """Return the checks of the log of ``month`` of ``region`` that ``actor`` may see, the last first."""
    month_of(month)
    return Scope(actor, QUERY).filter(ChangeLogCheck.objects.filter(region=region, month=month)).order_by("-pk")


def change_logs_unchecked(actor: Actor, *, months: int = 3) -> list[tuple[str, str]]:
    """Return region and month of each log of the last ``months`` that has rows and that nobody checked as it is.

    A jurisdiction is the region of an agency's level that ``actor`` sees: a log of a county is checked with the city's.
    """
    found: list[tuple[str, str]] = []
    own = Region.objects.get(pk=actor.region)
    if not may(actor, QUERY, own):
        return found
    day = timezone.localdate().replace(day=1)
    for _ in range(months):
        day = (day - dt.timedelta(days=1)).replace(day=1)
        log = change_log(actor=actor, region=own, month=f"{day:%Y%m}")
        checks = Scope(actor, QUERY).filter(ChangeLogCheck.objects.filter(region=own, month=log.month))
        if log.rows and not checks.filter(digest=log.digest).exists():
            found.append((own.pk, log.month))
    return found


def _changes(region: Region, month: str, *, every: bool) -> QuerySet[Entry]:
    first, last = month_of(month)
    below = Region.objects.filter(within(region.path)).values("pk")
    agencies = Agency.objects.filter(region__in=below).values("number")
    rows = Entry.objects.filter(
        Q(region__in=below) | Q(region_before__in=below) | Q(region=None, agency__in=agencies),
        at__gte=first,
        at__lt=last,
        operation__in=("U", "D"),
        table_name__in=business_tables(),
    )
    if not every:
        opened = Unsealing.objects.filter(
            Q(closed_at=None) | Q(closed_at__gte=OuterRef("at")),
            table_name=OuterRef("table_name"),
            key=OuterRef("key"),
            operator=OuterRef("operator"),
            opened_at__lte=OuterRef("at"),
            expires_at__gte=OuterRef("at"),
        )
        rows = rows.filter(Exists(opened))
    return rows.order_by("id")


def month_of(month: str) -> tuple[dt.datetime, dt.datetime]:
    """Return the first moment of ``month`` and of the next."""
    if not _MONTH.fullmatch(month):
        raise BusinessError("registers.month_written")
    day = dt.datetime(int(month[:4]), int(month[4:]), 1)
    return timezone.make_aware(day), timezone.make_aware((day + dt.timedelta(days=32)).replace(day=1))
