"""Units: found by any of their numbers, looked at, filed with the information centre.

Invariant: changes are cases (``/cases``); heads and telephones of units are masked.
"""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from renshe.channels.api.calling import actor_of
from renshe.channels.api.declaring import answers
from renshe.channels.api.registry_schemas import (
    FilingOut,
    FindNumber,
    FindPeople,
    MissingOut,
    UnitOut,
    UnitWholeOut,
)
from renshe.channels.api.schemas import Page
from renshe.modules.registry import units
from renshe.standards.masks import mask_value

router = Router(tags=["单位"])


@router.post("/units/search", response=answers(Page[UnitOut]), summary="查询单位")
def units_search(request: HttpRequest, told: FindPeople) -> object:
    """Return units in the order of their names."""
    rows, after = units.units_found(actor=actor_of(request), **told.model_dump())
    return {"items": rows, "after": after}


@router.post("/units/numbers/search", response=answers(list[UnitOut]), summary="按编号或代码查单位")
def units_identify(request: HttpRequest, told: FindNumber) -> object:
    """Return the units that have, or had in an older system, this number or code."""
    return units.units_identified(actor=actor_of(request), value=told.value)


@router.get("/units/provisional", response=answers(list[UnitOut]), summary="名称暂定的单位")
def units_provisional(request: HttpRequest) -> object:
    """Return the units whose names rest on nothing yet, two hundred at most."""
    return list(units.units_provisional(actor_of(request))[: units.MOST])


@router.get("/units/missing-codes", response=answers(MissingOut), summary="未补齐代码的单位")
def units_missing(request: HttpRequest) -> object:
    """Return how many codes are outstanding and late, and the most urgent two hundred."""
    actor = actor_of(request)
    told = units.missing_counted(actor)
    rows = list(units.units_missing_code(actor)[: units.MOST])
    return {"outstanding": told.outstanding, "late": told.late, "items": rows}


@router.get("/units/filings", response=answers(list[FilingOut]), summary="新增单位备案")
def filings(request: HttpRequest) -> object:
    """Return the units added of which the centre has not taken note, two hundred at most."""
    return list(units.filings(actor_of(request))[: units.MOST])


@router.post("/units/filings/{unit_no}/reception", response=answers(FilingOut), summary="接收新增单位备案")
def filing_receive(request: HttpRequest, unit_no: str) -> object:
    """Take note of a unit that was added."""
    return units.filing_receive(actor=actor_of(request), unit_no=unit_no)


@router.get("/units/{unit_no}", response=answers(UnitWholeOut), summary="查看单位")
def unit_inspect(request: HttpRequest, unit_no: str) -> object:
    """Return one unit with its names and accounts."""
    unit = units.unit_get(actor=actor_of(request), unit_no=unit_no)
    accounts = units.accounts_of(unit.pk).prefetch_related("old_numbers")
    return {
        "unit": unit,
        **{name: _masked(name, getattr(unit, name)) for name in ("legal_rep", "phone", "address")},
        "names": list(unit.names.order_by("-pk").values_list("name", flat=True)),
        "accounts": [
            {
                **{name: getattr(one, name) for name in ("number", "scheme", "branch", "agency", "default")},
                "old_numbers": [old.value for old in one.old_numbers.all()],
            }
            for one in accounts
        ],
    }


def _masked(name: str, value: str | None) -> str | None:
    return None if value is None else mask_value("unit", name, value)
