"""Journal, alarms, notices and registers through the API."""

from __future__ import annotations

import pytest
from tests.channels.api.conftest import Counter, allow
from tests.channels.api.people import PERSON, declare_person
from tests.channels.api.test_cases import begun
from tests.core.casework.conftest import HERE
from tests.core.org.bureau import TODAY
from tests.core.registers.test_running import named
from tests.core.registers.test_safety import backed_up

from renshe.core.org.access import cut_off, cut_offs_reported
from renshe.core.org.models import CutOff, Disclosure
from renshe.core.registers.models import Drill, Fault, Plan, RunningLog
from renshe.core.registers.operating import KEEP, NAME, QUERY, TRACE

LOG = {"ports": "正常", "servers": "正常", "communications": "正常", "faults": "无"}


@pytest.fixture
def kept(counter: Counter) -> Counter:
    """A bureau whose information staff keep the registers."""
    for group, names in (("information", (QUERY, KEEP)), ("audit", (QUERY, TRACE)), ("approve", (QUERY, NAME))):
        allow(counter, group, *names)
    return counter


@pytest.mark.req("S1-61")
def test_the_journal_is_read_by_person_masked_page_by_page(kept: Counter) -> None:
    declare_person(kept.office)
    begun(kept, type="people.register", form=PERSON)
    desk, found, after = kept.desk("audit"), [], None
    while True:
        page = desk.post("/journal/search", {"table": "casework_case", "limit": 1, "after": after})
        found += page["items"]
        if (after := page["after"]) is None:
            break
    assert len(found) >= 2 and [one["id"] for one in found] == sorted((one["id"] for one in found), reverse=True)
    assert PERSON["id_number"] not in str(found) and {one["operator"] for one in found} == {"entry-220822"}
    asked = {"person": PERSON["id_number"], "operator": "entry-220822", "field": "form"}
    assert desk.post("/journal/search", asked)["items"]
    assert desk.post("/journal/search", {**asked, "operator": "check-220822"})["items"] == []
    assert kept.desk("entry").post("/journal/search", {})["items"] == []


def test_what_is_revealed_of_an_entry_is_recorded(kept: Counter) -> None:
    begun(kept)
    desk = kept.desk("audit")
    [entry, *_] = desk.post("/journal/search", {"table": "casework_case"})["items"]
    at, body = f"/journal/{entry['id']}/disclosure", {"fields": ["state"], "reason": "核查"}
    before = Disclosure.objects.count()
    assert desk.post(at, body)["state"][1] == "open" and Disclosure.objects.count() == before + 1
    assert kept.desk("audit", "220802").ask("POST", at, body).status_code == 404
    assert Disclosure.objects.count() == before + 1


def test_who_may_look_at_a_case_sees_its_trace(kept: Counter) -> None:
    one, other = begun(kept), begun(kept, form={"code": "s2", "name": "二"})
    page = kept.desk("entry").get(f"/cases/{one['number']}/trace?limit=1")
    assert {row["case"] for row in page["items"]} == {one["number"]} and page["after"]
    more = kept.desk("check").get(f"/cases/{one['number']}/trace?after={page['after']}")
    assert {row["case"] for row in more["items"]} == {one["number"]} != {other["number"]}
    assert kept.desk("audit").ask("GET", f"/cases/{one['number']}/trace").status_code == 404


