"""Who may be here already, shown while somebody is entered, with why.

Rule (issue 6; S1-38; 先本地后异地): candidates are those with the same number, the same sound of the name and year of
birth, or the same telephone; they are weighed by the facts and weights by which whole files are linked. A clerk looks
and decides; nothing is refused for being like somebody.

Invariant: only people whom the reader may look at are told of; a number that is somebody's elsewhere is refused by the
case itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.org.actor import Actor
from renshe.modules.registry.models import Apart, Merged, Person
from renshe.modules.registry.naming import name_key
from renshe.modules.registry.selectors import people, person_row, spellings

if TYPE_CHECKING:
    from renshe.engine.linking.one import Likeness

MOST = 20
"""So many of each kind of candidate are weighed."""


@dataclass(frozen=True, slots=True)
class Possible:
    """Somebody who may be the one being entered: ``row`` masked; ``decision``: same (nearly sure) or review."""

    row: Mapping[str, Any]
    weight: float
    decision: str
    why: str


def possible_duplicates(*, actor: Actor, values: Mapping[str, Any], besides: str | None = None) -> list[Possible]:
    """Return who of the people that ``actor`` may look at may be the one whose ``values`` (as a form has them) are
    entered, the likeliest first; ``besides``: his own number, where he is registered already."""
    return [
        Possible(person_row(person), round(one.weight, 1), one.decision, one.why)
        for person, one in _weighed(people(actor), values, besides, timezone.localdate())
    ]


def near(person: Person, among: QuerySet[Person], on: dt.date) -> list[tuple[str, str]]:
    """Return number and decision of those ``among`` who may be ``person``, for rooms that asked for a right."""
    found = _weighed(among, _told(person), person.pk, on)
    return [(other.pk, one.decision) for other, one in found]


def _weighed(
    among: QuerySet[Person], values: Mapping[str, Any], besides: str | None, on: dt.date
) -> list[tuple[Person, Likeness]]:
    # The engine is heavy; a process that registers nobody does without it.
    from renshe.engine.linking.one import weigh_one

    found = {one.pk: one for few in _candidates(among, values) for one in few[:MOST] if one.pk != besides}
    merged = set(Merged.objects.filter(old__in=found, undone_case=None).values_list("old", flat=True))
    if besides is not None:
        both = Apart.objects.filter(Q(one=besides) | Q(other=besides)).values_list("one", "other")
        merged |= {number for pair in both for number in pair}
    there = [_told(one) for number, one in found.items() if number not in merged]
    weighed = weigh_one(values, there, on) if there else []
    return [(found[one.key], one) for one in weighed if one.decision != "different"]


def _candidates(among: QuerySet[Person], values: Mapping[str, Any]) -> Iterator[QuerySet[Person]]:
    whole = among.select_related("contact").order_by("pk")
    number, name, born, phone = (values.get(one) for one in ("id_number", "name", "birth_date", "phone"))
    if number:
        # By way of the identifiers' own index, whatever else is asked.
        known = Person.objects.filter(identifiers__value__in=spellings(str(number))).values_list("pk", flat=True)
        yield whole.filter(pk__in=list(known[:MOST]))
    if name and born:
        alike = Q(name_key=name_key(str(name)), birth_date__year=born.year)
        yield whole.filter(alike)
    if phone:
        yield whole.filter(contact__phone=phone)


def _told(person: Person) -> dict[str, Any]:
    """Return a person as the engine reads records."""
    contact = getattr(person, "contact", None)
    return {
        "key": person.pk,
        "id_number": person.id_number,
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.birth_date,
        "phone": contact.phone if contact else None,
        "address": contact.address if contact else None,
    }
