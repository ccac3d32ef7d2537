"""Partners hand packages in and fetch theirs over HTTPS: each as itself alone, and what is refused changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from tests.channels.api.conftest import ground  # sets Django up
from tests.clients import client
from tests.core.exchange.conftest import IN, OUT, Exchange, exchange, papers
from tests.core.exchange.test_cycles import agreed
from tests.core.org.bureau import SETUP

from renshe.channels.api import package_views
from renshe.core.exchange.dispatching import send_due
from renshe.core.exchange.models import Batch, Partner, Passage, Stage
from renshe.core.exchange.preparing import batch_prepare, batch_release
from renshe.core.journal.context import declared
from renshe.core.org.credentials import TOKEN, token_draw
from renshe.core.org.models import ApiToken, Region

assert ground and exchange and papers
logins, db, committed = ground.logins, ground.db, ground.committed


@dataclass
class Way:
    """The province's program."""

    exchange: Exchange
    token: str

    def ask(self, method: str, path: str = "", body: bytes = b"", token: str | None = None) -> HttpResponse:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return client(enforce_csrf_checks=True).generic(
            method, f"/exchange/v1/packages{path}", body, "application/vnd.renshe.package+zip", headers=headers
        )


def token_for(partner: str, region: str, *scopes: str) -> str:
    token, kept = token_draw(TOKEN)
    with declared(SETUP):
        ApiToken.objects.create(
            digest=kept, partner=partner, region=Region.objects.get(pk=region), scopes=list(scopes),
            expires_at=timezone.now() + dt.timedelta(days=1),
        )  # fmt: skip
    return token


@pytest.fixture
def way(exchange: Exchange, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Way]:
    monkeypatch.setattr(settings, "PAPERS", tmp_path / "papers", raising=False)
    return Way(exchange, token_for("province", "220822", "exchange.deliver"))


def test_a_package_is_handed_in_and_receipted_however_often(way: Way) -> None:
    file = way.exchange.other.batch(1).file
    for _ in range(2):
        answer = way.ask("POST", body=file)
        assert answer.status_code == 200
        assert way.exchange.other.open(answer.content).manifest.kind == "receipt"
    assert Batch.objects.filter(agreement_number=IN, kind="batch").count() == 1
    answer = way.ask("POST", body=b"no package")
    assert (answer.status_code, answer.content) == (202, b"")
    assert Passage.objects.filter(outcome="refused", channel="https").count() == 1


@pytest.mark.req("S2-52", part="who hands in another's package is refused and logged")
def test_who_is_not_the_partner_is_refused_and_changes_nothing(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    with declared(SETUP):
        province = Partner.objects.get(code="province")
        Partner.objects.create(
            code="police", name="公安", sort="police", region=province.region, case_no="JH-2",
            valid_from=province.valid_from,
        )  # fmt: skip
    file = way.exchange.other.batch(1).file
    for token, status in (
        ("rs_nobody", 401),
        (token_for("stranger", "220822", "exchange.deliver"), 403),
        (token_for("province", "220822", "exchange.query"), 403),
        (token_for("province", "220802", "exchange.deliver"), 403),
    ):
        for method, path in (("POST", ""), ("GET", ""), ("GET", "/x.rsp"), ("DELETE", "/x.rsp")):
            answer = way.ask(method, path, file, token)
            assert answer.status_code == status, (token, method, answer.content.decode())
            assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Passage.objects.exists()
    answer = way.ask("POST", "", file, token_for("police", "220822", "exchange.deliver"))
    assert answer.status_code == 202 and "不是送来的一方" in Passage.objects.get().reason
    assert not Batch.objects.exists()
    monkeypatch.setattr(package_views, "MOST", 0)
    assert way.ask("POST", body=file).status_code == 422
    assert way.ask("PUT").status_code == 405


def test_what_waits_is_fetched_by_its_partner_alone_and_waits_again_without_a_receipt(way: Way) -> None:
    number, office = agreed(OUT, channel="https"), way.exchange.office
    batch = batch_prepare(actor=office.maker, agreement=number)
    batch_release(actor=office.bureau.at("information"), number=batch.number, seen=batch.content)
    send_due()
    name = f"{number}-batch-000001.rsp"
    assert way.ask("GET").json() == [name]
    assert way.exchange.other.open(way.ask("GET", f"/{name}").content).manifest.content.rows == 2
    with declared(SETUP):
        province = Partner.objects.get(code="province")
        Partner.objects.create(
            code="police", name="公安", sort="police", region=province.region, case_no="JH-2",
            valid_from=province.valid_from,
        )  # fmt: skip
    other = token_for("police", "220822", "exchange.deliver")
    assert way.ask("GET", "", b"", other).json() == []
    for method in ("GET", "DELETE"):
        assert way.ask(method, f"/{name}", b"", other).status_code == 404
        assert way.ask(method, "/..%2Fx.rsp").status_code == 404
    assert way.ask("DELETE", f"/{name}").status_code == 204
    batch.refresh_from_db()
    assert batch.stage == Stage.SENT and way.ask("GET").json() == []
    with declared(SETUP):
        Batch.objects.update(try_at=timezone.now())
    assert way.ask("GET").json() == [name]
