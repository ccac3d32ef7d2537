"""The one entrance to what is known of a person as a person.

Rule (S4-22 一个入口、一处维护; S4-35 业务多渠道、技术单入口; S4-23): natural attributes are changed by ``person_write``
and by nothing else, whichever line's case it is; each field by the department that keeps it (S4-21). What was written
every line reads at once: there is no copy.

Invariant: the identifiers in force hold the number of the main row; a row that is closed (封存) is changed for whom it
was unsealed, or not at all: the database refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from renshe.core.casework.events import emit
from renshe.core.casework.models import Case
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.attributes import require_owner
from renshe.modules.registry.models import Contact, Identifier, Merged, Person
from renshe.modules.registry.naming import name_key
from renshe.modules.registry.numbering import person_numbers

MAIN = ("id_type", "id_number", "name", "sex", "birth_date", "ethnicity", "nationality", "work_start_date")
"""The main data (class A), which are closed after review."""
CONTACT = ("phone", "address", "household_code", "household_kind", "residence_code")
"""What is never closed."""
DERIVED: Mapping[str, tuple[str, ...]] = {"name": ("name_key",)}
"""What follows from a field, in the same row, and changes with it."""


def person_create(*, case: Case, values: Mapping[str, Any]) -> Person:
    """Register somebody as the effect of ``case``: main data, how he is reached, the document that says who he is."""
    [number] = person_numbers(1)
    main = {name: values.get(name) for name in MAIN}
    person = Person.objects.create(
        person_no=number,
        region=case.region,
        name_key=name_key(values["name"]),
        registered_on=timezone.localdate(),
        **main,
    )
    Contact.objects.create(person=person, **{name: values.get(name) for name in CONTACT})
    _identify(person)
    return person


def person_write(*, actor: Actor, person: Person, values: Mapping[str, Any]) -> list[str]:
    """Write ``values`` by field for ``actor``, who was found to be allowed to; return the fields that changed.

    Raises BusinessError where a field is another department's, or the row is closed.
    """
    unknown = set(values) - {*MAIN, *CONTACT}
    if unknown:
        raise LookupError(f"no attributes of a person: {sorted(unknown)}")
    contact, _ = Contact.objects.get_or_create(person=person)
    changed: list[str] = []
    for row, fields in ((person, MAIN), (contact, CONTACT)):
        table = row._meta.db_table
        new = {one: values[one] for one in fields if one in values and values[one] != getattr(row, one)}
        if not new:
            continue
        require_owner(actor, table, new)
        if "name" in new:
            new["name_key"] = name_key(new["name"])
        for name, value in new.items():
            setattr(row, name, value)
        row.save(update_fields=list(new))
        changed += [one for one in fields if one in new]
    if {"id_type", "id_number"} & set(changed):
        _identify(person)
    return changed


def person_change(*, case: Case, person: Person, values: Mapping[str, Any]) -> list[str]:
    """As ``person_write``, as the effect of ``case`` in the name of who answers for it; other lines are told."""
    changed = person_write(actor=writer_of(case), person=person, values=values)
    if changed:
        emit("person.changed", case, person_no=person.pk, fields=changed)
    return changed


def writer_of(case: Case) -> Actor:
    """Return in whose name the effect of ``case`` writes: who answers for it. What he keeps is asked for anew."""
    return Actor(case.maker or "", "", case.agency, case.region_id, None, frozenset(), None)


def person_held(person_no: str, case: Case | None = None) -> Person:
    """Return a person of the region of ``case``, whom nobody else changes until the transaction ends."""
    found = Person.objects.select_for_update(of=("self",)).select_related("region").filter(pk=person_no).first()
    if found is None or (case is not None and not _within(found.region.path, case.region.path)):
        raise BusinessError("registry.no_such_person", person=person_no)
    if Merged.objects.filter(old=found, undone_case=None).exists():
        raise BusinessError("registry.merged_person", person=person_no)
    return found


def _within(path: str, above: str) -> bool:
    return path == above or path.startswith(f"{above}/")


def _identify(person: Person) -> None:
    """Let the identifiers in force say what the main row says; what it said before ends."""
    today = timezone.localdate()
    mine = Identifier.objects.filter(person=person, valid_to=None)
    if mine.filter(kind=person.id_type, value=person.id_number).exists():
        return
    holder = Identifier.objects.filter(kind=person.id_type, value=person.id_number, valid_to=None).first()
    if holder is not None:
        raise BusinessError("registry.identifier_taken", person=holder.person_id)
    mine.filter(kind=person.id_type).update(valid_to=today)
    Identifier.objects.create(person=person, kind=person.id_type, value=person.id_number, valid_from=today)
