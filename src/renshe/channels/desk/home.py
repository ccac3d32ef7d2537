"""The first page of the day: what waits, what is late, what is wrong.

Rule (S4-155; 002 六, 七): what lies with me and what my post could decide come first, the most urgent on top; what is
overdue in keeping the system stands beside it, for who may see the registers.

Invariant: everything that is counted here leads in one step to the list of it.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from renshe.channels.alarming import alarms_told
from renshe.core.casework import searching, selectors
from renshe.core.casework.models import Case
from renshe.core.errors import BusinessError
from renshe.core.org.access import cut_offs_reported
from renshe.core.org.actor import Actor
from renshe.core.pages.answering import action, go, page, shown

FEW, MANY = 8, 1000
BOXES = {
    "waiting": "待我办理", "mine": "我的业务", "returned": "退回补正", "late": "已超期", "proposed": "待认领",
    "reminded": "即将到期",
}  # fmt: skip
_BOX = {
    "waiting": selectors.waiting_for, "mine": selectors.mine, "returned": selectors.returned, "late": selectors.late,
    "proposed": selectors.proposed,
}  # fmt: skip


@page
def home(request: HttpRequest, actor: Actor, alert: str | None = None) -> HttpResponse:
    """Show the day."""
    counts = [(box, BOXES[box], found(actor)[: MANY + 1].count()) for box, found in _BOX.items()]
    waiting, _ = searching.inbox(actor, "waiting", limit=FEW)
    entered = [searching.row(one) for one in selectors.entered(actor)[:FEW]]
    return shown(
        request,
        "desk/home.html",
        alert=alert,
        counts=counts,
        many=MANY,
        waiting=waiting,
        entered=entered,
        told=list(cut_offs_reported(actor)),
        today=timezone.localdate(),
    )


@page
def wrong(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show what is overdue or not as it should be, as far as the actor sees."""
    return shown(request, "desk/wrong.html", wrong=alarms_told(actor))


@action(on=home)
def find(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Go to the case of a number, however it was typed."""
    number = request.POST.get("number", "").strip().upper()
    if not Case.objects.filter(number=number).exists():
        raise BusinessError("case.not_there", number=number)
    return go("case", selectors.case_get(actor=actor, number=number).number)
