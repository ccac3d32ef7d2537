"""One's applications: all of them, and one followed from the day it was handed in to its result.

Rule (S4-168 前台结果反馈; S4-167): the same case that the counter handles, in plain words; papers are put in and
documents fetched here as at the counter.

Invariant: what is offered is what would be let (``core.casework.applying``).
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from renshe.channels.portal.door import action, page, shown
from renshe.channels.portal.sessions import Visitor
from renshe.core.casework import applying, printing
from renshe.core.casework.applying import application_get, applications, offered, own_papers, supplement_asked
from renshe.core.casework.following import followed, stages
from renshe.core.casework.forms import item_shown, read
from renshe.core.casework.models import Case, State
from renshe.core.casework.papers import lies_with, papers_labels, papers_lacking
from renshe.core.casework.types import CaseType, find_type
from renshe.core.errors import BusinessError
from renshe.core.filing.attachments import contents
from renshe.core.filing.forms import RECEIPT, RESULT
from renshe.core.pages.answering import go
from renshe.core.pages.reading import said
from renshe.core.pages.sending import PDF, sent

MOST = 50


@page
def home(request: HttpRequest, visitor: Visitor, alert: str | None = None) -> HttpResponse:
    """Show what one applied for, and what one can apply for."""
    rows = [followed(visitor.applicant, one) for one in applications(visitor.applicant)[:MOST]]
    return shown(
        request,
        "portal/home.html",
        alert=alert,
        tasks=[one for one in rows if one.task],
        rows=[one for one in rows if not one.task],
        kinds=offered(visitor.applicant),
        today=timezone.localdate(),
    )


@page
def case(request: HttpRequest, visitor: Visitor, number: str, alert: str | None = None) -> HttpResponse:
    """Show one application."""
    found = application_get(applicant=visitor.applicant, number=number)
    kind, mine = find_type(found.type, found.version), visitor.applicant.number
    lies = lies_with(mine, found)
    labels, values = papers_labels(found, kind), read(kind.items, found.form).values
    about = kind.names(visitor.applicant.about)
    return shown(
        request,
        "portal/case.html",
        alert=alert,
        case=followed(visitor.applicant, found),
        seen=found.digest,
        stages=stages(found),
        asked=supplement_asked(found) if lies else None,
        facts=_facts(found, kind, about),
        papers=[(one, labels.get(one.kind, "其他材料")) for one in own_papers(found)],
        labels=labels,
        lacking=[one.label for one in papers_lacking(found, kind, values)] if lies else [],
        lies=lies,
        may_withdraw=found.applicant == mine and (lies or found.state == State.PROPOSED),
        documents=list(printing.application_documents(found)),
        prints=_prints(found),
        legal=kind.legal,
        today=timezone.localdate(),
    )


@action(on=case)
def submit(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Hand the application in."""
    seen = said(request, "seen").get("seen", "")
    applying.application_submit(applicant=visitor.applicant, number=number, seen=seen)
    return go("portal_case", number)


@action(on=case)
def withdraw(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Take the application back."""
    applying.application_withdraw(applicant=visitor.applicant, number=number)
    return go("portal_case", number)


@action(on=case)
def attach(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Put papers of one kind into the application."""
    files = request.FILES.getlist("file")
    if not files:
        raise BusinessError("page.file_missing")
    kind = said(request, "kind").get("kind", "")
    for one in files:
        applying.application_attach(
            applicant=visitor.applicant, number=number, kind=kind, name=one.name or "", content=one.read()
        )
    return go("portal_case", number, to="#papers")


@action(on=case)
def detach(request: HttpRequest, visitor: Visitor, number: str, paper: int) -> HttpResponse:
    """Take a paper out of the application."""
    applying.application_detach(applicant=visitor.applicant, number=number, paper=paper)
    return go("portal_case", number, to="#papers")


@page
def paper(request: HttpRequest, visitor: Visitor, number: str, paper: int) -> HttpResponse:
    """Hand out a paper as it was put in."""
    found = application_get(applicant=visitor.applicant, number=number)
    one = own_papers(found).filter(pk=paper).first() if paper < 2**63 else None
    if one is None:
        raise BusinessError("paper.not_there", paper=paper)
    return sent(contents(visitor.applicant.acting(), one), one.media_type, one.name)


@action(on=case)
def issue(request: HttpRequest, visitor: Visitor, number: str) -> HttpResponse:
    """Issue a document of the case, or find the one that was issued, and lead to it."""
    asked = said(request, "document").get("document", "")
    made = printing.application_print(applicant=visitor.applicant, number=number, document=asked)
    return go("portal_document", number, made.number)


@page
def document(request: HttpRequest, visitor: Visitor, number: str, document: str) -> HttpResponse:
    """Hand out a document as it was issued."""
    found, content = printing.application_document(applicant=visitor.applicant, number=number, document=document)
    return sent(content, PDF, f"{found.number}.pdf")


def _facts(found: Case, kind: CaseType, about: str | None) -> list[tuple[str, object]]:
    """Return what the form says, but for whom it is about and what was left as it is."""
    told = [(one, item_shown(one, found.form.get(one.name))) for one in kind.items if one.name != about]
    return [(one.label, value) for one, value in told if value is not None]


def _prints(found: Case) -> list[tuple[str, str]]:
    """Return the documents that can be had now, by name and label."""
    over = found.state in (State.DONE, State.REFUSED)
    return [(one.name, one.label) for one in (RECEIPT, RESULT) if found.round and (over or one is RECEIPT)]
