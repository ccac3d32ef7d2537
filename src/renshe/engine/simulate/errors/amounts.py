"""Errors of amounts in contributions: base, rate, due, paid, credited. Each breaks one sum and leaves the others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from renshe.engine.simulate.careers import Mode
from renshe.engine.simulate.errors.contributions import PAYING, SPECIAL, plain, recharge, this_year
from renshe.engine.simulate.errors.registry import EARLY, LATE, Case, error
from renshe.engine.simulate.model import NULL, Ints, Mask
from renshe.engine.simulate.money import half_up

Change = Callable[[Case, Ints], None]
PENSION = (110, 120)


def _declare(
    id: str,
    name: str,
    systems: tuple[str, ...],
    change: Change,
    among: Callable[[Case], Mask] = plain,
    length: int = 6,
    weight: float = 1.0,
    phase: int = LATE,
) -> None:
    """Declare a kind that changes runs of rows ``among`` and marks them at ``name``."""

    def apply(case: Case, n: int) -> None:
        rows = case.run(among(case), n, length)
        change(case, rows)
        case.mark(rows)

    error(id, "contribution", name, systems, weight, phase)(apply)


_business = partial(_declare, phase=EARLY)
"""A kind that is done, not typed, wrongly: ledgers and accounts agree with it."""


def _of(*insurances: int, unit: bool = False, payer: int | None = None) -> Callable[[Case], Mask]:
    def among(case: Case) -> Mask:
        out = plain(case, *insurances)
        if unit:
            out &= (case.rows["_unit"] >= 0) & (case.rows["_payer"] == Mode.UNIT)
        return out if payer is None else out & (case.rows["_payer"] == payer)

    return among


def _times(name: str, factor: int, plus: int = 0) -> Change:
    def change(case: Case, rows: Ints) -> None:
        case.rows[name][rows] = case.rows[name][rows] * factor + plus

    return change


def _floor(case: Case, rows: Ints) -> None:
    low, _ = case.scene.parameters.limits(case.rows["_month"][rows])
    recharge(case, rows, low // 2)


def _ceiling(case: Case, rows: Ints) -> None:
    _, high = case.scene.parameters.limits(case.rows["_month"][rows])
    recharge(case, rows, high * 3 // 2)


_declare("CON-BASE-NEG", "base", PAYING, _times("base", -1))
_declare("CON-BASE-ZERO", "base", PAYING, _times("base", 0))
_business("CON-BASE-FLOOR", "base", PAYING, _floor, weight=3)
_business("CON-BASE-CEILING", "base", PAYING, _ceiling, weight=2)
_business(
    "CON-BASE-BACK",
    "base",
    ("pension",),
    _ceiling,
    lambda case: SPECIAL["back"](case) & np.isin(case.rows["insurance"], PENSION),
    1,
    0.2,
)


def _rate(side: str, rate: int, charged: bool) -> Change:
    """Another rate; the due by it too, or left as it was (a slip of the decimal point)."""

    def change(case: Case, rows: Ints) -> None:
        case.rows[f"{side}_rate"][rows] = rate
        if charged:
            due = half_up(case.rows["base"][rows] * rate)
            case.rows[f"{side}_due"][rows], case.rows[f"{side}_paid"][rows] = due, due

    return change


def _person_rate(case: Case, rows: Ints) -> None:
    _rate("person", 1100, True)(case, rows)


_declare("CON-PRATE-RANGE", "person_rate", PAYING, _rate("person", 8_000, False))
_declare("CON-URATE-RANGE", "unit_rate", ("pension", "medical"), _rate("unit", 9_000, False), _of(unit=True))
_business("CON-URATE-410", "unit_rate", ("pension",), _rate("unit", 500, True), _of(410, unit=True))
_business("CON-PRATE", "person_rate", ("pension",), _person_rate, _of(*PENSION, unit=True))
_business("CON-URATE", "unit_rate", ("pension",), _rate("unit", 1400, True), _of(*PENSION, unit=True))
_business(
    "CON-URATE-OTHER", "unit_rate", ("medical", "unemployment"), _rate("unit", 450, True), _of(210, 310, unit=True)
)
_business(
    "CON-PRATE-OTHER", "person_rate", ("medical", "unemployment"), _rate("person", 110, True), _of(210, 310, unit=True)
)


def _less_base(case: Case, rows: Ints) -> None:
    """The base was typed anew after the fees were fixed, inside its limits."""
    low, high = case.scene.parameters.limits(case.rows["_month"][rows])
    base = case.rows["base"][rows]
    case.rows["base"][rows] = np.where(base + 50_000 < high, base + 50_000, np.maximum(base - 50_000, low))


def _negative(side: str) -> Change:
    def change(case: Case, rows: Ints) -> None:
        case.rows[f"{side}_due"][rows] *= -1

    return change


def _paid_negative(side: str) -> Change:
    def change(case: Case, rows: Ints) -> None:
        case.rows[f"{side}_paid"][rows] *= -1

    return change


def _both(case: Case) -> Mask:
    return plain(case) & (case.rows["unit_due"] > 0) & (case.rows["person_due"] > 0)


def _has(side: str) -> Callable[[Case], Mask]:
    return lambda case: plain(case) & (case.rows[f"{side}_due"] > 2000)


_declare("CON-BASE-DUE", "base", PAYING, _less_base, _both)
for _side, _letter in (("person", "P"), ("unit", "U")):
    _declare(f"CON-{_letter}DUE-NEG", f"{_side}_due", PAYING, _negative(_side), _has(_side))
    _declare(f"CON-{_letter}DUE", f"{_side}_due", PAYING, _times(f"{_side}_due", 1, 1200), _has(_side), weight=3)
    _declare(f"CON-{_letter}DUE-ROUND", f"{_side}_due", PAYING, _times(f"{_side}_due", 1, 3), _has(_side))
    _declare(f"CON-{_letter}PAID-NEG", f"{_side}_paid", PAYING, _paid_negative(_side), _has(_side))
    _declare(f"CON-{_letter}PAID", f"{_side}_paid", PAYING, _times(f"{_side}_paid", 2), _has(_side), weight=2)


def _back(case: Case) -> Mask:
    return SPECIAL["back"](case) & (case.rows["person_due"] > 0) & (case.rows["unit_due"] > 0)


_declare("CON-PDUE-BACK", "person_due", ("pension",), _times("person_due", 1, 900), _back, 1, 0.2)
_declare("CON-UDUE-BACK", "unit_due", ("pension",), _times("unit_due", 1, 900), _back, 1, 0.2)


def _short(side: str) -> Change:
    def change(case: Case, rows: Ints) -> None:
        half = case.rows[f"{side}_due"][rows] // 2
        case.rows[f"{side}_paid"][rows] = half
        case.rows[f"{side}_credited"][rows] = np.minimum(case.rows[f"{side}_credited"][rows], half)

    return change


_business("CON-PPAID-SHORT", "person_paid", PAYING, _short("person"), _has("person"))
_business("CON-UPAID-SHORT", "unit_paid", PAYING, _short("unit"), _has("unit"))


def _arrears(case: Case, rows: Ints) -> None:
    for name in ("unit_paid", "person_paid", "unit_credited", "person_credited"):
        case.rows[name][rows] = 0
    case.rows["arrived"][rows], case.rows["paid_month"][rows] = 0, NULL


_business(
    "CON-ARREARS",
    "arrived",
    PAYING,
    _arrears,
    lambda case: plain(case) & (case.rows["_month"] < case.scene.world.now - 5),
)


def _over_credited(case: Case, rows: Ints) -> None:
    case.rows["person_credited"][rows] = case.rows["person_paid"][rows] + 5000


def _unit_over_credited(case: Case, rows: Ints) -> None:
    case.rows["unit_credited"][rows] = case.rows["unit_paid"][rows] + 5000


def _eleven(case: Case, rows: Ints) -> None:
    case.rows["person_credited"][rows] = half_up(case.rows["base"][rows] * 1100)


def _three(case: Case, rows: Ints) -> None:
    case.rows["unit_credited"][rows] = half_up(case.rows["base"][rows] * 300)


def _half_credited(case: Case, rows: Ints) -> None:
    case.rows["person_credited"][rows] //= 2


def _credited_unpaid(case: Case, rows: Ints) -> None:
    _keep = case.rows["person_credited"][rows].copy()
    _arrears(case, rows)
    case.rows["person_paid"][rows] = NULL
    case.rows["person_credited"][rows] = _keep


def _credit_negative(side: str) -> Change:
    def change(case: Case, rows: Ints) -> None:
        case.rows[f"{side}_credited"][rows] = -np.abs(case.rows[f"{side}_due"][rows]) // 2

    return change


def _recent(case: Case) -> Mask:
    return plain(case, *PENSION) & this_year(case)


_declare("CON-PCREDIT", "person_credited", ("pension", "medical"), _over_credited, _has("person"))
_declare("CON-UCREDIT", "unit_credited", ("pension",), _unit_over_credited, _of(*PENSION, unit=True))
_business("CON-PCREDIT-8", "person_credited", ("pension",), _eleven, _of(110, payer=int(Mode.FLEXIBLE)))
_business("CON-UCREDIT-2006", "unit_credited", ("pension",), _three, _of(*PENSION, unit=True))
_business("CON-PCREDIT-SHORT", "person_credited", ("pension",), _half_credited, _of(*PENSION))
_business("CON-CREDIT-UNARRIVED", "person_credited", ("pension",), _credited_unpaid, _recent, 2)
_declare("CON-PCREDIT-NEG", "person_credited", ("pension",), _credit_negative("person"), _of(*PENSION, unit=True))
_declare("CON-UCREDIT-NEG", "unit_credited", ("pension",), _credit_negative("unit"), _of(*PENSION, unit=True))


def _months(value: int) -> Change:
    def change(case: Case, rows: Ints) -> None:
        case.rows["months"][rows] = value

    return change


_declare("CON-MONTHS", "months", ("pension",), _months(15), length=2)
_declare("CON-MONTHS-ONE", "months", ("pension",), _months(2), length=2)


def _nothing(case: Case, rows: Ints) -> None:
    """Nobody declared a base; the months stand there with nothing."""
    for name in ("base", "unit_due", "person_due", "unit_paid", "person_paid", "unit_credited", "person_credited"):
        case.rows[name][rows] = 0


def _no_due(case: Case, rows: Ints) -> None:
    case.rows["person_due"][rows] = NULL


_business("CON-BASE-ALLZERO", "base", ("pension", "unemployment"), _nothing, _of(*PENSION, 210, unit=True))
_declare("CON-PDUE-EMPTY", "person_due", PAYING, _no_due, _has("person"))
