"""Errors of units and of their enrolments."""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.errors.registry import UNITS, Apply, Case, error
from renshe.engine.simulate.model import NULL, Ints, Mask
from renshe.engine.simulate.people import digits
from renshe.engine.simulate.units import ENTERPRISE, GOVERNMENT, INSTITUTION, WINDOW, check_character

BOTH = ("pension", "medical")
THREE = ("pension", "medical", "unemployment")


def kind_of(case: Case) -> Ints:
    """Kind of the unit of each row."""
    out: Ints = case.scene.units.kind[case.rows["_unit"]]
    return out


def live(case: Case) -> Mask:
    """Rows of units that live and pay for somebody."""
    return np.asarray(case.rows["unit_status"] == 1)


def ended(case: Case) -> Mask:
    """Rows of units that have ended."""
    return np.asarray(case.rows["unit_status"] == 3)


def paused(case: Case) -> Mask:
    """Rows of units that live and pay for nobody."""
    return np.asarray(case.rows["unit_status"] == 2)


def _declare(id: str, name: str, systems: tuple[str, ...], apply: Apply, table: str = "unit") -> None:
    error(id, table, name, systems, 1.0, UNITS)(apply)


def _text(value: str, condition: str = "live") -> Apply:
    def apply(case: Case, n: int) -> None:
        among = {"live": live, "ended": ended, "paused": paused}[condition](case) & (kind_of(case) != WINDOW)
        rows = case.pick(among, n)
        case.set(rows, np.full(len(rows), value))

    return apply


def _name(change: str) -> Apply:
    def apply(case: Case, n: int) -> None:
        rows = case.pick(live(case), n)
        names = case.rows["name"][rows]
        head, tail = np.strings.slice(names, 0, 4), np.strings.slice(names, 5, 40)
        case.set(rows, np.strings.add(np.strings.add(head, change), tail))

    return apply


_declare("UNI-NAME-EMPTY", "name", THREE, _text(""))
_declare("UNI-USCC-EMPTY", "uscc", THREE, _text(""))
_declare("UNI-USCC-UNKNOWN", "uscc", BOTH, _text("", "ended"))
_declare("UNI-NAME-TEST", "name", BOTH, _text("测试单位"))
_declare("UNI-NAME-LATIN", "name", ("pension",), _text("ABC123"))
_declare("UNI-NAME-QUESTION", "name", THREE, _name("?"))
_declare("UNI-NAME-PRIVATE", "name", ("pension",), _name("\ue123"))
_declare("UNI-NAME-CHARS", "name", ("pension",), _name("|#"))
_declare("UNI-PHONE", "phone", BOTH, _text("无"))


def _code(name: str) -> Apply:
    def apply(case: Case, n: int) -> None:
        case.set(case.pick(live(case), n), NULL, name)

    return apply


_declare("UNI-TYPE-EMPTY", "unit_type", BOTH, lambda case, n: case.set(case.pick(live(case), n), ""))
_declare("UNI-STATUS-EMPTY", "unit_status", BOTH, _code("unit_status"))


