"""What pages send, read.

Invariant: what cannot be read is refused in words or stands for nothing; it is never a fault.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.http import HttpRequest

from renshe.core.casework.forms import Item
from renshe.core.errors import BusinessError

_DIGITS = 18
"""Of a number that any database's key can be."""


def said(request: HttpRequest, *names: str) -> dict[str, str]:
    """Return of the fields ``names`` those that say something, without blanks around."""
    told = {name: request.POST.get(name, "").strip() for name in names}
    return {name: value for name, value in told.items() if value}


def typed(request: HttpRequest, items: Iterable[Item]) -> dict[str, str]:
    """Return what was typed into the fields of ``items``, as it was typed."""
    return {one.name: request.POST[one.name] for one in items if one.name in request.POST}


def day_of(text: str) -> dt.date | None:
    """Return the day that a field says; None where it says none, BusinessError where it says no day."""
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise BusinessError("page.date_wrong") from None


def key_of(text: str | None) -> int | None:
    """Return the key at which a list goes on; None, which is its beginning, where ``text`` is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None


def count_of(text: str, label: str) -> int:
    """Return the whole number that the field ``label`` says; BusinessError where it says none."""
    found = key_of(text.strip())
    if found is None or found > 9999:
        raise BusinessError("page.number_missing", label=label)
    return found
