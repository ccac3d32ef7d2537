"""What is done with a case from its page: each is one service, and shows the case again.

Invariant: what is refused is told on the page of the case, and nothing has changed.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from renshe.channels.desk.matters import case
from renshe.core.casework import deciding, leading, notices, services, showing
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.pages.answering import action, again, go
from renshe.core.pages.reading import count_of, day_of, said


def _said(request: HttpRequest, name: str) -> str:
    return said(request, name).get(name, "")


@action(on=case)
def submit(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Hand the case in."""
    services.case_submit(actor=actor, number=number, seen=_said(request, "seen"))
    return go("case", number)


@action(on=case)
def decide(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Decide the step that the case waits for."""
    deciding.case_decide(
        actor=actor,
        number=number,
        verdict=_said(request, "verdict"),
        seen=_said(request, "seen"),
        opinion=_said(request, "opinion"),
    )
    return go("inbox", "waiting") if _said(request, "on") == "next" else go("case", number)


@action(on=case)
def withdraw(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Take the case back."""
    services.case_withdraw(actor=actor, number=number, reason=_said(request, "reason"))
    return go("case", number)


@action(on=case)
def take(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Take up a case that another matter set off."""
    services.case_take(actor=actor, number=number)
    return go("edit", number)


@action(on=case)
def supplement(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Give the case back to who applied for it, to hand in what is lacking."""
    due_on = day_of(_said(request, "due_on"))
    if due_on is None:
        raise BusinessError("case.supplement_terms")
    notices.case_supplement(actor=actor, number=number, told=_said(request, "told"), due_on=due_on)
    return go("case", number)


@action(on=case)
def assign(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Hand the case over to somebody by name."""
    leading.case_assign(
        actor=actor, number=number, operator=_said(request, "operator"), reason=_said(request, "reason")
    )
    return go("case", number)


@action(on=case)
def pause(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Let the time limit rest."""
    leading.case_pause(actor=actor, number=number, ground=_said(request, "reason"))
    return go("case", number)


@action(on=case)
def resume(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Let the time limit run again."""
    leading.case_resume(actor=actor, number=number, ground=_said(request, "reason"))
    return go("case", number)


@action(on=case)
def extend(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Give the case more time."""
    days = count_of(_said(request, "workdays"), "延长的工作日")
    leading.case_extend(actor=actor, number=number, workdays=days, ground=_said(request, "reason"))
    return go("case", number)


@action(on=case)
def reveal(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Show items of the form whole, once; it is recorded."""
    shown = showing.case_reveal(
        actor=actor, number=number, items=request.POST.getlist("items"), reason=_said(request, "reason")
    )
    return again(case, request, actor, number=number, revealed=shown)
