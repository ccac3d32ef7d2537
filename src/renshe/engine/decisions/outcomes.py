"""What became of a decision in a round.

Invariant: every decision of the log has exactly one outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from renshe.engine.decisions.log import Decision
from renshe.engine.decisions.rows import Row

State = Literal["applied", "unfit", "noted", "revoked"]
STATES: tuple[State, ...] = ("applied", "unfit", "noted", "revoked")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in "id at by checked_by kind table system key field old new rule".split()),
        *((name, pa.string()) for name in "ground source date batch revokes source_file".split()),
        ("source_row", pa.int64()),
        *((name, pa.string()) for name in "person_no unit_no state reason".split()),
    ]
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a decision: ``applied``, ``noted`` (it changes no data), ``revoked``, or ``unfit`` with why."""

    decision: Decision
    state: State
    reason: str | None = None
    row: Row | None = None

    def told(self) -> dict[str, Any]:
        """Return the outcome as a row of ``applied.parquet``."""
        found = {name: getattr(self.decision, name, None) for name in SCHEMA.names}
        found |= {"state": self.state, "reason": self.reason, "person_no": None, "unit_no": None}
        if self.row is not None:
            place = {name: self.row.before[name] for name in ("source_file", "source_row")}
            owner = {name: self.row.now.get(name) for name in ("person_no", "unit_no")}
            found |= place | owner
        return found
