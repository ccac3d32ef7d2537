"""Who calls: an operator who signed in, or a program that shows a token.

Invariant: nobody is let in by anything but the token in ``Authorization``; cookies mean nothing here.
"""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.credentials import TOKEN, token_actor
from renshe.core.org.signing_in import session_actor
from renshe.core.pages.coming import address_of


class Caller(HttpBearer):
    """The token of a session or of a program."""

    openapi_name = "token"

    def __call__(self, request: HttpRequest) -> Actor:
        return caller(request)

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """Return who calls; BusinessError where the token opens nothing."""
        if token.startswith(TOKEN):
            return token_actor(token)
        return session_actor(token, address=address_of(request))


def caller(request: HttpRequest) -> Actor:
    """Return who calls, found out once for each request; BusinessError where nobody may come in."""
    found: Actor | None = getattr(request, "caller", None)
    if found is None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != Caller.openapi_scheme or not token.strip():
            raise BusinessError("api.signed_out")
        found = Caller().authenticate(request, token.strip())
        request.caller = found  # type: ignore[attr-defined]
    return found


def actor_of(request: HttpRequest) -> Actor:
    """Return who makes the request, as ``Caller`` found out."""
    found: Actor = request.auth  # type: ignore[attr-defined]
    return found
