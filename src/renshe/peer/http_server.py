"""The interface for packages over HTTP, as partners open it to each other (``ways.https``).

Invariant: what is not a known token, a known address or a whole body is refused; what is refused changes nothing.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol

from renshe.core.exchange.ways.https import MEDIA
from renshe.core.exchange.ways.way import is_name

MOST_BYTES = 2**30
_ADDRESS = "/packages"


class Desk(Protocol):
    """Who takes what comes over the interface."""

    def take(self, file: bytes) -> bytes | None:
        """Take a package; return the receipt, where there is one. ConnectionError to answer nothing at all."""

    def waiting(self) -> list[str]:
        """Return the names of packages for the other side."""

    def give(self, name: str) -> bytes | None:
        """Return one of them; None where there is none of the name."""

    def given(self, name: str) -> bool:
        """Take one out of those that wait; whether there was one."""


class _Server(ThreadingHTTPServer):
    """One that listens for a desk, to whom shows the token."""

    daemon_threads = True

    def __init__(self, port: int, desk: Desk, token: str) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.desk, self.token = desk, token


class _Handler(BaseHTTPRequestHandler):
    """Answers for the desk and the token of its server."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not self._known() or self.path != _ADDRESS:
            return self._problem(401 if self.path == _ADDRESS else 404, "没有这个地址，或者令牌不对")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return self._problem(413, "数据包过大，或者没有写明大小")
        file = self.rfile.read(int(length))
        if len(file) < int(length):
            self.close_connection = True
            return None
        try:
            receipt = self.server.desk.take(file)
        except ConnectionError:
            self.close_connection = True
            return None
        return self._answer(200 if receipt else 202, receipt or b"", MEDIA)

    def do_GET(self) -> None:
        name = self._name()
        if not self._known():
            return self._problem(401, "令牌不对")
        if name == "":
            return self._answer(200, json.dumps(self.server.desk.waiting()).encode(), "application/json")
        file = self.server.desk.give(name) if name else None
        return self._answer(200, file, MEDIA) if file is not None else self._problem(404, "没有这个数据包")

    def do_DELETE(self) -> None:
        name = self._name()
        if not self._known():
            return self._problem(401, "令牌不对")
        if not name or not self.server.desk.given(name):
            return self._problem(404, "没有这个数据包")
        return self._answer(204, b"", MEDIA)

    def _known(self) -> bool:
        shown = self.headers.get("Authorization", "").encode()
        return compare_digest(shown, f"Bearer {self.server.token}".encode())

    def _name(self) -> str | None:
        """Return the name that is asked for: "" for the list, None where it can be nobody's."""
        if self.path == _ADDRESS:
            return ""
        name = self.path.removeprefix(_ADDRESS + "/")
        return name if is_name(name) else None

    def _problem(self, status: int, detail: str) -> None:
        told = json.dumps({"title": "refused", "status": status, "detail": detail}, ensure_ascii=False)
        self.close_connection = True
        self._answer(status, told.encode(), "application/problem+json")

    def _answer(self, status: int, body: bytes, media: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what came stands in the books."""


@contextmanager
def http_served(desk: Desk, token: str, port: int = 0, certificate: Path | None = None) -> Iterator[int]:
    """Serve ``desk`` on the loopback while the block runs, to whom shows ``token``; yield the port. ``certificate``:
    a file with key and certificate, for HTTPS."""
    server = _Server(port, desk, token)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
