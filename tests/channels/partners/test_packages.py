"""Partners bring and fetch packages at our address: their own, whole, and as often as lines break."""

from __future__ import annotations

import datetime as dt
import json
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from tests.channels.partners.conftest import Program, issued
from tests.core.exchange.conftest import IN, Exchange
from tests.core.org.bureau import SETUP

from renshe.channels.api.problems import KIND
from renshe.core.exchange.dispatching import send_due
from renshe.core.exchange.models import Batch, Partner, Passage, Record, Stage
from renshe.core.exchange.packages.package import MOST_BYTES
from renshe.core.exchange.ways.https import MEDIA
from renshe.core.journal.context import declared
from renshe.core.org.models import ApiToken

NAME = "XY-OTHER-batch-000001.rsp"


def receipt(exchange: Exchange, batch: Batch) -> bytes:
    told = {"kind": batch.kind, "digest": batch.digest, "outcome": "taken", "reason": ""}
    content = json.dumps(told).encode()
    return exchange.other.make("receipt", batch.agreement_number, 1, content, 1, media="json", about=1).file


def refused(answer: Any, status: int, code: str) -> str:
    """Check a refusal; return what it says."""
    assert (answer.status_code, answer["Content-Type"]) == (status, KIND), answer.content.decode()
    told = answer.json()
    assert (told["code"], told["status"]) == (code, status)
    return str(told["detail"])


@pytest.mark.req("S2-67")
def test_what_a_partner_brings_is_receipted_at_once_and_the_same_again_alike(
    exchange: Exchange, program: Program
) -> None:
    file = exchange.other.batch(1).file
    for outcome in ("taken", "again"):
        answer = program.bring(file)
        assert (answer.status_code, answer["Content-Type"]) == (200, MEDIA)
        opened = exchange.other.open(answer.content)
        assert json.loads(opened.content)["outcome"] == "taken" and opened.manifest.about == 1
        line = Passage.objects.latest("pk")
        assert (line.outcome, line.channel, line.partner, line.receipt) == (outcome, "https", "province", None)
        assert "default-src 'self'" in answer["Content-Security-Policy"] and "no-store" in answer["Cache-Control"]
        assert answer["X-Frame-Options"] == "DENY" and not answer.cookies
    assert Batch.objects.filter(agreement_number=IN, kind="batch").count() == 1 and Record.objects.count() == 2
    # What is refused by the gate is receipted too, where it is known who it is.
    answer = program.bring(exchange.other.batch(1, [("220802196503120173", "王", "1", "1.00")]).file)
    assert answer.status_code == 200 and json.loads(exchange.other.open(answer.content).content)["outcome"] == "refused"


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_a_body_is_a_package_whatever_it_is_said_to_be(exchange: Exchange, program: Program, kind: str) -> None:
    """What curl sends by itself calls itself a form."""
    assert program.bring(exchange.other.batch(1).file, kind=kind).status_code == 200


@pytest.mark.req("S2-52", part="whose token it is")
def test_who_shows_no_token_for_exchange_is_not_answered(exchange: Exchange, program: Program) -> None:
    file, known = exchange.other.batch(1).file, Partner.objects.filter(code="province")
    cases = [
        (None, 401, "api.signed_out"),
        ("", 401, "api.signed_out"),
        ("program_x", 401, "org.token_refused"),
        (issued(exchange, scope="case.query"), 403, "org.not_granted"),
        (issued(exchange, partner="税务局"), 403, "exchange.not_a_partner"),
        # One of our own sides is no partner.
        (issued(exchange, partner="county"), 403, "exchange.not_a_partner"),
    ]
    for token, status, code in cases:
        for method, name in (("POST", ""), ("GET", ""), ("GET", NAME), ("DELETE", NAME)):
            refused(Program(token).ask(method, name, file), status, code)
    with declared(SETUP):
        ApiToken.objects.filter(partner="province").update(revoked_at=timezone.now())
    refused(program.bring(file), 401, "org.token_refused")
    ended = Program(issued(exchange))
    with declared(SETUP):
        known.update(valid_until=timezone.localdate())
    refused(ended.bring(file), 403, "exchange.not_a_partner")
    assert not Passage.objects.exists() and not Batch.objects.exists()


