"""A request that arrives twice is carried out once.

Rule (issue 5): every POST that changes something carries an ``Idempotency-Key``; the same key again gives the same
answer, another request under it is refused. Keys are kept for three days.

Invariant: of two that arrive at once the second waits for the first's answer. Nobody is given an answer, nor
leaves one, who may not come in at this moment; a key is its holder's, whatever token he shows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from hashlib import sha256

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from renshe.channels.api.calling import caller
from renshe.channels.api.models import Answer
from renshe.channels.api.problems import problem
from renshe.core.errors import BusinessError

KEPT = dt.timedelta(days=3)
PREFIX = "/api/"
LONGEST = 100
# What only asks, though it asks in a body: what is searched for must not stand in an address. What is taken out, or
# shown whole, is not kept for three days; asked for again, it is registered again.
ASKING = ("/search", "/sessions", "/export", "/disclosure")


class Once:
    """Django's middleware for requests under ``/api/``."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asks = request.method != "POST" or request.path.endswith(ASKING)
        if asks or not request.path.startswith(PREFIX):
            return self._answer(request)
        try:
            actor = caller(request)
        except BusinessError:
            # Who may not come in is told so where everybody is.
            return self._answer(request)
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= LONGEST or not key.isprintable():
            return problem(BusinessError("api.key_missing", longest=LONGEST))
        asked = sha256(b"\0".join((request.get_full_path().encode(), *_sent(request)))).digest()
        return self._once(request, sha256(actor.operator.encode()).digest(), key, asked)

    def _once(self, request: HttpRequest, holder: bytes, key: str, asked: bytes) -> HttpResponse:
        with transaction.atomic():
            claimed = _claim(holder, key, asked)
            if claimed is None:
                return _again(Answer.objects.get(holder=holder, key=key), asked)
            response = self._answer(request)
            # Nothing was done, or it is not known what: the key is free again.
            if response.status_code >= 500 or response.status_code == 401:
                transaction.set_rollback(True)
                return response
            Answer.objects.filter(pk=claimed).update(
                status=response.status_code, body=response.content, kind=response.headers.get("Content-Type", "")
            )
            return response


def forget(now: dt.datetime | None = None) -> int:
    """Delete the answers that are older than they are kept; return how many."""
    return Answer.objects.filter(at__lt=(now or timezone.now()) - KEPT).delete()[0]


def _sent(request: HttpRequest) -> Iterator[bytes]:
    """Yield what was sent; of a form with files what is in it, whatever parts it there."""
    if request.content_type != "multipart/form-data":
        yield request.body
        return
    for name, values in sorted(request.POST.lists()):
        yield from (f"{name}={value}".encode("utf-8", "surrogatepass") for value in values)
    for name, files in sorted(request.FILES.lists()):
        for one in files:
            yield f"{name}:{one.name}".encode("utf-8", "surrogatepass")
            yield sha256(one.read()).digest()
            one.seek(0)


def _claim(holder: bytes, key: str, asked: bytes) -> int | None:
    """Return the row of a key that is now this request's; None where it is taken, once whoever took it is done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO api_answer (holder, key, asked, status, body, kind, at) VALUES (%s, %s, %s, 0, '', '', now())"
            " ON CONFLICT (holder, key) DO NOTHING RETURNING id",
            [holder, key, asked],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _again(given: Answer, asked: bytes) -> HttpResponse:
    if bytes(given.asked) != asked:
        return problem(BusinessError("api.key_used"))
    response = HttpResponse(bytes(given.body), status=given.status, content_type=given.kind)
    response.headers["Idempotent-Replayed"] = "true"
    return response
