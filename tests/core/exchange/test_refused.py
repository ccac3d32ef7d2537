"""What is altered, replayed, foreign, unsealed or outside an agreement leaves nothing behind but a line in the log."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest
from django.utils import timezone
from tests.core.exchange.conftest import IN, OUT, ROWS, Exchange, csv
from tests.core.org.bureau import SETUP

from renshe.core.exchange.models import Agreement, Batch, Key, Passage, Record
from renshe.core.exchange.packages.suites import suite
from renshe.core.exchange.receiving import package_receive
from renshe.core.filing import store
from renshe.core.journal.context import declared

Make = Callable[[Exchange], bytes]


def altered(exchange: Exchange) -> bytes:
    file = bytearray(exchange.other.batch(1).file)
    file[file.index(b"content") + 60] ^= 1
    return bytes(file)


def stranger(exchange: Exchange) -> bytes:
    return exchange.other.batch(1, signer=suite("sm").draw("sign")).file


def ended_key(exchange: Exchange) -> bytes:
    with declared(SETUP):
        ended = timezone.now() - dt.timedelta(hours=2)
        Key.objects.filter(partner__code="province", purpose="sign").update(valid_until=ended)
    return exchange.other.batch(1).file


def ended_agreement(exchange: Exchange) -> bytes:
    with declared(SETUP):
        Agreement.objects.filter(number=IN).update(valid_until=timezone.localdate() - dt.timedelta(days=40))
    return exchange.other.batch(1).file


REFUSED: dict[str, tuple[Make, str]] = {
    "cut": (lambda exchange: exchange.other.batch(1).file[:-30], "不是发给本机构的包"),
    "altered": (altered, ""),
    "of a stranger": (stranger, "没有登记"),
    "of an ended key": (ended_key, "不在有效期"),
    "for somebody else": (lambda exchange: exchange.other.batch(1, receiver="other").file, "不是发给本机构的包"),
    "from somebody else": (lambda exchange: exchange.other.batch(1, sender="bank").file, "密钥不是发件方"),
    "not sealed": (lambda exchange: exchange.other.batch(1, sealed=False).file, "没有加密"),
    "without agreement": (lambda exchange: exchange.other.batch(1, agreement="XY-9").file, "没有与发件方的协议"),
    "of a version that never was": (lambda exchange: exchange.other.batch(1, version=2).file, "第 2 版"),
    "of an agreement that ended": (ended_agreement, "已经终止"),
    "the wrong way": (lambda exchange: exchange.other.batch(1, agreement=OUT).file, "没有这种往来"),
    "of another form": (lambda exchange: exchange.other.batch(1, media="json").file, "应为 csv"),
    "of other columns": (
        lambda exchange: (
            exchange.other.make("batch", IN, 1, csv([row[:2] for row in ROWS], ("姓名", "证件号码")), 2).file
        ),
        "第 1 列应为“证件号码”",
    ),
    "of other sums": (lambda exchange: exchange.other.batch(1, sums={"金额": "11.00"}).file, "合计"),
    "of another count": (
        lambda exchange: (
            exchange.other.make("batch", IN, 1, csv([("1", "王", "男", "1")]), 2, sums={"金额": "1.00"}).file
        ),
        "记录数 1 与包说明的 2",
    ),
    "answers to nothing": (lambda exchange: exchange.other.answers(1, 9, []).file, "没有发送过序号 9"),
}


@pytest.mark.req("S3-36")
@pytest.mark.req("S2-52", part="what comes in")
@pytest.mark.parametrize("make, said", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_leaves_a_line_and_nothing_else(exchange: Exchange, make: Make, said: str) -> None:
    file = make(exchange)
    papers = set(store.kept())
    reply = package_receive(file, channel="hand")
    assert reply.outcome == "refused" and said in reply.reason, reply.reason
    assert not Batch.objects.exists() and not Record.objects.exists() and set(store.kept()) == papers
    [line] = Passage.objects.all()
    assert (line.outcome, line.reason, line.direction) == ("refused", reply.reason, "in")
    if reply.receipt is not None:
        assert json.loads(exchange.other.open(reply.receipt).content)["outcome"] == "refused"


@pytest.mark.req("S2-52", part="replayed")
def test_a_package_that_is_replayed_changes_nothing(exchange: Exchange) -> None:
    file = exchange.other.batch(1).file
    for outcome in ("taken", "again", "again"):
        assert package_receive(file, channel="hand").outcome == outcome
    assert Batch.objects.filter(direction="in").count() == 1 and Record.objects.count() == 2


def test_a_key_that_ended_an_hour_ago_still_counts(exchange: Exchange) -> None:
    """Clocks differ, and what is under way must arrive."""
    with declared(SETUP):
        before = timezone.now() - dt.timedelta(minutes=50)
        Key.objects.filter(partner__code="province", purpose="sign").update(valid_until=before)
    assert package_receive(exchange.other.batch(1).file, channel="hand").outcome == "taken"
