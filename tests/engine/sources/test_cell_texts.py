"""Numbers, dates and times as the text that a spreadsheet shows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.sources.cells import (
    formed_text,
    iso_text,
    number_form,
    number_text,
    serial_text,
    stored_number_text,
    value_text,
)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("123", "123"),
        ("123.0", "123"),
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("3000.50", "3000.5"),
        ("1234.5599999999999", "1234.56"),
        ("0.30000000000000004", "0.3"),
        ("1E-05", "0.00001"),
        ("1.5E+3", "1500"),
        ("2.2080219890101101E+17", "220802198901011000"),
        ("220802198901011234", "220802198901011000"),
        ("6222021234567891", "6222021234567891"),
        ("9007199254740991", "9007199254740991"),
        ("abc", "abc"),
    ],
)
def test_stored_numbers(stored: str, shown: str) -> None:
    assert stored_number_text(stored) == shown


@given(st.floats(-1e307, 1e307))
def test_no_number_is_ever_scientific_and_15_digits_survive(value: float) -> None:
    text = number_text(value)
    assert "e" not in text.lower()
    assert float(text) == pytest.approx(value, rel=1e-14, abs=0)
    assert stored_number_text(repr(value)) == text


@given(st.decimals(-(10**11), 10**11, places=2))
def test_money_in_cells_survives_to_the_cent(amount: Decimal) -> None:
    assert Decimal(number_text(float(amount))) == amount


@pytest.mark.parametrize(
    ("serial", "shown"),
    [
        (1, "1900-01-01"),
        (59, "1900-02-28"),
        (60, "1900-02-29"),
        (61, "1900-03-01"),
        (32509, "1989-01-01"),
        (32509.5, "1989-01-01 12:00:00"),
        (44347.999999999, "2021-06-01"),
        (0.25, "06:00:00"),
        (2958465, "9999-12-31"),
        (19890101, "19890101"),
        (-1, "-1"),
    ],
)
def test_serials_as_excel_shows_them(serial: float, shown: str) -> None:
    assert serial_text(serial) == shown


@given(st.dates(dt.date(1904, 1, 2), dt.date(9999, 12, 31)))
def test_serials_of_both_calendars(day: dt.date) -> None:
    assert serial_text((day - dt.date(1899, 12, 30)).days) == day.isoformat()
    assert serial_text((day - dt.date(1904, 1, 1)).days, since_1904=True) == day.isoformat()


@pytest.mark.parametrize(
    ("number", "code", "form"),
    [
        (14, "", "date"),
        (57, "", "date"),
        (46, "", "elapsed"),
        (0, "", ""),
        (2, "", ""),
        (164, "General", ""),
        (164, "yyyy-mm-dd", "date"),
        (164, 'yyyy"年"m"月"', "date"),
        (164, "[$-804]yyyy/m/d;@", "date"),
        (164, "[h]:mm:ss", "elapsed"),
        (164, '#,##0.00" days"', ""),
        (164, "[Red]0.00", ""),
        (164, "0.00E+00", ""),
        (164, '0"年"', ""),
        (164, r"0.00\d", ""),
        (164, "@", ""),
        (164, "0", ""),
        (164, "00000000", "00000000"),
    ],
)
def test_forms_of_number_formats(number: int, code: str, form: str) -> None:
    assert number_form(number, code) == form


@pytest.mark.parametrize(
    ("stored", "form", "shown"),
    [
        ("123", "000000", "000123"),
        ("1234567", "000000", "1234567"),
        ("-5", "000000", "-5"),
        ("1.5", "000000", "1.5"),
        ("32509", "date", "1989-01-01"),
        ("1.25", "elapsed", "30:00:00"),
    ],
)
def test_formed_numbers(stored: str, form: str, shown: str) -> None:
    assert formed_text(stored, form, since_1904=False) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1989-01-01", "1989-01-01"),
        ("1989-01-01T00:00:00.000", "1989-01-01"),
        ("1989-01-01T12:30:00", "1989-01-01 12:30:00"),
        ("1989-01-01T12:30", "1989-01-01 12:30:00"),
        ("PT03H04M05S", "03:04:05"),
        ("PT30H00M00.5S", "30:00:00"),
        ("nonsense", "nonsense"),
    ],
)
def test_xml_dates(text: str, shown: str) -> None:
    assert iso_text(text) == shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", None),
        (" ", " "),
        (True, "1"),
        (False, "0"),
        (7, "7"),
        (7.0, "7"),
        (Decimal("1E+3"), "1000"),
        (Decimal("3000.00"), "3000.00"),
        (dt.date(1989, 1, 1), "1989-01-01"),
        (dt.datetime(1989, 1, 1), "1989-01-01"),
        (dt.datetime(1989, 1, 1, 8, 30, 1, 5), "1989-01-01 08:30:01"),
        (dt.time(8, 30), "08:30:00"),
        (dt.timedelta(hours=30), "30:00:00"),
        (b"\x00\xff", "\\x00ff"),
        ("张三".encode(), "张三"),
        ("\ue001某".encode(), "\ue001某"),
        ("王喆".encode("gb18030"), "王喆"),
        ("张三·某".encode("gb18030"), "张三·某"),
        (b"", None),
        (b"\x89PNG\r\n\x1a\n", "\\x89504e470d0a1a0a"),
        (bytes(range(0x81, 0x91)), "\\x8182838485868788898a8b8c8d8e8f90"),
        (b"a\x07b", "\\x610762"),
        (memoryview("王五".encode()), "王五"),
    ],
)
def test_values_of_drivers(value: object, text: str | None) -> None:
    assert value_text(value) == text
