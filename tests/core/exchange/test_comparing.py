"""What others tell of whom we hold stands beside ours; a difference is decided on by somebody, here or there."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from tests.core.exchange.conftest import HOLDS, OUT, ROWS, Exchange, csv, rows_of
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.errors import BusinessError
from renshe.core.exchange import offering
from renshe.core.exchange.answering import COLUMNS, COLUMNS_OF
from renshe.core.exchange.comparing import difference_change, difference_doubt, difference_settle
from renshe.core.exchange.correcting import asked, asked_of_us, correction_answer, corrections_prepare
from renshe.core.exchange.models import Agreement, Batch, Difference, Returned
from renshe.core.exchange.offering import SUBJECT, Offer, Taken
from renshe.core.exchange.packages.content import content_read, content_written
from renshe.core.exchange.preparing import batch_prepare, batch_release
from renshe.core.exchange.receiving import package_receive
from renshe.core.journal.context import declared
from renshe.core.org.setting_up import grant_install

QUERY = """
content: person
direction: {direction}
fields:
  - {{field: id_number, as: 证件号码, required: true}}
returns:
  - {{field: name, as: 姓名}}
  - {{field: sex, as: 性别, codes: {{'1': 男, '2': 女}}}}
key: [证件号码]
media: csv
answers_within: 3
"""
NUMBERS = ("P1", "P2")


def _table(only: Any, names: list[str]) -> pa.Table:
    """Return what is held of those asked for, with their numbers."""
    rows = rows_of(ROWS).append_column(SUBJECT, [list(NUMBERS)])
    wanted = [number in (only or NUMBERS) for number in NUMBERS]
    return rows.filter(wanted).select([*names, SUBJECT])


@pytest.fixture
def asking(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """The county asks the province about people, and is asked."""
    made = Offer(lambda agreement, terms, only: _table(only, [one.name for one in terms.columns]), HOLDS)
    monkeypatch.setattr(offering, "_OFFERS", {"person": made})
    monkeypatch.setattr(offering, "_MENDERS", {"person": lambda actor, difference: f"RB-{difference.pk}"})
    with declared(SETUP):
        standing = Agreement.objects.get(number=OUT)
        for number, direction in (("XY-ASK", "out"), ("XY-ASKED", "in")):
            Agreement.objects.create(
                number=number, version=1, own=standing.own, partner=standing.partner, title="核对", ground="法",
                owner="pension", text=QUERY.format(direction=direction), case_no="XY-1",
                valid_from=standing.valid_from,
            )  # fmt: skip
        office = exchange.office
        grant_install(
            post=office.bureau.posts["entry"], operation_name="exchange.compare",
            region=office.bureau.regions["220000"], valid_until=NEXT_YEAR,
        )  # fmt: skip
    return exchange


def asked_about(exchange: Exchange, sequence: int = 1, names: tuple[str, str] = ("王建国", "李秀英")) -> Batch:
    """Return a query of ours that was answered: of the second the province holds another sex."""
    batch = batch_prepare(actor=exchange.office.maker, agreement="XY-ASK", purpose="待遇资格核对")
    batch = batch_release(actor=exchange.office.bureau.at("information"), number=batch.number, seen=batch.content)
    rows = [("1", ROWS[0][0], "accepted", "", names[0], "男"), ("2", ROWS[1][0], "accepted", "", names[1], "男")]
    table = pa.table(
        {name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate([*COLUMNS, "姓名", "性别"])}
    )
    answers = exchange.other.make(
        "answers", "XY-ASK", sequence, content_written(table, "parquet"), 2, media="parquet", about=batch.sequence
    )
    assert package_receive(answers.file, channel="hand").outcome == "taken"
    return batch


@pytest.mark.req("S1-32", "S3-16")
def test_what_is_returned_stands_beside_ours_and_changes_nothing(asking: Exchange) -> None:
    batch = asked_about(asking)
    opened = asking.other.open(asking.package(batch))
    assert opened.manifest.purpose == "待遇资格核对" and opened.content.splitlines()[0] == '"证件号码"'.encode()
    assert list(batch.records.order_by("place").values_list("subject", flat=True)) == list(NUMBERS)
    assert [one.values for one in Returned.objects.order_by("place")] == [
        {"name": "王建国", "sex": "1"}, {"name": "李秀英", "sex": "1"},
    ]  # fmt: skip
    found = Difference.objects.get()
    assert (found.subject, found.column, found.ours, found.theirs, found.state) == ("P2", "sex", "2", "1", "open")


def test_the_same_difference_is_open_once(asking: Exchange) -> None:
    asked_about(asking)
    asked_about(asking, 2)
    assert Difference.objects.count() == 1
    difference_settle(actor=asking.office.maker, difference=Difference.objects.get().pk, reason="两地登记口径不同")
    asked_about(asking, 3)
    assert list(Difference.objects.order_by("pk").values_list("state", flat=True)) == ["settled", "open"]


def test_a_query_says_for_what_it_asks(asking: Exchange) -> None:
    with pytest.raises(BusinessError, match="查询事由"):
        batch_prepare(actor=asking.office.maker, agreement="XY-ASK")
    query = asking.other.make("batch", "XY-ASKED", 1, csv([(ROWS[0][0],)], ("证件号码",)), 1)
    reply = package_receive(query.file, channel="hand")
    assert reply.outcome == "refused" and "事由" in reply.reason


def test_what_is_to_change_here_becomes_a_case_and_is_decided_once(asking: Exchange) -> None:
    asked_about(asking)
    found = Difference.objects.get()
    assert difference_change(actor=asking.office.maker, difference=found.pk) == f"RB-{found.pk}"
    found.refresh_from_db()
    assert (found.state, found.case_no) == ("changing", f"RB-{found.pk}")
    with pytest.raises(BusinessError, match="办理我方变更"):
        difference_settle(actor=asking.office.maker, difference=found.pk, reason="不必")


@pytest.mark.parametrize(("fate", "state"), [("applied", "settled"), ("refused", "open")])
def test_the_other_is_asked_to_correct_and_answers(asking: Exchange, fate: str, state: str) -> None:
    asked_about(asking)
    found = Difference.objects.get()
    with pytest.raises(BusinessError, match="没有要请对方更正"):
        corrections_prepare(actor=asking.office.maker, agreement="XY-ASK")
    difference_doubt(actor=asking.office.maker, difference=found.pk, reason="出生证为女")
    batch = corrections_prepare(actor=asking.office.maker, agreement="XY-ASK")
    with pytest.raises(BusinessError, match="没有要请对方更正"):
        corrections_prepare(actor=asking.office.maker, agreement="XY-ASK")
    batch = batch_release(actor=asking.office.bureau.at("information"), number=batch.number, seen=batch.content)
    opened = asking.other.open(asking.package(batch))
    assert opened.manifest.kind == "correction"
    row = content_read(opened.content, "parquet", COLUMNS_OF["correction"]).to_pylist()
    assert row == [{
        "sequence": "1", "place": "2", "key": ROWS[1][0], "column": "性别", "told": "男", "held": "女",
        "reason": "出生证为女",
    }]  # fmt: skip
    table = pa.table(
        {
            name: pa.array([value], pa.string())
            for name, value in zip(COLUMNS, ("1", ROWS[1][0], fate, "已查"), strict=True)
        }
    )
    amends = asking.other.make("amends", "XY-ASK", 1, content_written(table, "parquet"), 1, media="parquet", about=1)
    assert package_receive(amends.file, channel="hand").outcome == "taken"
    found.refresh_from_db()
    assert found.state == state and "已查" in found.told


@pytest.mark.req("S3-41", part="a query of an authorised partner is answered, with purpose and log")
def test_a_partner_asks_and_is_answered_and_may_doubt_what_it_was_told(
    asking: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(batch: Batch, terms: object, rows: pa.Table) -> list[Taken]:
        return [Taken(1, offering.Fate.ACCEPTED, "", {"name": "王建国", "sex": "1"}, "P1")]

    monkeypatch.setattr(offering, "_TAKERS", {"person": take})
    content = csv([(ROWS[0][0],)], ("证件号码",))
    query = asking.other.make("batch", "XY-ASKED", 1, content, 1, purpose="低保审核")
    assert package_receive(query.file, channel="hand").outcome == "taken"
    came = Batch.objects.get(agreement_number="XY-ASKED", direction="in")
    assert came.purpose == "低保审核" and came.records.get().subject == "P1"
    answers = asking.other.open(asking.package(Batch.objects.get(kind="answers", direction="out")))
    told = content_read(answers.content, "parquet", [*COLUMNS, "姓名", "性别"]).to_pylist()[0]
    assert (told["fate"], told["姓名"], told["性别"]) == ("accepted", "王建国", "男")

    doubt = {"sequence": "1", "place": "1", "key": ROWS[0][0], "column": "姓名", "told": "王建国", "held": "王建軍"}
    table = pa.table({name: pa.array([{**doubt, "reason": "户籍为准"}[name]]) for name in COLUMNS_OF["correction"]})
    wrong = table.set_column(2, "key", [["不是这个"]])
    for content, outcome in ((wrong, "refused"), (table, "taken")):
        request = asking.other.make(
            "correction", "XY-ASKED", 1, content_written(content, "parquet"), 1, media="parquet"
        )
        assert package_receive(request.file, channel="hand").outcome == outcome
    record = asked_of_us(asking.office.maker).get()
    assert asked(record)["held"] == "王建軍"
    correction_answer(actor=asking.office.maker, record=record.pk, corrected=False, said="与户籍底册一致")
    back = Batch.objects.get(kind="amends", direction="out")
    assert back.about is not None and back.about.kind == "correction" and back.stage == "released"
    with pytest.raises(BusinessError, match="已经答复"):
        correction_answer(actor=asking.office.maker, record=record.pk, corrected=True, said="再想想")
