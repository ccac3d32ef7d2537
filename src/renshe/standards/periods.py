"""Months, dates and years: how the field counts time and how clerks write it.

Rules: a month is an integer yyyymm, a whole year yyyy00 (residents' yearly payments); GB/T 40217-2021 writes dates
YYYYMMDD and, where only the month is known, stores the first day of it (DQ008). Years run from 1850 to 2100.
Two-digit years, 0000-00-00 and month 13 are not dates: nothing is guessed, the text stays beside the field.
Five digits are a day count of Excel's 1900 system; in a month field not where they also read as a year and a one-digit
month (20211). ``1989.1`` is January as text; as a number it is January or October and refused.

Invariant: whatever is accepted is a day of the calendar; the bulk twins agree with their scalars.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from renshe.standards.bulk import Mask, Numbers, flat, numbers, present, text_of
from renshe.standards.text import clean

FIRST_YEAR, LAST_YEAR = 1850, 2100
EXCEL_EPOCH = date(1899, 12, 30)
FIRST_SERIAL, LAST_SERIAL = 20000, 60000

# What input methods put for the signs of a date.
_SIGNS = str.maketrans("。—–−‐／．", ".----/.")
_CLOCK = r"(?:(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d\d:?\d\d)?)"
_DIGITS = re.compile(r"(\d{4}|\d{6}|\d{8})(?:\.0+)?", re.ASCII)
_STAMP = re.compile(r"(\d{8})(?:[01]\d|2[0-3])[0-5]\d[0-5]\d", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_SIGNED = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})(?:\2(\d{{1,2}})(?:[ T]{_CLOCK})?)?", re.ASCII)
_CHINESE = re.compile(rf"(\d{{4}})年(?:度|(\d{{1,2}})月(?:份|(\d{{1,2}})[日号]?(?: ?{_CLOCK})?)?)?", re.ASCII)
_LOOSE_SIGN = re.compile(r" *([-/.年月日号]) *")


def is_month(value: int) -> bool:
    """Whether ``value`` is a month yyyymm from January 1850 to December 2100; a year yyyy00 is not a month."""
    return FIRST_YEAR <= value // 100 <= LAST_YEAR and 1 <= value % 100 <= 12


def month_of(day: date) -> int:
    """Return the month yyyymm of a date."""
    return day.year * 100 + day.month


def _index(month: int) -> int:
    if not is_month(month):
        raise ValueError(f"不是年月：{month}（应为 yyyymm，如 202105）")
    return month // 100 * 12 + month % 100 - 1


def add_months(month: int, count: int) -> int:
    """Return the month ``count`` months after ``month`` (before it where negative); ValueError when it is no month."""
    year, rest = divmod(_index(month) + count, 12)
    return year * 100 + rest + 1


def months_between(start: int, end: int) -> int:
    """Return how many months ``end`` lies after ``start`` (202101 to 202103: 2); ValueError when one is no month."""
    return _index(end) - _index(start)


def age_months(birth: date, month: int) -> int:
    """Return the age in full months reached in the course of ``month``: a birthday in the month has been reached."""
    return _index(month) - _index(month_of(birth))


def parse_date(text: str) -> date:
    """Return the date that ``text`` means; a month alone means its first day (DQ008).

    ValueError for text that is no date, empty text included.
    """
    year, month, day = _parts(text)
    if not month:
        raise _wrong(text, "日期")
    return _checked(text, year, month, 1 if day is None else day)


def parse_month(text: str) -> int:
    """Return the month yyyymm that ``text`` means: of a full date its month, of yyyy00 or 2020年 the year yyyy00.

    ValueError for text that is no month, a bare year and empty text included.
    """
    year, month, day = _parts(text, serial_from=22000)
    if month is None or (month == 0 and day is not None):
        raise _wrong(text, "年月")
    _checked(text, year, month or 1, 1 if day is None else day)
    return year * 100 + month


def parse_year(text: str) -> int:
    """Return the year that ``text`` means: 1989, 1989年, 198900, or the year of a month or date.

    ValueError for text that is no year; five digits are a slip here, not a day count.
    """
    year, month, day = _parts(text, serial_from=LAST_SERIAL + 1)
    if month == 0 and day is not None:
        raise _wrong(text, "年度")
    return _checked(text, year, month or 1, 1 if day is None else day).year


def _wrong(text: str | None, what: str) -> ValueError:
    return ValueError(f"不是{what}：{text}")


def _checked(text: str, year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"年份不在 {FIRST_YEAR} 至 {LAST_YEAR} 之间：{text}")
    try:
        return date(year, month, day)
    except ValueError:
        raise _wrong(text, "日期") from None


def _parts(text: str, serial_from: int = FIRST_SERIAL) -> tuple[int, int | None, int | None]:
    """Read year, month and day as written; None where a part is not there, month 0 where the text says "whole year"."""
    bare = _LOOSE_SIGN.sub(r"\1", (clean(text) or "").translate(_SIGNS))
    if found := _DIGITS.fullmatch(bare) or _STAMP.fullmatch(bare):
        digits = found[1]
        return int(digits[:4]), int(digits[4:6]) if digits[4:] else None, int(digits[6:]) if digits[6:] else None
    if found := _SERIAL.fullmatch(bare):
        if serial_from <= int(found[1]) <= LAST_SERIAL:
            day = EXCEL_EPOCH + timedelta(days=int(found[1]))
            return day.year, day.month, day.day
    elif found := _SIGNED.fullmatch(bare):
        year, _, month, last = found.groups()
        if month != "0":
            return int(year), int(month), int(last) if last else None
    elif found := _CHINESE.fullmatch(bare):
        year, month, last = found.groups()
        if month is None or int(month):
            return int(year), int(month or 0), int(last) if last else None
    raise _wrong(text, "日期")


def parse_dates(array: Any) -> tuple[pa.Date32Array, pa.BooleanArray]:
    """Bulk twin of ``parse_date``: the dates, and a mask that is true where a value is present but is no date.

    Takes text, dates, timestamps, integers (20210531, Excel day counts), floats and dictionaries of these.
    Text that means nothing (blanks, ``NULL``) is null and not in the mask.
    """
    result = _typed(array, lambda texts: numbers(texts, _fast_dates, _date_number), lambda days: days)
    return pa.array(result.values.astype(np.int32), pa.int32(), mask=result.unknown).view(pa.date32()), _mask(result)


def parse_months(array: Any) -> tuple[pa.Int32Array, pa.BooleanArray]:
    """Bulk twin of ``parse_month``; inputs and mask as for ``parse_dates``."""
    result = _typed(array, lambda texts: numbers(texts, _fast_months, _month_number), _month_of_days)
    return pa.array(result.values.astype(np.int32), pa.int32(), mask=result.unknown), _mask(result)


def parse_years(array: Any) -> tuple[pa.Int32Array, pa.BooleanArray]:
    """Bulk twin of ``parse_year``; inputs and mask as for ``parse_dates``."""
    result = _typed(array, lambda texts: numbers(texts, _fast_years, _year_number), lambda d: _month_of_days(d) // 100)
    return pa.array(result.values.astype(np.int32), pa.int32(), mask=result.unknown), _mask(result)


def _mask(result: Numbers) -> pa.BooleanArray:
    return pa.array(result.bad)


def _typed(
    array: Any, of_text: Callable[[pa.StringArray], Numbers], of_days: Callable[[NDArray[np.int64]], NDArray[np.int64]]
) -> Numbers:
    array = flat(array)
    if pa.types.is_dictionary(array.type):
        return _typed(array.dictionary, of_text, of_days).take(array.indices)
    if pa.types.is_floating(array.type):
        result = of_text(text_of(array))
        result.bad |= _tenths(array) & ~result.missing
        return result
    if not (pa.types.is_date(array.type) or pa.types.is_timestamp(array.type)):
        return of_text(text_of(array))
    here = present(array)
    days = array.cast(pa.date32(), safe=False).view(pa.int32()).fill_null(0).to_numpy().astype(np.int64)
    outside = here & ((days < _MONTH_START[0]) | (days >= _MONTH_START[-1]))
    return Numbers(of_days(np.where(outside, 0, days)), ~here, outside)


def _tenths(array: pa.Array) -> Mask:
    """Return which numbers are 2021.1: typed as 2021.10 they look the same."""
    value = np.nan_to_num(array.cast(pa.float64()).fill_null(0).to_numpy(zero_copy_only=False))
    tenths = np.rint(value * 10)
    tenth: Mask = (np.abs(value * 10 - tenths) < 1e-3) & (tenths % 10 == 1) & _year_known(tenths // 10)
    return tenth


def _month_of_days(days: NDArray[np.int64]) -> NDArray[np.int64]:
    index = np.searchsorted(_MONTH_START, days, side="right") - 1
    return (index // 12 + FIRST_YEAR) * 100 + index % 12 + 1


def _unless_nothing(parse: Callable[[str], int], text: str) -> int | None:
    return None if clean(text) is None else parse(text)


def _date_number(text: str) -> int | None:
    return _unless_nothing(lambda known: (parse_date(known) - date(1970, 1, 1)).days, text)


def _month_number(text: str) -> int | None:
    return _unless_nothing(parse_month, text)


def _year_number(text: str) -> int | None:
    return _unless_nothing(parse_year, text)


# First day of each month (days since 1970-01-01) from January 1850 to January 2101.
_MONTH_START = (
    np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR + 1}-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
)
_MONTH_DAYS = np.diff(_MONTH_START)

_Columns = tuple[NDArray[np.int64], Mask]


def _digits(data: NDArray[np.uint8], begin: NDArray[np.int32], low: int, high: int) -> _Columns:
    """Read the bytes low..high of each text as a number; the mask is true where all of them are digits."""
    value = np.zeros(len(begin), np.int64)
    sure = np.ones(len(begin), np.bool_)
    for at in range(low, high):
        digit = data[begin + at] - np.uint8(48)
        sure &= digit < 10
        value *= 10
        value += digit
    return value, sure


def _in_calendar(month: NDArray[np.int64], day: NDArray[np.int64]) -> _Columns:
    """Return days since 1970-01-01 of (yyyymm, dd), and where they are days of the calendar."""
    index = (month // 100 - FIRST_YEAR) * 12 + month % 100 - 1
    sure = (index >= 0) & (index < len(_MONTH_DAYS)) & (month % 100 >= 1) & (month % 100 <= 12)
    index = np.where(sure, index, 0)
    return _MONTH_START[index] + day - 1, sure & (day >= 1) & (day <= _MONTH_DAYS[index])


def _read_compact(data: NDArray[np.uint8], begin: NDArray[np.int32], width: int) -> _Columns:
    month, sure = _digits(data, begin, 0, 6)
    day, sure_day = _digits(data, begin, 6, 8) if width == 8 else (np.ones_like(month), sure)
    days, known = _in_calendar(month, day)
    return days, known & sure & sure_day


def _read_signed(data: NDArray[np.uint8], begin: NDArray[np.int32], width: int) -> _Columns:
    """yyyy-mm-dd with - / or ., and where wider a clock `` HH:MM:SS`` with or without a fraction."""
    year, sure = _digits(data, begin, 0, 4)
    month, sure_month = _digits(data, begin, 5, 7)
    day, sure_day = _digits(data, begin, 8, 10)
    days, known = _in_calendar(year * 100 + month, day)
    sign = data[begin + 4]
    known &= sure & sure_month & sure_day & (sign == data[begin + 7]) & ((sign >= 45) & (sign <= 47))
    if width > 10:
        hour, sure = _digits(data, begin, 11, 13)
        minute, sure_minute = _digits(data, begin, 14, 16)
        second, sure_second = _digits(data, begin, 17, 19)
        known &= sure & sure_minute & sure_second & (hour < 24) & (minute < 60) & (second < 60)
        blank = data[begin + 10]
        known &= ((blank == 32) | (blank == 84)) & (data[begin + 13] == 58) & (data[begin + 16] == 58)
    if width > 19:
        known &= (data[begin + 19] == 46) & _digits(data, begin, 20, width)[1]
    return days, known


_DATE_READERS: dict[int, Callable[[NDArray[np.uint8], NDArray[np.int32], int], _Columns]] = {
    **dict.fromkeys((6, 8), _read_compact),
    **dict.fromkeys((10, 19, 21, 23), _read_signed),
}


def _fast_dates(starts: NDArray[np.int32], data: NDArray[np.uint8], out: NDArray[np.int64]) -> Mask:
    done = np.zeros(len(out), np.bool_)
    width = np.diff(starts)
    for size, read in _DATE_READERS.items():
        rows = np.flatnonzero(width == size)
        if rows.size:
            out[rows], done[rows] = read(data, starts[rows], size)
    return done


def _fast_months(starts: NDArray[np.int32], data: NDArray[np.uint8], out: NDArray[np.int64]) -> Mask:
    return _fast_number(starts, data, out, 6, lambda month: _year_known(month // 100) & (month % 100 <= 12))


def _fast_years(starts: NDArray[np.int32], data: NDArray[np.uint8], out: NDArray[np.int64]) -> Mask:
    return _fast_number(starts, data, out, 4, _year_known)


def _year_known(year: NDArray[Any]) -> Mask:
    known: Mask = (year >= FIRST_YEAR) & (year <= LAST_YEAR)
    return known


def _fast_number(
    starts: NDArray[np.int32],
    data: NDArray[np.uint8],
    out: NDArray[np.int64],
    size: int,
    known: Callable[[NDArray[np.int64]], Mask],
) -> Mask:
    done = np.zeros(len(out), np.bool_)
    rows = np.flatnonzero(np.diff(starts) == size)
    if rows.size:
        value, sure = _digits(data, starts[rows], 0, size)
        out[rows], done[rows] = value, sure & known(value)
    return done
