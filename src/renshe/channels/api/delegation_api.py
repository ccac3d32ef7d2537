"""Who decides in whose place, and what a place does otherwise: what who leads arranges."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.leading_schemas import DelegationOut, DifferenceOut, GiveDelegation, SetDifference
from renshe.channels.api.paging import Key, Limit, paged
from renshe.channels.api.schemas import Page
from renshe.channels.naming import region_named
from renshe.core.casework import delegating
from renshe.core.casework.local import difference_set

router = Router(tags=["代办和本地要求"])


@router.get("/delegations", response=answers(Page[DelegationOut]), summary="代办安排")
def delegations(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return what has not ended of what the caller gave, was given, or leads."""
    return paged(delegating.delegations_known(actor_of(request)), after, limit)


@router.post("/delegations", response=answers(DelegationOut, 201), summary="安排代办")
def delegation_give(request: HttpRequest, told: GiveDelegation) -> object:
    """Let somebody decide in the place of who is absent."""
    actor = actor_of(request)
    terms = told.model_dump(exclude={"region", "absent"})
    region = region_named(actor, told.region)
    absent = told.absent or actor.operator
    return Status(201, delegating.delegation_give(actor=actor, absent=absent, region=region, **terms))


@router.post("/delegations/{delegation}/ending", response=answers(DelegationOut), summary="终止代办")
def delegation_end(request: HttpRequest, delegation: Key) -> object:
    """Let a deputy decide no longer."""
    actor = actor_of(request)
    found = delegating.delegation_get(actor=actor, delegation=delegation)
    delegating.delegation_end(actor=actor, delegation=found)
    found.refresh_from_db()
    return found


@router.post("/differences", response=answers(DifferenceOut, 201), summary="规定本地办理要求")
def difference(request: HttpRequest, told: SetDifference) -> object:
    """Say what a region does otherwise from today; ``GET /case-types`` shows it there."""
    actor = actor_of(request)
    terms = told.model_dump(exclude={"region"})
    return Status(201, difference_set(actor=actor, region=region_named(actor, told.region), **terms))
