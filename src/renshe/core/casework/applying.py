"""What somebody outside the house does in matters of his own: applies, fills in, hands in, takes back.

Rule (S4-167 平等地位的业务受理窗口): what is applied for is a case of the same type as at the counter. It waits there
until an officer takes it up and answers for it, so that who enters and who checks are two of the house and the
applicant is neither.

Invariant: an applicant reaches cases about himself alone, and changes what lies with him alone; whom a case is about
is never his to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.casework.deadlines import accepted_by
from renshe.core.casework.held import digest, find_kind, not_there, problems_of, read_form, require_seen
from renshe.core.casework.making import made, number_drawn, region_standing
from renshe.core.casework.models import UNFINISHED, Case, Notice, State
from renshe.core.casework.notices import answered
from renshe.core.casework.papers import lies_with, require_papers
from renshe.core.casework.types import About, CaseType, case_types, find_type
from renshe.core.errors import BusinessError
from renshe.core.filing.attachments import attachment_put, attachment_take_out
from renshe.core.filing.models import Attachment
from renshe.core.journal.context import Context, declared, say
from renshe.core.org.actor import Actor
from renshe.core.org.switching import require_module

OTHER = "other"
"""The kind of a paper that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody outside the house, who showed who he is. ``number``: how cases and the journal name him, never as an
    operator is named (``portal:…``); ``about``: whether he acts for himself or for a unit; ``known_as``: all numbers
    by which this person or unit is known, today's first; ``agency``: where his applications are taken up;
    ``operator``: who he is where he works here himself."""

    number: str
    name: str
    about: About
    known_as: tuple[str, ...]
    region: str
    agency: str
    operator: str | None = None

    def context(self, reason: str, case: str | None = None) -> Context:
        """Return what the journal is told of this applicant's changes."""
        return Context(self.number, reason, None, None, case)

    def acting(self) -> Actor:
        """Return the applicant as one who acts, and has no right."""
        return Actor(self.number, self.name, self.number, self.region, None, frozenset(), None)


def offered(applicant: Applicant) -> list[CaseType]:
    """Return what ``applicant`` may apply for, in its newest version."""
    newest = {one.name: one for one in case_types() if "web" in one.channels}
    return [one for _, one in sorted(newest.items()) if applicant.about in one.applicants]


def find_offered(applicant: Applicant, name: str) -> CaseType:
    """Return a case type that ``applicant`` may apply for; BusinessError where it is none."""
    kind = find_kind(name)
    if applicant.about not in kind.applicants or "web" not in kind.channels:
        raise BusinessError("case.not_applied_for", type=kind.label)
    return kind


def applications(applicant: Applicant) -> QuerySet[Case]:
    """Return the cases about ``applicant`` of types that are applied for, whichever window took them, the newest
    first; of what is not handed in yet, his own."""
    kinds = {one.name for one in case_types() if applicant.about in one.applicants}
    mine = Case.objects.filter(**{f"{applicant.about}__in": applicant.known_as}, type__in=kinds)
    begun = Q(round__gte=1) | Q(applicant__isnull=False, maker__isnull=False) | Q(state=State.PROPOSED)
    return mine.filter(Q(applicant=applicant.number) | begun).exclude(channel="event").order_by("-pk")


def application_get(*, applicant: Applicant, number: str) -> Case:
    """Return one of ``applications``; BusinessError where there is none."""
    found = None if "\x00" in number else applications(applicant).select_related("region").filter(number=number).first()
    if found is None:
        raise not_there(number)
    return found


def case_apply(*, applicant: Applicant, type: str, form: Mapping[str, Any], submit: bool = False) -> Case:
    """Begin an application, or hand it in at once (``submit``); it may have gaps until then.

    Raises BusinessError where this is not applied for, one like it is not finished, or an item cannot be read.
    """
    kind = find_offered(applicant, type)
    where = region_standing(applicant.region)
    require_module(kind.module, where)
    reason = f"申请{kind.label}"
    with declared(applicant.context(reason)):
        # Drawing the number, who applies twice at once waits for himself.
        number = number_drawn(kind, where)
        before = Case.objects.filter(applicant=applicant.number, type=type, state__in=UNFINISHED).first()
        if before is not None:
            raise BusinessError("case.applied_already", type=kind.label, number=before.number)
        say(applicant.context(reason, number))
        hands = [applicant.operator] if applicant.operator else []
        own = {"applicant": applicant.number, "holder": applicant.number, "makers": hands}
        case = made(number, kind, where, _own(applicant, kind, form), applicant.agency, "web", **own)
        return _hand_in(case, kind) if submit else case


