"""A case begun and filled in: the form of its type, as the dictionary has its items.

Rule (S0-43; S2-11): what is typed stays a draft until its maker confirms it; what is wrong stands beside the item.

Invariant: nothing that was typed is lost because something else was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse

from renshe.core.casework import services
from renshe.core.casework.acting import possible
from renshe.core.casework.held import find_kind, require_editable, require_maker
from renshe.core.casework.local import terms_of
from renshe.core.casework.selectors import case_get
from renshe.core.casework.types import CaseType, case_types, find_type
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.models import Region
from renshe.core.org.rights import anywhere, powers
from renshe.core.pages.answering import action, go, page, shown
from renshe.core.pages.choices import regions
from renshe.core.pages.panels import hint_of
from renshe.core.pages.reading import typed
from renshe.core.pages.statuses import status_of
from renshe.core.pages.widgets import widgets

CHANNEL = "counter"
_OF_THE_HOUSE = ("affairs", "exchange")


@page
def start(request: HttpRequest, actor: Actor, alert: str | None = None) -> HttpResponse:
    """Show what the actor may begin, by business line: the lines of business first, then the house's own affairs."""
    newest = {one.name: one for one in case_types() if CHANNEL in one.channels}
    reach = powers(actor, *{one.enter for one in newest.values()})
    mine = [one for one in newest.values() if reach[one.enter]]
    lines: dict[str, list[CaseType]] = {}
    for one in sorted(mine, key=lambda one: (one.module in _OF_THE_HOUSE, one.name)):
        lines.setdefault(_line(one.module), []).append(one)
    return shown(request, "desk/start.html", alert=alert, lines=lines)


def _line(module: str) -> str:
    """Return what a business line is called."""
    found = apps.app_configs.get(module)
    return str(found.verbose_name) if found else "其他业务"


@page
def blank(request: HttpRequest, actor: Actor, type: str, alert: str | None = None) -> HttpResponse:
    """Show the form of a type, empty."""
    kind = find_kind(type)
    if not anywhere(actor, kind.enter):
        raise BusinessError("case.no_such_type", type=type)
    about, named = request.GET.get("about", ""), kind.person or kind.unit
    given = {named: about} if named and about.isascii() and about.isalnum() else {}
    return _form(request, actor, kind, given, alert=alert)


@action(on=blank)
def begin(request: HttpRequest, actor: Actor, type: str) -> HttpResponse:
    """Begin a case with what was typed: as a draft, or handed in at once."""
    kind = find_kind(type)
    given = typed(request, kind.items)
    try:
        made = services.case_start(
            actor=actor,
            type=type,
            region=request.POST.get("region", ""),
            form=given,
            channel=CHANNEL,
            submit=_submits(request),
        )
    except BusinessError as refused:
        if not anywhere(actor, kind.enter):
            raise
        return _form(request, actor, kind, given, refused=refused)
    return go("case", made.number)


@page
def edit(request: HttpRequest, actor: Actor, number: str, alert: str | None = None) -> HttpResponse:
    """Show the form of a draft, or of a case that was returned, to who answers for it."""
    found = case_get(actor=actor, number=number)
    kind = find_type(found.type, found.version)
    if "fill" not in possible(actor, found, kind):
        require_maker(actor, found, kind)
        require_editable(found)
    return _form(request, actor, kind, found.form, number=number, region=found.region.name, alert=alert)


@action(on=edit)
def fill(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Put in what was typed; hand the case in where that was asked for."""
    found = case_get(actor=actor, number=number)
    kind = find_type(found.type, found.version)
    given = typed(request, kind.items)
    try:
        filled = services.case_fill(actor=actor, number=number, form=given)
        if _submits(request):
            services.case_submit(actor=actor, number=number, seen=filled.digest)
    except BusinessError as refused:
        if "fill" not in possible(actor, found, kind):
            raise
        return _form(request, actor, kind, given, number=number, region=found.region.name, refused=refused)
    return go("case", number)


def _form(
    request: HttpRequest,
    actor: Actor,
    kind: CaseType,
    given: Mapping[str, Any],
    *,
    number: str | None = None,
    region: str | None = None,
    refused: BusinessError | None = None,
    alert: str | None = None,
) -> HttpResponse:
    problems: Any = refused.facts.get("items", {}) if refused else {}
    own = Region.objects.get(pk=actor.region)
    papers = [one.label for one in kind.papers] + list(terms_of(kind, own).get("papers", {}).values())
    return shown(
        request,
        "desk/form.html",
        status=status_of(refused.code) if refused else 200,
        alert=str(refused) if refused else alert,
        kind=kind,
        fields=list(widgets(kind.items, given, problems)),
        number=number,
        region=region,
        regions=[] if number else [(code, f"{name}（{code}）") for code, name in regions(kind.enter)(actor)],
        chosen=request.POST.get("region", actor.region),
        papers=papers,
        hint=None if number else hint_of(kind.name),
    )


def _submits(request: HttpRequest) -> bool:
    return request.POST.get("then") == "submit"
