"""Signing in and out."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.schemas import MeOut, SignedInOut, SignIn
from renshe.core.org.signing_in import sign_in, sign_out
from renshe.core.pages.coming import address_of

router = Router(tags=["登录"])


@router.post("/sessions", response=answers(SignedInOut), auth=None, summary="登录")
def session_begin(request: HttpRequest, told: SignIn) -> object:
    """Sign an operator in; the token is shown with each request."""
    found = sign_in(
        number=told.number,
        password=told.password,
        code=told.code,
        terminal=told.terminal,
        address=address_of(request),
    )
    actor = found.actor
    return {"token": found.token, "operator": actor.operator, "name": actor.name, "agency": actor.agency}


@router.delete("/sessions/current", response=answers(None), summary="退出")
def session_end(request: HttpRequest) -> object:
    """End the session whose token is shown."""
    sign_out(request.headers["Authorization"].partition(" ")[2].strip())
    return Status(204, None)


@router.get("/me", response=answers(MeOut), summary="本人")
def me(request: HttpRequest) -> object:
    """Return who the token stands for."""
    actor = actor_of(request)
    return {**{name: getattr(actor, name) for name in MeOut.model_fields}, "posts": sorted(actor.posts)}
