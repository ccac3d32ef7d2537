"""Backups that count, plans that were tried, capacity, and the list of what is overdue."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import psycopg
import pytest
from django.utils import timezone
from tests.core.org.bureau import SETUP, TODAY, Bureau
from tests.core.registers.test_running import named
from tests.core.toys.models import Account, Person

from renshe.core.database.roles import Logins
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.registers.alarms import alarms
from renshe.core.registers.backups import (
    backup_interval_set,
    backup_prove,
    backup_register,
    backups_covering,
    backups_good,
    backups_overdue,
)
from renshe.core.registers.capacity import availability, capacity_over, capacity_take, heartbeat
from renshe.core.registers.models import Backup, BulkWork, CapacitySample, Drill, Plan
from renshe.core.registers.plans import drill_record, drills_due, plan_register, without_plan_for_total_loss
from renshe.core.registers.searching import backup_search
from renshe.standards.data_sets import data_sets


def backed_up(bureau: Bureau, *, days: int, data_set: str = "all", prove: bool | None = True) -> Backup:
    own = bureau.at("information")
    made = backup_register(
        actor=own,
        data_set=data_set,
        at=timezone.now() - dt.timedelta(days=days),
        size=1_000,
        sha256="ab" * 32,
        place="二楼机房磁带 3",
        last_block=7,
    )
    if prove is not None:
        backup_prove(actor=own, backup=made, good=prove, how="在备用机上恢复并核验日志", rows=100)
    return made


def overdue(bureau: Bureau) -> dict[str, dt.date]:
    return {one.data_set: one.due for one in backups_overdue(bureau.at("information"))}


@pytest.mark.req("S2-57")
@pytest.mark.parametrize(("days", "late"), [(5, False), (6, True)])
def test_day_six_without_a_good_backup_is_an_alarm(bureau: Bureau, days: int, late: bool) -> None:
    named(bureau, "database", days=40)
    backed_up(bureau, days=days)
    assert ("registers" in overdue(bureau)) is late
    backed_up(bureau, days=0)
    assert overdue(bureau) == {}


@pytest.mark.req("S0-50", "S2-57")
def test_the_risk_of_a_data_set_says_how_soon_and_an_agency_may_ask_for_sooner(bureau: Bureau) -> None:
    named(bureau, "database", days=40)
    backed_up(bureau, days=3)
    assert {code for code, one in data_sets().items() if one.level.backup_days < 3} == set(overdue(bureau))
    agency, own = bureau.agencies["220822"], bureau.at("information")
    backup_interval_set(actor=own, agency=agency, data_set="registers", days=2)
    assert "registers" in overdue(bureau)
    for data_set, days in (("registers", 6), ("registers", 0), ("benefit", 2)):
        with pytest.raises(BusinessError, match="备份间隔应为"):
            backup_interval_set(actor=own, agency=agency, data_set=data_set, days=days)


@pytest.mark.req("S2-58")
@pytest.mark.parametrize("prove", [None, False])
def test_a_backup_counts_only_after_a_verified_restore(bureau: Bureau, prove: bool | None) -> None:
    named(bureau, "database", days=40)
    made = backed_up(bureau, days=0, prove=prove)
    assert not backups_good(bureau.at("information")).exists() and len(overdue(bureau)) == len(data_sets())
    with pytest.raises(BusinessError, match="恢复行数"):
        backup_prove(actor=bureau.at("information"), backup=made, good=True, how="看过", rows=0)
    assert not backups_good(bureau.at("information")).exists()


@pytest.mark.req("S0-45")
def test_time_size_checksum_and_place_of_a_backup_are_kept(bureau: Bureau) -> None:
    made = backed_up(bureau, days=1, data_set="staging")
    kept = Backup.objects.get()
    assert (kept.size, kept.sha256, kept.place, kept.last_block, kept.by) == (
        1_000, "ab" * 32, "二楼机房磁带 3", 7, "information-220822",
    )  # fmt: skip
    with pytest.raises(BusinessError, match="只能追加"), declared(SETUP):
        Backup.objects.update(size=1)
    with pytest.raises(BusinessError, match="校验值"):
        backup_register(
            actor=bureau.at("information"), data_set="staging", at=timezone.now(), size=1, sha256="x", place="x"
        )
    assert Backup.objects.get() == made


@pytest.mark.req("S1-60")
def test_what_a_backup_holds_of_a_person_is_found_and_the_search_is_registered(
    bureau_committed: Bureau, logins: Logins
) -> None:
    bureau = bureau_committed
    with declared(bureau.at("entry").context("登记")):
        person = Person.objects.create(name="张丽华")
        Account.objects.create(person=person, year=1998, balance="12.30")
    old, new = backed_up(bureau, days=40), backed_up(bureau, days=1)
    backed_up(bureau, days=2, prove=None)
    day = TODAY - dt.timedelta(days=60)
    found = backups_covering(bureau.at("information"), first=day, last=day, data_set="account")
    assert list(found) == [old, new]
    # The bureau itself stands for the copy to which the backup was restored.
    with psycopg.connect(logins.application) as copy:
        rows = backup_search(
            actor=bureau.at("information"), backup=old, connection=copy, reason="查找1998年账户", person=str(person.pk)
        )
    assert {row.table for row in rows} == {"toys_person", "toys_account"} and rows[0].values["balance"] == 12.3
    kept = BulkWork.objects.get()
    assert (kept.kind, kept.count, kept.filter["person"]) == ("query", 2, str(person.pk))


def test_a_backup_that_was_not_proved_is_not_searched(bureau: Bureau, logins: Logins) -> None:
    made = backed_up(bureau, days=1, prove=None)
    with psycopg.connect(logins.application) as copy, pytest.raises(BusinessError, match="未经恢复验证"):
        backup_search(actor=bureau.at("information"), backup=made, connection=copy, reason="x", person="1")
    assert not BulkWork.objects.exists()


def plan(bureau: Bureau, *, total_loss: bool = True) -> Plan:
    return plan_register(
        actor=bureau.at("information"),
        agency=bureau.agencies["220822"],
        name="主数据库全部丢失",
        owner=bureau.operator("information"),
        trigger="主数据库不能恢复运行",
        steps=["报告领导", "在备用机上恢复昨日备份", "核验日志"],
        period_days=180,
        total_loss=total_loss,
    )


def drill(bureau: Bureau, of: Plan, *, took: int = 90, good: bool = True) -> Drill:
    return drill_record(
        actor=bureau.at("information"),
        plan=of,
        day=TODAY,
        machine="备用机 2",
        stated_minutes=120,
        took_minutes=took,
        good=good,
        report="按步骤恢复，日志完整",
    )


@pytest.mark.req("S0-48")
def test_a_plan_without_a_good_drill_in_its_period_is_listed(bureau: Bureau) -> None:
    made, own = plan(bureau), bureau.at("information")
    assert drills_due(own) == []
    with declared(SETUP):
        # Only what is empty can be filled in: an older plan is another row.
        old = Plan.objects.create(
            agency=made.agency,
            name="旧",
            total_loss=False,
            owner=made.owner,
            trigger="x",
            steps=["x"],
            period_days=180,
            valid_from=TODAY - dt.timedelta(days=200),
        )
    assert [(one.plan, one.last) for one in drills_due(own)] == [(old, None)]
    drill(bureau, old, good=False)
    assert len(drills_due(own)) == 1
    drill(bureau, old)
    assert drills_due(own) == []


@pytest.mark.req("S0-47", part="the drill's stated time and result are recorded; the drill itself is a test of restore")
def test_a_drill_that_took_longer_than_stated_is_no_success(bureau: Bureau) -> None:
    made = plan(bureau)
    with pytest.raises(BusinessError, match="超过规定用时"):
        drill(bureau, made, took=121)
    kept = drill(bureau, made, took=121, good=False)
    assert (Drill.objects.get(), kept.stated_minutes, kept.good) == (kept, 120, False)


@pytest.mark.req("S0-49")
def test_an_agency_with_a_database_needs_a_plan_for_its_total_loss(bureau: Bureau) -> None:
    named(bureau, "database")
    plan(bureau, total_loss=False)
    assert without_plan_for_total_loss(bureau.at("information")) == ["ag-220822"]
    plan(bureau)
    assert without_plan_for_total_loss(bureau.at("information")) == []


@pytest.mark.req("S3-33")
def test_capacity_is_sampled_and_what_is_beyond_its_threshold_is_told(bureau: Bureau, tmp_path: Path) -> None:
    sample = capacity_take(agency=bureau.agencies["220822"], folder=tmp_path)
    assert sample.storage is not None and 0 < sample.storage <= 100
    assert sample.connections is not None and 0 < sample.connections <= 100
    CapacitySample.objects.create(
        agency="ag-220822", region=bureau.regions["220822"], at=timezone.now(), cpu=None, storage=80.0, connections=79.9
    )
    assert [(one.agency, one.what) for one in capacity_over(bureau.at("audit"))] == [("ag-220822", "storage")]
    assert capacity_over(bureau.at("audit", "220802")) == []


@pytest.mark.req("S3-34", part="availability is measured and reported")
def test_availability_is_the_share_of_minutes_in_which_a_service_was_there(db: None) -> None:
    begin = timezone.make_aware(dt.datetime(2026, 10, 31, 23, 58))
    for minute in (0, 1, 2, 4, 4, 11):
        heartbeat("web", begin + dt.timedelta(minutes=minute, seconds=30))
    [october] = availability(2026, 10)
    [november] = availability(2026, 11, now=begin + dt.timedelta(minutes=11))
    assert (october.up, october.due) == (2, 2)
    assert (november.up, november.due) == (3, 10) and november.percent == 30.0


@pytest.mark.req("S2-48", "S2-57", "S0-48")
def test_what_is_overdue_stands_in_one_list(bureau: Bureau, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RENSHE_SEAL_PLACE", raising=False)
    for kind in ("network", "database"):
        named(bureau, kind, days=10)
    found = alarms(bureau.at("information"), home=tmp_path)
    kinds = {one.kind for one in found}
    assert {"running_log", "database_check", "backup", "plan", "seal_place"} <= kinds
    assert all(one.told and one.agency in ("ag-220822", None) for one in found)
    other = {one.kind for one in alarms(bureau.at("information", "220802"), home=tmp_path)}
    assert other == {"seal_place"}
