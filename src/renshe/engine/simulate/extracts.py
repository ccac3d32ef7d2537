"""Extracts that follow from the agency's own rows: the tax authority's receipts and an old backup.

The tax authority knows what was paid; the backup holds people whom no error hit, and a few rows that the systems lost.

Invariant: apart from what is marked, every row here has its counterpart in the pension system.
"""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.block import Block, Scene
from renshe.engine.simulate.model import NULL, Column, Ints, Mask, Rows, data, month_of
from renshe.engine.simulate.money import NORMAL
from renshe.engine.simulate.people import check_digits, digits

TABLES = ("person", "enrolment", "change", "transfer", "contribution", "account", "benefit", "benefit_payment")


def tax_rows(scene: Scene, block: Block) -> Rows:
    """What the tax authority received for people in the last two months, by the pension system's numbers."""
    rows = block.tables["pension", "contribution"]
    at = (rows["kind"] == NORMAL) & (rows["arrived"] == 1) & (rows["base"] != NULL) & (rows["person_no"] == rows["_no"])
    at &= (rows["_month"] > scene.world.now - 2) & (rows["_month"] <= scene.world.now)
    if rows.gone is not None:
        at &= ~rows.gone
    names = ("_person", "person_no", "insurance", "period", "unit_paid", "person_paid")
    return Rows("contribution", {name: rows[name][at] for name in names})


def tax_ledger(scene: Scene, ledger: Rows) -> Rows:
    """What the tax authority received from units in the last two months, all kinds together."""
    at = np.flatnonzero(
        (ledger["period"] > month_of(scene.world.now - 2)) & (ledger["period"] <= month_of(scene.world.now))
    )
    key = np.stack([ledger[name][at] for name in ("unit_no", "insurance", "period")])
    order = np.lexsort(key[::-1])
    key = key[:, order]
    first = np.flatnonzero(np.concatenate([[True], (np.diff(key, axis=1) != 0).any(axis=0)])[: key.shape[1]])
    sums = {name: np.add.reduceat(ledger[name][at][order], first) for name in ("unit_paid", "person_paid")}
    columns: dict[str, Column] = dict(zip(("unit_no", "insurance", "period"), key[:, first], strict=True))
    return Rows("unit_ledger", {"_unit": ledger["_unit"][at][order][first], **columns, **sums})


def backup_rows(scene: Scene, block: Block, free: Mask) -> None:
    """The backup: pension rows of one in thirty of those whom nothing hit, and rows that are lost."""
    rng = scene.world.rng("backup", block.number)
    covered = np.flatnonzero(free & block.lives.covered)
    kept = covered[rng.random(len(covered)) < 1 / 30]
    if not len(kept):
        return
    for table in TABLES:
        source = block.tables["pension", table]
        names = [column[0] for column in data("systems")["backup"]["tables"][table]["columns"]]
        at = np.flatnonzero(np.isin(source["_person"], kept))
        if source.gone is not None:
            at = at[~source.gone[at]]
        rows = Rows(table, {name: source[name][at] for name in ("_person", *names)})
        block.tables["backup", table] = rows
    if scene.world.dirty:
        _lose(scene, block)


def _lose(scene: Scene, block: Block) -> None:
    """Rows that the backup has and no system."""
    n = max(1, int(len(block.people) * scene.world.dirty / 100))
    lost: dict[str, tuple[str, int]] = {
        "enrolment": ("insurance", 510),
        "contribution": ("period", 201807),
        "account": ("year", 2016),
        "benefit": ("insurance", 410),
        "benefit_payment": ("period", 201903),
        "change": ("record_no", 800_000_000_000),
        "transfer": ("record_no", 800_000_000_000),
    }
    marks = {
        "enrolment": "ENR",
        "contribution": "CON",
        "account": "ACC",
        "benefit": "BEN",
        "benefit_payment": "BPY",
        "change": "CHG",
        "transfer": "TRF",
    }
    for table, (name, value) in lost.items():
        rows = block.tables["backup", table]
        if not len(rows):
            continue
        _, first = np.unique(rows["_person"], return_index=True)
        copies = rows.copy_rows(first[:n])
        rows[name][copies] = value + (copies + block.number * 1_000_000 if name == "record_no" else 0)
        rows.mark(copies, name, f"{marks[table]}-LOST")
    people = block.tables["backup", "person"]
    copies = people.copy_rows(np.arange(min(n, len(people))))
    people["person_no"][copies] += 550_000_000
    people.put("id_number", copies, _ghost_numbers(scene, block, copies))
    people.mark(copies, "person_no", "PER-LOST")


def _ghost_numbers(scene: Scene, block: Block, rows: Ints) -> Column:
    """Numbers of people who are in no system: with serials that nobody else's region has."""
    body = np.strings.add("150781", digits(19550101 + (rows % 28), 8))
    body = np.strings.add(body, digits((block.number * 7 + np.arange(len(rows))) % 1000, 3))
    out: Column = np.strings.add(body, check_digits(body))
    return out


def backup_units(tables: dict[tuple[str, str], Rows], free: Mask, dirty: float) -> dict[tuple[str, str], Rows]:
    """The backup's units, enrolments and ledgers: some that nothing hit, and a few that are lost."""
    out: dict[tuple[str, str], Rows] = {}
    kept = np.flatnonzero(free)[::20]
    lost = {"unit": ("unit_no", 7_500_000), "unit_enrolment": ("insurance", 510), "unit_ledger": ("period", 201811)}
    ids = {"unit": "UNI-LOST", "unit_enrolment": "UEN-LOST", "unit_ledger": "LED-LOST"}
    for table, (name, value) in lost.items():
        source = tables["pension", table]
        names = [column[0] for column in data("systems")["backup"]["tables"][table]["columns"]]
        at = np.flatnonzero(np.isin(source["_unit"], kept))
        rows = Rows(table, {column: source[column][at] for column in ("_unit", *names)})
        out["backup", table] = rows
        if dirty and len(rows):
            _, first = np.unique(rows["_unit"], return_index=True)
            copies = rows.copy_rows(first[: max(1, len(first) // 20)])
            rows[name][copies] = rows[name][copies] + value if table == "unit" else value
            rows.mark(copies, name, ids[table])
    return out
