"""What requests and answers of the register look like.

Invariant: people and the telephones and heads of units are masked in what goes out.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

from renshe.channels.api.schemas import Asked, Page, Short, Text

Region = Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]
Name = Annotated[str, Field(max_length=64)]
Number = Annotated[str, Field(pattern=r"^[0-9]{2,20}$")]


class FindPeople(Asked):
    """People of ``region`` and below whose names begin with ``name``; ``after``: the number shown last."""

    region: Region | None = None
    name: Name = ""
    after: Number | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class FindNumber(Asked):
    value: Short


class FindDuplicates(Asked):
    """Who is being entered, as far as it is known; ``besides``: his own number, if he has one."""

    id_number: Annotated[str, Field(max_length=32)] | None = None
    name: Name | None = None
    sex: Annotated[str, Field(max_length=1)] | None = None
    birth_date: dt.date | None = None
    phone: Annotated[str, Field(max_length=32)] | None = None
    address: Annotated[str, Field(max_length=128)] | None = None
    besides: Number | None = None


class PersonRowOut(Schema):
    person_no: str
    region: str
    id_type: str | None
    id_number: str | None
    name: str | None
    sex: str | None
    birth_date: str | None
    ethnicity: str | None
    nationality: str | None
    work_start_date: str | None
    phone: str | None
    address: str | None
    household_code: str | None
    household_kind: str | None
    residence_code: str | None


class PeopleOut(Page[PersonRowOut]):
    """``total``: how many there are, up to 10,000; told with the first page."""

    total: int | None


class LifeOut(Schema):
    state: str
    since: dt.date
    until: dt.date | None
    ground: str
    case_no: str


class CardOut(Schema):
    number: str
    event: str
    on: dt.date
    case_no: str


class PersonOut(Schema):
    """One person with everything; ``numbers``: his own, then those merged into it; ``sealed``: the main data are
    closed; ``operations``: by area, what the lines do for who is in his ``states``."""

    row: PersonRowOut
    numbers: list[str]
    sealed: bool
    states: list[str]
    operations: dict[str, list[str]]
    lives: list[LifeOut]
    cards: list[CardOut]


class MomentOut(Schema):
    on: dt.date
    line: str
    what: str
    case: str | None


class PossibleOut(Schema):
    row: PersonRowOut
    weight: float
    decision: str
    why: str


class Compare(Asked):
    """``reason``: why values are shown whole, which is recorded; without one they are masked."""

    old: Number
    kept: Number
    reason: Text = ""


class ChoiceOut(Schema):
    field: str
    label: str
    old: str | None
    kept: str | None
    takes_old: bool
    why: str
    closed: bool


class ObstacleOut(Schema):
    id: str
    title: str
    source: str
    remedy: str


class PreviewOut(Schema):
    fields: list[ChoiceOut]
    obstacles: list[ObstacleOut]


class Designate(Asked):
    operator: Short
    seen: Short


class Unseal(Asked):
    days: Annotated[int, Field(ge=1, le=30)] = 1


class Enter(Asked):
    values: dict[str, Any]


class ModificationOut(Schema):
    case_no: str
    person_id: str
    designated: str
    designated_by: str
    approved_at: dt.datetime | None
    unsealed_by: str | None
    expires_at: dt.datetime | None
    entered_at: dt.datetime | None
    check_no: str | None


class ChangeOut(Schema):
    table: str
    key: str | None
    field: str
    old: Any
    new: Any


class LogOut(Schema):
    """What a request asked for and what the journal says was done; ``right``: the two are the same."""

    modification: ModificationOut
    asked: list[ChangeOut]
    made: list[ChangeOut]
    right: bool


class UnitOut(Schema):
    unit_no: str
    region_id: str
    name: str
    name_source: str
    uscc: str | None
    org_code: str | None
    unit_type: str
    life_status: str | None
    registered_on: dt.date
    code_due_on: dt.date | None


class AccountOut(Schema):
    number: str
    scheme: str | None
    branch: str | None
    agency: str
    default: bool
    old_numbers: list[str]


class UnitWholeOut(Schema):
    unit: UnitOut
    legal_rep: str | None
    phone: str | None
    address: str | None
    names: list[str]
    accounts: list[AccountOut]


class FilingOut(Schema):
    unit_no: str
    region_id: str
    case_no: str
    filed_at: dt.datetime
    received_by: str | None


class MissingOut(Schema):
    outstanding: int
    late: int
    items: list[UnitOut]
