"""Errors of enrolments: keys, counterparts, dates, states, bases, overlaps and wrongly terminated relations."""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.careers import Why
from renshe.engine.simulate.errors.registry import Apply, Case, error
from renshe.engine.simulate.model import NAT, NULL, Ints, Mask, first_day, index_of, month_of
from renshe.engine.simulate.units import WINDOW

BOTH = ("pension", "medical")
THREE = ("pension", "medical", "unemployment")
FOUR = (*THREE, "resident")


def active(case: Case) -> Mask:
    """Rows that pay."""
    return np.asarray((case.rows["status"] == 1) & (case.rows["_why"] == Why.OPEN))


def over(case: Case) -> Mask:
    """Rows that are paused because of a change of job, of people with another row of that insurance."""
    count = case.cached("several", lambda: several(case))
    return np.asarray((case.rows["status"] == 2) & count)


def key_of(case: Case) -> Ints:
    out: Ints = case.rows["_person"] * 1000 + np.where(case.rows["insurance"] == NULL, 0, case.rows["insurance"])
    return out


def several(case: Case) -> Mask:
    _, inverse, count = np.unique(key_of(case), return_inverse=True, return_counts=True)
    return np.asarray(count[inverse] > 1)


def last(case: Case) -> Mask:
    """Each person's last row of an insurance."""

    def make() -> Mask:
        order = np.lexsort((case.rows["_start"], key_of(case)))
        key = key_of(case)[order]
        out = np.zeros(len(order), np.bool_)
        out[order] = np.concatenate([key[1:] != key[:-1], [True]])
        return out

    return case.cached("last", make)


def insured(case: Case, *insurances: int) -> Mask:
    """Rows of these insurances."""
    return np.isin(case.rows["insurance"], insurances)


def reopen(case: Case, rows: Ints) -> None:
    """Make ended rows read as paying."""
    case.rows["status"][rows], case.rows["enrol_status"][rows] = 1, 1
    close(case, rows, NAT)
    case.rows["end_reason"][rows] = ""


def close(case: Case, rows: Ints, day: object) -> None:
    """Write the end of rows, as date and where the system keeps it as month."""
    case.rows.put("end_date", rows, day)
    if case.has("end_month"):
        days = case.rows["end_date"][rows]
        none = np.isnat(days)
        case.rows["end_month"][rows] = np.where(
            none, NULL, month_of(index_of(np.where(none, np.datetime64("2000-01-01"), days)))
        )


def declare(id: str, name: str, systems: tuple[str, ...], apply: Apply, phase: int = 1) -> None:
    error(id, "enrolment", name, systems, 1.0, phase)(apply)


def _put(value: int, which: str) -> Apply:
    def apply(case: Case, n: int) -> None:
        among = {"active": active, "over": over}[which](case)
        among &= case.block.lives.deemed[case.rows["_person"]] == 0
        case.set(case.pick(among, n), value)

    return apply


for _id, _field, _systems, _value, _which in (
    ("ENR-PERSON-EMPTY", "person_no", THREE, NULL, "over"),
    ("ENR-INSURANCE-EMPTY", "insurance", BOTH, NULL, "over"),
    ("ENR-STATE-EMPTY", "enrol_status", FOUR, NULL, "active"),
    ("ENR-STATUS-EMPTY", "status", THREE, NULL, "over"),
    ("ENR-FIRST-EMPTY", "first_month", FOUR, NULL, "active"),
    ("ENR-FIRST-FUTURE", "first_month", THREE, 202301, "active"),
    ("ENR-FIRST-1980", "first_month", THREE, 197501, "active"),
):
    declare(_id, _field, _systems, _put(int(_value), _which))


@error("ENR-ENROL-MIX", "enrolment", "enrol_status", FOUR)
def _enrol_mix(case: Case, n: int) -> None:
    rows = case.pick(active(case), n)
    case.rows["enrol_status"][rows] = 4
    case.mark(rows)


@error("ENR-STATUS-MIX", "enrolment", "status", FOUR)
def _mix(case: Case, n: int) -> None:
    rows = case.pick(over(case), n)
    case.rows["enrol_status"][rows] = 4
    case.rows["status"][rows] = 1
    case.mark(rows)