def test_a_partner_brings_its_own_and_where_its_token_reaches(exchange: Exchange, program: Program) -> None:
    file = exchange.other.batch(1).file
    with declared(SETUP):
        Partner.objects.create(
            code="bank", name="银行", sort="bank", region=exchange.office.bureau.regions["220822"], case_no="JH-2",
            valid_from=timezone.localdate(),
        )  # fmt: skip
    said = refused(Program(issued(exchange, "bank")).bring(file), 403, "exchange.foreign_sender")
    assert "province" in said and "bank" in said
    elsewhere = Program(issued(exchange, region="220802"))
    refused(elsewhere.bring(file), 403, "exchange.foreign_receiver")
    lines = Passage.objects.order_by("pk")
    assert [(one.outcome, one.partner) for one in lines] == [("refused", "province")] * 2
    assert "bank" in lines[0].reason and not Batch.objects.exists()
    # Of a region above it reaches below.
    assert Program(issued(exchange, region="220800")).bring(file).status_code == 200


def test_what_nobody_vouches_for_is_refused_without_a_receipt(exchange: Exchange, program: Program) -> None:
    altered = bytearray(exchange.other.batch(1).file)
    altered[altered.index(b"manifest.sig") + 20] ^= 1
    for body in (b"PK", b"x", bytes(altered), exchange.other.batch(1, receiver="other").file):
        assert "数据包未收下" in refused(program.bring(body), 400, "exchange.package_refused")
    lines = Passage.objects.order_by("pk")
    # Where it cannot be read whose it is, the line stands where the token counts.
    assert {(one.partner, one.region_id) for one in lines[:2]} == {("province", "220822")}
    assert {one.outcome for one in lines} == {"refused"} and not Batch.objects.exists()


