"""One life over all lines, in the order of its days.

Rule (S4-26 以人的一生为主线,串联起各项社会保障业务; S4-20): every line says by ``tells`` what it knows of a person; the
register tells states of life, documents, cards and mergers. A line that is taken out takes its events with it and
breaks nothing.

Invariant: what is told is of this person, under every number by which he is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from renshe.core.org.actor import Actor
from renshe.modules.registry.life import states
from renshe.modules.registry.models import Card, Identifier, Life, Merged
from renshe.modules.registry.selectors import numbers_of, person_get
from renshe.standards.codes import code_list
from renshe.standards.masks import mask_id


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened in a life: ``line`` tells it, of the case ``case`` where it was one's effect."""

    on: dt.date
    line: str
    what: str
    case: str | None = None


Teller = Callable[[Sequence[str]], Iterable[Moment]]
_TELLERS: dict[str, Teller] = {}


def tells(line: str) -> Callable[[Teller], Teller]:
    """Let the function that this decorates tell what ``line`` knows of who has these numbers."""

    def declare(teller: Teller) -> Teller:
        if _TELLERS.setdefault(line, teller) is not teller:
            raise ValueError(f"{line} tells of lives twice")
        return teller

    return declare


def life_line(*, actor: Actor, person_no: str) -> list[Moment]:
    """Return the life of a person whom ``actor`` may look at, the first day first."""
    return life_of(numbers_of(person_get(actor=actor, person_no=person_no).pk))


def life_of(numbers: Sequence[str]) -> list[Moment]:
    """Return the life of who has these ``numbers``, the first day first, for whom it is shown to."""
    found = [moment for line in sorted(_TELLERS) for moment in _TELLERS[line](numbers)]
    return sorted(found, key=lambda one: (one.on, one.line, one.what))


@tells("registry")
def _register(numbers: Sequence[str]) -> Iterable[Moment]:
    for life in Life.objects.filter(person__in=numbers, void=None):
        label = states()[life.state].label
        yield Moment(life.since, "registry", label, life.case_no)
        if life.until is not None:
            yield Moment(life.until, "registry", f"{label}结束", life.ended_by)
    kinds = code_list("id_type").values
    for one in Identifier.objects.filter(person__in=numbers):
        kind = kinds[one.kind].label if one.kind in kinds else one.kind
        yield Moment(one.valid_from, "registry", f"登记证件：{kind} {mask_id(one.value)}")
    for card in Card.objects.filter(person__in=numbers):
        yield Moment(card.on, "registry", f"社会保障卡{card.get_event_display()}", card.case_no)
    for merged in Merged.objects.filter(kept__in=numbers):
        yield Moment(timezone.localdate(merged.at), "registry", f"编号 {merged.old_id} 并入", merged.case_no)
        if merged.undone_at is not None:
            undone = timezone.localdate(merged.undone_at)
            yield Moment(undone, "registry", f"编号 {merged.old_id} 撤销并入", merged.undone_case)
