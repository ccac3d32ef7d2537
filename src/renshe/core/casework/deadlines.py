"""Until when a case must be done: working days from its submission, without those on which it rested.

Rule (经办条例 第二十九条 and each type's own limit): the day of submission does not count; a suspension takes out the
days it lasts, an extension adds working days, once granted.

What was proposed or applied for is accepted, refused or sent back for all that it lacks within five working
days: as 行政许可法 第三十二条 says of licences, so here of every matter.

A limit that runs into a year whose calendar is not published yet is provisional, and worked out again once it is
(``watching``).

Invariant: the day is worked out from what is kept of the case, never moved by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from renshe.core.casework.models import Case
from renshe.standards.workdays import add_workdays, workdays_between

ACCEPTED_WITHIN = 5
"""Working days from when something is handed in until it is accepted."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A suspension from one day to another (None: it lasts), or ``days`` of extension."""

    begins_on: date
    ends_on: date | None
    days: int = 0


def due_on(submitted_on: date, workdays: int, rests: Iterable[Rest]) -> date | None:
    """Return the last day in time; None while the case is suspended."""
    more = 0
    for rest in rests:
        if rest.days:
            more += rest.days
        elif rest.ends_on is None:
            return None
        else:
            more += workdays_between(rest.begins_on, rest.ends_on, provisional=True)
    return add_workdays(submitted_on, workdays + more, provisional=True)


def accepted_by(handed_in_on: date) -> date:
    """Return the last day in time on which what was handed in is accepted, refused or sent back."""
    return add_workdays(handed_in_on, ACCEPTED_WITHIN, provisional=True)


def rests(case: Case) -> list[Rest]:
    """Return the days on which ``case`` rested, and those that were added, in the round that runs: a new one has its
    whole time."""
    return [Rest(one.begins_on, one.ends_on, one.days) for one in case.pauses.filter(round=case.round)]
