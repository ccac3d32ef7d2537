"""Who asks the site in one process. Middleware is loaded once: it looks through every static file."""

from __future__ import annotations

from functools import cache

from django.test import Client
from django.test.client import ClientHandler


@cache
def _handler(enforce_csrf_checks: bool) -> ClientHandler:
    return ClientHandler(enforce_csrf_checks=enforce_csrf_checks)


def client(*, enforce_csrf_checks: bool = False) -> Client:
    """Return one who is let in nowhere yet, and is answered by faults as by anything else."""
    made = Client(raise_request_exception=False, HTTP_HOST="localhost")
    made.handler = _handler(enforce_csrf_checks)
    return made