@error("ENR-STATUS-ODD", "enrolment", "status", THREE)
def _odd(case: Case, n: int) -> None:
    rows = case.pick(over(case), n)
    case.rows["enrol_status"][rows] = 1
    case.mark(rows)


@error("ENR-START-EMPTY", "enrolment", "start_date", ("pension",))
def _start_empty(case: Case, n: int) -> None:
    case.set(case.pick(active(case) & ~several(case) & (case.rows["_start"] < case.scene.world.opened), n), NAT)


@error("ENR-UNIT-EMPTY", "enrolment", "unit_no", THREE)
def _unit_empty(case: Case, n: int) -> None:
    rows = case.pick(over(case) & (case.rows["payer_kind"] == "unit"), n)
    case.set(rows, NULL)
    case.rows["_unit"][rows] = -1


@error("ENR-BASE-EMPTY", "enrolment", "base", ("pension", "unemployment"))
def _base_empty(case: Case, n: int) -> None:
    case.set(case.pick(active(case) & insured(case, 110, 120, 210), n), NULL)


@error("ENR-PERSON", "enrolment", "person_no", FOUR)
def _no_person(case: Case, n: int) -> None:
    rows = case.pick(case.rows["status"] != 1, n)
    copies = case.rows.copy_rows(rows)
    case.set(copies, case.rows["person_no"][rows] + 650_000)


@error("ENR-UNIT", "enrolment", "unit_no", THREE)
def _no_unit(case: Case, n: int) -> None:
    rows = case.pick(over(case) & (case.rows["_unit"] >= 0), n)
    case.set(rows, case.rows["unit_no"][rows] + 3_000_000)
    case.rows["_unit"][rows] = -1


@error("ENR-UNIT-INSURANCE", "enrolment", "insurance", ("pension",))
def _not_insured_there(case: Case, n: int) -> None:
    """Insured against injury by the window of flexible workers, which has no such insurance."""
    rows = case.pick(active(case) & insured(case, 410), n)
    window = int(np.flatnonzero(case.scene.units.kind == WINDOW)[0])
    case.rows["unit_no"][rows] += window - case.rows["_unit"][rows]
    case.rows["_unit"][rows] = -1
    case.mark(rows)


@error("ENR-FIRST-START", "enrolment", "first_month", THREE)
def _first_late(case: Case, n: int) -> None:
    rows = case.pick(active(case) & (case.rows["_start"] < case.scene.world.now - 10), n)
    case.set(rows, month_of(case.rows["_start"][rows] + 5))


@error("ENR-FIRST-WORK", "enrolment", "first_month", ("pension", "unemployment"))
def _first_early(case: Case, n: int) -> None:
    work = case.block.lives.work[case.rows["_person"]]
    fresh = case.block.lives.deemed[case.rows["_person"]] == 0
    rows = case.pick(active(case) & (work > 1990 * 12) & fresh, n)
    case.set(rows, month_of(work[rows] - 30))


@error("ENR-FIRST-16", "enrolment", "first_month", ("resident",))
def _first_child(case: Case, n: int) -> None:
    born = index_of(case.block.people.birth[case.rows["_person"]])
    citizen = (case.block.people.id_type == "01")[case.rows["_person"]]
    rows = case.pick(active(case) & citizen & (born > 1968 * 12), n)
    case.set(rows, month_of(born[rows] + 14 * 12))


@error("ENR-FIRST-DIFFER", "enrolment", "first_month", ("pension",))
def _first_differs(case: Case, n: int) -> None:
    rows = case.pick(
        active(case)
        & several(case)
        & insured(case, 110, 120)
        & (month_of(case.rows["_start"]) > case.rows["first_month"]),
        n,
    )
    case.rows["first_month"][rows] = month_of(case.rows["_start"][rows])
    same = np.isin(key_of(case), key_of(case)[rows])
    case.mark(np.flatnonzero(same))


@error("ENR-START-FUTURE", "enrolment", "start_date", BOTH)
def _start_future(case: Case, n: int) -> None:
    case.set(case.pick(active(case), n), np.datetime64("2022-03-01"))


