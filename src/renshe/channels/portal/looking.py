"""One's own data: looked at by who they are of, and each look is kept.

Rule (个人信息保护法 第四十五条、第五十一条): what is held of somebody he may see, whole where he asks for it; that it
was looked at, by which account and when, is in the journal as every look of an officer's is.

Invariant: nothing of anybody is shown here that was not put down in the same transaction.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from renshe.channels.portal.door import action, page, shown
from renshe.channels.portal.models import Look
from renshe.channels.portal.sessions import Visitor
from renshe.core.journal.context import declared
from renshe.core.pages.answering import again
from renshe.modules.registry.own import Own, person_own, unit_own


def looked(visitor: Visitor, what: str) -> None:
    """Put down that who is in looked at ``what`` of his own."""
    account = visitor.account
    with declared(visitor.applicant.context("查看本人信息")):
        Look.objects.create(account=account, person_no=account.person_no, unit_no=account.unit_no, what=what)


@page
def data(request: HttpRequest, visitor: Visitor, alert: str | None = None, whole: bool = False) -> HttpResponse:
    """Show what is held of who is in, masked or ``whole``."""
    return shown(request, "portal/data.html", alert=alert, own=_own(visitor, whole), whole=whole)


@action(on=data)
def data_whole(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Show it whole, once."""
    return again(data, request, visitor, whole=True)


def _own(visitor: Visitor, whole: bool) -> Own:
    applicant = visitor.applicant
    looked(visitor, "全部信息（未脱敏）" if whole else "全部信息")
    found = person_own if applicant.about == "person" else unit_own
    return found(applicant.known_as[0], whole=whole)
