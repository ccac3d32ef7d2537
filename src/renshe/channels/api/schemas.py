"""What requests and answers look like.

Invariant: personal data of others is masked in what goes out (``casework.showing``).
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Any, Generic, Literal, TypeVar

from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from renshe.standards.masks import mask_digits

Text = Annotated[str, Field(max_length=500)]
Short = Annotated[str, Field(min_length=1, max_length=100)]
# Words of somebody's own, as lists show them.
Masked = Annotated[str, AfterValidator(mask_digits)]
T = TypeVar("T")


class Asked(Schema):
    """What comes in: nothing but what is named, no text that a database cannot keep, no number
    that is none."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _kept(cls, given: Any) -> Any:
        # What comes in is JSON: looked through as it came.
        told = json.dumps(getattr(given, "_obj", given), ensure_ascii=False, allow_nan=False)
        if "\\u0000" in told or told.encode("utf-8", "replace").decode() != told:
            raise ValueError("no text")
        return given


class SignIn(Asked):
    number: Short
    password: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(max_length=10)] | None = None
    terminal: Annotated[str, Field(max_length=60)] | None = None


class SignedInOut(Schema):
    token: str
    operator: str
    name: str
    agency: str


class MeOut(Schema):
    operator: str
    name: str
    agency: str
    region: str
    department: str | None
    posts: list[str]


class Start(Asked):
    type: Short
    region: Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]
    form: dict[str, Any]
    submit: bool = False


class Fill(Asked):
    form: dict[str, Any]


class Seen(Asked):
    seen: Short


class Decide(Asked):
    verdict: Literal["agree", "return", "refuse"]
    seen: Short
    opinion: Text = ""


class One(Asked):
    number: Short
    seen: Short


class DecideMany(Asked):
    type: Short
    verdict: Literal["agree", "return", "refuse"]
    cases: Annotated[list[One], Field(min_length=1, max_length=200)]
    opinion: Text = ""


class Reason(Asked):
    reason: Text


class Assign(Asked):
    operator: Short
    reason: Text


class Extend(Asked):
    workdays: Annotated[int, Field(ge=1, le=250)]
    reason: Text


class Disclose(Asked):
    items: Annotated[list[Short], Field(min_length=1, max_length=50)]
    reason: Text


class Search(Asked):
    """``person`` and ``unit`` as the forms have them: they stand in a body, never in an address."""

    number: Short | None = None
    type: Short | None = None
    state: Literal["proposed", "draft", "open", "returned", "done", "refused", "withdrawn"] | None = None
    person: Short | None = None
    unit: Short | None = None
    maker: Short | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    after: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ExportCases(Asked):
    """What is exported, as it is searched, and why."""

    type: Short | None = None
    state: Literal["proposed", "draft", "open", "returned", "done", "refused", "withdrawn"] | None = None
    person: Short | None = None
    unit: Short | None = None
    maker: Short | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    reason: Text


class DecisionOut(Schema):
    round: int
    step: int | None
    operator: str
    on_behalf: str | None
    verdict: str
    opinion: str
    at: dt.datetime


class CaseOut(Schema):
    """``form`` is whole on one's own desk, masked elsewhere. ``waits_for``: the step that it waits for."""

    number: str
    type: str
    label: str
    version: int
    region: str
    agency: str
    maker: str | None
    holder: str | None
    channel: str
    state: str
    state_label: str
    waits_for: str | None
    round: int
    form: dict[str, Any]
    whole: bool
    digest: str
    started_at: dt.datetime
    submitted_at: dt.datetime | None
    ended_at: dt.datetime | None
    due_on: dt.date | None
    failure: str | None
    decisions: list[DecisionOut]


class RowOut(Schema):
    """A case in a list."""

    number: str
    type: str
    label: str
    region: str
    maker: str | None
    state: str
    state_label: str
    waits_for: str | None
    due_on: dt.date | None
    subject: str | None


class Page(Schema, Generic[T]):
    """``after``: shown with the next request, gives what follows; null where nothing does."""

    items: list[T]
    after: str | None


class Print(Asked):
    document: Short = "filing.receipt"


class FindDocument(Asked):
    """The code that stands on its pages."""

    code: Short


class FindFile(Asked):
    """``person`` as the forms have it: it stands in a body, never in an address."""

    person: Short


class Release(Asked):
    """``approval``: the number of the finished case by which the change was reverted."""

    approval: Short


class CountOut(Schema):
    count: int


class FiledOut(Schema):
    """A line of a person's file: ``paper`` or ``document`` says under which it is read."""

    at: dt.datetime
    matter: str | None
    title: Masked
    paper: int | None
    document: str | None
    pages: int | None
    digest: str


class StartJob(Asked):
    name: Short
    region: Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]
    arguments: Annotated[dict[str, Any], Field(default_factory=dict)]


class AttachmentOut(Schema):
    """A paper of a case; ``id`` says under which number it is read."""

    id: int
    kind: str
    name: Masked
    size: int
    media_type: str
    pages: int | None
    digest: str
    added_by: str
    state: str


class DocumentOut(Schema):
    """``code``: stands on its pages."""

    number: str
    code: str
    name: str
    label: str
    pages: int
    size: int
    digest: str
    issued_by: str
    issued_at: dt.datetime
    voided_at: dt.datetime | None


class JobOut(Schema):
    id: int
    name: str
    label: str
    operator: str
    region: Annotated[str | None, Field(alias="region_id")]
    state: str
    done: int
    total: int | None
    message: str
    error: str | None
    attempts: int
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None


class OutcomeOut(Schema):
    number: str
    state: str | None
    code: str | None
    detail: str | None


class StepOut(Schema):
    label: str
    kind: str
    quorum: int
    level: int | None
    posts: list[str]


class ProcessOut(Schema):
    name: str
    label: str
    version: int
    risk: str
    legal: str
    lead: str | None
    support: list[str]
    channels: list[str]
    items: list[dict[str, Any]]
    papers: list[dict[str, Any]]
    steps: list[StepOut]
    workdays: int
    extension: int
    local: dict[str, Any]
