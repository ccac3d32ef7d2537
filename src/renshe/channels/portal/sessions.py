"""How the holder of an account comes in, stays in and goes.

Rule (``data/access.yaml``): with the number of his account, or a person with that of his identity card, and a password;
the first time with the code from the counter. Wrong tries lock the name that was tried, and an address that tries too
many; a session ends when it is idle, too old, or its account was closed.

Invariant: a refusal tells neither whether there is such an account nor what was wrong, takes as long either way, and
is recorded though nothing else is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from hashlib import sha256

from django.db import connection, transaction
from django.utils import timezone

from renshe.channels.portal.access import access
from renshe.channels.portal.accounts import code_written, sessions_end
from renshe.channels.portal.models import Account, Failure, Kind, Secret, Session
from renshe.core.casework.applying import Applicant
from renshe.core.errors import BusinessError
from renshe.core.journal.context import Context, declared
from renshe.core.org.credentials import digest, password_hash, password_right, token_draw
from renshe.core.org.keeping import identity_digest
from renshe.core.org.models import Operator
from renshe.modules.registry.models import Identifier, Person
from renshe.modules.registry.selectors import numbers_of, resolved, spellings
from renshe.modules.registry.units import unit_numbers_of, unit_resolved
from renshe.standards.identity import canonical17

TOKEN = "portal_"
"""How tokens of the portal begin."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is in: the account, and as whom it applies."""

    account: Account
    applicant: Applicant


def sign_in(*, login: str, password: str, address: str) -> str:
    """Return the token of a session; BusinessError where refused."""
    with transaction.atomic():
        account, why = _tried(login, password, address, first=False)
        token = _begun(account, address) if account is not None and why is None else None
    return _let(token, why)


def first_sign_in(*, login: str, code: str, password: str, address: str) -> str:
    """Set the ``password`` of an account whose ``code`` is shown, and return the token of a session; BusinessError
    where refused, or the password is too short: then the code holds."""
    kept = password_hash(password)
    with transaction.atomic():
        account, why = _tried(login, code_written(code), address, first=True)
        token = None
        if account is not None and why is None:
            with declared(_context(account, "首次登录，设置密码")):
                Secret.objects.filter(account=account).update(password=kept, code=None, code_until=None)
            token = _begun(account, address)
    return _let(token, why)


def session_visitor(token: str) -> Visitor:
    """Return for whom ``token`` stands; BusinessError where the session is over."""
    told, now = access(), timezone.now()
    found = Session.objects.select_related("account").filter(digest=digest(token), ended_at=None).first()
    if found is None or found.account.closed_at is not None:
        raise BusinessError("portal.session_over")
    idle = now - found.seen_at > dt.timedelta(minutes=told.idle_minutes)
    if idle or now - found.started_at > dt.timedelta(hours=told.session_hours):
        Session.objects.filter(pk=found.pk).update(ended_at=now, ending="超时")
        raise BusinessError("portal.session_over")
    if now - found.seen_at > dt.timedelta(minutes=1):
        Session.objects.filter(pk=found.pk).update(seen_at=now)
    return Visitor(found.account, applicant_of(found.account))


def sign_out(token: str) -> None:
    """End the session of ``token``, if there is one."""
    Session.objects.filter(digest=digest(token), ended_at=None).update(ended_at=timezone.now(), ending="退出")


def session_begin(account: Account, address: str) -> str:
    """Return the token of a session of ``account``, whose holder showed already that it is he."""
    with transaction.atomic():
        return _begun(account, address)


def password_change(*, visitor: Visitor, old: str, new: str, address: str) -> None:
    """Give who is in, and knows the ``old`` one, a ``new`` password; all his sessions end."""
    kept = password_hash(new)
    with transaction.atomic():
        account, why = _tried(visitor.account.number, old, address, first=False)
        if account is not None and why is None:
            with declared(_context(account, "修改密码")):
                Secret.objects.filter(account=account).update(password=kept)
                sessions_end(account, "密码已更改")
    _let("", why)


