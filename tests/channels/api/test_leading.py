"""Deputies, duties, checks, the month's log and archive volumes through the API."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from tests.channels.api.conftest import Counter, allow
from tests.channels.api.test_cases import begun
from tests.core.casework.conftest import HERE
from tests.core.org.bureau import NEXT_YEAR, SETUP, TODAY, YESTERDAY, hire

from renshe.core.casework.models import Delegation
from renshe.core.filing.alarms import CHECK
from renshe.core.filing.attachments import READ
from renshe.core.filing.documents import ISSUE, VOID
from renshe.core.filing.models import Volume
from renshe.core.filing.volumes import ARCHIVE
from renshe.core.journal.context import declared
from renshe.core.org.credentials import token_issue
from renshe.core.org.models import Disclosure, Holding
from renshe.core.registers.capacity import heartbeat
from renshe.core.registers.models import CapacitySample, ChangeLogCheck, DatabaseCheck, Duty
from renshe.core.registers.operating import CHECK_LOG, KEEP, NAME, PRINT_LOG, QUERY

MONTH = f"{TODAY.replace(day=1) - dt.timedelta(days=1):%Y%m}"


@pytest.fixture
def office(counter: Counter) -> Counter:
    """A bureau whose posts lead, keep the registers and file papers."""
    for group, names in (
        ("entry", (ISSUE, ARCHIVE, READ)),
        ("check", (QUERY, CHECK_LOG, READ)),
        ("approve", (QUERY, NAME, VOID, READ)),
        ("information", (QUERY, KEEP, PRINT_LOG, CHECK, READ)),
    ):
        allow(counter, group, *names)
    with declared(SETUP):
        deputy = hire("deputy", counter.office.bureau.agencies[HERE])
        Holding.objects.create(operator=deputy, post=counter.office.bureau.posts["check"], valid_from=YESTERDAY)
    return counter


def test_a_deputy_is_named_listed_to_who_has_to_do_with_it_and_ended(office: Counter) -> None:
    desk = office.desk("check")
    given = {
        "deputy": "deputy",
        "valid_until": str(NEXT_YEAR),
        "ground": "出差 11010519491231002X",
        "types": ["shop.open"],
    }
    made = desk.post("/delegations", given, status=201)
    assert (made["absent"], made["region"], made["types"]) == (f"check-{HERE}", HERE, ["shop.open"])
    assert "19491231" not in str(made)
    for group, seen in (("check", 1), ("approve", 1), ("entry", 0)):
        assert len(office.desk(group).get("/delegations")["items"]) == seen, group
    at = f"/delegations/{made['id']}/ending"
    for stranger in (office.desk("entry"), office.desk("approve", "220802")):
        assert stranger.ask("POST", at).status_code == 404
    assert Delegation.objects.get().valid_until == NEXT_YEAR
    office.desk("approve").post(at)
    assert Delegation.objects.get().ended_at is not None and office.desk("check").get("/delegations")["items"] == []
    refused = office.desk("entry").ask("POST", "/delegations", {**given, "absent": f"check-{HERE}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "case.delegation_whose")
    assert Delegation.objects.count() == 1


def test_what_a_place_does_otherwise_is_seen_in_its_case_types(office: Counter) -> None:
    terms = {"type": "shop.open", "ground": "县里要求", "workdays": 2}
    assert office.desk("entry").ask("POST", "/differences", terms).status_code == 403
    office.desk("approve").post("/differences", terms, status=201)
    assert office.desk("entry").get("/case-types/shop.open")["workdays"] == 2
    assert office.desk("entry", "220802").get("/case-types/shop.open")["workdays"] == 5


def test_how_long_cases_took_is_told_of_finished_ones(office: Counter) -> None:
    case = begun(office)
    assert office.desk("approve").get("/case-types/durations") == []
    office.desk("check").post(f"/cases/{case['number']}/decisions", {"verdict": "agree", "seen": case["digest"]})
    [told] = office.desk("approve").get("/case-types/durations")
    assert (told["type"], told["count"]) == ("shop.open", 1) and told["seconds"] >= 0
    assert office.desk("approve", "220802").get("/case-types/durations") == []


@pytest.mark.req("S2-56", part="named, entered and due through the API")
def test_who_is_named_for_the_database_enters_its_checks_until_that_ends(office: Counter) -> None:
    head, admin = office.desk("approve"), office.desk("information")
    check = {"good": True, "result": "表空间、索引正常"}
    assert admin.ask("POST", "/registers/database-checks", check).json()["code"] == "registers.not_named"
    named = {"kind": "database", "operator": f"information-{HERE}", "valid_from": str(TODAY - dt.timedelta(days=3))}
    assert admin.ask("POST", "/registers/duties", named).status_code == 404
    for wrong, code in (
        ({"operator": "information-220802"}, "org.operator_not_there"),
        ({"valid_from": "0001-01-01"}, "registers.duty_terms"),
    ):
        assert head.ask("POST", "/registers/duties", {**named, **wrong}).json()["code"] == code
    assert head.ask("POST", "/registers/duties", {**named, "agency": "ag-220802"}).status_code == 404
    duty = head.post("/registers/duties", named, status=201)
    assert [one["day"] for one in admin.get("/registers/database-checks/due")] == [named["valid_from"]]
    assert [one["operator"] for one in admin.get("/registers/duties")["items"]] == [f"information-{HERE}"]
    admin.post("/registers/database-checks", check, status=201)
    assert admin.get("/registers/database-checks/due") == [] and DatabaseCheck.objects.get().day == TODAY
    assert [one["result"] for one in admin.get("/registers/database-checks")["items"]] == [check["result"]]
    at = f"/registers/duties/{duty['id']}/ending"
    assert office.desk("approve", "220802").ask("POST", at, {"last_day": str(TODAY)}).status_code == 404
    assert Duty.objects.get().valid_until is None
    assert head.post(at, {"last_day": str(YESTERDAY)})["valid_until"] == str(YESTERDAY)
    assert admin.get("/registers/duties")["items"] == []


@pytest.mark.req("S3-34", part="shown through the API")
def test_what_is_in_use_and_how_long_the_system_was_there_is_seen_by_who_looks_into_registers(office: Counter) -> None:
    heartbeat("web")
    with declared(SETUP):
        for hours in (5, 1):
            CapacitySample.objects.create(
                agency=f"ag-{HERE}",
                region=office.office.here,
                at=timezone.now() - dt.timedelta(hours=hours),
                storage=90 - hours,
            )
    desk = office.desk("information")
    assert [(one["storage"], one["cpu"]) for one in desk.get("/registers/capacity")] == [(89, None)]
    [told] = desk.get(f"/registers/availability?month={TODAY:%Y%m}")
    assert (told["service"], told["up"]) == ("web", 1) and told["percent"] == 100 / told["due"]
    other = office.desk("entry")
    assert other.get("/registers/capacity") == [] == other.get(f"/registers/availability?month={TODAY:%Y%m}")
    for month in ("20261", "202613", "000101"):
        assert desk.ask("GET", f"/registers/availability?month={month}").status_code == 422


@pytest.mark.req("S2-46", part="looked at, checked and printed through the API")
def test_the_months_log_is_checked_as_it_was_seen_and_printed_with_its_check(office: Counter) -> None:
    at, check = f"/registers/change-logs/{MONTH}", office.desk("check")
    log = check.get(at)
    assert (log["region"], log["month"], log["rows"], log["checks"]) == (HERE, MONTH, [], [])
    stale = check.ask("POST", f"{at}/checks", {"seen": "x", "agrees": True})
    assert (stale.status_code, stale.json()["code"]) == (409, "registers.log_changed")
    running = check.ask("POST", f"/registers/change-logs/{TODAY:%Y%m}/checks", {"seen": log["digest"], "agrees": True})
    assert running.json()["code"] == "registers.month_running" and not ChangeLogCheck.objects.exists()
    check.post(f"{at}/checks", {"seen": log["digest"], "agrees": True}, status=201)
    assert [one["by"] for one in check.get(at)["checks"]] == [f"check-{HERE}"]
    assert office.desk("entry").ask("POST", f"{at}/documents", {}).status_code == 403
    printed = office.desk("information").post(f"{at}/documents", {})
    assert printed["name"] == "filing.change_log"
    assert office.desk("information").post(f"{at}/documents", {})["number"] == printed["number"]
    assert check.ask("GET", f"{at}?region=220802").status_code == 403
    assert check.ask("GET", f"{at}?region=999999").status_code == 404
    assert check.get("/registers/change-logs/unchecked") == []


@pytest.mark.req("S2-15", part="opened, filled, closed and compared through the API")
def test_a_volume_is_opened_filled_closed_and_compared(office: Counter) -> None:
    case, desk = begun(office), office.desk("entry")
    paper = desk.post(f"/cases/{case['number']}/documents", {})["number"]
    assert [one["number"] for one in desk.get(f"/cases/{case['number']}/documents")] == [paper]
    terms = {"kind": "业务", "title": "单位开业", "period": "2026", "place": "二楼 3 架"}
    assert office.desk("check").ask("POST", "/volumes", terms).status_code == 403
    assert (
        desk.ask("POST", "/volumes", {**terms, "region": "220802"}).status_code == 403 and not Volume.objects.exists()
    )
    at = f"/volumes/{desk.post('/volumes', terms, status=201)['number']}"
    assert desk.ask("POST", f"{at}/closing").json()["code"] == "volume.empty"
    assert desk.ask("GET", f"{at}/verdict").status_code == 409
    [entry] = desk.post(f"{at}/entries", {"documents": [paper]}, status=201)
    assert (entry["position"], entry["number"]) == (1, paper)
    assert desk.ask("POST", f"{at}/entries", {"documents": [paper]}).json()["code"] == "volume.already_in"
    assert desk.post(f"{at}/closing")["state"] == "closed"
    assert desk.ask("POST", f"{at}/entries", {"documents": [paper]}).status_code == 409
    assert desk.post(f"{at}/move", {"place": "三楼"})["place"] == "三楼"
    whole = {"whole": True, "listed": True, "catalogue": True, "missing": [], "altered": []}
    assert office.desk("check").get(f"{at}/verdict") == whole


def test_a_document_is_found_by_its_code_and_voided_once(office: Counter) -> None:
    case, desk = begun(office), office.desk("entry")
    paper = desk.post(f"/cases/{case['number']}/documents", {})["number"]
    code = desk.get(f"/cases/{case['number']}/documents")[0]["code"]
    assert [one["number"] for one in desk.post("/documents/search", {"code": code.lower()})] == [paper]
    assert office.desk("entry", "220802").post("/documents/search", {"code": code}) == []
    at, why = f"/documents/{paper}/voiding", {"reason": "姓名有误"}
    assert desk.ask("POST", at, why).status_code == 403
    assert office.desk("approve").post(at, why)["voided_at"]
    assert office.desk("approve").ask("POST", at, why).status_code == 409


def test_a_partners_program_is_shown_nothing_whole_for_nobody_stands_behind_it(office: Counter) -> None:
    case = begun(office)
    token = token_issue(
        actor=office.office.bureau.at("information"),
        region=office.office.here,
        scopes=["case.query", "org.reveal"],
        expires_at=timezone.now() + dt.timedelta(days=1),
        partner="医院",
    )
    desk = office.desk(None)
    desk.token = token
    refused = desk.ask("POST", f"/cases/{case['number']}/disclosure", {"items": ["name"], "reason": "核对"})
    assert (refused.status_code, refused.json()["code"]) == (403, "org.unknown_operator")
    assert not Disclosure.objects.exists()
