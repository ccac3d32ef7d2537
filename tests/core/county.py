"""A county with one of everything, for the walk over every service (walking.py)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.utils import timezone
from tests.core.casework.conftest import FORM, HERE, Office, applicant, started, submitted
from tests.core.filing.conftest import a_pdf
from tests.core.org.bureau import NEXT_YEAR, SETUP, TODAY, YESTERDAY, hire
from tests.core.toys.models import Stall

from renshe.core.affairs.models import Deduction
from renshe.core.casework.applying import case_apply
from renshe.core.casework.deciding import case_decide
from renshe.core.casework.delegating import delegation_give
from renshe.core.casework.leading import case_pause
from renshe.core.casework.models import Case, Delegation, Difference, Reminder, State
from renshe.core.casework.services import case_propose, case_start, case_submit, case_take
from renshe.core.casework.types import find_type
from renshe.core.filing.attachments import attachment_add
from renshe.core.filing.documents import document_make
from renshe.core.filing.forms import CHANGE_LOG, RECEIPT
from renshe.core.filing.models import Alarm, Attachment
from renshe.core.filing.volumes import volume_add, volume_close, volume_open
from renshe.core.jobs.models import Job
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.access import cut_off, terminal_register
from renshe.core.org.actor import Actor
from renshe.core.org.attributes import attribute_group_add
from renshe.core.org.credentials import password_set, token_issue
from renshe.core.org.granting import grant_apply, grant_approve, grant_review
from renshe.core.org.models import ApiToken, CrossRegion, Department, Grant, Holding, Operator
from renshe.core.org.setting_up import grant_install
from renshe.core.registers.backups import backup_prove, backup_register
from renshe.core.registers.models import (
    BulkWork,
    Candidate,
    CapacitySample,
    ChangeLogCheck,
    CleanUp,
    DatabaseCheck,
    Duty,
    Plan,
    RunningLog,
)
from renshe.core.registers.plans import plan_register
from renshe.core.registers.running import duty_name, fault_report

CASE = {
    "label": "x", "number": "x", "fields": [], "papers": [], "decisions": [], "matter": "x", "subject": "x",
}  # fmt: skip
LAST_MONTH = f"{TODAY.replace(day=1) - dt.timedelta(days=1):%Y%m}"
LONG_AGO = TODAY - dt.timedelta(days=400)


def one_of_everything(office: Office, own: dict[str, Actor], home: Path) -> dict[str, Any]:
    """Make one of everything in the county; return it by the names under which services ask for it."""
    bureau, region = office.bureau, office.here
    entry, check, head, admin, auditor = (own[name] for name in ("entry", "check", "approve", "information", "audit"))
    paused = case_pause(actor=check, number=submitted(office, form={"code": "s7", "name": "三"}).number, ground="x")
    draft, opened = started(office, form={"code": "s8", "name": "二"}), submitted(office)
    with declared(SETUP):
        proposed = case_propose(
            origin=opened, type="shop.close", region=HERE, form={"code": "s1"}, agency=opened.agency
        )
        Stall.objects.create(code="t1", region=region)
        Stall.objects.filter(code="t1").delete()
        stall = Stall.objects.create(code="t2", region=region)
        clean_up = CleanUp.objects.create(
            agency="ag-220822", region=region, year=LONG_AGO.year, half=1, found=1, by="x", at=timezone.now()
        )
        candidate = Candidate.objects.create(
            clean_up=clean_up, region=region, table_name="toys_stall", key="t2", why="x"
        )
        difference = Difference.objects.create(
            type="shop.open", region=region, workdays=1, ground="x", valid_from=YESTERDAY
        )
        told = {"operator": admin.operator, "agency": admin.agency, "region": region, "name": "filing.check"}
        job = Job.objects.create(**told, label="x", allowed=1)
        failed = Job.objects.create(**told, label="x", allowed=1, state="failed")
    applied = case_apply(applicant=applicant("s13"), type="shop.open", form={"name": "七"}, submit=True)
    applied = case_take(actor=entry, number=applied.number)
    paper = attachment_add(actor=entry, matter=draft.number, region=HERE, kind="lease", name="a.pdf", content=a_pdf())
    printed = document_make(actor=entry, name=RECEIPT.name, region=HERE, data=CASE, matter=opened.number, person="1001")
    with declared(SETUP):
        log = document_make(actor=entry, name=CHANGE_LOG.name, region=HERE, data=CASE)
    terminal = terminal_register(
        actor=admin, number="w-1", name="窗口", agency=bureau.agencies[HERE], region=region, address="10.1.1.1"
    )
    asked = {"post": bureau.posts["entry"], "operation_name": "shop.open.enter", "region": region}
    fresh = grant_apply(actor=entry, **asked, valid_until=NEXT_YEAR, purpose="x")
    reviewed = grant_review(actor=check, request=grant_apply(actor=entry, **asked, valid_until=NEXT_YEAR, purpose="x"))
    city = bureau.at("approve", "220800")
    request = grant_apply(actor=entry, **asked, valid_until=NEXT_YEAR, purpose="x")
    approved = grant_approve(actor=city, request=grant_review(actor=check, request=request))
    token_issue(
        actor=admin,
        region=region,
        scopes=["case.query"],
        expires_at=timezone.now() + dt.timedelta(days=1),
        partner="银行",
    )
    with declared(SETUP):
        grant_install(
            post=bureau.posts["entry"], operation_name="shop.open.enter", region=region, valid_until=NEXT_YEAR
        )
        hand = hire("spare", bureau.agencies[HERE])
        fresh_hand = hire("fresh", bureau.agencies[HERE])
        deputy = hire("deputy", bureau.agencies[HERE])
        Holding.objects.create(operator=deputy, post=bureau.posts["check"], valid_from=YESTERDAY)
        holding = Holding.objects.create(operator=hand, post=bureau.posts["audit"], valid_from=YESTERDAY)
        # It lets nobody in yet.
        permission = CrossRegion.objects.create(
            agency=bureau.agencies["220802"],
            region=region,
            operation="shop.open.enter",
            ground="x",
            permitted_by=bureau.operator("approve"),
            valid_from=TODAY + dt.timedelta(days=30),
            valid_until=NEXT_YEAR,
        )
    volume = volume_open(actor=entry, region=HERE, kind="x", title="x", period="2026-11", place="x")
    volume_add(actor=entry, number=volume.number, documents=[log.number])
    closed = volume_open(actor=entry, region=HERE, kind="x", title="x", period="2026-10", place="x")
    volume_add(actor=entry, number=closed.number, documents=[printed.number])
    volume_close(actor=entry, number=closed.number)
    plan = plan_register(
        actor=admin, agency=bureau.agencies[HERE], name="x", owner=hand, trigger="x", steps=["x"], period_days=30
    )
    duty = duty_name(actor=head, agency=bureau.agencies[HERE], kind="database", operator=bureau.operator("information"))
    duty_name(actor=head, agency=bureau.agencies[HERE], kind="network", operator=bureau.operator("information"))
    deleted = Entry.objects.get(table_name="toys_stall", operation="D").pk
    done = finished(office, started(office, form={"code": "s10", "name": "四"}), paper=True)
    _cases_of_all_kinds(office)
    _registers(office)
    with declared(SETUP):
        department = Department.objects.get(agency=bureau.agencies[HERE], kind="pension")
        Operator.objects.filter(number=head.operator).update(department=department)
    password_set(actor=admin, operator=hand, password="长长的一个密码 8 号")
    return {
        "done": done,
        "clean_up": _approved(office, "affairs.clean_up", candidate.pk),
        "restoration": _approved(office, "affairs.restoration", deleted),
        "release": _approved(office, "affairs.release", Attachment.objects.get(matter=done.number).pk),
        "month_log": _month_log(office, entry),
        "actor": None,
        "number": opened.number,
        "seen": opened.digest,
        "case": opened,
        "kind": find_type("shop.open"),
        "step": find_type("shop.open").steps[0],
        "region": region,
        "form": FORM,
        "verdict": "agree",
        "cases": [(opened.number, opened.digest)],
        "draft": draft,
        "paused": paused,
        "proposed": proposed,
        "applied": applied,
        "absent": check.operator,
        "deputy": "deputy",
        "delegation": delegation_give(
            actor=check, absent=check.operator, deputy="deputy", region=region, valid_until=TODAY, ground="x"
        ),
        "difference": difference.pk,
        "operator": hand,
        "fresh_hand": fresh_hand,
        "entry_post": bureau.posts["entry"],
        "holding": holding,
        "post": bureau.posts["fund"],
        "agency": bureau.agencies[HERE],
        "paper": paper,
        "document": printed,
        "log": log.number,
        "volume": volume.number,
        "closed": closed.number,
        "job": job.pk,
        "failed": failed.pk,
        "terminal": terminal,
        "cut": cut_off(actor=admin, target=terminal, reason="x", leader=bureau.operator("approve")),
        "leader": bureau.operator("approve"),
        "fresh": fresh,
        "reviewed": reviewed,
        "approved": approved,
        "permission": permission,
        "grant": Grant.objects.get(operation="shop.open.enter", region=region),
        "token": ApiToken.objects.get(partner="银行"),
        "group": attribute_group_add(
            actor=bureau.at("information", "220000"),
            code="w",
            name="x",
            department_kind="pension",
            fields={"toys_stall": ["code"]},
        ),
        "stall": stall,
        "candidate": candidate.pk,
        "deleted": deleted,
        "plan": plan,
        "duty": duty,
        "fault": fault_report(actor=admin, what="断网"),
        "backup": backup_register(actor=admin, data_set="all", at=timezone.now(), size=1, sha256="0" * 64, place="x"),
        "auditor": auditor,
        "home": home,
    }


def finished(office: Office, case: Case, *, paper: bool = False) -> Case:
    """Hand in a draft and agree to it in every step; ``paper``: with something that is kept."""
    if paper:
        attachment_add(
            actor=office.maker, matter=case.number, region=HERE, kind="lease", name="c.pdf", content=a_pdf(3)
        )
    case = case_submit(actor=office.maker, number=case.number, seen=case.digest)
    for actor in (office.checker, office.approver):
        if case.state == State.OPEN:
            case = case_decide(actor=actor, number=case.number, verdict="agree", seen=case.digest)
    return case


def _month_log(office: Office, entry: Actor) -> str:
    """Return the number of the printed log of last month."""
    with declared(SETUP):
        return document_make(actor=entry, name=CHANGE_LOG.name, region=HERE, data={**CASE, "period": LAST_MONTH}).number


def _approved(office: Office, type: str, thing: int) -> str:
    """Return the number of an application that names ``thing`` and is approved."""
    form = {"things": str(thing), "ground": "半年清理"}
    return finished(office, case_start(actor=office.maker, type=type, region=HERE, form=form)).number


def _cases_of_all_kinds(office: Office) -> None:
    """One that came back, and one that is late, of which who leads is reminded."""
    returned = submitted(office, form={"code": "s11", "name": "五"})
    case_decide(actor=office.checker, number=returned.number, verdict="return", seen=returned.digest, opinion="缺附件")
    late = submitted(office, form={"code": "s12", "name": "六"})
    bureau = office.bureau
    with declared(SETUP):
        Case.objects.filter(pk=late.pk).update(due_on=YESTERDAY)
        Reminder.objects.create(case=late, kind="late", due_on=YESTERDAY)
        Delegation.objects.create(
            absent=bureau.operator("check"),
            deputy=bureau.operator("approve"),
            region=office.here,
            ground="x",
            valid_from=YESTERDAY,
            valid_until=TODAY,
        )
        Deduction.objects.create(
            case_no=returned.number, agency=bureau.agencies[HERE], year=TODAY.year, points=2, facts="x"
        )


def _registers(office: Office) -> None:
    """What the registers tell of: work that broke off, what is full, lost, overdue or proved."""
    bureau, region, now = office.bureau, office.here, timezone.now()
    admin = bureau.at("information")
    here = {"agency": "ag-220822", "region": region}
    backup = backup_register(actor=admin, data_set="account", at=now, size=1, sha256="2" * 64, place="x")
    backup_prove(actor=admin, backup=backup, good=True, how="整库恢复", rows=1)
    with declared(SETUP):
        Duty.objects.update(valid_from=LONG_AGO)
        Plan.objects.create(
            agency=bureau.agencies[HERE],
            name="y",
            total_loss=False,
            owner=bureau.operator("information"),
            trigger="x",
            steps=["x"],
            period_days=30,
            valid_from=LONG_AGO,
        )
        BulkWork.objects.create(
            **here, kind="query", operation="case.query", data_set="account", operator="x", name="x", filter={},
            reason="x", at=now,
        )  # fmt: skip
        CapacitySample.objects.create(**here, at=now, cpu=99, storage=99, connections=99)
        RunningLog.objects.create(
            **here, day=YESTERDAY, ports="x", servers="x", communications="x", faults="x", signed="x", operator="x",
            at=now,
        )  # fmt: skip
        DatabaseCheck.objects.create(**here, day=LONG_AGO, good=True, result="x", operator="x", at=now)
        ChangeLogCheck.objects.create(**here, month=LAST_MONTH, rows=0, digest="x", agrees=True, by="x", at=now)
        Alarm.objects.create(digest="0" * 64, region=region, found="missing", found_by="x")