def applicant_of(account: Account) -> Applicant:
    """Return as whom ``account`` applies: its person or unit as the register knows it today."""
    number, operator = f"portal:{account.number}", None
    if account.kind == Kind.PERSON:
        known = tuple(numbers_of(resolved(account.person_no or "")))
        operator = _works_here(known[0])
        return Applicant(number, account.name, "person", known, account.region_id, account.agency, operator)
    known = tuple(unit_numbers_of(unit_resolved(account.unit_no or "")))
    return Applicant(number, account.name, "unit", known, account.region_id, account.agency)


def _works_here(person_no: str) -> str | None:
    """Return the number of the operator who this person is, if he is one: he may not handle what he applied for."""
    held = Person.objects.filter(pk=person_no).values_list("id_number", flat=True).first()
    if not held or canonical17(held) is None:
        return None
    return Operator.objects.filter(identity=identity_digest(held)).values_list("number", flat=True).first()


def _context(account: Account, reason: str) -> Context:
    return Context(f"portal:{account.number}", reason)


def _account_of(login: str) -> Account | None:
    """Return the standing account of a number of an account, or of a person's identity card."""
    told = login.strip()
    standing = Account.objects.filter(closed_at=None)
    if (by_number := standing.filter(number=told).first()) is not None:
        return by_number
    held = Identifier.objects.filter(value__in=spellings(told), valid_to=None).values_list("person", flat=True)
    people = {number for one in held for number in numbers_of(resolved(one))}
    found = list(standing.filter(person_no__in=people)[:2])
    return found[0] if len(found) == 1 else None


def _tried(login: str, shown: str, address: str, *, first: bool) -> tuple[Account | None, BusinessError | None]:
    """Return whose account ``shown`` opens, or why it does not; a failure is recorded in the transaction around."""
    account = _account_of(login)
    tried = sha256((f"account:{account.pk}" if account else f"name:{login.strip().upper()}").encode()).digest()
    with connection.cursor() as cursor:
        # Who guesses many at once guesses one after the other.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(tried[:8], "big", signed=True)])
    now, told = timezone.now(), access()
    since = now - dt.timedelta(minutes=told.lock_minutes)
    locked = Failure.objects.filter(tried=tried, locked_until__gt=now).order_by("-pk").first()
    many = Failure.objects.filter(address=address[:60], at__gt=since).count() >= told.address_failures
    if locked is not None or many:
        until = locked.locked_until if locked is not None else now + dt.timedelta(minutes=told.lock_minutes)
        Failure.objects.create(tried=tried, account=account, at=now, address=address[:60], counted=False)
        return None, BusinessError("portal.locked", until=f"{timezone.localtime(until):%H:%M}")
    kept = Secret.objects.filter(account=account).first() if account else None
    if first and kept is not None and (kept.code_until is None or kept.code_until <= now):
        kept = None
    right = password_right((kept.code if first else kept.password) if kept else None, shown)
    if right and account is not None:
        Failure.objects.filter(tried=tried, counted=True).update(counted=False)
        return account, None
    _failed(tried, account, address, now, since)
    return None, BusinessError("portal.sign_in_refused", failures=told.failures, minutes=told.lock_minutes)


def _failed(tried: bytes, account: Account | None, address: str, now: dt.datetime, since: dt.datetime) -> None:
    """Record a failure; with as many as are allowed what was tried is locked, whether or not it is an account."""
    counted = Failure.objects.filter(tried=tried, counted=True, at__gt=since)
    full = counted.count() + 1 >= access().failures
    until = now + dt.timedelta(minutes=access().lock_minutes) if full else None
    if full:
        counted.update(counted=False)
    Failure.objects.create(
        tried=tried, account=account, at=now, address=address[:60], counted=not full, locked_until=until
    )


def _begun(account: Account, address: str) -> str:
    now = timezone.now()
    token, kept = token_draw(TOKEN)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    open_now = Session.objects.filter(account=account, ended_at=None).order_by("-started_at")
    for older in open_now[max(access().sessions - 1, 0) :]:
        Session.objects.filter(pk=older.pk).update(ended_at=now, ending="在别处登录")
    Session.objects.create(digest=kept, account=account, address=address, started_at=now, seen_at=now)
    return token


def _let(token: str | None, why: BusinessError | None) -> str:
    # Raised outside the transaction, so that what was recorded stands.
    if why is not None or token is None:
        raise why or BusinessError("portal.session_over")
    return token
