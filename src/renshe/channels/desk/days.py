"""Days as pages send them."""

from __future__ import annotations

import datetime as dt

from renshe.core.errors import BusinessError


def day_of(text: str) -> dt.date | None:
    """Return the day that a field says; None where it says none, BusinessError where it says no day."""
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise BusinessError("page.date_wrong") from None
