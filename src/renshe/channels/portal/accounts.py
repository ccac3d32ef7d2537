"""Accounts: opened at a counter for whom an officer saw, given a new code there, closed there.

Rule (brief of issue 6; 个人信息保护法 第五十一条): there is no registering from outside. An officer looks at the person
and the documents, says which, and hands over a code that is told once; with it the holder sets a password that nobody
else knows.

Invariant: every change is in the journal in the officer's name; a code opens one account, once, until its day; whoever
gets a new code, or is closed out, has no session left.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from renshe.channels.portal.access import access
from renshe.channels.portal.models import Account, Kind, Secret, Session
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.credentials import password_hash
from renshe.core.org.models import Region
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope
from renshe.modules.registry.life import DEAD, states_now
from renshe.modules.registry.selectors import person_get
from renshe.modules.registry.units import unit_get
from renshe.standards.serials import with_check_digit

OPEN, QUERY = "portal.open", "portal.query"
declare(Operation(OPEN, "开通网上服务账户", "entry"), Operation(QUERY, "查询网上服务账户", "query"))
_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of codes: none that is read as another."""
_LENGTH = 12
_MOBILE = re.compile(r"1\d{10}")


def account_open(
    *, actor: Actor, phone: str, ground: str, person_no: str | None = None, unit_no: str | None = None, name: str = ""
) -> tuple[Account, str]:
    """Return a new account of a person, or of a unit for its clerk ``name``, and the code that opens it the first time;
    ``ground``: the documents that were seen. BusinessError where there is one, or something was not said."""
    if person_no is not None:
        person = person_get(actor=actor, person_no=person_no)
        whose, region = {"person_no": person.pk}, person.region
        name, there = person.name, Account.objects.filter(person_no=person.pk, closed_at=None)
        if DEAD in states_now(person.pk):
            raise BusinessError("portal.not_living")
    else:
        unit = unit_get(actor=actor, unit_no=unit_no or "")
        whose, region = {"unit_no": unit.pk}, unit.region
        there = Account.objects.filter(unit_no=unit.pk, phone=phone.strip(), closed_at=None)
    require(actor, OPEN, region)
    name, phone, ground = name.strip(), phone.strip(), ground.strip()
    if not (name and ground and _MOBILE.fullmatch(phone)):
        raise BusinessError("portal.account_terms")
    with declared(actor.context(f"开通网上服务账户：核验{ground}")):
        # Of two who open one at once the second finds it there.
        Region.objects.select_for_update(no_key=True).get(pk=region.pk)
        if (found := there.first()) is not None:
            raise BusinessError("portal.account_there", account=found.number)
        kind = Kind.PERSON if person_no is not None else Kind.UNIT
        who = {"kind": kind, "name": name, "phone": phone, **whose}
        made = Account.objects.create(number=_number(), region=region, agency=actor.agency, ground=ground, **who)
        return made, _code_given(made)


def account_renew(*, actor: Actor, account: Account, ground: str) -> str:
    """Return a new code for ``account``, whose holder was seen again (``ground``: his documents); the password that was
    opens nothing any more."""
    require(actor, OPEN, account.region)
    if not ground.strip():
        raise BusinessError("org.reason_missing")
    with declared(actor.context(f"重发网上服务一次性口令：核验{ground.strip()}")):
        _require_standing(account)
        sessions_end(account, "重发口令")
        return _code_given(account)


def account_close(*, actor: Actor, account: Account, reason: str) -> None:
    """Let ``account`` open nothing any more."""
    require(actor, OPEN, account.region)
    if not reason.strip():
        raise BusinessError("org.reason_missing")
    with declared(actor.context(f"停用网上服务账户：{reason.strip()}")):
        _require_standing(account)
        account_ended(account, reason.strip())


def accounts(actor: Actor) -> QuerySet[Account]:
    """Return the accounts that ``actor`` may look at."""
    return Scope(actor, QUERY).filter(Account.objects.select_related("region"))


def account_ended(account: Account, why: str) -> None:
    """Close ``account`` inside what is declared."""
    Account.objects.filter(pk=account.pk, closed_at=None).update(closed_at=timezone.now(), closing=why)
    Secret.objects.filter(account=account).update(password=None, code=None, code_until=None)
    sessions_end(account, "账户停用")


def sessions_end(account: Account, why: str) -> None:
    """End all sessions of ``account``."""
    Session.objects.filter(account=account, ended_at=None).update(ended_at=timezone.now(), ending=why)


def code_written(text: str) -> str:
    """Return a code as it is kept, however somebody typed it."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


def _require_standing(account: Account) -> None:
    if Account.objects.select_for_update().filter(pk=account.pk, closed_at=None).first() is None:
        raise BusinessError("portal.account_over", account=account.number)


def _code_given(account: Account) -> str:
    """Give ``account`` a new code instead of its password; return it as it is written down."""
    drawn = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
    until = timezone.now() + dt.timedelta(days=access().code_days)
    kept = {"password": None, "code": password_hash(drawn), "code_until": until}
    Secret.objects.update_or_create(account=account, defaults=kept)
    return "-".join(drawn[at : at + 4] for at in range(0, _LENGTH, 4))


def _number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('portal_account_serial')")
        [(serial,)] = cursor.fetchall()
    return with_check_digit(serial)
