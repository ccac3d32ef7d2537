"""What one simulated prefecture is: how many people, from when its systems keep detail, and its random streams.

Invariant: a random stream depends on the seed, a purpose and a block number only, so the same seed gives the same
bytes whatever else is generated, in whatever order.
"""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass

import numpy as np

from renshe.engine.simulate.model import data, month_index

BLOCK = 25_000
"""Persons generated at a time: bounds memory, and is part of what a seed means."""


@dataclass(frozen=True, slots=True)
class World:
    """``months`` are running month numbers; a system keeps contribution detail from ``detail[insurance]`` on."""

    persons: int
    seed: int
    dirty: float
    as_of: dt.date

    @property
    def now(self) -> int:
        """Month of ``as_of``."""
        return int(month_index(self.as_of.year * 100 + self.as_of.month))

    @property
    def opened(self) -> int:
        """First month that any system keeps in detail: January, two whole years before this year."""
        return (self.as_of.year - 2) * 12

    def detail_from(self, insurance: int) -> int:
        """First month with detail of ``insurance``: pensions two whole years, the others one."""
        return self.opened if insurance in (110, 120) else self.opened + 17

    @property
    def blocks(self) -> int:
        """How many blocks of persons there are."""
        return -(-self.persons // BLOCK)

    def rng(self, purpose: str, block: int = 0) -> np.random.Generator:
        """Random stream for one purpose and block."""
        return np.random.Generator(
            np.random.PCG64(np.random.SeedSequence([self.seed, zlib.crc32(purpose.encode()), block]))
        )

    @property
    def region(self) -> str:
        """Code of the prefecture."""
        return str(data("places")["prefecture"]["code"])
