"""What a counter does with accounts: opened on the page of a person or a unit, kept as a ledger.

Rule: the officer looks at the person and the documents and says which; the code is told once, on this page.

Invariant: who may, ``accounts`` asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from renshe.channels.portal.accounts import OPEN, QUERY, account_close, account_open, account_renew, accounts
from renshe.channels.portal.models import Account
from renshe.channels.portal.sample import accounts_offered
from renshe.core.casework.forms import Item
from renshe.core.org.actor import Actor
from renshe.core.org.rights import powers, within
from renshe.core.pages.answering import action, shown
from renshe.core.pages.books import Book, Deed, book
from renshe.core.pages.panels import beside
from renshe.core.pages.reading import said
from renshe.modules.registry.views import person, unit
from renshe.standards.masks import mask_name, mask_tail

_SEEN = Item("ground", "核验的证件", required=True, length=200)


def _told(code: str) -> str:
    return f"一次性口令是 {code} ，只显示这一次；请当面交给本人，由本人在网上服务首次登录时设置密码"


book(
    Book(
        "portal-accounts",
        "网上服务账户",
        "登记",
        accounts,
        (
            "number",
            "kind",
            ("使用人", lambda row: mask_name(row.name)),
            ("手机号码", lambda row: mask_tail(row.phone)),
            ("办理对象", lambda row: row.person_no or row.unit_no),
            "region__name",
            ("状态", lambda row: "停用" if row.closed_at else "在用"),
        ),
        (OPEN, QUERY),
        ("region", "opened_at", "agency", "ground", "secret_changed_at", "closed_at", "closing"),
        [
            Deed(
                "code",
                "重发一次性口令",
                lambda actor, row, told: account_renew(actor=actor, account=row, ground=told["ground"]),
                [_SEEN],
                OPEN,
                rowed=True,
                says=_told,
                when=lambda row: row.closed_at is None,
            ),
            Deed(
                "close",
                "停用",
                lambda actor, row, told: account_close(actor=actor, account=row, reason=told["reason"]),
                [Item("reason", "停用原因", required=True, length=200)],
                OPEN,
                rowed=True,
                when=lambda row: row.closed_at is None,
            ),
        ],
    )
)


@beside("person", "portal/beside.html")
def _of_person(actor: Actor, number: str) -> Mapping[str, Any] | None:
    return _beside(actor, "portal_open_person", person_no=number)


@beside("unit", "portal/beside.html")
def _of_unit(actor: Actor, number: str) -> Mapping[str, Any] | None:
    return _beside(actor, "portal_open_unit", unit_no=number)


@action(on=person)
def open_person(request: HttpRequest, actor: Actor, person_no: str) -> HttpResponse:
    """Open an account of a person who stands at the counter."""
    return _opened(request, actor, person_no=person_no)


@action(on=unit)
def open_unit(request: HttpRequest, actor: Actor, unit_no: str) -> HttpResponse:
    """Open an account of a unit for a clerk of its own who stands at the counter."""
    return _opened(request, actor, unit_no=unit_no, name=said(request, "name").get("name", ""))


def _opened(request: HttpRequest, actor: Actor, **whose: str) -> HttpResponse:
    given = {"phone": "", "ground": "", **said(request, "phone", "ground")}
    account, code = account_open(actor=actor, **given, **whose)
    return shown(request, "portal/opened.html", account=account, code=code, told=_told(code))


def _beside(actor: Actor, opens: str, **whose: str) -> Mapping[str, Any] | None:
    reach = powers(actor, OPEN, QUERY)
    if not reach[OPEN] and not reach[QUERY]:
        return None
    seen = Account.objects.filter(within(*reach[OPEN], *reach[QUERY], prefix="region__"))
    standing = seen.filter(closed_at=None, **whose).order_by("pk")
    rows = [(one.pk, one.number, mask_name(one.name), one.opened_at) for one in standing]
    [number] = whose.values()
    of_unit = "unit_no" in whose
    return {
        "opens": opens,
        "number": number,
        "rows": rows,
        "may": reach[OPEN] and (of_unit or not rows),
        "unit": of_unit,
    }


@beside("demo", "portal/demo.html")
def _offered(actor: Actor | None, number: str) -> Mapping[str, Any] | None:
    found = accounts_offered()
    return {"accounts": found} if found else None
