"""The interface that partners open to each other over HTTPS, ours and theirs alike.

``POST …/packages`` takes a package and answers with the receipt (200), or without one (202); ``GET …/packages`` lists
the names of those that wait for whoever asks, ``GET …/packages/<name>`` gives one, ``DELETE`` takes it out of them.
Whoever asks shows a token; a refusal is ``application/problem+json`` with a ``detail`` in Chinese.

Rule (S2-52): the other side's certificate is verified; unencrypted only within one machine.

Invariant: what is answered was answered whole; every failure is ``Unreachable``.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

from renshe.core.exchange.ways.way import Unreachable, is_name

MEDIA = "application/vnd.renshe.package+zip"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_IDLE = 60
_MOST_LIST = 2**20


class Https:
    """The way to whom listens at ``address``; ``token``: what he gave us, ``authority``: by whose certificate he is
    known (None: those the machine trusts)."""

    def __init__(self, address: str, token: str, authority: Path | None = None) -> None:
        parts = urlsplit(address)
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not parts.hostname or not (parts.scheme == "https" or plain):
            raise Unreachable("HTTPS 地址应以 https:// 开头")
        self._host, self._port, self._plain = parts.hostname, parts.port, plain
        self._base, self._token, self._authority = parts.path.rstrip("/") + "/packages", token, authority

    def put(self, name: str, file: bytes) -> bytes | None:
        """Hand a package over; return the receipt, where one is given at once."""
        with self._asked("POST", "", file) as (status, answer):
            body = answer.read()
            return body if status == 200 and body else None

    def names(self) -> list[str]:
        """Return the names of the files that wait for us, in order."""
        with self._asked("GET", "") as (_, answer):
            try:
                told = json.loads(answer.read(_MOST_LIST))
            except ValueError:
                told = None
        if not isinstance(told, list):
            raise Unreachable("对方列出的数据包不可读")
        return sorted(one for one in told if isinstance(one, str) and is_name(one))

    def get(self, name: str) -> bytes:
        """Return a file that waits for us."""
        with self._asked("GET", name) as (_, answer):
            return answer.read()

    def done(self, name: str) -> None:
        """Take a file that was dealt with out of those that wait."""
        with self._asked("DELETE", name):
            return

    @contextmanager
    def _asked(self, method: str, name: str, body: bytes | None = None) -> Iterator[tuple[int, HTTPResponse]]:
        if name and not is_name(name):
            raise Unreachable(f"文件名 {name} 不能使用")
        headers = {"Authorization": f"Bearer {self._token}"} | ({"Content-Type": MEDIA} if body is not None else {})
        try:
            connection = self._connected()
            try:
                connection.request(method, self._base + (f"/{quote(name)}" if name else ""), body, headers)
                answer = connection.getresponse()
                if not (200 <= answer.status < 300 or (method == "DELETE" and answer.status == 404)):
                    raise Unreachable(f"对方答复 {answer.status}{_detail(answer)}")
                if answer.status != 204 and answer.length is None and not answer.chunked:
                    # An answer that is cut in its headers looks like one without a body.
                    raise Unreachable(f"{self._host} 的答复不完整")
                yield answer.status, answer
            finally:
                connection.close()
        except ssl.SSLError:
            raise Unreachable(f"{self._host} 的证书不能核实，请与对方核对") from None
        except (OSError, HTTPException) as error:
            told = "没有响应" if isinstance(error, TimeoutError) else f"连接失败或中断（{type(error).__name__}）"
            raise Unreachable(f"{self._host} {told}") from None

    def _connected(self) -> HTTPConnection:
        if self._plain:
            return HTTPConnection(self._host, self._port, timeout=_IDLE)
        context = ssl.create_default_context(cafile=str(self._authority) if self._authority else None)
        return HTTPSConnection(self._host, self._port, timeout=_IDLE, context=context)


def _detail(answer: HTTPResponse) -> str:
    """Return what the other side says of its refusal."""
    try:
        told = json.loads(answer.read(_MOST_LIST))
    except ValueError:
        return ""
    detail = told.get("detail") if isinstance(told, dict) else None
    return f"：{detail[:300]}" if isinstance(detail, str) else ""
