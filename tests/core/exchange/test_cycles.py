"""What is due by an agreement is prepared on its day, and missed the day after unless it went or came."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from tests.core.exchange.conftest import IN, OUT, Exchange
from tests.core.org.bureau import SETUP

from renshe.core.errors import BusinessError
from renshe.core.exchange.cycles import due_days, missed, schedule_keep, troubles
from renshe.core.exchange.models import Agreement, Batch, Emergency, Missed, Passage, Stage
from renshe.core.exchange.packages.terms import terms_read
from renshe.core.exchange.preparing import batch_prepare, batch_release
from renshe.core.exchange.receiving import package_receive
from renshe.core.journal.context import declared

DAY = dt.timedelta(days=1)


def agreed(like: str, *, since: int = 100, **lines: object) -> str:
    """Return the number of an agreement that says something besides what ``like`` does, ``since`` days old."""
    one = Agreement.objects.get(number=like)
    text = one.text + "".join(f"\n{name}: {value}" for name, value in lines.items())
    with declared(SETUP):
        return Agreement.objects.create(
            number="XY-OTHER", version=1, own=one.own, partner=one.partner, title="定期", ground="法", owner="pension",
            text=text, case_no="XY-2", valid_from=timezone.localdate() - DAY * since,
        ).number  # fmt: skip


@given(
    st.sampled_from(["day", "week", "month"]), st.dates(dt.date(2024, 1, 1), dt.date(2027, 1, 1)), st.integers(1, 28)
)
def test_every_cycle_is_due_once(every: str, first: dt.date, day: int) -> None:
    terms = replace(
        terms_read("content: person\ndirection: in\nfields: [{field: name}]\nkey: [name]"),
        every=every, day=min(day, {"day": 1, "week": 7, "month": 28}[every]),
    )  # type: ignore[arg-type]  # fmt: skip
    found = due_days(terms, first, first + DAY * 364)
    assert len(found) in {"day": (365,), "week": (52, 53), "month": (12,)}[every] or (every, first.day) == ("month", 29)
    assert found == sorted(set(found))


@pytest.mark.req("S3-31", "S3-5", part="prepared on its day, let go by people")
def test_what_is_due_is_prepared_once_and_waits_for_a_person(exchange: Exchange) -> None:
    agreed(OUT, since=0, every="day")
    assert schedule_keep() == (1, 0)
    batch = Batch.objects.get()
    assert (batch.stage, batch.prepared_by) == (Stage.PREPARED, "system")
    assert schedule_keep()[0] == 0
    assert batch_release(actor=exchange.office.bureau.at("information"), number=batch.number, seen=batch.content)


@pytest.mark.req("S3-31")
def test_a_missed_cycle_alarms_until_it_is_made_good(exchange: Exchange) -> None:
    today = timezone.localdate()
    number = agreed(IN, since=2, every="day")
    assert schedule_keep()[1] == 2 and schedule_keep()[1] == 0
    watcher = exchange.office.bureau.at("check")
    assert [one.due_on for one in missed(watcher)] == [today - DAY, today - DAY * 2]
    assert {since for _, since in troubles(watcher)} == {today - DAY, today - DAY * 2}
    assert package_receive(exchange.other.batch(1, agreement=number).file, channel="hand").outcome == "taken"
    schedule_keep()
    assert set(Missed.objects.values_list("done_on", flat=True)) == {today}
    assert list(troubles(watcher)) == []


def test_an_answer_that_is_late_and_a_batch_nobody_receipts_are_told(exchange: Exchange) -> None:
    batch = batch_prepare(actor=exchange.office.maker, agreement=OUT)
    batch_release(actor=exchange.office.bureau.at("information"), number=batch.number, seen=batch.content)
    watcher = exchange.office.bureau.at("check")
    with declared(SETUP):
        Batch.objects.update(tries=3)
    assert ["没有回执" in told for told, _ in troubles(watcher)] == [True]
    with declared(SETUP):
        Batch.objects.update(stage=Stage.RECEIVED, answer_due=timezone.localdate() - DAY)
    assert ["前答复" in told for told, _ in troubles(watcher)] == [True]


@pytest.mark.req("S2-55")
def test_in_an_emergency_the_designated_person_lets_go_what_waits(exchange: Exchange) -> None:
    office = exchange.office
    batch = batch_prepare(actor=office.maker, agreement=OUT)
    designated = office.bureau.at("check")
    with pytest.raises(BusinessError, match="权限"):
        batch_release(actor=designated, number=batch.number, seen=batch.content)
    region, now = office.bureau.regions["220000"], timezone.now()
    with declared(SETUP):
        plan = Emergency.objects.create(
            region=region, plan="断网预案", person=designated.operator, case_no="YJ-1", since=now - DAY,
            until=now - dt.timedelta(hours=1),
        )  # fmt: skip
    with pytest.raises(BusinessError, match="权限"):
        batch_release(actor=designated, number=batch.number, seen=batch.content)
    with declared(SETUP):
        Emergency.objects.filter(pk=plan.pk).update(until=now + DAY)
    assert batch_release(actor=designated, number=batch.number, seen=batch.content).emergency == "断网预案"


@pytest.mark.req("S2-52", "S2-54")
def test_what_may_not_leave_is_refused_and_written_down_direct_or_not(exchange: Exchange) -> None:
    number = agreed(OUT, sealed="false")
    batch = batch_prepare(actor=exchange.office.maker, agreement=number, direct=True)
    keeper = exchange.office.bureau.at("information")
    with pytest.raises(BusinessError, match="不加密"):
        batch_release(actor=keeper, number=batch.number, seen=batch.content)
    passage = Passage.objects.get()
    assert (passage.outcome, passage.direction, passage.partner) == ("refused", "out", "province")
    batch.refresh_from_db()
    assert (batch.stage, batch.sequence, batch.direct) == (Stage.PREPARED, None, True)
