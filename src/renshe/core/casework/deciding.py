"""What others decide of a case, and what becomes of it: the effect, in the transaction of the last decision.

Rule (S2-10, S2-14, S4-111; 经办条例 第三十七条): a decision is a row put in by somebody who is granted this step in the
region, or by a deputy, and who has had no other hand in the case. Checks of the type are made again before the effect:
no post gets round them (S4-87).

Invariant: a case is done if and only if its effect was carried out; one that fails leaves the case undecided, with the
reason.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.utils import timezone

from renshe.core.casework.delegating import stands_in_for
from renshe.core.casework.held import held, not_there, problems_of, read_form, require_here, require_seen, require_state
from renshe.core.casework.models import Case, Decision, Pause, State, Verdict
from renshe.core.casework.types import CaseType, Step
from renshe.core.errors import BusinessError
from renshe.core.filing.attachments import attachments_hold
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.rights import may
from renshe.core.org.switching import require_module

_DECIDED = (Verdict.AGREE, Verdict.RETURN, Verdict.REFUSE)
MOST = 200
"""How many cases are decided at once at most."""

log = logging.getLogger(__name__)


def case_decide(*, actor: Actor, number: str, verdict: str, seen: str, opinion: str = "") -> Case:
    """Decide the step that a case waits for; with the last agreement its effect is carried out.

    ``seen``: the digest of the form that was looked at. Raises BusinessError where the actor may not decide, somebody
    else was quicker, or the effect cannot be carried out: then the case stays undecided and says why.
    """
    if verdict not in _DECIDED:
        raise BusinessError("case.no_such_verdict", verdict=verdict)
    try:
        return _decide(actor, number, Verdict(verdict), seen, opinion)
    except _EffectFailed as failed:
        with declared(actor.context("记录未能办结的原因", case=number)):
            Case.objects.filter(number=number, state=State.OPEN).update(failure=failed.told)
        raise BusinessError("case.effect_failed", number=number, reason=failed.told) from failed


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of many: its new state, or why it was refused."""

    number: str
    state: str | None
    refusal: BusinessError | None


def cases_decide(
    *, actor: Actor, type: str, verdict: str, cases: Sequence[tuple[str, str]], opinion: str = ""
) -> list[Outcome]:
    """Decide many ``cases`` (number, digest seen) of one type alike; each by itself, and what is refused is told."""
    if not cases or len(cases) > MOST:
        raise BusinessError("case.too_many", most=MOST)
    seen_of = dict(cases)
    # Whoever goes through many goes through them in the same order, so that no two wait for each other.
    numbers = [one for one in sorted(seen_of) if "\x00" not in one]
    with transaction.atomic():
        named = Case.objects.select_for_update(of=("self",)).filter(number__in=numbers).order_by("number")
        types = dict(named.values_list("number", "type"))
        found = {}
        for number in sorted(seen_of):
            try:
                if types.get(number, type) != type:
                    raise not_there(number)
                state = case_decide(
                    actor=actor, number=number, verdict=verdict, seen=seen_of[number], opinion=opinion
                ).state
                found[number] = Outcome(number, state, None)
            except BusinessError as refused:
                found[number] = Outcome(number, None, refused)
    return [found[number] for number in seen_of]


def may_decide(actor: Actor, case: Case, kind: CaseType) -> bool:
    """Whether ``actor`` would be let decide the step that ``case`` waits for, for himself or for somebody."""
    try:
        _require_right(actor, case, kind)
    except BusinessError:
        return False
    return True


class _EffectFailed(Exception):
    """The effect of a case could not be carried out; ``told``: why, in words for whoever decided."""

    def __init__(self, told: str) -> None:
        self.told = told
        super().__init__(told)


def _decide(actor: Actor, number: str, verdict: Verdict, seen: str, opinion: str) -> Case:
    with declared(actor.context(verdict.label, case=number)):
        case, kind = held(number)
        on_behalf = _require_right(actor, case, kind)
        require_seen(case, seen)
        if verdict != Verdict.AGREE and not opinion.strip():
            raise BusinessError("case.opinion_missing", verdict=verdict.label)
        Decision.objects.create(
            case=case,
            round=case.round,
            step=case.step,
            operator=actor.operator,
            on_behalf=on_behalf,
            verdict=verdict,
            opinion=opinion,
            digest=case.digest,
        )
        if verdict == Verdict.AGREE:
            _go_on(actor, case, kind)
        else:
            case.state = State.RETURNED if verdict == Verdict.RETURN else State.REFUSED
            case.holder = case.maker if verdict == Verdict.RETURN else None
            case.ended_at = None if verdict == Verdict.RETURN else timezone.now()
            # A new round has its whole time.
            case.due_on = None if verdict == Verdict.RETURN else case.due_on
        case.save(update_fields=["step", "state", "holder", "ended_at", "failure", "due_on"])
        return case


