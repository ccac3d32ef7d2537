"""How a page is answered: who asks is found out, what is refused is said in words, where it was asked.

Rule (default-deny): no page is answered to who is not signed in, but those that say so (``open_page``). What is refused
shows the page again on which it was asked, with the reason, and nothing has changed.

Invariant: nothing that is shown to one is kept for another; a page is never shown in a frame, and takes nothing from
elsewhere. Who came in by one door is nobody at another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
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


@dataclass(frozen=True, slots=True)
class Door:
    """One way of coming in. ``cookie`` keeps the token of who came; ``known`` says who that is, for a request, and
    refuses who is nobody; ``sign_in`` and ``home`` are the addresses before and behind the door; ``base`` is the frame
    of its pages, which shows what ``frame`` says of who came (None: nobody did); ``path``: below it the cookie goes."""

    cookie: str
    sign_in: str
    home: str
    base: str
    known: Callable[[str, HttpRequest], Any]
    frame: Callable[[Any], Mapping[str, Any]]
    path: str = "/"

    def let_in(self, request: HttpRequest, token: str, wanted: str = "") -> HttpResponse:
        """Hand out the cookie, which no script reads and no other site sends, and lead on to the page behind this door
        that was ``wanted``."""
        rotate_token(request)
        inside = url_has_allowed_host_and_scheme(wanted, None) and wanted.startswith(self.path)
        response = HttpResponseRedirect(wanted if inside else reverse(self.home))
        response.status_code = 303
        response.set_cookie(
            self.cookie, token, httponly=True, samesite="Strict", secure=request.is_secure(), path=self.path
        )
        return response

    def let_out(self) -> HttpResponse:
        """Take the cookie back, and lead to where one signs in."""
        response = go(self.sign_in)
        response.delete_cookie(self.cookie, path=self.path, samesite="Strict")
        return response

    def shown(self, request: HttpRequest, template: str, *, status: int = 200, **facts: Any) -> HttpResponse:
        """Return the page ``template`` for who asks."""
        return self._rendered(request, getattr(request, "who", None), template, status, facts)

    def told(self, request: HttpRequest, refused: BusinessError, status: int) -> HttpResponse:
        """Return the page that says why nothing was done, without asking who it is to whom."""
        return self._rendered(request, None, "house/refused.html", status, _halves(refused))

    def _rendered(
        self, request: HttpRequest, who: Any, template: str, status: int, facts: Mapping[str, Any]
    ) -> HttpResponse:
        about = {"alert": None, "here": request.path, "base": self.base, "way_home": self.home, **self.frame(who)}
        return render(request, template, {**about, **facts}, status=status)

    def page(self, view: View) -> View:
        """Answer GET for who is signed in: ``view(request, who, …)``."""

        @wraps(view)
        def read(*asked: Any, **parts: Any) -> HttpResponse:
            with read_once():
                return view(*asked, **parts)

        return self._signed(read, ["GET"], self._refused)

    def action(self, on: View) -> Callable[[View], View]:
        """Answer POST for who is signed in; what is refused is told on the page ``on``, which is asked with those parts
        of the address that it takes, and ``alert``."""
        taken = set(signature(_inner(on)).parameters)

        def told_there(request: HttpRequest, refused: BusinessError, who: Any, **parts: Any) -> HttpResponse:
            try:
                known = {name: value for name, value in parts.items() if name in taken}
                back = again(on, request, who, alert=str(refused), **known)
            except BusinessError as further:
                return self._refused(request, further)
            back.status_code = status_of(refused.code)
            return back

        return lambda view: self._signed(view, ["POST"], told_there)

    def _signed(self, view: View, methods: list[str], told: Callable[..., HttpResponse]) -> View:
        @wraps(view)
        def answer(request: HttpRequest, **parts: Any) -> HttpResponse:
            try:
                who = self.known(request.COOKIES.get(self.cookie, ""), request)
            except BusinessError as refused:
                return self._to_sign_in(request, refused)
            request.who = who  # type: ignore[attr-defined]
            try:
                return view(request, who, **parts)
            except BusinessError as refused:
                return told(request, refused, who=who, **parts)

        answered = never_cache(require_http_methods(methods)(answer))
        answered.inner = view  # type: ignore[attr-defined]
        return answered

    def _to_sign_in(self, request: HttpRequest, refused: BusinessError) -> HttpResponse:
        """Send who only looks to where one signs in; who did something is told that it was not done."""
        if request.method == "GET":
            asked = "" if request.path == reverse(self.home) else f"?{urlencode({'next': request.path})}"
            return HttpResponseRedirect(f"{reverse(self.sign_in)}{asked}")
        if request.COOKIES.get(self.cookie) is None:
            refused = BusinessError("page.signed_out")
        return self._refused(request, refused, 401)

    def _refused(
        self, request: HttpRequest, refused: BusinessError, status: int | None = None, **parts: Any
    ) -> HttpResponse:
        status = status or status_of(refused.code)
        return self.shown(request, "house/refused.html", status=status, **_halves(refused))


def _staff(token: str, request: HttpRequest) -> Actor:
    return session_actor(token, address=address_of(request))


def _work(actor: Actor | None) -> Mapping[str, Any]:
    return {"actor": actor, "menu": menu_of(actor) if actor else ()}


DESK = Door(COOKIE, SIGN_IN, "home", "house/base.html", _staff, _work)
"""The door of the house: operators, from registered places."""
shown, page, action = DESK.shown, DESK.page, DESK.action


def again(view: View, request: HttpRequest, who: Any, **parts: Any) -> HttpResponse:
    """Return the page ``view`` as the answer to what was done on it."""
    return _inner(view)(request, who, **parts)


def open_page(view: View) -> View:
    """Answer anybody."""
    return never_cache(require_http_methods(["GET", "POST"])(view))


def go(name: str, *parts: object, to: str = "") -> HttpResponse:
    """Return the way on after something was done: asking again does not do it again."""
    response = HttpResponseRedirect(reverse(name, args=parts) + to)
    response.status_code = 303
    return response


def _halves(refused: BusinessError) -> Mapping[str, str]:
    what, _, remedy = str(refused).partition("；")
    return {"what": what, "remedy": remedy}


def _inner(view: View) -> View:
    """Return what a page does for who is signed in already."""
    found: View = getattr(view, "inner", view)
    return found
