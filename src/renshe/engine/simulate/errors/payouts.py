"""Errors of benefits and of their payment."""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.block import number_of, person_rows
from renshe.engine.simulate.careers import OPEN
from renshe.engine.simulate.errors.registry import Apply, Case, error
from renshe.engine.simulate.model import NAT, NULL, Column, Ints, Mask, Rows, index_of, month_of

PENSION = ("pension", "resident")
ALL = ("pension", "unemployment", "resident")
ONCE = ("H101", "H102")


def running(case: Case) -> Mask:
    """Benefits that are paid, of people alive."""
    return np.asarray((case.rows["status"] == 1) & (case.block.death[case.rows["_person"]] == OPEN))


def _declare(id: str, table: str, name: str, systems: tuple[str, ...], apply: Apply) -> None:
    error(id, table, name, systems)(apply)


def _benefit(value: object) -> Apply:
    return lambda case, n: case.set(case.pick(running(case), n), value)


for _id, _field, _systems, _value in (
    ("BEN-ITEM-EMPTY", "item", PENSION, ""),
    ("BEN-START-EMPTY", "start_month", ALL, NULL),
    ("BEN-STATUS-EMPTY", "status", PENSION, NULL),
    ("BEN-AMOUNT-EMPTY", "amount", PENSION, NULL),
    ("BEN-ACCOUNT-EMPTY", "bank_account", PENSION, ""),
    ("BEN-ACCOUNT-FORM", "bank_account", PENSION, "62284800-待补"),
    ("BEN-KIND-EMPTY", "retire_kind", ("pension",), ""),
    ("BEN-START-FUTURE", "start_month", PENSION, 202212),
    ("BEN-START-1951", "start_month", PENSION, 194901),
    ("BEN-ACTIVE-END", "end_month", PENSION, 202103),
    ("BEN-AMOUNT", "amount", PENSION, -10_000),
    ("BEN-AMOUNT-HIGH", "amount", ("pension",), 3_500_000),
    ("BEN-RESIDENT-MIN", "amount", ("resident",), 9_000),
    ("BEN-PAYEE", "payee", PENSION, "代领人"),
):
    _declare(_id, "benefit", _field, _systems, _benefit(_value))


def copy(case: Case, rows: Ints) -> Ints:
    """Copies of benefits under numbers of their own."""
    copies = case.rows.copy_rows(rows)
    name = "benefit_no" if case.rows.table == "benefit" else "record_no"
    case.rows[name][copies] = case.block.number * 10_000_000 + 108_000_000 + copies
    return copies


def _keyless(case: Case, n: int) -> None:
    case.set(copy(case, case.pick(running(case), n)), NULL)


_declare("BEN-PERSON-EMPTY", "benefit", "person_no", PENSION, _keyless)
_declare("BEN-INSURANCE-EMPTY", "benefit", "insurance", PENSION, _keyless)


@error("BEN-END-EMPTY", "benefit", "end_month", ("pension", "resident"))
def _end_empty(case: Case, n: int) -> None:
    case.set(case.pick((case.rows["status"] == 3) & ~np.isin(case.rows["item"], ONCE), n), NULL)


@error("BEN-PERSON", "benefit", "person_no", ALL)
def _no_person(case: Case, n: int) -> None:
    rows = case.pick(case.rows["status"] > 0, n)
    case.set(copy(case, rows), case.rows["person_no"][rows] + 640_000)


def _injury(case: Case, rows: Ints) -> Ints:
    """Copies as an injury pension of people whom the system does not insure against injury."""
    copies = copy(case, rows)
    case.rows["insurance"][copies] = 410
    case.rows.put("item", copies, "H202")
    return copies


@error("BEN-ENROL", "benefit", "insurance", ("resident",))
def _not_enrolled(case: Case, n: int) -> None:
    case.mark(_injury(case, case.pick(running(case), n)))