@pytest.mark.req("S2-48", part="entered and missed through the API")
def test_the_daily_log_is_entered_by_who_is_named_and_missing_days_are_told(kept: Counter) -> None:
    desk = kept.desk("information")
    assert desk.ask("POST", "/registers/running-logs", {"day": str(TODAY), **LOG}).status_code == 403
    assert not RunningLog.objects.exists()
    named(kept.office.bureau, "network", days=2)
    missing = {one["day"] for one in desk.get("/registers/running-logs/missing")}
    desk.post("/registers/running-logs", {"day": min(missing), **LOG, "new_faults": ["交换机端口 7 不通"]}, status=201)
    assert {one["day"] for one in desk.get("/registers/running-logs/missing")} == missing - {min(missing)}
    assert [one["signed"] for one in desk.get("/registers/running-logs")["items"]] == ["张丽华"]
    assert {one["kind"] for one in desk.get("/alarms")} >= {"running_log", "fault", "seal_place"}
    [fault] = desk.get("/registers/faults")["items"]
    elsewhere = kept.desk("information", "220802")
    at = f"/registers/faults/{fault['id']}/resolution"
    assert elsewhere.ask("POST", at, {"resolution": "x"}).status_code == 404 and not Fault.objects.exclude(
        resolution=None
    )
    assert desk.post(at, {"resolution": "换端口"})["resolved_by"] == f"information-{HERE}"
    desk.post("/registers/faults", {"what": "磁盘告警"}, status=201)
    assert [one["what"] for one in desk.get("/registers/faults")["items"]] == ["磁盘告警"]


@pytest.mark.req("S0-45", "S0-48", part="listed and entered through the API")
def test_backups_plans_and_drills(kept: Counter) -> None:
    bureau, desk = kept.office.bureau, kept.desk("information")
    for prove in (True, None, False):
        backed_up(bureau, days=1, prove=prove)
    assert [one["good"] for one in desk.get("/registers/backups")["items"]] == [False, False, True]
    plan = {
        "name": "主数据库丢失",
        "trigger": "不能恢复",
        "steps": ["报告", "恢复"],
        "period_days": 180,
        "total_loss": True,
    }
    owner = {"owner": f"information-{HERE}"}
    assert desk.ask("POST", "/registers/plans", {**plan, "owner": "information-220802"}).status_code == 422
    made = desk.post("/registers/plans", {**plan, **owner}, status=201)
    assert (made["agency"], made["owner"]) == (f"ag-{HERE}", f"information-{HERE}")
    assert [one["id"] for one in desk.get("/registers/plans")["items"]] == [made["id"]] == [Plan.objects.get().pk]
    at = f"/registers/plans/{made['id']}/drills"
    drill = {
        "day": str(TODAY),
        "machine": "备用机",
        "stated_minutes": 120,
        "took_minutes": 90,
        "good": True,
        "report": "好",
    }
    assert kept.desk("information", "220802").ask("POST", at, drill).status_code == 404 and not Drill.objects.exists()
    desk.post(at, drill, status=201)
    assert [one["machine"] for one in desk.get(at)] == ["备用机"] and desk.get("/registers/plans/due") == []
    desk.post(f"/registers/plans/{made['id']}/ending", {"reason": "改用新预案"})
    assert Plan.objects.get().valid_until == TODAY
    assert kept.desk("entry").get("/registers/backups")["items"] == [] == kept.desk("entry").get("/alarms")


def test_a_leader_reads_of_cut_offs_once(kept: Counter) -> None:
    bureau = kept.office.bureau
    cut = cut_off(
        actor=bureau.at("information"),
        target=bureau.operator("entry"),
        reason="异常登录",
        leader=bureau.operator("approve"),
    )
    desk = kept.desk("approve")
    assert [(one["target"], one["by"]) for one in desk.get("/notices")] == [(f"entry-{HERE}", f"information-{HERE}")]
    at = f"/notices/{cut.pk}/reading"
    assert kept.desk("check").ask("POST", at).status_code == 404 and CutOff.objects.get().seen_at is None
    desk.post(at)
    assert desk.get("/notices") == [] and not cut_offs_reported(bureau.at("approve")).exists()
    assert desk.ask("POST", at).status_code == 404


def test_bulk_work_is_listed_to_who_looks_into_the_registers(kept: Counter) -> None:
    allow(kept, "audit", "case.export", "case.query")
    kept.desk("audit").ask("POST", "/cases/export", {"reason": "检查"}).getvalue()  # type: ignore[attr-defined]
    [row] = kept.desk("information").get("/registers/bulk")["items"]
    assert (row["operation"], row["reason"], row["count"], row["whole"]) == ("case.export", "检查", 0, True)
