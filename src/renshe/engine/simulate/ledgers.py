"""Units as each system knows them, and their ledgers: a unit's assessment is the sum of its people's rows.

Sums are kept by unit, insurance, month, kind and month of booking while blocks of people pass by, and are written last.

Invariant: a ledger row equals the sum of the person rows with its key, to the cent; who pays for somebody is active.
"""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.block import Scene, number_of, operated
from renshe.engine.simulate.careers import OPEN
from renshe.engine.simulate.compare import market_rows
from renshe.engine.simulate.model import (
    NULL,
    Column,
    Ints,
    Mask,
    Rows,
    data,
    first_day,
    last_day,
    month_index,
    month_of,
)
from renshe.engine.simulate.money import NORMAL, Parameters
from renshe.engine.simulate.people import digits
from renshe.engine.simulate.units import BUSINESS, ENTERPRISE, GOVERNMENT, WINDOW, Units
from renshe.engine.simulate.world import World

MEASURES = ("base", "unit_due", "person_due", "unit_paid", "person_paid")
SHOWN = ("base_total", *MEASURES[1:])
KEY = ("unit", "insurance", "period", "kind", "book_month")
_NONE: Ints = np.empty(0, np.int64)


class Ledger:
    """Running sums of one system, and which of its units were seen, insured in what, and still pay for somebody."""

    def __init__(self, world: World, units: int) -> None:
        self.world, self.units = world, units
        self.months = world.now - world.opened + 1
        self.sums: dict[int, Ints] = {}
        self.other: list[Ints] = []
        self.insured: dict[int, Mask] = {}
        self.active: dict[int, Ints] = {}
        self.lost: list[Ints] = []
        self.touched: list[Ints] = []

    def insure(self, rows: Rows) -> None:
        """Note which units insure somebody in what."""
        for insurance in np.unique(rows["insurance"]):
            at = (rows["insurance"] == insurance) & (rows["_unit"] >= 0)
            seen = np.bincount(rows["_unit"][at], minlength=self.units) > 0
            code = int(insurance)
            self.insured[code] = seen | self.insured.get(code, np.zeros(self.units, np.bool_))

    def enrol(self, rows: Rows) -> None:
        """Count for whom units pay."""
        paying = (rows["_unit"] >= 0) & ((rows["status"] == 1) | (rows["status"] == 4))
        if rows.gone is not None:
            paying &= ~rows.gone
        for code in self.insured:
            count = np.bincount(rows["_unit"][paying & (rows["insurance"] == code)], minlength=self.units)
            self.active[code] = count + self.active.get(code, np.zeros(self.units, np.int64))

    def see(self, rows: Rows) -> None:
        """Note the units of a system that keeps no enrolments, from its people."""
        unit = rows["unit_no"][rows["unit_no"] != NULL] - int(data("systems")["employment"]["numbers"]["unit"])
        seen = np.bincount(unit[(unit >= 0) & (unit < self.units)], minlength=self.units) > 0
        self.insured[0] = seen | self.insured.get(0, np.zeros(self.units, np.bool_))
        self.active[0] = self.insured[0].astype(np.int64)

    def add(self, rows: Rows) -> None:
        """Add person rows to the sums."""
        kept = (rows["_unit"] >= 0) & (rows["insurance"] != NULL) & (rows["period"] != NULL)
        if rows.gone is not None:
            kept &= ~rows.gone
        slot = month_index(rows["period"]) - self.world.opened
        plain = (
            kept
            & (rows["kind"] == NORMAL)
            & (rows["book_month"] == rows["period"])
            & (slot >= 0)
            & (slot < self.months)
        )
        for insurance in np.unique(rows["insurance"][plain]):
            at = np.flatnonzero(plain & (rows["insurance"] == insurance))
            place = rows["_unit"][at] * self.months + slot[at]
            self._sum(int(insurance), place, [rows[name][at] for name in MEASURES])
        rest = np.flatnonzero(kept & ~plain)
        if len(rest):
            key = [rows["_unit"][rest], *(rows[name][rest] for name in KEY[1:])]
            amounts = [np.where(rows[name][rest] == NULL, 0, rows[name][rest]) for name in MEASURES]
            self.other.append(np.stack([*key, np.ones(len(rest), np.int64), *amounts]))

    def _sum(self, insurance: int, place: Ints, amounts: list[Ints]) -> None:
        size = self.units * self.months
        if insurance not in self.sums:
            self.sums[insurance] = np.zeros((1 + len(MEASURES), size), np.int64)
        sums = self.sums[insurance]
        sums[0] += np.bincount(place, minlength=size)
        for number, values in enumerate(amounts, 1):
            clean = np.where(values == NULL, 0, values)
            # Sums of cents stay far below 2**53, so adding them as floats is exact.
            sums[number] += np.rint(np.bincount(place, weights=clean.astype(np.float64), minlength=size)).astype(
                np.int64
            )

    def compare(self, rows: Rows, before: dict[str, Column]) -> None:
        """Note which sums lost a row, or had one changed, since ``before`` (unit, insurance and month as summed)."""
        n = len(before["_unit"])
        key = ledger_key(before["_unit"], before["insurance"], before["period"])
        moved = np.zeros(n, np.bool_) if rows.gone is None else rows.gone[:n] & ~before["_gone"]
        for name in ("unit_no", "insurance", "period"):
            moved |= rows[name][:n] != before[name]
        self.lost.append(key[moved])
        for mark in rows.marks:
            self.touched.append(key[mark.rows[mark.rows < n]])

    def rows(self) -> Rows:
        """The ledger as a table; ``_spoilt``: an error changed the detail; rows left without any are marked."""
        made = self._rows()
        key = ledger_key(made["_unit"], made["insurance"], made["period"])
        lost, count = np.unique(np.concatenate([*self.lost, np.empty(0, np.int64)]), return_counts=True)
        touched = np.unique(np.concatenate([*self.touched, lost]))
        made.columns["_spoilt"] = np.isin(key, touched)
        groups, inverse = np.unique(key, return_inverse=True)
        total = np.bincount(inverse, weights=made["headcount"].astype(np.float64))
        at = np.clip(np.searchsorted(lost, groups), 0, max(len(lost) - 1, 0))
        gone = np.zeros(len(groups), np.bool_)
        if len(lost):
            gone = (lost[at] == groups) & (count[at] >= total)
        made.mark(np.flatnonzero(gone[inverse]), "unit_no", "LED-NODETAIL+")
        return made

    def _rows(self) -> Rows:
        # Of a handful of people none may have an employer: then the ledger has no row, but its columns.
        parts = [_ledger_columns(_NONE, (_NONE, _NONE, _NONE, _NONE), np.empty((1 + len(MEASURES), 0), np.int64))]
        for insurance, sums in sorted(self.sums.items()):
            at = np.flatnonzero(sums[0])
            period = month_of(self.world.opened + at % self.months)
            same = np.full(len(at), insurance), period, np.full(len(at), NORMAL), period
            parts.append(_ledger_columns(at // self.months, same, sums[:, at]))
        if self.other:
            stacked = np.concatenate(self.other, axis=1)
            order = np.lexsort(stacked[4::-1])
            stacked = stacked[:, order]
            first = np.flatnonzero(np.concatenate([[True], (np.diff(stacked[:5], axis=1) != 0).any(axis=0)]))
            key = stacked[:5, first]
            parts.append(
                _ledger_columns(key[0], (key[1], key[2], key[3], key[4]), np.add.reduceat(stacked[5:], first, axis=1))
            )
        return Rows("unit_ledger", {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def ledger_key(unit: Ints, insurance: Ints, period: Ints) -> Ints:
    """One number for unit, insurance and month."""
    out: Ints = (unit * 1000 + insurance) * 1_000_000 + period
    return out


def _ledger_columns(unit: Ints, key: tuple[Ints, Ints, Ints, Ints], sums: Ints) -> dict[str, Column]:
    columns: dict[str, Column] = {"_unit": unit, **dict(zip(KEY[1:], key, strict=True)), "headcount": sums[0]}
    columns.update(zip(SHOWN, sums[1:], strict=True))
    return columns


def unit_enrolment_rows(world: World, units: Units, parameters: Parameters, ledger: Ledger) -> Rows:
    """One row per unit and insurance; the rate is this month's, for injury the unit's own."""
    names = ("_unit", "insurance", "status", "start_month", "end_month", "rate", "levy_mode")
    parts: list[dict[str, Column]] = [dict.fromkeys(names, _NONE)]
    for insurance, seen in sorted(ledger.insured.items()):
        at = np.flatnonzero(seen)
        n = len(at)
        payer = np.where(units.kind[at] == WINDOW, 2, 0)
        rate, _ = parameters.rates(insurance, payer, np.full(n, world.now))
        ended = units.end[at] < OPEN
        parts.append(
            {
                "_unit": at,
                "insurance": np.full(n, insurance),
                "status": np.where(ended, 3, np.where(ledger.active[insurance][at] > 0, 1, 2)),
                "start_month": month_of(units.start[at]),
                "end_month": np.where(ended, month_of(np.where(ended, units.end[at], 0)), NULL),
                "rate": units.injury[at] if insurance == 410 else rate,
                "levy_mode": np.full(n, 2),
            }
        )
    return Rows("unit_enrolment", {name: np.concatenate([part[name] for part in parts]) for name in names})


def unit_rows(units: Units, ledger: Ledger) -> Rows:
    """The units that the system knows."""
    none = np.zeros(len(units), np.bool_)
    at = np.flatnonzero(np.logical_or.reduce([none, *ledger.insured.values()]))
    active = sum((ledger.active[insurance][at] for insurance in ledger.active), np.zeros(len(at), np.int64))
    return unit_columns(units, at, np.asarray(active) > 0)


def unit_columns(units: Units, at: Ints, active: Mask) -> Rows:
    """Standard unit rows of the units ``at``."""
    kind = units.kind[at]
    ended = units.end[at] < OPEN
    home = np.array([c["code"] for c in data("places")["counties"]])[units.county[at]]
    return Rows(
        "unit",
        {
            "_unit": at,
            "old_unit_no": np.strings.add("D", digits(at + 10_000, 6)),
            "name": units.name[at],
            "uscc": units.uscc[at],
            "org_code": np.where(at % 3 == 0, np.strings.slice(units.uscc[at], 8, 17), ""),
            "si_reg_no": np.strings.add(home, digits(at + 1, 6)),
            "unit_type": np.array(["10", "55", "30", "60", "80"])[kind],
            "economic_type": np.where(kind == ENTERPRISE, np.array(["173", "151", "159", "160"])[at % 4], ""),
            "industry": digits(units.industry[at], 2),
            "life_status": np.where(ended, np.where(at % 5 == 0, 2, 3), 1),
            "unit_status": np.where(ended, 3, np.where(active, 1, 2)),
            "legal_rep": units.legal_rep[at],
            "phone": units.phone[at],
            "address": np.where(at % 97 == 13, np.strings.add(units.address[at], "\n（二楼）"), units.address[at]),
            "region_code": home,
            "hold": (at % 151 == 5).astype(np.int64),
            "hold_reason": np.where(at % 151 == 5, "欠费封存", ""),
        },
    )


def unit_changes(world: World, rows: Rows) -> dict[str, Column]:
    """Operations behind the state of units: registered, paused, struck off."""
    at, status = rows["_unit"], rows["status"]
    start = month_index(rows["start_month"])
    closed = np.flatnonzero(status == 3)
    paused = np.flatnonzero(status == 2)
    end = month_index(rows["end_month"][closed])
    unit = np.concatenate([at, at[closed], at[paused]])
    insurance = np.concatenate([rows["insurance"], rows["insurance"][closed], rows["insurance"][paused]])
    kind = np.concatenate([np.full(len(at), "01"), np.full(len(closed), "09"), np.full(len(paused), "02")])
    day = np.concatenate([first_day(start), last_day(end), first_day(np.full(len(paused), world.now - 1))])
    n = len(unit)
    return {
        "_person": np.full(n, -1, np.int64),
        "_unit": unit,
        "insurance": insurance,
        "kind": kind,
        "reason": np.full(n, ""),
        "date": day,
    }


def works_for(units: Units, unit: Ints, insurance: int) -> Mask:
    """Whether a unit has an insurance for its people: government none for unemployment, windows none for injury."""
    kind = units.kind[unit]
    if insurance == 210:
        return np.asarray(kind != GOVERNMENT)
    if insurance == 410:
        return np.asarray(kind != WINDOW)
    return np.asarray((kind <= BUSINESS) | (kind == WINDOW))


def units_of_systems(scene: Scene, ledgers: dict[str, Ledger]) -> dict[tuple[str, str], Rows]:
    """Units, their enrolments, operations and ledgers, by system and table, and the market register."""
    out: dict[tuple[str, str], Rows] = {}
    for system, ledger in ledgers.items():
        tables = data("systems")[system]["tables"]
        out[system, "unit"] = unit_rows(scene.units, ledger)
        enrolled = unit_enrolment_rows(scene.world, scene.units, scene.parameters, ledger)
        if "unit_enrolment" in tables:
            out[system, "unit_enrolment"] = enrolled
        if "change" in tables:
            out[system, "change"] = Rows("change", unit_changes(scene.world, enrolled))
        if "unit_ledger" in tables:
            out[system, "unit_ledger"] = ledger.rows()
    for (system, _), rows in out.items():
        number_units(system, rows)
    out["market", "unit"] = market_rows(scene.units)
    known = out["pension", "unit"]
    out["tax", "unit"] = Rows("unit", {name: known[name] for name in ("_unit", "uscc", "name")})
    return out


def number_units(system: str, rows: Rows) -> None:
    """Add the system's unit numbers, and record numbers to operations."""
    rows.columns["unit_no"] = number_of(system, "unit", rows["_unit"])
    if rows.table == "change":
        n = len(rows)
        rows.columns["person_no"] = np.full(n, NULL)
        rows.columns["record_no"] = 900_000_000_001 + np.arange(n)
        operated(rows, rows["_unit"] % 9)
