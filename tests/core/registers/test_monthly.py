"""The month's log of sealed data that were changed, and its check."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from tests.core.org.bureau import TODAY, Bureau
from tests.core.toys.models import Person

from renshe.core.errors import BusinessError
from renshe.core.journal.closing import row_open, rows_close
from renshe.core.journal.context import declared
from renshe.core.registers.models import ChangeLogCheck
from renshe.core.registers.monthly import change_log, change_log_check, change_log_checks, change_logs_unchecked

MONTH = f"{TODAY:%Y%m}"


@pytest.fixture
def changed(bureau: Bureau) -> Bureau:
    """One row changed under an unsealing, another that nobody sealed."""
    with declared(bureau.at("entry").context("登记")):
        one = Person.objects.create(name="张丽华")
        Person.objects.create(name="李芳")
    with declared(bureau.at("approve").context("封存", approval="审核 1")):
        rows_close(table="toys_person", keys=[str(one.pk)])
    with declared(bureau.at("information").context("解封", approval="C-1")):
        row_open(
            table="toys_person",
            key=str(one.pk),
            fields=["name"],
            operator="entry-220822",
            until=timezone.now() + dt.timedelta(hours=1),
        )
    with declared(bureau.at("entry").context("按申请修改", case="C-1")):
        Person.objects.filter(name="张丽华").update(name="张丽花")
        Person.objects.filter(name="李芳").update(name="李方")
    return bureau


@pytest.mark.req("S2-46", part="the table as data; it is printed by the filing room")
def test_the_log_tells_the_changes_of_sealed_data_of_the_jurisdiction(changed: Bureau) -> None:
    city = changed.regions["220800"]
    log = change_log(actor=changed.at("audit", "220800"), region=city, month=MONTH)
    assert [row.changes["name"] for row in log.rows] == [("张**", "张**")]
    assert log.rows[0].case == "C-1" and log.rows[0].reason == "按申请修改"
    assert len(change_log(actor=changed.at("audit", "220800"), region=city, month=MONTH, every=True).rows) == 2
    other = changed.regions["220802"]
    assert change_log(actor=changed.at("audit", "220800"), region=other, month=MONTH, every=True).rows == []
    with pytest.raises(BusinessError, match="没有在"):
        change_log(actor=changed.at("audit"), region=other, month=MONTH)


@pytest.fixture
def next_month(changed: Bureau, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    later = timezone.now() + dt.timedelta(days=31)
    monkeypatch.setattr("renshe.core.registers.monthly.timezone.now", lambda: later)
    return changed


@pytest.mark.req("S2-46", part="the result of the check")
def test_the_check_of_a_finished_month_is_entered_for_the_log_that_was_seen(next_month: Bureau) -> None:
    region, actor = next_month.regions["220822"], next_month.at("check")
    log = change_log(actor=actor, region=region, month=MONTH)
    assert (region.pk, MONTH) in change_logs_unchecked(actor)
    for terms, said in (
        ({"seen": "x", "agrees": True}, "有了改变"),
        ({"seen": log.digest, "agrees": False}, "须写明意见"),
    ):
        with pytest.raises(BusinessError, match=said):
            change_log_check(actor=actor, region=region, month=MONTH, **terms)
    assert not ChangeLogCheck.objects.exists()
    kept = change_log_check(actor=actor, region=region, month=MONTH, seen=log.digest, agrees=False, opinion="缺一笔")
    assert (kept.rows, kept.by, kept.agrees, kept.opinion) == (1, "check-220822", False, "缺一笔")
    assert (region.pk, MONTH) not in change_logs_unchecked(actor)


def test_a_month_that_goes_on_is_not_checked(changed: Bureau) -> None:
    with pytest.raises(BusinessError, match="尚未结束"):
        change_log_check(
            actor=changed.at("check"), region=changed.regions["220822"], month=MONTH, seen="x", agrees=True
        )


@pytest.mark.parametrize("month", ["20261", "000101", "999912", "202613", "２０２６１１", "\x00"])
def test_what_is_no_month_is_refused_in_words(bureau: Bureau, month: str) -> None:
    asked = {"actor": bureau.at("check"), "region": bureau.regions["220822"], "month": month}
    with pytest.raises(BusinessError, match="六位数字"):
        change_log(**asked)
    with pytest.raises(BusinessError, match="六位数字"):
        change_log_checks(**asked)
    with pytest.raises(BusinessError, match="六位数字"):
        change_log_check(**asked, seen="x", agrees=True)
