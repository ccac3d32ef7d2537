"""What is taken out: written down, with the reason, before it leaves."""

from __future__ import annotations

import tempfile
from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Router

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers, plain
from renshe.channels.api.schemas import ExportCases, Reason
from renshe.core.casework.exporting import cases_export, volume_export

router = Router(tags=["导出"])
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.post("/cases/export", response=answers(bytes), summary="导出业务", openapi_extra=plain(_XLSX))
def cases(request: HttpRequest, told: ExportCases) -> FileResponse:
    """Return the cases that are found as a workbook, masked, and register it."""
    # The answer closes the file, which is gone then.
    written = tempfile.TemporaryFile(prefix="renshe-")  # noqa: SIM115
    try:
        cases_export(actor=actor_of(request), to=written, **told.model_dump(exclude_none=True))
        written.seek(0)
    except BaseException:
        written.close()
        raise
    response = FileResponse(written, content_type=_XLSX)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote('业务.xlsx')}"
    return response


@router.post(
    "/volumes/{number}/export", response=answers(bytes), summary="复制案卷", openapi_extra=plain("application/zip")
)
def volume(request: HttpRequest, number: str, told: Reason) -> HttpResponse:
    """Return a closed volume for a disc, and register it."""
    content = volume_export(actor=actor_of(request), number=number, reason=told.reason)
    response = HttpResponse(content, content_type="application/zip")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(number)}.zip"
    return response
