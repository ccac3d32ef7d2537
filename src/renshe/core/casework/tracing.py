"""What was changed in a case, and by whom, for who may look at it.

Rule (S1-61 留存数据修正记录备查): whoever may look at a case sees its trace, masked as lists are, without the right to
search the journal.

Invariant: entries of one case and no others.
"""

from __future__ import annotations

from renshe.core.casework.selectors import case_get
from renshe.core.journal.models import Entry
from renshe.core.org.actor import Actor
from renshe.core.registers.tracing import PAGE, Page, listed


def case_trace(*, actor: Actor, number: str, before: int | None = None, limit: int = PAGE) -> Page:
    """Return the entries of a case, the newest first, older than entry ``before``."""
    case = case_get(actor=actor, number=number)
    return listed(Entry.objects.filter(case_no=case.number), before, limit)
