"""Errors of persons and units that are rarer: nobody's rows, impossible births, holds, tax receipts."""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.block import person_rows
from renshe.engine.simulate.careers import OPEN
from renshe.engine.simulate.errors.contributions import plain
from renshe.engine.simulate.errors.persons import DAY, alive, citizen
from renshe.engine.simulate.errors.registry import UNITS, Apply, Case, error
from renshe.engine.simulate.errors.units import paused
from renshe.engine.simulate.model import NULL, Column, month_of
from renshe.engine.simulate.money import SUBSIDY
from renshe.engine.simulate.people import Track, check_digits, digits, yyyymmdd
from renshe.engine.simulate.units import check_character


@error("PER-NO-EMPTY", "person", "person_no", ("pension",), weight=0.5)
def _numberless(case: Case, n: int) -> None:
    """Somebody registered without a number: here, people whom the system does not insure."""
    people = case.block.people
    unknown = np.flatnonzero((people.track == Track.RESIDENT) & case.free & np.isnat(people.death))[: max(n, 1)]
    case.free[unknown] = False
    made = person_rows(case.block, case.system, unknown, tuple(case.rows.columns))
    copies = case.rows.copy_rows(np.zeros(len(unknown), np.int64))
    for name in case.rows.columns:
        case.rows.put(name, copies, made[name])
    case.set(copies, NULL)


def _born(day: np.datetime64, blank: bool) -> Apply:
    """A birth date that cannot be, on a row whose identity number is missing too."""

    def apply(case: Case, n: int) -> None:
        rows = case.pick(alive(case) & citizen(case), n)
        if blank:
            case.rows.put("id_number", rows, "")
            case.rows.mark(rows, "id_number", "PER-ID-EMPTY")
        case.set(rows, day)

    return apply


error("PER-BIRTH-FUTURE", "person", "birth_date", ("resident",), weight=0.5)(_born(np.datetime64("2031-03-01"), True))
error("PER-BIRTH-1900", "person", "birth_date", ("resident",), weight=0.5)(_born(np.datetime64("1873-03-01"), True))


@error("PER-AGE-110", "person", "birth_date", ("resident",), weight=0.5)
def _very_old(case: Case, n: int) -> None:
    """Nobody noticed the death of the very old; the number is theirs and known to nobody else."""
    sixty = np.datetime64(case.scene.world.as_of) - 22_500 * DAY
    rows = case.pick(alive(case) & citizen(case) & (case.rows["birth_date"] < sixty), n)
    born = np.datetime64("1906-01-01") + (rows % 300) * DAY
    region = np.strings.slice(case.rows["id_number"][rows], 0, 6)
    serial = digits(case.block.number * 17 % 400 + np.arange(len(rows)) * 2 + 1 + (case.rows["sex"][rows] == 2), 3)
    body = np.strings.add(np.strings.add(region, digits(yyyymmdd(born), 8)), serial)
    case.rows.put("id_number", rows, np.strings.add(body, check_digits(body)))
    case.set(rows, born)


@error("PER-DEEMED-SUM", "person", "deemed_months", ("pension",))
def _deemed(case: Case, n: int) -> None:
    rows = case.pick((case.rows["deemed_months"] > 12) & np.isin(case.rows["_person"], _with_detail(case)), n)
    case.set(rows, case.rows["deemed_months"][rows] - 6)


def _with_detail(case: Case) -> Column:
    paid = case.table("contribution")
    return np.unique(paid["_person"][(paid["kind"] == 9005) & (paid["person_no"] == paid["_no"])])


def _hold(case: Case, n: int) -> None:
    rows = case.pick(case.rows["hold"] == 0, n)
    case.rows["hold"][rows] = 2
    case.mark(rows)


error("PER-HOLD-REASON", "person", "hold_reason", ("pension",))(_hold)
error("UNI-HOLD-REASON", "unit", "hold_reason", ("pension",), phase=UNITS)(_hold)


@error("PER-ID-FORM", "person", "id_number", ("employment",))
def _form(case: Case, n: int) -> None:
    rows = case.pick(citizen(case), n)
    case.set(rows, np.strings.add("E", digits(12_345_600 + rows, 8)))


@error("PER-STUDENT", "person", "identity_kind", ("medical",))
def _student(case: Case, n: int) -> None:
    old = case.rows["birth_date"] < np.datetime64("1985-01-01")
    case.set(case.pick(alive(case) & old, n), "3")


@error("PER-WORK-16-OLD", "person", "work_start_date", ("pension",))
def _young_worker(case: Case, n: int) -> None:
    born = case.rows["birth_date"]
    then = (born > np.datetime64("1966-01-01")) & (born < np.datetime64("1978-01-01"))
    rows = case.pick(alive(case) & citizen(case) & then & (case.block.lives.deemed[case.rows["_person"]] == 0), n)
    case.set(rows, born[rows] + 15 * 365 * DAY)


