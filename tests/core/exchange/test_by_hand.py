"""What is carried by hand leaves sealed and registered, as often as asked until it is receipted, and comes in alike."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.utils import timezone
from tests.core.casework.conftest import HERE
from tests.core.exchange.conftest import IN, OUT, Exchange
from tests.core.exchange.test_cycles import agreed
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.errors import BusinessError
from renshe.core.exchange import preparing
from renshe.core.exchange.by_hand import CARRY, batch_export, brought, package_register, receipt_get
from renshe.core.exchange.dispatching import send_due
from renshe.core.exchange.models import Batch, Emergency, Passage, Stage
from renshe.core.exchange.operating import TAKE_IN
from renshe.core.exchange.preparing import batch_prepare, batch_release
from renshe.core.exchange.receiving import package_receive
from renshe.core.filing import store
from renshe.core.filing.models import Alarm
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.actor import Actor
from renshe.core.org.setting_up import grant_install
from renshe.core.registers.models import BulkWork


def let_go(exchange: Exchange, number: str) -> Batch:
    batch = batch_prepare(actor=exchange.office.maker, agreement=number)
    return batch_release(actor=exchange.office.bureau.at("information"), number=batch.number, seen=batch.content)


def granted(exchange: Exchange, *operations: str) -> Actor:
    """Return the network's keeper, who may do that besides letting batches go."""
    bureau = exchange.office.bureau
    with declared(SETUP):
        for name in operations:
            grant_install(
                post=bureau.posts["information"], operation_name=name, region=bureau.regions["220000"],
                valid_until=NEXT_YEAR,
            )  # fmt: skip
    return bureau.at("information")


@pytest.fixture
def keeper(exchange: Exchange) -> Actor:
    return granted(exchange, CARRY, TAKE_IN)


@pytest.mark.req("S2-63", "S2-67", part="packages that are carried by hand")
def test_a_package_is_taken_out_again_until_its_receipt_is_brought(exchange: Exchange, keeper: Actor) -> None:
    batch = let_go(exchange, agreed(OUT, channel="hand"))
    # Nobody sends it, and it waits.
    assert send_due(timezone.now()) == 0 and Batch.objects.get(pk=batch.pk).stage == Stage.RELEASED
    taken = [batch_export(actor=keeper, number=batch.number, reason="刻盘送省厅") for _ in range(2)]
    assert taken[0] == taken[1] and taken[0].name == "XY-OTHER-batch-000001.rsp"
    opened = exchange.other.open(taken[0].file)
    assert opened.digest == batch.digest
    works = BulkWork.objects.order_by("pk")
    assert [(one.operation, one.count, one.whole, one.data_set) for one in works] == [
        (CARRY, 2, True, "pension_file")
    ] * 2
    assert works[0].filter == {"batch": batch.number} and works[0].reason == "刻盘送省厅"
    batch.refresh_from_db()
    assert (batch.stage, batch.tries, batch.try_at) == (Stage.SENT, 2, None) and batch.sent_at is not None
    lines = Passage.objects.filter(direction="out").values_list("outcome", "channel", "by")
    assert list(lines) == [("sent", "hand", keeper.operator)] * 2

    told = {"kind": "batch", "digest": batch.digest, "outcome": "taken", "reason": ""}
    content = json.dumps(told).encode()
    receipt = exchange.other.make("receipt", "XY-OTHER", 1, content, 1, media="json", about=1)
    assert package_register(actor=keeper, file=receipt.file).outcome == "taken"
    with pytest.raises(BusinessError, match="已接收"):
        batch_export(actor=keeper, number=batch.number, reason="再送")
    assert BulkWork.objects.count() == 2


def test_what_is_not_let_go_or_goes_another_way_is_not_taken_out(exchange: Exchange, keeper: Actor) -> None:
    waits = batch_prepare(actor=exchange.office.maker, agreement=agreed(OUT, channel="hand"))
    sent = let_go(exchange, OUT)
    for number, said in (
        (waits.number, "待发送检查"),
        (sent.number, "不由人工传递"),
        ("PC-1", "没有批次"),
        ("\x00", "没有批次"),
    ):
        with pytest.raises(BusinessError, match=said):
            batch_export(actor=keeper, number=number, reason="送出")
    assert not BulkWork.objects.exists()


def test_who_may_not_let_go_or_gives_no_reason_takes_nothing_out(exchange: Exchange) -> None:
    batch = let_go(exchange, agreed(OUT, channel="hand"))
    bureau = exchange.office.bureau
    for actor in (exchange.office.maker, bureau.at("information", "220802"), bureau.at("information")):
        with pytest.raises(BusinessError, match="没有在“河西县”办理"):
            batch_export(actor=actor, number=batch.number, reason="送出")
    keeper = granted(exchange, CARRY)
    with pytest.raises(BusinessError, match="事由"):
        batch_export(actor=keeper, number=batch.number, reason=" ")
    batch.refresh_from_db()
    assert batch.stage == Stage.RELEASED and not BulkWork.objects.exists()
    assert not Passage.objects.filter(direction="out").exists()


