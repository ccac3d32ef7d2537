"""Errors around death: impossible dates, and deaths of which others know and the agency does not."""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.careers import OPEN
from renshe.engine.simulate.errors.persons import DAY, alive, citizen
from renshe.engine.simulate.errors.registry import Case, error
from renshe.engine.simulate.model import NAT, Ints, Mask, Rows, first_day, index_of
from renshe.engine.simulate.money import ADVANCE, BACK, NORMAL

KEEPING = ("pension", "medical", "unemployment", "resident")
"""Systems that write a death date."""


def _where(case: Case, system: str, persons: Ints) -> Ints:
    """Rows of the same people in another department's extract."""
    extract = case.table("person", system)
    order = np.argsort(extract["_person"])
    at = order[np.clip(np.searchsorted(extract["_person"], persons, sorter=order), 0, len(order) - 1)]
    found: Ints = at[extract["_person"][at] == persons]
    return found


def _unknown(case: Case, n: int) -> Ints:
    """Living people of whom the agency's systems hold nothing odd; marked wherever a death date is kept."""
    rows = case.pick(alive(case) & citizen(case), n)
    for system in KEEPING:
        case.table("person", system).mark(
            case.of("person", case.persons(rows), system),
            "death_date",
            case.kind if system == case.system else case.kind + "+",
        )
    return rows


def _day(case: Case, n: int) -> np.ndarray:
    month = np.full(n, case.scene.world.now) - case.rng.integers(2, 9, n)
    return first_day(month) + case.rng.integers(0, 25, n)


def _reaches(case: Case, persons: Ints, days: np.ndarray, who: str) -> None:
    """Mark what follows from deaths that the department ``who`` knows: what is paid, received and open after them."""
    death = np.full(len(case.block.people), OPEN)
    death[persons] = index_of(days)
    now = case.scene.world.now
    for (system, table), rows in case.block.tables.items():
        if system not in (*KEEPING, "employment") or table not in (
            "contribution",
            "benefit_payment",
            "enrolment",
            "benefit",
        ):
            continue
        month = death[rows["_person"]]
        if table == "contribution":
            at = (rows["_month"] > month) & (rows["period"] % 100 > 0) & np.isin(rows["kind"], (NORMAL, BACK, ADVANCE))
            rows.mark(np.flatnonzero(at), "period", f"CON-DEAD-{who}+")
        elif table == "benefit_payment":
            at = (rows["_month"] > month) & np.isin(rows["kind"], ("regular", "back"))
            returned = np.unique(_slot(rows)[rows["kind"] == "returned"])
            rows.mark(np.flatnonzero(at & ~np.isin(_slot(rows), returned)), "period", f"BPY-DEAD-{who}+")
        elif table == "enrolment":
            at = ((rows["status"] == 1) | (rows["status"] == 4)) & (month < now)
            rows.mark(np.flatnonzero(at), "status", f"ENR-DEAD-{who}+")
        else:
            rows.mark(np.flatnonzero((rows["status"] == 1) & (month < now)), "status", f"BEN-DEAD-{who}+")


def _slot(rows: Rows) -> Ints:
    out: Ints = rows["_person"] * 1_000_000 + rows["period"]
    return out


@error("PER-DEATH-POLICE", "person", "death_date", KEEPING[::3], weight=2)
def _police(case: Case, n: int) -> None:
    rows = _unknown(case, n)
    at = _where(case, "police", case.persons(rows))
    days = _day(case, len(at))
    case.table("person", "police").put("death_date", at, days)
    _reaches(case, case.table("person", "police")["_person"][at], days, "POLICE")


def _listed(case: Case, rows: Ints, system: str) -> None:
    """Put people on another department's list of the dead."""
    extract = case.table("person", system)
    police = case.table("person", "police")
    at = extract.copy_rows(np.zeros(len(rows), np.int64))
    known = _where(case, "police", case.persons(rows))
    for name in extract.columns:
        extract.put(name, at, police[name][known] if name in police.columns else extract[name][at])
    days = _day(case, len(at))
    extract.put("death_date", at, days)
    _reaches(case, extract["_person"][at], days, system.upper())


