"""The sample bureau in a real browser: a server in this process, Debian's Chromium, axe."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from playwright.sync_api import Browser, Page, Request, sync_playwright
from tests.core import conftest as ground  # sets Django up

from renshe.channels.portal.sample import portal_sample
from renshe.core.affairs.sample import cases_sample
from renshe.core.org.sample import sample_install
from renshe.modules.registry.sample import registry_sample

logins = ground.logins
# Playwright keeps an event loop in this thread; nothing here runs in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


class Quiet(WSGIRequestHandler):
    """Says nothing of each request."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Threads(ThreadingMixIn, WSGIServer):
    """A browser keeps connections open on which it asks nothing: each has a thread, which leaves no database open."""

    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one connection."""
        super().process_request_thread(request, client_address)
        connections.close_all()


@pytest.fixture(scope="module")
def site(logins: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the sample bureau, served while the tests of a module run."""
    before, home = getattr(settings, "PAPERS", None), os.environ.get("RENSHE_HOME")
    settings.PAPERS = tmp_path_factory.mktemp("papers")
    os.environ["RENSHE_HOME"] = str(tmp_path_factory.mktemp("home"))
    ground._empty()
    sample_install()
    cases_sample()
    registry_sample()
    portal_sample()
    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Threads, handler_class=Quiet)

    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    ground._empty()
    settings.PAPERS = before
    if home is None:
        del os.environ["RENSHE_HOME"]
    else:
        os.environ["RENSHE_HOME"] = home


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; skipped (loudly, never in CI) where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium on this machine: run scripts/test-deps.sh as root, or install it yourself")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody in a browser of his own; what his pages ask elsewhere, or complain of, is noted."""

    page: Page
    site: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def to(self, path: str) -> Visitor:
        """Open a page."""
        answer = self.page.goto(self.site + path)
        assert answer is not None and answer.status == 200, (path, answer and answer.status)
        return self

    def looked_over(self) -> list[str]:
        """Return what axe finds wrong with the page that is open."""
        found = Axe().run(self.page).response["violations"]
        return [f"{self.page.url} {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


SCREEN, TELEPHONE = (1366, 768), (375, 667)


def visitor(chromium: Browser, site: str, number: str | None, size: tuple[int, int] = SCREEN) -> Visitor:
    """Return somebody who is signed in by the demo's page, an operator or the holder of an account, or nobody."""
    width, height = size
    page = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN").new_page()
    made = Visitor(page, site)

    def note(request: Request) -> None:
        if not request.url.startswith((site, "data:")):
            made.outside.append(request.url)

    page.on("request", note)
    page.on("console", lambda said: made.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    if number is not None:
        made.to("/demo")
        page.click(f'button[value="{number}"]')
        page.wait_for_url(f"{site}/portal/" if number.isdecimal() else f"{site}/")
    return made


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """Where what is handed out is kept."""
    return tmp_path