@error("ENR-START-FUTURE-M", "enrolment", "start_month", ("unemployment",))
def _start_future_month(case: Case, n: int) -> None:
    case.set(case.pick(active(case), n), 202203)


def _ended_before(case: Case, n: int) -> None:
    rows = case.pick(over(case), n)
    close(case, rows, case.rows["start_date"][rows] - np.timedelta64(100, "D"))
    case.mark(rows)


declare("ENR-END-START", "end_date", BOTH, _ended_before)
declare("ENR-END-START-M", "end_month", ("unemployment",), _ended_before)


@error("ENR-END-DAY", "enrolment", "end_date", BOTH)
def _ended_day_before(case: Case, n: int) -> None:
    day = (case.rows["start_date"] - case.rows["start_date"].astype("datetime64[M]")).astype(np.int64)
    rows = case.pick(over(case) & (day >= 3), n)
    case.set(rows, case.rows["start_date"][rows] - np.timedelta64(2, "D"))


def _active_ended(case: Case, n: int) -> None:
    rows = case.pick(active(case) & (case.rows["_start"] < case.scene.world.now - 6), n)
    close(case, rows, np.datetime64("2021-03-31"))
    case.mark(rows)


def _end_future(case: Case, n: int) -> None:
    rows = case.pick((case.rows["status"] == 2) & last(case), n)
    close(case, rows, np.datetime64("2022-12-31"))
    case.mark(rows)


declare("ENR-ACTIVE-END", "end_date", BOTH, _active_ended)
declare("ENR-ACTIVE-END-M", "end_month", ("unemployment",), _active_ended)
declare("ENR-END-FUTURE", "end_date", BOTH, _end_future)
declare("ENR-END-FUTURE-M", "end_month", ("unemployment",), _end_future)


@error("ENR-END-EMPTY", "enrolment", "end_date", ("pension", "resident"))
def _end_empty(case: Case, n: int) -> None:
    rows = case.pick((case.rows["status"] == 3) & (case.rows["enrol_status"] == 4), n)
    case.set(rows, NAT)


@error("ENR-BASE-ZERO", "enrolment", "base", THREE)
def _base_zero(case: Case, n: int) -> None:
    case.set(case.pick(active(case) & (case.rows["base"] != NULL), n), 0)


@error("ENR-BASE-FLOOR", "enrolment", "base", THREE)
def _base_low(case: Case, n: int) -> None:
    recent = (case.rows["_start"] >= case.scene.world.opened) & (case.rows["base"] != NULL)
    case.set(case.pick(active(case) & recent, n), 150_000)


@error("ENR-BASE-FLOOR-NOW", "enrolment", "base", THREE)
def _base_stale(case: Case, n: int) -> None:
    """The base of the year of enrolment, below this year's floor."""
    world = case.scene.world
    old = (
        (case.rows["_start"] >= world.opened) & (case.rows["_start"] < world.opened + 12) & (case.rows["base"] != NULL)
    )
    rows = case.pick(active(case) & old, n)
    low, _ = case.scene.parameters.limits(case.rows["_start"][rows])
    case.set(rows, low)


@error("ENR-BASE-CEILING", "enrolment", "base", THREE)
def _base_high(case: Case, n: int) -> None:
    case.set(case.pick(active(case) & (case.rows["base"] != NULL), n), 3_000_000)


@error("ENR-BASE-PAUSED", "enrolment", "base", THREE)
def _base_paused(case: Case, n: int) -> None:
    case.set(case.pick(over(case), n), 400_000)


@error("ENR-PAYER-KIND", "enrolment", "payer_kind", ("pension",))
def _payer(case: Case, n: int) -> None:
    rows = case.pick(over(case) & insured(case, 110), n)
    case.set(rows, np.full(len(rows), "resident"))


@error("ENR-START-16", "enrolment", "start_date", ("pension",))
def _child_worker(case: Case, n: int) -> None:
    people = case.block.people
    born = index_of(people.birth[case.rows["_person"]])
    citizen = (people.id_type == "01")[case.rows["_person"]]
    alone = ~case.cached("several", lambda: several(case))
    rows = case.pick(active(case) & citizen & alone & insured(case, 110, 120) & (born > 1970 * 12), n)
    case.set(rows, first_day(born[rows] + 15 * 12))