@error("BEN-NO-DUP", "benefit", "benefit_no", ("pension",))
def _number_twice(case: Case, n: int) -> None:
    rows = case.pick(running(case), max(2, n // 2 * 2))
    rows = rows[: len(rows) // 2 * 2]
    case.set(rows, np.repeat(case.rows["benefit_no"][rows[::2]], 2))


@error("BEN-DUP", "benefit", "item", PENSION)
def _twice(case: Case, n: int) -> None:
    rows = case.pick(running(case), max(1, n // 2))
    case.mark(np.concatenate([rows, copy(case, rows)]))


def mine(case: Case, rows: Ints) -> Ints:
    """All running benefits of the same people."""
    return np.flatnonzero(np.isin(case.rows["_person"], case.persons(rows)) & (case.rows["status"] == 1))


@error("BEN-TWO", "benefit", "insurance", ("pension",))
def _two(case: Case, n: int) -> None:
    rows = case.pick(running(case) & (case.rows["insurance"] == 110), max(1, n // 2))
    copies = copy(case, rows)
    case.rows["insurance"][copies] = 120
    case.mark(mine(case, rows))


@error("BEN-TWO-X", "benefit", "insurance", ("resident",))
def _two_systems(case: Case, n: int) -> None:
    """A pensioner of the employees' scheme who also draws the residents' pension, month after month."""
    block, other = case.block, case.table("benefit", "pension")
    paid = case.table("benefit_payment", "pension")
    people = block.people
    double = np.unique(other["_person"][(other["status"] == 1) & ~np.isin(other["item"], ONCE)])
    double = double[case.free[double] & (people.id_type[double] == "01") & (block.death[double] == OPEN)]
    elder = index_of(people.birth[double]) + 722 < case.scene.world.now - 14
    double = double[elder][: max(1, n // 3)]
    case.free[double] = False
    persons = case.table("person")
    made = person_rows(block, "resident", double, tuple(persons.columns))
    _append(persons, made.columns, double)
    start = index_of(people.birth[double]) + 721
    now = month_of(np.full(len(double), case.scene.world.now))
    at = _new(case, case.rows, double, case.kind)
    case.rows["start_month"][at], case.rows["status"][at], case.rows["end_month"][at] = month_of(start), 1, NULL
    case.rows["benefit_no"][at] = block.number * 10_000_000 + 109_000_000 + at
    case.rows.put("payee", at, people.name[double])
    case.rows.put("bank_account", at, people.bank[double])
    payment = case.table("benefit_payment")
    at = _new(case, payment, double, "BPY-TWO-X")
    payment["period"][at], payment["paid_month"][at] = now, now
    payment["record_no"][at] = block.number * 10_000_000 + 109_000_000 + at
    payment.put("kind", at, "regular")
    there = np.isin(other["_person"], double) & (other["status"] == 1)
    other.mark(np.flatnonzero(there), "insurance", case.kind)
    same = (
        np.isin(paid["_person"], double)
        & (paid["period"] == month_of(case.scene.world.now))
        & (paid["kind"] == "regular")
    )
    paid.mark(np.flatnonzero(same), "insurance", "BPY-TWO-X")


def _new(case: Case, rows: Rows, persons: Ints, kind: str) -> Ints:
    """Append rows of the residents' scheme for ``persons``, marked at the insurance."""
    at = rows.copy_rows(np.zeros(len(persons), np.int64))
    rows["_person"][at], rows["insurance"][at], rows["amount"][at] = persons, 170, 12_000
    rows["person_no"][at] = number_of("resident", "person", case.block.people.index[persons])
    rows.put("item", at, "H001")
    rows.mark(at, "insurance", kind)
    return at


def _append(rows: Rows, columns: dict[str, Column], persons: Ints) -> None:
    at = rows.copy_rows(np.zeros(len(persons), np.int64))
    for name in rows.columns:
        rows.put(name, at, columns[name])


@error("BEN-END-START", "benefit", "end_month", ("pension", "unemployment", "resident"))
def _backwards(case: Case, n: int) -> None:
    rows = case.pick((case.rows["status"] == 3) & ~np.isin(case.rows["item"], ONCE), n)
    case.set(rows, case.rows["start_month"][rows] - 100)


@error("BEN-START-RETIRE", "benefit", "start_month", ("pension",))
def _before_retirement(case: Case, n: int) -> None:
    rows = case.pick(running(case) & (case.rows["_start"] < case.scene.world.opened), n)
    case.set(rows, month_of(case.rows["_start"][rows] - 4))


@error("BEN-START-LATE", "benefit", "start_month", ("pension",))
def _late(case: Case, n: int) -> None:
    rows = case.pick(running(case) & (case.rows["_start"] < case.scene.world.opened - 12), n)
    case.set(rows, month_of(case.rows["_start"][rows] + 8))


@error("BEN-YOUNG", "benefit", "start_month", ("pension",))
def _young(case: Case, n: int) -> None:
    rows = case.pick(running(case), n)
    case.set(rows, month_of(index_of(case.block.people.birth[case.persons(rows)]) + 30 * 12))
    person = case.table("person")
    at = case.of("person", case.persons(rows))
    person.put("retire_date", at, NAT)
    person.mark(at, "retire_date", "PER-RETIRED-NODATE")


@error("BEN-RESIDENT-AGE", "benefit", "start_month", ("resident",))
def _not_sixty(case: Case, n: int) -> None:
    person = case.rows["_person"]
    rows = case.pick(running(case) & (case.block.people.id_type == "01")[person], n)
    case.set(rows, month_of(index_of(case.block.people.birth[case.persons(rows)]) + 55 * 12))


@error("BEN-DEAD", "benefit", "status", PENSION)
def _dead(case: Case, n: int) -> None:
    gone = (case.rows["status"] == 3) & ~np.isin(case.rows["item"], ONCE)
    rows = case.pick(gone & (case.block.death[case.rows["_person"]] < case.scene.world.now - 1), n)
    case.rows["end_month"][rows] = NULL
    case.set(rows, 1)


@error("BEN-UNPAID", "benefit", "status", PENSION)
def _unpaid(case: Case, n: int) -> None:
    rows = case.pick(running(case) & (case.rows["_start"] < case.scene.world.now - 8), n)
    paid = case.table("benefit_payment")
    late = np.isin(paid["_person"], case.persons(rows)) & (paid["_month"] > case.scene.world.now - 5)
    paid.drop(np.flatnonzero(late))
    case.mark(mine(case, rows))


@error("BEN-PAID-STOPPED", "benefit", "status", PENSION)
def _paid_stopped(case: Case, n: int) -> None:
    rows = mine(case, case.pick(running(case) & (case.rows["_start"] < case.scene.world.now - 2), n))
    case.set(rows, 2)


@error("BEN-210-PENSION", "benefit", "status", ("pension",))
def _unemployed_pensioner(case: Case, n: int) -> None:
    rows = case.pick(running(case) & (case.rows["_start"] < case.scene.world.now - 2), n)
    copies = copy(case, rows)
    case.rows["insurance"][copies] = 210
    case.rows.put("item", copies, "11")
    case.mark(copies)


@error("BEN-210-WORK", "benefit", "status", ("unemployment",))
def _working_unemployed(case: Case, n: int) -> None:
    """Back at work; the benefit was never ended."""
    enrolled = case.table("enrolment")
    working = np.unique(enrolled["_person"][enrolled["status"] == 1])
    rows = case.pick((case.rows["status"] == 3) & np.isin(case.rows["_person"], working), n)
    recent = case.rows["_end"][rows] < case.scene.world.now - 2
    rows = rows[recent]
    case.rows["end_month"][rows] = NULL
    case.set(rows, 1)


@error("BEN-ACCOUNT-SHARED", "benefit", "bank_account", PENSION)
def _shared(case: Case, n: int) -> None:
    rows = case.pick(running(case), max(4, n))
    rows = rows[: len(rows) // 4 * 4]
    case.rows.put("bank_account", rows, np.repeat(case.rows["bank_account"][rows[::4]], 4))
    case.mark(
        np.flatnonzero(np.isin(case.rows["bank_account"], case.rows["bank_account"][rows]) & (case.rows["status"] == 1))
    )


@error("BEN-ACCOUNT-PAIR", "benefit", "bank_account", ("resident",))
def _pair(case: Case, n: int) -> None:
    rows = case.pick(running(case), max(2, n))
    rows = rows[: len(rows) // 2 * 2]
    case.set(rows, np.repeat(case.rows["bank_account"][rows[::2]], 2))


@error("BEN-ACCOUNT-PERSON", "benefit", "bank_account", ("pension",))
def _other_account(case: Case, n: int) -> None:
    rows = case.pick(running(case), n)
    case.set(rows, np.strings.add("6217000", np.strings.slice(case.rows["bank_account"][rows], 7, 19)))


@error("BEN-END-DEATH", "benefit", "end_month", PENSION, weight=0.5)
def _ended_late(case: Case, n: int) -> None:
    gone = (case.rows["status"] == 3) & ~np.isin(case.rows["item"], ONCE)
    death = case.block.death[case.rows["_person"]]
    rows = case.pick(gone & (death < case.scene.world.now - 4), n)
    case.set(rows, month_of(death[rows] + 3))
