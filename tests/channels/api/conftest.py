"""The office of the cases, reached through the API."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from tests.clients import client
from tests.core import conftest as ground  # sets Django up
from tests.core.casework.conftest import Office, furnish
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.journal.context import declared
from renshe.core.org.access import Place
from renshe.core.org.models import Network
from renshe.core.org.setting_up import grant_install
from renshe.core.org.signing_in import session_begin

logins, db, committed = ground.logins, ground.db, ground.committed
ADDRESS = "127.0.0.1"
_keys = itertools.count(1)


@dataclass
class Desk:
    """Somebody at a desk: requests go out with that person's token."""

    token: str | None
    client: Client

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None, **more: str) -> HttpResponse:
        headers = {"Idempotency-Key": key or f"k{next(_keys)}", **more}
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        data = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, f"/api/v1{path}", data, "application/json", headers=headers)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()

    def post(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = self.ask("POST", path, body)
        assert answer.status_code == status, answer.content.decode()
        return answer.json()


@dataclass
class Counter:
    """The office and its desks."""

    office: Office

    def desk(self, group: str | None, region: str = "220822") -> Desk:
        asking = client()
        if group is None:
            return Desk(None, asking)
        return Desk(session_begin(f"{group}-{region}", _place(), ADDRESS).token, asking)


def _place() -> Place:
    return Place(None, None, Network.objects.get(cidr="127.0.0.0/8").pk)


def open_counter(office: Office) -> Counter:
    with declared(SETUP):
        Network.objects.create(cidr="127.0.0.0/8", name="本机", region=office.bureau.regions["220000"])
    return Counter(office)


@pytest.fixture(autouse=True)
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where papers lie."""
    monkeypatch.setattr(settings, "PAPERS", tmp_path / "papers")
    monkeypatch.setenv("RENSHE_HOME", str(tmp_path))
    return tmp_path / "papers"


def allow(counter: Counter, group: str, *operations: str) -> None:
    """Grant operations to the post of ``group`` in the whole province."""
    with declared(SETUP):
        for name in operations:
            grant_install(
                post=counter.office.bureau.posts[group],
                operation_name=name,
                region=counter.office.bureau.regions["220000"],
                valid_until=NEXT_YEAR,
            )


@pytest.fixture
def counter(db: None) -> Counter:
    return open_counter(furnish())


@pytest.fixture
def counter_committed(committed: None) -> Counter:
    return open_counter(furnish())
