"""Our address as our own way ``https`` asks it, over a real line: who speaks the one speaks the other."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connections
from tests.channels.partners.conftest import Program
from tests.core.exchange.conftest import Exchange

from renshe.core.exchange.models import Batch, Passage, Stage
from renshe.core.exchange.ways.https import Https
from renshe.core.exchange.ways.way import Unreachable


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[int]:
    """Serve the site on a port, in the transaction of this test, which the end of a request would close."""
    signals = (request_started, request_finished)
    for one in signals:
        one.disconnect(close_old_connections)
    shared, site = connections["default"], WSGIHandler()
    shared.inc_thread_sharing()

    def answer(environ: dict[str, Any], start: Any) -> Any:
        connections["default"] = shared
        return site(environ, start)

    server = make_server("127.0.0.1", 0, answer, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        for one in signals:
            one.connect(close_old_connections)
        shared.dec_thread_sharing()


def test_our_own_way_speaks_with_our_own_address(exchange: Exchange, program: Program, waits: Batch) -> None:
    with served() as port:
        way = Https(f"http://127.0.0.1:{port}/exchange/v1", program.token or "")
        receipt = way.put("any.rsp", exchange.other.batch(1).file)
        assert receipt is not None and json.loads(exchange.other.open(receipt).content)["outcome"] == "taken"
        [name] = way.names()
        assert way.get(name) == exchange.package(waits)
        way.done(name)
        assert way.names() == []
        with pytest.raises(Unreachable, match="404：没有这个待取的数据包"):
            way.get("XY-9-batch-000001.rsp")
        with pytest.raises(Unreachable, match="401"):
            Https(f"http://127.0.0.1:{port}/exchange/v1", "no").names()
    waits.refresh_from_db()
    assert waits.stage == Stage.SENT


def test_a_line_that_breaks_off_brings_nothing(exchange: Exchange, program: Program) -> None:
    file = exchange.other.batch(1).file
    with served() as port, socket.create_connection(("127.0.0.1", port)) as line:
        head = (
            f"POST /exchange/v1/packages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {program.token}\r\n"
            f"Content-Length: {len(file)}\r\n\r\n"
        )
        line.sendall(head.encode() + file[:500])
        line.shutdown(socket.SHUT_WR)
        assert b" 400 " in line.recv(4096).split(b"\r\n")[0]
    assert Passage.objects.get().outcome == "refused" and not Batch.objects.exists()
