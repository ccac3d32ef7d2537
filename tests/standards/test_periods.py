"""How clerks write time, and what it means."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.standards.periods import (
    add_months,
    age_months,
    is_month,
    month_of,
    months_between,
    parse_date,
    parse_month,
    parse_months,
    parse_year,
)

FIRST_OF_1989 = date(1989, 1, 1)
MONTHS = st.builds(lambda year, month: year * 100 + month, st.integers(1850, 2100), st.integers(1, 12))

SPELLINGS = (
    "19890101|1989-1-1|1989-01-01|1989-01-01 00:00:00|1989-01-01 00:00:00.000|1989-01-01T00:00:00|1989/1/1|1989/01/01"
    "|1989.1.1|1989.01.01|1989年1月1日|1989年01月01日|1989年1月1号|１９８９０１０１|１９８９－１－１|1989。1。1"
    "|1989年1月1日 8:05|19890101000000|19890101.0|32509|32509.0|32509.75|'19890101| 1989-01-01\t|1989- 1- 1"
    "|1989 年 1 月 1 日"
)
MONTH_SPELLINGS = "1989年1月|1989年01月份|1989-01|1989-1|198901|1989.01|1989.1|1989/1|１９８９０１|198901.0"


@pytest.mark.parametrize("text", SPELLINGS.split("|"))
def test_every_spelling_of_a_date_is_that_date(text: str) -> None:
    assert parse_date(text) == FIRST_OF_1989
    assert parse_month(text) == 198901


@pytest.mark.parametrize("text", MONTH_SPELLINGS.split("|"))
def test_a_month_alone_is_its_first_day_in_a_date_field(text: str) -> None:
    assert parse_date(text) == FIRST_OF_1989
    assert parse_month(text) == 198901
    assert parse_year(text) == 1989


@pytest.mark.parametrize(
    "text",
    "89-1-1|890101|0000-00-00|00000000|19890230|20210229|1989-13-01|198913|19891301|19890100|1989-2-30|18491231|21010101"
    "|99991231|1989-01/01|1989|1989年|198900|19999|60001|123|1|二〇二一年|01/31/1989|1989-1-1-1"
    "|19890101 25:00:00|6月31日|2021-06-31|无|长期|2021-05-31 00:60:00|198900.5".split("|"),
)
def test_what_is_no_date_is_refused_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r"不是|年份"):
        parse_date(text)


def test_a_number_2021_1_may_have_been_typed_2021_10_and_is_refused() -> None:
    written = pa.array([2021.1, 2021.11, 2021.02, 202101.0, None, 1849.1])
    months, bad = parse_months(written)
    assert months.to_pylist() == [None, 202111, 202102, 202101, None, None]
    assert bad.to_pylist() == [True, False, False, False, False, True]
    assert parse_month("2021.10") == 202110


def test_a_year_stays_a_year_in_a_month_field() -> None:
    assert parse_month("202000") == 202000
    assert parse_month("2020年") == 202000
    assert parse_month("2020年度") == 202000
    assert parse_year("202000") == parse_year("2020") == parse_year("2020年") == parse_year("2020-05-31") == 2020


@pytest.mark.parametrize("text", ["2020", "202013", "20200000", "20211", "21999", "19991", "999912", "2020-0"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"不是|年份"):
        parse_month(text)


@pytest.mark.parametrize("text", ["20", "20211", "44347", "9999", "0", "202013", "2020-00-01", ""])
def test_what_is_no_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"不是|年份"):
        parse_year(text)


def test_day_counts_of_spreadsheets() -> None:
    assert parse_date("44347") == date(2021, 5, 31)
    assert parse_month("44347") == 202105
    assert parse_date("20211") == date(1955, 5, 2)
    assert parse_month("22000") == 196003


@given(st.dates(date(1954, 10, 3), date(2064, 4, 8)))
def test_every_day_has_its_day_count(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert 20000 <= serial <= 60000
    assert parse_date(str(serial)) == day


@given(st.dates(date(1850, 1, 1), date(2100, 12, 31)), st.sampled_from("-/."))
def test_every_day_is_read_back(day: date, sign: str) -> None:
    for text in (
        f"{day:%Y%m%d}",
        f"{day.year:04d}{sign}{day:%m}{sign}{day:%d}",
        f"{day.year}{sign}{day.month}{sign}{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
    ):
        assert parse_date(text) == day
        assert parse_month(text) == month_of(day)
        assert parse_year(text) == day.year


@given(MONTHS, st.integers(-600, 600))
def test_months_are_added_and_counted_alike(month: int, count: int) -> None:
    later = add_months(month, count)
    if is_month(later):
        assert months_between(month, later) == count
        assert add_months(later, -count) == month


def test_month_arithmetic_at_the_turn_of_the_year() -> None:
    assert add_months(202012, 1) == 202101
    assert add_months(202101, -1) == 202012
    assert add_months(202101, 180) == 203601
    assert months_between(202012, 202102) == 2
    assert months_between(202102, 202012) == -2


@pytest.mark.parametrize("month", [202100, 202113, 2021, 0, -202101, 184912, 210101])
def test_what_is_no_month_cannot_be_counted_with(month: int) -> None:
    assert not is_month(month)
    with pytest.raises(ValueError, match="不是年月"):
        add_months(month, 1)
    with pytest.raises(ValueError, match="不是年月"):
        months_between(202101, month)


@given(st.dates(date(1900, 1, 1), date(2000, 12, 31)), st.integers(0, 1200))
def test_an_age_is_reached_in_the_month_of_the_birthday(birth: date, months: int) -> None:
    month = add_months(month_of(birth), months)
    assert age_months(birth, month) == months
    last_day = date(*divmod(add_months(month, 1), 100), 1) - timedelta(days=1)
    whole = (last_day.year - birth.year) * 12 + last_day.month - birth.month - (last_day.day < birth.day)
    assert months - whole in (0, 1), "never more than the calendar gives by the end of the month, but for short months"
