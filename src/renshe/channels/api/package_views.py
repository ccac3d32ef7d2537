"""The interface for packages that we open to partners (``core.exchange.ways.https`` says how it is spoken).

Rule (S2-52; issue 7: API for partners): who shows no token of a partner is refused before anything is read; a body is
read as it comes, and given up when it is too large. The same package again gets the same receipt, so that no key of its
own is asked for.

Invariant: nothing is answered by what a cookie says; what is refused changes nothing but the log.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from renshe.channels.api.calling import caller
from renshe.channels.api.problems import problem
from renshe.core.errors import BusinessError
from renshe.core.exchange.carrying import MOST
from renshe.core.exchange.picking_up import package_give, package_given, packages_waiting, partner_of
from renshe.core.exchange.receiving import package_receive
from renshe.core.exchange.ways.https import MEDIA

_BLOCK = 1 << 20
View = Callable[..., HttpResponse]


def _asked(*methods: str) -> Callable[[View], View]:
    """Answer these methods for programs of partners; tell refusals as problems."""

    def declare(view: View) -> View:
        @csrf_exempt
        @never_cache
        @wraps(view)
        def answer(request: HttpRequest, **parts: str) -> HttpResponse:
            if request.method not in methods:
                refused = problem(BusinessError("api.method"), 405)
                refused.headers["Allow"] = ", ".join(methods)
                return refused
            try:
                return view(request, **parts)
            except BusinessError as error:
                return problem(error)

        return answer

    return declare


@_asked("GET", "POST")
def packages(request: HttpRequest) -> HttpResponse:
    """Take a package in, or list those that wait."""
    actor = caller(request)
    if request.method == "GET":
        return HttpResponse(json.dumps(packages_waiting(actor=actor)), content_type="application/json")
    partner = partner_of(actor)
    file = _body(request)
    reply = package_receive(file, channel="https", handed_by=partner.code)
    return HttpResponse(reply.receipt or b"", status=200 if reply.receipt else 202, content_type=MEDIA)


@_asked("GET", "DELETE")
def package(request: HttpRequest, name: str) -> HttpResponse:
    """Hand out a package that waits, or write down that it was fetched."""
    actor = caller(request)
    if request.method == "GET":
        return HttpResponse(package_give(actor=actor, name=name), content_type=MEDIA)
    package_given(actor=actor, name=name)
    return HttpResponse(status=204)


def _body(request: HttpRequest) -> bytes:
    """Return what was sent, all of it; BusinessError where that is too much, or was cut off."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > MOST << 20:
        raise BusinessError("exchange.too_large", most=MOST)
    blocks, many = [], 0
    while block := request.read(_BLOCK):
        blocks.append(block)
        many += len(block)
        if many > MOST << 20:
            raise BusinessError("exchange.too_large", most=MOST)
    if many < length:
        raise BusinessError("api.unreadable", problems="数据包没有传完，请重新发送")
    return b"".join(blocks)


urlpatterns: list[URLPattern] = [
    path("packages", packages, name="exchange_packages"),
    path("packages/<str:name>", package, name="exchange_package"),
]
