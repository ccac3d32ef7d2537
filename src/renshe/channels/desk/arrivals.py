"""Packages that somebody brought: registered here, with the receipts to be handed back.

Rule (S2-67 上传和接收数据，按照本规定第六条办理): what is brought by hand goes through the gate that everything goes
through; each file is answered by itself.

Invariant: a file that is refused leaves the others as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files import File
from django.http import HttpRequest, HttpResponse

from renshe.channels.desk.books.exchange import OUTCOMES
from renshe.core.errors import BusinessError
from renshe.core.exchange.by_hand import brought, may_register, package_register, receipt_get
from renshe.core.exchange.limits import most_bytes
from renshe.core.exchange.lists import list_register
from renshe.core.exchange.operating import TAKE_IN
from renshe.core.exchange.selectors import agreements
from renshe.core.exchange.ways.https import MEDIA
from renshe.core.exchange.ways.way import ENDING
from renshe.core.org.actor import Actor
from renshe.core.org.rights import require
from renshe.core.pages.answering import action, again, page, shown
from renshe.core.pages.sending import sent

MOST_FILES = 20
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a file; ``line``: of the log where its receipt is, if it has one."""

    name: str
    outcome: str
    reason: str
    line: int | None = None


@page
def arrivals(
    request: HttpRequest, actor: Actor, alert: str | None = None, results: Sequence[Result] = ()
) -> HttpResponse:
    """Show where packages are registered, what became of those just brought, and the last ones."""
    if not may_register(actor):
        require(actor, TAKE_IN, actor.region)
    lists = agreements(actor).filter(valid_until=None, text__contains="bare: true")
    rows = [(one, OUTCOMES.get(one.outcome, one.outcome)) for one in brought(actor).defer("receipt")[:_SHOWN]]
    receipted = set(brought(actor).filter(receipt__isnull=False).values_list("pk", flat=True)[:_SHOWN])
    return shown(
        request,
        "desk/arrivals.html",
        alert=alert,
        results=results,
        rows=rows,
        receipted=receipted,
        lists=[(one.number, f"{one.title}（{one.partner.name}）") for one in lists],
        most=most_bytes() >> 20,
        most_files=MOST_FILES,
    )


@action(on=arrivals)
def arrive(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Register the packages that were brought, in the order of their names, which is that of their sequences."""
    files = sorted(request.FILES.getlist("file"), key=lambda one: one.name or "")
    if not files:
        raise BusinessError("page.file_missing")
    if len(files) > MOST_FILES:
        raise BusinessError("exchange.too_many_files", most=MOST_FILES)
    if not may_register(actor):
        require(actor, TAKE_IN, actor.region)
    return again(arrivals, request, actor, results=[_registered(actor, one, request) for one in files])


@page
def receipt(request: HttpRequest, actor: Actor, line: int) -> HttpResponse:
    """Hand out the receipt for what was brought."""
    found = receipt_get(actor, line)
    return sent(
        bytes(found.receipt or b""), MEDIA, f"R-{found.agreement}-{found.kind}-{found.sequence or 0:06d}{ENDING}"
    )


def _registered(actor: Actor, file: File[bytes], request: HttpRequest) -> Result:
    name, most, agreement = file.name or "", most_bytes(), request.POST.get("agreement", "")
    try:
        if (file.size or 0) > most:
            raise BusinessError("exchange.too_large", most=most >> 20)
        if agreement:
            batch = list_register(actor=actor, agreement=agreement, file=file.read())
            return Result(name, OUTCOMES["taken"], f"批次 {batch.number}，{batch.rows:,} 条")
        reply = package_register(actor=actor, file=file.read())
    except BusinessError as refused:
        return Result(name, OUTCOMES["refused"], str(refused))
    return Result(name, OUTCOMES[reply.outcome], reply.reason, reply.line if reply.receipt is not None else None)
