"""Everything that can be done with a case. Whoever calls – page, API, command – it is done here.

Rule (S2-10, S2-41, S4-111; 经办条例第37条): who enters a case does not check it, who checks it does not approve it;
each decision is a row that is put in. When the last one is made, the effect is carried out in the same transaction;
where it cannot be, nothing of the decision stands, and the case says why.

Invariant: a case is done if and only if its effect was carried out. What somebody decides is what he saw: the digest
of the form goes with every decision.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from renshe.core.casework.deadlines import Rest, due_on
from renshe.core.casework.forms import Filled, read
from renshe.core.casework.models import Case, Decision, State, Verdict
from renshe.core.casework.types import CaseType, Step, find_type
from renshe.core.errors import BusinessError
from renshe.core.filing.numbering import draw
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.rights import require

_EDITABLE = (State.DRAFT, State.RETURNED)


def case_start(*, actor: Actor, type: str, region: str, form: Mapping[str, Any], channel: str = "counter") -> Case:
    """Open a case as a draft; return it. What is filled in may still have gaps.

    Raises BusinessError where the actor may not enter this in the region, or an item cannot be read.
    """
    kind = _type(type)
    require(actor, kind.enter, region)
    if channel not in kind.channels:
        raise BusinessError("case.wrong_channel", type=kind.label, channel=channel)
    filled = _read(kind, form, whole=False)
    with declared(actor.context(f"受理{kind.label}")):
        number = draw(kind.prefix, region, timezone.localdate().year)
        return Case.objects.create(
            number=number,
            type=kind.name,
            version=kind.version,
            region_id=region,
            agency=actor.agency,
            maker=actor.operator,
            holder=actor.operator,
            channel=channel,
            form=dict(filled.json),
            digest=digest(filled.json),
            **_subject(kind, filled),
        )


def case_fill(*, actor: Actor, number: str, form: Mapping[str, Any]) -> Case:
    """Put in a draft, or in a case that was returned, what ``form`` says instead of what it said."""
    with declared(actor.context("填写表单", case=number)):
        case, kind = _held(number)
        _require_maker(actor, case, kind)
        if case.state not in _EDITABLE:
            raise BusinessError("case.not_editable", number=number, state=State(case.state).label)
        filled = _read(kind, form, whole=False)
        case.form, case.digest = dict(filled.json), digest(filled.json)
        for name, value in _subject(kind, filled).items():
            setattr(case, name, value)
        case.save()
        return case


def case_submit(*, actor: Actor, number: str, seen: str) -> Case:
    """Hand a case in: from now on others decide. ``seen``: the digest of the form that the maker confirmed.

    Raises BusinessError where items, documents or checks lack something; the first of each is told.
    """
    with declared(actor.context("提交", case=number)):
        case, kind = _held(number)
        _require_maker(actor, case, kind)
        if case.state not in _EDITABLE:
            raise BusinessError("case.not_editable", number=number, state=State(case.state).label)
        _require_seen(case, seen)
        filled = _read(kind, case.form, whole=True)
        if problems := kind.problems(filled.values):
            raise BusinessError("case.problems", problems="；".join(problems.values()))
        case.round += 1
        case.step, case.state, case.holder, case.failure = 0, State.OPEN, None, None
        case.submitted_at = timezone.now()
        case.due_on = due_on(timezone.localdate(), kind.workdays, _rests(case))
        case.save()
        Decision.objects.create(
            case=case, round=case.round, operator=actor.operator, verdict=Verdict.SUBMIT, digest=case.digest
        )
        return case


def case_decide(*, actor: Actor, number: str, verdict: str, seen: str, opinion: str = "") -> Case:
    """Decide the step that a case waits for; with the last agreement its effect is carried out.

    ``seen``: the digest of the form that was looked at. Raises BusinessError where the actor may not decide, somebody
    else was quicker, or the effect cannot be carried out: then the case stays undecided and says why.
    """
    try:
        return _decide(actor, number, Verdict(verdict), seen, opinion)
    except EffectFailed as failed:
        with declared(actor.context("记录未能办结的原因", case=number)):
            Case.objects.filter(number=number, state=State.OPEN).update(failure=failed.told)
        raise BusinessError("case.effect_failed", number=number, reason=failed.told) from failed


class EffectFailed(Exception):
    """The effect of a case could not be carried out; ``told``: why, in words for whoever decided."""

    def __init__(self, told: str) -> None:
        self.told = told
        super().__init__(told)


def _decide(actor: Actor, number: str, verdict: Verdict, seen: str, opinion: str) -> Case:
    with declared(actor.context(verdict.label, case=number)):
        case, kind = _held(number)
        if case.state != State.OPEN:
            raise BusinessError("case.not_open", number=number, state=State(case.state).label)
        step = kind.steps[case.step]
        require(actor, step.operation, case.region_id)
        _require_apart(actor, case, step)
        _require_seen(case, seen)
        if verdict not in (Verdict.AGREE, Verdict.RETURN, Verdict.REFUSE):
            raise BusinessError("case.no_such_verdict", verdict=verdict)
        if verdict != Verdict.AGREE and not opinion.strip():
            raise BusinessError("case.opinion_missing", verdict=verdict.label)
        Decision.objects.create(
            case=case,
            round=case.round,
            step=case.step,
            operator=actor.operator,
            verdict=verdict,
            opinion=opinion,
            digest=case.digest,
        )
        if verdict == Verdict.AGREE:
            _go_on(actor, case, kind, step)
        else:
            case.state = State.RETURNED if verdict == Verdict.RETURN else State.REFUSED
            case.holder = case.maker if verdict == Verdict.RETURN else None
            case.ended_at = None if verdict == Verdict.RETURN else timezone.now()
        case.save()
        return case


def _go_on(actor: Actor, case: Case, kind: CaseType, step: Step) -> None:
    """Take a case on to its next step, or carry out its effect after the last."""
    agreed = case.decisions.filter(round=case.round, step=case.step, verdict=Verdict.AGREE).count()
    if agreed < step.quorum:
        return
    case.step += 1
    case.holder = None
    if case.step < len(kind.steps):
        return
    filled = _read(kind, case.form, whole=True)
    try:
        with declared(actor.context(f"办结{kind.label}", case=case.number, approval=case.number)):
            kind.effect(case, filled.values)
    except BusinessError as refused:
        raise EffectFailed(str(refused)) from refused
    except DatabaseError as refused:
        # The database's own refusals (sealed, no approval) begin with their Chinese line.
        raise EffectFailed(str(refused).partition("\n")[0]) from refused
    case.state, case.ended_at, case.failure = State.DONE, timezone.now(), None


def case_withdraw(*, actor: Actor, number: str, reason: str) -> Case:
    """Take a case back that nobody has finished: only its maker may."""
    with declared(actor.context(f"撤回：{reason}", case=number)):
        case, kind = _held(number)
        _require_maker(actor, case, kind)
        if case.state not in (*_EDITABLE, State.OPEN):
            raise BusinessError("case.not_open", number=number, state=State(case.state).label)
        if not reason.strip():
            raise BusinessError("case.opinion_missing", verdict="撤回")
        case.state, case.ended_at, case.holder = State.WITHDRAWN, timezone.now(), None
        case.save()
        return case


def digest(form: Mapping[str, Any]) -> str:
    """Return what stands for exactly this form."""
    told = json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def _type(name: str) -> CaseType:
    try:
        return find_type(name)
    except KeyError:
        raise BusinessError("case.no_such_type", type=name) from None


def _held(number: str) -> tuple[Case, CaseType]:
    """Return a case, which nobody else changes until the transaction ends, and its type."""
    case = Case.objects.select_for_update().filter(number=number).first()
    if case is None:
        raise BusinessError("case.not_there", number=number)
    return case, find_type(case.type, case.version)


def _require_maker(actor: Actor, case: Case, kind: CaseType) -> None:
    require(actor, kind.enter, case.region_id)
    if actor.operator != case.maker:
        raise BusinessError("case.not_the_maker", number=case.number)


def _require_apart(actor: Actor, case: Case, step: Step) -> None:
    """The database refuses it too; here it is said in words."""
    if case.decisions.filter(round=case.round, operator=actor.operator).exists():
        raise BusinessError("case.same_person", step=step.label)


def _require_seen(case: Case, seen: str) -> None:
    if seen != case.digest:
        raise BusinessError("case.changed_meanwhile", number=case.number)


def _read(kind: CaseType, form: Mapping[str, Any], *, whole: bool) -> Filled:
    """Read a form; a draft may have gaps."""
    filled = read(kind.items, form)
    required = {one.name for one in kind.items if one.required and form.get(one.name) in (None, "")}
    problems = {name: told for name, told in filled.problems.items() if whole or name not in required}
    if problems:
        raise BusinessError("case.problems", problems="；".join(problems.values()))
    return filled


def _subject(kind: CaseType, filled: Filled) -> dict[str, str | None]:
    about = {"person": kind.person, "unit": kind.unit}
    return {name: str(filled.json[item]) if item and filled.json.get(item) else None for name, item in about.items()}


def _rests(case: Case) -> list[Rest]:
    return [Rest(one.begins_on, one.ends_on, one.days) for one in case.pauses.all()]
