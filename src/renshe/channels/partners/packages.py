"""Packages brought and fetched by partners over HTTPS, as ``core.exchange.ways.https`` asks for them.

Rule (S2-52, S2-67; issue 7): a token for exchange, issued to the partner; no session, no form, no cookie. A package is
answered with its receipt at once: the same again gets the same answer, so no key against repetition is asked for.

Invariant: what is refused is told as a problem in Chinese; what came not whole, or too much, is never a package.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from renshe.channels.api.problems import problem
from renshe.channels.partners.coming import body_of
from renshe.core.errors import BusinessError
from renshe.core.exchange.delivering import (
    Caller,
    caller_known,
    delivery_failed,
    package_deliver,
    package_fetched,
    package_hand,
    waiting,
)
from renshe.core.exchange.ways.https import MEDIA
from renshe.core.pages.sending import sent

_SCHEME = "bearer"
_BROKEN = ("exchange.cut", "exchange.too_large", "exchange.no_length")
View = Callable[..., HttpResponse]


def _for_partners(*methods: str) -> Callable[[View], View]:
    """Answer ``methods`` for a partner's program: ``view(request, caller, …)``; refusals as problems."""

    def made(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, **parts: str) -> HttpResponse:
            try:
                made = view(request, caller_known(_token(request)), **parts)
            except BusinessError as refused:
                made = problem(refused)
            # By its length whoever asked knows that he has all of it.
            made.headers.setdefault("Content-Length", str(len(made.content)))
            return made

        answered: View = csrf_exempt(never_cache(require_http_methods(methods)(answer)))
        return answered

    return made


@_for_partners("GET", "POST")
def packages(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Tell what waits for a partner, or take what it brings and answer with the receipt."""
    if request.method == "GET":
        return JsonResponse(waiting(caller), safe=False)
    try:
        with body_of(request) as file:
            reply = package_deliver(caller=caller, file=file.read())
    except BusinessError as refused:
        if refused.code in _BROKEN:
            delivery_failed(caller=caller, reason=str(refused))
        raise
    if reply.receipt is not None:
        return HttpResponse(reply.receipt, content_type=MEDIA)
    if reply.outcome == "refused":
        # To whom it could go, or whether it is he, is not known: he who asks is told, and gets no receipt.
        raise BusinessError("exchange.package_refused", reason=reply.reason)
    return HttpResponse(status=202)


@_for_partners("GET", "DELETE")
def package(request: HttpRequest, caller: Caller, name: str) -> HttpResponse:
    """Hand out a package that waits for a partner, or note that the partner has it."""
    if request.method == "GET":
        return sent(package_hand(caller=caller, name=name), MEDIA, name)
    package_fetched(caller=caller, name=name)
    return HttpResponse(status=204)


def _token(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != _SCHEME or not token.strip():
        raise BusinessError("api.signed_out")
    return token.strip()
