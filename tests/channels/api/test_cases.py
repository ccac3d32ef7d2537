"""A case through the API, and what is refused on the way."""

from __future__ import annotations

import datetime as dt
import json
from threading import Thread

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import RequestFactory
from django.test.client import encode_multipart
from django.utils import timezone
from tests.channels.api.conftest import Counter, Desk, allow
from tests.channels.api.people import PERSON, declare_person
from tests.core.casework.conftest import FORM, HERE
from tests.core.filing.conftest import a_pdf
from tests.core.org.bureau import NEXT_YEAR, SETUP
from tests.core.toys.models import Shop

from renshe.channels.api.models import Answer
from renshe.channels.api.once import forget
from renshe.core.casework.held import QUERY
from renshe.core.casework.models import Case, Decision
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.credentials import token_issue
from renshe.core.org.models import Disclosure
from renshe.core.org.setting_up import grant_install
from renshe.core.pages.coming import address_of

START = {"type": "shop.open", "region": HERE, "form": FORM, "submit": True}


def begun(counter: Counter, **more: object) -> dict[str, object]:
    found: dict[str, object] = counter.desk("entry").post("/cases", {**START, **more}, status=201)
    return found


@pytest.mark.req("S4-168", part="accept, approve and tell the state through the API; the portal comes later")
def test_a_case_goes_from_desk_to_desk(counter: Counter) -> None:
    case = begun(counter)
    assert (case["state"], case["waits_for"], case["form"], case["whole"]) == ("open", "复核", FORM, True)
    desk = counter.desk("check")
    assert [row["number"] for row in desk.get("/inbox/waiting")["items"]] == [case["number"]]
    told = desk.post(f"/cases/{case['number']}/decisions", {"verdict": "agree", "seen": case["digest"]})
    assert (told["state"], [one["verdict"] for one in told["decisions"]]) == ("done", ["submit", "agree"])
    assert Shop.objects.get().name == FORM["name"]
    assert counter.desk("entry").get(f"/cases/{case['number']}")["state_label"] == "办结"


def test_drafts_are_filled_submitted_returned_and_withdrawn(counter: Counter) -> None:
    case, maker, checker = (
        begun(counter, submit=False, form={"code": "s1"}),
        counter.desk("entry"),
        counter.desk("check"),
    )
    at = f"/cases/{case['number']}"
    refused = maker.ask("POST", f"{at}/submission", {"seen": case["digest"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "case.problems") and "名称必填" in refused.json()[
        "detail"
    ]
    assert refused.headers["Content-Type"] == "application/problem+json"
    case = maker.ask("PUT", f"{at}/form", {"form": FORM}).json()
    maker.post(f"{at}/submission", {"seen": case["digest"]})
    checker.post(f"{at}/decisions", {"verdict": "return", "seen": case["digest"], "opinion": "补正"})
    assert [row["number"] for row in maker.get("/inbox/returned")["items"]] == [case["number"]]
    assert maker.post(f"{at}/withdrawal", {"reason": "重复"})["state"] == "withdrawn"
    assert not Shop.objects.exists()


def test_who_leads_hands_over_pauses_and_extends(counter: Counter) -> None:
    case, head, checker = begun(counter), counter.desk("approve"), counter.desk("check")
    at = f"/cases/{case['number']}"
    assert head.post(f"{at}/assignment", {"operator": "check-220800", "reason": "忙"})["holder"] == "check-220800"
    assert checker.post(f"{at}/suspension", {"reason": "待查"})["due_on"] is None
    assert checker.post(f"{at}/resumption", {"reason": "已查"})["due_on"] == case["due_on"]
    assert head.post(f"{at}/extension", {"workdays": 2, "reason": "复杂"})["due_on"] > str(case["due_on"])


def test_many_are_decided_at_once(counter: Counter) -> None:
    cases = [begun(counter, form={"code": f"s{at}", "name": "一"}) for at in range(3)]
    many = [{"number": one["number"], "seen": one["digest"]} for one in cases] + [{"number": "KY-0", "seen": "x"}]
    told = counter.desk("check").post("/decisions", {"type": "shop.open", "verdict": "agree", "cases": many})
    assert [(one["state"], one["code"]) for one in told] == [("done", None)] * 3 + [(None, "case.not_there")]
    assert Shop.objects.count() == 3


def test_the_same_request_again_is_carried_out_once_and_answered_alike(counter: Counter) -> None:
    desk = counter.desk("entry")
    first, again = (desk.ask("POST", "/cases", START, key="one") for _ in range(2))
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    assert again.headers["Idempotent-Replayed"] == "true" and Case.objects.count() == 1
    other = desk.ask("POST", "/cases", {**START, "submit": False}, key="one")
    assert (other.status_code, other.json()["code"]) == (422, "api.key_used")
    # Another's key is another key.
    assert counter.desk("entry", "220800").ask("POST", "/cases", START, key="one").status_code == 201
    assert Case.objects.count() == 2


def test_a_refusal_is_answered_alike_and_leaves_nothing(counter: Counter) -> None:
    case = begun(counter)
    desk, body = counter.desk("check"), {"verdict": "agree", "seen": "old"}
    answers = [desk.ask("POST", f"/cases/{case['number']}/decisions", body, key="k") for _ in range(2)]
    assert {(one.status_code, one.content) for one in answers} == {(409, answers[0].content)}
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 101])
def test_a_change_without_a_key_is_refused(counter: Counter, key: str) -> None:
    desk = counter.desk("entry")
    answer = desk.client.generic(
        "POST",
        "/api/v1/cases",
        json.dumps(START),
        "application/json",
        headers={"Authorization": f"Bearer {desk.token}", "Idempotency-Key": key},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "api.key_missing") and not Case.objects.exists()


