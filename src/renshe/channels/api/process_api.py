"""What can be done, and how."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

from django.http import HttpRequest
from ninja import Router

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.leading_schemas import DurationOut
from renshe.channels.api.schemas import ProcessOut
from renshe.core.casework.held import find_kind
from renshe.core.casework.processes import durations, process_of, processes
from renshe.core.org.models import Region

router = Router(tags=["业务目录"])


@router.get("/case-types", response=answers(list[ProcessOut]), summary="业务目录")
def case_types(request: HttpRequest) -> object:
    """Return every case type as it is done where the caller works."""
    return [asdict(one) for one in processes(Region.objects.get(pk=actor_of(request).region))]


@router.get("/case-types/durations", response=answers(list[DurationOut]), summary="办理时长")
def took(request: HttpRequest) -> object:
    """Return how long the finished cases took that the caller may look at."""
    return [
        {**one, "seconds": one["took"].total_seconds() if isinstance(one["took"], dt.timedelta) else None}
        for one in durations(actor_of(request))
    ]


@router.get("/case-types/{name}", response=answers(ProcessOut), summary="业务办理要求")
def case_type(request: HttpRequest, name: str) -> object:
    """Return one case type as it is done where the caller works."""
    return asdict(process_of(find_kind(name), Region.objects.get(pk=actor_of(request).region)))
