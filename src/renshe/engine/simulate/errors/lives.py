"""Errors of persons that touch other tables: retirement, life, deemed months, accounts, others' knowledge."""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.block import person_rows
from renshe.engine.simulate.careers import OPEN
from renshe.engine.simulate.errors.persons import ALL, DAY, alive, citizen
from renshe.engine.simulate.errors.registry import Case, error
from renshe.engine.simulate.model import NAT, NULL, Ints, Mask, index_of
from renshe.engine.simulate.people import Track


def _pensioner(case: Case) -> Mask:
    person = case.rows["_person"]
    return np.asarray((case.block.lives.retired[person] < case.scene.world.now - 3) & alive(case) & citizen(case))


def _others(case: Case, persons: Ints, name: str) -> None:
    """Mark the field of the same people in every other system that writes it."""
    for system in ALL:
        rows = case.block.tables[system, "person"]
        if name in rows.columns and system != case.system:
            case.follow("person", case.of("person", persons, system), name, system=system)


def _extract(case: Case, n: int, system: str) -> tuple[Ints, Ints]:
    """Rows of the case and the same people's rows in another department's extract."""
    extract = case.table("person", system)
    known = np.isin(case.rows["_person"], extract["_person"])
    rows = case.pick(known & citizen(case) & alive(case), n)
    order = np.argsort(extract["_person"])
    at = order[np.searchsorted(extract["_person"], case.persons(rows), sorter=order)]
    return rows, at


@error("PER-SEX-POLICE", "person", "sex", ("pension",), weight=0.5)
def _sex_police(case: Case, n: int) -> None:
    rows, at = _extract(case, n, "police")
    extract = case.table("person", "police")
    extract["sex"][at] = 3 - extract["sex"][at]
    case.mark(rows)
    _others(case, case.persons(rows), "sex")


@error("PER-BIRTH-POLICE", "person", "birth_date", ("pension",), weight=0.5)
def _birth_police(case: Case, n: int) -> None:
    rows, at = _extract(case, n, "police")
    extract = case.table("person", "police")
    extract["birth_date"][at] = extract["birth_date"][at] + 92 * DAY
    case.mark(rows)
    _others(case, case.persons(rows), "birth_date")


@error("PER-NAME-PROVINCE", "person", "name", ("resident",), weight=0.5)
def _name_province(case: Case, n: int) -> None:
    rows, at = _extract(case, n, "province")
    extract = case.table("person", "province")
    extract.put("name", at, np.strings.add(np.strings.slice(extract["name"][at], 0, 1), "秋菊"))
    case.mark(rows)
    _others(case, case.persons(rows), "name")


@error("PER-ID-PROVINCE", "person", "id_number", ("resident",), weight=0.5)
def _id_province(case: Case, n: int) -> None:
    rows, at = _extract(case, n, "province")
    case.table("person", "province").drop(at)
    case.mark(rows)
    _others(case, case.persons(rows), "id_number")


@error("PER-RETIRE-WORK", "person", "retire_date", ("pension",))
def _retire_work(case: Case, n: int) -> None:
    rows = case.pick(_pensioner(case), n)
    case.set(rows, case.rows["work_start_date"][rows] - 31 * DAY)


@error("PER-RETIRE-YOUNG", "person", "retire_date", ("pension",))
def _retire_young(case: Case, n: int) -> None:
    rows = case.pick(_pensioner(case) & (case.rows["work_start_date"] < case.rows["birth_date"] + 9500 * DAY), n)
    case.set(rows, case.rows["birth_date"][rows] + 31 * 365 * DAY)


@error("PER-RETIRE-NORMAL", "person", "retire_date", ("pension",))
def _retire_early(case: Case, n: int) -> None:
    rows = case.pick(_pensioner(case) & ~case.block.people.early[case.rows["_person"]], n)
    case.set(rows, case.rows["retire_date"][rows] - 6 * 365 * DAY)


@error("PER-RETIRE-FUTURE", "person", "retire_date", ("pension",))
def _retire_future(case: Case, n: int) -> None:
    case.set(case.pick(_pensioner(case), n), np.datetime64(case.scene.world.as_of) + 200 * DAY)


@error("PER-RETIRED-NODATE", "person", "retire_date", ("pension",))
def _retired_nodate(case: Case, n: int) -> None:
    case.set(case.pick(_pensioner(case), n), NAT)


@error("PER-RETIRED-FLAG", "person", "retired", ("pension",))
def _retired_flag(case: Case, n: int) -> None:
    case.set(case.pick(_pensioner(case), n), 0)


@error("PER-BENEFIT-NORETIRE", "person", "retired", ("pension",))
def _benefit_noretire(case: Case, n: int) -> None:
    paid = case.table("benefit")
    normal = np.unique(paid["_person"][paid["status"] == 1])
    rows = case.pick(_pensioner(case) & np.isin(case.rows["_person"], normal), n)
    case.set(rows, 0)
    case.rows.put("retire_date", rows, NAT)
    case.rows.mark(rows, "retire_date", "PER-BENEFIT-NODATE")


