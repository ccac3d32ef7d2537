"""Papers as people find them.

Rule (S4-42 数字档案): all that was handed in and issued in the matters of one person, as one list. The papers of a
matter are found by its number, a document by the code on its pages.

Invariant: everything goes through the scope of ``filing.read``; what is out of it looks like nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from renshe.core.filing.attachments import READ
from renshe.core.filing.models import Attachment, Document
from renshe.core.org.actor import Actor
from renshe.core.org.scope import Scope


@dataclass(frozen=True, slots=True)
class Filed:
    """One line of a person's file: ``paper`` is the row, to be read as such."""

    at: datetime
    matter: str | None
    title: str
    number: str
    pages: int | None
    digest: str
    paper: Attachment | Document


def person_file(actor: Actor, person: str) -> list[Filed]:
    """Return a person's file, as far as the actor may see it, in the order of time."""
    if "\x00" in person:
        return []
    scope = Scope(actor, READ)
    handed_in = scope.filter(Attachment.objects.filter(person=person, state=Attachment.State.ATTACHED))
    issued = scope.filter(Document.objects.filter(person=person))
    lines = [Filed(one.added_at, one.matter, one.kind, one.name, one.pages, one.digest, one) for one in handed_in]
    for document in issued:
        title = document.label if document.voided_at is None else f"{document.label}（已作废）"
        lines.append(
            Filed(
                document.issued_at, document.matter, title, document.number, document.pages, document.digest, document
            )
        )
    return sorted(lines, key=lambda line: (line.at, line.title, line.number))


def documents_of(actor: Actor, matter: str) -> QuerySet[Document]:
    """Return the documents of a matter that the actor may see, in the order in which they were issued."""
    named = Document.objects.none() if "\x00" in matter else Document.objects.filter(matter=matter)
    return Scope(actor, READ).filter(named).order_by("pk")


def documents_by_code(actor: Actor, code: str) -> QuerySet[Document]:
    """Return the document whose pages carry ``code``, if the actor may see it."""
    named = Document.objects.none() if "\x00" in code else Document.objects.filter(code=code.strip().upper())
    return Scope(actor, READ).filter(named)
