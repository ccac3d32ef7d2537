"""Every operation of the API, tried by everybody: signed out, by who left, from another region, in the wrong post.

New operations are found in the API's own schema, and fail here until it is said what they are asked with and who may.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from openpyxl import load_workbook
from tests.channels.api.conftest import ADDRESS, Counter, Desk
from tests.clients import client
from tests.core.casework.conftest import FORM, HERE
from tests.core.county import LAST_MONTH
from tests.core.filing.conftest import a_pdf
from tests.core.org.bureau import GROUPS, SETUP, TODAY, YESTERDAY
from tests.core.walking import World, build, last_entry, said
from tests.modules.registry.world import ENTERED

from renshe.channels.api.urls import api
from renshe.core.journal.context import declared
from renshe.core.org.credentials import token_issue
from renshe.core.org.models import Network, Operator
from renshe.core.org.operations import PARTNER_KINDS
from renshe.core.org.operations import operations as declared_operations
from renshe.core.registers.monthly import log_of

WHO_MAY = Path(__file__).parent / "who_may.yaml"
OPEN = {"post /sessions"}
"""What is asked by who is not in yet."""

DRILL = {"machine": "备机", "stated_minutes": 60, "took_minutes": 30, "good": True, "report": "完成"}
OF_ONES_OWN = {"delete /sessions/current", "post /registers/faults", "post /registers/clean-ups"}
"""What everybody does of himself or of his own agency."""

ONLY_ABOVE = {f"post /modifications/{{number}}/{step}" for step in ("designation", "unsealing", "entry", "closing")}
"""What only the agency above the county's does."""

FINDING = (
    "post /papers/search", "post /documents/search", "post /people/search", "post /people/numbers/search",
    "post /people/duplicates/search", "post /people/merge-previews", "post /units/search", "post /units/numbers/search",
)  # fmt: skip
"""What only looks, though it asks in a body."""

SHOWS_NO_REGION = {
    "get /case-types",
    "get /case-types/durations",
    "get /case-types/{name}",
    "get /registers/availability",
    "get /registers/change-logs/unchecked",
    "get /registers/plans/{plan}/drills",
}
"""What answers everybody who may ask, and names no region."""

ASKED_IN_ADDRESS = {
    "get /registers/change-logs/{month}": f"?region={HERE}",
    "get /registers/availability": f"?month={LAST_MONTH}",
}
"""What an operation is asked besides what its path names."""

_keys = itertools.count()


def operations() -> list[str]:
    paths = api.get_openapi_schema()["paths"]
    return [f"{method} {path.removeprefix('/api/v1')}" for path, methods in paths.items() for method in methods]


@pytest.fixture(autouse=True)
def papers() -> None:
    """Where papers lie is where the world was built."""


