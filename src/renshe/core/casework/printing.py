"""What is printed of a case: the receipt when it was handed in, the result when it is over.

Rule (S4-156, S4-168 前台结果反馈): documents are filled from the case, numbered, and kept as issued: who prints again
gets the same paper. A type may add documents of its own.

Invariant: a document of a case is issued once for each time that it was handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.casework.applying import Applicant, application_get
from renshe.core.casework.forms import item_shown
from renshe.core.casework.held import held, require_here
from renshe.core.casework.models import Case, Decision, State, Verdict
from renshe.core.casework.showing import on_desk
from renshe.core.casework.types import CaseType, find_type
from renshe.core.errors import BusinessError
from renshe.core.filing import forms
from renshe.core.filing.attachments import contents
from renshe.core.filing.documents import document_make
from renshe.core.filing.models import Attachment, Document
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.operations import Operation, declare

PRINT = "case.print"
declare(Operation(PRINT, "打印业务文书", "query"))
_OVER = (State.DONE, State.REFUSED)


def case_print(*, actor: Actor, number: str, document: str = forms.RECEIPT.name) -> Document:
    """Return the ``document`` of a case: issued now, or the one that was issued. BusinessError where the case is not so
    far, has no such document, or the actor may not print it."""
    with declared(actor.context("打印文书", case=number)):
        case, kind = held(number)
        if not on_desk(actor, case, kind) and actor.operator not in case.makers:
            require_here(actor, PRINT, case)
        return _issued(actor, case, kind, document)


def application_print(*, applicant: Applicant, number: str, document: str) -> Document:
    """As ``case_print``, for who applied, of whom the case is: in the name of the agency that handles it."""
    application_get(applicant=applicant, number=number)
    with declared(applicant.context("打印文书", number)):
        case, kind = held(number)
        return _issued(replace(applicant.acting(), agency=case.agency), case, kind, document)


def application_document(*, applicant: Applicant, number: str, document: str) -> tuple[Document, bytes]:
    """Return a document that was issued in the case ``number`` for who applied, as it was issued."""
    case = application_get(applicant=applicant, number=number)
    named = application_documents(case).filter(number="" if "\x00" in document else document).first()
    if named is None:
        raise BusinessError("document.not_there", number=document)
    return named, contents(applicant.acting(), named)


def application_documents(case: Case) -> QuerySet[Document]:
    """Return the documents of ``case`` that are for who applied: the receipt, the result, what its type has besides."""
    names = (forms.RECEIPT.name, forms.RESULT.name, *find_type(case.type, case.version).documents)
    return Document.objects.filter(matter=case.number, name__in=names, voided_at=None).order_by("pk")


def _issued(actor: Actor, case: Case, kind: CaseType, document: str) -> Document:
    """Return the ``document`` of a case for ``actor``, who may have it: the one that was issued, or issued now."""
    number = case.number
    if document not in (forms.RECEIPT.name, forms.RESULT.name, *kind.documents):
        raise BusinessError("document.no_such_kind", document=document)
    if case.round == 0 or (document != forms.RECEIPT.name and case.state not in _OVER):
        raise BusinessError("case.print_too_early", number=number, state=State(case.state).label)
    printed = Document.objects.filter(matter=number, name=document, voided_at=None, data__round=case.round)
    found = printed.order_by("-pk").first()
    if found is not None:
        return found
    handed_in = case.decisions.filter(round=case.round, verdict=Verdict.SUBMIT).first()
    if handed_in is None or handed_in.digest != case.digest or case.state == State.WITHDRAWN:
        raise BusinessError("case.print_too_early", number=number, state=State(case.state).label)
    told = case_told(case, kind, whole=document != forms.RECEIPT.name)
    return document_make(
        actor=actor, name=document, region=case.region_id, data=told, matter=number, person=case.person
    )


def case_told(case: Case, kind: CaseType, *, whole: bool) -> Mapping[str, Any]:
    """Return what documents say of ``case``; ``whole``: with its decisions and its result."""
    papers = Attachment.objects.filter(matter=case.number, state=Attachment.State.ATTACHED).order_by("pk")
    labels = {one.kind: one.label for one in kind.papers} | case.terms.get("papers", {})
    told: dict[str, Any] = {
        "matter": case.number,
        "round": case.round,
        "subject": kind.label,
        "due_on": str(case.due_on) if case.due_on else None,
        "fields": [[one.label, item_shown(one, case.form.get(one.name))] for one in kind.items],
        "papers": [[labels.get(one.kind, one.kind), one.name, one.pages] for one in papers],
    }
    if whole:
        decisions = case.decisions.filter(round=case.round).order_by("pk")
        told["decisions"] = [_decision(kind, one) for one in decisions]
        told["result"] = State(case.state).label
    return told


def _decision(kind: CaseType, one: Decision) -> Mapping[str, str]:
    return {
        "step": "经办" if one.step is None else kind.steps[one.step].label,
        "operator": f"{one.operator}（代 {one.on_behalf}）" if one.on_behalf else one.operator,
        "verdict": Verdict(one.verdict).label,
        "opinion": one.opinion,
        "at": f"{timezone.localtime(one.at):%Y-%m-%d %H:%M}",
    }
