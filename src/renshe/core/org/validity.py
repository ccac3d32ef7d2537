"""What holds on a day.

Rule: rows hold from their first day to their last, both included; without a last day they hold until one is set.

Invariant: "today" is the day in the bureau's own time, wherever the server stands.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.utils import timezone


def in_force(prefix: str = "", on: dt.date | None = None) -> Q:
    """Return the condition that a row, reached by ``prefix`` ("operator__"), holds ``on`` that day, or today."""
    day = on or timezone.localdate()
    began = Q(**{f"{prefix}valid_from__lte": day})
    return began & (Q(**{f"{prefix}valid_until__isnull": True}) | Q(**{f"{prefix}valid_until__gte": day}))
