"""What a register's texts must be: not empty.

Rule (002 六、七): items of a register are mandatory; a blank is none.

Invariant: the database refuses a text of blanks, whoever writes it.
"""

from __future__ import annotations

from functools import reduce
from operator import and_

from django.db import models
from django.db.models import Q


def said(table: str, *fields: str) -> models.CheckConstraint:
    """Return the constraint that none of ``fields`` is blank."""
    return models.CheckConstraint(
        condition=reduce(and_, (Q(**{f"{field}__regex": r"\S"}) for field in fields)), name=f"registers_{table}_said"
    )
