"""What is refused, and where: a clerk finds the cell, reads what is wrong there and what to do.

Invariant: a refusal names workbook, sheet and cell, and carries its remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROUND_TOLD = "请从最新一轮的清单填写"


class MendingError(ValueError):
    """A workbook or an order to revoke cannot be taken at all. The text is one Chinese line with its remedy."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in a column (by its header), and its remedy; both Chinese."""

    column: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row, or (``row`` None) a whole sheet, that does not become a decision.

    ``recorded``: the decision stands in the log already, so there is nothing to mend.
    """

    path: Path
    sheet: str
    row: int | None
    cell: str
    what: str
    remedy: str
    recorded: bool = False

    def line(self) -> str:
        """Return the refusal as one line."""
        return f"{self.path.name} {self.sheet}!{self.cell}：{self.what}；{self.remedy}"
