"""How pages are written: Jinja's environment, with what every template may use.

Invariant: everything is escaped; nothing is written into a page that is not asked for by name.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import find
from django.urls import reverse
from django.utils import timezone
from jinja2 import Environment, StrictUndefined

from renshe.standards.masks import mask_digits


def environment(**options: Any) -> Environment:
    """Return the environment, as Django's backend asks for it."""
    made = Environment(**{**options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True})
    made.globals.update(url=_url, static=static)
    made.filters.update(day=_day, moment=_moment, digits=mask_digits)
    return made


@cache
def static(name: str) -> str:
    """Return the address of a file that comes along; it changes with what is in it, so browsers may keep it."""
    found = find(name)
    assert found, name
    return f"/static/{name}?v={sha256(Path(str(found)).read_bytes()).hexdigest()[:10]}"


def _url(name: str, *parts: object) -> str:
    return reverse(name, args=parts)


def _day(value: dt.date | dt.datetime | None) -> str:
    if isinstance(value, dt.datetime):
        value = timezone.localdate(value)
    return f"{value:%Y-%m-%d}" if value else "—"


def _moment(value: dt.datetime | None) -> str:
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else "—"
