"""A body that comes: read as it comes into a file that nobody else sees, whole or not at all.

Rule (issue 7: read as a stream): packages are larger than what Django keeps in memory.

Invariant: what is handed on has just the bytes that were announced, and no more than are taken.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from django.http import HttpRequest

from renshe.core.errors import BusinessError
from renshe.core.exchange.limits import most_bytes
from renshe.core.exchange.packages.package import MOST_BYTES

_BLOCK = 2**20
_DIGITS = 15


@contextmanager
def body_of(request: HttpRequest) -> Iterator[IO[bytes]]:
    """Yield the body of a request as a file; BusinessError where its size is not announced, is too much, or the line is
    cut before all of it is here."""
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()) or len(length) > _DIGITS:
        raise BusinessError("exchange.no_length")
    told, most = int(length), most_bytes()
    if told > most:
        if told <= MOST_BYTES:
            _let_pass(request)
        raise BusinessError("exchange.too_large", most=most >> 20)
    with tempfile.TemporaryFile(prefix="renshe-") as file:
        # Who is gone in the middle sends no more: what is here is counted.
        with suppress(OSError):
            while block := request.read(_BLOCK):
                file.write(block)
        if (came := file.tell()) != told:
            raise BusinessError("exchange.cut", told=told, came=came)
        file.seek(0)
        yield file


def _let_pass(request: HttpRequest) -> None:
    """Read the body and keep nothing: who is answered while he still sends sees a broken line, not the answer."""
    with suppress(OSError):
        while request.read(_BLOCK):
            pass
