"""Working days follow the State Council's calendar, and no calendar is no answer."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.standards.workdays import (
    WorkdayCalendarMissing,
    add_workdays,
    is_workday,
    workday_year,
    workdays_between,
)

DAYS = st.dates(date(2009, 3, 1), date(2026, 9, 30))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2021, 5, 31), True),  # a Monday
        (date(2021, 5, 30), False),  # a Sunday
        (date(2021, 2, 11), False),  # 除夕
        (date(2021, 2, 7), True),  # the Sunday that makes up for it
        (date(2011, 12, 31), True),  # a Saturday worked for the New Year of 2012
        (date(2015, 9, 3), False),  # a day off by a notice of its own
        (date(2020, 1, 31), False),  # the Spring Festival that was prolonged
        (date(2025, 10, 8), False),
    ],
)
def test_the_calendar_of_the_notices(day: date, works: bool) -> None:
    assert is_workday(day) is works


def test_the_data_agree_with_the_package_they_come_from() -> None:
    day = date(2009, 1, 1)
    while day <= date(2026, 12, 31):
        assert is_workday(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


@pytest.mark.parametrize("year", range(2009, 2027))
def test_every_year_names_its_document_and_only_weekends_are_made_up(year: int) -> None:
    calendar = workday_year(year)
    assert f"〔{year - 1}〕" in calendar.document
    assert all(day.weekday() >= 5 for day in calendar.work)
    assert not calendar.work & calendar.rest


@given(DAYS, st.integers(-40, 40))
def test_adding_and_counting_agree(day: date, count: int) -> None:
    end = add_workdays(day, count)
    assert count == 0 or is_workday(end)
    assert workdays_between(day, end) == count


@given(DAYS, DAYS)
def test_counting_is_additive(one: date, other: date) -> None:
    middle = one + (other - one) // 2
    assert workdays_between(one, other) == workdays_between(one, middle) + workdays_between(middle, other)


def test_a_time_limit_over_a_holiday() -> None:
    assert add_workdays(date(2021, 4, 30), 1) == date(2021, 5, 6)
    assert add_workdays(date(2021, 4, 24), 5) == date(2021, 4, 29)  # a Sunday is made up for on the 25th
    assert workdays_between(date(2021, 9, 30), date(2021, 10, 9)) == 2


def test_a_year_without_a_calendar_is_an_error_that_names_it() -> None:
    for ask in (
        lambda: is_workday(date(2008, 12, 31)),
        lambda: add_workdays(date(2026, 12, 31), 1),
        lambda: workdays_between(date(2009, 1, 5), date(2008, 12, 30)),
    ):
        with pytest.raises(WorkdayCalendarMissing, match=r"2008|2027") as caught:
            ask()
        assert caught.value.year in (2008, 2027)
