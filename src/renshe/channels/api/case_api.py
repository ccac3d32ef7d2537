"""Cases: begun, looked at, decided, searched."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest
from ninja import Router, Status

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.paging import Limit
from renshe.channels.api.schemas import (
    Assign,
    CaseOut,
    Decide,
    DecideMany,
    Disclose,
    Extend,
    Fill,
    OutcomeOut,
    Page,
    Reason,
    RowOut,
    Search,
    Seen,
    Short,
    Start,
)
from renshe.core.casework import deciding, leading, searching, services, showing
from renshe.core.casework.models import Case
from renshe.core.casework.selectors import case_get

router = Router(tags=["业务"])
Box = Literal["mine", "waiting", "returned", "late", "proposed", "reminded"]


def _told(request: HttpRequest, case: Case) -> object:
    return showing.case_shown(actor_of(request), case)


@router.post("/cases", response=answers(CaseOut, 201), summary="受理")
def case_start(request: HttpRequest, told: Start) -> object:
    """Begin a case; with ``submit`` hand it in at once."""
    actor = actor_of(request)
    channel = "counter" if actor.token is None else "api"
    case = services.case_start(
        actor=actor, type=told.type, region=told.region, form=told.form, channel=channel, submit=told.submit
    )
    return Status(201, _told(request, case))


@router.post("/cases/search", response=answers(Page[RowOut]), summary="查询业务")
def case_search(request: HttpRequest, told: Search) -> object:
    """Return the cases that the caller may look at, newest first."""
    asked = told.model_dump(exclude={"after", "limit"}, exclude_none=True)
    rows, after = searching.cases_found(actor_of(request), after=told.after, limit=told.limit, **asked)
    return {"items": rows, "after": after}


@router.get("/inbox/{box}", response=answers(Page[RowOut]), summary="待办")
def inbox(request: HttpRequest, box: Box, after: Short | None = None, limit: Limit = 50) -> object:
    """Return what waits: ``mine``, ``waiting`` for my post, ``returned``, ``late``, ``proposed``, ``reminded``."""
    rows, further = searching.inbox(actor_of(request), box, after=after, limit=limit)
    return {"items": rows, "after": further}


@router.get("/cases/{number}", response=answers(CaseOut), summary="查看业务")
def case_inspect(request: HttpRequest, number: str) -> object:
    """Return one case."""
    return _told(request, case_get(actor=actor_of(request), number=number))


@router.put("/cases/{number}/form", response=answers(CaseOut), summary="填写表单")
def case_fill(request: HttpRequest, number: str, told: Fill) -> object:
    """Put in what the form says instead of what it said."""
    return _told(request, services.case_fill(actor=actor_of(request), number=number, form=told.form))


@router.post("/cases/{number}/submission", response=answers(CaseOut), summary="提交")
def case_submit(request: HttpRequest, number: str, told: Seen) -> object:
    """Hand a case in."""
    return _told(request, services.case_submit(actor=actor_of(request), number=number, seen=told.seen))


@router.post("/cases/{number}/decisions", response=answers(CaseOut), summary="复核、审批")
def case_decide(request: HttpRequest, number: str, told: Decide) -> object:
    """Decide the step that a case waits for."""
    case = deciding.case_decide(
        actor=actor_of(request), number=number, verdict=told.verdict, seen=told.seen, opinion=told.opinion
    )
    return _told(request, case)


@router.post("/decisions", response=answers(list[OutcomeOut]), summary="批量复核")
def cases_decide(request: HttpRequest, told: DecideMany) -> object:
    """Decide many cases of one type alike."""
    found = deciding.cases_decide(
        actor=actor_of(request),
        type=told.type,
        verdict=told.verdict,
        cases=[(one.number, one.seen) for one in told.cases],
        opinion=told.opinion,
    )
    return [
        {
            "number": one.number,
            "state": one.state,
            "code": one.refusal.code if one.refusal else None,
            "detail": str(one.refusal) if one.refusal else None,
        }
        for one in found
    ]


@router.post("/cases/{number}/withdrawal", response=answers(CaseOut), summary="撤回")
def case_withdraw(request: HttpRequest, number: str, told: Reason) -> object:
    """Take a case back."""
    return _told(request, services.case_withdraw(actor=actor_of(request), number=number, reason=told.reason))


@router.post("/cases/{number}/taking", response=answers(CaseOut), summary="认领")
def case_take(request: HttpRequest, number: str) -> object:
    """Take up a case that another matter set off."""
    return _told(request, services.case_take(actor=actor_of(request), number=number))


@router.post("/cases/{number}/assignment", response=answers(CaseOut), summary="改派")
def case_assign(request: HttpRequest, number: str, told: Assign) -> object:
    """Hand a case over to somebody by name."""
    case = leading.case_assign(actor=actor_of(request), number=number, operator=told.operator, reason=told.reason)
    return _told(request, case)


@router.post("/cases/{number}/suspension", response=answers(CaseOut), summary="中止")
def case_pause(request: HttpRequest, number: str, told: Reason) -> object:
    """Let the time limit rest."""
    return _told(request, leading.case_pause(actor=actor_of(request), number=number, ground=told.reason))


@router.post("/cases/{number}/resumption", response=answers(CaseOut), summary="恢复")
def case_resume(request: HttpRequest, number: str, told: Reason) -> object:
    """Let the time limit run again."""
    return _told(request, leading.case_resume(actor=actor_of(request), number=number, ground=told.reason))


@router.post("/cases/{number}/extension", response=answers(CaseOut), summary="延长")
def case_extend(request: HttpRequest, number: str, told: Extend) -> object:
    """Give a case more time."""
    actor = actor_of(request)
    case = leading.case_extend(actor=actor, number=number, workdays=told.workdays, ground=told.reason)
    return _told(request, case)


@router.post("/cases/{number}/disclosure", response=answers(dict[str, object]), summary="查看未脱敏数据")
def case_reveal(request: HttpRequest, number: str, told: Disclose) -> object:
    """Show items of a form whole; it is recorded."""
    return showing.case_reveal(actor=actor_of(request), number=number, items=told.items, reason=told.reason)
