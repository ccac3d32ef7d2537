"""Every minute what is due goes and what waits comes in."""

from __future__ import annotations

from pathlib import Path

from tests.core.exchange.conftest import IN, Exchange
from tests.core.exchange.test_dispatching import folder
from tests.core.exchange.test_way import released

from renshe.core.exchange.background import exchange_carry
from renshe.core.exchange.models import Batch, Stage
from renshe.core.exchange.ways.directory import Directory

assert folder


class Told:
    """A job's progress."""

    def step(self, done: int, total: int, said: str) -> None:
        self.said = said


def test_the_clock_carries_both_ways(exchange: Exchange, folder: Path) -> None:
    theirs, told = Directory(folder, "province", "county"), Told()
    batch = released(exchange)
    theirs.put(f"{IN}-batch-000001.rsp", exchange.other.batch(1).file)
    exchange_carry(told)  # type: ignore[arg-type]
    batch.refresh_from_db()
    assert batch.stage == Stage.SENT and Batch.objects.filter(direction="in", stage=Stage.RECEIVED).count() == 1
    # The batch, the receipt, and the answers.
    assert told.said == "收到 1 个、发出 2 个数据包" and len(theirs.names()) == 3
