"""The county and its province, which brings and fetches packages with a token."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from tests.clients import client
from tests.core.exchange import conftest as ground
from tests.core.exchange.conftest import OUT, Exchange
from tests.core.exchange.test_by_hand import let_go
from tests.core.exchange.test_cycles import agreed

from renshe.core.exchange.models import Batch
from renshe.core.exchange.ways.https import MEDIA
from renshe.core.org.credentials import token_issue

logins, db, committed, papers, exchange = (
    ground.logins, ground.db, ground.committed, ground.papers, ground.exchange,
)  # fmt: skip
PACKAGES = "/exchange/v1/packages"


@dataclass
class Program:
    """A partner's program that shows a token."""

    token: str | None
    client: Client = field(default_factory=lambda: client(enforce_csrf_checks=True))

    def ask(self, method: str, name: str = "", body: bytes = b"", kind: str = MEDIA, **more: Any) -> HttpResponse:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        path = f"{PACKAGES}/{name}" if name else PACKAGES
        return self.client.generic(method, path, body, kind, headers=headers, **more)

    def bring(self, body: bytes, **more: Any) -> HttpResponse:
        return self.ask("POST", body=body, **more)


def issued(exchange: Exchange, partner: str = "province", region: str = "220822", scope: str = "exchange") -> str:
    bureau = exchange.office.bureau
    return token_issue(
        actor=bureau.at("information", "220000"), region=bureau.regions[region], scopes=[scope], partner=partner,
        expires_at=timezone.now() + dt.timedelta(days=1),
    )  # fmt: skip


@pytest.fixture
def program(exchange: Exchange) -> Program:
    """The province's program."""
    return Program(issued(exchange))


@pytest.fixture
def waits(exchange: Exchange) -> Batch:
    """A batch that the province picks up."""
    return let_go(exchange, agreed(OUT, channel="https"))
