"""What requests of those who lead and keep look like, and their answers: deputies, duties, months, clean-ups.

Invariant: words of somebody's own are masked as lists show them.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from ninja import Schema
from pydantic import Field

from renshe.channels.api.register_schemas import EntryOut, Long
from renshe.channels.api.schemas import Asked, Masked, Short, Text

RegionCode = Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]
Month = Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}(0[1-9]|1[0-2])$")]
Keys = Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(min_length=1, max_length=1000)]


class GiveDelegation(Asked):
    """``absent``: the caller where nobody is named; ``types``: of all where none is named."""

    absent: Short | None = None
    deputy: Short
    region: RegionCode | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date
    ground: Text
    types: Annotated[list[Short], Field(max_length=200, default_factory=list)]


class DelegationOut(Schema):
    id: int
    absent: Annotated[str, Field(alias="absent.number")]
    deputy: Annotated[str, Field(alias="deputy.number")]
    region: Annotated[str, Field(alias="region_id")]
    types: list[str]
    ground: Masked
    valid_from: dt.date
    valid_until: dt.date


class SetDifference(Asked):
    """Fewer ``workdays`` than the type's, or a ``paper`` more, called ``label``."""

    type: Short
    region: RegionCode | None = None
    ground: Text
    workdays: Annotated[int, Field(ge=1, le=250)] | None = None
    paper: Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9_.]+$")] | None = None
    label: Short | None = None
    valid_until: dt.date | None = None


class DifferenceOut(Schema):
    id: int
    type: str
    region: Annotated[str, Field(alias="region_id")]
    workdays: int | None
    paper: str | None
    label: str | None
    ground: Masked
    valid_from: dt.date
    valid_until: dt.date | None


class DurationOut(Schema):
    """``seconds``: from handing in to the end, on an average of ``count`` finished cases."""

    type: str
    version: int
    count: int
    seconds: float | None


class NameDuty(Asked):
    """``agency``: the caller's where none is named; ``operator``: the number of one of its people."""

    agency: Short | None = None
    kind: Annotated[str, Field(pattern=r"^(network|database)$")]
    operator: Short
    every_days: Annotated[int, Field(ge=1, le=31)] = 1
    valid_from: dt.date | None = None


class EndDuty(Asked):
    last_day: dt.date


class DutyOut(Schema):
    id: int
    agency: Annotated[str, Field(alias="agency.number")]
    kind: str
    operator: Annotated[str, Field(alias="operator.number")]
    every_days: int
    valid_from: dt.date
    valid_until: dt.date | None


class EnterCheck(Asked):
    day: dt.date | None = None
    good: bool
    result: Long


class CheckOut(Schema):
    id: int
    agency: str
    day: dt.date
    good: bool
    result: Masked
    operator: str
    at: dt.datetime


class CapacityOut(Schema):
    """In per cent; null where it could not be read."""

    agency: str
    at: dt.datetime
    cpu: float | None
    storage: float | None
    connections: float | None


class AvailabilityOut(Schema):
    """Minutes of the month in which the service was there, of those in which it should have been."""

    service: str
    up: int
    due: int
    percent: float


class UncheckedOut(Schema):
    region: str
    month: str


class LogCheckOut(Schema):
    id: int
    rows: int
    digest: str
    agrees: bool
    opinion: Masked
    by: str
    agency: str
    at: dt.datetime


class ChangeLogOut(Schema):
    """``digest``: says which log was seen, when it is checked."""

    region: str
    month: str
    digest: str
    rows: list[EntryOut]
    checks: list[LogCheckOut]


class CheckLog(Asked):
    region: RegionCode | None = None
    seen: Short
    agrees: bool
    opinion: Text = ""


class PrintLog(Asked):
    region: RegionCode | None = None


class PointsOut(Schema):
    agency: str
    points: int


class CleanUp(Asked):
    year: Annotated[int, Field(ge=1900, le=9999)]
    half: Annotated[int, Field(ge=1, le=2)]


class CleanUpOut(Schema):
    id: int
    agency: str
    year: int
    half: int
    found: int
    by: str
    at: dt.datetime


class CleanUpDueOut(Schema):
    agency: str
    year: int
    half: int


class CandidateOut(Schema):
    id: int
    region: Annotated[str, Field(alias="region_id")]
    table: Annotated[str, Field(alias="table_name")]
    key: Masked
    why: Masked


class DeleteCandidates(Asked):
    """``approval``: the number of the finished application that names them."""

    chosen: Keys
    approval: Short


class RestoreDeleted(Asked):
    """``deleted``: entries of the journal, as the finished application ``approval`` names them."""

    deleted: Keys
    approval: Short
    reason: Text
