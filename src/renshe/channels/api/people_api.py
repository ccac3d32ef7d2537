"""People: found, looked at, compared; closed data on their way through the regime of source 002.

Invariant: names and identity numbers come in bodies, never in an address; what goes out is masked unless a reason was
given and recorded. Changes are cases (``/cases``).
"""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.registry_schemas import (
    Compare,
    Designate,
    Enter,
    FindDuplicates,
    FindNumber,
    FindPeople,
    LogOut,
    ModificationOut,
    MomentOut,
    PeopleOut,
    PersonOut,
    PersonRowOut,
    PossibleOut,
    PreviewOut,
    Unseal,
)
from renshe.channels.api.schemas import CaseOut, Disclose, Reason
from renshe.core.casework.showing import case_shown
from renshe.modules.registry import selectors
from renshe.modules.registry.duplicates import possible_duplicates
from renshe.modules.registry.lifeline import life_line
from renshe.modules.registry.merging import merge_preview
from renshe.modules.registry.modified import modification_abandon, modification_log, modifications
from renshe.modules.registry.modifying import modification_designate, modification_enter, modification_unseal

router = Router(tags=["人员"])


@router.post("/people/search", response=answers(PeopleOut), summary="查询人员")
def people_search(request: HttpRequest, told: FindPeople) -> object:
    """Return people in the order of their names."""
    actor = actor_of(request)
    rows, after = selectors.people_found(actor=actor, **told.model_dump())
    total = selectors.people_counted(actor=actor, region=told.region, name=told.name) if told.after is None else None
    return {"items": rows, "after": after, "total": total}


@router.post("/people/numbers/search", response=answers(list[PersonRowOut]), summary="按证件号码查人")
def people_identify(request: HttpRequest, told: FindNumber) -> object:
    """Return who has or had a document of this number."""
    return selectors.people_identified(actor=actor_of(request), value=told.value)


@router.post("/people/duplicates/search", response=answers(list[PossibleOut]), summary="可能重复的人员")
def people_duplicates(request: HttpRequest, told: FindDuplicates) -> object:
    """Return who may be the one being entered, with why."""
    values = told.model_dump(exclude={"besides"}, exclude_none=True)
    return possible_duplicates(actor=actor_of(request), values=values, besides=told.besides)


@router.post("/people/merge-previews", response=answers(PreviewOut), summary="合并预览")
def merge_compare(request: HttpRequest, told: Compare) -> object:
    """Return of each field both values, which survives and why, and what stands against the merger."""
    return merge_preview(actor=actor_of(request), **told.model_dump())


@router.get("/people/{person_no}", response=answers(PersonOut), summary="查看人员")
def person_inspect(request: HttpRequest, person_no: str) -> object:
    """Return one person with everything."""
    return selectors.person_whole(actor=actor_of(request), person_no=person_no)


@router.get("/people/{person_no}/life", response=answers(list[MomentOut]), summary="人生主线")
def person_life(request: HttpRequest, person_no: str) -> object:
    """Return the life of a person over all lines."""
    return life_line(actor=actor_of(request), person_no=person_no)


@router.post("/people/{person_no}/disclosure", response=answers(dict[str, object]), summary="查看未脱敏数据")
def person_reveal(request: HttpRequest, person_no: str, told: Disclose) -> object:
    """Show items of a person whole; it is recorded."""
    return selectors.person_reveal(actor=actor_of(request), person_no=person_no, items=told.items, reason=told.reason)


@router.get("/modifications", response=answers(list[ModificationOut]), summary="在办的数据修改申请")
def modifications_list(request: HttpRequest) -> object:
    """Return the requests on their way, the oldest first, two hundred at most."""
    return list(modifications(actor_of(request))[: selectors.MOST])


@router.get("/modifications/{number}", response=answers(LogOut), summary="申请与修改日志对照")
def modification_inspect(request: HttpRequest, number: str) -> object:
    """Return what a request asked for and what was done."""
    return modification_log(actor=actor_of(request), number=number)


@router.post("/modifications/{number}/designation", response=answers(ModificationOut), summary="指定修改人")
def designate(request: HttpRequest, number: str, told: Designate) -> object:
    """Designate who shall enter what is asked for."""
    return modification_designate(actor=actor_of(request), number=number, operator=told.operator, seen=told.seen)


@router.post("/modifications/{number}/unsealing", response=answers(ModificationOut), summary="解封")
def unseal(request: HttpRequest, number: str, told: Unseal) -> object:
    """Unseal what was approved, for the person designated."""
    return modification_unseal(actor=actor_of(request), number=number, days=told.days)


@router.post("/modifications/{number}/entry", response=answers(CaseOut, 201), summary="按申请表修改")
def enter(request: HttpRequest, number: str, told: Enter) -> object:
    """Enter what is asked for; return the case of the check."""
    actor = actor_of(request)
    return Status(201, case_shown(actor, modification_enter(actor=actor, number=number, values=told.values)))


@router.post("/modifications/{number}/closing", response=answers(ModificationOut), summary="申请不再办理")
def abandon(request: HttpRequest, number: str, told: Reason) -> object:
    """Close again what was unsealed, where nothing was changed."""
    return modification_abandon(actor=actor_of(request), number=number, reason=told.reason)
