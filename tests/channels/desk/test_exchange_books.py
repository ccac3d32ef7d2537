"""What the ledgers of exchange show: enough to decide by, and no more of anybody than that."""

from __future__ import annotations

import pytest
from tests.channels.api.conftest import open_counter
from tests.channels.desk.conftest import browser
from tests.core.exchange import conftest as ground
from tests.core.exchange.conftest import OUT, Exchange
from tests.core.org.bureau import SETUP

from renshe.core.exchange.models import Batch, Difference
from renshe.core.exchange.preparing import batch_prepare
from renshe.core.journal.context import declared

exchange, papers = ground.exchange, ground.papers
logins, db, committed = ground.logins, ground.db, ground.committed


@pytest.mark.req("S2-51", part="whoever lets it go looks at what leaves")
def test_whoever_lets_a_batch_go_sees_its_first_records_masked(exchange: Exchange) -> None:
    open_counter(exchange.office)
    batch = batch_prepare(actor=exchange.office.maker, agreement=OUT)
    page = browser(exchange.office, "check").get(f"/books/exchange-batches/{batch.pk}")
    assert "姓名 王**" in page and "性别 男" in page and "金额 12.50" in page and "尚未发送 2" in page
    assert "王建国" not in page and "220802196503120173" not in page


def test_a_difference_shows_the_characters_that_differ(exchange: Exchange) -> None:
    open_counter(exchange.office)
    batch: Batch = batch_prepare(actor=exchange.office.maker, agreement=OUT)
    with declared(SETUP):
        for at, (column, ours, theirs) in enumerate(
            [
                ("name", "王建国", "王健国"),
                ("name", "王建国", "王建"),
                ("id_number", "220802196503120173", "220802196503120193"),
                ("birth_date", "1965-03-12", "1965-03-11"),
            ]
        ):
            Difference.objects.create(
                batch=batch, place=1, subject=f"P{at}", column=column, label=column, ours=ours, theirs=theirs,
                found_at=batch.made_at,
            )  # fmt: skip
    page = browser(exchange.office, "check").get("/books/exchange-differences")
    for shown in ("王建*", "王健*", "王**", "220802********0173", "220802********0193", "1965-03-12", "1965-03-11"):
        assert shown in page, shown
    assert "王建国" not in page and "220802196503120173" not in page
