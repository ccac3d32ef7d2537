"""Errors of enrolments: keys, counterparts, dates, states, bases, overlaps and wrongly terminated relations."""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.careers import OPEN, Why
from renshe.engine.simulate.errors.registry import EARLY, Apply, Case, error
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
    count = case.cached("several", lambda: _several(case))
    return np.asarray((case.rows["status"] == 2) & count)


def _key(case: Case) -> Ints:
    out: Ints = case.rows["_person"] * 1000 + np.where(case.rows["insurance"] == NULL, 0, case.rows["insurance"])
    return out


def _several(case: Case) -> Mask:
    _, inverse, count = np.unique(_key(case), return_inverse=True, return_counts=True)
    return np.asarray(count[inverse] > 1)


def last(case: Case) -> Mask:
    """Each person's last row of an insurance."""

    def make() -> Mask:
        order = np.lexsort((case.rows["_start"], _key(case)))
        key = _key(case)[order]
        out = np.zeros(len(order), np.bool_)
        out[order] = np.concatenate([key[1:] != key[:-1], [True]])
        return out

    return case.cached("last", make)


def insured(case: Case, *insurances: int) -> Mask:
    """Rows of these insurances."""
    return np.isin(case.rows["insurance"], insurances)


def _reopen(case: Case, rows: Ints) -> None:
    """Make ended rows read as paying."""
    case.rows["status"][rows], case.rows["enrol_status"][rows] = 1, 1
    _end(case, rows, NAT)
    case.rows["end_reason"][rows] = ""


def _end(case: Case, rows: Ints, day: object) -> None:
    """Write the end of rows, as date and where the system keeps it as month."""
    case.rows.put("end_date", rows, day)
    if case.has("end_month"):
        days = case.rows["end_date"][rows]
        none = np.isnat(days)
        case.rows["end_month"][rows] = np.where(
            none, NULL, month_of(index_of(np.where(none, np.datetime64("2000-01-01"), days)))
        )


def _declare(id: str, name: str, systems: tuple[str, ...], apply: Apply, phase: int = 1) -> None:
    error(id, "enrolment", name, systems, 1.0, phase)(apply)


def _put(value: int, which: str) -> Apply:
    def apply(case: Case, n: int) -> None:
        among = {"active": active, "over": over}[which](case)
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
    _declare(_id, _field, _systems, _put(int(_value), _which))


@error("ENR-STATUS-MIX", "enrolment", "status", FOUR)
def _mix(case: Case, n: int) -> None:
    rows = case.pick(active(case), n)
    case.rows["enrol_status"][rows] = 4
    case.mark(rows)


@error("ENR-STATUS-ODD", "enrolment", "status", THREE)
def _odd(case: Case, n: int) -> None:
    rows = case.pick(over(case), n)
    case.rows["enrol_status"][rows] = 1
    case.mark(rows)


@error("ENR-START-EMPTY", "enrolment", "start_date", ("pension",))
def _start_empty(case: Case, n: int) -> None:
    case.set(case.pick(active(case) & ~_several(case) & (case.rows["_start"] < case.scene.world.opened), n), NAT)


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
    rows = case.pick(active(case) & (work > 1990 * 12), n)
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
        & _several(case)
        & insured(case, 110, 120)
        & (month_of(case.rows["_start"]) > case.rows["first_month"]),
        n,
    )
    case.rows["first_month"][rows] = month_of(case.rows["_start"][rows])
    same = np.isin(_key(case), _key(case)[rows])
    case.mark(np.flatnonzero(same))


@error("ENR-START-FUTURE", "enrolment", "start_date", BOTH)
def _start_future(case: Case, n: int) -> None:
    case.set(case.pick(active(case), n), np.datetime64("2022-03-01"))


@error("ENR-START-FUTURE-M", "enrolment", "start_month", ("unemployment",))
def _start_future_month(case: Case, n: int) -> None:
    case.set(case.pick(active(case), n), 202203)


def _ended_before(case: Case, n: int) -> None:
    rows = case.pick(over(case), n)
    _end(case, rows, case.rows["start_date"][rows] - np.timedelta64(100, "D"))
    case.mark(rows)


_declare("ENR-END-START", "end_date", BOTH, _ended_before)
_declare("ENR-END-START-M", "end_month", ("unemployment",), _ended_before)


@error("ENR-END-DAY", "enrolment", "end_date", BOTH)
def _ended_day_before(case: Case, n: int) -> None:
    day = (case.rows["start_date"] - case.rows["start_date"].astype("datetime64[M]")).astype(np.int64)
    rows = case.pick(over(case) & (day >= 3), n)
    case.set(rows, case.rows["start_date"][rows] - np.timedelta64(2, "D"))


def _active_ended(case: Case, n: int) -> None:
    rows = case.pick(active(case) & (case.rows["_start"] < case.scene.world.now - 6), n)
    _end(case, rows, np.datetime64("2021-03-31"))
    case.mark(rows)


