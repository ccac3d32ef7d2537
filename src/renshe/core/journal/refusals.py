"""What the database refuses, in the words of the business.

Rule (house): a user reads one line that says what is wrong and what to do, whoever noticed it. The database's own
refusals (SQLSTATE RS001 and following) carry their Chinese line.

Invariant: whatever the database refuses by a rule of the business becomes a BusinessError; a fault stays a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import DatabaseError, DataError

from renshe.core.errors import BusinessError


@contextmanager
def refusals_told() -> Iterator[None]:
    """Let the block's refusals by the database go out as BusinessError."""
    try:
        yield
    except (DatabaseError, psycopg.Error) as error:
        refused = refusal(error)
        if refused is None:
            raise
        raise refused from error


def refusal(error: BaseException) -> BusinessError | None:
    """Return what ``error`` of the database refuses; None where it is no refusal of the business."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    state = getattr(cause, "sqlstate", None) or ""
    line = str(error).partition("\n")[0]
    match state:
        case "RS001":
            return BusinessError("journal.nobody")
        case "RS005":
            return BusinessError("journal.no_approval")
        case "RS006":
            return BusinessError("journal.sealed", row=line.partition(" 已封存")[0])
    if state.startswith("RS"):
        return BusinessError("journal.refused", told=line)
    # Too long, out of range, or with a character that no text may hold: what was given is at fault, not the program.
    return BusinessError("journal.value") if isinstance(error, DataError | psycopg.DataError) else None