@error("PER-DEATH-CIVIL", "person", "death_date", ("pension", "medical"))
def _civil(case: Case, n: int) -> None:
    if len(case.table("person", "civil")):
        _listed(case, _unknown(case, n), "civil")


@error("PER-DEATH-CREMATION", "person", "death_date", ("medical",))
def _cremation(case: Case, n: int) -> None:
    if len(case.table("person", "cremation")):
        _listed(case, _unknown(case, n), "cremation")


@error("PER-DEATH-OTHER", "person", "death_date", ("pension",), weight=0.5)
def _other(case: Case, n: int) -> None:
    """Registered by the medical system only."""
    retired = case.block.lives.retired[case.rows["_person"]] < case.scene.world.opened
    rows = case.pick(~alive(case) & citizen(case) & retired, n)
    persons = case.persons(rows)
    police = case.table("person", "police")
    police.put("death_date", _where(case, "police", persons), NAT)
    for system in ("civil", "cremation"):
        case.table("person", system).drop(_where(case, system, persons))
    case.rows.put("alive", rows, 1)
    case.set(rows, NAT)


def _idle(case: Case) -> Mask:
    person = case.rows["_person"]
    return np.asarray(alive(case) & citizen(case) & (case.block.lives.retired[person] == OPEN))


@error("PER-DEATH-BIRTH", "person", "death_date", ("pension", "resident"))
def _before_birth(case: Case, n: int) -> None:
    rows = case.pick(_idle(case), n)
    case.set(rows, case.rows["birth_date"][rows] - 400 * DAY)


@error("PER-DEATH-WORK", "person", "death_date", ("pension", "unemployment"))
def _before_work(case: Case, n: int) -> None:
    rows = case.pick(_idle(case), n)
    case.set(rows, case.rows["work_start_date"][rows] - 100 * DAY)


@error("PER-DEATH-ENROL", "person", "death_date", ("pension",))
def _before_enrolment(case: Case, n: int) -> None:
    life = case.block.lives
    slow = (life.joined - life.work > 8)[case.rows["_person"]]
    rows = case.pick(_idle(case) & slow, n)
    case.set(rows, case.rows["work_start_date"][rows] + 60 * DAY)


@error("PER-DEATH-RETIRE", "person", "death_date", ("pension",))
def _before_retirement(case: Case, n: int) -> None:
    life = case.block.lives
    person = case.rows["_person"]
    long_ago = (life.retired[person] < case.scene.world.opened - 6) & (life.joined[person] < life.retired[person] - 30)
    rows = case.pick(alive(case) & citizen(case) & long_ago, n)
    case.set(rows, case.rows["retire_date"][rows] - 400 * DAY)
    case.rows.mark(rows, "alive", "PER-DEATH-ALIVE")


@error("PER-ALIVE-ACTIVE", "person", "alive", ("pension", "medical"))
def _declared_dead(case: Case, n: int) -> None:
    """Marked as dead, without a date, and still paying."""
    enrolled = case.table("enrolment")
    paying = np.unique(enrolled["_person"][enrolled["status"] == 1])
    rows = case.pick(alive(case) & np.isin(case.rows["_person"], paying), n)
    case.rows.mark(rows, "death_date", "PER-DEATH-EMPTY")
    case.set(rows, 2)


@error("BEN-PRISON", "benefit", "status", ("pension",), weight=0.5)
def _prisoner(case: Case, n: int) -> None:
    """A prisoner whose pension was never paused."""
    citizens = (case.block.people.id_type == "01")[case.rows["_person"]]
    living = case.block.death[case.rows["_person"]] == OPEN
    rows = case.pick((case.rows["status"] == 1) & citizens & living, n)
    prison, police = case.table("person", "prison"), case.table("person", "police")
    if not len(prison):
        return
    at = prison.copy_rows(np.zeros(len(rows), np.int64))
    known = _where(case, "police", case.persons(rows))
    for name in prison.columns:
        prison.put(name, at, police[name][known])
    persons = police["_person"][known]
    every = np.isin(case.rows["_person"], persons) & (case.rows["status"] == 1)
    case.mark(np.flatnonzero(every))
    paid = case.table("benefit_payment")
    paid.mark(np.flatnonzero(np.isin(paid["_person"], persons) & (paid["kind"] == "regular")), "period", "BPY-PRISON+")
