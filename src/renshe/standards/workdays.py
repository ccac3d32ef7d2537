"""Working days: the calendar that time limits in working days run on.

Rule: 全国年节及纪念日放假办法 and the yearly notice of the State Council's office: Monday to Friday are working days
but for the days off of the notice; Saturdays and Sundays are not, but for its make-up days.

Invariant: a year without a published calendar has no working days to tell: ``WorkdayCalendarMissing`` names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources

import yaml


class WorkdayCalendarMissing(LookupError):
    """The calendar of ``year`` is not in the package."""

    def __init__(self, year: int) -> None:
        first, last = min(_years()), max(_years())
        super().__init__(f"没有{year}年的工作日历（已有{first}至{last}年），请更新工作日数据 workdays.yaml")
        self.year = year


@dataclass(frozen=True, slots=True)
class WorkdayYear:
    """The calendar of one year: its document, the days off, and the make-up working days at weekends."""

    document: str
    rest: frozenset[date]
    work: frozenset[date]


@lru_cache(maxsize=1)
def _years() -> dict[int, WorkdayYear]:
    text = resources.files("renshe.standards").joinpath("data/workdays.yaml").read_text("utf-8")
    return {
        year: WorkdayYear(
            document=data["document"],
            rest=frozenset(date.fromisoformat(f"{year}-{day}") for day in data["rest"]),
            work=frozenset(date.fromisoformat(f"{year}-{day}") for day in data["work"]),
        )
        for year, data in yaml.load(text, Loader=yaml.CSafeLoader)["years"].items()
    }


def workday_year(year: int) -> WorkdayYear:
    """Return the calendar of ``year``; WorkdayCalendarMissing where none is published."""
    known = _years().get(year)
    if known is None:
        raise WorkdayCalendarMissing(year)
    return known


# 全国年节及纪念日放假办法（国务院令第795号）第二条：days off whose date is the same every year, as (month, day).
_FIXED = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}


def is_workday(day: date, *, provisional: bool = False) -> bool:
    """Whether ``day`` is a working day; WorkdayCalendarMissing where its year has no calendar.

    ``provisional``: where it has none yet, Monday to Friday but for holidays of fixed date.
    """
    if provisional and day.year not in _years():
        return day.weekday() < 5 and (day.month, day.day) not in _FIXED
    year = workday_year(day.year)
    return day in year.work or (day.weekday() < 5 and day not in year.rest)


def add_workdays(day: date, count: int, *, provisional: bool = False) -> date:
    """Return the ``count``-th working day after ``day`` (before it where negative); ``day`` itself is not counted.

    With ``count`` 0, ``day`` itself. WorkdayCalendarMissing where the way leads through a year without a calendar.
    """
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not is_workday(day, provisional=provisional):
            day += step
    return day


def workdays_between(start: date, end: date, *, provisional: bool = False) -> int:
    """Return how many working days lie after ``start`` up to and including ``end``; negative where ``end`` is earlier.

    So ``workdays_between(day, add_workdays(day, n))`` is n. WorkdayCalendarMissing as above.
    """
    if end < start:
        ends = is_workday(start, provisional=provisional) - is_workday(end, provisional=provisional)
        return ends - workdays_between(end, start, provisional=provisional)
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(is_workday(day, provisional=provisional) for day in days)
