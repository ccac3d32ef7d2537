"""Papers of cases: put in, looked at, taken out, printed."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers, plain
from renshe.channels.api.schemas import (
    AttachmentOut,
    CountOut,
    DocumentOut,
    FiledOut,
    FindDocument,
    FindFile,
    Print,
    Reason,
    Release,
)
from renshe.core.casework.printing import case_print
from renshe.core.casework.selectors import case_get
from renshe.core.filing.attachments import (
    attachment_add,
    attachment_read,
    attachment_remove,
    attachments_of,
    attachments_release,
)
from renshe.core.filing.documents import document_read, document_void
from renshe.core.filing.models import Attachment
from renshe.core.filing.selectors import documents_by_code, documents_of, person_file
from renshe.core.pages.sending import PDF, sent

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


@router.post("/cases/{number}/papers/release", response=answers(CountOut), summary="解除材料留存")
def papers_release(request: HttpRequest, number: str, told: Release) -> object:
    """Let the papers of a case go, whose change was reverted as approved."""
    return {"count": attachments_release(actor=actor_of(request), matter=number, approval=told.approval)}


@router.post("/papers/search", response=answers(list[FiledOut]), summary="个人档案")
def file(request: HttpRequest, told: FindFile) -> object:
    """Return what was handed in and issued in the matters of one person, in the order of time."""
    return [
        {
            **{name: getattr(one, name) for name in ("at", "matter", "title", "pages", "digest")},
            "paper": one.paper.pk if isinstance(one.paper, Attachment) else None,
            "document": None if isinstance(one.paper, Attachment) else one.number,
        }
        for one in person_file(actor_of(request), told.person)
    ]


@router.get("/papers/{paper}", response=answers(bytes), summary="查阅材料", openapi_extra=plain("*/*"))
def paper_read(request: HttpRequest, paper: Key) -> HttpResponse:
    """Return a paper as it was handed in, if it is what it was."""
    found, content = attachment_read(actor=actor_of(request), attachment=paper)
    return sent(content, found.media_type, found.name)


@router.post("/papers/{paper}/removal", response=answers(AttachmentOut), summary="移除材料")
def paper_remove(request: HttpRequest, paper: Key, told: Reason) -> object:
    """Take a paper out of its case."""
    return attachment_remove(actor=actor_of(request), attachment=paper, reason=told.reason)


@router.get("/cases/{number}/documents", response=answers(list[DocumentOut]), summary="文书目录")
def documents(request: HttpRequest, number: str) -> object:
    """Return the documents of a case, voided ones included."""
    actor = actor_of(request)
    return list(documents_of(actor, case_get(actor=actor, number=number).number))


@router.post("/cases/{number}/documents", response=answers(DocumentOut), summary="打印文书")
def document_print(request: HttpRequest, number: str, told: Print) -> object:
    """Issue a document of a case, or find the one that was issued."""
    return case_print(actor=actor_of(request), number=number, document=told.document)


@router.post("/documents/search", response=answers(list[DocumentOut]), summary="按校验码查文书")
def document_find(request: HttpRequest, told: FindDocument) -> object:
    """Return the document whose pages carry a code: none where there is none that the caller may see."""
    return list(documents_by_code(actor_of(request), told.code))


@router.post("/documents/{number}/voiding", response=answers(DocumentOut), summary="作废文书")
def void(request: HttpRequest, number: str, told: Reason) -> object:
    """Say that a document counts no longer; it stays."""
    return document_void(actor=actor_of(request), number=number, reason=told.reason)


@router.get("/documents/{number}", response=answers(bytes), summary="文书", openapi_extra=plain("application/pdf"))
def document(request: HttpRequest, number: str) -> HttpResponse:
    """Return a document as it was issued."""
    found, content = document_read(actor=actor_of(request), number=number)
    return sent(content, PDF, f"{found.number}.pdf")
