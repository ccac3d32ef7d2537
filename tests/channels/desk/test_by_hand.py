"""Packages by hand in the workbench: taken out of their batch, brought in several at a time, receipts handed back."""

from __future__ import annotations

import json
import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.channels.api.conftest import open_counter
from tests.channels.desk.conftest import Browser, browser
from tests.core.exchange import conftest as ground
from tests.core.exchange.conftest import OUT, Exchange
from tests.core.exchange.test_by_hand import granted, let_go
from tests.core.exchange.test_cycles import agreed

from renshe.core.exchange.by_hand import CARRY
from renshe.core.exchange.models import Batch, Key, Passage, Secret, Stage
from renshe.core.exchange.operating import QUERY, TAKE_IN
from renshe.core.exchange.ways.https import MEDIA
from renshe.core.registers.models import BulkWork

exchange = ground.exchange


@pytest.fixture
def keeper(exchange: Exchange) -> Browser:
    """The browser of who looks after the network."""
    open_counter(exchange.office)
    granted(exchange, CARRY, TAKE_IN, QUERY)
    return browser(exchange.office, "information")


def brought(*files: tuple[str, bytes]) -> dict[str, object]:
    return {"file": [SimpleUploadedFile(name, content) for name, content in files]}


def test_a_package_is_taken_out_of_the_page_of_its_batch(exchange: Exchange, keeper: Browser) -> None:
    batch = let_go(exchange, agreed(OUT, channel="hand"))
    page = f"/books/exchange-batches/{batch.pk}"
    assert "取出数据包" in keeper.get(page)
    keeper.post(f"{page}/carry", {"reason": ""}, status=422)
    assert not BulkWork.objects.exists()
    for many in (1, 2):
        answer = keeper.post(f"{page}/carry", {"reason": "刻盘送省厅"}, status=200)
        assert answer.content == exchange.package(batch) and answer["Content-Type"] == MEDIA
        assert "XY-OTHER-batch-000001.rsp" in answer["Content-Disposition"]
        assert BulkWork.objects.filter(reason="刻盘送省厅", whole=True).count() == many
    told = keeper.get(page)
    assert "已发送，待回执" in told and "取出数据包" in told
    assert "送出" in keeper.get("/books/exchange-log")
    for other, status in ((browser(exchange.office, "check"), 403), (browser(exchange.office, "check", "220802"), 404)):
        other.post(f"{page}/carry", {"reason": "看看"}, status=status)
    sent = let_go(exchange, OUT)
    assert "取出数据包" not in keeper.get(f"/books/exchange-batches/{sent.pk}")
    keeper.post(f"/books/exchange-batches/{sent.pk}/carry", {"reason": "送"}, status=422)
    assert Batch.objects.get(pk=sent.pk).stage == Stage.RELEASED and BulkWork.objects.count() == 2


@pytest.mark.req("S1-50", part="each file that is brought is registered once, with its result")
def test_files_are_registered_several_at_a_time_and_each_is_answered(exchange: Exchange, keeper: Browser) -> None:
    files = {f"{at}.rsp": exchange.other.batch(at).file for at in (2, 1)}
    answer = keeper.post(
        "/arrivals/packages", brought(*files.items(), ("说明.docx", b"x")), status=200
    ).content.decode()
    # In the order of their names: the second does not wait for the first.
    results = re.findall(r"<tr><td>([^<]*)</td><td>([^<]*)</td><td>([^<]*)</td><td>(.*?)</td></tr>", answer)[:3]
    assert [one[:2] for one in results] == [("1.rsp", "收下"), ("2.rsp", "收下"), ("说明.docx", "拒绝")]
    assert "不可读" in results[2][2] and "receipt" not in results[2][3]
    again = keeper.post("/arrivals/packages", brought(("1.rsp", files["1.rsp"])), status=200).content.decode()
    assert "重复收到" in again
    [address] = re.findall(r'href="(/arrivals/\d+/receipt)"', results[0][3])
    handed = keeper.client.get(address)
    assert handed.status_code == 200 and handed["Content-Type"] == MEDIA
    assert json.loads(exchange.other.open(handed.content).content)["outcome"] == "taken"
    assert "R-XY-IN-batch-000001.rsp" in handed["Content-Disposition"]
    assert address in keeper.get("/arrivals")
    assert set(Passage.objects.filter(direction="in").values_list("by", flat=True)) == {"information-220822"}
    browser(exchange.office, "information", "220802").get(address, 404)


def test_too_large_too_many_and_nothing_are_refused_in_words(
    exchange: Exchange, keeper: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "没有选择文件" in keeper.post("/arrivals/packages", {}, status=422).content.decode()
    many = [(f"{at}.rsp", b"x") for at in range(21)]
    assert "最多登记 20 个" in keeper.post("/arrivals/packages", brought(*many), status=422).content.decode()
    assert not Passage.objects.exists()
    monkeypatch.setattr(settings, "EXCHANGE_MOST_MB", "1")
    # Larger than what Django keeps in memory: it lies in a file then.
    large, right = ("a.rsp", b"x" * (26 << 20)), ("b.rsp", exchange.other.batch(1).file)
    told = keeper.post("/arrivals/packages", brought(large, right), status=200).content.decode()
    assert "超过 1 MB" in told and Passage.objects.get().outcome == "taken"


def test_who_may_not_register_sees_no_page_and_brings_nothing(exchange: Exchange, keeper: Browser) -> None:
    desk, file = browser(exchange.office, "entry"), exchange.other.batch(1).file
    desk.get("/arrivals", 403)
    assert "/arrivals" not in desk.get("/") and "/arrivals" in keeper.get("/")
    desk.post("/arrivals/packages", brought(("1.rsp", file)), status=403)
    # Of another county: the page is his, what is brought is not.
    other = browser(exchange.office, "information", "220802")
    told = other.post("/arrivals/packages", brought(("1.rsp", file)), status=200).content.decode()
    assert "没有在“河西县”办理" in told
    assert not Passage.objects.exists() and not Batch.objects.exists()


def test_keys_are_shown_by_their_public_half_alone(exchange: Exchange, keeper: Browser) -> None:
    pages = [keeper.get("/books/exchange-keys")]
    for key in Key.objects.all():
        page = keeper.get(f"/books/exchange-keys/{key.pk}")
        assert key.fingerprint in pages[0] and bytes(key.public).hex() in page and str(key.case_no) in page
        pages.append(page)
    secrets = Secret.objects.values_list("sealed", flat=True)
    assert len(secrets) == 2 and not [one for one in secrets for page in pages if one in page]
    assert "国密 SM2" in pages[0] and "河西县" in pages[0]
    browser(exchange.office, "information", "220802").get(f"/books/exchange-keys/{key.pk}", 404)
