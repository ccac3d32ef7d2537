"""Errors of unit ledgers and personal accounts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from renshe.engine.simulate.errors.registry import UNITS, Apply, Case, error
from renshe.engine.simulate.model import NULL, Ints, Mask, month_index, month_of
from renshe.engine.simulate.money import BACK, HISTORY, NORMAL, SUBSIDY

LEDGERS = ("pension", "medical", "unemployment")
SUMS = ("headcount", "base_total", "unit_due", "person_due", "unit_paid", "person_paid")


def plain(case: Case) -> Mask:
    """Normal ledger rows of more than one person with dues on both sides, whose detail nothing has spoilt."""
    rows = case.rows
    good = (
        (rows["kind"] == NORMAL) & (rows["headcount"] >= 2) & (rows["unit_due"] > 2_000) & (rows["person_due"] > 2_000)
    )
    return np.asarray(good & (rows["book_month"] == rows["period"]) & ~rows["_spoilt"])


def _ledger(id: str, name: str, apply: Apply) -> None:
    error(id, "unit_ledger", name, LEDGERS, 1.0, UNITS)(apply)


def _changed(name: str, change: Callable[[Ints], Ints]) -> Apply:
    def apply(case: Case, n: int) -> None:
        rows = case.run(plain(case), n)
        case.set(rows, change(case.rows[name][rows]))

    return apply


def _copied(name: str, value: int) -> Apply:
    """A row more, with a field that is empty or impossible."""

    def apply(case: Case, n: int) -> None:
        rows = case.run(plain(case), n, 2)
        case.set(case.rows.copy_rows(rows), value, name)

    return apply


_ledger("LED-HEADCOUNT", "headcount", _changed("headcount", lambda v: v + 3))
_ledger("LED-BASE", "base_total", _changed("base_total", lambda v: v + 123_400))
_ledger("LED-UDUE", "unit_due", _changed("unit_due", lambda v: v + 55_500))
_ledger("LED-PDUE", "person_due", _changed("person_due", lambda v: v + 44_400))
_ledger("LED-UPAID", "unit_paid", _changed("unit_paid", lambda v: v // 2))
_ledger("LED-PPAID", "person_paid", _changed("person_paid", lambda v: v // 2))
_ledger("LED-HEADCOUNT-NEG", "headcount", _changed("headcount", lambda v: -v))
_ledger("LED-DUE-NEG", "unit_due", _changed("unit_due", lambda v: -v))
_ledger("LED-PDUE-NEG", "person_due", _changed("person_due", lambda v: -v))
_ledger("LED-UNIT-EMPTY", "unit_no", _copied("unit_no", int(NULL)))
_ledger("LED-INSURANCE-EMPTY", "insurance", _copied("insurance", int(NULL)))
_ledger("LED-PERIOD-EMPTY", "period", _copied("period", int(NULL)))
_ledger("LED-PERIOD-FUTURE", "period", _copied("period", 202212))
_ledger("LED-PERIOD-1980", "period", _copied("period", 197506))
_ledger("LED-BOOK-FUTURE", "book_month", _copied("book_month", 202212))


@error("LED-UNIT", "unit_ledger", "unit_no", LEDGERS, phase=UNITS)
def _no_unit(case: Case, n: int) -> None:
    rows = case.run(plain(case), n, 2)
    case.set(case.rows.copy_rows(rows), case.rows["unit_no"][rows] + 1_500_000)


@error("LED-DUP", "unit_ledger", "period", LEDGERS, phase=UNITS)
def _twice(case: Case, n: int) -> None:
    rows = case.run(plain(case), max(1, n // 2), 3)
    case.mark(np.concatenate([rows, case.rows.copy_rows(rows)]))


@error("LED-ENROL", "unit_ledger", "insurance", ("pension",), phase=UNITS)
def _not_enrolled(case: Case, n: int) -> None:
    rows = case.run(plain(case) & (case.rows["insurance"] == 110), n, 2)
    case.set(case.rows.copy_rows(rows), 120)


@error("LED-NODETAIL", "unit_ledger", "unit_no", LEDGERS, phase=UNITS)
def _no_detail(case: Case, n: int) -> None:
    """Assessed for a month before the unit paid for anybody."""
    key = case.rows["_unit"] * 1000 + case.rows["insurance"]
    first = np.ones(len(key), np.bool_)
    first[1:] = key[1:] != key[:-1]
    lowest = case.rows["period"][first & plain(case)]
    later = first & (case.rows["period"] > (int(lowest.min()) if len(lowest) else 0))
    rows = case.pick(plain(case) & later, n)
    copies = case.rows.copy_rows(rows)
    before = month_of(month_index(case.rows["period"][rows]) - 1)
    case.rows["period"][copies], case.rows["book_month"][copies] = before, before
    case.mark(copies)


@error("LED-NODETAIL-KIND", "unit_ledger", "kind", LEDGERS, phase=UNITS)
def _no_such_kind(case: Case, n: int) -> None:
    rows = case.run(plain(case), n, 2)
    case.set(case.rows.copy_rows(rows), BACK)


@error("LED-HEADCOUNT-MORE", "unit_ledger", "headcount", LEDGERS, phase=UNITS)
def _all_differ(case: Case, n: int) -> None:
    """A sum of another month: nothing fits."""
    rows = case.run(plain(case), n, 2)
    for name, rule in zip(SUMS[1:], ("BASE", "UDUE", "PDUE", "UPAID", "PPAID"), strict=True):
        case.rows[name][rows] = case.rows[name][rows] * 2 + 777
        case.rows.mark(rows, name, f"LED-{rule}-MORE+")
    case.set(rows, case.rows["headcount"][rows] + 2)


def _more_than_due(side: str) -> Apply:
    def apply(case: Case, n: int) -> None:
        rows = case.run(plain(case), n, 2)
        copies = case.rows.copy_rows(rows)
        case.rows["period"][copies], case.rows["book_month"][copies] = 201812, 201812
        case.set(copies, case.rows[f"{side}_due"][copies] + 10_000, f"{side}_paid")

    return apply


_ledger("LED-UPAID-DUE", "unit_paid", _more_than_due("unit"))
_ledger("LED-PPAID-DUE", "person_paid", _more_than_due("person"))


ACCOUNTS = ("pension", "resident")


def latest(case: Case) -> Mask:
    """Accounts of the last whole year that hold something."""
    year = case.scene.world.now // 12 - 1
    return np.asarray((case.rows["year"] == year) & (case.rows["opening"] > 50_000) & (case.rows["paid_out"] == 0))


def _account(id: str, name: str, apply: Apply, systems: tuple[str, ...] = ACCOUNTS) -> None:
    error(id, "account", name, systems)(apply)


def _settle(case: Case, rows: Ints) -> None:
    """Make the closing fit again."""
    total = sum(case.rows[name][rows] for name in ("opening", "principal", "interest", "transfer_in", "adjust"))
    case.rows["closing"][rows] = total - case.rows["paid_out"][rows]


def _booked(name: str, change: Callable[[Ints], Ints], settle: bool = True) -> Apply:
    def apply(case: Case, n: int) -> None:
        rows = case.pick(latest(case), n)
        case.set(rows, change(case.rows[name][rows]))
        if settle:
            _settle(case, rows)

    return apply


def _extra(name: str, value: int) -> Apply:
    def apply(case: Case, n: int) -> None:
        case.set(case.rows.copy_rows(case.pick(latest(case), n)), value, name)

    return apply


_account("ACC-PERSON-EMPTY", "person_no", _extra("person_no", int(NULL)))
_account("ACC-INSURANCE-EMPTY", "insurance", _extra("insurance", int(NULL)))
_account("ACC-YEAR-EMPTY", "year", _extra("year", int(NULL)))
_account("ACC-YEAR-FUTURE", "year", _extra("year", 2023))
_account("ACC-YEAR-1984", "year", _extra("year", 1980))
_account("ACC-ROLL", "closing", _booked("closing", lambda v: v + 10_000, settle=False))
_account("ACC-OPENING", "opening", _booked("opening", lambda v: v + 12_300))
_account("ACC-INTEREST-NEG", "interest", _booked("interest", lambda v: -np.abs(v) - 100))
_account("ACC-INTEREST-HIGH", "interest", _booked("interest", lambda v: v * 6 + 10_000), ("pension",))
_account("ACC-INTEREST-LOW", "interest", _booked("interest", lambda v: v * 0), ("pension",))
_account("ACC-OPENING-NEG", "opening", _booked("opening", lambda v: -v))
_account("ACC-PAID-NEG", "paid_out", _booked("paid_out", lambda v: v - 5_000))
_account("ACC-TRANSFER-NEG", "transfer_in", _booked("transfer_in", lambda v: v * 0 - 5_000), ("pension",))


@error("ACC-TRANSFER", "account", "transfer_in", ("pension",))
def _transferred(case: Case, n: int) -> None:
    moved = case.table("transfer")["_person"]
    rows = case.pick(latest(case) & ~np.isin(case.rows["_person"], moved), n)
    case.set(rows, 300_000)
    _settle(case, rows)


_account("ACC-PRINCIPAL-NEG", "principal", _booked("principal", lambda v: -np.abs(v) - 100))


@error("ACC-CLOSING-NEG", "account", "closing", ACCOUNTS)
def _overdrawn(case: Case, n: int) -> None:
    rows = case.pick(latest(case), n)
    case.rows["paid_out"][rows] = case.rows["closing"][rows] + 50_000
    _settle(case, rows)
    case.mark(rows)


@error("ACC-PERSON", "account", "person_no", ACCOUNTS)
def _no_person(case: Case, n: int) -> None:
    rows = case.pick(latest(case), n)
    case.set(case.rows.copy_rows(rows), case.rows["person_no"][rows] + 620_000)


@error("ACC-ENROL", "account", "insurance", ("pension",))
def _account_not_enrolled(case: Case, n: int) -> None:
    rows = case.pick(latest(case) & (case.rows["insurance"] == 110), n)
    case.set(case.rows.copy_rows(rows), 120)


@error("ACC-DUP", "account", "year", ACCOUNTS)
def _account_twice(case: Case, n: int) -> None:
    rows = case.pick(latest(case), max(1, n // 2))
    case.mark(np.concatenate([rows, case.rows.copy_rows(rows)]))


@error("ACC-NOCONTRIB", "account", "principal", ("pension",))
def _no_contributions(case: Case, n: int) -> None:
    """Fees were credited, their rows are lost."""
    block = case.block
    unit = np.zeros(len(block.people), np.bool_)
    unit[block.spells.person[block.spells.unit >= 0]] = True
    rows = case.pick(latest(case) & (case.rows["principal"] > 0) & ~unit[case.rows["_person"]], n)
    case.table("contribution").drop(case.of("contribution", case.persons(rows)))
    every = np.isin(case.rows["_person"], case.persons(rows)) & (case.rows["principal"] > 0)
    case.mark(np.flatnonzero(every))


@error("ACC-DEAD", "account", "principal", ("pension",))
def _credited_dead(case: Case, n: int) -> None:
    year = case.scene.world.now // 12 - 1
    died = case.block.death[case.rows["_person"]] // 12 < year
    rows = case.pick(died & (case.rows["year"] == year - 1), n)
    copies = case.rows.copy_rows(rows)
    for name in ("opening", "interest", "transfer_in", "adjust", "paid_out"):
        case.rows[name][copies] = 0
    case.rows["year"][copies], case.rows["principal"][copies] = year, 240_000
    _settle(case, copies)
    case.mark(copies)


@error("ACC-OPENING-PREV", "account", "opening", ACCOUNTS, weight=0.5)
def _carried_wrongly(case: Case, n: int) -> None:
    """The closing of the year before was spoilt; this year's opening is right and does not fit."""
    rows = case.pick(latest(case), n)
    before = _year_before(case, rows)
    case.rows["closing"][before] += 7_700
    case.rows.mark(before, "closing", "ACC-ROLL")
    case.mark(np.flatnonzero(np.isin(case.rows["_person"], case.rows["_person"][before]) & latest(case)))


def _year_before(case: Case, rows: Ints) -> Ints:
    year = case.scene.world.now // 12 - 2
    return np.flatnonzero(np.isin(case.rows["_person"], case.persons(rows)) & (case.rows["year"] == year))


@error("ACC-GAP", "account", "year", ACCOUNTS, weight=0.5)
def _year_missing(case: Case, n: int) -> None:
    """An account of years ago, then nothing, then the accounts of now."""
    before = _year_before(case, case.pick(latest(case), n))
    copies = case.rows.copy_rows(before)
    case.rows["year"][copies] -= 2
    case.mark(before)


@error("ACC-PRINCIPAL", "account", "principal", ACCOUNTS)
def _principal(case: Case, n: int) -> None:
    paid = case.table("contribution")
    odd = np.unique(paid["_person"][(paid["kind"] != NORMAL) & (paid["kind"] != HISTORY) & (paid["kind"] != SUBSIDY)])
    rows = case.pick(latest(case) & (case.rows["principal"] > 0) & ~np.isin(case.rows["_person"], odd), n)
    case.set(rows, case.rows["principal"][rows] * 3 + 500_000)
    _settle(case, rows)
