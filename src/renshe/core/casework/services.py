"""What is done to a case by who answers for it: started, filled, submitted, withdrawn, taken up.

Rule (S2-10, S2-11): a draft is nothing; what the maker confirmed is submitted, and from then on others decide
(``deciding``). What one matter sets off elsewhere, or somebody applied for (``applying``), waits for somebody to take
it up (S4-8).

Invariant: each service is one transaction; what it refuses changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from renshe.core.casework.deadlines import accepted_by, due_on
from renshe.core.casework.held import (
    EDITABLE,
    digest,
    find_kind,
    held,
    problems_of,
    read_form,
    require_editable,
    require_here,
    require_maker,
    require_seen,
    require_state,
    subject,
)
from renshe.core.casework.making import made, number_drawn, region_standing
from renshe.core.casework.models import Case, Decision, Notice, State, Verdict
from renshe.core.casework.notices import answered
from renshe.core.casework.papers import require_papers
from renshe.core.casework.types import CaseType
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared, say
from renshe.core.org.actor import Actor
from renshe.core.org.rights import require
from renshe.core.org.switching import require_module


def case_start(
    *,
    actor: Actor,
    type: str,
    region: str,
    form: Mapping[str, Any],
    channel: str = "counter",
    submit: bool = False,
) -> Case:
    """Open a case as a draft, or hand it in at once (``submit``); return it. A draft may still have gaps.

    Raises BusinessError where the actor may not enter this in the region, or an item cannot be read.
    """
    kind = find_kind(type)
    where = region_standing(region)
    require(actor, kind.enter, where)
    require_module(kind.module, where)
    if channel not in kind.channels:
        raise BusinessError("case.wrong_channel", type=kind.label, channel=channel)
    hand = actor.operator
    reason = f"受理{kind.label}"
    with declared(actor.context(reason)):
        number = number_drawn(kind, where)
        say(actor.context(reason, case=number))
        case = made(number, kind, where, form, actor.agency, channel, maker=hand, makers=[hand], holder=hand)
        return _hand_in(actor, case, kind) if submit else case


def case_propose(*, origin: Case, type: str, region: str, form: Mapping[str, Any], agency: str) -> Case:
    """Propose a case that ``origin`` sets off, inside the effect of ``origin``; who may enter it takes it up."""
    kind = find_kind(type)
    where = region_standing(region)
    more = {"origin": origin, "state": State.PROPOSED, "due_on": accepted_by(timezone.localdate())}
    return made(number_drawn(kind, where), kind, where, form, agency, "event", **more)


def case_take(*, actor: Actor, number: str) -> Case:
    """Take up a case that was proposed: from now on the actor answers for it."""
    with declared(actor.context("认领业务", case=number)):
        case, kind = held(number)
        require_here(actor, kind.enter, case)
        require_state(case, State.PROPOSED)
        if actor.operator in case.makers:
            # He applied for it himself.
            raise BusinessError("case.same_person", step="经办")
        case.maker = case.holder = actor.operator
        case.makers, case.state, case.agency = [*case.makers, actor.operator], State.DRAFT, actor.agency
        case.save()
        return case


def case_fill(*, actor: Actor, number: str, form: Mapping[str, Any]) -> Case:
    """Put in a draft, or in a case that was returned, what ``form`` says instead of what it said."""
    with declared(actor.context("填写表单", case=number)):
        case, kind = held(number)
        require_maker(actor, case, kind)
        require_editable(case)
        filled = read_form(kind, form, whole=False)
        case.form, case.digest = dict(filled.json), digest(filled.json)
        about = subject(kind, filled)
        if case.applicant and about != {name: getattr(case, name) for name in about}:
            raise BusinessError("case.applicants_own")
        for name, value in about.items():
            setattr(case, name, value)
        case.save()
        return case


def case_submit(*, actor: Actor, number: str, seen: str) -> Case:
    """Hand a case in: from now on others decide. ``seen``: the digest of the form that the maker confirmed.

    Raises BusinessError where items, documents, rules or checks find something; all of it is told.
    """
    with declared(actor.context("提交", case=number)):
        case, kind = held(number)
        require_maker(actor, case, kind)
        require_editable(case)
        require_module(kind.module, case.region)
        require_seen(case, seen)
        return _hand_in(actor, case, kind)


def case_withdraw(*, actor: Actor, number: str, reason: str) -> Case:
    """Take a case back that nobody has finished: only its maker may."""
    with declared(actor.context(f"撤回：{reason}", case=number)):
        case, kind = held(number)
        require_maker(actor, case, kind)
        require_state(case, *EDITABLE, State.OPEN)
        if not reason.strip():
            raise BusinessError("case.opinion_missing", verdict="撤回")
        case.state, case.ended_at, case.holder = State.WITHDRAWN, timezone.now(), None
        case.save()
        if case.applicant:
            answered(case)
            Notice.objects.create(case=case, kind="declined", told=reason, by=actor.operator)
        return case


def _hand_in(actor: Actor, case: Case, kind: CaseType) -> Case:
    filled = read_form(kind, case.form, whole=True)
    if problems := kind.problems(filled.values):
        raise problems_of(problems)
    require_papers(case, kind, filled.values)
    case.round += 1
    _set_steps(case, kind, kind.steps_passed(filled.values))
    case.state, case.holder, case.failure = State.OPEN, None, None
    case.submitted_at = timezone.now()
    # What rested before, rested in a round that is over.
    case.due_on = due_on(timezone.localdate(), case.terms.get("workdays", kind.workdays), ())
    changed = ["round", "step", "needed", "terms", "state", "holder", "failure", "submitted_at", "due_on"]
    case.save(update_fields=changed)
    if case.applicant:
        answered(case)
    Decision.objects.create(
        case=case, round=case.round, operator=actor.operator, verdict=Verdict.SUBMIT, digest=case.digest
    )
    return case


def _set_steps(case: Case, kind: CaseType, passed: Sequence[int]) -> None:
    """Fix which steps ``case`` passes from now on, and so how many people must agree."""
    if len(passed) < len(kind.steps) or "steps" in case.terms:
        case.terms = {**case.terms, "steps": list(passed)}
    case.step = passed[0]
    case.needed = sum(kind.steps[at].quorum for at in passed)
