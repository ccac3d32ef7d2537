"""Papers of a case and what is printed of it, through the API; jobs as their owner sees them."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from tests.channels.api.conftest import Counter, Desk
from tests.channels.api.test_cases import begun
from tests.core.casework.conftest import FORM, HERE
from tests.core.filing.conftest import a_pdf
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.casework.local import difference_set
from renshe.core.casework.printing import PRINT
from renshe.core.filing.alarms import CHECK
from renshe.core.filing.attachments import ATTACH, READ
from renshe.core.filing.models import Attachment, Document
from renshe.core.jobs.models import Job
from renshe.core.jobs.running import run
from renshe.core.journal.context import declared
from renshe.core.org.models import Disclosure
from renshe.core.org.operations import operation
from renshe.core.org.setting_up import grant_install


@pytest.fixture
def papered(counter: Counter) -> Counter:
    bureau = counter.office.bureau
    with declared(SETUP):
        for post in bureau.posts.values():
            for name in (ATTACH, READ, PRINT, CHECK, "job.query"):
                if operation(name).kind in post.group.kinds and post.code != "audit":
                    grant_install(
                        post=post, operation_name=name, region=bureau.regions["220000"], valid_until=NEXT_YEAR
                    )
    difference_set(
        actor=counter.office.approver, type="shop.open", region=bureau.regions[HERE], ground="县发1号", paper="lease",
        label="租赁合同",
    )  # fmt: skip
    return counter


def put(desk: Desk, number: object, key: str = "p1", name: str = "合同.pdf") -> HttpResponse:
    return desk.client.post(
        f"/api/v1/cases/{number}/papers",
        {"kind": "lease", "file": SimpleUploadedFile(name, a_pdf(), "application/pdf")},
        headers={"Authorization": f"Bearer {desk.token}", "Idempotency-Key": key},
    )


@pytest.mark.req("S1-13")
def test_a_case_is_not_handed_in_without_the_papers_that_it_needs(papered: Counter) -> None:
    case, desk = begun(papered, submit=False), papered.desk("entry")
    at = f"/cases/{case['number']}"
    refused = desk.ask("POST", f"{at}/submission", {"seen": case["digest"]})
    assert refused.json()["detail"] == "缺少材料：租赁合同；请上传后再提交"
    assert put(desk, case["number"]).status_code == 201
    assert desk.post(f"{at}/submission", {"seen": case["digest"]})["state"] == "open"


@pytest.mark.req("S1-66", "S2-40", part="held with any change; the form comes with the registry")
def test_nobody_changes_papers_while_others_decide_nor_once_the_change_stands(papered: Counter) -> None:
    case, desk, checker = begun(papered, submit=False), papered.desk("entry"), papered.desk("check")
    put(desk, case["number"])
    at = f"/cases/{case['number']}"
    desk.post(f"{at}/submission", {"seen": case["digest"]})
    paper = desk.get(f"{at}/papers")[0]["id"]

    def tried() -> set[int]:
        removal = {"reason": "换一份"}
        return {
            put(desk, case["number"], key=f"again{case['number']}").status_code,
            desk.ask("POST", f"/papers/{paper}/removal", removal).status_code,
            checker.ask("POST", f"/papers/{paper}/removal", removal).status_code,
        }

    assert tried() <= {403, 409}
    checker.post(f"{at}/decisions", {"verdict": "return", "seen": case["digest"], "opinion": "看不清"})
    assert desk.post(f"/papers/{paper}/removal", {"reason": "看不清"})["state"] == "removed"
    assert put(desk, case["number"], key="p2").status_code == 201
    desk.post(f"{at}/submission", {"seen": case["digest"]})
    checker.post(f"{at}/decisions", {"verdict": "agree", "seen": case["digest"]})
    kept = Attachment.objects.get(state="attached")
    assert kept.held
    paper = kept.pk
    assert tried() <= {403, 409} and Attachment.objects.filter(state="attached").count() == 1
    answer = checker.ask("GET", f"/papers/{paper}")
    assert (answer.content, answer.headers["Content-Type"]) == (a_pdf(), "application/pdf")
    assert papered.desk("check", "220802").ask("GET", f"/papers/{paper}").status_code == 404


@pytest.mark.req("S4-156", part="of any case; arbitration comes later")
def test_a_receipt_and_a_result_are_printed_once_and_stay_the_same(papered: Counter) -> None:
    case, desk = begun(papered, submit=False), papered.desk("entry")
    at = f"/cases/{case['number']}"
    early = desk.ask("POST", f"{at}/documents", {})
    assert (early.status_code, early.json()["code"]) == (422, "case.print_too_early")
    put(desk, case["number"])
    desk.post(f"{at}/submission", {"seen": case["digest"]})
    receipt = desk.post(f"{at}/documents", {"document": "filing.receipt"})
    assert desk.post(f"{at}/documents", {})["number"] == receipt["number"]
    content = desk.ask("GET", f"/documents/{receipt['number']}").content
    assert content.startswith(b"%PDF") and desk.ask("GET", f"/documents/{receipt['number']}").content == content
    papered.desk("check").post(f"{at}/decisions", {"verdict": "agree", "seen": case["digest"], "opinion": "相符"})
    desk.post(f"{at}/documents", {"document": "filing.result"})
    told = Document.objects.get(name="filing.result").data
    assert told["fields"] == [["编号", "s1"], ["名称", FORM["name"]]]
    assert told["papers"] == [["租赁合同", "合同.pdf", 1]]
    assert [one["verdict"] for one in told["decisions"]] == ["提交", "同意"] and told["result"] == "办结"
    other = desk.ask("POST", f"{at}/documents", {"document": "filing.change_log"})
    assert other.json()["code"] == "document.no_such_kind"
    elsewhere = papered.desk("check", "220802")
    assert elsewhere.ask("GET", f"/documents/{receipt['number']}").status_code == 404
    assert elsewhere.ask("POST", f"{at}/documents", {}).status_code == 404


def test_a_job_is_started_looked_at_and_cancelled_by_its_owner(papered: Counter) -> None:
    admin = papered.desk("information")
    job = admin.post("/jobs", {"name": "filing.check", "region": HERE}, status=201)
    assert admin.get(f"/jobs/{job['id']}")["state"] == "waiting"
    assert [one["id"] for one in admin.get("/jobs")["items"]] == [job["id"]]
    stranger = papered.desk("entry", "220802")
    assert stranger.ask("GET", f"/jobs/{job['id']}").status_code == 404
    assert stranger.ask("POST", f"/jobs/{job['id']}/cancellation").status_code == 404
    assert papered.desk("entry").ask("POST", "/jobs", {"name": "filing.check", "region": HERE}).status_code == 403
    assert admin.post(f"/jobs/{job['id']}/cancellation")["state"] == "cancelled"
    assert admin.post(f"/jobs/{job['id']}/retrial")["state"] == "waiting"
    run(job["id"])
    assert Job.objects.get().state == "done"


def test_who_has_nothing_to_do_with_a_case_sees_its_papers_only_by_right_and_on_record(papered: Counter) -> None:
    case, desk = begun(papered, submit=False), papered.desk("entry")
    paper = put(desk, case["number"], name="张11010519491231002X.pdf").json()
    assert "19491231" not in paper["name"]
    submitted = desk.post(f"/cases/{case['number']}/submission", {"seen": case["digest"]})
    printed = desk.post(f"/cases/{case['number']}/documents", {})["number"]
    for at in (f"/papers/{paper['id']}", f"/documents/{printed}"):
        assert desk.ask("GET", at).status_code == papered.desk("check").ask("GET", at).status_code == 200
    assert submitted["state"] == "open" and not Disclosure.objects.exists()
    for at in (f"/papers/{paper['id']}", f"/documents/{printed}"):
        assert papered.desk("fund").ask("GET", at).status_code == 200
    assert [one.operator.number for one in Disclosure.objects.order_by("pk")] == [f"fund-{HERE}"] * 2


def test_a_receipt_tells_what_was_handed_in(papered: Counter) -> None:
    case, desk = begun(papered, submit=False), papered.desk("entry")
    put(desk, case["number"])
    case = desk.post(f"/cases/{case['number']}/submission", {"seen": case["digest"]})
    at = f"/cases/{case['number']}"
    back = {"verdict": "return", "seen": case["digest"], "opinion": "补正"}
    papered.desk("check").post(f"{at}/decisions", back)
    desk.ask("PUT", f"{at}/form", {"form": {**FORM, "name": "从未提交的名称"}})
    assert desk.ask("POST", f"{at}/documents", {}).status_code in (409, 422)
    assert not Document.objects.exists()
