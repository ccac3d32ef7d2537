"""The page for what goes and comes by hand: packages taken out, packages and lists brought in.

Invariant: what is taken out is registered before it is handed out; of each file that was brought the outcome is shown.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from renshe.core.errors import BusinessError
from renshe.core.exchange import carrying
from renshe.core.exchange.emergency import is_designated
from renshe.core.exchange.operating import CARRY, TAKE_IN
from renshe.core.exchange.selectors import agreements
from renshe.core.exchange.ways.https import MEDIA
from renshe.core.filing.naming import clean_name
from renshe.core.org.actor import Actor
from renshe.core.org.rights import anywhere
from renshe.core.pages.answering import action, again, page, shown
from renshe.core.pages.sending import sent

OUTCOMES = {"taken": "已接收", "again": "以前已接收", "held": "已收到，等前一批", "refused": "拒收"}


@page
def carry(
    request: HttpRequest, actor: Actor, alert: str | None = None, outcomes: list[dict[str, Any]] | None = None
) -> HttpResponse:
    """Show what waits to be carried out, and where to bring in."""
    designated = is_designated(actor)
    carries, brings = designated or anywhere(actor, CARRY), designated or anywhere(actor, TAKE_IN)
    if not carries and not brings:
        raise BusinessError("page.not_there")
    lists = agreements(actor).filter(valid_until=None, text__contains="bare: true")
    return shown(
        request,
        "desk/carry.html",
        alert=alert,
        waiting=carrying.to_carry(actor) if carries else [],
        brings=brings,
        lists=[(one.number, f"{one.title}（{one.partner.name}）") for one in lists],
        outcomes=outcomes,
    )


@action(on=carry)
def carry_out(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Hand out a package to be carried."""
    name, file = carrying.package_carry(
        actor=actor, number=request.POST.get("number", ""), reason=request.POST.get("reason", "")
    )
    return sent(file, MEDIA, name)


@action(on=carry)
def carry_back(request: HttpRequest, actor: Actor, passage: int) -> HttpResponse:
    """Hand out our receipt for what was brought."""
    name, file = carrying.receipt_carry(actor=actor, passage=passage)
    return sent(file, MEDIA, name)


@action(on=carry)
def bring_in(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take in what was brought: packages, or a list under the agreement that was chosen."""
    files = request.FILES.getlist("file")
    if not files:
        raise BusinessError("page.file_missing")
    agreement = request.POST.get("agreement", "")
    outcomes: list[dict[str, Any]] = []
    for one in files:
        name = clean_name(one.name or "", "rsp")
        if (one.size or 0) > carrying.MOST << 20:
            raise BusinessError("exchange.too_large", most=carrying.MOST)
        if agreement:
            batch = carrying.list_bring(actor=actor, agreement=agreement, file=one.read())
            told = f"批次 {batch.number}，{batch.rows} 条"
            outcomes.append({"name": name, "outcome": "已登记", "reason": told, "receipt": None})
            continue
        reply = carrying.package_bring(actor=actor, file=one.read())
        receipt = reply.passage if reply.receipt else None
        outcomes.append({"name": name, "outcome": OUTCOMES[reply.outcome], "reason": reply.reason, "receipt": receipt})
    return again(carry, request, actor, outcomes=outcomes)
