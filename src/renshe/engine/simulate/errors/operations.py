"""Errors of operations and of relations moved from and to other places."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from renshe.engine.simulate.careers import OPEN
from renshe.engine.simulate.errors.registry import Apply, Case, error
from renshe.engine.simulate.model import NAT, NULL, Ints, Mask, index_of, month_index, month_of

FOUR = ("pension", "medical", "unemployment", "resident")
THREE = FOUR[:3]
DAY = np.timedelta64(1, "D")


def joining(case: Case) -> Mask:
    """Operations by which people joined who still pay: no ending rests on them."""
    rows = case.table("enrolment")
    paying = np.zeros(len(case.block.people), np.bool_)
    paying[rows["_person"][rows["status"] == 1]] = True
    return np.asarray(((case.rows["kind"] == "11") | (case.rows["kind"] == "12")) & paying[case.rows["_person"]])


def stopping(case: Case) -> Mask:
    """Operations that paused."""
    return np.asarray(case.rows["kind"] == "22")


def _change(id: str, name: str, systems: tuple[str, ...], apply: Apply) -> None:
    error(id, "change", name, systems)(apply)


def _put(value: object) -> Apply:
    return lambda case, n: case.set(case.pick(joining(case), n), value)


_change("CHG-KIND-EMPTY", "kind", FOUR, _put(""))
_change("CHG-DATE-EMPTY", "date", FOUR, _put(NAT))
_change("CHG-DATE-FUTURE", "date", FOUR, _put(np.datetime64("2022-02-01")))
_change("CHG-DATE-1980", "date", THREE, _put(np.datetime64("1975-02-01")))
_change("CHG-OPERATOR", "operator", ("pension", "medical"), _put(""))
_change("CHG-REASON-KIND", "reason", THREE, _put("6301"))
_change("CHG-OPERATED-EARLY", "operated_on", ("pension",), _put(np.datetime64("2022-02-01")))


def _new_record(case: Case, copies: Ints) -> None:
    case.rows["record_no"][copies] = case.block.number * 10_000_000 + 107_000_000 + copies


@error("CHG-WHO-EMPTY", "change", "person_no", THREE)
def _nobody(case: Case, n: int) -> None:
    rows = case.pick(joining(case), n)
    case.rows["unit_no"][rows] = NULL
    case.set(rows, NULL)


@error("CHG-PERSON", "change", "person_no", FOUR)
def _no_person(case: Case, n: int) -> None:
    rows = case.pick(joining(case), n)
    case.set(rows, case.rows["person_no"][rows] + 660_000)


@error("CHG-UNIT", "change", "unit_no", THREE)
def _no_unit(case: Case, n: int) -> None:
    rows = case.pick(joining(case) & (case.rows["unit_no"] != NULL), n)
    case.set(rows, case.rows["unit_no"][rows] + 2_000_000)


@error("CHG-ENROL", "change", "insurance", ("pension",))
def _not_enrolled(case: Case, n: int) -> None:
    rows = case.pick(stopping(case) & (case.rows["insurance"] == 110), n)
    copies = case.rows.copy_rows(rows)
    _new_record(case, copies)
    case.set(copies, 120)


@error("CHG-RECORD-DUP", "change", "record_no", THREE)
def _record_twice(case: Case, n: int) -> None:
    rows = case.pick(joining(case), max(1, n // 2))
    case.mark(np.concatenate([rows, case.rows.copy_rows(rows)]))


@error("CHG-DUP", "change", "kind", THREE)
def _twice(case: Case, n: int) -> None:
    rows = case.pick(joining(case), max(1, n // 2))
    copies = case.rows.copy_rows(rows)
    _new_record(case, copies)
    case.mark(np.concatenate([rows, copies]))


@error("CHG-SAME", "change", "new", ("pension",))
def _same(case: Case, n: int) -> None:
    rows = case.pick(stopping(case), n)
    case.set(rows, case.rows["old"][rows])


@error("CHG-LATE", "change", "operated_on", ("pension",))
def _late(case: Case, n: int) -> None:
    rows = case.pick(joining(case) & (case.rows["date"] < np.datetime64("2020-12-01")), n)
    case.set(rows, case.rows["date"][rows] + 120 * DAY)


@error("CHG-DEATH", "change", "reason", THREE)
def _alive(case: Case, n: int) -> None:
    rows = case.pick(stopping(case) & (case.block.death[case.rows["_person"]] == OPEN), n)
    case.set(rows, "211")


@error("CHG-AFTER-DEATH", "change", "date", THREE, weight=0.2)
def _after_death(case: Case, n: int) -> None:
    death = case.block.people.death[case.rows["_person"]]
    dead = ~np.isnat(death) & (case.block.death[case.rows["_person"]] < case.scene.world.now - 2)
    rows = case.pick(dead & (case.rows["kind"] == "11"), n)
    copies = case.rows.copy_rows(rows)
    _new_record(case, copies)
    case.rows.put("kind", copies, "12")
    case.rows.put("reason", copies, "121")
    case.set(copies, death[rows] + 20 * DAY)


def _moved(id: str, name: str, apply: Apply) -> None:
    error(id, "transfer", name, ("pension",))(apply)


def _out(case: Case) -> Mask:
    return np.asarray(case.rows["direction"] == "out")


def _in(case: Case) -> Mask:
    return np.asarray(case.rows["direction"] == "in")


def _any(case: Case) -> Mask:
    return _in(case) | _out(case)


def _all(value: object, among: Callable[[Case], Mask] = _any) -> Apply:
    return lambda case, n: case.set(case.pick(among(case), n), value)


_moved("TRF-PERSON-EMPTY", "person_no", _all(NULL, _in))
_moved("TRF-DIRECTION-EMPTY", "direction", _all("", _in))
_moved("TRF-DATE-EMPTY", "date", _all(NAT, _in))
_moved("TRF-DATE-FUTURE", "date", _all(np.datetime64("2022-02-01"), _in))
_moved("TRF-AMOUNT-NEG", "amount", _all(-100_000))


@error("TRF-PERSON", "transfer", "person_no", ("pension",))
def _moved_nobody(case: Case, n: int) -> None:
    rows = case.pick(_in(case), n)
    case.set(rows, case.rows["person_no"][rows] + 670_000)


@error("TRF-REGION", "transfer", "from_region", ("pension",))
def _moved_home(case: Case, n: int) -> None:
    rows = case.pick(_in(case), n)
    case.set(rows, case.rows["to_region"][rows])


@error("TRF-RECORD-DUP", "transfer", "record_no", ("pension",))
def _moved_record(case: Case, n: int) -> None:
    rows = case.pick(_out(case), max(1, n // 2))
    case.mark(np.concatenate([rows, case.rows.copy_rows(rows)]))


@error("TRF-TWICE", "transfer", "start_month", ("pension",))
def _moved_twice(case: Case, n: int) -> None:
    rows = case.pick(_out(case), max(1, n // 2))
    copies = case.rows.copy_rows(rows)
    _new_record(case, copies)
    case.mark(np.concatenate([rows, copies]))


@error("TRF-OVERLAP", "transfer", "start_month", ("pension",))
def _moved_over(case: Case, n: int) -> None:
    rows = case.pick(_in(case), max(1, n // 2))
    copies = case.rows.copy_rows(rows)
    _new_record(case, copies)
    middle = (month_index(case.rows["start_month"][rows]) + month_index(case.rows["end_month"][rows])) // 2
    case.rows["end_month"][copies] = month_of(middle)
    case.rows["months"][copies] = middle - month_index(case.rows["start_month"][rows]) + 1
    case.mark(np.concatenate([rows, copies]))


@error("TRF-LOCAL", "transfer", "start_month", ("pension",))
def _moved_paid_here(case: Case, n: int) -> None:
    """Months brought along that were paid here."""
    rows = case.pick(_in(case), n)
    end = month_index(case.rows["end_month"][rows]) + 4
    case.rows["end_month"][rows] = month_of(end)
    case.rows["months"][rows] += 4
    case.rows.put("date", rows, case.rows["date"][rows] + 160 * DAY)
    case.mark(rows)


@error("TRF-END-START", "transfer", "end_month", ("pension",))
def _moved_back(case: Case, n: int) -> None:
    rows = case.pick(_any(case), n)
    case.set(rows, case.rows["start_month"][rows] - 100)


@error("TRF-MONTHS", "transfer", "months", ("pension",))
def _too_many(case: Case, n: int) -> None:
    rows = case.pick(_out(case), n)
    case.set(rows, case.rows["months"][rows] + 24)


@error("TRF-MONTHS-FEW", "transfer", "months", ("pension",))
def _too_few(case: Case, n: int) -> None:
    rows = case.pick(_out(case), n)
    case.set(rows, case.rows["months"][rows] - 2)


@error("TRF-MONTHS-DETAIL", "transfer", "months", ("pension",))
def _detail(case: Case, n: int) -> None:
    rows = case.pick(_in(case) & (case.rows["months"] > 3), n)
    case.set(rows, case.rows["months"][rows] - 1)


@error("TRF-END-DATE", "transfer", "end_month", ("pension",))
def _moved_ahead(case: Case, n: int) -> None:
    rows = case.pick(_out(case), n)
    case.set(rows, 202112)


@error("TRF-16", "transfer", "start_month", ("pension",))
def _moved_child(case: Case, n: int) -> None:
    person = case.rows["_person"]
    rows = case.pick(_any(case) & (case.block.people.id_type == "01")[person], n)
    case.set(rows, month_of(index_of(case.block.people.birth[case.persons(rows)]) + 14 * 12))


def _extra(case: Case, persons: Ints, day: np.ndarray) -> Ints:
    """Append a transfer of each of ``persons`` to another place on ``day``."""
    copies = case.rows.copy_rows(np.zeros(len(persons), np.int64))
    _new_record(case, copies)
    case.rows["_person"][copies] = persons
    numbers = case.table("person")
    order = np.argsort(numbers["_person"])
    at = order[np.searchsorted(numbers["_person"], persons, sorter=order)]
    case.rows["person_no"][copies] = numbers["person_no"][at]
    case.rows.put("direction", copies, "out")
    case.rows.put("from_region", copies, case.scene.world.region)
    case.rows.put("to_region", copies, "210102")
    life = case.block.lives
    end = np.minimum(life.until[persons], index_of(day))
    case.rows["start_month"][copies], case.rows["end_month"][copies] = month_of(life.joined[persons]), month_of(end)
    case.rows["months"][copies] = end - life.joined[persons] + 1
    case.rows["date"][copies] = day
    return copies


def _some(case: Case, among: Mask, n: int) -> Ints:
    persons = np.flatnonzero(among & case.free)[: max(n, 1)]
    case.free[persons] = False
    return persons


@error("TRF-PENSIONER", "transfer", "date", ("pension",))
def _moved_pensioner(case: Case, n: int) -> None:
    retired = case.block.lives.retired
    persons = _some(case, (retired < case.scene.world.now - 10) & (case.block.death == OPEN), n)
    case.mark(_extra(case, persons, np.full(len(persons), np.datetime64("2021-04-15"))))


@error("TRF-DEATH", "transfer", "date", ("pension",))
def _moved_dead(case: Case, n: int) -> None:
    life = case.block.lives
    dead = life.covered & (case.block.death < case.scene.world.now - 3) & (life.retired == OPEN)
    persons = _some(case, dead, n)
    case.mark(_extra(case, persons, case.block.people.death[persons] + 40 * DAY))
