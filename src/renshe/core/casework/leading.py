"""What who leads does with the cases of others: hands them over, lets them rest, gives them time.

Rule (issue 5; S1-63 exactly one person answers for a case; S4-155 a step goes to the right person): a case is handed
over to somebody who may do what it waits for; time rests while somebody else must act first; it is extended once at
most, by what its type allows.

Invariant: nobody hands a case over to, or extends a case for, himself; each step is in the journal with its ground.
"""

from __future__ import annotations

from django.db.models import Sum
from django.utils import timezone

from renshe.core.casework.deadlines import due_on, rests
from renshe.core.casework.delegating import LEAD
from renshe.core.casework.held import EDITABLE, held, require_here, require_state
from renshe.core.casework.models import Case, Pause, State
from renshe.core.casework.types import CaseType
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import may

PAUSE = "case.pause"
declare(Operation(PAUSE, "中止和恢复办理期限", "check"))


def case_assign(*, actor: Actor, number: str, operator: str, reason: str) -> Case:
    """Hand a case over: an open one to who shall decide its step, another to who answers for it from now on."""
    with declared(actor.context(f"改派：{reason}", case=number)):
        case, kind = held(number)
        require_here(actor, LEAD, case)
        require_state(case, *EDITABLE, State.OPEN)
        if not reason.strip():
            raise BusinessError("case.opinion_missing", verdict="改派")
        taker = actor_of(operator)
        if operator == actor.operator:
            raise BusinessError("org.not_for_oneself")
        needed = kind.steps[case.step].operation if case.state == State.OPEN else kind.enter
        if not may(taker, needed, case.region):
            raise BusinessError("case.assign_whom", number=operator)
        if case.maker is None:
            raise BusinessError("case.not_open", number=number, state="待申请人提交")
        entering = case.state != State.OPEN
        if operator in case.makers and (case.applicant or not entering):
            # Neither does who entered it decide, nor who applied for it enter it.
            raise BusinessError("case.same_person", step="经办" if entering else kind.steps[case.step].label)
        if entering:
            case.maker, case.agency = operator, taker.agency
            case.makers = [*case.makers, *({operator} - set(case.makers))]
        case.holder = operator
        case.save()
        return case


def case_pause(*, actor: Actor, number: str, ground: str) -> Case:
    """Let the time limit rest from today, while somebody else must act first."""
    with declared(actor.context(f"中止：{ground}", case=number)):
        case, _ = _resting(actor, number, PAUSE, ground)
        if case.due_on is None:
            raise BusinessError("case.paused", number=number)
        Pause.objects.create(case=case, round=case.round, kind="suspend", begins_on=timezone.localdate(), ground=ground)
        case.due_on = None
        case.save()
        return case


def case_resume(*, actor: Actor, number: str, ground: str) -> Case:
    """Let the time limit run again: the working days that passed do not count."""
    with declared(actor.context(f"恢复：{ground}", case=number)):
        case, kind = _resting(actor, number, PAUSE, ground)
        if not Pause.objects.filter(case=case, kind="suspend", ends_on=None).update(ends_on=timezone.localdate()):
            raise BusinessError("case.not_paused", number=number)
        return _set_due(case, kind)


def case_extend(*, actor: Actor, number: str, workdays: int, ground: str) -> Case:
    """Give a case more time: in all by as many working days at most as its type allows."""
    with declared(actor.context(f"延长：{ground}", case=number)):
        case, kind = _resting(actor, number, LEAD, ground)
        before = case.pauses.filter(kind="extend", round=case.round).aggregate(days=Sum("days"))["days"] or 0
        if before or not 1 <= workdays <= kind.extension:
            raise BusinessError("case.extension", most=kind.extension, given=before)
        if actor.operator in case.makers:
            raise BusinessError("org.not_for_oneself")
        Pause.objects.create(
            case=case, round=case.round, kind="extend", begins_on=timezone.localdate(), days=workdays, ground=ground
        )
        return _set_due(case, kind)


def _resting(actor: Actor, number: str, right: str, ground: str) -> tuple[Case, CaseType]:
    case, kind = held(number)
    require_here(actor, right, case)
    require_state(case, State.OPEN)
    if not ground.strip():
        raise BusinessError("org.reason_missing")
    return case, kind


def _set_due(case: Case, kind: CaseType) -> Case:
    assert case.submitted_at is not None
    submitted = timezone.localdate(case.submitted_at)
    case.due_on = due_on(submitted, case.terms.get("workdays", kind.workdays), rests(case))
    case.save()
    return case
