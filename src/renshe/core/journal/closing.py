"""Business data that is closed (封存), and opened again for one change.

Rule (002 五): main business data are sealed after review. Who wants them changed asks; when two heads have agreed, the
lead of the information system unseals what was asked for, for the one person whom the upper agency designates, for a
time; what was changed is sealed again. The triggers refuse everything else, whoever asks.

Invariant: nothing is unsealed without an approved request, nor by whom it is unsealed for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connections


def rows_close(*, table: str, keys: Sequence[str], using: str = "default") -> int:
    """Seal the rows ``keys`` of ``table``, inside ``declared`` with an approval; return how many were open.

    What had been unsealed of them is closed again.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT journal_close(%s, %s)", [table, list(keys)])
        return int(cursor.fetchone()[0])


def row_open(
    *, table: str, key: str, fields: Sequence[str], operator: str, until: datetime, using: str = "default"
) -> int:
    """Unseal ``fields`` of a sealed row for ``operator`` until then, inside ``declared`` with the approval of the
    request; return the number of the unsealing."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT journal_open(%s, %s, %s, %s, %s)", [table, key, list(fields), operator, until])
        return int(cursor.fetchone()[0])
