"""Errors of a whole unit: what is lost or closed for a unit makes the rows of all its people wrong.

The units are chosen before anybody is invented, so that their people can be marked block by block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renshe.engine.simulate.block import Block, Scene
from renshe.engine.simulate.careers import OPEN
from renshe.engine.simulate.errors.registry import UnitStage
from renshe.engine.simulate.model import NULL, Ints, Mask, Rows, month_of
from renshe.engine.simulate.money import NORMAL
from renshe.engine.simulate.units import BUSINESS, ENTERPRISE

SILENT = 5
"""Months for which the ledgers of a unit were lost: the last ones."""
CLOSED = {"pension": 410, "medical": 310}
"""Insurance that a unit was signed off from while its people stayed."""


@dataclass(frozen=True, slots=True)
class Wide:
    """Units whose last ledgers are lost, and units signed off from an insurance."""

    silent: Ints
    closed: Ints


def choose(scene: Scene) -> Wide:
    """Small living units, as many as the dirty rate asks for."""
    units, world = scene.units, scene.world
    if world.dirty == 0:
        return Wide(np.empty(0, np.int64), np.empty(0, np.int64))
    small = np.isin(units.kind, (ENTERPRISE, BUSINESS)) & (units.end == OPEN) & (units.start < world.opened)
    pool = np.flatnonzero(small & (units.weight < 3))
    many = max(5, int(len(units) * world.dirty * 0.2))
    chosen = world.rng("wide").permutation(pool)[: 2 * many]
    return Wide(chosen[:many], chosen[many:])


def mark_people(scene: Scene, wide: Wide, block: Block) -> None:
    """Mark the rows of the people of those units."""
    now = scene.world.now
    for system in ("pension", "medical", "unemployment"):
        paid = block.tables[system, "contribution"]
        mine = np.isin(paid["_unit"], wide.silent) & (paid["kind"] == NORMAL) & (paid["unit_no"] != NULL)
        mine &= (
            (paid["period"] > month_of(now - SILENT)) & (paid["period"] <= month_of(now)) & (paid["insurance"] != NULL)
        )
        paid.mark(np.flatnonzero(mine & _there(paid)), "unit_no", "CON-LEDGER")
        if system in CLOSED:
            rows = block.tables[system, "enrolment"]
            at = np.isin(rows["_unit"], wide.closed) & (rows["insurance"] == CLOSED[system]) & (rows["status"] == 1)
            rows.mark(np.flatnonzero(at & _there(rows)), "status", "ENR-INSURANCE-ENDED")


def _there(rows: Rows) -> Mask:
    return np.ones(len(rows), np.bool_) if rows.gone is None else ~rows.gone


def close_units(scene: Scene, wide: Wide, stage: UnitStage, free: Mask) -> None:
    """Take the ledgers away and sign the units off; nothing else may hit them."""
    free[wide.silent], free[wide.closed] = False, False
    now = scene.world.now
    for system in ("pension", "medical", "unemployment"):
        ledger = stage.tables[system, "unit_ledger"]
        late = np.isin(ledger["_unit"], wide.silent) & (ledger["period"] > month_of(now - SILENT))
        ledger.drop(np.flatnonzero(late))
        if (system, "unit_enrolment") not in stage.tables:
            continue
        rows = stage.tables[system, "unit_enrolment"]
        silent = np.isin(rows["_unit"], wide.silent) & (rows["status"] == 1)
        silent &= rows["start_month"] < month_of(now - 6)
        rows.mark(np.flatnonzero(silent), "status", "UEN-NOLEDGER")
        if system in CLOSED:
            closed = np.flatnonzero(
                np.isin(rows["_unit"], wide.closed) & (rows["insurance"] == CLOSED[system]) & (rows["status"] == 1)
            )
            rows["status"][closed], rows["end_month"][closed] = 3, month_of(now - 1)
