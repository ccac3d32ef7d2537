"""Errors of benefit payments."""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.careers import OPEN
from renshe.engine.simulate.errors.payouts import ALL, PENSION, copy
from renshe.engine.simulate.errors.registry import Apply, Case, error
from renshe.engine.simulate.model import NULL, Ints, Mask, index_of, month_of


def regular(case: Case, older: int = 0) -> Mask:
    """Regular payments of the living, at least ``older`` months ago, of months that no other row touches."""

    def make() -> Mask:
        rows = case.rows
        odd = np.flatnonzero(rows["kind"] != "regular")
        key = rows["_person"] * 1_000_000 + rows["_month"]
        alive = case.block.death[rows["_person"]] == OPEN
        return np.asarray((rows["kind"] == "regular") & alive & ~np.isin(key, np.unique(key[odd])))

    return case.cached("regular", make) & (case.rows["_month"] <= case.scene.world.now - older)


def _declare(id: str, name: str, systems: tuple[str, ...], apply: Apply) -> None:
    error(id, "benefit_payment", name, systems)(apply)


def _put(value: int) -> Apply:
    return lambda case, n: case.set(case.run(regular(case, 5), n, 2), value)


for _id, _field, _value in (
    ("BPY-PERSON-EMPTY", "person_no", int(NULL)),
    ("BPY-INSURANCE-EMPTY", "insurance", int(NULL)),
    ("BPY-PERIOD-EMPTY", "period", int(NULL)),
    ("BPY-AMOUNT-EMPTY", "amount", int(NULL)),
    ("BPY-PERIOD-FUTURE", "period", 202209),
    ("BPY-PERIOD-1951", "period", 194001),
    ("BPY-PAID-FUTURE", "paid_month", 202209),
    ("BPY-AMOUNT-ZERO", "amount", 0),
):
    _declare(_id, _field, PENSION, _put(_value))


def _times(factor: int, older: int = 1) -> Apply:
    def apply(case: Case, n: int) -> None:
        rows = case.run(regular(case, older) & (case.rows["amount"] > 5_000), n, 3)
        case.set(rows, case.rows["amount"][rows] * factor)

    return apply


_declare("BPY-AMOUNT-NEG", "amount", ALL, _times(-1))
_declare("BPY-AMOUNT-HIGH", "amount", ("pension",), _times(20, 2))


@error("BPY-AMOUNT", "benefit_payment", "amount", ("pension",))
def _other_amount(case: Case, n: int) -> None:
    rows = case.pick(regular(case) & (case.rows["_month"] == case.scene.world.now), n)
    case.set(rows, case.rows["amount"][rows] + 8_000)


@error("BPY-PAID-EARLY", "benefit_payment", "paid_month", ALL)
def _paid_early(case: Case, n: int) -> None:
    rows = case.run(regular(case, 2), n, 3)
    case.set(rows, month_of(case.rows["_month"][rows] - 4))


@error("BPY-PERSON", "benefit_payment", "person_no", ALL)
def _no_person(case: Case, n: int) -> None:
    rows = case.run(regular(case, 2), n, 3)
    case.set(copy(case, rows), case.rows["person_no"][rows] + 630_000)


def _without_benefit(length: int) -> Apply:
    """Payments of an injury pension that nobody granted."""

    def apply(case: Case, n: int) -> None:
        rows = case.run(regular(case, 2), n, length)
        copies = copy(case, rows)
        case.rows.put("item", copies, "H202")
        case.set(copies, 410)

    return apply


_declare("BPY-BENEFIT", "insurance", PENSION, _without_benefit(1))
_declare("BPY-BENEFIT-LOST", "insurance", PENSION, _without_benefit(4))