def _end_future(case: Case, n: int) -> None:
    rows = case.pick((case.rows["status"] == 2) & last(case), n)
    _end(case, rows, np.datetime64("2022-12-31"))
    case.mark(rows)


_declare("ENR-ACTIVE-END", "end_date", BOTH, _active_ended)
_declare("ENR-ACTIVE-END-M", "end_month", ("unemployment",), _active_ended)
_declare("ENR-END-FUTURE", "end_date", BOTH, _end_future)
_declare("ENR-END-FUTURE-M", "end_month", ("unemployment",), _end_future)


@error("ENR-END-EMPTY", "enrolment", "end_date", ("pension", "resident"))
def _end_empty(case: Case, n: int) -> None:
    rows = case.pick((case.rows["status"] == 3) & (case.rows["enrol_status"] == 4), n)
    case.set(rows, NAT)


def _still(case: Case, n: int, among: Mask) -> None:
    rows = case.pick(among & last(case), n)
    _reopen(case, rows)
    case.mark(rows)


@error("ENR-DEAD", "enrolment", "status", FOUR, weight=0.5)
def _dead(case: Case, n: int) -> None:
    _still(case, n, np.isin(case.rows["_why"], (Why.DEATH, Why.COVERED_DEATH)))


@error("ENR-UNIT-ENDED", "enrolment", "status", THREE)
def _unit_ended(case: Case, n: int) -> None:
    _still(case, n, (case.rows["_why"] == Why.LOST) & (case.rows["status"] == 2))


@error("ENR-PENSIONER", "enrolment", "status", ("pension",))
def _pensioner(case: Case, n: int) -> None:
    benefit = case.table("benefit")
    paid = np.unique(benefit["_person"][benefit["status"] == 1])
    _still(case, n, (case.rows["_why"] == Why.RETIRE) & insured(case, 110, 120) & np.isin(case.rows["_person"], paid))


@error("ENR-TRANSFERRED", "enrolment", "status", ("pension",))
def _transferred(case: Case, n: int) -> None:
    _still(
        case,
        n,
        (case.rows["_why"] == Why.OUT) & insured(case, 110, 120) & (case.rows["_end"] < case.scene.world.now - 3),
    )


def _drop_months(case: Case, persons: Ints, insurance: Ints, low: Ints, high: Ints) -> None:
    """Take away the normal contributions of each person and insurance between two months."""
    paid = case.table("contribution")
    order = np.argsort(persons)
    at = order[np.clip(np.searchsorted(persons[order], paid["_person"]), 0, len(persons) - 1)] if len(persons) else None
    if at is None:
        return
    mine = (persons[at] == paid["_person"]) & (insurance[at] == paid["insurance"])
    inside = (paid["_month"] >= low[at]) & (paid["_month"] <= high[at])
    paid.drop(np.flatnonzero(mine & inside & (paid["kind"] != 23)))


@error("ENR-NOPAY", "enrolment", "status", THREE, phase=EARLY)
def _unpaid(case: Case, n: int) -> None:
    now = case.scene.world.now
    rows = case.pick(active(case) & (case.rows["_start"] < now - 12) & (case.rows["insurance"] != 390), n)
    _drop_months(
        case, case.persons(rows), case.rows["insurance"][rows], np.full(len(rows), now - 5), np.full(len(rows), now)
    )
    case.mark(rows)


@error("ENR-GAP", "enrolment", "start_month", ("unemployment",), phase=EARLY)
def _gap(case: Case, n: int) -> None:
    now = case.scene.world.now
    rows = case.pick(active(case) & ~_several(case) & (case.rows["_start"] < now - 12), n)
    _drop_months(
        case, case.persons(rows), case.rows["insurance"][rows], np.full(len(rows), now - 6), np.full(len(rows), now - 5)
    )
    case.mark(rows)


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