@error("UNI-NO-DUP", "unit", "unit_no", ("pension",), phase=UNITS)
def _no_dup(case: Case, n: int) -> None:
    rows = case.pick(paused(case) | ended(case), max(1, n // 2))
    case.mark(np.concatenate([rows, case.rows.copy_rows(rows)]))


@error("UNI-NAME-MARKET", "unit", "name", THREE, phase=UNITS)
def _renamed(case: Case, n: int) -> None:
    registered = (kind_of(case) == ENTERPRISE) & live(case)
    rows = case.pick(registered, n)
    case.set(rows, np.strings.add(np.strings.slice(case.rows["name"][rows], 0, 3), "旧名商贸公司"))


@error("UNI-NAME-DUP", "unit", "name", ("medical",), phase=UNITS)
def _same_name(case: Case, n: int) -> None:
    rows = case.pick(live(case) & (kind_of(case) == INSTITUTION), max(2, n // 2 * 2))
    rows = rows[: len(rows) // 2 * 2]
    case.set(rows, np.repeat(case.rows["name"][rows[::2]], 2))


def _reshape(among: str, change: str) -> Apply:
    def apply(case: Case, n: int) -> None:
        rows = case.pick(live(case), n)
        codes = case.rows["uscc"][rows]
        head = np.strings.slice(codes, 0, 17)
        last = np.strings.slice(codes, 17, 18)
        made = {
            "length": head,
            "chars": np.strings.add(
                np.strings.add(np.strings.slice(codes, 0, 10), "I"), np.strings.slice(codes, 11, 18)
            ),
            "check": np.strings.add(head, np.where(last == "0", "1", "0")),
        }
        case.set(rows, made[change])

    return apply


for _change in ("length", "chars", "check"):
    _declare(f"UNI-USCC-{_change.upper()}", "uscc", BOTH, _reshape("live", _change))


def _pairs(among: Mask, case: Case, n: int) -> Ints:
    rows = case.pick(among, max(2, n // 2 * 2))
    return rows[: len(rows) // 2 * 2]


@error("UNI-USCC-DUP", "unit", "uscc", BOTH, phase=UNITS)
def _same_code(case: Case, n: int) -> None:
    rows = _pairs(live(case) & (kind_of(case) == GOVERNMENT), case, n)
    case.set(rows, np.repeat(case.rows["uscc"][rows[::2]], 2))
    if case.has("org_code"):
        case.rows.put("org_code", rows, "")


@error("UNI-USCC-DUP-ENDED", "unit", "uscc", ("pension",), phase=UNITS)
def _same_code_ended(case: Case, n: int) -> None:
    rows = _pairs(ended(case), case, n)
    case.set(rows, np.repeat(case.rows["uscc"][rows[::2]], 2))
    case.rows.put("org_code", rows, "")


@error("UNI-ORG-USCC", "unit", "org_code", ("pension",), phase=UNITS)
def _other_org(case: Case, n: int) -> None:
    rows = case.pick(live(case) & (case.rows["org_code"] != ""), n)
    case.set(rows, np.full(len(rows), "100000198"))
    same = case.rows["org_code"][rows] == np.strings.slice(case.rows["uscc"][rows], 8, 17)
    case.rows.put("org_code", rows[same], "100001166")


@error("UNI-ORG-CODE", "unit", "org_code", ("pension",), phase=UNITS)
def _bad_org(case: Case, n: int) -> None:
    rows = case.pick(ended(case), n)
    case.set(rows, np.full(len(rows), "1000001"))
    case.rows.put("uscc", rows, "")
    case.rows.mark(rows, "uscc", "UNI-USCC-UNKNOWN")


@error("UNI-TYPE-USCC", "unit", "unit_type", BOTH, phase=UNITS)
def _type_code(case: Case, n: int) -> None:
    case.set(case.pick(live(case) & (kind_of(case) == INSTITUTION), n), "10")


@error("UNI-ECONOMIC", "unit", "economic_type", BOTH, phase=UNITS)
def _economic(case: Case, n: int) -> None:
    case.set(case.pick(live(case) & np.isin(kind_of(case), (GOVERNMENT, INSTITUTION)), n), "173")


@error("UNI-ECONOMIC-OTHER", "unit", "economic_type", BOTH, phase=UNITS)
def _economic_other(case: Case, n: int) -> None:
    case.set(case.pick(case.rows["unit_type"] == "60", n), "175")


@error("UNI-OLD-DUP", "unit", "old_unit_no", ("pension",), phase=UNITS)
def _old_dup(case: Case, n: int) -> None:
    rows = _pairs(live(case), case, n)
    case.set(rows, np.repeat(case.rows["old_unit_no"][rows[::2]], 2))


@error("UNI-LIFE-STATUS", "unit", "unit_status", THREE, phase=UNITS)
def _struck_off(case: Case, n: int) -> None:
    case.set(case.pick(ended(case), n), 1)


@error("UNI-MARKET-LIFE", "unit", "life_status", ("pension",), phase=UNITS)
def _market(case: Case, n: int) -> None:
    """Struck off by market supervision; the agency's systems do not know."""
    rows = case.pick((paused(case) | live(case)) & (kind_of(case) == ENTERPRISE), n)
    unit = case.persons(rows)
    register = case.table("unit", "market")
    register["life_status"][np.isin(register["_unit"], unit)] = 3
    case.mark(rows)
    for system in THREE:
        other = case.table("unit", system)
        at = case.of("unit", unit, system)
        if system != case.system:
            case.follow("unit", at, "life_status", system=system)
        other.mark(at[other["unit_status"][at] <= 2], "unit_status", "UNI-MARKET-ACTIVE+")


@error("UNI-MARKET-STATUS", "unit", "unit_status", BOTH, phase=UNITS)
def _market_unknown(case: Case, n: int) -> None:
    """Struck off by market supervision; the agency does not say whether the unit lives."""
    rows = case.pick(live(case) & (kind_of(case) == ENTERPRISE), n)
    case.rows["life_status"][rows] = NULL
    register = case.table("unit", "market")
    struck = np.isin(register["_unit"], case.persons(rows))
    register["life_status"][struck] = 3
    case.mark(rows)
    for system in THREE:
        at = case.of("unit", case.persons(rows), system)
        other = case.table("unit", system)
        if system != case.system:
            other.mark(at, "life_status", "UNI-MARKET-LIFE+")
            other.mark(at[other["unit_status"][at] <= 2], "unit_status", "UNI-MARKET-ACTIVE+")


@error("UNI-LEGAL-MARKET", "unit", "legal_rep", BOTH, phase=UNITS)
def _legal(case: Case, n: int) -> None:
    rows = case.pick(live(case) & (kind_of(case) == ENTERPRISE), n)
    case.set(rows, np.full(len(rows), "前任法人"))


@error("UNI-TERM-NOOP", "unit", "unit_status", BOTH, phase=UNITS)
def _ended_silently(case: Case, n: int) -> None:
    case.set(case.pick(paused(case), n), 3)


@error("UNI-NOBODY", "unit", "unit_status", BOTH, phase=UNITS)
def _nobody(case: Case, n: int) -> None:
    case.set(case.pick(paused(case), n), 1)


@error("UNI-NOINSURANCE", "unit", "unit_no", ("medical",), phase=UNITS)
def _no_insurance(case: Case, n: int) -> None:
    rows = case.pick(live(case), n)
    case.table("unit_enrolment").drop(case.of("unit_enrolment", case.persons(rows)))
    case.mark(rows)
    case.table("unit_ledger").mark(case.of("unit_ledger", case.persons(rows)), "insurance", "LED-ENROL+")


@error("UNI-ORPHAN", "unit", "unit_no", BOTH, phase=UNITS)
def _orphan(case: Case, n: int) -> None:
    """A unit registered for which nothing was ever done."""
    rows = case.pick(paused(case), n)
    copies = case.rows.copy_rows(rows)
    case.rows["unit_no"][copies] += 900_000
    body = np.strings.add("9122080299", digits(3_000_000 + np.arange(len(copies)), 7))
    case.rows.put("uscc", copies, np.strings.add(body, check_character(body)))
    case.rows.put("name", copies, np.strings.add(case.rows["name"][rows], "二部"))
    for name in ("org_code", "old_unit_no"):
        if case.has(name):
            case.rows.put(name, copies, "")
    case.mark(copies)


def _value(value: int, condition: str = "1") -> Apply:
    """Set the field of unit enrolments whose status is one of ``condition``."""

    def apply(case: Case, n: int) -> None:
        rows = case.pick(np.isin(case.rows["status"], [int(c) for c in condition]), n)
        case.set(rows, value)

    return apply


for _id, _field, _number, _status in (
    ("UEN-STATUS-EMPTY", "status", int(NULL), "12"),
    ("UEN-START-EMPTY", "start_month", int(NULL), "12"),
    ("UEN-START-FUTURE", "start_month", 202301, "2"),
    ("UEN-START-1980", "start_month", 197501, "12"),
    ("UEN-ACTIVE-END", "end_month", 202103, "1"),
    ("UEN-END-EMPTY", "end_month", int(NULL), "3"),
    ("UEN-END-FUTURE", "end_month", 202301, "23"),
    ("UEN-RATE-RANGE", "rate", 6000, "12"),
):
    _declare(_id, _field, BOTH, _value(_number, _status), "unit_enrolment")


def _ledger_of(case: Case, rows: Ints) -> None:
    """Without this enrolment the unit's ledgers have none either."""
    ledger = case.table("unit_ledger")
    key = case.rows["_unit"][rows] * 1000 + case.rows["insurance"][rows]
    ledger.mark(np.flatnonzero(np.isin(ledger["_unit"] * 1000 + ledger["insurance"], key)), "insurance", "LED-ENROL+")


@error("UEN-INSURANCE-EMPTY", "unit_enrolment", "insurance", BOTH, phase=UNITS)
def _no_insurance_named(case: Case, n: int) -> None:
    rows = case.pick(case.rows["status"] == 2, n)
    _ledger_of(case, rows)
    case.set(rows, NULL)


@error("UEN-UNIT", "unit_enrolment", "unit_no", BOTH, phase=UNITS)
def _no_unit(case: Case, n: int) -> None:
    rows = case.pick(case.rows["status"] == 2, n)
    _ledger_of(case, rows)
    case.set(rows, case.rows["unit_no"][rows] + 4_000_000)


@error("UEN-DUP", "unit_enrolment", "insurance", BOTH, phase=UNITS)
def _dup(case: Case, n: int) -> None:
    rows = case.pick(case.rows["status"] > 0, max(1, n // 2))
    case.mark(np.concatenate([rows, case.rows.copy_rows(rows)]))


@error("UEN-END-START", "unit_enrolment", "end_month", BOTH, phase=UNITS)
def _backwards(case: Case, n: int) -> None:
    rows = case.pick((case.rows["status"] == 3) & (case.rows["start_month"] > 199001), n)
    case.set(rows, case.rows["start_month"][rows] - 200)


@error("UEN-UNIT-ENDED", "unit_enrolment", "status", BOTH, phase=UNITS)
def _still_paying(case: Case, n: int) -> None:
    rows = case.pick(case.rows["status"] == 3, n)
    case.set(rows, 1)
    case.rows.put("end_month", rows, NULL)


@error("UEN-NOBODY", "unit_enrolment", "status", BOTH, phase=UNITS)
def _nobody_insured(case: Case, n: int) -> None:
    case.set(case.pick(case.rows["status"] == 2, n), 1)


@error("UEN-RATE", "unit_enrolment", "rate", ("pension",), phase=UNITS)
def _old_rate(case: Case, n: int) -> None:
    at = (case.rows["status"] == 1) & (case.rows["insurance"] != 410) & (case.rows["rate"] > 0)
    case.set(case.pick(at, n), 2000)


@error("UEN-RATE-410", "unit_enrolment", "rate", ("pension",), phase=UNITS)
def _injury_rate(case: Case, n: int) -> None:
    case.set(case.pick((case.rows["status"] == 1) & (case.rows["insurance"] == 410), n), 500)


@error("UEN-TERM-UNSEEN", "unit_enrolment", "status", ("pension",), phase=UNITS)
def _signed_off_unseen(case: Case, n: int) -> None:
    rows = case.pick(case.rows["status"] == 2, n)
    case.set(rows, 3)


@error("UNI-NAME-TAX", "unit", "name", ("pension",), phase=UNITS)
def _tax_name(case: Case, n: int) -> None:
    """The tax authority knows the unit by another name."""
    rows = case.pick(live(case) & (kind_of(case) == INSTITUTION), n)
    tax = case.table("unit", "tax")
    at = np.flatnonzero(np.isin(tax["_unit"], case.persons(rows)))
    tax.put("name", at, np.strings.add(tax["name"][at], "（筹）"))
    case.mark(rows)
    for system in ("medical", "unemployment", "employment"):
        case.follow("unit", case.of("unit", case.persons(rows), system), "name", system=system)
