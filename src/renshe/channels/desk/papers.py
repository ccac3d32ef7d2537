"""Papers of a case: put in, taken out, looked at, printed.

Invariant: what somebody handed in is never shown as a page of this site.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from renshe.channels.desk.matters import case
from renshe.core.casework.printing import case_print
from renshe.core.casework.selectors import case_get
from renshe.core.errors import BusinessError
from renshe.core.filing.attachments import attachment_add, attachment_read, attachment_remove, attachments_of
from renshe.core.filing.documents import document_read
from renshe.core.org.actor import Actor
from renshe.core.pages.answering import action, go, page
from renshe.core.pages.sending import sent


@action(on=case)
def add(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Put papers of one kind into the case."""
    found = case_get(actor=actor, number=number)
    files = request.FILES.getlist("file")
    if not files:
        raise BusinessError("page.file_missing")
    for one in files:
        attachment_add(
            actor=actor,
            matter=found.number,
            region=found.region_id,
            kind=request.POST.get("kind", "other") or "other",
            name=one.name or "",
            content=one.read(),
            person=found.person,
        )
    return go("case", number, to="#papers")


@action(on=case)
def remove(request: HttpRequest, actor: Actor, number: str, paper: int) -> HttpResponse:
    """Take a paper out of the case."""
    if not attachments_of(actor, case_get(actor=actor, number=number).number).filter(pk=paper).exists():
        raise BusinessError("paper.not_there", paper=paper)
    attachment_remove(actor=actor, attachment=paper, reason=request.POST.get("reason", ""))
    return go("case", number, to="#papers")


@action(on=case)
def issue(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Issue a document of the case, or find the one that was issued, and show it."""
    return go("document", case_print(actor=actor, number=number, document=request.POST.get("document", "")).number)


@page
def read(request: HttpRequest, actor: Actor, paper: int) -> HttpResponse:
    """Hand out a paper as it was handed in."""
    found, content = attachment_read(actor=actor, attachment=paper)
    return sent(content, found.media_type, found.name)


@page
def document(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Show a document as it was issued; it is our own, so the browser may show it."""
    found, content = document_read(actor=actor, number=number)
    return sent(content, "application/pdf", f"{found.number}.pdf", inline=True)
