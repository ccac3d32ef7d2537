"""Somebody at a browser: cookies are kept, our own mark is sent along, redirects are followed."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import urlencode

_SEEN = re.compile(r'name="seen" value="([0-9a-f]+)"')


class Clerk:
    """One connection to the workbench, signed in by the ``token`` of a session."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._cookies = {"renshe_session": token}

    def look(self, path: str) -> str:
        """Return the page at ``path``; AssertionError where it is refused."""
        status, text, _ = self._ask("GET", path)
        assert status == 200, (path, status)
        return text

    def send(self, path: str, form: Mapping[str, str]) -> str:
        """Send a form; return where it leads to. AssertionError where it is refused."""
        status, text, to = self._ask("POST", path, urlencode(form))
        assert status == 303, (path, status, text[:500])
        return to

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-CSRFToken": self._cookies["csrftoken"],
            }
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: one.value for name, one in SimpleCookie(line).items()}
        return answer.status, answer.read().decode("utf-8", "replace"), answer.headers.get("Location", "")


def seen_in(page: str) -> str:
    """Return the digest of the form that a case's page shows."""
    found = _SEEN.search(page)
    assert found is not None, page[:500]
    return found[1]