@pytest.fixture(scope="module")
def world(logins: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    before = getattr(settings, "PAPERS", None)
    settings.PAPERS = tmp_path_factory.mktemp("papers")
    with transaction.atomic():
        made = build(tmp_path_factory.mktemp("home"))
        with declared(SETUP):
            Network.objects.create(cidr="127.0.0.0/8", name="本机", region=made.office.bureau.regions["220000"])
        yield made
        transaction.set_rollback(True)
    settings.PAPERS = before


def asked(world: World, operation: str) -> tuple[str, Any]:
    """Return path and body of ``operation``, of things of the county; KeyError where nobody has said what to ask."""
    things = world.things
    number, draft, paused = things["number"], things["draft"], things["paused"]
    seen = {"seen": things["seen"]}
    told: dict[str, tuple[dict[str, Any], Any]] = {
        "post /sessions": ({}, {"number": "entry-220822", "password": "x"}),
        "delete /sessions/current": ({}, None),
        "get /me": ({}, None),
        "get /case-types": ({}, None),
        "get /case-types/{name}": ({"name": "shop.open"}, None),
        "post /cases": ({}, {"type": "shop.open", "region": HERE, "form": {**FORM, "code": "s9"}, "submit": True}),
        "post /cases/search": ({}, {}),
        "get /inbox/{box}": ({"box": "waiting"}, None),
        "get /cases/{number}": ({"number": number}, None),
        "put /cases/{number}/form": ({"number": draft.number}, {"form": FORM}),
        "post /cases/{number}/submission": ({"number": draft.number}, {"seen": draft.digest}),
        "post /cases/{number}/decisions": ({"number": number}, {"verdict": "agree", **seen}),
        "post /decisions": ({}, {"type": "shop.open", "verdict": "agree", "cases": [{"number": number, **seen}]}),
        "post /cases/{number}/withdrawal": ({"number": number}, {"reason": "重复"}),
        "post /cases/{number}/taking": ({"number": things["proposed"].number}, None),
        "post /cases/{number}/assignment": ({"number": number}, {"operator": "check-220822", "reason": "忙"}),
        "post /cases/{number}/suspension": ({"number": number}, {"reason": "待查"}),
        "post /cases/{number}/resumption": ({"number": paused.number}, {"reason": "已查"}),
        "post /cases/{number}/extension": ({"number": number}, {"workdays": 1, "reason": "复杂"}),
        "post /cases/{number}/disclosure": ({"number": number}, {"items": ["name"], "reason": "核对"}),
        "get /cases/{number}/papers": ({"number": draft.number}, None),
        "post /cases/{number}/papers": ({"number": draft.number}, "file"),
        "get /papers/{paper}": ({"paper": things["paper"].pk}, None),
        "post /papers/{paper}/removal": ({"paper": things["paper"].pk}, {"reason": "换"}),
        "post /cases/{number}/documents": ({"number": number}, {}),
        "get /documents/{number}": ({"number": things["document"].number}, None),
        "post /cases/export": ({}, {"reason": "年度统计"}),
        "get /cases/{number}/trace": ({"number": number}, None),
        "post /journal/search": ({}, {"case": number}),
        "post /journal/{entry}/disclosure": ({"entry": things["deleted"]}, {"fields": ["code"], "reason": "核实"}),
        "get /alarms": ({}, None),
        "get /notices": ({}, None),
        "post /notices/{notice}/reading": ({"notice": things["cut"].pk}, None),
        "get /registers/bulk": ({}, None),
        "get /registers/backups": ({}, None),
        "get /registers/running-logs": ({}, None),
        "post /registers/running-logs": (
            {},
            {"day": str(TODAY), "ports": "正常", "servers": "正常", "communications": "正常", "faults": "无"},
        ),
        "get /registers/running-logs/missing": ({}, None),
        "get /registers/faults": ({}, None),
        "post /registers/faults": ({}, {"what": "断网"}),
        "post /registers/faults/{fault}/resolution": ({"fault": things["fault"].pk}, {"resolution": "已排除"}),
        "get /registers/plans": ({}, None),
        "post /registers/plans": (
            {},
            {
                "name": "断电",
                "owner": "spare",
                "trigger": "断电",
                "steps": ["报告"],
                "period_days": 30,
            },
        ),
        "get /registers/plans/due": ({}, None),
        "post /registers/plans/{plan}/ending": ({"plan": things["plan"].pk}, {"reason": "改订"}),
        "get /registers/plans/{plan}/drills": ({"plan": things["plan"].pk}, None),
        "post /registers/plans/{plan}/drills": (
            {"plan": things["plan"].pk},
            {
                "day": str(TODAY),
                "machine": "备机",
                "stated_minutes": 60,
                "took_minutes": 30,
                "good": True,
                "report": "完成",
            },
        ),
        "get /case-types/durations": ({}, None),
        "get /delegations": ({}, None),
        "post /delegations": (
            {},
            {"absent": "check-220822", "deputy": "deputy", "region": HERE, "valid_until": str(TODAY), "ground": "出差"},
        ),
        "post /delegations/{delegation}/ending": ({"delegation": things["delegation"].pk}, None),
        "post /differences": ({}, {"type": "shop.open", "region": HERE, "ground": "县里要求", "workdays": 2}),
        "post /cases/{number}/papers/release": ({"number": things["done"].number}, {"approval": things["release"]}),
        "get /cases/{number}/documents": ({"number": number}, None),
        "post /papers/search": ({}, {"person": "1001"}),
        "post /documents/search": ({}, {"code": things["document"].code}),
        "post /documents/{number}/voiding": ({"number": things["document"].number}, {"reason": "重复"}),
        "get /registers/duties": ({}, None),
        "post /registers/duties": ({}, {"agency": "ag-220822", "kind": "network", "operator": "spare"}),
        "post /registers/duties/{duty}/ending": ({"duty": things["duty"].pk}, {"last_day": str(TODAY)}),
        "get /registers/database-checks": ({}, None),
        "post /registers/database-checks": ({}, {"good": True, "result": "正常"}),
        "get /registers/database-checks/due": ({}, None),
        "get /registers/capacity": ({}, None),
        "get /registers/availability": ({}, None),
        "get /registers/change-logs/unchecked": ({}, None),
        "get /registers/change-logs/{month}": ({"month": LAST_MONTH}, None),
        "post /registers/change-logs/{month}/checks": (
            {"month": LAST_MONTH},
            {"region": HERE, "seen": log_of(things["region"], LAST_MONTH).digest, "agrees": True},
        ),
        "post /registers/change-logs/{month}/documents": ({"month": LAST_MONTH}, {"region": HERE}),
        "get /registers/points": ({}, None),
        "post /registers/clean-ups": ({}, {"year": TODAY.year, "half": 1 if TODAY.month <= 6 else 2}),
        "get /registers/clean-ups/due": ({}, None),
        "get /registers/candidates": ({}, None),
        "post /registers/candidates/deletion": (
            {},
            {"chosen": [things["candidate"]], "approval": things["clean_up"]},
        ),
        "post /registers/restorations": (
            {},
            {"deleted": [things["deleted"]], "approval": things["restoration"], "reason": "误删"},
        ),
        "post /volumes": (
            {},
            {"region": HERE, "kind": "业务", "title": "卷", "period": "2026-11", "place": "三楼"},
        ),
        "post /volumes/month-ends": (
            {},
            {
                "region": HERE,
                "period": LAST_MONTH,
                "place": "三楼",
                "requests": [],
                "log": things["month_log"],
            },
        ),
        "post /volumes/{number}/entries": ({"number": things["volume"]}, {"documents": [things["document"].number]}),
        "post /volumes/{number}/closing": ({"number": things["volume"]}, None),
        "post /volumes/{number}/move": ({"number": things["volume"]}, {"place": "四楼"}),
        "get /volumes/{number}/verdict": ({"number": things["closed"]}, None),
        "get /volumes": ({}, None),
        "get /volumes/{number}": ({"number": things["volume"]}, None),
        "post /volumes/{number}/export": ({"number": things["closed"]}, {"reason": "刻录光盘"}),
        **_of_the_register(things),
        "get /jobs": ({}, None),
        "post /jobs": ({}, {"name": "filing.check", "region": HERE}),
        "get /jobs/{job}": ({"job": things["job"]}, None),
        "post /jobs/{job}/cancellation": ({"job": things["job"]}, None),
        "post /jobs/{job}/retrial": ({"job": things["failed"]}, None),
    }
    parts, body = told[operation]
    return operation.partition(" ")[2].format(**parts) + ASKED_IN_ADDRESS.get(operation, ""), body


def _of_the_register(things: dict[str, Any]) -> dict[str, tuple[dict[str, Any], Any]]:
    person, unit = {"person_no": things["person_no"]}, {"unit_no": things["unit_no"]}
    waiting = things["waiting_request"]
    entered = {**ENTERED, "birth_date": str(ENTERED["birth_date"])}
    return {
        "post /people/search": ({}, {"name": "张"}),
        "post /people/numbers/search": ({}, {"value": ENTERED["id_number"]}),
        "post /people/duplicates/search": ({}, entered),
        "post /people/merge-previews": ({}, {"old": things["old"], "kept": things["kept"]}),
        "get /people/{person_no}": (person, None),
        "get /people/{person_no}/life": (person, None),
        "post /people/{person_no}/disclosure": (person, {"items": ["name"], "reason": "核对"}),
        "get /modifications": ({}, None),
        "get /modifications/{number}": ({"number": things["unsealed_request"]}, None),
        "post /modifications/{number}/designation": (
            {"number": waiting.number},
            {"operator": "entry-220800", "seen": waiting.digest},
        ),
        "post /modifications/{number}/unsealing": ({"number": things["approved_request"]}, {}),
        "post /modifications/{number}/entry": ({"number": things["unsealed_request"]}, {"values": {"ethnicity": "02"}}),
        "post /modifications/{number}/closing": ({"number": things["approved_request"]}, {"reason": "撤回"}),
        "post /units/search": ({}, {}),
        "post /units/numbers/search": ({}, {"value": things["unit_no"]}),
        "get /units/provisional": ({}, None),
        "get /units/missing-codes": ({}, None),
        "get /units/filings": ({}, None),
        "post /units/filings/{unit_no}/reception": (unit, None),
        "get /units/{unit_no}": (unit, None),
    }


def send(desk: Desk, operation: str, path: str, body: Any, key: str | None = None) -> HttpResponse:
    """Send a request within a savepoint that is taken back."""
    if body != "file":
        return desk.ask(operation.partition(" ")[0].upper(), path, body, key=key or f"w{next(_keys)}")
    file = SimpleUploadedFile("b.pdf", a_pdf(2), "application/pdf")
    headers = {"Authorization": f"Bearer {desk.token}"} if desk.token else {}
    headers["Idempotency-Key"] = f"w{next(_keys)}"
    content = encode_multipart(BOUNDARY, {"kind": "lease", "file": file})
    return desk.client.generic("POST", f"/api/v1{path}", content, MULTIPART_CONTENT, headers=headers)


def outcome(world: World, desk: Desk, operation: str, **more: Any) -> tuple[int, bytes]:
    """Return status and content; a refusal that changed something fails. All is taken back."""
    path, body = asked(world, operation)
    point = transaction.savepoint()
    before = last_entry()
    answer = send(desk, operation, more.get("path", path), more.get("body", body))
    if answer.status_code >= 400:
        assert last_entry() == before, "refused, and yet something has changed"
    transaction.savepoint_rollback(point)
    return answer.status_code, b"".join(answer.streaming_content) if answer.streaming else answer.content


def let(operation: str, status: int, content: bytes) -> bool:
    """Whether the caller was let, or shown something of the county."""
    if operation == "post /decisions" and status == 200:
        return any(one["state"] for one in json.loads(content))
    if operation == "post /cases/export" and status == 200:
        sheet = load_workbook(BytesIO(content)).active
        return any(HERE in str(cell) for row in sheet.values for cell in row)
    if operation == "get /volumes/{number}/verdict":
        return status == 200
    if operation.startswith(("get", "post /cases/search", "post /journal/search", *FINDING)) and status == 200:
        shown = content.decode("utf-8", "replace")
        return HERE in shown or content.startswith(b"%PDF")
    return status < 400


@pytest.mark.parametrize("operation", [one for one in operations() if one not in OPEN])
def test_who_is_not_in_is_refused(world: World, operation: str) -> None:
    asking = client()
    for token in (None, "session_x", "program_x", "x", ""):
        assert outcome(world, Desk(token, asking), operation)[0] == 401, token


@pytest.mark.parametrize("operation", [one for one in operations() if one not in OPEN])
def test_who_left_or_works_elsewhere_is_refused_or_shown_nothing(world: World, operation: str) -> None:
    counter = Counter(world.office)
    desks = {group: counter.desk(group, "220802") for group in GROUPS}
    let_in = {who: outcome(world, desk, operation) for who, desk in desks.items()}
    let_in = {} if operation in OF_ONES_OWN else let_in
    assert [who for who, (status, told) in let_in.items() if let(operation, status, told)] == []
    point = transaction.savepoint()
    gone = counter.desk("check")
    with declared(SETUP):
        Operator.objects.filter(number="check-220822").update(valid_until=YESTERDAY, valid_from=YESTERDAY)
    assert outcome(world, gone, operation)[0] in (401, 403)
    transaction.savepoint_rollback(point)


@pytest.mark.parametrize("operation", [one for one in operations() if one not in OPEN])
def test_in_the_county_who_may_is_who_is_said_to(world: World, operation: str) -> None:
    counter = Counter(world.office)
    found = []
    desks = {group: counter.desk(group) for group in GROUPS}
    if operation in ONLY_ABOVE:
        desks |= {f"{group} of the city": counter.desk(group, "220800") for group in GROUPS}
    for group, desk in desks.items():
        status, told = outcome(world, desk, operation)
        assert status < 500
        if let(operation, status, told):
            found.append(group)
    if "WRITE_WHO_MAY" in os.environ:
        with WHO_MAY.open("a") as file:
            file.write(f"{operation}: [{', '.join(found)}]\n")
        return
    assert {operation: found} == {operation: said(WHO_MAY).get(operation)}


def test_each_operation_lets_somebody() -> None:
    listed = said(WHO_MAY)
    assert {one for one, who in listed.items() if not who} == SHOWS_NO_REGION


NOWHERE = ("KY-220802-2026-000001", "KY-220822-2026-000000", "K%00Y", "%F0%9F%98%80", "x" * 3000, "-1", "9" * 20)
NUMBERED = [one for one in operations() if "{" in one and "{name}" not in one and "{box}" not in one]


@pytest.mark.parametrize("operation", NUMBERED)
def test_forged_numbers_lead_nowhere(world: World, operation: str) -> None:
    counter = Counter(world.office)
    head, _, tail = operation.partition(" ")[2].partition("{")
    desks = [counter.desk(group) for group in ("entry", "check", "approve", "information")]
    for forged in NOWHERE:
        for desk in desks:
            status, _ = outcome(world, desk, operation, path=head + forged + tail.partition("}")[2])
            assert status in (403, 404, 422), (forged, status)


@pytest.mark.parametrize("region", ["220802", "220800", "220900", "999999", "22"])
def test_a_region_of_others_in_a_body_is_refused(world: World, region: str) -> None:
    desk = Counter(world.office).desk("entry")
    _, body = asked(world, "post /cases")
    assert outcome(world, desk, "post /cases", body={**body, "region": region})[0] in (403, 404)
    admin = Counter(world.office).desk("information")
    assert outcome(world, admin, "post /jobs", body={"name": "filing.check", "region": region})[0] in (403, 404, 422)


@pytest.mark.parametrize("operation", [one for one in operations() if one not in OPEN])
def test_a_partners_program_decides_nothing_and_meets_no_fault(world: World, operation: str) -> None:
    scopes = [one.name for one in declared_operations() if one.kind in PARTNER_KINDS]
    point = transaction.savepoint()
    token = token_issue(
        actor=world.own["information"],
        region=world.things["region"],
        scopes=scopes,
        expires_at=timezone.now() + dt.timedelta(days=1),
        partner="医院",
    )
    desk = Desk(token, client())
    status, told = outcome(world, desk, operation)
    transaction.savepoint_rollback(point)
    assert status < 500, told.decode("utf-8", "replace")
    listed = said(WHO_MAY)[operation]
    assert not let(operation, status, told) or {"entry", "fund"} & set(listed)


def test_the_maker_neither_checks_nor_decides_many(world: World) -> None:
    desk = Counter(world.office).desk("entry")
    assert outcome(world, desk, "post /cases/{number}/decisions")[0] == 403
    status, told = outcome(world, desk, "post /decisions")
    assert not let("post /decisions", status, told)


def test_what_is_said_of_operations_is_said_of_those_that_are(world: World) -> None:
    assert set(said(WHO_MAY)) == set(operations()) - OPEN
    assert ADDRESS.startswith("127.")
