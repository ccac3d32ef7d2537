"""Coming in and going: with a password, the first time with the code from the counter.

Invariant: nothing is told of whether there is an account; what was typed as a secret never stands in a page again.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from renshe.channels.portal import sessions
from renshe.channels.portal.door import COOKIE, PORTAL, action, asked_for, page, shown
from renshe.channels.portal.sample import accounts_offered
from renshe.channels.portal.sessions import Visitor
from renshe.core.errors import BusinessError
from renshe.core.pages.answering import open_page
from renshe.core.pages.coming import address_of
from renshe.core.pages.statuses import status_of


@open_page
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show where one signs in; let in who shows a name and its password."""
    told: dict[str, Any] = {
        "login": request.POST.get("login", ""),
        "next": asked_for(request),
        "demo": bool(accounts_offered()),
    }
    if request.method == "GET":
        return shown(request, "portal/sign_in.html", **told)
    try:
        token = sessions.sign_in(
            login=told["login"], password=request.POST.get("password", ""), address=address_of(request)
        )
    except BusinessError as refused:
        return shown(request, "portal/sign_in.html", status=status_of(refused.code), alert=str(refused), **told)
    return PORTAL.let_in(request, token, told["next"])


@open_page
def first(request: HttpRequest) -> HttpResponse:
    """Show where one sets a password; let in who shows the code from the counter."""
    told: dict[str, Any] = {"login": request.POST.get("login", "")}
    if request.method == "GET":
        return shown(request, "portal/first.html", **told)
    new = request.POST.get("new", "")
    try:
        if new != request.POST.get("again", ""):
            raise BusinessError("page.passwords_differ")
        token = sessions.first_sign_in(
            login=told["login"], code=request.POST.get("code", ""), password=new, address=address_of(request)
        )
    except BusinessError as refused:
        return shown(request, "portal/first.html", status=status_of(refused.code), alert=str(refused), **told)
    return PORTAL.let_in(request, token)


@open_page
def demo(request: HttpRequest) -> HttpResponse:
    """Let in as one of the sample bureau's people and units, with one key; nowhere else is there such a page."""
    offered = {one.number: one for one in accounts_offered()}
    account = offered.get(request.POST.get("account", ""))
    if account is None:
        raise Http404
    return PORTAL.let_in(request, sessions.session_begin(account, address_of(request)))


@page
def me(request: HttpRequest, visitor: Visitor, alert: str | None = None) -> HttpResponse:
    """Show the account, and where its password is changed."""
    return shown(request, "portal/me.html", alert=alert, account=visitor.account)


@action(on=me)
def password(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Change the password; one signs in anew."""
    new = request.POST.get("new", "")
    if new != request.POST.get("again", ""):
        raise BusinessError("page.passwords_differ")
    old = request.POST.get("old", "")
    sessions.password_change(visitor=visitor, old=old, new=new, address=address_of(request))
    return PORTAL.let_out()


@action(on=lambda *_, **__: PORTAL.let_out())
def sign_out(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """End the session."""
    sessions.sign_out(request.COOKIES[COOKIE])
    return PORTAL.let_out()
