"""Known errors: one function per kind, named after the rule that it should trigger."""

from renshe.engine.simulate.errors import (
    amounts,
    books,
    contributions,
    deaths,
    endings,
    enrolments,
    lives,
    odd,
    operations,
    paid,
    payouts,
    persons,
    spoilt,
    units,
)
from renshe.engine.simulate.errors.registry import EARLY, KINDS, LATE, UNITS, Budget, UnitStage, apply_errors

__all__ = [
    "EARLY",
    "KINDS",
    "LATE",
    "UNITS",
    "Budget",
    "UnitStage",
    "amounts",
    "apply_errors",
    "books",
    "contributions",
    "deaths",
    "endings",
    "enrolments",
    "lives",
    "odd",
    "operations",
    "paid",
    "payouts",
    "persons",
    "spoilt",
    "units",
]
