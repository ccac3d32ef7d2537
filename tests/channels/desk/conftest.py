"""The office of the cases, reached through the workbench."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.channels.api import conftest as api
from tests.clients import client
from tests.core.casework.conftest import Office
from tests.pages import Page

from renshe.core.org.signing_in import session_begin
from renshe.core.pages.answering import COOKIE

logins, db, committed, papers = api.logins, api.db, api.committed, api.papers
counter, counter_committed = api.counter, api.counter_committed


@dataclass
class Browser:
    """Somebody at a browser that checks what it is sent, as a real one does (CSRF included)."""

    client: Client
    door: str = "/sign-in"

    def get(self, path: str, status: int = 200) -> str:
        return self._checked(self.client.get(path), status)

    def post(self, path: str, data: dict[str, Any] | None = None, status: int = 303) -> HttpResponse:
        answer = self.client.post(path, {"csrfmiddlewaretoken": self.mark(), **(data or {})})
        self._checked(answer, status)
        return answer

    def mark(self) -> str:
        """The mark that our own pages carry."""
        page = self.client.get(self.door).content.decode()
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found is not None
        return found[1]

    def _checked(self, answer: HttpResponse, status: int) -> str:
        assert answer.status_code == status, answer.content.decode()[:3000]
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            text = answer.content.decode()
            if text:
                Page(text)
                assert len(text) < 150_000
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            return text
        return ""


def browser(office: Office, who: str | None, region: str = "220822") -> Browser:
    """A browser in which somebody is signed in, or nobody."""
    desk = client(enforce_csrf_checks=True)
    if who is not None:
        desk.cookies[COOKIE] = session_begin(f"{who}-{region}", api._place(), api.ADDRESS).token
    return Browser(desk)


@pytest.fixture
def entry(counter: api.Counter) -> Browser:
    return browser(counter.office, "entry")


@pytest.fixture
def check(counter: api.Counter) -> Browser:
    return browser(counter.office, "check")
