"""What requests to journal, registers and volumes look like, and their answers.

Invariant: personal data in entries are masked (``registers.tracing``).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, Field

from renshe.channels.api.schemas import Asked, Masked, Short, Text
from renshe.core.registers.tracing import masked

Long = Annotated[str, Field(min_length=1, max_length=2000)]
Minutes = Annotated[int, Field(ge=0, le=100_000)]


class SearchJournal(Asked):
    """All that is given must hold; without more than days the last month is looked through."""

    person: Short | None = None
    unit: Short | None = None
    table: Short | None = None
    key: Short | None = None
    field: Short | None = None
    operator: Short | None = None
    agency: Short | None = None
    case: Short | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    after: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class EntryOut(Schema):
    """``changes``: by field, before and after."""

    id: int
    at: dt.datetime
    operator: str
    agency: str | None
    terminal: str | None
    case: str | None
    reason: str
    table: str
    operation: str
    key: str
    person: str | None
    unit: str | None
    region: str | None
    changes: dict[str, list[Any]]


class EntriesOut(Schema):
    """``first``: since when was looked; ``after``: shown with the next request, gives what follows."""

    items: list[EntryOut]
    after: str | None
    first: dt.date | None


class RevealEntry(Asked):
    fields: Annotated[list[Short], Field(min_length=1, max_length=50)]
    reason: Text


class AlarmOut(Schema):
    kind: str
    told: str
    agency: str | None
    since: dt.date | None


class NoticeOut(Schema):
    """Whose access was cut off: ``target`` is the number or the network."""

    id: int
    at: dt.datetime
    target: str
    reason: Masked
    by: str
    lifted_at: dt.datetime | None


class BulkOut(Schema):
    id: int
    kind: str
    operation: str
    data_set: str
    operator: str
    name: str
    agency: str
    filter: Annotated[dict[str, Any], AfterValidator(lambda told: masked("", "filter", told))]
    reason: Masked
    at: dt.datetime
    ended_at: dt.datetime | None
    count: int | None
    whole: bool | None


class EnterLog(Asked):
    """The items of the log; ``new_faults`` stay open until they are resolved."""

    day: dt.date
    ports: Long
    servers: Long
    communications: Long
    faults: Long
    new_faults: Annotated[list[Long], Field(max_length=50, default_factory=list)]


class LogOut(Schema):
    id: int
    agency: str
    day: dt.date
    ports: str
    servers: str
    communications: str
    faults: str
    signed: str
    operator: str
    at: dt.datetime


class MissingOut(Schema):
    agency: str
    day: dt.date


class ReportFault(Asked):
    what: Long


class ResolveFault(Asked):
    resolution: Long


class FaultOut(Schema):
    id: int
    agency: str
    what: str
    found_at: dt.datetime
    found_by: str
    resolution: str | None
    resolved_at: dt.datetime | None
    resolved_by: str | None


class BackupOut(Schema):
    """``good``: it was brought back well, and never badly."""

    id: int
    agency: str
    data_set: str
    at: dt.datetime
    size: int
    sha256: str
    place: str
    last_block: int | None
    by: str
    good: bool


class RegisterPlan(Asked):
    """A plan of the caller's agency; ``owner``: the number of an operator of it."""

    name: Short
    owner: Short
    trigger: Long
    steps: Annotated[list[Long], Field(min_length=1, max_length=50)]
    period_days: Annotated[int, Field(ge=1, le=3660)]
    total_loss: bool = False


class PlanOut(Schema):
    id: int
    agency: Annotated[str, Field(alias="agency.number")]
    name: str
    total_loss: bool
    owner: Annotated[str, Field(alias="owner.number")]
    trigger: str
    steps: list[str]
    period_days: int
    valid_from: dt.date


class RecordDrill(Asked):
    day: dt.date
    machine: Short
    stated_minutes: Minutes
    took_minutes: Minutes
    good: bool
    report: Long


class DrillOut(Schema):
    id: int
    day: dt.date
    machine: str
    stated_minutes: int
    took_minutes: int
    good: bool
    report: str
    by: str


class DrillDueOut(Schema):
    plan: PlanOut
    last: dt.date | None
    due: dt.date


class VolumeOut(Schema):
    number: str
    title: Masked
    kind: str
    region: Annotated[str, Field(alias="region_id")]
    agency: str
    period: str
    place: str
    state: str
    pages: int
    digest: str | None
    closed_at: dt.datetime | None


class VolumeEntryOut(Schema):
    position: int
    title: Masked
    number: str
    first_page: int | None
    pages: int
    digest: str


class VolumeWholeOut(Schema):
    volume: VolumeOut
    entries: list[VolumeEntryOut]


class OpenVolume(Asked):
    """A volume of ``region``: the caller's where none is named."""

    region: Annotated[str, Field(pattern=r"^[0-9]{2,12}$")] | None = None
    kind: Short
    title: Short
    period: Short
    place: Short


class FileMonth(Asked):
    """``requests``, ``log``: numbers of documents."""

    region: Annotated[str, Field(pattern=r"^[0-9]{2,12}$")] | None = None
    period: Short
    place: Short
    requests: Annotated[list[Short], Field(max_length=1000)]
    log: Short


class AddPapers(Asked):
    """``documents`` by number, ``attachments`` by id, in this order; one at least."""

    documents: Annotated[list[Short], Field(max_length=500, default_factory=list)]
    attachments: Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(max_length=500, default_factory=list)]


class MoveVolume(Asked):
    place: Short


class VerdictOut(Schema):
    """``missing``, ``altered``: positions of papers; ``listed``: whether the list is the one that was closed."""

    whole: bool
    listed: bool
    catalogue: bool
    missing: list[int]
    altered: list[int]
