"""Who changes what and why, said once before anything is changed.

Rule (数据修改过程要留有痕迹): a change has an operator and a reason; a deletion an approval besides. The database keeps
what is said to the end of the transaction and refuses changes without it.

Invariant: what is said inside ``declared`` is gone after it, whatever becomes of the transaction around.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.transaction import get_connection

from renshe.core.journal.refusals import refusals_told


@dataclass(frozen=True, slots=True)
class Context:
    """``operator``, ``agency``: their numbers; ``case``: the number of the case that is worked on, ``approval`` that of
    the approved one whose effect this is."""

    operator: str
    reason: str
    agency: str | None = None
    terminal: str | None = None
    case: str | None = None
    approval: str | None = None

    def told(self) -> str:
        """Return the context as the database keeps it; a character that it cannot keep is shown as unknown."""
        told = {name: value.replace("\x00", "�") if value else value for name, value in asdict(self).items()}
        return json.dumps(told, ensure_ascii=False)


def say(context: Context, *, using: str = "default") -> None:
    """Say it more exactly, inside ``declared``: from here on, to the end of the block."""
    with get_connection(using).cursor() as cursor:
        cursor.execute("SELECT journal_declare(%s::jsonb)", [context.told()])


@contextmanager
def declared(context: Context, *, using: str = "default") -> Iterator[None]:
    """Run the block in one transaction (or savepoint) whose changes are ``context``'s.

    Raises BusinessError where operator or reason are missing, and for whatever else the database refuses by its rules.
    """
    with refusals_told(), transaction.atomic(using=using), get_connection(using).cursor() as cursor:
        # What was said before is read before the rest is carried out: a row's columns are, in their order.
        cursor.execute(
            "SELECT coalesce(current_setting('renshe.context', true), ''), journal_declare(%s::jsonb)", [context.told()]
        )
        [before, _] = cursor.fetchone()
        yield
        # Of a block that fails the database itself forgets what was said.
        cursor.execute("SELECT set_config('renshe.context', %s, true)", [before])