def _overlap(case: Case, n: int) -> None:
    """The end of a job was recorded months late: after the start of the next."""
    order = np.lexsort((case.rows["_start"], _key(case)))
    key = _key(case)[order]
    follows = np.zeros(len(order), np.int64)
    follows[order[:-1]] = np.where(key[1:] == key[:-1], order[1:], -1)
    follows[order[-1]] = -1
    ended = (follows >= 0) & (case.rows["status"] == 2) & (case.rows["insurance"] != 410)
    ended &= case.rows["_start"][follows] < case.scene.world.now - 3
    rows = case.pick(ended, max(1, n // 2))
    _end(case, rows, first_day(case.rows["_start"][follows[rows]] + 1) + np.timedelta64(20, "D"))
    # Where the next job was over before that end, a third row may begin inside it.
    hit = np.argsort(_key(case)[rows])
    place = np.clip(np.searchsorted(_key(case)[rows][hit], _key(case)), 0, max(len(rows) - 1, 0))
    if len(rows):
        mine = rows[hit][place]
        inside = (_key(case)[mine] == _key(case)) & (case.rows["_start"] >= case.rows["_start"][mine])
        inside &= case.rows["_start"] <= index_of(case.rows["end_date"][rows])[hit][place]
        case.mark(np.flatnonzero(inside & (case.rows["_end"] >= case.rows["_start"])))


_declare("ENR-OVERLAP", "start_date", BOTH, _overlap)
_declare("ENR-OVERLAP-M", "start_month", ("unemployment",), _overlap)


@error("ENR-DUP", "enrolment", "start_month", ("pension",))
def _dup(case: Case, n: int) -> None:
    rows = case.pick(insured(case, 410), max(1, n // 2))
    case.mark(np.concatenate([rows, case.rows.copy_rows(rows)]))


@error("ENR-EXCLUSIVE-PENSION", "enrolment", "insurance", ("pension",))
def _two_pensions(case: Case, n: int) -> None:
    rows = case.pick(active(case) & insured(case, 110), max(1, n // 2))
    copies = case.rows.copy_rows(rows)
    case.rows["insurance"][copies], case.rows["_unit"][copies] = 120, -1
    case.mark(np.concatenate([rows, copies]))


@error("ENR-EXCLUSIVE-MEDICAL", "enrolment", "insurance", ("medical",))
def _two_medical(case: Case, n: int) -> None:
    rows = case.pick(active(case) & insured(case, 310), max(1, n // 2))
    copies = case.rows.copy_rows(rows)
    case.rows["insurance"][copies], case.rows["_unit"][copies], case.rows["unit_no"][copies] = 390, -1, NULL
    case.rows["payer_kind"][copies], case.rows["base"][copies] = "resident", NULL
    case.mark(np.concatenate([rows, copies]))


@error("ENR-EXCLUSIVE-PENSION-X", "enrolment", "insurance", ("resident",))
def _two_systems(case: Case, n: int) -> None:
    """Left the residents' scheme for work, but the relation there was never ended."""
    other = case.table("enrolment", "pension")
    paying = np.unique(other["_person"][(other["status"] == 1) & np.isin(other["insurance"], (110, 120))])
    citizen = (case.block.people.id_type == "01")[case.rows["_person"]]
    rows = case.pick((case.rows["_why"] == Why.SCHEME) & np.isin(case.rows["_person"], paying) & citizen, n)
    _reopen(case, rows)
    case.mark(rows)
    at = (
        np.isin(other["_person"], case.persons(rows)) & (other["status"] == 1) & np.isin(other["insurance"], (110, 120))
    )
    other.mark(np.flatnonzero(at), "insurance", case.kind)


def idle(case: Case, *insurances: int) -> Mask:
    """Last, paused rows of living people who neither retired nor left."""
    life = case.block.lives
    person = case.rows["_person"]
    several = case.cached("several", lambda: _several(case))
    good = (
        (case.rows["status"] == 2)
        & last(case)
        & ~several
        & (case.block.death[person] == OPEN)
        & (life.retired[person] == OPEN)
    )
    return np.asarray(good & (life.why[person] != Why.OUT) & insured(case, *insurances))


def _terminate(case: Case, rows: Ints, reason: str) -> None:
    case.rows["status"][rows], case.rows["enrol_status"][rows] = 3, 4
    case.rows.put("end_reason", rows, reason)


@error("ENR-TERM-DEATH", "enrolment", "status", BOTH)
def _ended_as_dead(case: Case, n: int) -> None:
    rows = case.pick(idle(case, 110, 120, 310), n)
    _terminate(case, rows, "211")
    case.mark(rows)


@error("ENR-TERM-NOOP", "enrolment", "status", ("pension",))
def _ended_silently(case: Case, n: int) -> None:
    rows = case.pick(idle(case, 110, 120), n)
    _terminate(case, rows, "6499")
    case.mark(rows)


@error("ENR-TERM-UNSEEN", "enrolment", "status", ("medical", "unemployment"))
def _ended_unseen(case: Case, n: int) -> None:
    rows = case.pick(idle(case, 310, 210), n)
    _terminate(case, rows, "6499")
    case.mark(rows)


@error("ENR-TERM-NOCOND", "enrolment", "status", ("pension",))
def _ended_without_ground(case: Case, n: int) -> None:
    """Ended, as an operation says, because the job was over."""
    rows = case.pick(idle(case, 110, 120), n)
    _terminate(case, rows, "6499")
    change = case.table("change")
    ops = np.flatnonzero(
        np.isin(change["_person"], case.persons(rows))
        & (change["kind"] == "22")
        & np.isin(change["insurance"], (110, 120))
    )
    latest = np.isin(change["date"][ops], case.rows["end_date"][rows])
    change.put("kind", ops[latest], "21")
    change.put("reason", ops[latest], "6301")
    case.mark(rows)


@error("ENR-PAYER-KIND", "enrolment", "payer_kind", ("pension",))
def _payer(case: Case, n: int) -> None:
    rows = case.pick(over(case) & insured(case, 110), n)
    case.set(rows, np.full(len(rows), "resident"))
