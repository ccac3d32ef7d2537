"""Errors of enrolments that never ended, ended wrongly, or stand beside another: relations over their time.

Invariant: every row of a person that the error makes wrong is marked, not only the one that was changed.
"""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.careers import OPEN, Why
from renshe.engine.simulate.errors.enrolments import (
    BOTH,
    FOUR,
    THREE,
    active,
    close,
    declare,
    insured,
    key_of,
    last,
    reopen,
    several,
)
from renshe.engine.simulate.errors.registry import EARLY, Case, error
from renshe.engine.simulate.model import NULL, Ints, Mask, first_day, index_of


def _still(case: Case, n: int, among: Mask) -> None:
    rows = case.pick(among & last(case), n)
    reopen(case, rows)
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
    rows = case.pick(active(case) & ~several(case) & (case.rows["_start"] < now - 12), n)
    _drop_months(
        case, case.persons(rows), case.rows["insurance"][rows], np.full(len(rows), now - 6), np.full(len(rows), now - 5)
    )
    case.mark(rows)


def _overlap(case: Case, n: int) -> None:
    """The end of a job was recorded months late: after the start of the next."""
    order = np.lexsort((case.rows["_start"], key_of(case)))
    key = key_of(case)[order]
    follows = np.zeros(len(order), np.int64)
    follows[order[:-1]] = np.where(key[1:] == key[:-1], order[1:], -1)
    follows[order[-1]] = -1
    ended = (follows >= 0) & (case.rows["status"] == 2) & (case.rows["insurance"] != 410)
    ended &= case.rows["_start"][follows] < case.scene.world.now - 3
    rows = case.pick(ended, max(1, n // 2))
    close(case, rows, first_day(case.rows["_start"][follows[rows]] + 1) + np.timedelta64(20, "D"))
    # Where the next job was over before that end, a third row may begin inside it.
    hit = np.argsort(key_of(case)[rows])
    place = np.clip(np.searchsorted(key_of(case)[rows][hit], key_of(case)), 0, max(len(rows) - 1, 0))
    if len(rows):
        mine = rows[hit][place]
        inside = (key_of(case)[mine] == key_of(case)) & (case.rows["_start"] >= case.rows["_start"][mine])
        inside &= case.rows["_start"] < index_of(case.rows["end_date"][rows])[hit][place]
        case.mark(np.flatnonzero(inside & (case.rows["_end"] >= case.rows["_start"])))


declare("ENR-OVERLAP", "start_date", BOTH, _overlap)
declare("ENR-OVERLAP-M", "start_month", ("unemployment",), _overlap)


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
    reopen(case, rows)
    case.mark(rows)
    at = (
        np.isin(other["_person"], case.persons(rows)) & (other["status"] == 1) & np.isin(other["insurance"], (110, 120))
    )
    other.mark(np.flatnonzero(at), "insurance", case.kind)


def idle(case: Case, *insurances: int) -> Mask:
    """Last, paused rows of living people who neither retired nor left."""
    life = case.block.lives
    person = case.rows["_person"]
    several = case.cached("several", lambda: several(case))
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


@error("ENR-TERM-RETIRE", "enrolment", "status", ("pension",))
def _ended_as_retired(case: Case, n: int) -> None:
    rows = case.pick(idle(case, 110, 120), n)
    _terminate(case, rows, "251")
    case.mark(rows)


@error("ENR-TERM-TRANSFER", "enrolment", "status", ("pension",))
def _ended_as_moved(case: Case, n: int) -> None:
    rows = case.pick(idle(case, 110, 120), n)
    _terminate(case, rows, "231")
    case.mark(rows)
