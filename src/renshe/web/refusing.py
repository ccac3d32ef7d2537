"""What was asked for and reaches no page: told as a problem to programs, as a page to people.

Invariant: nobody is shown a trace, a path or a value of somebody else's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse

from renshe.channels.api import problems
from renshe.channels.portal.apps import is_open
from renshe.core.errors import BusinessError
from renshe.core.pages.answering import DESK, Door

PUBLIC = "/portal"
PACKAGES = "/exchange/v1/"
"""Below it bodies are read as they come, whatever they are said to be: never as forms."""


class Readable:
    """Django's middleware: an address or a form with a sign that no text has (NUL) is refused before anybody looks for
    it, and so is a large body of somebody who is not in; of what programs send the API says so itself."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_too_much(request):
            told = BusinessError("api.too_large", most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20)
            return problems.problem(told, 413) if request.path.startswith("/api/") else _page(request, told, 413)
        if not any("\x00" in text for text in _told(request)):
            return self._answer(request)
        told = BusinessError("api.unreadable", problems="含有无法识别的字符")
        return problems.problem(told, 422) if request.path.startswith(problems.PROGRAMS) else _page(request, told, 400)


def _is_too_much(request: HttpRequest) -> bool:
    """Whether a request announces more than is read for who is not in: what it carries would fill the disk."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.path.startswith(PACKAGES) or (length.isdigit() and int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE):
        return False
    if request.path.startswith("/api/"):
        return True
    door = _door(request)
    try:
        door.known(request.COOKIES.get(door.cookie, ""), request)
    except BusinessError:
        return True
    return False


def _told(request: HttpRequest) -> Iterator[str]:
    """Yield what a request says in its address and its form."""
    yield request.path
    forms = [request.GET] if request.path.startswith(PACKAGES) else [request.GET, request.POST]
    for name, values in (pair for form in forms for pair in form.lists()):
        yield from (name, *values)


def _page(request: HttpRequest, told: BusinessError, status: int) -> HttpResponse:
    return _door(request).told(request, told, status)


def _door(request: HttpRequest) -> Door:
    """Return by which door the address lies."""
    if is_open() and request.path.startswith(PUBLIC):
        from renshe.channels.portal.door import PORTAL

        return PORTAL
    return DESK


def nowhere(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for an address that is not there."""
    if request.path.startswith(problems.PROGRAMS):
        return problems.nowhere(request, exception)
    return _page(request, BusinessError("page.not_there"), 404)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer what was sent without the mark that our own pages carry."""
    return _page(request, BusinessError("page.forged"), 403)


def fault(request: HttpRequest) -> HttpResponse:
    """Answer a request on which the program failed, or that met no database: what failed stands in the log."""
    if request.path.startswith(problems.PROGRAMS):
        return problems.fault(request)
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _page(request, BusinessError("page.no_database"), 503)
    return _page(request, BusinessError("page.fault"), 500)
