"""The regime of source 002 on the pages of its cases: designated, unsealed, entered, held against the journal.

Invariant: each is one service, which asks for its right and its person itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from renshe.core.casework.deciding import may_decide
from renshe.core.casework.models import Case, State
from renshe.core.casework.selectors import case_get
from renshe.core.casework.types import find_type
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.rights import anywhere, may
from renshe.core.pages.answering import action, go, page, shown
from renshe.core.pages.choices import operators
from renshe.core.pages.panels import hint, panel
from renshe.core.pages.reading import count_of
from renshe.core.pages.widgets import widgets
from renshe.modules.registry.limits import limit
from renshe.modules.registry.models import Modification
from renshe.modules.registry.modified import modification_abandon, modification_log, modifications
from renshe.modules.registry.modifying import (
    DIRECTOR,
    UNSEAL,
    modification_designate,
    modification_enter,
    modification_unseal,
)
from renshe.modules.registry.person_cases import attribute

hint("registry.person_register", "possible")


@panel("registry/modify_panel.html", "registry.modify")
def _of_request(actor: Actor, case: Case) -> Mapping[str, Any] | None:
    """What becomes of a request: who shall enter it, whether it is unsealed, what was done."""
    found = Modification.objects.filter(case_no=case.number).select_related("person__region").first()
    unsealed = found is not None and found.expires_at is not None and found.expires_at > timezone.now()
    designates = case.state == State.OPEN and case.step == DIRECTOR and may_decide(actor, case, find_type(case.type))
    if found is None and not designates:
        return None
    approved = found is not None and found.approved_at is not None and found.closed_at is None
    return {
        "number": case.number,
        "seen": case.digest,
        "most": limit("unsealed_days"),
        "found": found,
        "designates": designates,
        "staff": operators(actor) if designates else [],
        "unseals": approved and not unsealed and may(actor, UNSEAL, case.region),
        "enters": unsealed and found is not None and found.designated == actor.operator and found.check_no is None,
        "abandons": approved and found is not None and found.entered_at is None and may(actor, UNSEAL, case.region),
        "fields": list(widgets([attribute(name) for name, _, _ in found.changes], {})) if unsealed and found else [],
    }


@panel("registry/log_panel.html", "registry.modified")
def _of_check(actor: Actor, case: Case) -> Mapping[str, Any] | None:
    """What was asked for and what the journal says was done, side by side."""
    found = Modification.objects.filter(check_no=case.number).first()
    if found is None:
        return None
    try:
        return {"log": modification_log(actor=actor, number=found.case_no), "asked_in": found.case_no}
    except BusinessError:
        return None


@page
def requests(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the requests that are on their way."""
    begins = anywhere(actor, find_type("registry.modify").enter)
    return shown(
        request, "registry/modifications.html", rows=list(modifications(actor)[:200]), now=timezone.now(), begins=begins
    )


def _case(request: HttpRequest, actor: Actor, number: str, alert: str) -> HttpResponse:
    """Show the case of a request again, with what was refused."""
    case_get(actor=actor, number=number)
    return shown(request, "registry/refused.html", number=number, told=alert)


@action(on=_case)
def designate(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Designate who shall enter what is asked for."""
    told = {name: request.POST.get(name, "").strip() for name in ("operator", "seen")}
    modification_designate(actor=actor, number=number, **told)
    return go("case", number)


@action(on=_case)
def unseal(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Unseal what was approved, for the person designated."""
    modification_unseal(actor=actor, number=number, days=count_of(request.POST.get("days", ""), "解封天数"))
    return go("case", number)


@action(on=_case)
def enter(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Enter what is asked for, and go to the case of the check."""
    values = {name: str(value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken" and value}
    return go("case", modification_enter(actor=actor, number=number, values=values).number)


@action(on=_case)
def abandon(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Close again what was unsealed, where nothing was changed."""
    modification_abandon(actor=actor, number=number, reason=request.POST.get("reason", ""))
    return go("case", number)
