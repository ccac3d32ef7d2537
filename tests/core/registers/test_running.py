"""Daily logs, faults, and checks by the named people."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.core.org.bureau import TODAY, YESTERDAY, Bureau

from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.registers.models import DatabaseCheck, Duty, Fault, RunningLog
from renshe.core.registers.running import (
    Missing,
    database_check_enter,
    database_checks_due,
    duty_end,
    duty_name,
    fault_report,
    fault_resolve,
    faults_open,
    running_log_enter,
    running_log_missing,
)

ITEMS = {"ports": "均正常", "servers": "正常", "communications": "正常", "faults": "无"}


def named(bureau: Bureau, kind: str, *, days: int = 3, every: int = 1) -> Duty:
    return duty_name(
        actor=bureau.at("approve"),
        agency=bureau.agencies["220822"],
        kind=kind,
        operator=bureau.operator("information"),
        every_days=every,
        valid_from=TODAY - dt.timedelta(days=days),
    )


def enter(actor: Actor, day: dt.date = TODAY, **items: str) -> RunningLog:
    return running_log_enter(actor=actor, day=day, **{**ITEMS, **items})


@pytest.mark.req("S2-48")
def test_days_without_a_log_are_missing_until_it_is_written(bureau: Bureau) -> None:
    named(bureau, "network")
    seen, first = bureau.at("information"), TODAY - dt.timedelta(days=30)
    days = [Missing("ag-220822", TODAY - dt.timedelta(days=at)) for at in (3, 2, 1)]
    assert running_log_missing(seen, first=first) == days
    enter(seen, YESTERDAY)
    assert running_log_missing(seen, first=first) == days[:2]
    assert running_log_missing(bureau.at("information", "220800"), first=first) == days[:2]
    assert running_log_missing(bureau.at("information", "220802"), first=first) == []


def test_after_a_duty_ended_nothing_is_owed(bureau: Bureau) -> None:
    duty = named(bureau, "network")
    duty_end(actor=bureau.at("approve"), duty=duty, last_day=YESTERDAY)
    assert len(running_log_missing(bureau.at("information"), first=TODAY - dt.timedelta(days=9))) == 3
    with pytest.raises(BusinessError, match="指定的网络维护责任人"):
        enter(bureau.at("information"))


@pytest.mark.req("S2-49")
@pytest.mark.parametrize("item", [*ITEMS, "future"])
def test_all_six_items_are_mandatory(bureau: Bureau, item: str) -> None:
    named(bureau, "network")
    with pytest.raises(BusinessError) as refused:
        if item == "future":
            enter(bureau.at("information"), TODAY + dt.timedelta(days=1))
        else:
            enter(bureau.at("information"), **{item: " "})
    assert refused.value.code == "registers.log_items" and not RunningLog.objects.exists()


@pytest.mark.req("S2-49")
def test_the_log_is_signed_by_who_enters_it_and_only_the_named_one_may(bureau: Bureau) -> None:
    with pytest.raises(BusinessError, match="责任人"):
        enter(bureau.at("information"))
    named(bureau, "network")
    log = enter(bureau.at("information"))
    assert (log.signed, log.operator, log.day) == ("张丽华", "information-220822", TODAY)
    with pytest.raises(BusinessError, match="没有在"):
        enter(bureau.at("entry"))
    assert RunningLog.objects.count() == 1


@pytest.mark.req("S2-50")
def test_a_fault_stays_open_until_it_is_said_how_it_was_cleared(bureau: Bureau) -> None:
    named(bureau, "network")
    own = bureau.at("information")
    running_log_enter(actor=own, day=TODAY, **ITEMS, new_faults=["柳树镇线路中断"])
    fault_report(actor=own, what="交换机风扇停转")
    assert faults_open(own).count() == 2
    one = faults_open(own).get(what="柳树镇线路中断")
    with pytest.raises(BusinessError, match="须写明情况"):
        fault_resolve(actor=own, fault=one, resolution=" ")
    fault_resolve(actor=own, fault=one, resolution="更换光模块")
    with pytest.raises(BusinessError, match="已排除"):
        fault_resolve(actor=own, fault=one, resolution="再次更换")
    assert [open_.what for open_ in faults_open(own)] == ["交换机风扇停转"]
    assert Fault.objects.get(pk=one.pk).resolution == "更换光模块"


@pytest.mark.req("S2-56")
def test_only_the_named_administrator_enters_checks_and_a_late_one_is_listed(bureau: Bureau) -> None:
    own = bureau.at("information")
    with pytest.raises(BusinessError, match="数据库管理责任人"):
        database_check_enter(actor=own, good=True, result="无异常")
    assert not DatabaseCheck.objects.exists()
    named(bureau, "database", days=3, every=2)
    assert database_checks_due(own) == [Missing("ag-220822", TODAY - dt.timedelta(days=2))]
    check = database_check_enter(actor=own, good=True, result="表空间、索引正常")
    assert check.operator == "information-220822" and database_checks_due(own) == []


@pytest.mark.parametrize(
    "terms",
    [{"kind": "x"}, {"every_days": 0}, {"operator": "information-220802"}, {"valid_from": dt.date.min}],
)
def test_a_duty_that_is_none_is_refused(bureau: Bureau, terms: dict[str, object]) -> None:
    told = {"kind": "network", "operator": bureau.operator("information"), **terms}
    if isinstance(told["operator"], str):
        told["operator"] = bureau.operator("information", "220802")
    with pytest.raises(BusinessError):
        duty_name(actor=bureau.at("approve"), agency=bureau.agencies["220822"], **told)
    assert not Duty.objects.exists()
