"""A case as who applied for it follows it: where it stands, what was done and comes, what he must do and by when.

Rule (S4-168 前台结果反馈): told in plain words, with its days. Shown of what was decided: that it was, and the opinion
of a refusal; of what the house told him, all. What officers write to each other, and who they are, is not.

Invariant: nothing here is masked, for it is his own; nothing is told that concerns the house alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from renshe.core.casework.applying import Applicant, supplement_asked
from renshe.core.casework.models import Case, Notice, State, Verdict
from renshe.core.casework.papers import lies_with
from renshe.core.casework.types import CaseType, find_type


@dataclass(frozen=True, slots=True)
class Stage:
    """One thing on the way: ``at``: when it was done (None: it comes); ``now``: it is what the case waits for."""

    label: str
    at: dt.datetime | None = None
    now: bool = False
    told: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """A case in a list of who applied. ``state``: as badges know it; ``told``: in plain words; ``task``: what he has to
    do, until ``until`` where there is a day; ``due_on``: until when the house is to have done."""

    number: str
    label: str
    state: str
    told: str
    task: str
    until: dt.date | None
    due_on: dt.date | None


def followed(applicant: Applicant, case: Case) -> Followed:
    """Return where ``case``, which is one of the applicant's, stands for him."""
    kind = find_type(case.type, case.version)
    state, told = _standing(case, kind)
    task, until = "", None
    if lies_with(applicant.number, case):
        asked = supplement_asked(case)
        task, until = ("补正后重新提交", asked.due_on) if asked else ("填写完整后提交", None)
        state, told = ("returned", "需要您补正") if asked else ("draft", "草稿，还没有提交")
    due = case.due_on if case.state == State.OPEN else None
    return Followed(case.number, kind.label, state, told, task, until, due)


def stages(case: Case) -> Sequence[Stage]:
    """Return what was done with ``case``, and what comes."""
    return [*_done(case), *_coming(case)]


def _standing(case: Case, kind: CaseType) -> tuple[str, str]:
    if case.state == State.PROPOSED:
        return "proposed", "已提交，等待受理"
    if case.state in (State.DRAFT, State.RETURNED):
        return "open", "工作人员正在核对"
    if case.state == State.OPEN:
        return "open", f"正在{kind.steps[case.step].label}"
    if case.state == State.WITHDRAWN and case.notices.filter(kind="declined").exists():
        return "refused", "不予受理"
    return case.state, State(case.state).label


def _done(case: Case) -> Iterator[Stage]:
    """Yield in the order of time what was done; of what was handed in again, what counts."""
    kind = find_type(case.type, case.version)
    found = [Stage("提交申请", case.applied_at)] if case.applied_at else []
    for one in case.notices.order_by("pk"):
        found += _noticed(one)
    for decision in case.decisions.filter(round=case.round).exclude(verdict=Verdict.RETURN).order_by("pk"):
        if decision.verdict == Verdict.SUBMIT:
            found.append(Stage("受理", decision.at))
        elif decision.step is not None:
            refused = decision.verdict == Verdict.REFUSE
            label = kind.steps[decision.step].label
            found.append(
                Stage(f"{label}：不予办理" if refused else label, decision.at, told=decision.opinion * refused)
            )
    if case.ended_at is not None and case.state in (State.DONE, State.WITHDRAWN):
        found.append(Stage("办结" if case.state == State.DONE else "申请终止", case.ended_at))
    yield from sorted(found, key=lambda stage: (stage.at is None, stage.at))


def _noticed(one: Notice) -> Iterator[Stage]:
    yield Stage("请您补正" if one.kind == "supplement" else "不予受理", one.at, told=one.told)
    if one.answered_at is not None:
        yield Stage("补正结束", one.answered_at)


def _coming(case: Case) -> Iterator[Stage]:
    """Yield what is still to be done, what the case waits for first."""
    if case.ended_at is not None:
        return
    kind, open_now = find_type(case.type, case.version), case.state == State.OPEN
    if case.applicant and case.applied_at is None:
        yield Stage("提交申请", now=True)
    if not open_now:
        yield Stage("受理", now=case.holder != case.applicant or case.applicant is None)
    for at in case.terms.get("steps", range(len(kind.steps))):
        if not open_now or at >= case.step:
            yield Stage(kind.steps[at].label, now=open_now and at == case.step)
    yield Stage("办结")
