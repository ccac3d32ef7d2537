"""Clean-up every half year: looked for, listed, deleted and put back as approved."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.leading_schemas import (
    CandidateOut,
    CleanUp,
    CleanUpDueOut,
    CleanUpOut,
    DeleteCandidates,
    RestoreDeleted,
)
from renshe.channels.api.paging import Key, Limit, paged
from renshe.channels.api.schemas import CountOut, Page
from renshe.core.registers import cleaning

router = Router(tags=["登记簿"])


@router.post("/registers/clean-ups", response=answers(CleanUpOut, 201), summary="半年数据清理")
def clean_up(request: HttpRequest, told: CleanUp) -> object:
    """List what is out of date or double in the caller's regions."""
    return Status(201, cleaning.clean_up(actor=actor_of(request), **told.model_dump()))


@router.get("/registers/clean-ups/due", response=answers(list[CleanUpDueOut]), summary="应做的数据清理")
def clean_ups_due(request: HttpRequest) -> object:
    """Return the agencies that left out the clean-up of the half year that is over."""
    found = cleaning.clean_ups_due(actor_of(request))
    return [{"agency": agency, "year": year, "half": half} for agency, year, half in found]


@router.get("/registers/candidates", response=answers(Page[CandidateOut]), summary="待清理数据")
def candidates(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return the rows that may go, found last first."""
    return paged(cleaning.candidates(actor_of(request)), after, limit)


@router.post("/registers/candidates/deletion", response=answers(CountOut), summary="清理数据")
def candidates_delete(request: HttpRequest, told: DeleteCandidates) -> object:
    """Delete rows under the approval that names them."""
    return {"count": cleaning.candidates_delete(actor=actor_of(request), **told.model_dump())}


@router.post("/registers/restorations", response=answers(CountOut), summary="恢复已删除数据")
def deleted_restore(request: HttpRequest, told: RestoreDeleted) -> object:
    """Put rows back under the approval that names their deletions."""
    return {"count": cleaning.deleted_restore(actor=actor_of(request), **told.model_dump())}