def test_a_key_is_its_holders_whatever_token_is_shown(counter: Counter) -> None:
    first = counter.desk("entry")
    made = first.ask("POST", "/cases", START, key="same").json()
    anew = counter.desk("entry")
    for header in (f"Bearer {anew.token}", f"bearer  {anew.token}"):
        again = anew.ask("POST", "/cases", START, key="same", Authorization=header)
        assert (again.json()["number"], again.headers["Idempotent-Replayed"]) == (made["number"], "true")
    assert Case.objects.count() == 1


def test_who_went_out_is_given_no_answer_that_was_kept_and_a_stranger_leaves_none(counter: Counter) -> None:
    desk = counter.desk("entry")
    assert desk.ask("POST", "/cases", START, key="same").status_code == 201
    desk.ask("DELETE", "/sessions/current")
    assert desk.ask("POST", "/cases", START, key="same").status_code == 401
    kept = Answer.objects.count()
    for path in ("/cases", "/nope"):
        desk.ask("POST", path, START, key="x", Authorization="junk 1")
        desk.ask("POST", path, START, key="x", Authorization="Bearer junk")
    assert Answer.objects.count() == kept == 1


def test_what_is_shown_whole_is_kept_nowhere_and_each_look_is_recorded(counter: Counter) -> None:
    case = begun(counter)
    allow(counter, "audit", "org.reveal", "case.query")
    for _ in range(2):
        asked = {"items": ["name"], "reason": "核对"}
        answer = counter.desk("audit").ask("POST", f"/cases/{case['number']}/disclosure", asked, key="same")
        assert answer.json() == {"name": FORM["name"]}
    assert Disclosure.objects.count() == 2
    assert not any(FORM["name"] in bytes(one.body).decode() for one in Answer.objects.exclude(status=201))


def test_an_upload_that_is_sent_again_is_the_same_whatever_parts_it(counter: Counter) -> None:
    allow(counter, "entry", "filing.attach", "filing.read")
    desk = counter.desk("entry")
    number = desk.post("/cases", {**START, "submit": False}, status=201)["number"]
    answers = []
    for boundary in ("one", "two"):
        file = SimpleUploadedFile("b.pdf", a_pdf(2), "application/pdf")
        sent = encode_multipart(boundary, {"kind": "lease", "file": file})
        kind = f"multipart/form-data; boundary={boundary}"
        headers = {"Authorization": f"Bearer {desk.token}", "Idempotency-Key": "up"}
        answers.append(desk.client.generic("POST", f"/api/v1/cases/{number}/papers", sent, kind, headers=headers))
    assert [one.status_code for one in answers] == [201, 201] and answers[0].json() == answers[1].json()


