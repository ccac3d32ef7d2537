"""The portal's own door: a cookie of its own, and nobody behind it who has a right of the house.

Rule (issue 6): who comes in here is no operator; a session of the workbench opens nothing here, nor one of here there.

Invariant: the cookie goes to the portal's addresses alone, is read by no script and sent by no other site.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from renshe.channels.portal.sessions import Visitor, session_visitor
from renshe.core.pages.answering import Door

COOKIE, PATH = "renshe_portal", "/portal/"


def _known(token: str, request: HttpRequest) -> Visitor:
    return session_visitor(token)


def _frame(visitor: Visitor | None) -> Mapping[str, Any]:
    return {"visitor": visitor, "actor": None, "menu": ()}


PORTAL = Door(COOKIE, "portal_sign_in", "portal_home", "portal/base.html", _known, _frame, PATH)
shown, page, action = PORTAL.shown, PORTAL.page, PORTAL.action


def asked_for(request: HttpRequest) -> str:
    """Return the page of the portal that somebody wanted before he was sent to sign in."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if wanted != reverse(PORTAL.home) else ""
