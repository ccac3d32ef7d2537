"""People and units on pages: found, looked at with their whole life, and what may be done for them.

Rule (S4-26; S4-35; 个人信息保护法 第五十一条): lists are masked; whom one looks for by name or identity number never
stands in an address; seeing more needs a reason and is recorded. What changes somebody is a case.

Invariant: these pages change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from renshe.core.casework import searching
from renshe.core.casework.forms import Item, item, item_shown, read
from renshe.core.casework.held import QUERY as CASES
from renshe.core.casework.models import Case
from renshe.core.casework.types import CaseType, case_types, find_type
from renshe.core.journal.models import SealedRow
from renshe.core.org.actor import Actor
from renshe.core.org.models import Region
from renshe.core.org.rights import anywhere, powers
from renshe.core.pages.answering import action, again, page, shown
from renshe.core.pages.choices import regions
from renshe.core.pages.panels import beside_of, panel
from renshe.core.pages.reading import said
from renshe.core.pages.widgets import Widget, widgets
from renshe.modules.registry import selectors, units
from renshe.modules.registry.duplicates import possible_duplicates
from renshe.modules.registry.lifeline import life_of
from renshe.modules.registry.models import Unit
from renshe.modules.registry.people import CONTACT, MAIN
from renshe.modules.registry.person_cases import attribute
from renshe.standards import dictionary
from renshe.standards.identity import id_birth, id_sex, id_state
from renshe.standards.masks import mask_value

FEW = 20
CITIZEN = "01"
"""The kind of an identity card (居民身份证)."""


def _told(one: Item, value: Any) -> tuple[str, str, Any]:
    """Return name, label and value of an item as people read it."""
    return one.name, one.label, item_shown(one, value)


def _offered(actor: Actor, about: str) -> list[CaseType]:
    """Return the case types of the register about a ``person`` or a ``unit`` that ``actor`` may begin."""
    newest = {one.name: one for one in case_types() if one.module == "registry" and getattr(one, about)}
    counter = {name: one for name, one in newest.items() if "counter" in one.channels}
    reach = powers(actor, *{one.enter for one in counter.values()})
    return [one for _, one in sorted(counter.items()) if reach[one.enter]]


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Return what a list is asked for: by region and the beginning of a name, or by a number."""
    return {"asked": said(request, "region", "name", "after"), "number": request.POST.get("number", "").strip()}


def _cases(actor: Actor, **about: Any) -> list[Mapping[str, Any]]:
    return searching.cases_found(actor, **about, limit=FEW)[0] if anywhere(actor, CASES) else []


@panel("registry/subject_panel.html", *(one.name for one in case_types() if one.module == "registry"))
def _subject(actor: Actor, case: Case) -> Mapping[str, Any] | None:
    """Whom a case of the register is about, where ``actor`` may look at them."""
    person = selectors.people(actor).filter(pk=case.person).exists() if case.person else False
    unit_there = units.units(actor).filter(pk=case.unit).exists() if case.unit else False
    if not person and not unit_there:
        return None
    return {"person": case.person if person else None, "unit": case.unit if unit_there else None}


@page
def people(
    request: HttpRequest,
    actor: Actor,
    alert: str | None = None,
    asked: Mapping[str, Any] | None = None,
    number: str | None = None,
) -> HttpResponse:
    """Show people in the order of their names, or those with a document of ``number``."""
    asked = {**(asked or {})}
    after: str | None = None
    if number:
        rows = selectors.people_identified(actor=actor, value=number)
    else:
        rows, after = selectors.people_found(actor=actor, **asked)
    count = {name: asked[name] for name in ("region", "name") if name in asked}
    total = len(rows) if number else selectors.people_counted(actor=actor, **count)
    return shown(
        request,
        "registry/people.html",
        alert=alert,
        rows=rows,
        after=after,
        asked=asked,
        total=total,
        most=selectors.COUNTED,
        begins=anywhere(actor, find_type("registry.person_register").enter),
        regions=regions(selectors.QUERY)(actor),
    )


