"""What goes and comes by hand passes the same gate: taken out with a reason, brought in once, answered."""

from __future__ import annotations

import pytest
from django.utils import timezone
from tests.core.exchange.conftest import IN, OUT, ROWS, Exchange, csv
from tests.core.exchange.test_cycles import DAY, agreed
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.errors import BusinessError
from renshe.core.exchange.carrying import list_bring, package_bring, package_carry, receipt_carry, to_carry
from renshe.core.exchange.dispatching import send_due
from renshe.core.exchange.models import Batch, Emergency, Passage, Record, Stage
from renshe.core.exchange.packages.terms import TermsRefused, terms_read
from renshe.core.exchange.preparing import batch_prepare, batch_release
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.setting_up import grant_install
from renshe.core.registers.models import BulkWork


@pytest.fixture
def keeper(exchange: Exchange) -> Actor:
    office = exchange.office
    with declared(SETUP):
        for group, name in (("information", "exchange.carry"), ("entry", "exchange.take_in")):
            grant_install(
                post=office.bureau.posts[group], operation_name=name, region=office.bureau.regions["220000"],
                valid_until=NEXT_YEAR,
            )  # fmt: skip
        for group in ("information", "entry"):
            grant_install(
                post=office.bureau.posts[group], operation_name="exchange.query",
                region=office.bureau.regions["220000"], valid_until=NEXT_YEAR,
            )  # fmt: skip
    return office.bureau.at("information")


def released(exchange: Exchange, number: str) -> Batch:
    batch = batch_prepare(actor=exchange.office.maker, agreement=number)
    keeper = exchange.office.bureau.at("information")
    return batch_release(actor=keeper, number=batch.number, seen=batch.content)


@pytest.mark.req("S2-67", part="by hand through the same gate")
def test_a_package_is_carried_out_with_a_reason_and_registered(exchange: Exchange, keeper: Actor) -> None:
    number = agreed(OUT, channel="hand")
    batch = released(exchange, number)
    send_due()
    batch.refresh_from_db()
    assert (batch.stage, batch.try_at, batch.tries) == (Stage.RELEASED, None, 0)
    assert [one.pk for one in to_carry(keeper)] == [batch.pk]
    with pytest.raises(BusinessError, match="事由"):
        package_carry(actor=keeper, number=batch.number, reason=" ")
    for _ in range(2):
        name, file = package_carry(actor=keeper, number=batch.number, reason="送省厅")
    assert name == f"{number}-batch-000001.rsp"
    assert exchange.other.open(file).manifest.content.rows == 2
    batch.refresh_from_db()
    assert (batch.stage, batch.tries) == (Stage.SENT, 2)
    work = BulkWork.objects.order_by("pk").last()
    assert work is not None and (work.operation, work.count, work.reason) == ("exchange.carry", 2, "送省厅")
    assert Passage.objects.filter(outcome="carried", channel="hand").count() == 2
    with pytest.raises(BusinessError, match="权限"):
        package_carry(actor=exchange.office.maker, number=batch.number, reason="送省厅")


def test_what_the_system_sends_is_carried_only_under_a_plan(exchange: Exchange, keeper: Actor) -> None:
    batch = released(exchange, OUT)
    with pytest.raises(BusinessError, match="由系统发送"):
        package_carry(actor=keeper, number=batch.number, reason="送省厅")
    now = timezone.now()
    designated = exchange.office.bureau.at("check")
    with declared(SETUP):
        Emergency.objects.create(
            region=exchange.office.bureau.regions["220000"], plan="断网预案", person=designated.operator,
            case_no="YJ-1", since=now - DAY, until=now + DAY,
        )  # fmt: skip
    assert [one.pk for one in to_carry(designated)] == [batch.pk]
    package_carry(actor=designated, number=batch.number, reason="断网")
    batch.refresh_from_db()
    assert batch.emergency == "断网预案"
    assert package_bring(actor=designated, file=exchange.other.batch(1).file).outcome == "taken"
    assert {one.reason for one in BulkWork.objects.all()} == {"断网（断网预案）", "登记手工收到的数据包（断网预案）"}


def test_what_is_brought_is_taken_once_and_its_receipt_is_carried_back(exchange: Exchange, keeper: Actor) -> None:
    maker, file = exchange.office.maker, exchange.other.batch(1).file
    assert [package_bring(actor=maker, file=file).outcome for _ in range(2)] == ["taken", "again"]
    reply = package_bring(actor=maker, file=b"no package")
    assert reply.outcome == "refused" and reply.receipt is None
    passage = Passage.objects.order_by("pk").first()
    assert passage is not None
    name, receipt = receipt_carry(actor=maker, passage=passage.pk)
    assert name == f"R-{IN}-batch-000001.rsp"
    assert exchange.other.open(receipt).manifest.kind == "receipt"
    with pytest.raises(BusinessError, match="权限"):
        package_bring(actor=keeper, file=file)
    assert reply.passage is not None
    with pytest.raises(BusinessError, match="没有"):
        receipt_carry(actor=maker, passage=reply.passage)


@pytest.mark.req("S1-50")
def test_a_list_that_was_issued_is_registered_once(exchange: Exchange, keeper: Actor) -> None:
    maker = exchange.office.maker
    number = agreed(IN, bare="true", channel="hand", answers_within=0)
    told = [(one[0], one[1], {"1": "男", "2": "女"}[one[2]], one[3]) for one in ROWS]
    batch = list_bring(actor=maker, agreement=number, file=csv(told))
    assert (batch.rows, batch.sums, batch.sequence, batch.prepared_by) == (2, {"金额": "10.00"}, 1, maker.operator)
    assert set(Record.objects.values_list("fate", flat=True)) == {"accepted"}
    with pytest.raises(BusinessError, match="每个文件只登记一次"):
        list_bring(actor=maker, agreement=number, file=csv(told))
    with pytest.raises(BusinessError, match="第 1 列应为“证件号码”"):
        list_bring(actor=maker, agreement=number, file=b"a,b\n1,2\n")
    with pytest.raises(BusinessError, match="约定的是数据包"):
        list_bring(actor=maker, agreement=IN, file=csv(told))
    assert list_bring(actor=maker, agreement=number, file=csv(told[:1])).sequence == 2
    assert Batch.objects.count() == 2


def test_a_bare_list_is_carried_in_and_not_answered() -> None:
    with pytest.raises(TermsRefused, match="只用于手工"):
        terms_read("content: person\ndirection: out\nbare: true\nfields: [{field: name}]\nkey: [name]")
