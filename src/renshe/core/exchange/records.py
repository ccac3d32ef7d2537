"""Records of batches, many at a time.

Rule (S3-7: of every record it is known whether it is prepared, sent, accepted, refused or applied): what a batch is
stands at the batch; what became of one of its records stands at the record.

Invariant: a record that was refused or applied stays so, whatever is answered later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice, repeat
from typing import Any

import pyarrow as pa
from django.db import connection

from renshe.core.exchange.models import Batch, Fate
from renshe.core.exchange.offering import Taken

_BLOCK = 50_000
_FINAL = (Fate.REFUSED, Fate.APPLIED)


def records_put(batch: Batch, keys: pa.Array, subjects: Iterable[str | None] | None = None) -> None:
    """Put in the records of a new ``batch``, whose rows are identified by ``keys`` and about ``subjects``."""
    into = "COPY exchange_record (batch_id, place, key, subject, said) FROM STDIN"
    about = repeat(None) if subjects is None else subjects
    rows = ((batch.pk, place, key, one, "") for place, (key, one) in enumerate(zip(keys.to_pylist(), about), 1))  # noqa: B905
    with connection.cursor() as cursor, cursor.copy(into) as to:
        for block in _blocks(rows):
            to.write(block)


def records_answer(batch: Batch, answers: Iterable[Taken]) -> int:
    """Write down what became of records of ``batch``; return of how many that had no other fate yet. Answers to
    records that are not there, or that are refused or applied already, change nothing."""
    changed, left = 0, iter(answers)
    with connection.cursor() as cursor:
        while block := list(islice(left, _BLOCK)):
            told: list[Any] = [
                [one.place for one in block],
                [str(one.fate) for one in block],
                [one.said for one in block],
            ]
            cursor.execute(
                "UPDATE exchange_record r SET fate = a.fate, said = a.said"
                " FROM unnest(%s::int[], %s::text[], %s::text[]) a (place, fate, said)"
                " WHERE r.batch_id = %s AND r.place = a.place AND (r.fate IS NULL OR r.fate <> ALL (%s))",
                [*told, batch.pk, [str(one) for one in _FINAL]],
            )
            changed += cursor.rowcount
    return changed


def subjects_put(batch: Batch, answers: Iterable[Taken]) -> None:
    """Write down whom the records of ``batch`` are about, as far as ``answers`` say."""
    known = [(one.place, one.subject) for one in answers if one.subject is not None]
    with connection.cursor() as cursor:
        for at in range(0, len(known), _BLOCK):
            places, subjects = zip(*known[at : at + _BLOCK], strict=True)
            cursor.execute(
                "UPDATE exchange_record r SET subject = a.subject FROM unnest(%s::int[], %s::text[]) a (place, subject)"
                " WHERE r.batch_id = %s AND r.place = a.place",
                [list(places), list(subjects), batch.pk],
            )


def records_open(batch: Batch) -> int:
    """Return how many records of ``batch`` nobody has answered."""
    return batch.records.filter(fate=None).count()


def _blocks(rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    """Yield ``rows`` as COPY reads them."""
    left = iter(rows)
    while block := list(islice(left, _BLOCK)):
        yield "".join("\t".join(map(_text, row)) + "\n" for row in block)


def _text(value: object) -> str:
    if value is None:
        return "\\N"
    text = str(value)
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text
