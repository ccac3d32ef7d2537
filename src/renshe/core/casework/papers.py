"""The papers of a case: what must be there, who may put in or take out, what is kept.

Rule (S1-13 研究确定要件手续,规范附件内容; S1-66 保存好数据修改依据; S2-40): a case is not handed in while a document is
lacking; while others decide nobody changes its papers; once its effect stands they are held.

Invariant: only who answers for a case, or the applicant with whom it lies, changes its papers, and only while its form
can be changed as well.
"""

from __future__ import annotations

from renshe.core.casework.held import EDITABLE, require_editable, require_maker
from renshe.core.casework.local import papers_of
from renshe.core.casework.models import Case
from renshe.core.casework.showing import on_desk
from renshe.core.casework.types import CaseType, Paper, Values, find_type
from renshe.core.errors import BusinessError
from renshe.core.filing.attachments import guard, kinds_attached, knows
from renshe.core.org.actor import Actor


def papers_lacking(case: Case, kind: CaseType, values: Values) -> list[Paper]:
    """Return the documents that ``case`` needs and has not."""
    needed = papers_of(case, kind, values)
    there = kinds_attached(case.number) if needed else set()
    return [one for one in needed if one.kind not in there]


def papers_labels(case: Case, kind: CaseType) -> dict[str, str]:
    """Return what the documents of ``case`` are called, by kind, the place's own included."""
    return {one.kind: one.label for one in kind.papers} | dict(case.terms.get("papers", {}))


def require_papers(case: Case, kind: CaseType, values: Values) -> None:
    """Refuse a case that lacks a document."""
    if lacking := papers_lacking(case, kind, values):
        raise BusinessError("case.papers_missing", papers="、".join(one.label for one in lacking))


def lies_with(applicant: str, case: Case) -> bool:
    """Whether ``case`` lies with ``applicant``, who applied for it, to be filled in."""
    return case.applicant == case.holder == applicant and case.state in EDITABLE


@knows
def _on_desk(actor: Actor, matter: str) -> bool | None:
    """Whether the case ``matter`` lies with ``actor``, or the actor had a hand in it; None where it is no case."""
    case = Case.objects.select_related("region").filter(number=matter).first()
    if case is None:
        return None
    kind = find_type(case.type, case.version)
    had = actor.operator in case.makers or case.decisions.filter(operator=actor.operator).exists()
    return had or on_desk(actor, case, kind)


@guard
def _of_cases(actor: Actor, matter: str) -> None:
    """Refuse who does not answer for the case ``matter``, or comes after it was handed in."""
    case = Case.objects.select_for_update(of=("self",)).select_related("region").filter(number=matter).first()
    if case is not None and not lies_with(actor.operator, case):
        require_maker(actor, case, find_type(case.type, case.version))
        require_editable(case)
