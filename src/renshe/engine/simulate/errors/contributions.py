"""Errors of contributions: keys, counterparts, doubles, months, bases and rates.

Amounts are in ``amounts``. Where business was done wrongly (charged twice, to another unit, after death) ledgers and
accounts were summed from it and agree; where a cell was spoilt later they keep the truth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from renshe.engine.simulate.careers import OPEN, Mode, Why
from renshe.engine.simulate.errors.registry import EARLY, LATE, Apply, Case, error
from renshe.engine.simulate.model import NULL, Ints, Mask, index_of, month_of
from renshe.engine.simulate.money import BACK, DEEMED, DIFFERENCE, HISTORY, NORMAL, SUBSIDY, TRANSFER_IN, half_up

PAYING = ("pension", "medical", "unemployment")


def plain(case: Case, *insurances: int, rare: bool = False) -> Mask:
    """Normal, arrived, monthly rows of months that no other row touches.

    Those of the dead, the moved, the newly retired and the unemployed are kept for the kinds that need them (``rare``).
    """
    good: Mask = case.cached("plain", lambda: _plain(case))
    if not rare:
        good &= case.cached("common", lambda: ~_scarce(case)[case.rows["_person"]])
    if not insurances:
        return good
    out = np.zeros(len(good), np.bool_)
    for insurance in insurances:
        out |= case.rows["insurance"] == insurance
    return np.asarray(good & out)


def _scarce(case: Case) -> Mask:
    block = case.block
    out = (block.death < OPEN) | (block.lives.retired < OPEN) | (block.lives.why == Why.OUT)
    out[block.idle.person] = True
    out[case.table("transfer", "pension")["_person"]] = True
    return np.asarray(out)


def _plain(case: Case) -> Mask:
    rows = case.rows
    good = (
        (rows["kind"] == NORMAL)
        & (rows["arrived"] == 1)
        & (rows["base"] != NULL)
        & (rows["book_month"] == rows["period"])
    )
    good &= (rows["_payer"] <= Mode.AGENT) & (rows["person_no"] == rows["_no"])
    special = np.flatnonzero(rows["kind"] != NORMAL)
    key = _month_key(rows["_person"], rows["_month"])
    # A second employer's row of the month would make up for what is wrong here.
    _, place, count = np.unique(key * 1000 + rows["insurance"], return_inverse=True, return_counts=True)
    return np.asarray(good & ~np.isin(key, np.unique(key[special])) & (count[place] == 1))


def _month_key(person: Ints, month: Ints) -> Ints:
    out: Ints = person * 1_000_000 + month
    return out


def this_year(case: Case) -> Mask:
    """Rows of the current year, which no account has yet."""
    return np.asarray(case.rows["_month"] >= case.scene.world.now // 12 * 12)


def add(case: Case, rows: Ints, month: Ints, kind: int = NORMAL) -> Ints:
    """Append copies of ``rows`` for other months, booked and paid then, that credit nothing to the account."""
    copies = case.rows.copy_rows(rows)
    for name in ("period", "book_month", "paid_month"):
        case.rows[name][copies] = month_of(month)
    case.rows["_month"][copies], case.rows["kind"][copies] = month, kind
    case.rows["person_credited"][copies], case.rows["unit_credited"][copies] = 0, 0
    case.rows["record_no"][copies] = renumber(case, copies)
    return copies


def renumber(case: Case, copies: Ints) -> Ints:
    """Record numbers that nobody has."""
    return case.block.number * 10_000_000 + 105_000_000 + copies


def _declare(
    id: str, name: str, systems: tuple[str, ...], apply: Apply, weight: float = 1.0, phase: int = LATE
) -> None:
    error(id, "contribution", name, systems, weight, phase)(apply)


def _put(name: str, value: int, *insurances: int, length: int = 6, recent: bool = False, deemed: bool = True) -> Apply:
    def apply(case: Case, n: int) -> None:
        among = plain(case, *insurances) & (this_year(case) if recent else True)
        if not deemed:
            among &= case.block.lives.deemed[case.rows["_person"]] == 0
        case.set(case.run(among, n, length), value, name)

    return apply


_declare("CON-PERSON-EMPTY", "person_no", PAYING, _put("person_no", NULL, length=1))
_declare("CON-INSURANCE-EMPTY", "insurance", ("pension", "medical"), _put("insurance", NULL, length=1))
_declare("CON-PERIOD-EMPTY", "period", PAYING, _put("period", NULL, length=1, recent=True))
_declare("CON-BASE-EMPTY", "base", ("pension",), _put("base", NULL, 110, 120))
_declare("CON-PAID-FUTURE", "paid_month", PAYING, _put("paid_month", 202203, recent=True))
_declare("CON-BOOK-FUTURE", "book_month", PAYING, _put("book_month", 202203, recent=True))
_declare("CON-PERIOD-1980", "period", ("pension",), _put("period", 197901, recent=True, length=1, deemed=False))
_declare("CON-PERIOD-FUTURE", "period", PAYING, _put("period", 202209, recent=True, length=1))
_declare("CON-ARRIVED-MONTH", "paid_month", ("pension",), _put("paid_month", NULL, recent=True))
_declare("CON-ARRIVED-FLAG", "arrived", ("pension",), _put("arrived", 0, recent=True))


@error("CON-PERSON", "contribution", "person_no", PAYING, phase=EARLY)
def _no_person(case: Case, n: int) -> None:
    """Rows of a person number that nobody has: somebody was deleted."""
    rows = case.run(plain(case), n)
    copies = case.rows.copy_rows(rows)
    case.rows["record_no"][copies] = renumber(case, copies)
    case.set(copies, case.rows["person_no"][rows] + 600_000)
    case.rows["_unit"][copies] = case.rows["_unit"][rows]


@error("CON-ENROL-LOST", "contribution", "insurance", ("pension", "medical"), phase=EARLY)
def _no_enrolment(case: Case, n: int) -> None:
    """The enrolment of one insurance was lost; its fees were paid all the same."""
    insurance = 410 if case.system == "pension" else 310
    among = plain(case, insurance)
    persons = case.persons(case.pick(among, max(1, n // 10)))
    for table in ("enrolment", "change"):
        other = case.table(table)
        other.drop(np.flatnonzero(np.isin(other["_person"], persons) & (other["insurance"] == insurance)))
    case.mark(np.flatnonzero(np.isin(case.rows["_person"], persons) & (case.rows["insurance"] == insurance)))


@error("CON-EXCLUSIVE", "contribution", "insurance", ("pension",), phase=EARLY)
def _two_schemes(case: Case, n: int) -> None:
    """Fees of two pension schemes for one month."""
    rows = case.run(plain(case, 110), max(1, n // 2), 2)
    copies = add(case, rows, case.rows["_month"][rows])
    case.rows["insurance"][copies], case.rows["_unit"][copies], case.rows["unit_no"][copies] = 120, -1, NULL
    case.mark(np.concatenate([rows, copies]))


@error("CON-RECORD-DUP", "contribution", "record_no", ("unemployment",))
def _record_twice(case: Case, n: int) -> None:
    rows = case.run(plain(case), n, 2)
    rows = rows[: len(rows) // 2 * 2]
    case.set(rows, np.repeat(case.rows["record_no"][rows[::2]], 2))


@error("CON-ENROL", "contribution", "insurance", ("pension",))
def _other_insurance(case: Case, n: int) -> None:
    """A fee booked to an insurance that the person does not have."""
    case.set(case.run(plain(case, 110), n, 1), 120)


@error("CON-UNIT", "contribution", "unit_no", PAYING)
def _no_unit(case: Case, n: int) -> None:
    rows = case.run(plain(case) & (case.rows["_unit"] >= 0), n)
    case.set(rows, case.rows["unit_no"][rows] + 5_000_000)


@error("CON-UNIT-EMPTY", "contribution", "unit_no", ("unemployment",))
def _unit_empty(case: Case, n: int) -> None:
    rows = case.run(plain(case) & (case.rows["_unit"] >= 0), n)
    case.set(rows, NULL)


@error("CON-ENROL-UNIT", "contribution", "unit_no", PAYING, phase=EARLY)
def _other_unit(case: Case, n: int) -> None:
    """Booked to a unit where the person does not work."""
    rows = case.run(plain(case) & (case.rows["_payer"] == Mode.UNIT), n)
    base = case.rows["unit_no"][rows] - case.rows["_unit"][rows]
    now = np.flatnonzero(
        plain(case) & (case.rows["_payer"] == Mode.UNIT) & (case.rows["_month"] == case.scene.world.now)
    )
    other = case.rows["_unit"][rows].copy()
    for insurance in np.unique(case.rows["insurance"][rows]):
        pool = case.rows["_unit"][now[case.rows["insurance"][now] == insurance]]
        same = case.rows["insurance"][rows] == insurance
        if len(pool):
            other[same] = pool[case.rng.integers(0, len(pool), int(same.sum()))]
    enrolled = case.table("enrolment")
    works_there = np.isin(case.persons(rows) * 10**6 + other, enrolled["_person"] * 10**6 + enrolled["_unit"])
    rows, base, other = (part[~works_there] for part in (rows, base, other))
    case.rows["_unit"][rows] = other
    case.set(rows, base + other)


def _double(*insurances: int) -> Apply:
    def apply(case: Case, n: int) -> None:
        rows = case.run(plain(case, *insurances), max(1, n // 2), 3)
        copies = case.rows.copy_rows(rows)
        case.rows["record_no"][copies] = renumber(case, copies)
        case.mark(np.concatenate([rows, copies]))

    return apply


_declare("CON-DUP", "period", PAYING, _double(110, 120, 210, 310), weight=3, phase=EARLY)
_declare("CON-DUP-410", "period", ("pension",), _double(410), phase=EARLY)


def _blank_amounts(case: Case, copies: Ints) -> None:
    for name in (
        "base",
        "unit_rate",
        "person_rate",
        "unit_due",
        "person_due",
        "unit_paid",
        "person_paid",
        "unit_credited",
        "person_credited",
    ):
        case.rows[name][copies] = NULL


@error("CON-DEEMED-DUP", "contribution", "period", ("pension",), phase=EARLY)
def _deemed_too(case: Case, n: int) -> None:
    none = case.block.lives.deemed[case.rows["_person"]] == 0
    rows = case.run(plain(case, 110, 120) & none, max(1, n // 2), 3)
    copies = add(case, rows, case.rows["_month"][rows], DEEMED)
    _blank_amounts(case, copies)
    case.rows["_unit"][copies], case.rows["unit_no"][copies] = -1, NULL
    case.mark(np.concatenate([rows, copies]))


@error("CON-TRANSFER-DUP", "contribution", "period", ("pension",), phase=EARLY)
def _transferred_too(case: Case, n: int) -> None:
    rows = case.run(plain(case, 110, 120), max(1, n // 2), 3)
    copies = add(case, rows, case.rows["_month"][rows], TRANSFER_IN)
    case.rows["_unit"][copies], case.rows["unit_no"][copies] = -1, NULL
    case.mark(np.concatenate([rows, copies]))


@error("CON-TRANSFER-TWICE", "contribution", "period", ("pension",), phase=EARLY)
def _transferred_twice(case: Case, n: int) -> None:
    world = case.scene.world
    late = case.block.lives.joined[case.rows["_person"]] < world.opened - 40
    rows = case.run(plain(case, 110, 120) & late, max(1, n // 2), 2)
    copies = [add(case, rows, case.rows["_month"][rows] - 36, TRANSFER_IN) for _ in range(2)]
    for at in copies:
        case.rows["_unit"][at], case.rows["unit_no"][at] = -1, NULL
        case.mark(at)


@error("CON-PERIOD-FAR", "contribution", "period", ("resident",))
def _far(case: Case, n: int) -> None:
    normal = (case.rows["kind"] == NORMAL) & (case.rows["period"] == case.scene.world.now // 12 * 100)
    case.set(case.pick(normal, n), case.scene.world.now // 12 * 100 + 300)


@error("CON-PERIOD-NEXT", "contribution", "period", ("pension",), phase=EARLY)
def _next_month(case: Case, n: int) -> None:
    now = case.scene.world.now
    rows = case.pick(plain(case, 110) & (case.rows["_month"] == now) & (case.rows["_unit"] >= 0), n)
    copies = add(case, rows, np.full(len(rows), now + 1))
    for name in ("unit_paid", "person_paid"):
        case.rows[name][copies] = 0
    case.rows["arrived"][copies], case.rows["paid_month"][copies] = 0, NULL
    case.mark(copies)


def _early(name: str) -> Apply:
    def apply(case: Case, n: int) -> None:
        rows = case.run(plain(case) & this_year(case) & (case.rows["_month"] % 12 > 1), n, 3)
        case.set(rows, month_of(case.rows["_month"][rows] - 1), name)

    return apply


_declare("CON-PAID-EARLY", "paid_month", ("pension", "unemployment"), _early("paid_month"))
_declare("CON-BOOK-EARLY", "book_month", ("medical",), _early("book_month"))


@error("CON-BEFORE-ENROL", "contribution", "period", ("pension",), phase=EARLY)
def _before(case: Case, n: int) -> None:
    joined = case.block.lives.joined[case.rows["_person"]]
    rows = case.pick(
        plain(case, 110, 120) & (case.rows["_month"] == joined) & (joined > case.scene.world.opened + 4), n
    )
    case.mark(add(case, rows, case.rows["_month"][rows] - 3))


@error("CON-16", "contribution", "period", ("pension",), phase=EARLY)
def _child(case: Case, n: int) -> None:
    """Back-paid for months before sixteen."""
    born = index_of(case.block.people.birth[case.rows["_person"]])
    citizen = (case.block.people.id_type == "01")[case.rows["_person"]]
    rows = case.pick(plain(case, 110) & citizen & (born > 1970 * 12), n)
    copies = add(case, rows, born[rows] + 15 * 12, BACK)
    case.rows["book_month"][copies] = case.rows["period"][rows]
    case.rows["paid_month"][copies] = case.rows["period"][rows]
    case.mark(copies)


def _after(case: Case, n: int, ends: Ints, insurances: tuple[int, ...], kind: int = NORMAL) -> None:
    """Append months after each person's ``ends`` as copies of the last month paid."""
    now = case.scene.world.now
    person = case.rows["_person"]
    last = plain(case, *insurances, rare=True) & (case.rows["_month"] <= ends[person]) & (ends[person] < now - 3)
    last &= case.rows["_month"] >= ends[person] - 2
    rows = case.pick(last, max(1, n // 3))
    for step in (1, 2, 3):
        case.mark(add(case, rows, ends[case.persons(rows)] + step, kind))


@error("CON-DEATH", "contribution", "period", ("pension",), weight=0.3, phase=EARLY)
def _after_death(case: Case, n: int) -> None:
    _after(case, n, case.block.death, (110, 120))


@error("CON-RETIRE", "contribution", "period", ("pension",), weight=0.3, phase=EARLY)
def _after_retirement(case: Case, n: int) -> None:
    ends = np.where(case.block.death == OPEN, case.block.lives.retired, OPEN)
    _after(case, n, np.where(ends < case.scene.world.now - 5, ends, OPEN), (110, 120))


@error("CON-SUBSIDY-RETIRE", "contribution", "period", ("pension",), weight=0.3, phase=EARLY)
def _subsidy_retired(case: Case, n: int) -> None:
    ends = np.where(case.block.death == OPEN, case.block.lives.retired, OPEN)
    _after(case, n, ends, (110,), SUBSIDY)


@error("CON-TRANSFER-OUT", "contribution", "period", ("pension",), weight=0.3, phase=EARLY)
def _after_leaving(case: Case, n: int) -> None:
    ends = np.where(case.block.lives.why == Why.OUT, case.block.lives.until + 1, OPEN)
    _after(case, n, ends, (110, 120))


@error("CON-UNEMPLOYED", "contribution", "period", ("unemployment",), phase=EARLY)
def _working_idle(case: Case, n: int) -> None:
    """Paid unemployment insurance while drawing its benefit."""
    paid = case.table("benefit_payment")
    regular = np.flatnonzero(paid["kind"] == "regular")
    rows = case.pick(plain(case, rare=True) & np.isin(case.rows["_person"], paid["_person"][regular]), n)
    at = (
        regular[np.searchsorted(paid["_person"][regular], case.persons(rows))]
        if _sorted(paid["_person"][regular])
        else None
    )
    if at is not None:
        case.mark(add(case, rows, paid["_month"][at]))


def _sorted(values: Ints) -> bool:
    return bool((np.diff(values) >= 0).all())


@error("CON-BACK-RETIRE", "contribution", "period", ("pension",), phase=EARLY)
def _bought_years(case: Case, n: int) -> None:
    """Three and a half years bought in one go shortly before retirement."""
    now = case.scene.world.now
    retire = case.block.people.retire[case.rows["_person"]]
    man = case.block.people.sex[case.rows["_person"]] == 1
    close = man & (retire > now) & (retire < now + 18) & (case.rows["_month"] == now)
    first = case.block.lives.joined[case.rows["_person"]] < case.scene.world.opened - 60
    rows = case.pick(plain(case, 110) & close & first, max(1, n // 42))
    for step in range(42):
        copies = add(case, rows, case.rows["_month"][rows] - 72 + step, BACK)
        case.rows["book_month"][copies] = month_of(now)
        case.rows["paid_month"][copies] = month_of(now)
        case.mark(copies)


def _bad_kinds(kind: int) -> Callable[[Case], Mask]:
    return lambda case: np.asarray(case.rows["kind"] == kind)


SPECIAL = {"back": _bad_kinds(BACK), "difference": _bad_kinds(DIFFERENCE), "history": _bad_kinds(HISTORY)}


@error("CON-FEE-NEG", "contribution", "interest", ("pension",), weight=0.2)
def _fee(case: Case, n: int) -> None:
    case.set(case.pick(SPECIAL["back"](case) & (case.rows["interest"] > 0), n), -100)


@error("CON-LATE-NEG", "contribution", "late_fee", ("pension",), weight=0.2)
def _late_fee(case: Case, n: int) -> None:
    case.set(case.pick(SPECIAL["back"](case) & (case.rows["late_fee"] > 0), n), -100)


def recharge(case: Case, rows: Ints, base: Ints) -> None:
    """Amounts on another base, by the rates that the rows carry; the account gets 8 % of it or the employee's share."""
    case.rows["base"][rows] = base
    for side in ("unit", "person"):
        due = half_up(base * case.rows[f"{side}_rate"][rows])
        case.rows[f"{side}_due"][rows], case.rows[f"{side}_paid"][rows] = due, due
    kept = case.rows["person_credited"][rows] > 0
    share = np.where(
        np.isin(case.rows["insurance"][rows], (110, 120)), half_up(base * 800), case.rows["person_paid"][rows]
    )
    case.rows["person_credited"][rows] = np.where(kept, share, case.rows["person_credited"][rows])
