"""What holds on a day.

Rule: rows hold from their first day to their last, both included; without a last day they hold until one is set. What
is ended so that it never holds has the day before its first as its last. What is over stays as it was.

Invariant: "today" is the day in the bureau's own time, wherever the server stands.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib import resources

import yaml
from django.db.models import Q
from django.utils import timezone

from renshe.core.errors import BusinessError

_DAY = dt.timedelta(days=1)


def in_force(prefix: str = "", on: dt.date | None = None) -> Q:
    """Return the condition that a row, reached by ``prefix`` ("operator__"), holds ``on`` that day, or today."""
    day = on or timezone.localdate()
    began = Q(**{f"{prefix}valid_from__lte": day})
    return began & (Q(**{f"{prefix}valid_until__isnull": True}) | Q(**{f"{prefix}valid_until__gte": day}))


def ended(first: dt.date, last: dt.date | None, asked: dt.date) -> dt.date | None:
    """Return the last day of what holds from ``first`` to ``last`` when it is to end with ``asked``: yesterday ends it
    at once. None where that would be later than it ends by itself, or alter what was."""
    if asked < timezone.localdate() - _DAY or (last is not None and asked > last):
        return None
    return max(asked, first - _DAY)


def require_near(*days: dt.date | None) -> None:
    """Refuse days that lie further ahead than anything may be given."""
    today, years = timezone.localdate(), _years_ahead()
    most = today.replace(year=today.year + years, day=min(today.day, 28))
    for one in days:
        if one is not None and one > most:
            raise BusinessError("org.too_far_ahead", day=one, years=years, most=most)


@cache
def _years_ahead() -> int:
    told = yaml.safe_load(resources.files(__package__).joinpath("data", "limits.yaml").read_text("utf-8"))
    return int(told["years_ahead"])
