"""A case on one page: what it says, what it rests on, who did what, and what may be done now.

Rule (个人信息保护法 第五十一条; S1-61): whole on one's own desk, masked elsewhere; its trace stands one step away.

Invariant: what is offered is what would be let (``casework.acting``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from renshe.channels.desk.changes import told_of
from renshe.core.casework.acting import possible
from renshe.core.casework.forms import item_shown, read
from renshe.core.casework.models import UNFINISHED, Case, State, Verdict
from renshe.core.casework.papers import papers_labels, papers_lacking
from renshe.core.casework.selectors import case_get
from renshe.core.casework.showing import case_shown
from renshe.core.casework.tracing import case_trace
from renshe.core.casework.types import CaseType, find_type
from renshe.core.filing.attachments import attachments_of
from renshe.core.filing.models import Attachment
from renshe.core.filing.selectors import documents_of
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency, Operator
from renshe.core.pages.answering import page, shown
from renshe.core.pages.panels import panels_of
from renshe.core.pages.reading import key_of

LONG = 40
_OTHERS = frozenset({"supplement", "withdraw", "assign", "pause", "resume", "extend"})


@page
def case(
    request: HttpRequest,
    actor: Actor,
    number: str,
    alert: str | None = None,
    revealed: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show one case."""
    found = case_get(actor=actor, number=number)
    kind = find_type(found.type, found.version)
    told = dict(case_shown(actor, found))
    form = {**told["form"], **(revealed or {})}
    facts = [(one, item_shown(one, form.get(one.name))) for one in kind.items]
    papers = list(attachments_of(actor, number))
    can = possible(actor, found, kind)
    return shown(
        request,
        "desk/case.html",
        alert=alert,
        case=told,
        facts=[(one.name, one.label, value, len(str(value or "")) > LONG) for one, value in facts],
        who=_names(found, papers),
        agency=Agency.objects.filter(number=found.agency).values_list("name", flat=True).first() or found.agency,
        place=found.region.name,
        steps=_steps(found, kind),
        decisions=[(one, Verdict(one.verdict).label, _step_told(kind, one.step)) for one in told["decisions"]],
        papers=papers,
        lacking=_lacking(found, kind),
        labels=papers_labels(found, kind),
        documents=list(documents_of(actor, number)),
        applicant=found.applicant,
        applied_at=found.applied_at,
        notices=list(found.notices.order_by("pk")) if found.applicant else [],
        panels=panels_of(actor, found),
        can=can,
        others=can & _OTHERS,
        revealed=revealed,
        extension=kind.extension,
        legal=kind.legal,
        today=timezone.localdate(),
    )


@page
def trace(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Show every change that was made in a case, the newest first."""
    entries = case_trace(actor=actor, number=number, before=key_of(request.GET.get("before")))
    told = told_of(entries.entries)
    return shown(request, "desk/trace.html", number=number, entries=told, before=entries.before)


def _steps(found: Case, kind: CaseType) -> list[tuple[str, str]]:
    """Return each step with ``past``, ``now`` or nothing."""
    over = found.state in (State.DONE, State.REFUSED)
    begun = found.round > 0 and found.state != State.RETURNED
    steps = [("经办", "past" if begun or over else "now")]
    passed = found.terms.get("steps", range(len(kind.steps)))
    for at, one in enumerate(kind.steps):
        if at not in passed:
            continue
        past = found.state == State.DONE or (begun and at < found.step)
        now = found.state == State.OPEN and at == found.step
        steps.append((one.label, "past" if past else "now" if now else ""))
    return steps


def _names(found: Case, papers: list[Attachment]) -> dict[str | None, str]:
    """Return by number who had to do with a case, as pages name people."""
    numbers = {found.applicant, found.maker, found.holder, *found.makers, *(one.added_by for one in papers)}
    for one in found.decisions.all():
        numbers |= {one.operator, one.on_behalf}
    names = Operator.objects.filter(number__in=[one for one in numbers if one]).values_list("number", "name")
    told: dict[str | None, str] = {one: one for one in numbers if one}
    if found.applicant:
        told[found.applicant] = f"申请人 {found.applicant}"
    return told | {number: f"{name} {number}" for number, name in names}


def _step_told(kind: CaseType, step: int | None) -> str:
    return "经办" if step is None else kind.steps[step].label


def _lacking(found: Case, kind: CaseType) -> list[str]:
    """Return the documents that are asked for and are not there, of what is not over."""
    if found.state not in UNFINISHED:
        return []
    return [one.label for one in papers_lacking(found, kind, read(kind.items, found.form).values)]
