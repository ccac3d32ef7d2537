"""An application begun and filled in: the form of its type, with what is held already in its fields.

Rule (S4-56 减少…数据重复录入; S4-167): the form is that of the counter. What is held is filled in; what was not changed
is not handed in, so that an application never puts back what changed meanwhile.

Invariant: whom it is about is who applies; nothing that was typed is lost because something else was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from renshe.channels.portal.door import action, page, shown
from renshe.channels.portal.looking import looked
from renshe.channels.portal.sessions import Visitor
from renshe.core.casework import applying
from renshe.core.casework.applying import Applicant, application_get, find_offered
from renshe.core.casework.local import terms_of
from renshe.core.casework.models import Case
from renshe.core.casework.papers import lies_with
from renshe.core.casework.types import CaseType, find_type
from renshe.core.errors import BusinessError
from renshe.core.org.models import Region
from renshe.core.pages.answering import go
from renshe.core.pages.reading import typed
from renshe.core.pages.statuses import status_of
from renshe.core.pages.widgets import widgets


@page
def blank(request: HttpRequest, visitor: Visitor, type: str, alert: str | None = None) -> HttpResponse:
    """Show the form of a type, with what is held."""
    kind = find_offered(visitor.applicant, type)
    looked(visitor, f"{kind.label}（预填）")
    return _form(request, visitor, kind, _held(visitor.applicant, kind), alert=alert)


@action(on=blank)
def begin(request: HttpRequest, visitor: Visitor, type: str) -> HttpResponse:
    """Begin an application with what was typed: to be kept, or handed in at once."""
    kind = find_offered(visitor.applicant, type)
    try:
        form, submit = _asked(request, visitor.applicant, kind), request.POST.get("then") == "submit"
        made = applying.case_apply(applicant=visitor.applicant, type=type, form=form, submit=submit)
    except BusinessError as refused:
        return _form(request, visitor, kind, typed(request, kind.items), refused=refused)
    return go("portal_case", made.number)


@page
def edit(request: HttpRequest, visitor: Visitor, number: str, alert: str | None = None) -> HttpResponse:
    """Show the form of an application that lies with who applied."""
    case = _lying(visitor, number)
    kind = find_type(case.type, case.version)
    looked(visitor, f"{kind.label}（预填）")
    told = {name: value for name, value in case.form.items() if value is not None}
    return _form(request, visitor, kind, {**_held(visitor.applicant, kind), **told}, number=number, alert=alert)


@action(on=edit)
def fill(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Put in what was typed; hand it in where that was asked for."""
    case = _lying(visitor, number)
    kind = find_type(case.type, case.version)
    try:
        form = _asked(request, visitor.applicant, kind)
        filled = applying.application_fill(applicant=visitor.applicant, number=number, form=form)
        if request.POST.get("then") == "submit":
            applying.application_submit(applicant=visitor.applicant, number=number, seen=filled.digest)
    except BusinessError as refused:
        return _form(request, visitor, kind, typed(request, kind.items), number=number, refused=refused)
    return go("portal_case", number)


def _lying(visitor: Visitor, number: str) -> Case:
    case = application_get(applicant=visitor.applicant, number=number)
    if not lies_with(visitor.applicant.number, case):
        raise BusinessError("case.not_with_applicant", number=number)
    return case


def _held(applicant: Applicant, kind: CaseType) -> dict[str, Any]:
    """Return what is held of the applicant, by item of the form."""
    held = kind.known(applicant.known_as[0]) if kind.known else {}
    return {one.name: held[one.name] for one in kind.items if held.get(one.name) is not None}


def _asked(request: HttpRequest, applicant: Applicant, kind: CaseType) -> dict[str, str]:
    """Return what was typed but for what is held so already and need not be said."""
    held, needed = _held(applicant, kind), {one.name for one in kind.items if one.required}
    given = typed(request, kind.items)
    return {name: told for name, told in given.items() if name in needed or told.strip() != str(held.get(name, ""))}


def _form(
    request: HttpRequest,
    visitor: Visitor,
    kind: CaseType,
    given: Mapping[str, Any],
    *,
    number: str | None = None,
    refused: BusinessError | None = None,
    alert: str | None = None,
) -> HttpResponse:
    problems: Any = refused.facts.get("items", {}) if refused else {}
    items = [one for one in kind.items if one.name != kind.names(visitor.applicant.about)]
    here = terms_of(kind, Region.objects.get(pk=visitor.applicant.region))
    return shown(
        request,
        "portal/form.html",
        status=status_of(refused.code) if refused else 200,
        alert=str(refused) if refused else alert,
        kind=kind,
        number=number,
        fields=list(widgets(items, given, problems)),
        held=bool(kind.known),
        papers=[one.label for one in kind.papers] + list(here.get("papers", {}).values()),
        workdays=here.get("workdays", kind.workdays),
    )
