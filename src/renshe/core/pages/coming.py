"""From where a request comes.

Rule (只限登记的终端和网络): the address decides who may come in, so only one's own proxies are believed.

Invariant: what anybody else says of himself counts for nothing.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Return from where the request comes: of what proxies of one's own (``RENSHE_PROXIES``) hand on, the address that
    the first of them saw."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    for told in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if address not in settings.PROXIES or not told.strip():
            break
        address = told.strip()
    return address
