"""Papers of cases: put in, looked at, taken out, printed."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers, plain
from renshe.channels.api.schemas import AttachmentOut, DocumentOut, Print, Reason
from renshe.core.casework.printing import case_print
from renshe.core.casework.selectors import case_get
from renshe.core.filing.attachments import attachment_add, attachment_read, attachment_remove, attachments_of
from renshe.core.filing.documents import document_read

router = Router(tags=["材料和文书"])
Kind = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9_.]+$")]
Key = Annotated[int, Field(ge=1, le=2**63 - 1)]


@router.get("/cases/{number}/papers", response=answers(list[AttachmentOut]), summary="材料目录")
def papers(request: HttpRequest, number: str) -> object:
    """Return the papers of a case."""
    actor = actor_of(request)
    return list(attachments_of(actor, case_get(actor=actor, number=number).number))


@router.post("/cases/{number}/papers", response=answers(AttachmentOut, 201), summary="上传材料")
def paper_add(request: HttpRequest, number: str, kind: Form[Kind], file: File[UploadedFile]) -> object:
    """Put a paper of ``kind`` into a case."""
    actor = actor_of(request)
    case = case_get(actor=actor, number=number)
    content = file.read()
    made = attachment_add(
        actor=actor,
        matter=case.number,
        region=case.region_id,
        kind=kind,
        name=file.name or "",
        content=content,
        person=case.person,
    )
    return Status(201, made)


@router.get("/papers/{paper}", response=answers(bytes), summary="查阅材料", openapi_extra=plain("*/*"))
def paper_read(request: HttpRequest, paper: Key) -> HttpResponse:
    """Return a paper as it was handed in, if it is what it was."""
    found, content = attachment_read(actor=actor_of(request), attachment=paper)
    return _sent(content, found.media_type, found.name)


@router.post("/papers/{paper}/removal", response=answers(AttachmentOut), summary="移除材料")
def paper_remove(request: HttpRequest, paper: Key, told: Reason) -> object:
    """Take a paper out of its case."""
    return attachment_remove(actor=actor_of(request), attachment=paper, reason=told.reason)


@router.post("/cases/{number}/documents", response=answers(DocumentOut), summary="打印文书")
def document_print(request: HttpRequest, number: str, told: Print) -> object:
    """Issue a document of a case, or find the one that was issued."""
    return case_print(actor=actor_of(request), number=number, document=told.document)


@router.get("/documents/{number}", response=answers(bytes), summary="文书", openapi_extra=plain("application/pdf"))
def document(request: HttpRequest, number: str) -> HttpResponse:
    """Return a document as it was issued."""
    found, content = document_read(actor=actor_of(request), number=number)
    return _sent(content, "application/pdf", f"{found.number}.pdf")


def _sent(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    # Nothing that was handed in is shown as a page of this site.
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
