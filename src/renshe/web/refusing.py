"""What was asked for and reaches no page: told as a problem to programs, as a page to people.

Invariant: nobody is shown a trace, a path or a value of somebody else's.
"""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from renshe.channels.api import problems
from renshe.core.errors import BusinessError

API = "/api/"


def _page(request: HttpRequest, told: BusinessError, status: int) -> HttpResponse:
    what, _, remedy = str(told).partition("；")
    facts = {"what": what, "remedy": remedy, "alert": None, "actor": None, "menu": (), "here": request.path}
    return render(request, "house/refused.html", facts, status=status)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is refused before anybody has read it."""
    # Whatever was asked for by another name than this installation's, or is too large, no page is made for.
    return problems.refused(request, exception)


def nowhere(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for an address that is not there."""
    if request.path.startswith(API):
        return problems.nowhere(request, exception)
    return _page(request, BusinessError("page.not_there"), 404)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer what was sent without the mark that our own pages carry."""
    return _page(request, BusinessError("page.forged"), 403)


def fault(request: HttpRequest) -> HttpResponse:
    """Answer a request on which the program failed, or that met no database: what failed stands in the log."""
    if request.path.startswith(API):
        return problems.fault(request)
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _page(request, BusinessError("page.no_database"), 503)
    return _page(request, BusinessError("page.fault"), 500)
