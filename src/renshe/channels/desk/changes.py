"""What was changed: the journal as people search it, and the month's log that the business department checks.

Rule (S1-61; 002 五 (三) 3): masked, and only of one's own regions; seeing more needs a reason and is recorded. Whom
it is about never stands in an address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from renshe.channels.naming import region_named
from renshe.core.affairs.months import change_log_print
from renshe.core.org.actor import Actor
from renshe.core.org.models import Region
from renshe.core.org.rights import may
from renshe.core.pages.answering import action, again, go, page, shown
from renshe.core.pages.choices import regions
from renshe.core.pages.reading import day_of, key_of, said
from renshe.core.registers import monthly, tracing
from renshe.core.registers.operating import CHECK_LOG, PRINT_LOG, QUERY
from renshe.core.registers.wording import column_label, table_label

_EXACT = ("person", "unit", "operator", "case", "agency", "field")
Told = list[tuple[tracing.Traced, str, list[tuple[str, str, Any, Any]]]]


def told_of(entries: Any) -> Told:
    """Return entries with the names that tables and columns have for people."""
    return [
        (
            one,
            table_label(one.table),
            [(name, column_label(one.table, name), *both) for name, both in one.changes.items()],
        )
        for one in entries
    ]


@page
def journal(
    request: HttpRequest,
    actor: Actor,
    alert: str | None = None,
    asked: Mapping[str, Any] | None = None,
    before: int | None = None,
    revealed: Mapping[str, tuple[Any, Any]] | None = None,
) -> HttpResponse:
    """Show the newest changes, or those that are ``asked`` for."""
    asked = dict(asked or {})
    found = tracing.entries(actor=actor, asked=tracing.Asked(**asked), before=before)
    return shown(
        request,
        "desk/journal.html",
        alert=alert,
        asked=asked,
        entries=told_of(found.entries),
        before=found.before,
        first=found.first,
        revealed=revealed,
    )


@action(on=journal)
def journal_search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the changes that were asked for."""
    days = {name: day_of(request.POST.get(name, "")) for name in ("first", "last")}
    asked = {**said(request, *_EXACT), **{name: day for name, day in days.items() if day}}
    return again(journal, request, actor, asked=asked, before=key_of(request.POST.get("before")))


@action(on=journal)
def journal_reveal(request: HttpRequest, actor: Actor, entry: int) -> HttpResponse:
    """Show fields of one change whole, once; it is recorded."""
    found = tracing.entry_reveal(
        actor=actor, entry=entry, fields=request.POST.getlist("fields"), reason=request.POST.get("reason", "")
    )
    return again(journal, request, actor, revealed=found)


@page
def month(request: HttpRequest, actor: Actor, month: str, region: str, alert: str | None = None) -> HttpResponse:
    """Show the log of changed business data of a month and a region, with its checks."""
    where = region_named(actor, region)
    log = monthly.change_log(actor=actor, region=where, month=month)
    return shown(
        request,
        "desk/month.html",
        alert=alert,
        region=where,
        log=log,
        entries=told_of(log.rows),
        checks=list(monthly.change_log_checks(actor=actor, region=where, month=month)),
        may_check=may(actor, CHECK_LOG, where),
        may_print=may(actor, PRINT_LOG, where),
        months=_months(),
        regions=regions(QUERY)(actor),
    )


@page
def this_month(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Lead to the month before this one, or to what was chosen."""
    chosen = request.GET.get("region", "")
    where = chosen if Region.objects.filter(pk=chosen).exists() else actor.region
    asked = request.GET.get("month", "")
    return go("month", asked if asked in _months() else _months()[1], where)


@action(on=month)
def month_check(request: HttpRequest, actor: Actor, month: str, region: str) -> HttpResponse:
    """Enter what the business department found in the log that it saw."""
    monthly.change_log_check(
        actor=actor,
        region=region_named(actor, region),
        month=month,
        seen=request.POST.get("seen", ""),
        agrees=request.POST.get("agrees") == "1",
        opinion=request.POST.get("opinion", ""),
    )
    return go("month", month, region)


@action(on=month)
def month_print(request: HttpRequest, actor: Actor, month: str, region: str) -> HttpResponse:
    """Print the log with its last check, or find it as it was printed."""
    return go("document", change_log_print(actor=actor, region=region_named(actor, region), month=month).number)


def _months() -> list[str]:
    """Return this month and the eleven before it."""
    day, found = timezone.localdate().replace(day=1), []
    for _ in range(12):
        found.append(f"{day:%Y%m}")
        day = (day - dt.timedelta(days=1)).replace(day=1)
    return found
