"""Errors of persons: identity numbers, names, dates, life and retirement, payee accounts, what others know better."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from renshe.engine.simulate.errors.registry import Apply, Case, error
from renshe.engine.simulate.model import NAT, NULL, Ints, Mask
from renshe.engine.simulate.names import Text
from renshe.engine.simulate.people import check_digits, digits

ALL = ("pension", "medical", "unemployment", "employment", "resident")
FEW = ("pension", "medical")
HOMOPHONES = {
    "伟": "玮",
    "建": "健",
    "军": "均",
    "华": "桦",
    "国": "囯",
    "丽": "莉",
    "英": "瑛",
    "明": "铭",
    "红": "虹",
    "玉": "钰",
    "志": "智",
}
DAY = np.timedelta64(1, "D")


def citizen(case: Case) -> Mask:
    """Rows with an eighteen-digit number of a citizen in an ordinary region."""
    people = case.block.people
    rows = case.rows["_person"]
    return np.asarray(
        (people.id_type[rows] == "01")
        & (np.strings.str_len(people.id_number[rows]) == 18)
        & (people.region[rows] != "220899")
    )


def alive(case: Case) -> Mask:
    """Rows of the living."""
    return np.isnat(case.block.people.death[case.rows["_person"]])


def _blank(case: Case, n: int) -> None:
    rows = case.pick(citizen(case) & alive(case), n)
    case.set(rows, NAT if case.rows[case.field].dtype.kind == "M" else "")


for _id, _field, _systems in (
    ("PER-ID-EMPTY", "id_number", ALL),
    ("PER-NAME-EMPTY", "name", ALL),
    ("PER-BIRTH-EMPTY", "birth_date", ("pension", "medical", "unemployment", "resident")),
):
    error(_id, "person", _field, _systems)(_blank)


@error("PER-SEX-EMPTY", "person", "sex", FEW)
def _sex_empty(case: Case, n: int) -> None:
    case.set(case.pick(citizen(case), n), NULL)


@error("PER-WORK-EMPTY", "person", "work_start_date", ("pension", "unemployment"))
def _work_empty(case: Case, n: int) -> None:
    case.set(case.pick(case.rows["work_start_date"] > np.datetime64("1990-01-01"), n), NAT)


def _reshape(case: Case, n: int, change: Callable[[Text], Text]) -> Ints:
    rows = case.pick(citizen(case), n)
    numbers = case.rows["id_number"][rows]
    case.set(rows, change(numbers))
    return rows


@error("PER-ID-ROUNDED", "person", "id_number", ("medical",))
def _rounded(case: Case, n: int) -> None:
    bodies = np.strings.add(np.strings.slice(case.rows["id_number"], 0, 15), "00")
    safe = citizen(case)
    safe[safe] = check_digits(bodies[safe]) != "0"
    rows = case.pick(safe, n)
    case.set(rows, np.strings.add(bodies[rows], "0"))


@error("PER-ID-LENGTH", "person", "id_number", FEW)
def _length(case: Case, n: int) -> None:
    _reshape(case, n, lambda numbers: np.strings.slice(numbers, 0, 17))


@error("PER-ID-CHARS", "person", "id_number", ("pension", "resident"))
def _chars(case: Case, n: int) -> None:
    _reshape(
        case,
        n,
        lambda numbers: np.strings.add(
            np.strings.add(np.strings.slice(numbers, 0, 14), "O"), np.strings.slice(numbers, 15, 18)
        ),
    )


@error("PER-ID-DATE", "person", "id_number", ("pension", "unemployment"))
def _date(case: Case, n: int) -> None:
    def thirteenth(numbers: Text) -> Text:
        body = np.strings.add(np.strings.add(np.strings.slice(numbers, 0, 10), "13"), np.strings.slice(numbers, 12, 17))
        return np.strings.add(body, check_digits(body))

    _reshape(case, n, thirteenth)


@error("PER-ID-CHECK", "person", "id_number", ALL, weight=3)
def _check(case: Case, n: int) -> None:
    def other(numbers: Text) -> Text:
        last = np.strings.slice(numbers, 17, 18)
        wrong = np.where(
            last == "X",
            "1",
            np.where(last == "9", "0", digits((np.where(last == "X", "0", last).astype(np.int64) + 1) % 10, 1)),
        )
        return np.strings.add(np.strings.slice(numbers, 0, 17), wrong)

    _reshape(case, n, other)


@error("PER-ID-DUP", "person", "id_number", ("pension", "medical", "resident"), weight=2)
def _id_dup(case: Case, n: int) -> None:
    """One person got a second number of the system: a copy under a new person number, with a slip in the name."""
    rows = case.pick(citizen(case) & alive(case), max(1, n // 2))
    copies = case.rows.copy_rows(rows)
    case.rows["person_no"][copies] = case.rows["person_no"][rows] + 700_000_000
    _clear(case, copies, ("unit_no", "retire_date", "deemed_months", "bank_account", "bank_holder"))
    if case.has("retired"):
        case.rows["retired"][copies] = 0
    case.mark(np.concatenate([rows, copies]))


def _clear(case: Case, rows: Ints, names: tuple[str, ...]) -> None:
    for name in names:
        if case.has(name):
            column = case.rows[name]
            column[rows] = NAT if column.dtype.kind == "M" else NULL if column.dtype.kind == "i" else ""


@error("PER-NO-DUP", "person", "person_no", ("pension", "medical"))
def _no_dup(case: Case, n: int) -> None:
    rows = case.pick(alive(case), max(1, n // 2))
    case.mark(np.concatenate([rows, case.rows.copy_rows(rows)]))


def _name(value: str) -> Apply:
    def apply(case: Case, n: int) -> None:
        rows = case.pick(citizen(case), n)
        case.set(rows, np.full(len(rows), value))

    return apply


error("PER-NAME-TEST", "person", "name", ("pension", "medical"))(_name("测试人员01"))


@error("PER-NAME-QUESTION", "person", "name", ("pension", "unemployment", "resident"))
def _question(case: Case, n: int) -> None:
    rows = case.pick(citizen(case) & (np.strings.str_len(case.rows["name"]) >= 2), n)
    names = case.rows["name"][rows]
    case.set(rows, np.strings.add(np.strings.slice(names, 0, 1), np.strings.add("?", np.strings.slice(names, 2, 24))))


@error("PER-NAME-PRIVATE", "person", "name", ("pension",))
def _private(case: Case, n: int) -> None:
    rows = case.pick(citizen(case), n)
    case.set(rows, np.strings.add(np.strings.slice(case.rows["name"][rows], 0, 1), "\ue5e5"))


@error("PER-NAME-CHARS", "person", "name", ("pension", "employment"))
def _name_chars(case: Case, n: int) -> None:
    rows = case.pick(citizen(case), n)
    case.set(rows, np.strings.add(case.rows["name"][rows], "1#"))


@error("PER-NAME-LATIN", "person", "name", ("pension",))
def _latin(case: Case, n: int) -> None:
    rows = case.pick(citizen(case), n)
    case.set(rows, np.full(len(rows), "WANGJIANGUO"))


@error("PER-NAME-SHORT", "person", "name", ("resident",))
def _short(case: Case, n: int) -> None:
    rows = case.pick(citizen(case) & (np.strings.str_len(case.rows["name"]) <= 3), n)
    case.set(rows, np.strings.slice(case.rows["name"][rows], 0, 1))
    case.rows.mark(rows, "name", "PER-NAME-POLICE+")


@error("PER-NAME-POLICE", "person", "name", ALL, weight=3)
def _homophone(case: Case, n: int) -> None:
    names = case.rows["name"]
    among = np.zeros(len(names), np.bool_)
    for char in HOMOPHONES:
        among |= np.strings.find(names, char) > 0
    rows = case.pick(among & citizen(case), n)
    if not len(rows):
        return  # NumPy cannot replace in no text at all
    changed = names[rows]
    for char, other in HOMOPHONES.items():
        changed = np.strings.replace(changed, char, other)
    case.set(rows, changed)


@error("PER-SEX-ID", "person", "sex", ALL, weight=2)
def _sex(case: Case, n: int) -> None:
    rows = case.pick(citizen(case) & (case.block.lives.retired[case.rows["_person"]] > 9000 * 12), n)
    case.set(rows, 3 - case.rows["sex"][rows])


@error("PER-SEX-UNSTATED", "person", "sex", ("pension",))
def _unstated(case: Case, n: int) -> None:
    case.set(case.pick(citizen(case), n), 9)


@error("PER-BIRTH-ID", "person", "birth_date", ALL, weight=2)
def _birth(case: Case, n: int) -> None:
    rows = case.pick(citizen(case), n)
    case.set(rows, case.rows["birth_date"][rows] + 366 * DAY)


@error("PER-BIRTH-DAY", "person", "birth_date", ("pension",))
def _birth_day(case: Case, n: int) -> None:
    day = (case.rows["birth_date"] - case.rows["birth_date"].astype("datetime64[M]")).astype(np.int64)
    rows = case.pick(citizen(case) & (day < 20), n)
    case.set(rows, case.rows["birth_date"][rows] + 3 * DAY)


@error("PER-WORK-FUTURE", "person", "work_start_date", ("pension",))
def _work_future(case: Case, n: int) -> None:
    rows = case.pick(~np.isnat(case.rows["work_start_date"]) & _working(case), n)
    case.set(rows, np.datetime64(case.scene.world.as_of) + 400 * DAY)


def _working(case: Case) -> Mask:
    """Living people who have not retired and bring no deemed months."""
    person = case.rows["_person"]
    return np.asarray(
        (case.block.lives.retired[person] > 9000 * 12) & alive(case) & (case.block.lives.deemed[person] == 0)
    )


@error("PER-WORK-BIRTH", "person", "work_start_date", ("pension",))
def _work_birth(case: Case, n: int) -> None:
    rows = case.pick(citizen(case) & _working(case), n)
    case.set(rows, case.rows["birth_date"][rows] - 300 * DAY)


@error("PER-WORK-16", "person", "work_start_date", ("pension", "unemployment"))
def _work_young(case: Case, n: int) -> None:
    rows = case.pick(citizen(case) & _working(case) & (case.rows["birth_date"] > np.datetime64("1984-01-01")), n)
    case.set(rows, case.rows["birth_date"][rows] + 13 * 365 * DAY)


@error("PER-WORK-UNIT", "person", "work_start_date", ("employment",))
def _working_since_when(case: Case, n: int) -> None:
    case.set(case.pick(case.rows["unit_no"] != NULL, n), NAT)
