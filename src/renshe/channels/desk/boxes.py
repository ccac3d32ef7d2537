"""Lists of cases: what waits, and what is found; many decided at once.

Rule (issue 6; S1-8): a list shows what its reader may look at, masked; it is exported whole, through the register of
exports; what is looked for by person or unit never stands in an address.

Invariant: each of many that are decided is let or refused by itself, and both are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from renshe.channels.desk.home import BOXES
from renshe.core.casework import deciding, searching
from renshe.core.casework.exporting import EXPORT, cases_export
from renshe.core.casework.models import Case, State
from renshe.core.casework.types import case_types
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.rights import anywhere
from renshe.core.pages.answering import action, again, page, shown
from renshe.core.pages.reading import day_of, key_of, said
from renshe.core.pages.sending import XLSX, sent_as_written

SIZE = 50
_EXACT = ("number", "type", "state", "person", "unit", "maker")


@page
def inbox(
    request: HttpRequest,
    actor: Actor,
    box: str,
    alert: str | None = None,
    outcomes: list[tuple[str, str | None]] | None = None,
) -> HttpResponse:
    """Show one box."""
    if box not in BOXES:
        raise Http404
    rows, after = searching.inbox(actor, box, after=request.GET.get("after"), limit=SIZE)
    digests = dict(Case.objects.filter(number__in=[one["number"] for one in rows]).values_list("number", "digest"))
    return shown(
        request,
        "desk/inbox.html",
        alert=alert,
        box=box,
        boxes=BOXES,
        rows=rows,
        digests=digests,
        after=after,
        outcomes=outcomes,
        kinds=sorted({(one["type"], one["label"]) for one in rows}),
        today=timezone.localdate(),
    )


@action(on=inbox)
def decide_many(request: HttpRequest, actor: Actor, box: str) -> HttpResponse:
    """Agree to all cases of one type that were marked, each as it was seen."""
    marked = [one.rpartition(":") for one in request.POST.getlist("case")]
    chosen = [(number, seen) for number, _, seen in marked]
    kinds = set(Case.objects.filter(number__in=[number for number, _ in chosen]).values_list("type", flat=True))
    if len(kinds) > 1:
        raise BusinessError("case.mixed_types")
    if not chosen:
        raise BusinessError("page.nothing_marked")
    found = deciding.cases_decide(
        actor=actor,
        type=kinds.pop() if kinds else "",
        verdict=request.POST.get("verdict", ""),
        cases=chosen,
        opinion=request.POST.get("opinion", ""),
    )
    outcomes = [(one.number, str(one.refusal) if one.refusal else None) for one in found]
    return again(inbox, request, actor, box=box, outcomes=outcomes)


@page
def cases(
    request: HttpRequest, actor: Actor, alert: str | None = None, asked: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Show the newest cases, or those that are ``asked`` for."""
    asked = dict(asked or {})
    rows, after = searching.cases_found(actor, **asked, limit=SIZE)
    newest = {one.name: one.label for one in case_types()}
    return shown(
        request,
        "desk/cases.html",
        alert=alert,
        rows=rows,
        after=after,
        asked=asked,
        kinds=sorted(newest.items()),
        states=State.choices,
        may_export=anywhere(actor, EXPORT),
        today=timezone.localdate(),
    )


@action(on=cases)
def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the cases that were asked for."""
    after = key_of(request.POST.get("after"))
    asked = {**_asked(request), "after": None if after is None else str(after)}
    return again(cases, request, actor, asked=asked)


@action(on=cases)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Hand out the cases that were asked for as a workbook, and register it."""
    asked, reason = _asked(request), request.POST.get("reason", "")
    return sent_as_written(lambda to: cases_export(actor=actor, to=to, reason=reason, **asked), XLSX, "业务.xlsx")  # type: ignore[return-value]


def _asked(request: HttpRequest) -> dict[str, Any]:
    days = {name: day_of(request.POST.get(name, "")) for name in ("since", "until")}
    return {**said(request, *_EXACT), **{name: day for name, day in days.items() if day}}
