"""What was let go is sent until it is receipted, the same bytes each time; what waits is fetched and receipted."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from django.utils import timezone
from tests.core.exchange.conftest import IN, OUT, Exchange
from tests.core.exchange.test_way import receipt, released
from tests.core.org.bureau import SETUP

from renshe.core.exchange.dispatching import fetch, send_due
from renshe.core.exchange.models import Batch, Partner, Passage, Stage
from renshe.core.exchange.ways.directory import Directory
from renshe.core.journal.context import declared


@pytest.fixture
def folder(exchange: Exchange, tmp_path: Path) -> Path:
    """The folder that both sides reach."""
    base = tmp_path / "交换"
    base.mkdir()
    with declared(SETUP):
        Partner.objects.filter(code="province").update(addresses={"directory": str(base)})
    return base


@pytest.mark.req("S2-53", part="sent until receipted")
def test_a_batch_is_sent_again_until_its_receipt_comes(exchange: Exchange, folder: Path) -> None:
    batch, now = released(exchange), timezone.now()
    assert (send_due(now), send_due(now)) == (1, 0)
    theirs = Directory(folder, "province", "county")
    [name] = theirs.names()
    first = theirs.get(name)
    theirs.done(name)
    assert send_due(now + dt.timedelta(minutes=2)) == 1
    assert theirs.get(name) == first == exchange.package(batch)
    assert (batch.stage, batch.tries) == (Stage.SENT, 2)

    theirs.put("R-1.rsp", receipt(exchange, batch).file)
    assert (fetch(), fetch()) == (1, 0)
    batch.refresh_from_db()
    assert batch.stage == Stage.RECEIVED and send_due(now + dt.timedelta(days=9)) == 0


def test_where_nobody_is_reached_it_is_told_and_tried_again(exchange: Exchange) -> None:
    batch, now = released(exchange), timezone.now()
    assert send_due(now) == 0
    batch.refresh_from_db()
    assert batch.stage == Stage.RELEASED and "没有登记" in batch.reason and batch.try_at is not None
    assert [one.outcome for one in Passage.objects.all()] == ["unreachable"]


def test_what_waits_is_taken_in_and_receipted_and_taken_away(exchange: Exchange, folder: Path) -> None:
    theirs = Directory(folder, "province", "county")
    for at in (2, 1):
        theirs.put(f"{IN}-batch-{at:06d}.rsp", exchange.other.batch(at).file)
    theirs.put("X-damaged.rsp", b"x")
    assert fetch() == 3 and Directory(folder, "county", "province").names() == []
    told = [json.loads(exchange.other.open(theirs.get(name)).content)["outcome"] for name in theirs.names()]
    assert told == ["taken", "taken"]
    assert Batch.objects.filter(agreement_number=IN, kind="batch", stage=Stage.RECEIVED).count() == 2
    # Their answers go out by themselves.
    assert send_due() == 2 and len(theirs.names()) == 4
    assert OUT not in "".join(theirs.names())


@pytest.mark.req("S4-97")
@pytest.mark.parametrize("sort", ["police", "civil", "education", "market"])
def test_a_partner_behind_the_citys_platform_is_reached_through_it(
    exchange: Exchange, tmp_path: Path, sort: str
) -> None:
    base = tmp_path / "平台"
    base.mkdir()
    with declared(SETUP):
        province = Partner.objects.get(code="province")
        platform = Partner.objects.create(
            code="platform", name="市信息交换平台", sort="platform", region=province.region, case_no="JH-3",
            valid_from=province.valid_from, addresses={"directory": str(base)},
        )  # fmt: skip
        Partner.objects.filter(code="province").update(above=platform, sort=sort)
    batch = released(exchange)
    assert send_due() == 1
    theirs = Directory(base, "province", "county")
    theirs.put("R-1.rsp", receipt(exchange, batch).file)
    theirs.put("B-1.rsp", exchange.other.batch(1).file)
    assert len(theirs.names()) == 1 and fetch() == 2
    batch.refresh_from_db()
    assert batch.stage == Stage.RECEIVED and Batch.objects.filter(agreement_number=IN, kind="batch").exists()