@action(on=people)
def people_search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the people who were asked for."""
    return again(people, request, actor, **_asked(request))


@page
def person(
    request: HttpRequest,
    actor: Actor,
    person_no: str,
    alert: str | None = None,
    revealed: Mapping[str, str | None] | None = None,
) -> HttpResponse:
    """Show one person: what is known, the life over all lines, cases and what may be done."""
    found = selectors.person_whole(actor=actor, person_no=person_no)
    values = {**found.row, **(revealed or {})}
    region = Region.objects.get(pk=found.row["region"])
    return shown(
        request,
        "registry/person.html",
        alert=alert,
        whole=found,
        number=found.row["person_no"],
        name=values["name"],
        region=region,
        main=[_told(attribute(name), values.get(name)) for name in MAIN],
        contact=[_told(attribute(name), values.get(name)) for name in CONTACT],
        moments=life_of(found.numbers),
        cases=_cases(actor, person=str(found.row["person_no"])),
        offered=_offered(actor, "person"),
        beside=beside_of("person", actor, str(found.row["person_no"])),
        revealed=revealed,
    )


@action(on=person)
def person_reveal(request: HttpRequest, actor: Actor, person_no: str) -> HttpResponse:
    """Show items of a person whole, once; it is recorded."""
    told = selectors.person_reveal(
        actor=actor,
        person_no=person_no,
        items=request.POST.getlist("items"),
        reason=request.POST.get("reason", ""),
    )
    return again(person, request, actor, person_no=person_no, revealed=told)


@action(on=people)
def possible(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show who may be the one whose form is being filled in, and fill in what the identity number says of him."""
    names = ("id_number", "name", "sex", "birth_date", "phone", "address")
    filled = read([attribute(name) for name in names], {name: request.POST.get(name) for name in names})
    values = {name: value for name, value in filled.values.items() if value is not None}
    found = possible_duplicates(actor=actor, values=values) if {"id_number", "name"} & set(values) else []
    return shown(request, "registry/possible.html", found=found, filled=list(_filled(request)))


def _filled(request: HttpRequest) -> Iterator[Widget]:
    """Yield the fields that are empty and follow from the identity number, where it is a citizen's."""
    number = request.POST.get("id_number", "")
    if id_state(number) != "valid":
        return
    told = {"id_type": CITIZEN, "birth_date": id_birth(number), "sex": id_sex(number)}
    empty = [attribute(name) for name in told if name in request.POST and not request.POST[name]]
    yield from widgets(empty, told)


@page
def unit_list(
    request: HttpRequest,
    actor: Actor,
    alert: str | None = None,
    asked: Mapping[str, Any] | None = None,
    number: str | None = None,
) -> HttpResponse:
    """Show units in the order of their names, or those of a number or code."""
    asked = {**(asked or {})}
    after: str | None = None
    if number:
        rows = units.units_identified(actor=actor, value=number)
    else:
        rows, after = units.units_found(actor=actor, **asked)
    return shown(
        request,
        "registry/units.html",
        alert=alert,
        rows=rows,
        after=after,
        asked=asked,
        regions=regions(selectors.QUERY)(actor),
        missing=units.missing_counted(actor),
        begins=anywhere(actor, find_type("registry.unit_register").enter),
    )


@action(on=unit_list)
def unit_search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show the units that were asked for."""
    return again(unit_list, request, actor, **_asked(request))


@page
def unit(request: HttpRequest, actor: Actor, unit_no: str, alert: str | None = None) -> HttpResponse:
    """Show one unit: base data, names, accounts, cases and what may be done."""
    found = units.unit_get(actor=actor, unit_no=unit_no)
    known = [one.name for one in dictionary.table("unit").fields if hasattr(found, one.name)]
    return shown(
        request,
        "registry/unit.html",
        alert=alert,
        unit=found,
        facts=[_told(item(f"unit.{name}"), _masked(found, name)) for name in known],
        names=list(found.names.order_by("-pk")),
        accounts=list(units.accounts_of(found.pk).prefetch_related("old_numbers")),
        sealed=SealedRow.objects.filter(table_name=Unit._meta.db_table, key=found.pk).exists(),
        cases=_cases(actor, unit=found.pk),
        offered=_offered(actor, "unit"),
        beside=beside_of("unit", actor, found.pk),
    )


def _masked(found: Unit, name: str) -> str | None:
    value = getattr(found, name)
    return None if value is None else mask_value("unit", name, str(value))