@error("PER-RETIRED-YOUNG", "person", "retired", ("pension",))
def _retired_young(case: Case, n: int) -> None:
    young = case.rows["birth_date"] > np.datetime64(case.scene.world.as_of) - 12_000 * DAY
    rows = case.pick(young & alive(case) & citizen(case), n)
    case.set(rows, 1)
    case.rows.mark(rows, "retire_date", "PER-RETIRED-NODATE")


@error("PER-RETIRED-NOBENEFIT", "person", "retired", ("pension",))
def _retired_nobenefit(case: Case, n: int) -> None:
    rows = case.pick(_pensioner(case), n)
    for table in ("benefit", "benefit_payment"):
        case.table(table).drop(case.of(table, case.persons(rows)))
    case.mark(rows)


@error("PER-DEATH-FUTURE", "person", "death_date", ("pension", "resident"))
def _death_future(case: Case, n: int) -> None:
    case.set(case.pick(alive(case) & citizen(case), n), np.datetime64(case.scene.world.as_of) + 300 * DAY)


@error("PER-DEATH-ALIVE", "person", "alive", ("pension", "medical", "resident"))
def _death_alive(case: Case, n: int) -> None:
    case.set(case.pick(~alive(case), n), 1)


@error("PER-DEATH-EMPTY", "person", "death_date", ("pension", "medical"))
def _death_empty(case: Case, n: int) -> None:
    case.set(case.pick(~alive(case), n), NAT)


@error("PER-DEEMED-RANGE", "person", "deemed_months", ("pension",))
def _deemed_range(case: Case, n: int) -> None:
    case.set(case.pick(case.rows["deemed_months"] > 0, n), 999)


@error("PER-DEEMED-OVERLAP", "person", "deemed_months", ("pension",))
def _deemed_overlap(case: Case, n: int) -> None:
    now = case.scene.world.now
    paid = case.table("contribution")
    working = np.unique(paid["_person"][(paid["kind"] == 10) & (paid["_month"] < now - 8)])
    person = case.rows["_person"]
    rows = case.pick(
        np.isin(person, working) & (case.block.lives.retired[person] == OPEN) & (case.rows["deemed_months"] == NULL), n
    )
    case.set(rows, now - index_of(case.rows["work_start_date"][rows]))


@error("PER-DEEMED-FIRST", "person", "deemed_months", ("pension",))
def _deemed_long(case: Case, n: int) -> None:
    """More deemed months than there are before the first enrolment."""
    life = case.block.lives
    person = case.rows["_person"]
    long_ago = (life.retired[person] < case.scene.world.opened - 12) & (life.deemed[person] > 0)
    rows = case.pick(long_ago & (person % 3 != 0), n)
    case.set(rows, case.rows["deemed_months"][rows] + 30)


@error("PER-ACCOUNT-SHARED", "person", "bank_account", ("pension", "resident"))
def _account_shared(case: Case, n: int) -> None:
    rows = case.pick(alive(case), max(4, n))
    rows = rows[: len(rows) // 4 * 4]
    case.set(rows, np.repeat(case.rows["bank_account"][rows[::4]], 4))


@error("PER-ACCOUNT-PAIR", "person", "bank_account", ("resident",))
def _account_pair(case: Case, n: int) -> None:
    rows = case.pick(alive(case), max(2, n))
    rows = rows[: len(rows) // 2 * 2]
    case.set(rows, np.repeat(case.rows["bank_account"][rows[::2]], 2))


@error("PER-ACCOUNT-FORM", "person", "bank_account", ("pension",))
def _account_form(case: Case, n: int) -> None:
    case.set(case.pick(alive(case), n), "62284800-待补")


@error("PER-HOLDER", "person", "bank_holder", ("pension", "unemployment"))
def _holder(case: Case, n: int) -> None:
    rows = case.pick(alive(case), n)
    case.set(rows, np.roll(case.rows["name"], 1)[rows])


@error("PER-PHONE", "person", "phone", ("medical", "resident"))
def _phone(case: Case, n: int) -> None:
    case.set(case.pick(alive(case), n), "无")


@error("PER-RESIDENCE", "person", "residence_code", ("resident",))
def _residence(case: Case, n: int) -> None:
    case.set(case.pick(alive(case), n), "220802")


@error("PER-UNIT", "person", "unit_no", ("pension", "medical", "employment"))
def _unit(case: Case, n: int) -> None:
    rows = case.pick(case.rows["unit_no"] != NULL, n)
    case.set(rows, case.rows["unit_no"][rows] + 6_000_000)


@error("PER-ORPHAN", "person", "person_no", ("pension",), weight=0.5)
def _orphan(case: Case, n: int) -> None:
    """Somebody registered for whom nothing was ever done: here, people whom the system does not insure."""
    unknown = np.flatnonzero(
        (case.block.people.track == Track.RESIDENT) & case.free & np.isnat(case.block.people.death)
    )[: max(n, 1)]
    case.free[unknown] = False
    made = person_rows(case.block, case.system, unknown, tuple(case.rows.columns))
    copies = case.rows.copy_rows(np.zeros(len(unknown), np.int64))
    for name in case.rows.columns:
        case.rows.put(name, copies, made[name])
    case.mark(copies)