def test_who_is_designated_in_an_emergency_takes_out_and_registers_and_it_says_so(exchange: Exchange) -> None:
    batch = let_go(exchange, agreed(OUT, channel="hand"))
    named, now = exchange.office.bureau.at("entry"), timezone.now()
    file = exchange.other.batch(1).file
    with pytest.raises(BusinessError, match="登记收到的数据包"):
        package_register(actor=named, file=file)
    with declared(SETUP):
        Emergency.objects.create(
            region=exchange.office.bureau.regions[HERE], plan="断网预案", person=named.operator, case_no="YJ-1",
            since=now - dt.timedelta(hours=1), until=now + dt.timedelta(hours=1),
        )  # fmt: skip
    batch_export(actor=named, number=batch.number, reason="线路中断，专人送达")
    work = BulkWork.objects.get()
    assert work.filter == {"batch": batch.number, "plan": "断网预案"} and work.operator == named.operator
    assert package_register(actor=named, file=file).outcome == "taken"
    other = exchange.office.bureau.at("entry", "220802")
    for actor in (other, exchange.office.bureau.at("check")):
        with pytest.raises(BusinessError, match="没有在"):
            batch_export(actor=actor, number=batch.number, reason="送出")


@pytest.mark.req("S2-52", part="unsealed personal data do not leave by hand")
def test_what_is_not_sealed_and_tells_who_people_are_stays_and_the_log_tells_why(
    exchange: Exchange, keeper: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "sealing_for", lambda *_: None)
    batch = let_go(exchange, agreed(OUT, channel="hand"))
    with pytest.raises(BusinessError, match="不加密"):
        batch_export(actor=keeper, number=batch.number, reason="送出")
    line = Passage.objects.get(direction="out")
    assert (line.outcome, line.by) == ("refused", keeper.operator) and "不加密" in line.reason
    batch.refresh_from_db()
    assert batch.stage == Stage.RELEASED and not BulkWork.objects.exists()


def test_a_package_that_was_altered_where_it_lies_is_not_handed_out_and_alarms(
    exchange: Exchange, keeper: Actor
) -> None:
    batch = let_go(exchange, agreed(OUT, channel="hand"))
    assert batch.package is not None
    place = store.place_of(batch.package)
    place.chmod(0o600)
    place.write_bytes(b"x")
    with pytest.raises(BusinessError, match="丢失或被改动"):
        batch_export(actor=keeper, number=batch.number, reason="送出")
    assert Alarm.objects.get().digest == batch.package and not BulkWork.objects.exists()


def test_what_is_brought_is_answered_and_the_receipt_can_be_had_later(exchange: Exchange, keeper: Actor) -> None:
    second, first = exchange.other.batch(2).file, exchange.other.batch(1).file
    foreign = exchange.other.batch(1, sender="bank").file
    replies = [package_register(actor=keeper, file=one) for one in (second, first, first, foreign, b"x")]
    assert [one.outcome for one in replies] == ["held", "taken", "again", "refused", "refused"]
    lines = list(brought(keeper))[::-1]
    assert [one.pk for one in lines] == [one.line for one in replies]
    # What nobody could read stands where it was brought.
    assert {(one.by, one.region_id) for one in lines} == {(keeper.operator, HERE)}
    for reply, line in zip(replies[:3], lines, strict=False):
        kept = receipt_get(keeper, line.pk).receipt
        assert kept is not None and bytes(kept) == reply.receipt
        assert json.loads(exchange.other.open(bytes(kept)).content)["kind"] == "batch"
    for line in lines[3:]:
        with pytest.raises(BusinessError, match="没有第"):
            receipt_get(keeper, line.pk)
    for actor in (exchange.office.maker, exchange.office.bureau.at("information", "220802")):
        assert not brought(actor).exists()
        with pytest.raises(BusinessError, match="没有第"):
            receipt_get(actor, lines[0].pk)
    # The line is his who registered it; the data are the partner's.
    entries = Entry.objects.filter(table_name__in=["exchange_passage", "exchange_batch"], operation="I")
    told = set(entries.filter(reason__in=["登记收到的数据包", "数据交换"]).values_list("table_name", "operator"))
    assert told == {("exchange_passage", keeper.operator), ("exchange_batch", "partner:province")}


def test_nobody_registers_what_comes_to_a_side_that_is_not_his(exchange: Exchange) -> None:
    granted(exchange, TAKE_IN)
    for file in (exchange.other.batch(1).file, b"x"):
        with pytest.raises(BusinessError, match="登记收到的数据包"):
            package_register(actor=exchange.office.maker, file=file)
    with pytest.raises(BusinessError, match="河西县"):
        package_register(actor=exchange.office.bureau.at("information", "220802"), file=exchange.other.batch(1).file)
    assert not Passage.objects.exists() and not Batch.objects.filter(agreement_number=IN).exists()


def test_receipts_of_other_ways_stay_out_of_the_log(exchange: Exchange) -> None:
    assert package_receive(exchange.other.batch(1).file, channel="directory").receipt is not None
    assert Passage.objects.get().receipt is None