@error("PER-RETIRE-EARLY", "person", "retire_date", ("pension",))
def _unexplained(case: Case, n: int) -> None:
    """Retired years early, and the benefit does not say why."""
    life = case.block.lives
    person = case.rows["_person"]
    some = (
        (life.retired[person] < case.scene.world.now - 5)
        & alive(case)
        & citizen(case)
        & ~case.block.people.early[person]
    )
    some &= case.rows["sex"] == 1
    rows = case.pick(some, n)
    benefit = case.table("benefit")
    at = case.of("benefit", case.persons(rows))
    benefit.put("retire_kind", at, "")
    benefit.mark(at, "retire_kind", "BEN-KIND-EMPTY")
    case.set(rows, case.rows["retire_date"][rows] - 5 * 365 * DAY)


@error("PER-RETIRE-NOBENEFIT", "person", "retire_date", ("pension",))
def _no_benefit(case: Case, n: int) -> None:
    person = case.rows["_person"]
    some = (case.block.lives.retired[person] < case.scene.world.now - 5) & alive(case) & citizen(case)
    rows = case.pick(some, n)
    for table in ("benefit", "benefit_payment"):
        case.table(table).drop(case.of(table, case.persons(rows)))
    case.rows["retired"][rows] = NULL
    case.mark(rows)


@error("CON-SUBSIDY-DOLE", "contribution", "period", ("unemployment",))
def _subsidised(case: Case, n: int) -> None:
    """A subsidy for a month in which unemployment benefit was drawn."""
    paid = case.table("benefit_payment")
    regular = np.flatnonzero((paid["kind"] == "regular") & (case.block.death[paid["_person"]] == OPEN))
    rows = case.pick(plain(case, rare=True) & np.isin(case.rows["_person"], paid["_person"][regular]), n)
    persons, first = np.unique(paid["_person"][regular], return_index=True)
    month = paid["_month"][regular[first[np.searchsorted(persons, case.persons(rows))]]]
    copies = case.rows.copy_rows(rows)
    case.rows["record_no"][copies] = case.block.number * 10_000_000 + 106_000_000 + copies
    for name in ("period", "book_month", "paid_month"):
        case.rows[name][copies] = month_of(month)
    case.rows["kind"][copies], case.rows["unit_no"][copies], case.rows["_unit"][copies] = SUBSIDY, NULL, -1
    case.mark(copies)


def _receipt(name: str) -> Apply:
    """The tax authority received another sum."""

    def apply(case: Case, n: int) -> None:
        tax = case.table("contribution", "tax")
        key = (tax["person_no"] * 1000 + tax["insurance"]) * 1000 + tax["period"] % 1000
        order = np.argsort(key)
        mine = (case.rows["person_no"] * 1000 + case.rows["insurance"]) * 1000 + case.rows["period"] % 1000
        once = np.isin(case.rows["insurance"], (110, 120))
        recent = once & plain(case) & (case.rows["_month"] > case.scene.world.now - 2) & np.isin(mine, key)
        rows = case.pick(recent, n)
        at = order[np.searchsorted(key, mine[rows], sorter=order)]
        tax[name][at] += 5_000
        case.mark(rows)

    return apply


for _field in ("person", "unit"):
    error(f"CON-TAX-{_field.upper()}", "contribution", f"{_field}_paid", ("pension",))(_receipt(f"{_field}_paid"))


def _unit_receipt(name: str) -> Apply:
    def apply(case: Case, n: int) -> None:
        """Every ledger row of the unit and month is in doubt."""
        tax = case.table("unit_ledger", "tax")
        key = (tax["unit_no"] * 1000 + tax["insurance"]) * 1000 + tax["period"] % 1000
        order = np.argsort(key)
        mine = (case.rows["unit_no"] * 1000 + case.rows["insurance"]) * 1000 + case.rows["period"] % 1000
        recent = (
            np.isin(mine, key)
            & (case.rows["headcount"] > 0)
            & (case.rows["period"] >= month_of(case.scene.world.now - 1))
        )
        rows = case.pick(recent, n)
        at = order[np.searchsorted(key, mine[rows], sorter=order)]
        tax[name][at] += 5_000
        case.mark(np.flatnonzero(np.isin(mine, mine[rows]) & (case.rows["period"] >= 202001)))

    return apply


for _field in ("person", "unit"):
    error(f"LED-TAX-{_field.upper()}", "unit_ledger", f"{_field}_paid", ("pension",), phase=UNITS)(
        _unit_receipt(f"{_field}_paid")
    )


def _without_number(case: Case, n: int) -> None:
    rows = case.pick(paused(case), n)
    copies = case.rows.copy_rows(rows)
    body = np.strings.add("9122080298", digits(4_000_000 + np.arange(len(copies)), 7))
    case.rows.put("uscc", copies, np.strings.add(body, check_character(body)))
    case.rows.put("name", copies, np.strings.add(case.rows["name"][rows], "三部"))
    for name in ("org_code", "old_unit_no"):
        case.rows.put(name, copies, "")
    case.set(copies, NULL)


error("UNI-NO-EMPTY", "unit", "unit_no", ("pension",), phase=UNITS)(_without_number)


@error("UEN-UNIT-EMPTY", "unit_enrolment", "unit_no", ("pension", "medical"), phase=UNITS)
def _nobodys(case: Case, n: int) -> None:
    rows = case.pick(case.rows["status"] > 0, n)
    case.set(case.rows.copy_rows(rows), NULL)
