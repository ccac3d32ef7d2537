"""Until when a case must be done: working days from its submission, without those on which it rested.

Rule (经办条例 第二十九条 and each type's own limit): the day of submission does not count; a suspension takes out the
days it lasts, an extension adds working days, once granted.

Invariant: the day is worked out from what is kept of the case, never moved by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from renshe.standards.workdays import add_workdays, workdays_between


@dataclass(frozen=True, slots=True)
class Rest:
    """A suspension from one day to another (None: it lasts), or ``days`` of extension."""

    begins_on: date
    ends_on: date | None
    days: int = 0


def due_on(submitted_on: date, workdays: int, rests: Iterable[Rest]) -> date | None:
    """Return the last day in time; None while the case is suspended. LookupError where the calendar lacks a year."""
    more = 0
    for rest in rests:
        if rest.days:
            more += rest.days
        elif rest.ends_on is None:
            return None
        else:
            more += workdays_between(rest.begins_on, rest.ends_on)
    return add_workdays(submitted_on, workdays + more)
