"""Refusals as programs read them (RFC 9457): ``application/problem+json`` with the code and the Chinese text.

Invariant: what is told is what a user may read: never a trace, a value of somebody else's, or a path.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from renshe.core.errors import BusinessError
from renshe.core.pages.statuses import status_of

KIND = "application/problem+json"
PROGRAMS = ("/api/", "/exchange/v1/")
"""Below these addresses programs ask, not people."""
# What a request may fail at, by the beginning of pydantic's name for it; the first that fits is told.
_WORDS = {
    "missing": "缺少", "extra_forbidden": "没有这一项", "literal_error": "不在可选范围", "enum": "不在可选范围",
    "less_than": "过大", "greater_than": "过小", "string_too_long": "过长", "string_too_short": "过短",
    "too_long": "过多", "too_short": "过少", "string_pattern": "格式不符", "int_": "应为整数",
    "bool_": "应为 true 或 false", "string_": "应为文字", "datetime_": "应为时间", "date_": "应为日期（年-月-日）",
    "decimal_": "应为数字", "list_": "应为列表", "dict_": "应为对象", "model_": "应为对象",
}  # fmt: skip


class Problem(Schema):
    """Why a request was refused; nothing was changed by it."""

    type: str
    title: str
    status: int
    detail: str
    code: str


def problem(refused: BusinessError, status: int | None = None) -> HttpResponse:
    """Return the answer to a request that is refused."""
    told = status or status_of(refused.code)
    what = str(refused).partition("；")[0]
    body = Problem(type=f"urn:renshe:{refused.code}", title=what, status=told, detail=str(refused), code=refused.code)
    response = HttpResponse(json.dumps(body.model_dump(), ensure_ascii=False), status=told, content_type=KIND)
    if told == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def in_words(wrong: Mapping[str, Any]) -> str:
    """Return what is wrong, as pydantic says it, in words; the value is not repeated."""
    where, *names = wrong["loc"]
    # What a body is called in the program is nobody's business.
    at = ".".join(map(str, names[1:] if where == "body" else names)) or "请求体"
    said = next((words for kind, words in _WORDS.items() if wrong["type"].startswith(kind)), "不符合要求")
    return f"{at} {said}"


class Front:
    """Django's middleware: by another name than this installation's no program comes in, and what the framework refuses
    in plain text is a problem like every other."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(PROGRAMS):
            request.get_host()
        response = self._answer(request)
        if response.status_code != 405 or response.headers.get("Content-Type") == KIND:
            return response
        refused = problem(BusinessError("api.method"), 405)
        refused.headers["Allow"] = response.headers["Allow"]
        return refused


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is refused before anybody has read it."""
    if isinstance(exception, RequestDataTooBig):
        return problem(BusinessError("api.too_large", most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20), 413)
    if isinstance(exception, DisallowedHost):
        return problem(BusinessError("api.host"), 400)
    return problem(BusinessError("api.unreadable", problems="请求不安全"), 400)


def nowhere(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for an address that is not there."""
    return problem(BusinessError("api.not_there"))


def fault(request: HttpRequest) -> HttpResponse:
    """Answer a request on which the program failed, or that met no database: what failed stands in the log."""
    failed = sys.exc_info()[1]
    if isinstance(getattr(failed, "__cause__", None), DeadlockDetected | SerializationFailure | LockNotAvailable):
        return problem(BusinessError("api.busy"), 409)
    if isinstance(failed, OperationalError | InterfaceError):
        return problem(BusinessError("api.no_database"), 503)
    return problem(BusinessError("api.fault"), 500)
