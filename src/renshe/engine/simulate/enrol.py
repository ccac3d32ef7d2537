"""Enrolments and the operations behind them: every spell has its row, every start and end its change.

A paying row has a base and no end; a paused or ended row has an end date and no base (GB/T 40217-2021 §4.2). Nothing
ends without an operation of the same day.

Invariant: for each person and insurance, rows do not overlap, but for work injury (several employers).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from renshe.engine.simulate.careers import OPEN, Mode, Spells, Why
from renshe.engine.simulate.model import NAT, NULL, Column, Ints, first_day, last_day, month_of
from renshe.engine.simulate.money import Parameters, Wages
from renshe.engine.simulate.world import World

PAYER_NAMES = np.array(["unit", "flexible", "agent", "unemployment", "resident"])
# By Why: reason of the end, operation that ends, status (AAC031), enrolment status (AAC008).
REASONS = np.array(["", "6301", "0020", "251", "211", "231", "6399", "", "451", "6407"])
END_KINDS = np.array([0, 22, 22, 25, 21, 23, 22, 0, 21, 21])
STATUS = np.array([1, 2, 2, 3, 3, 3, 2, 4, 3, 3])
ENROL_STATUS = np.array([1, 2, 2, 1, 4, 4, 2, 1, 4, 4])


def enrolment_block(
    world: World,
    rng: np.random.Generator,
    parameters: Parameters,
    wages: Wages,
    insurance: int,
    spells: Spells,
    first: Ints,
) -> dict[str, Column]:
    """Enrolment rows of one insurance; ``first`` is the first enrolment month per person of the block."""
    n = len(spells)
    started = first_day(spells.start) + np.where(rng.random(n) < 0.7, 0, rng.integers(0, 28, n))
    open_ = spells.end == OPEN
    ended = np.where(open_, NAT, last_day(np.where(open_, world.now, spells.end)))
    base = wages.base(parameters, spells.person, np.full(n, world.now))
    return {
        "_person": spells.person,
        "_unit": spells.unit,
        "_why": spells.why,
        "_start": spells.start,
        "_end": spells.end,
        "insurance": np.full(n, insurance, np.int64),
        "enrol_status": ENROL_STATUS[spells.why],
        "status": STATUS[spells.why],
        "payer_kind": PAYER_NAMES[spells.mode],
        "first_month": month_of(first[spells.person]),
        "base": np.where(open_, base, NULL),
        "start_date": started,
        "end_date": ended,
        "end_reason": REASONS[spells.why],
    }


def change_block(block: Mapping[str, Column]) -> dict[str, Column]:
    """The operations behind enrolment rows: joining or resuming at the start; stopping, retiring or leaving later."""
    ended = np.flatnonzero(~np.isnat(block["end_date"]))
    joined = month_of(block["_start"]) == block["first_month"]
    start_kind = np.where(joined, 11, 12)
    start_reason = np.where(joined, "111", "121")
    why = block["_why"]
    return {
        "_person": np.concatenate([block["_person"], block["_person"][ended]]),
        "_unit": np.concatenate([block["_unit"], block["_unit"][ended]]),
        "insurance": np.concatenate([block["insurance"], block["insurance"][ended]]),
        "kind": np.concatenate([start_kind, END_KINDS[why[ended]]]).astype("U3"),
        "reason": np.concatenate([start_reason, REASONS[why[ended]]]),
        "date": np.concatenate([block["start_date"], block["end_date"][ended]]),
    }


def second_employers(rng: np.random.Generator, spells: Spells, others: Ints) -> Spells:
    """A few people work for a second employer, which insures them against injury only (人社部令第13号 §9)."""
    chosen = np.flatnonzero((spells.mode == Mode.UNIT) & (spells.why == Why.OPEN) & (rng.random(len(spells)) < 0.01))
    part = spells.take(chosen)
    part.unit = others[chosen]
    return part.take((part.unit >= 0) & (part.unit != spells.unit[chosen]))
