"""Archive volumes, opened, filled, closed, looked at; a copy of one is taken out by ``export_api``."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.paging import Key, Limit, paged
from renshe.channels.api.register_schemas import (
    AddPapers,
    FileMonth,
    MoveVolume,
    OpenVolume,
    VerdictOut,
    VolumeEntryOut,
    VolumeOut,
    VolumeWholeOut,
)
from renshe.channels.api.schemas import Page
from renshe.core.filing import volumes as filed

router = Router(tags=["案卷"])


@router.get("/volumes", response=answers(Page[VolumeOut]), summary="案卷目录")
def volumes_list(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return the volumes that the caller may look at, newest first."""
    return paged(filed.volumes(actor_of(request)), after, limit)


@router.post("/volumes", response=answers(VolumeOut, 201), summary="立卷")
def volume_open(request: HttpRequest, told: OpenVolume) -> object:
    """Open a volume of a region, of the caller's where none is named."""
    actor = actor_of(request)
    terms = told.model_dump(exclude={"region"})
    return Status(201, filed.volume_open(actor=actor, region=told.region or actor.region, **terms))


@router.post("/volumes/month-ends", response=answers(VolumeOut, 201), summary="月末归档")
def month_end(request: HttpRequest, told: FileMonth) -> object:
    """File the requests that were carried out in a month, and its log, as one closed volume."""
    actor = actor_of(request)
    terms = told.model_dump(exclude={"region"})
    return Status(201, filed.volume_month_end(actor=actor, region=told.region or actor.region, **terms))


@router.get("/volumes/{number}", response=answers(VolumeWholeOut), summary="卷内目录")
def volume_inspect(request: HttpRequest, number: str) -> object:
    """Return one volume with what is in it."""
    found = filed.volume_get(actor=actor_of(request), number=number)
    return {"volume": found, "entries": list(found.entries.order_by("position"))}


@router.post("/volumes/{number}/entries", response=answers(list[VolumeEntryOut], 201), summary="组卷")
def volume_add(request: HttpRequest, number: str, told: AddPapers) -> object:
    """Put documents and papers behind what is in an open volume."""
    return Status(201, filed.volume_add(actor=actor_of(request), number=number, **told.model_dump()))


@router.post("/volumes/{number}/closing", response=answers(VolumeOut), summary="归档")
def volume_close(request: HttpRequest, number: str) -> object:
    """Close a volume for good."""
    return filed.volume_close(actor=actor_of(request), number=number)


@router.post("/volumes/{number}/move", response=answers(VolumeOut), summary="移动案卷")
def volume_move(request: HttpRequest, number: str, told: MoveVolume) -> object:
    """Say where the paper of a volume stands from now on."""
    return filed.volume_move(actor=actor_of(request), number=number, place=told.place)


@router.get("/volumes/{number}/verdict", response=answers(VerdictOut), summary="核验案卷")
def volume_verify(request: HttpRequest, number: str) -> object:
    """Return whether a closed volume is as it was closed."""
    return filed.volume_verify(actor=actor_of(request), number=number)