def test_more_than_is_taken_and_what_has_no_size_is_refused_and_not_kept(
    exchange: Exchange, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EXCHANGE_MOST_MB", "1")

    # It is heard to its end, for who still sends reads no answer.
    line = BytesIO(b"x" * (2**20 + 1))
    said = refused(program.bring(line.getvalue(), **{"wsgi.input": line}), 413, "exchange.too_large")
    assert "1 MB" in said and line.read() == b""
    # More than any package has is not heard at all.
    line.seek(0)
    many = {"wsgi.input": line, "CONTENT_LENGTH": str(MOST_BYTES + 1)}
    refused(program.bring(b"x", **many), 413, "exchange.too_large")
    assert line.tell() == 0
    for length in ("", "many", "-1", "9" * 30, "１２"):
        refused(program.bring(b"x", CONTENT_LENGTH=length), 400, "exchange.no_length")
    reasons = list(Passage.objects.order_by("pk").values_list("reason", "partner", "outcome"))
    assert len(reasons) == 7 and {one[1:] for one in reasons} == {("province", "refused")}
    # Larger than what Django keeps in memory is no hindrance.
    monkeypatch.setattr(settings, "EXCHANGE_MOST_MB", "")
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_MEMORY_SIZE", 100)
    assert program.bring(exchange.other.batch(1).file).status_code == 200


def test_a_line_that_is_cut_leaves_nothing_but_a_line_in_the_log(exchange: Exchange, program: Program) -> None:
    file = exchange.other.batch(1).file

    class Broken(BytesIO):
        def read(self, *many: Any) -> bytes:
            if self.tell():
                raise ConnectionResetError
            return super().read(100)

    for part in (BytesIO(file[:-30]), BytesIO(b""), Broken(file)):
        said = refused(program.bring(file, **{"wsgi.input": part}), 400, "exchange.cut")
        assert str(len(file)) in said
    assert not Batch.objects.exists()
    assert [one.outcome for one in Passage.objects.all()] == ["refused"] * 3
    assert program.bring(file).status_code == 200


@pytest.mark.req("S2-53", part="fetched by the partner, and waiting until receipted")
def test_what_waits_is_listed_fetched_and_stays_until_its_receipt_comes(
    exchange: Exchange, program: Program, waits: Batch
) -> None:
    # The clock sends nothing, and what waits goes on waiting.
    assert send_due(timezone.now()) == 0
    assert program.ask("GET").json() == [NAME]
    fetched = program.ask("GET", NAME)
    assert fetched.content == exchange.package(waits) and fetched["Content-Type"] == MEDIA
    waits.refresh_from_db()
    assert waits.stage == Stage.RELEASED and program.ask("GET").json() == [NAME]
    assert program.ask("DELETE", NAME).status_code == 204
    waits.refresh_from_db()
    first = waits.sent_at
    assert (waits.stage, waits.tries) == (Stage.SENT, 1) and first is not None
    # It is not offered again at once, but is still there for who lost it.
    assert program.ask("GET").json() == [] and program.ask("GET", NAME).content == fetched.content
    assert send_due(timezone.now() + dt.timedelta(hours=5)) == 0
    assert program.ask("GET").json() == [NAME]
    assert program.ask("DELETE", NAME).status_code == 204 and program.ask("GET").json() == []

    assert program.bring(receipt(exchange, waits)).status_code == 202
    waits.refresh_from_db()
    assert (waits.stage, waits.sent_at) == (Stage.RECEIVED, first)
    refused(program.ask("GET", NAME), 404, "exchange.not_waiting")
    # He says so once more: it stays as it is.
    assert program.ask("DELETE", NAME).status_code == 204
    waits.refresh_from_db()
    assert waits.stage == Stage.RECEIVED
    outcomes = list(Passage.objects.filter(direction="out").order_by("pk").values_list("outcome", flat=True))
    assert outcomes == ["fetched", "sent", "fetched", "sent"]


def test_what_is_receipted_before_it_is_said_to_be_fetched_is_done(
    exchange: Exchange, program: Program, waits: Batch
) -> None:
    assert program.bring(receipt(exchange, waits)).status_code == 202
    assert program.ask("DELETE", NAME).status_code == 204 and program.ask("GET").json() == []


def test_nobody_fetches_what_is_for_somebody_else_or_goes_another_way(
    exchange: Exchange, program: Program, waits: Batch
) -> None:
    with declared(SETUP):
        Partner.objects.create(
            code="bank", name="银行", sort="bank", region=exchange.office.bureau.regions["220822"], case_no="JH-2",
            valid_from=timezone.localdate(),
        )  # fmt: skip
    for other in (Program(issued(exchange, "bank")), Program(issued(exchange, region="220802"))):
        assert other.ask("GET").json() == []
        for method in ("GET", "DELETE"):
            refused(other.ask(method, NAME), 404, "exchange.not_waiting")
    # Who has an address of his own is sent it there.
    with declared(SETUP):
        Partner.objects.filter(code="province").update(addresses={"https": "https://province.example/renshe"})
    assert program.ask("GET").json() == []
    refused(program.ask("GET", NAME), 404, "exchange.not_waiting")
    waits.refresh_from_db()
    assert waits.stage == Stage.RELEASED


@pytest.mark.parametrize(
    "name",
    [
        "XY-OTHER-batch-000002.rsp", "XY-OTHER-batch-1.rsp", "XY-OTHER-batch-0000001.rsp", "XY-OTHER-batch-000001.RSP",
        "XY-OTHER-batch-000001", ".rsp", "..rsp", "%2e%2e.rsp", "XY-OTHER-batch-999999999.rsp", "字.rsp",
        "XY-OTHER-batch-%EF%BC%91%EF%BC%91%EF%BC%91%EF%BC%91%EF%BC%91%EF%BC%91.rsp", "x" * 3000, "%F0%9F%98%80.rsp",
    ],
)  # fmt: skip
def test_names_of_nothing_lead_nowhere(exchange: Exchange, program: Program, waits: Batch, name: str) -> None:
    for method in ("GET", "DELETE"):
        refused(program.ask(method, name), 404, "exchange.not_waiting")
    waits.refresh_from_db()
    assert waits.stage == Stage.RELEASED


@pytest.mark.parametrize("name", [f"../{NAME}", f"x/{NAME}", f"..%2F{NAME}", f"%2Fetc%2F{NAME}", f"{NAME}/", "/"])
def test_names_with_slashes_are_no_address(program: Program, waits: Batch, name: str) -> None:
    for method in ("GET", "DELETE"):
        refused(program.ask(method, name), 404, "api.not_there")


def test_nul_in_a_name_and_other_methods_are_problems_too(program: Program, waits: Batch) -> None:
    refused(program.ask("GET", "x%00.rsp"), 422, "api.unreadable")
    for method, name in (("PUT", ""), ("DELETE", ""), ("POST", NAME), ("PATCH", NAME)):
        refused(program.ask(method, name), 405, "api.method")
    answer = program.client.get("/exchange/v1/packages", HTTP_HOST="elsewhere.example")
    refused(answer, 400, "api.host")
    refused(program.client.get("/exchange/v1/"), 404, "api.not_there")


def test_a_package_that_is_lost_where_it_lies_is_told(
    exchange: Exchange, program: Program, waits: Batch, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(settings, "PAPERS", tmp_path / "none")
    assert "丢失" in refused(program.ask("GET", NAME), 422, "exchange.package_lost")
