"""One connection to the API."""

from __future__ import annotations

import http.client
import json
from itertools import count
from typing import Any

FORM = {"found_on": "2026-11-03", "classes": "B", "persons": 3, "facts": "压力测试"}
REGION = "220822"
START = {"type": "affairs.leak", "region": REGION, "form": FORM, "submit": True}


class Client:
    """Somebody who is signed in, on a connection of its own."""

    def __init__(self, port: int, token: str, number: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._token = token
        self.number = number
        self._keys = count()

    def post(self, path: str, body: Any, key: str | None = None) -> tuple[int, Any]:
        """Return status and answer."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or f"{self.number}-{next(self._keys)}",
        }
        self._connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())
