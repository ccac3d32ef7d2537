"""A batch from its order to its last answer, out and in."""

from __future__ import annotations

import json

import pytest
from tests.core.exchange.conftest import IN, OUT, ROWS, Exchange, csv

from renshe.core.errors import BusinessError
from renshe.core.exchange import offering
from renshe.core.exchange.models import Batch, Fate, Passage, Record, Stage
from renshe.core.exchange.offering import Taken
from renshe.core.exchange.packages.package import Packed
from renshe.core.exchange.preparing import batch_prepare, batch_release, batch_withdraw
from renshe.core.exchange.receiving import package_receive
from renshe.core.filing.referring import named, wanted
from renshe.core.journal.models import Entry


def released(exchange: Exchange) -> Batch:
    batch = batch_prepare(actor=exchange.office.maker, agreement=OUT)
    keeper = exchange.office.bureau.at("information")
    return batch_release(actor=keeper, number=batch.number, seen=batch.content)


def receipt(exchange: Exchange, batch: Batch, outcome: str = "taken", reason: str = "") -> Packed:
    told = {"kind": batch.kind, "digest": batch.digest, "outcome": outcome, "reason": reason}
    content = json.dumps(told).encode()
    return exchange.other.make("receipt", OUT, batch.sequence or 0, content, 1, media="json", about=batch.sequence)


@pytest.mark.req("S2-4", "S3-7", part="a batch out, receipt, answers")
def test_a_batch_goes_out_is_receipted_and_answered_record_by_record(exchange: Exchange) -> None:
    batch = released(exchange)
    assert (batch.stage, batch.sequence, batch.rows, batch.sums) == (Stage.RELEASED, 1, 2, {"金额": "10.00"})
    opened = exchange.other.open(exchange.package(batch))
    assert opened.content == csv(
        [("220802196503120173", "王建国", "男", "12.50"), ("220802197001010024", "李秀英", "女", "-2.50")]
    )
    assert opened.digest == batch.digest
    assert package_receive(receipt(exchange, batch).file, channel="hand").outcome == "taken"
    batch.refresh_from_db()
    assert (batch.stage, batch.try_at) == (Stage.RECEIVED, None)

    first = exchange.other.answers(1, 1, [("1", ROWS[0][0], "applied", "")])
    rest = exchange.other.answers(2, 1, [("2", ROWS[1][0], "refused", "查无此人")])
    # The second comes first, and waits.
    assert [package_receive(one.file, channel="hand").outcome for one in (rest, first)] == ["held", "taken"]
    batch.refresh_from_db()
    assert batch.stage == Stage.ANSWERED and batch.answered_at is not None
    assert list(batch.records.order_by("place").values_list("fate", "said")) == [
        ("applied", ""),
        ("refused", "查无此人"),
    ]
    # Late and doubled answers change nothing.
    assert package_receive(rest.file, channel="hand").outcome == "again"
    late = exchange.other.answers(3, 1, [("2", ROWS[1][0], "accepted", "")])
    assert package_receive(late.file, channel="hand").outcome == "taken"
    assert batch.records.get(place=2).fate == Fate.REFUSED


@pytest.mark.req("S2-51")
def test_what_is_missing_or_wrong_sends_the_batch_back_to_who_entered_it(exchange: Exchange) -> None:
    exchange.handed_out.append(("", "赵六", "9", "x"))
    batch = batch_prepare(actor=exchange.office.maker, agreement=OUT)
    assert (batch.stage, batch.faults["many"], batch.records.count()) == (Stage.RETURNED, 3, 0)
    assert batch.faults["first"][0] == [3, "证件号码", "必填而未填"]
    with pytest.raises(BusinessError, match="退回补正"):
        batch_release(actor=exchange.office.bureau.at("information"), number=batch.number, seen=batch.content)
    exchange.handed_out.pop()
    assert batch_prepare(actor=exchange.office.maker, agreement=OUT).stage == Stage.PREPARED