def _require_right(actor: Actor, case: Case, kind: CaseType) -> str | None:
    """Refuse who may not decide the step that ``case`` waits for; return in whose place the actor does, if in
    somebody's."""
    at = min(case.step, len(kind.steps) - 1)
    step = kind.steps[at]
    on_behalf = None
    if case.holder not in (None, actor.operator):
        # What lies with somebody by name is decided by him, or by who stands in for him.
        on_behalf = stands_in_for(actor, step, case, absent=case.holder)
    if on_behalf is None and not may(actor, step.operation, case.region):
        on_behalf = stands_in_for(actor, step, case)
        if on_behalf is None:
            require_here(actor, step.operation, case)
    require_state(case, State.OPEN)
    _require_apart(actor, case, step, on_behalf)
    if case.holder is not None and case.holder not in (actor.operator, on_behalf):
        raise BusinessError("case.assigned", number=case.number)
    if case.due_on is None and Pause.objects.filter(case=case, kind="suspend", ends_on=None).exists():
        raise BusinessError("case.paused", number=case.number)
    return on_behalf


def _require_apart(actor: Actor, case: Case, step: Step, on_behalf: str | None) -> None:
    """The database refuses it too; here it is said in words."""
    hands = {actor.operator, on_behalf} - {None}
    had = {*case.makers, case.maker}
    for operator, absent in case.decisions.filter(round=case.round).values_list("operator", "on_behalf"):
        had |= {operator, absent}
    if hands & had:
        raise BusinessError("case.same_person", step=step.label)


def _go_on(actor: Actor, case: Case, kind: CaseType) -> None:
    """Take a case on to its next step, or carry out its effect after the last."""
    step = kind.steps[case.step]
    if step.quorum > 1:
        agreed = case.decisions.filter(round=case.round, step=case.step, verdict=Verdict.AGREE).count()
        if agreed < step.quorum:
            case.holder = None
            return
    case.step = _next(case, kind)
    case.holder = None
    if case.step < len(kind.steps):
        return
    require_module(kind.module, case.region)
    try:
        filled = read_form(kind, case.form, whole=True)
        if problems := kind.problems(filled.values, judged=_handed_in_today(case)):
            raise problems_of(problems)
        with declared(actor.context(f"办结{kind.label}", case=case.number, approval=case.number)):
            kind.effect(case, filled.values)
            attachments_hold(matter=case.number)
    except BusinessError as refused:
        raise _EffectFailed(str(refused)) from refused
    except DatabaseError as refused:
        raise _EffectFailed(_database_says(refused)) from refused
    except Exception as fault:
        # A fault of the program: the case says so, whoever keeps the system finds it in the log. No values in either.
        log.exception("effect of %s (%s) failed", kind.name, case.number)
        raise _EffectFailed(f"程序出错（{type(fault).__name__}），请联系信息管理人员") from fault
    case.state, case.ended_at, case.failure = State.DONE, timezone.now(), None


def _handed_in_today(case: Case) -> bool:
    return case.submitted_at is not None and timezone.localdate(case.submitted_at) == timezone.localdate()


def _next(case: Case, kind: CaseType) -> int:
    """Return the place of the next step that was found to apply when the case was handed in; behind the last, none."""
    passed = case.terms.get("steps", range(len(kind.steps)))
    return next((at for at in passed if at > case.step), len(kind.steps))


def _database_says(refused: DatabaseError) -> str:
    """Return a refusal of the database by the name of its constraint: what it says itself has values in it."""
    cause = refused.__cause__
    name = getattr(getattr(cause, "diag", None), "constraint_name", None) or getattr(cause, "sqlstate", None)
    return f"数据库拒绝了修改（{name}），请联系信息管理人员"
