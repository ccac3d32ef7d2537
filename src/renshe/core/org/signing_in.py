"""How an operator comes in, stays in and goes.

Rule (只限登记的终端和网络; 审批人员双因素; ``data/access.yaml``): from a registered place, with a password, and with
a code from the telephone whoever holds a post that checks, approves or manages. Five failures lock the account; a
session ends when it is idle, too old, elsewhere, or its holder has left or was cut off.

Invariant: a refusal does not tell whether the number, the password or the code was wrong; it is recorded though nothing
else is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import Context, declared
from renshe.core.org import totp
from renshe.core.org.access import Place, place_of
from renshe.core.org.actor import Actor, actor_standing, operator_of
from renshe.core.org.credentials import SESSION, digest, password_right, password_set, token_draw
from renshe.core.org.data import settled
from renshe.core.org.keeping import unsealed
from renshe.core.org.models import Credential, Holding, Operator, Session, SignInFailure
from renshe.core.org.validity import in_force


@dataclass(frozen=True, slots=True)
class SignedIn:
    """``token``: shown at each request, kept nowhere here."""

    token: str
    actor: Actor


def sign_in(
    *, number: str, password: str, address: str, code: str | None = None, terminal: str | None = None
) -> SignedIn:
    """Return the session of operator ``number`` who comes from ``address``; BusinessError where refused."""
    number, terminal = number.replace("\x00", "�"), terminal and terminal.replace("\x00", "�")
    place = place_of(address, terminal)
    if place is None:
        _record(number, address, terminal, "place", counted=False)
        raise BusinessError("org.place_refused")
    with transaction.atomic():
        # Who guesses many at once guesses one after the other.
        found = Operator.objects.select_for_update(no_key=True).filter(number=number).first()
        until = _locked_until(number, found)
        why = None if until else _wrong(found, password, code)
        if until is None and why:
            _record(number, address, terminal, why, counted=True)
            _lock_after(number, found)
        elif until is None and found is not None:
            SignInFailure.objects.filter(number=number, counted=True).update(counted=False)
    if until is not None:
        _record(number, address, terminal, "locked", counted=False)
        raise BusinessError("org.locked", until=f"{timezone.localtime(until):%H:%M}")
    if why:
        told = settled("access")
        raise BusinessError("org.sign_in_refused", failures=told["failures"], minutes=told["lock_minutes"])
    return session_begin(number, place, address)


def session_begin(number: str, place: Place, address: str) -> SignedIn:
    """Return a session of operator ``number``, who showed already that it is he, and comes from ``place``."""
    actor = actor_standing(number, terminal=place.number)
    now = timezone.now()
    token, kept = token_draw(SESSION)
    with transaction.atomic():
        operator = Operator.objects.select_for_update(no_key=True).get(number=number)
        open_now = Session.objects.filter(operator=operator, ended_at=None).order_by("-started_at")
        for older in open_now[max(settled("access")["sessions"] - 1, 0) :]:
            _end(older, "在别处登录")
        Session.objects.create(
            digest=kept, operator=operator, terminal_id=place.terminal, address=address, started_at=now, seen_at=now
        )
    return SignedIn(token, actor)


def session_actor(token: str, *, address: str) -> Actor:
    """Return who ``token`` stands for, at a request from ``address``; BusinessError where the session is over."""
    told, now = settled("access"), timezone.now()
    session = Session.objects.select_related("operator", "terminal").filter(digest=digest(token), ended_at=None).first()
    if session is None or session.address != address:
        raise BusinessError("org.session_over")
    idle = now - session.seen_at > dt.timedelta(minutes=told["idle_minutes"])
    old = now - session.started_at > dt.timedelta(hours=told["session_hours"])
    number = session.terminal.number if session.terminal else None
    if idle or old or place_of(address, number) is None:
        _end(session, "超时" if idle or old else "终端或网络已停用")
        raise BusinessError("org.session_over")
    actor = actor_standing(session.operator.number, terminal=number)
    if now - session.seen_at > dt.timedelta(minutes=1):
        Session.objects.filter(pk=session.pk).update(seen_at=now)
    return actor


def sign_out(token: str) -> None:
    """End the session of ``token``, if there is one."""
    for session in Session.objects.filter(digest=digest(token), ended_at=None):
        _end(session, "退出")


def password_change(*, actor: Actor, old: str, new: str, address: str) -> None:
    """Give the actor, who knows the ``old`` one, a ``new`` password; all his sessions end. Whoever found a session open
    guesses no more often than at the door: what is wrong counts there, and whoever is locked is put out."""
    operator = operator_of(actor)
    with transaction.atomic():
        found = Operator.objects.select_for_update(no_key=True).get(pk=operator.pk)
        kept = Credential.objects.filter(operator=found).first()
        right = password_right(kept.password_hash if kept else None, old)
        if not right:
            _record(found.number, address, actor.terminal, "password", counted=True)
            _lock_after(found.number, found)
            found.refresh_from_db()
            if _locked_until(found.number, found):
                for session in Session.objects.filter(operator=found, ended_at=None):
                    _end(session, "连续输错密码")
    if not right:
        raise BusinessError("org.password_wrong")
    if old == new:
        raise BusinessError("org.password_same")
    password_set(actor=actor, operator=operator, password=new)


def needs_second_factor(operator: Operator) -> bool:
    """Whether a post held today asks for a code from the telephone."""
    return Holding.objects.filter(in_force(), operator=operator, post__group__second_factor=True).exists()


def _wrong(operator: Operator | None, password: str, code: str | None) -> str | None:
    """Return what is wrong with what was shown: "password" or "code"; None if nothing."""
    kept = Credential.objects.filter(operator=operator).first() if operator else None
    if not password_right(kept.password_hash if kept else None, password) or kept is None or operator is None:
        return "password"
    if kept.totp_secret is None:
        return "code" if needs_second_factor(operator) else None
    step = totp.step_of(
        unsealed(kept.totp_secret),
        code or "",
        now=timezone.now().timestamp(),
        after=kept.totp_step,
        drift=settled("access")["code_steps"],
    )
    if step is None:
        return "code"
    Credential.objects.filter(pk=kept.pk).update(totp_step=step)
    return None


def _locked_until(number: str, operator: Operator | None) -> dt.datetime | None:
    now = timezone.now()
    if operator is not None:
        return operator.locked_until if operator.locked_until and operator.locked_until > now else None
    # A number that nobody has is locked like one that somebody has, or else this would tell which is which.
    last = _counted(number).order_by("-at").first()
    full = _counted(number).count() >= settled("access")["failures"]
    return last.at + dt.timedelta(minutes=settled("access")["lock_minutes"]) if last and full else None


def _counted(number: str) -> Any:
    since = timezone.now() - dt.timedelta(minutes=settled("access")["lock_minutes"])
    return SignInFailure.objects.filter(number=number, counted=True, at__gt=since)


def _lock_after(number: str, operator: Operator | None) -> None:
    """Lock ``operator`` once the failures are as many as are allowed."""
    told = settled("access")
    if operator is None or _counted(number).count() < told["failures"]:
        return
    with declared(Context(operator=operator.number, reason=f"连续{told['failures']}次登录失败，自动锁定")):
        until = timezone.now() + dt.timedelta(minutes=told["lock_minutes"])
        Operator.objects.filter(pk=operator.pk).update(locked_until=until)
    SignInFailure.objects.filter(number=number, counted=True).update(counted=False)


def _end(session: Session, why: str) -> None:
    Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=timezone.now(), ending=why)


def _record(number: str, address: str, terminal: str | None, why: str, *, counted: bool) -> None:
    SignInFailure.objects.create(
        number=number[:100],
        at=timezone.now(),
        address=address[:60],
        terminal=terminal[:60] if terminal else None,
        why=why,
        counted=counted,
    )