def test_two_that_arrive_at_once_are_carried_out_once(counter_committed: Counter) -> None:
    desk = counter_committed.desk("entry")
    told: list[bytes] = []

    def send() -> None:
        told.append(
            Desk(desk.token, type(desk.client)(HTTP_HOST="localhost")).ask("POST", "/cases", START, key="k").content
        )
        connection.close()

    hands = [Thread(target=send) for _ in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert len(set(told)) == 1 and len(told) == 4 and Case.objects.count() == 1


def test_answers_are_kept_for_three_days(counter: Counter) -> None:
    begun(counter)
    assert forget() == 0 and Answer.objects.count() == 1
    assert forget(timezone.now() + dt.timedelta(days=3, minutes=1)) == 1


def test_a_failed_effect_is_told_and_the_case_says_so(counter: Counter) -> None:
    case = begun(counter, form={"code": "s1", "name": "不存在"})
    body = {"verdict": "agree", "seen": case["digest"]}
    answer = counter.desk("check").ask("POST", f"/cases/{case['number']}/decisions", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "case.effect_failed")
    shown = counter.desk("check").get(f"/cases/{case['number']}")
    assert (shown["state"], shown["failure"]) == ("open", "须写明理由") and not Shop.objects.exists()


def test_cases_are_searched_page_by_page_within_the_regions_of_the_caller(counter: Counter) -> None:
    numbers = [begun(counter, form={"code": f"s{at}", "name": "一"})["number"] for at in range(5)]
    desk, found, after = counter.desk("check"), [], None
    while True:
        page = desk.post("/cases/search", {"limit": 2, "type": "shop.open", "after": after})
        found += [row["number"] for row in page["items"]]
        after = page["after"]
        if after is None:
            break
    assert found == numbers[::-1]
    assert [row["subject"] for row in desk.post("/cases/search", {"unit": "s3"})["items"]] == ["s3"]
    assert counter.desk("check", "220802").post("/cases/search", {})["items"] == []


@pytest.mark.req("S3-24", part="long numbers in words of one's own are masked but on one's own desk")
def test_numbers_in_free_words_are_masked_elsewhere(counter: Counter) -> None:
    case = counter.desk("entry").post(
        "/cases", {**START, "form": {**FORM, "name": "案11010519491231002X"}, "submit": True}, status=201
    )
    at = f"/cases/{case['number']}"
    told = {"verdict": "agree", "seen": case["digest"], "opinion": "与 110105 19491231 002X 相符"}
    counter.desk("check").post(f"{at}/decisions", told)
    shown = counter.desk("approve").get(at)
    assert shown["form"]["name"] == "案110105********002X"
    assert "110105********002X" in shown["decisions"][-1]["opinion"] and "19491231" not in str(shown)


@pytest.mark.req("S3-24", part="a form is masked but on one's own desk")
def test_a_form_is_whole_on_ones_own_desk_and_masked_elsewhere(counter: Counter) -> None:
    declare_person(counter.office)
    case = begun(counter, type="people.register", form=PERSON)
    at = f"/cases/{case['number']}"
    assert counter.desk("check").get(at)["form"] == PERSON
    shown = counter.desk("approve").get(at)
    assert (shown["whole"], shown["form"]) == (False, {"id_number": "220802********0173", "name": "王**"})
    with declared(SETUP):
        grant_install(
            post=counter.office.bureau.posts["approve"],
            operation_name="org.reveal",
            region=counter.office.bureau.regions["220000"],
            valid_until=NEXT_YEAR,
        )
    whole = counter.desk("approve").post(f"{at}/disclosure", {"items": ["id_number"], "reason": "核对原件"})
    assert whole == {"id_number": PERSON["id_number"]}
    assert Disclosure.objects.get().reason == "核对原件（id_number）"
    assert counter.desk("audit").ask("POST", f"{at}/disclosure", {"items": ["name"], "reason": "x"}).status_code == 404


def test_a_partner_begins_and_reads_but_decides_nothing(counter: Counter) -> None:
    token = token_issue(
        actor=counter.office.bureau.at("information"),
        region=counter.office.bureau.regions[HERE],
        scopes=["shop.open.enter", "shop.open.check", QUERY],
        expires_at=timezone.now() + dt.timedelta(hours=1),
        partner="税务",
    )
    program = Desk(token, counter.desk(None).client)
    case = program.post("/cases", START, status=201)
    assert (case["maker"], case["channel"]) == ("partner:税务", "api")
    refused = program.ask("POST", f"/cases/{case['number']}/decisions", {"verdict": "agree", "seen": case["digest"]})
    assert refused.status_code == 403
    elsewhere = program.ask("POST", "/cases", {**START, "region": "220802"})
    assert elsewhere.status_code == 403 and Case.objects.count() == 1
    counter.desk("check").post(f"/cases/{case['number']}/decisions", {"verdict": "agree", "seen": case["digest"]})
    assert program.get(f"/cases/{case['number']}")["state"] == "done"
    assert {one.operator for one in Entry.objects.filter(case_no=case["number"])} == {"partner:税务", "check-220822"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/cases", {"type": "shop.open"}),
        ("POST", "/cases", {**START, "maker": "check-220822"}),
        ("POST", "/cases", [1]),
        ("GET", "/inbox/other", None),
        ("POST", "/cases/search", {"after": "x"}),
        ("POST", "/cases", {**START, "form": {**FORM, "name": "一\x00"}}),
        ("POST", "/cases", {**START, "form": {**FORM, "name": "一\ud800"}}),
        ("POST", "/cases", {**START, "form": {**FORM, "name": float("nan")}}),
        ("POST", "/cases", {**START, "form": {**FORM, "name": float("inf")}}),
        ("GET", "/inbox/mine?limit=0", None),
        ("GET", "/inbox/mine?limit=201", None),
    ],
)
def test_what_does_not_keep_to_the_schema_is_refused_in_words(
    counter: Counter, method: str, path: str, body: object
) -> None:
    answer = counter.desk("entry").ask(method, path, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "api.unreadable") and not Case.objects.exists()


