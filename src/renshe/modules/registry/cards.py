"""Social-security cards: what happened to each, and which one is somebody's today.

Rule (S4-1 突出社会保障“一卡通”这一重点; S3-12 one person, one card history): a card is issued to one person and is his
for good; lost, found, replaced, cancelled are events, each of a case, that every line reads. Applications on the card
are beyond this register (S4-180).

Invariant: somebody has one card at a time that is neither replaced nor cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.casework.models import Case
from renshe.core.errors import BusinessError
from renshe.modules.registry.models import Card, CardEvent, Person

_FOLLOWS: Mapping[str | None, frozenset[str]] = {
    None: frozenset({"issue"}),
    "issue": frozenset({"loss", "replace", "cancel"}),
    "loss": frozenset({"found", "replace", "cancel"}),
    "found": frozenset({"loss", "replace", "cancel"}),
    "replace": frozenset(),
    "cancel": frozenset(),
}
"""What may happen next to a card, by what happened last."""
_OVER = (CardEvent.REPLACE, CardEvent.CANCEL)


def cards_of(person_no: str) -> QuerySet[Card]:
    """Return what happened to somebody's cards, the first first."""
    return Card.objects.filter(person=person_no).order_by("pk")


def card_now(person_no: str) -> Card | None:
    """Return the last event of the card that is somebody's today; None where he has none."""
    last = {one.number: one for one in cards_of(person_no)}
    return next((one for one in last.values() if one.event not in _OVER), None)


def card_problem(person_no: str, number: str, event: str) -> str | None:
    """Return, in Chinese, why ``event`` cannot happen to card ``number`` of somebody; None where it can."""
    if event not in CardEvent.values:
        return f"没有“{event}”这种事项，请填写：{'、'.join(CardEvent.values)}"
    before = Card.objects.filter(number=number).order_by("pk").last()
    if before is not None and before.person_id != person_no:
        return "该卡号是他人的卡，请核对卡号"
    if event not in _FOLLOWS[before.event if before else None]:
        said = CardEvent(before.event).label if before else "尚未制发"
        return f"该卡{said}，不能{CardEvent(event).label}；请核对卡号"
    if event == CardEvent.ISSUE and card_now(person_no) is not None:
        return "此人已有在用的卡；需要换卡的，请办理补换"
    return None


def card_event(*, case: Case, person: Person, number: str, event: str, new: str | None) -> None:
    """Put down what happened to a card as the effect of ``case``; a replacement issues the ``new`` one."""
    problem = card_problem(person.pk, number, event)
    if problem is None and (event == CardEvent.REPLACE) != (new is not None):
        problem = "补换须填写新卡号，其他事项不填新卡号"
    if problem is None and new is not None and Card.objects.filter(number=new).exists():
        problem = "新卡号已使用，请核对新卡号"
    if problem:
        raise BusinessError("registry.card", why=problem)
    today = timezone.localdate()
    Card.objects.create(person=person, number=number, event=event, on=today, case_no=case.number)
    if new is not None:
        Card.objects.create(person=person, number=new, event=CardEvent.ISSUE, on=today, case_no=case.number)
