"""How large a package may be here: as the agency set it, within what packages may be at all.

Invariant: whichever way a package comes from outside, by hand or to our address, the same limit holds.
"""

from __future__ import annotations

from django.conf import settings

from renshe.core.exchange.packages.package import MOST_BYTES


def most_bytes() -> int:
    """Return how many bytes a package may have (``RENSHE_EXCHANGE_MOST_MB``)."""
    told = settings.EXCHANGE_MOST_MB
    return min(int(told) << 20, MOST_BYTES) if is_limit(told) else MOST_BYTES


def is_limit(told: str) -> bool:
    """Whether ``told`` says a number of MB."""
    return told.isascii() and told.isdigit() and len(told) < 9 and int(told) > 0
