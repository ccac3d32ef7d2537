"""The layout that the page of exchange shows is all that a new partner takes: its text makes the workbook."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from tests.core import conftest as ground  # sets Django up
from tests.core.casework.conftest import Office, office
from tests.core.exchange.conftest import sides
from tests.core.org.bureau import SETUP
from tests.modules.registry.conftest import registry
from tests.modules.registry.desk import registered

from renshe.core.exchange.models import Agreement
from renshe.core.exchange.packages.terms import terms_read
from renshe.core.exchange.preparing import batch_prepare, batch_release
from renshe.core.exchange.receiving import package_receive
from renshe.core.filing import store
from renshe.core.journal.context import declared

assert office and registry
logins, db, committed = ground.logins, ground.db, ground.committed
PAGE = (Path(__file__).parents[2] / "docs/exchange.md").read_text("utf-8")
(TEXT,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.req("S1-45")
def test_the_layout_on_the_page_makes_a_partners_list(registry: Office) -> None:
    terms = terms_read(TEXT)
    assert len(terms.columns) == 10 and sum(bool(one.codes) for one in terms.columns) == 2
    registered(registry, 1, address="河西县胜利街 1 号")
    registered(registry, 3, name="李秀英", phone=None)
    with declared(SETUP):
        other = sides(registry, "sm")
        known = Agreement.objects.get(number="XY-OUT")
        Agreement.objects.create(
            number="XY-PAGE", version=1, own=known.own, partner=known.partner, title="名单", ground="法",
            owner="handling", text=TEXT, case_no="XY-1", valid_from=known.valid_from,
        )  # fmt: skip
    batch = batch_prepare(actor=registry.maker, agreement="XY-PAGE")
    assert batch.faults == {}
    batch = batch_release(actor=registry.bureau.at("information"), number=batch.number, seen=batch.content)
    assert batch.package is not None
    opened = other.open(store.read(batch.package))
    sheet = openpyxl.load_workbook(BytesIO(opened.content))["名单"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "参保人员名单" and rows[1][0] == "填报单位："
    assert rows[3] == ["序号", *(one.header for one in terms.columns)]
    assert [(row[0], row[2], row[3], row[5]) for row in rows[4:]] == [
        ("1", "张丽华", "身份证", "男"),
        ("2", "李秀英", "身份证", "男"),
    ]
    told = {"kind": "batch", "digest": batch.digest, "outcome": "taken", "reason": ""}
    content = json.dumps(told).encode()
    receipt = other.make("receipt", "XY-PAGE", 1, content, 1, media="json", about=1)
    assert package_receive(receipt.file, channel="hand").outcome == "taken"
    batch.refresh_from_db()
    assert batch.stage == "received" and batch.answer_due is not None
    assert rows[4][9] == "河西县胜利街 1 号" and rows[5][8] is None