def test_who_prepared_a_batch_does_not_let_it_go_nor_what_has_changed(exchange: Exchange) -> None:
    batch = batch_prepare(actor=exchange.office.maker, agreement=OUT)
    keeper = exchange.office.bureau.at("information")
    for actor, seen, said in ((exchange.office.maker, batch.content, "权限"), (keeper, "x", "与您看到的不同")):
        with pytest.raises(BusinessError, match=said):
            batch_release(actor=actor, number=batch.number, seen=seen)
    batch_withdraw(actor=exchange.office.maker, number=batch.number, reason="重做")
    with pytest.raises(BusinessError, match="撤回"):
        batch_release(actor=keeper, number=batch.number, seen=batch.content)


def test_a_refused_batch_gives_its_sequence_back(exchange: Exchange) -> None:
    batch = released(exchange)
    package_receive(receipt(exchange, batch, "refused", "表样不符").file, channel="hand")
    batch.refresh_from_db()
    assert (batch.stage, batch.sequence) == (Stage.REFUSED, None) and "表样不符" in batch.reason
    assert released(exchange).sequence == 1 and released(exchange).sequence == 2


@pytest.mark.req("S1-3", "S3-7", part="a batch in, taken and answered")
def test_a_batch_comes_in_is_taken_and_answered(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    def take(batch: Batch, terms: object, rows: object) -> list[Taken]:
        exchange.taken.extend(rows.to_pylist())  # type: ignore[attr-defined]
        return [Taken(row["_place"], Fate.APPLIED) for row in exchange.taken]

    monkeypatch.setattr(offering, "_TAKERS", {"person": take})
    rows = [*ROWS, ("220802196503120173", "王", "未知", "0.00")]
    reply = package_receive(exchange.other.batch(1, rows).file, channel="hand")
    assert reply.outcome == "taken" and reply.receipt is not None
    told = exchange.other.open(reply.receipt)
    assert json.loads(told.content)["outcome"] == "taken" and told.manifest.about == 1
    assert [(row["_place"], row["name"], row["sex"]) for row in exchange.taken] == [
        (1, "王建国", "1"),
        (2, "李秀英", "2"),
    ]
    assert list(Record.objects.order_by("place").values_list("fate", flat=True)) == ["applied", "applied", "refused"]
    answers = Batch.objects.get(kind="answers")
    back = exchange.other.open(exchange.package(answers))
    assert (back.manifest.kind, back.manifest.about, back.manifest.content.rows) == ("answers", 1, 3)
    entry = Entry.objects.filter(table_name="exchange_batch", operation="I").order_by("pk").first()
    assert entry is not None and entry.operator == "partner:province"


def test_what_comes_too_early_waits_and_what_comes_again_gets_the_same(exchange: Exchange) -> None:
    one, two, three = (exchange.other.batch(at) for at in (1, 2, 3))
    assert package_receive(three.file, channel="hand").outcome == "held"
    assert package_receive(two.file, channel="hand").outcome == "held"
    assert package_receive(three.file, channel="hand").outcome == "again"
    assert not Record.objects.exclude(fate=None).exists()
    assert package_receive(one.file, channel="hand").outcome == "taken"
    assert set(Batch.objects.filter(agreement_number=IN, kind="batch").values_list("stage", flat=True)) == {"received"}
    assert Record.objects.filter(fate="accepted").count() == 6
    other = exchange.other.batch(2, ROWS[:1])
    reply = package_receive(other.file, channel="hand")
    assert reply.outcome == "refused" and "内容不同" in reply.reason
    assert [one.outcome for one in Passage.objects.order_by("pk")] == ["held", "held", "again", "taken", "refused"]


def test_what_a_batch_names_is_kept_like_a_paper(exchange: Exchange) -> None:
    batch = released(exchange)
    assert batch.package is not None
    assert {batch.content, batch.package} <= set(named()) and all(map(wanted, (batch.content, batch.package)))
    assert named()[batch.content] == {batch.region_id} and not wanted("0" * 64)
