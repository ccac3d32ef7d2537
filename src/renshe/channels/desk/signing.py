"""Coming in and going.

Rule (只限登记的终端和网络; 审批人员双因素): as ``core.org.signing_in`` has it; the browser keeps the session's token
in a cookie that no script reads and no other site sends.

Invariant: who is sent here to sign in comes back to where he wanted, and to nowhere outside this site.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from renshe.channels.desk.demo import posts_offered
from renshe.core.errors import BusinessError
from renshe.core.org import signing_in
from renshe.core.org.actor import Actor
from renshe.core.pages.answering import COOKIE, DESK, SIGN_IN, action, go, open_page, shown
from renshe.core.pages.coming import address_of
from renshe.core.pages.statuses import status_of


@open_page
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show where one signs in; let in who shows number, password and, where it is asked for, a code."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    told: dict[str, Any] = {"next": wanted, "number": request.POST.get("number", ""), "demo": bool(posts_offered())}
    if request.method == "GET":
        return shown(request, "desk/sign_in.html", **told)
    try:
        found = signing_in.sign_in(
            number=told["number"].strip(),
            password=request.POST.get("password", ""),
            code=request.POST.get("code", "").strip() or None,
            address=address_of(request),
        )
    except BusinessError as refused:
        return shown(request, "desk/sign_in.html", status=status_of(refused.code), alert=str(refused), **told)
    return DESK.let_in(request, found.token, wanted)


@action(on=lambda *_, **__: go(SIGN_IN))
def sign_out(request: HttpRequest, actor: Actor) -> HttpResponse:
    """End the session."""
    signing_in.sign_out(request.COOKIES[COOKIE])
    return DESK.let_out()
