"""Agreements that count, and the books of one agreement, which one process at a time writes.

Invariant: who holds an agreement's lock sees all of its batches, and gives out sequences without a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Max, QuerySet

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Agreement, Batch, Stage
from renshe.core.exchange.packages.terms import Terms, terms_read


@dataclass(frozen=True, slots=True)
class Standing:
    """An agreement that counts today, with its terms read."""

    agreement: Agreement
    terms: Terms


def agreement_standing(number: str) -> Standing:
    """Return the version of agreement ``number`` that counts; BusinessError where none does."""
    found = None if "\x00" in number else _versions().filter(number=number, valid_until=None).first()
    if found is None or found.partner.valid_until is not None:
        raise BusinessError("exchange.no_agreement", number=number.replace("\x00", ""))
    return Standing(found, terms_read(found.text))


def agreement_version(number: str, version: int) -> Standing | None:
    """Return a version of an agreement, whether it counts today or not; None where there is none."""
    found = _versions().filter(number=number, version=version).first()
    return Standing(found, terms_read(found.text)) if found else None


def hold(number: str) -> None:
    """Let nobody else write in the books of agreement ``number`` until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"exchange {number}"])


def next_sequence(number: str, direction: str, kind: str) -> int:
    """Return the first sequence that no batch has, inside ``hold``: the next, or one that a refusal gave back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(n) FROM generate_series(1, (SELECT coalesce(max(sequence), 0) + 1 FROM exchange_batch"
            " WHERE agreement_number = %(number)s AND direction = %(direction)s AND kind = %(kind)s)) n"
            " WHERE NOT EXISTS (SELECT FROM exchange_batch b WHERE b.agreement_number = %(number)s"
            " AND b.direction = %(direction)s AND b.kind = %(kind)s AND b.sequence = n)",
            {"number": number, "direction": direction, "kind": kind},
        )
        return int(cursor.fetchone()[0])


def reached(number: str, kind: str) -> int:
    """Return up to which sequence everything of this kind has come and been taken; inside ``hold``."""
    rows = Batch.objects.filter(agreement_number=number, direction="in", kind=kind).exclude(stage=Stage.HELD)
    return int(rows.aggregate(last=Max("sequence"))["last"] or 0)


def _versions() -> QuerySet[Agreement]:
    return Agreement.objects.select_related("own__region", "partner").order_by("-version")