def test_what_is_not_json_is_refused(counter: Counter) -> None:
    desk = counter.desk("entry")
    headers = {"Authorization": f"Bearer {desk.token}", "Idempotency-Key": "k"}
    answer = desk.client.generic("POST", "/api/v1/cases", b"{", "application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "api.unreadable")


def test_what_goes_wrong_is_told_in_words_and_without_anything_internal(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = counter.desk("entry")
    lost = desk.ask("GET", "/nowhere")
    assert (lost.status_code, lost.json()["code"]) == (404, "api.not_there")

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("220802196503120173")

    monkeypatch.setattr("renshe.core.casework.services.case_start", fail)
    answer = desk.ask("POST", "/cases", START, key="k")
    assert (answer.status_code, answer.json()["code"]) == (500, "api.fault") and b"2208" not in answer.content
    monkeypatch.undo()
    # The key is free: nobody knows what the first request did, and it did nothing.
    assert desk.ask("POST", "/cases", START, key="k").status_code == 201
    assert "办理中" in desk.ask("POST", "/cases", START, key="k").content.decode()


@pytest.mark.parametrize(
    ("proxies", "comes", "told", "found"),
    [
        ([], "10.1.1.1", "10.9.9.9", "10.1.1.1"),
        (["10.1.1.1"], "10.1.1.1", "10.9.9.9", "10.9.9.9"),
        (["10.1.1.1"], "10.1.1.1", "127.0.0.1, 10.9.9.9", "10.9.9.9"),
        (["10.1.1.1", "10.1.1.2"], "10.1.1.1", "6.6.6.6, 10.9.9.9, 10.1.1.2", "10.9.9.9"),
        (["10.1.1.1"], "10.1.1.1", "", "10.1.1.1"),
    ],
)
def test_from_where_one_comes_is_what_ones_own_proxy_saw(
    proxies: list[str], comes: str, told: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PROXIES", proxies)
    request = RequestFactory().get("/", REMOTE_ADDR=comes, headers={"X-Forwarded-For": told})
    assert address_of(request) == found
