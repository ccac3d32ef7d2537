"""Refusals as programs read them (RFC 9457): ``application/problem+json`` with the code and the Chinese text.

Invariant: what is told is what a user may read: never a trace, a value of somebody else's, or a path.
"""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from ninja import Schema

from renshe.core.errors import BusinessError

KIND = "application/problem+json"
_STATUS = {
    401: {
        "api.signed_out", "org.token_refused", "org.session_over", "org.sign_in_refused", "org.locked", "org.cut_off",
    },
    403: {
        "org.not_granted", "org.out_of_scope", "org.place_refused", "org.operator_ended", "org.unknown_operator",
        "registers.data_set_risk", "registers.not_named",
    },
    404: {
        "api.not_there", "case.not_there", "case.no_such_type", "case.no_such_region", "paper.not_there",
        "document.not_there", "job.not_there", "volume.not_there", "registers.not_there", "registers.no_entry",
        "org.notice_not_there",
    },
    400: {"api.key_missing", "api.unreadable"},
    409: {
        "case.not_open", "case.not_editable", "case.changed_meanwhile", "case.effect_failed", "case.paused",
        "case.not_paused", "case.assigned", "case.same_person", "case.not_the_maker",
    },
}  # fmt: skip
_BY_CODE = {code: status for status, codes in _STATUS.items() for code in codes}


class Problem(Schema):
    """Why a request was refused; nothing was changed by it."""

    type: str
    title: str
    status: int
    detail: str
    code: str


def status_of(code: str) -> int:
    """Return the HTTP status of a refusal: 422 where nothing else is said."""
    return _BY_CODE.get(code, 422)


def problem(refused: BusinessError, status: int | None = None) -> HttpResponse:
    """Return the answer to a request that is refused."""
    told = status or status_of(refused.code)
    what = str(refused).partition("；")[0]
    body = Problem(type=f"urn:renshe:{refused.code}", title=what, status=told, detail=str(refused), code=refused.code)
    response = HttpResponse(json.dumps(body.model_dump(), ensure_ascii=False), status=told, content_type=KIND)
    if told == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def nowhere(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for an address that is not there."""
    return problem(BusinessError("api.not_there"))


def fault(request: HttpRequest) -> HttpResponse:
    """Answer a request on which the program failed: what failed stands in the log."""
    return problem(BusinessError("api.fault"), 500)
