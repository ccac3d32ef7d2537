"""What is taken out: written down, with the reason, before it leaves."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Router

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers, plain
from renshe.channels.api.schemas import ExportCases, Reason
from renshe.core.casework.exporting import cases_export, volume_export
from renshe.core.pages.sending import XLSX, ZIP, sent, sent_as_written

router = Router(tags=["导出"])


@router.post("/cases/export", response=answers(bytes), summary="导出业务", openapi_extra=plain(XLSX))
def cases(request: HttpRequest, told: ExportCases) -> FileResponse:
    """Return the cases that are found as a workbook, masked, and register it."""
    actor, asked = actor_of(request), told.model_dump(exclude_none=True)
    return sent_as_written(lambda to: cases_export(actor=actor, to=to, **asked), XLSX, "业务.xlsx")


@router.post("/volumes/{number}/export", response=answers(bytes), summary="复制案卷", openapi_extra=plain(ZIP))
def volume(request: HttpRequest, number: str, told: Reason) -> HttpResponse:
    """Return a closed volume for a disc, and register it."""
    content = volume_export(actor=actor_of(request), number=number, reason=told.reason)
    return sent(content, ZIP, f"{number}.zip")
