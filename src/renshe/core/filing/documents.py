"""Documents: declared by name and template, issued under a number, kept as they were issued.

Rule (S2-38, S2-46; 文书编号): a document has a number without gaps in its region and year; each page carries it, with a
code made of what the document says. It is never changed: what is wrong is voided, with the reason, and issued anew.

Invariant: what is printed again is the same to the last bit, or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.filing import store
from renshe.core.filing.attachments import READ, contents, require_concern
from renshe.core.filing.models import Document
from renshe.core.filing.numbering import draw
from renshe.core.filing.pdf import count_pages
from renshe.core.filing.referring import lock
from renshe.core.filing.typesetting import template_digest, typeset
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope

ISSUE, VOID = "filing.issue", "filing.void"
declare(Operation(ISSUE, "出具文书", "entry"), Operation(VOID, "作废文书", "approve"))


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """``label``: its title; ``prefix`` begins its numbers."""

    name: str
    label: str
    template: Path
    prefix: str


_KNOWN: dict[str, DocumentKind] = {}


def document(name: str, label: str, *, template: Path, prefix: str) -> DocumentKind:
    """Declare a kind of document. The template may import ``/core/filing/templates/house.typ``; it is given
    ``sys.inputs.data``, a JSON text of ``number``, ``label``, ``code``, ``agency``, ``issued_on`` and ``data``.

    ValueError where name or prefix are taken, or the template is not there.
    """
    made = DocumentKind(name, label, template, prefix)
    taken = any(one.prefix == prefix for one in _KNOWN.values() if one != made)
    if _KNOWN.get(name, made) != made or taken or not template.is_file():
        raise ValueError(f"document {name} is declared twice, or {template.name} is not there")
    _KNOWN[name] = made
    return made


def document_issue(
    *,
    actor: Actor,
    name: str,
    region: str,
    data: Mapping[str, Any],
    matter: str | None = None,
    person: str | None = None,
) -> Document:
    """Issue a document in ``region`` and return its row; its bytes: ``document_read``."""
    require(actor, ISSUE, region)
    return document_make(actor=actor, name=name, region=region, data=data, matter=matter, person=person)


def document_make(
    *,
    actor: Actor,
    name: str,
    region: str,
    data: Mapping[str, Any],
    matter: str | None = None,
    person: str | None = None,
) -> Document:
    """As ``document_issue``, for a room that has asked for a right of its own: the document belongs to what it does."""
    kind = _KNOWN.get(name)
    if kind is None:
        raise BusinessError("document.no_such_kind", document=name)
    agency = Agency.objects.filter(number=actor.agency).first()
    with declared(actor.context(f"出具{kind.label}", case=matter)):
        at = timezone.now().replace(microsecond=0)
        day = timezone.localdate(at)
        number = draw(kind.prefix, region, day.year)
        by = agency.name if agency else actor.name
        told = {"number": number, "label": kind.label, "agency": by, "issued_on": f"{day:%Y-%m-%d}"}
        code = code_of({**told, "template": template_digest(kind.template), "data": data})
        content = typeset(kind.template, {**told, "code": code, "data": data}, at)
        digest = store.digest_of(content)
        lock(digest)
        store.put(content)
        return Document.objects.create(
            number=number,
            name=kind.name,
            label=kind.label,
            region_id=region,
            agency=actor.agency,
            matter=matter,
            person=person,
            data=dict(data),
            template=template_digest(kind.template),
            code=code,
            digest=digest,
            size=len(content),
            pages=count_pages(content),
            issued_by=actor.operator,
            issued_at=at,
        )


def document_read(*, actor: Actor, number: str) -> tuple[Document, bytes]:
    """Return a document and its PDF, as it was issued; BusinessError where there is none to be seen, or it is lost."""
    found = document_get(actor=actor, number=number)
    require_concern(actor, found)
    return found, contents(actor, found)


def document_get(*, actor: Actor, number: str) -> Document:
    """Return a document's row; BusinessError where there is none that the actor may see."""
    try:
        return Scope(actor, READ).get(Document.objects.all(), number=number)
    except Document.DoesNotExist:
        raise BusinessError("document.not_there", number=number) from None


def document_void(*, actor: Actor, number: str, reason: str) -> Document:
    """Void a document: it stays, and says that it counts no longer."""
    found = document_get(actor=actor, number=number)
    require(actor, VOID, found.region_id)
    if not reason.strip():
        raise BusinessError("org.reason_missing")
    with declared(actor.context("作废文书", case=found.matter)):
        held = Document.objects.select_for_update().get(pk=found.pk)
        if held.voided_at is not None:
            raise BusinessError("document.voided", number=number)
        held.voided_at, held.voided_by, held.voided_for = timezone.now(), actor.operator, reason
        held.save()
        return held


def code_of(told: Mapping[str, Any]) -> str:
    """Return the code for what a document says: 16 hexadecimal digits in four groups."""
    digest = sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest().upper()
    return "-".join(digest[at : at + 4] for at in range(0, 16, 4))