def application_fill(*, applicant: Applicant, number: str, form: Mapping[str, Any]) -> Case:
    """Put in an application that lies with the applicant what ``form`` says instead of what it said."""
    with _lying(applicant, number, "填写申请") as (case, kind):
        filled = read_form(kind, _own(applicant, kind, form), whole=False)
        case.form, case.digest = dict(filled.json), digest(filled.json)
        case.save(update_fields=["form", "digest"])
        return case


def application_submit(*, applicant: Applicant, number: str, seen: str) -> Case:
    """Hand an application in, or hand in what was asked for; ``seen``: the digest of the form that was confirmed.

    Raises BusinessError where items, documents, rules or checks find something; all of it is told.
    """
    with _lying(applicant, number, "提交申请") as (case, kind):
        require_module(kind.module, case.region)
        require_seen(case, seen)
        return _hand_in(case, kind)


def application_withdraw(*, applicant: Applicant, number: str) -> Case:
    """Take back an application that nobody has taken up, or that lies with the applicant."""
    with declared(applicant.context("撤回申请", number)):
        case = _held(applicant, number)
        if case.state != State.PROPOSED:
            _require_lying(applicant, case)
        return withdrawn(case)


def application_attach(*, applicant: Applicant, number: str, kind: str, name: str, content: bytes) -> Attachment:
    """Put a paper into an application that lies with the applicant; of a kind that is not asked for it is any other."""
    case = application_get(applicant=applicant, number=number)
    _require_lying(applicant, case)
    asked = {one.kind for one in find_type(case.type, case.version).papers} | set(case.terms.get("papers", {}))
    kind = kind if kind in asked else OTHER
    return attachment_put(
        actor=applicant.acting(), matter=case.number, region=case.region_id, kind=kind, name=name, content=content,
        person=case.person,
    )  # fmt: skip


def application_detach(*, applicant: Applicant, number: str, paper: int) -> Attachment:
    """Take out of an application that lies with the applicant a paper that he put in."""
    case = application_get(applicant=applicant, number=number)
    _require_lying(applicant, case)
    if not own_papers(case).filter(pk=paper).exists():
        raise BusinessError("paper.not_there", paper=paper)
    return attachment_take_out(actor=applicant.acting(), attachment=paper, reason="申请人移除")


def own_papers(case: Case) -> QuerySet[Attachment]:
    """Return the papers of ``case`` that came from who applied for it."""
    found = Attachment.objects.filter(matter=case.number, state=Attachment.State.ATTACHED)
    return found.filter(added_by=case.applicant or "").order_by("pk")


def withdrawn(case: Case) -> Case:
    """Return ``case``, ended before anybody decided."""
    case.state, case.ended_at, case.holder = State.WITHDRAWN, timezone.now(), None
    case.save(update_fields=["state", "ended_at", "holder"])
    answered(case)
    return case


def _own(applicant: Applicant, kind: CaseType, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``form``, about the applicant himself whatever it says."""
    named = kind.names(applicant.about)
    assert named is not None
    return {**form, named: applicant.known_as[0]}


def _held(applicant: Applicant, number: str) -> Case:
    """Return an application, which nobody else changes until the transaction ends."""
    named = Case.objects.none() if "\x00" in number else applications(applicant).filter(number=number)
    found = named.select_for_update(of=("self",)).select_related("region").first()
    if found is None:
        raise not_there(number)
    if found.applicant != applicant.number:
        raise BusinessError("case.not_with_applicant", number=number)
    return found


def _require_lying(applicant: Applicant, case: Case) -> None:
    if case.applicant != applicant.number or not lies_with(applicant.number, case):
        raise BusinessError("case.not_with_applicant", number=case.number)


@contextmanager
def _lying(applicant: Applicant, number: str, reason: str) -> Iterator[tuple[Case, CaseType]]:
    """Yield a case that lies with the applicant, and its type, inside what is declared."""
    with declared(applicant.context(reason, number)):
        case = _held(applicant, number)
        _require_lying(applicant, case)
        yield case, find_type(case.type, case.version)


def _hand_in(case: Case, kind: CaseType) -> Case:
    filled = read_form(kind, case.form, whole=True)
    if problems := kind.problems(filled.values):
        raise problems_of(problems)
    require_papers(case, kind, filled.values)
    case.holder, case.due_on = case.maker, accepted_by(timezone.localdate())
    if case.maker is None:
        case.state, case.applied_at = State.PROPOSED, timezone.now()
    case.save(update_fields=["holder", "due_on", "state", "applied_at"])
    answered(case)
    return case


def supplement_asked(case: Case) -> Notice | None:
    """Return what the applicant of ``case`` is asked for now."""
    return case.notices.filter(kind="supplement", answered_at=None).first() if case.holder == case.applicant else None
