"""The merges of a round as its files tell them: which number went into which, and what is to be refunded.

Business rule (S1-43): after a merge both numbers lead to the person; contributions of a month that both paid are listed
for refund, and not summed.

Invariant: every number that is merged in a round is told once, with the number under which the person is in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.decisions.log import Decision
from renshe.engine.decisions.pairs import Refund
from renshe.engine.staging.stage import Staged

_MONEY = pa.decimal128(18, 2)
MERGED = pa.schema(
    [
        *((name, pa.string()) for name in "system old new number decision at scope".split()),
        *((name, pa.int64()) for name in ("moved", "refunds")),
        ("refund_amount", _MONEY),
    ]
)
REFUNDS = pa.schema(
    [
        *((name, pa.string()) for name in "system old new decision source_file".split()),
        ("source_row", pa.int64()),
        *((name, pa.string()) for name in ("key", "insurance")),
        ("period", pa.int32()),
        *((name, _MONEY) for name in ("unit", "person", "amount")),
    ]
)


@dataclass(frozen=True, slots=True)
class Joined:
    """A merge that was applied: ``old`` into ``new``, by now ``number``; how many rows moved, what is refunded."""

    decision: Decision
    system: str
    old: str
    new: str
    number: str
    scope: str
    moved: int
    refunds: tuple[Refund, ...]


def write_joined(folder: Path, joined: Iterable[Joined], sources: Sequence[Staged]) -> None:
    """Write ``merged.parquet`` and ``refunds.parquet`` into ``folder``."""
    merged, refunds = [], []
    for one in joined:
        told = {"system": one.system, "old": one.old, "new": one.new, "decision": one.decision.id}
        more = {"number": one.number, "at": one.decision.at, "scope": one.scope, "moved": one.moved}
        merged.append(told | more | {"refunds": len(one.refunds), "refund_amount": sum(r.amount for r in one.refunds)})
        refunds += [
            told
            | {name: getattr(refund, name) for name in ("source_row", "key", "insurance", "period", "unit", "person")}
            | {"source_file": sources[refund.src].source_file, "amount": refund.amount}
            for refund in one.refunds
        ]
    pq.write_table(pa.Table.from_pylist(merged, MERGED), folder / "merged.parquet")
    pq.write_table(pa.Table.from_pylist(refunds, REFUNDS), folder / "refunds.parquet")