@error("BPY-DUP", "benefit_payment", "period", ALL)
def _twice(case: Case, n: int) -> None:
    rows = case.run(regular(case, 2), max(1, n // 2), 3)
    case.mark(np.concatenate([rows, copy(case, rows)]))


@error("BPY-RECORD-DUP", "benefit_payment", "record_no", ("unemployment",))
def _record_twice(case: Case, n: int) -> None:
    rows = case.pick(regular(case), max(2, n // 2 * 2))
    rows = rows[: len(rows) // 2 * 2]
    case.set(rows, np.repeat(case.rows["record_no"][rows[::2]], 2))


@error("BPY-TWO", "benefit_payment", "insurance", ("pension",))
def _two(case: Case, n: int) -> None:
    rows = case.run(regular(case, 2) & (case.rows["insurance"] == 110), max(1, n // 2), 2)
    copies = copy(case, rows)
    case.rows["insurance"][copies] = 120
    key = case.rows["_person"] * 1_000_000 + case.rows["_month"]
    case.mark(np.flatnonzero(np.isin(key, key[rows])))


def _add(case: Case, rows: Ints, month: Ints) -> None:
    copies = copy(case, rows)
    case.rows["_month"][copies] = month
    case.rows["paid_month"][copies] = np.maximum(case.rows["paid_month"][rows], month_of(month))
    case.rows.put("kind", copies, "regular")
    case.set(copies, month_of(month), "period")


@error("BPY-BEFORE-RETIRE", "benefit_payment", "period", ("pension",))
def _before(case: Case, n: int) -> None:
    retired = case.block.lives.retired[case.rows["_person"]]
    first = (case.rows["_month"] == retired + 1) & (retired > case.scene.world.now - 11)
    rows = case.pick(first & (case.block.death[case.rows["_person"]] == OPEN), max(1, n // 2))
    for step in (1, 2):
        _add(case, rows, retired[rows] - step)


@error("BPY-AFTER-END", "benefit_payment", "period", ("unemployment",))
def _after(case: Case, n: int) -> None:
    benefit = case.table("benefit")
    end = np.full(len(case.block.people), OPEN)
    ended = benefit["status"] == 3
    end[benefit["_person"][ended]] = benefit["_end"][ended]
    several = np.bincount(benefit["_person"], minlength=len(end)) > 1
    at = case.rows["_person"]
    last = (case.rows["_month"] == end[at]) & (end[at] < case.scene.world.now - 3) & ~several[at]
    rows = case.pick(last, max(1, n // 2))
    for step in (1, 2):
        _add(case, rows, end[case.persons(rows)] + step)


@error("BPY-DEAD", "benefit_payment", "period", PENSION)
def _dead(case: Case, n: int) -> None:
    """Paid on for months after the death that the system knows."""
    death = case.block.death[case.rows["_person"]]
    last = (
        (case.rows["_month"] == death)
        & (death < case.scene.world.now - 3)
        & ~np.isin(case.rows["item"], ("H101", "H102"))
    )
    rows = case.pick(last, max(1, n // 3))
    for step in (1, 2, 3):
        _add(case, rows, death[rows] + step)


@error("BPY-RESIDENT-AGE", "benefit_payment", "period", ("resident",))
def _not_sixty(case: Case, n: int) -> None:
    people = case.block.people
    sixty = index_of(people.birth)[case.rows["_person"]] + 720
    new = (
        (case.rows["_month"] == sixty + 1)
        & (people.id_type == "01")[case.rows["_person"]]
        & (case.rows["kind"] == "regular")
    )
    rows = case.pick(new & (case.block.death[case.rows["_person"]] == OPEN), max(1, n // 2))
    for step in (1, 2):
        _add(case, rows, sixty[rows] - step)


@error("BPY-210-PENSION", "benefit_payment", "period", ("pension",))
def _unemployed_too(case: Case, n: int) -> None:
    rows = case.run(regular(case, 2), n, 3)
    copies = copy(case, rows)
    case.rows["insurance"][copies] = 210
    case.rows.put("item", copies, "11")
    case.mark(copies)
