"""How a page is answered: who asks is found out, what is refused is said in words, where it was asked.

Rule (default-deny): no page is answered to who is not signed in, but those that say so (``open_page``). What is refused
shows the page again on which it was asked, with the reason, and nothing has changed.

Invariant: nothing that is shown to one is kept for another; a page is never shown in a frame, and takes nothing from
elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.rights import read_once
from renshe.core.org.signing_in import session_actor
from renshe.core.pages.coming import address_of
from renshe.core.pages.menu import menu_of
from renshe.core.pages.statuses import status_of

COOKIE = "renshe_session"
SIGN_IN = "sign_in"
View = Callable[..., HttpResponse]


def shown(request: HttpRequest, template: str, *, status: int = 200, **facts: Any) -> HttpResponse:
    """Return the page ``template`` for who asks."""
    actor: Actor | None = getattr(request, "actor", None)
    known: dict[str, Any] = {
        "alert": None,
        "actor": actor,
        "menu": menu_of(actor) if actor else (),
        "here": request.path,
    }
    return render(request, template, {**known, **facts}, status=status)


def page(view: View) -> View:
    """Answer GET for who is signed in: ``view(request, actor, …)``."""

    @wraps(view)
    def read(*asked: Any, **parts: Any) -> HttpResponse:
        with read_once():
            return view(*asked, **parts)

    return _signed(read, ["GET"], _refused)


def action(on: View) -> Callable[[View], View]:
    """Answer POST for who is signed in; what is refused is told on the page ``on``, which is asked with those parts of
    the address that it takes, and ``alert``."""
    taken = set(signature(_inner(on)).parameters)

    def told_there(request: HttpRequest, refused: BusinessError, actor: Actor, **parts: Any) -> HttpResponse:
        try:
            known = {name: value for name, value in parts.items() if name in taken}
            back = again(on, request, actor, alert=str(refused), **known)
        except BusinessError as further:
            return _refused(request, further)
        back.status_code = status_of(refused.code)
        return back

    return lambda view: _signed(view, ["POST"], told_there)


def again(view: View, request: HttpRequest, actor: Actor, **parts: Any) -> HttpResponse:
    """Return the page ``view`` as the answer to what was done on it."""
    return _inner(view)(request, actor, **parts)


def open_page(view: View) -> View:
    """Answer anybody."""
    return never_cache(require_http_methods(["GET", "POST"])(view))


def go(name: str, *parts: object, to: str = "") -> HttpResponse:
    """Return the way on after something was done: asking again does not do it again."""
    response = HttpResponseRedirect(reverse(name, args=parts) + to)
    response.status_code = 303
    return response


def _signed(view: View, methods: list[str], told: Callable[..., HttpResponse]) -> View:
    @wraps(view)
    def answer(request: HttpRequest, **parts: Any) -> HttpResponse:
        try:
            actor = session_actor(request.COOKIES.get(COOKIE, ""), address=address_of(request))
        except BusinessError as refused:
            return _to_sign_in(request, refused)
        request.actor = actor  # type: ignore[attr-defined]
        try:
            return view(request, actor, **parts)
        except BusinessError as refused:
            return told(request, refused, actor=actor, **parts)

    answered = never_cache(require_http_methods(methods)(answer))
    answered.inner = view  # type: ignore[attr-defined]
    return answered


def _inner(view: View) -> View:
    """Return what a page does for who is signed in already."""
    found: View = getattr(view, "inner", view)
    return found


def _to_sign_in(request: HttpRequest, refused: BusinessError) -> HttpResponse:
    """Send who only looks to where one signs in; who did something is told that it was not done."""
    if request.method == "GET":
        asked = "" if request.path == "/" else f"?{urlencode({'next': request.path})}"
        return HttpResponseRedirect(f"{reverse(SIGN_IN)}{asked}")
    if request.COOKIES.get(COOKIE) is None:
        refused = BusinessError("page.signed_out")
    return _refused(request, refused, 401)


def _refused(request: HttpRequest, refused: BusinessError, status: int | None = None, **parts: Any) -> HttpResponse:
    what, _, remedy = str(refused).partition("；")
    return shown(request, "house/refused.html", status=status or status_of(refused.code), what=what, remedy=remedy)
