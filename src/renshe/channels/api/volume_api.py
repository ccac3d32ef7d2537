"""Archive volumes, looked at; a copy of one is taken out by ``export_api``."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.paging import Key, Limit, paged
from renshe.channels.api.register_schemas import VolumeOut, VolumeWholeOut
from renshe.channels.api.schemas import Page
from renshe.core.filing.volumes import volume_get, volumes

router = Router(tags=["案卷"])


@router.get("/volumes", response=answers(Page[VolumeOut]), summary="案卷目录")
def volumes_list(request: HttpRequest, after: Key | None = None, limit: Limit = 50) -> object:
    """Return the volumes that the caller may look at, newest first."""
    return paged(volumes(actor_of(request)), after, limit)


@router.get("/volumes/{number}", response=answers(VolumeWholeOut), summary="卷内目录")
def volume_inspect(request: HttpRequest, number: str) -> object:
    """Return one volume with what is in it."""
    found = volume_get(actor=actor_of(request), number=number)
    return {"volume": found, "entries": list(found.entries.order_by("position"))}
