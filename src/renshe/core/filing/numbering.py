"""Numbers of cases and documents: KY-220802-2026-000123.

Rule: numbers of one kind, region and year follow each other without a gap: a number that was drawn in a transaction
that failed is drawn again.

Invariant: a number is given once; whoever draws waits for whoever drew before to be done.
"""

from __future__ import annotations

from django.db import connections


def draw(prefix: str, region: str, year: int, *, using: str = "default") -> str:
    """Return the next number of ``prefix`` in ``region`` and ``year``, inside the transaction that uses it."""
    key = f"{prefix}-{region}-{year}"
    with connections[using].cursor() as cursor:
        cursor.execute(
            "INSERT INTO filing_counter (key, last) VALUES (%s, 1)"
            " ON CONFLICT (key) DO UPDATE SET last = filing_counter.last + 1 RETURNING last",
            [key],
        )
        [last] = cursor.fetchone()
    return f"{key}-{last:06d}"
