"""What opens the door: passwords, secrets of telephones, and tokens of programs.

Rule: passwords as argon2 (``data/access.yaml``); of a token only its SHA-256 is kept; a token of a program does what
its scopes say, until it expires.

Invariant: a secret leaves here once, when it is drawn.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org import totp
from renshe.core.org.actor import Actor, actor_standing
from renshe.core.org.data import settled
from renshe.core.org.keeping import sealed
from renshe.core.org.models import ApiToken, Credential, Operator, Region, Session
from renshe.core.org.operations import operation_asked
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope
from renshe.core.org.validity import require_near

SESSION, TOKEN = "session_", "program_"
"""How tokens of people and of programs begin."""

SHORTEST = 10
"""Characters of a password."""


def password_hash(password: str) -> str:
    """Return the argon2 of ``password``; BusinessError where it is too short."""
    if len(password) < SHORTEST:
        raise BusinessError("org.password_weak", shortest=SHORTEST)
    return _hasher().hash(password)


def password_right(kept: str | None, password: str) -> bool:
    """Whether ``password`` is the one ``kept``; without one it takes as long and is none."""
    try:
        return _hasher().verify(kept or _nobodys(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def password_set(*, actor: Actor, operator: Operator, password: str) -> None:
    """Give ``operator`` a password, as who manages operators; sessions under the old one end."""
    if actor.operator != operator.number:
        require(actor, "org.manage", operator.agency.region)
    with declared(actor.context("设置登录密码")):
        Credential.objects.update_or_create(operator=operator, defaults={"password_hash": password_hash(password)})
        now = timezone.now()
        Session.objects.filter(operator=operator, ended_at=None).update(ended_at=now, ending="密码已更改")


def totp_enrol(*, actor: Actor, operator: Operator) -> str:
    """Give ``operator``, who has a password, a new secret for his telephone; return the address that it reads."""
    require(actor, "org.manage", operator.agency.region)
    drawn = totp.secret_draw()
    with declared(actor.context("绑定动态口令")):
        if not Credential.objects.filter(operator=operator).update(totp_secret=sealed(drawn), totp_step=0):
            raise BusinessError("org.password_missing", number=operator.number)
    return totp.enrolment(drawn, operator.number)


def token_draw(kind: str) -> tuple[str, bytes]:
    """Return a new token of 32 random bytes that begins with ``kind``, to be handed out, and its digest, to be kept."""
    drawn = kind + secrets.token_urlsafe(32)
    return drawn, digest(drawn)


def digest(token: str) -> bytes:
    """Return what is kept of ``token``."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def token_issue(
    *,
    actor: Actor,
    region: Region,
    scopes: Sequence[str],
    expires_at: dt.datetime,
    partner: str | None = None,
    operator: Operator | None = None,
) -> str:
    """Return a token for a program of ``partner`` or of ``operator``: for the operations ``scopes``, in ``region``."""
    require(actor, "org.token.issue", region)
    for scope in scopes:
        operation_asked(scope)
    if (partner is None) == (operator is None) or not scopes or expires_at <= timezone.now():
        raise BusinessError("org.token_terms")
    require_near(expires_at.date())
    if operator is not None:
        require(actor, "org.manage", operator.agency.region)
    token, kept = token_draw(TOKEN)
    with declared(actor.context("签发接口令牌")):
        ApiToken.objects.create(
            digest=kept, partner=partner, operator=operator, region=region, scopes=list(scopes), expires_at=expires_at
        )
    return token


def tokens(actor: Actor) -> QuerySet[ApiToken]:
    """Return the tokens that still open something, of the regions in which ``actor`` may issue them."""
    standing = ApiToken.objects.filter(revoked_at=None, expires_at__gt=timezone.now())
    return Scope(actor, "org.token.issue").filter(standing).select_related("region", "operator")


def token_revoke(*, actor: Actor, token: ApiToken, reason: str) -> None:
    """Let ``token`` open nothing any more."""
    require(actor, "org.token.issue", token.region)
    with declared(actor.context(reason)):
        ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def token_actor(token: str) -> Actor:
    """Return as whom the program that shows ``token`` acts now; BusinessError where it opens nothing.

    A partner's program acts as ``partner:<name>`` of no agency: it has the rights of its scopes and no other.
    """
    found = ApiToken.objects.select_related("operator", "region").filter(
        digest=digest(token), revoked_at=None, expires_at__gt=timezone.now()
    )
    one = found.first()
    if one is None:
        raise BusinessError("org.token_refused")
    if one.operator is not None:
        return actor_standing(one.operator.number, terminal=None, token=one.pk)
    name = f"partner:{one.partner}"
    return Actor(name, one.partner or "", name, one.region_id, None, frozenset(), None, one.pk)


@cache
def _hasher() -> PasswordHasher:
    told = settled("access")["argon2"]
    return PasswordHasher(time_cost=told["time"], memory_cost=told["memory_kib"], parallelism=told["parallelism"])


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_hex(16))
