"""People as they are found and looked at.

Rule (S4-19, S4-23; issue 6): a list goes by region and the beginning of a name, page by page; who is looked for by a
document is looked for by all spellings of its number. A number that was merged still leads to its person (S1-43).

Invariant: everything goes through the scope of the reader; a page costs the same however far down, among however many
people, and what lists show is masked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from renshe.core.errors import BusinessError
from renshe.core.journal.models import SealedRow
from renshe.core.org.actor import Actor
from renshe.core.org.masking import reveal
from renshe.core.org.models import Region
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import visible_regions, within
from renshe.core.org.scope import Scope
from renshe.modules.registry.cards import card_now, cards_of
from renshe.modules.registry.life import lives_of, operations_now, states, states_now
from renshe.modules.registry.models import Card, Contact, Identifier, Life, Merged, Person
from renshe.modules.registry.people import CONTACT, MAIN
from renshe.standards.identity import normalise, upgrade_id_number
from renshe.standards.masks import mask_value

QUERY = "registry.person.query"
declare(Operation(QUERY, "查询人员", "query"))

MOST, COUNTED = 200, 10_000
_SUBTREES = 2_000
"""So many regions are looked through one by one; of more, nearly everybody in the order of names is in one."""
_HIGHEST = "\U0010ffff"


def people(actor: Actor) -> QuerySet[Person]:
    """Return the people whom ``actor`` may look at."""
    return Scope(actor, QUERY).filter(Person.objects.all())


def people_found(
    *, actor: Actor, region: str | None = None, name: str = "", after: str | None = None, limit: int = 50
) -> tuple[list[Mapping[str, Any]], str | None]:
    """Return a page of the people of ``region`` and below whose names begin with ``name``, in the order of names, and
    how to ask for the next; ``after``: the number that was shown last."""
    size = max(1, min(limit, MOST))
    last = None if after is None else people(actor).filter(pk=after).first()
    if after is not None and last is None:
        raise BusinessError("registry.no_such_person", person=after)
    regions, low = _regions(actor, region), name.strip()
    asked: dict[str, Any] = {
        "regions": regions,
        # One lower bound alone: of two the index may begin at the lower.
        "name": max(low, last.name) if last else low,
        "number": last.pk if last and last.name >= low else "",
        "high": low + _HIGHEST,
        "limit": size + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEAR if len(regions) <= _SUBTREES else _WIDE, asked)
        numbers = [number for (number,) in cursor.fetchall()]
    page = numbers[:size]
    rows = {one.pk: one for one in Person.objects.filter(pk__in=page).select_related("contact")}
    return [person_row(rows[number]) for number in page], page[-1] if len(numbers) > size else None


def people_counted(*, actor: Actor, region: str | None = None, name: str = "") -> int:
    """Return how many there are, up to ``COUNTED``: more than anybody looks through."""
    low = name.strip()
    asked: dict[str, Any] = {"regions": _regions(actor, region), "low": low, "high": low + _HIGHEST, "most": COUNTED}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, asked)
        [(found,)] = cursor.fetchall()
    return int(found)


def people_identified(*, actor: Actor, value: str) -> list[Mapping[str, Any]]:
    """Return the people, as lists show them, who have or had a document of the number ``value``."""
    found = people(actor).filter(identifiers__value__in=spellings(value)).select_related("contact").distinct()
    return [person_row(one) for one in found.order_by("pk")[:MOST]]


def spellings(value: str) -> list[str]:
    """Return how a number of a document may be written: of 15 digits also as the 18 that replaced it, and back."""
    told = normalise(value) or ""
    if len(told) == 15 and told.isdecimal():
        try:
            return [told, upgrade_id_number(told)]
        except ValueError:
            return [told]
    return [told, told[:6] + told[8:17]] if len(told) == 18 and told[:17].isdecimal() else [told]


def person_get(*, actor: Actor, person_no: str) -> Person:
    """Return a person, also by a number that was merged into his; BusinessError where there is none to be seen."""
    try:
        return Scope(actor, QUERY).get(Person.objects.select_related("region", "contact"), pk=resolved(person_no))
    except Person.DoesNotExist:
        raise BusinessError("registry.no_such_person", person=person_no) from None


def resolved(person_no: str) -> str:
    """Return the number that stands today for ``person_no``: itself, or the one it was merged into."""
    seen = {person_no}
    rows = Merged.objects.filter(undone_case=None).values_list("kept", flat=True)
    while (kept := rows.filter(old=person_no).first()) is not None and kept not in seen:
        seen.add(kept)
        person_no = kept
    return person_no


def numbers_of(person_no: str) -> list[str]:
    """Return every number by which a person is known: his own, then those that were merged into it."""
    found = [person_no]
    for number in found:
        found += Merged.objects.filter(kept=number, undone_case=None).order_by("pk").values_list("old", flat=True)
    return found


@dataclass(frozen=True, slots=True)
class Whole:
    """One person with everything that the register knows of him; ``row`` masked, as lists show it."""

    row: Mapping[str, Any]
    numbers: Sequence[str]
    sealed: bool
    identifiers: Sequence[Identifier]
    lives: Sequence[Life]
    states: Sequence[str]
    operations: Mapping[str, Sequence[str]]
    cards: Sequence[Card]
    card: Card | None


def person_whole(*, actor: Actor, person_no: str) -> Whole:
    """Return one person with everything."""
    person = person_get(actor=actor, person_no=person_no)
    number = person.pk
    return Whole(
        row=person_row(person),
        numbers=numbers_of(number),
        sealed=SealedRow.objects.filter(table_name=Person._meta.db_table, key=number).exists(),
        identifiers=list(Identifier.objects.filter(person=number).order_by("pk")),
        lives=list(lives_of(number)),
        states=[states()[one].label for one in states_now(number)],
        operations=operations_now(number),
        cards=list(cards_of(number)),
        card=card_now(number),
    )


def person_reveal(*, actor: Actor, person_no: str, items: Sequence[str], reason: str) -> dict[str, str | None]:
    """Return ``items`` of a person whole, and record that ``actor`` saw them."""
    person = person_get(actor=actor, person_no=person_no)
    if not items or not set(items) <= {*MAIN, *CONTACT}:
        raise BusinessError("org.reveal_terms")
    found: dict[str, Any] = {}
    for row, fields in ((person, MAIN), (Contact.objects.filter(person=person).first(), CONTACT)):
        asked = [name for name in items if name in fields]
        if asked and row is not None:
            found |= reveal(actor=actor, row=row, fields=asked, reason=reason)
    return {name: None if found.get(name) is None else str(found[name]) for name in items}


def person_row(person: Person) -> dict[str, Any]:
    """Return a person as lists show him."""
    contact = getattr(person, "contact", None) or Contact()
    told = {**{name: getattr(person, name) for name in MAIN}, **{name: getattr(contact, name) for name in CONTACT}}
    shown = {name: None if value is None else mask_value("person", name, str(value)) for name, value in told.items()}
    return {"person_no": person.pk, "region": person.region_id, **shown}


def _regions(actor: Actor, code: str | None) -> list[str]:
    """Return the regions, of ``code`` and below, in which ``actor`` may look at people."""
    found = visible_regions(actor, QUERY)
    if code is not None:
        asked = Region.objects.filter(pk=code).first()
        found = found.filter(within(asked.path)) if asked is not None else found.none()
    return list(found.values_list("pk", flat=True))


_STANDING = "NOT EXISTS (SELECT FROM registry_merged m WHERE m.old_no = p.person_no AND m.undone_case IS NULL)"
# From each region the first of its own index, of these the first of all.
_NEAR = f"""
SELECT f.person_no FROM unnest(%(regions)s::text[]) r (code) CROSS JOIN LATERAL (
    SELECT p.name, p.person_no FROM registry_person p
    WHERE p.region_id = r.code AND p.name < %(high)s
        AND (p.name, p.person_no) > (%(name)s, %(number)s) AND {_STANDING}
    ORDER BY p.name, p.person_no LIMIT %(limit)s) f
ORDER BY f.name, f.person_no LIMIT %(limit)s
"""
# Along the names; what is appended to the region keeps the planner from collecting all people of the regions first.
_WIDE = f"""
SELECT p.person_no FROM registry_person p
WHERE p.region_id || '' = ANY (%(regions)s::text[]) AND p.name < %(high)s
    AND (p.name, p.person_no) > (%(name)s, %(number)s) AND {_STANDING}
ORDER BY p.name, p.person_no LIMIT %(limit)s
"""
_COUNT = """
SELECT count(*) FROM (
    SELECT FROM unnest(%(regions)s::text[]) r (code) JOIN registry_person p ON p.region_id = r.code
    WHERE p.name >= %(low)s AND p.name < %(high)s LIMIT %(most)s) found
"""
