"""How amounts, counts and rates are written, and what is kept of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.standards.money import from_cents, parse_int, parse_money, parse_rate, round_cent

CENTS = st.integers(-(10**17), 10**17)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234", "1234.00"),
        ("1234.5", "1234.50"),
        ("1,234.00", "1234.00"),
        ("１，２３４．００", "1234.00"),
        ("12,345,678.90", "12345678.90"),
        ("¥1,234.00", "1234.00"),
        ("￥1234元", "1234.00"),
        ("1234.00元整", "1234.00"),
        ("RMB 1234", "1234.00"),
        ("-5", "-5.00"),
        ("－５．００", "-5.00"),
        ("−5", "-5.00"),
        ("-¥5", "-5.00"),
        ("¥-5", "-5.00"),
        ("(1,234.00)", "-1234.00"),
        ("（1234）", "-1234.00"),
        ("(¥5)", "-5.00"),
        ("+5", "5.00"),
        (".5", "0.50"),
        ("5.", "5.00"),
        ("0", "0.00"),
        ("-0.00", "0.00"),
        ("336.00000000000006", "336.00"),
        ("335.99999999999994", "336.00"),
        ("1234.500000", "1234.50"),
        ("1.5e-1", "0.15"),
        ("5e-05", None),
        ("1e-07", "0.00"),
        ("'1234", "1234.00"),
        ("9999999999999999.99", "9999999999999999.99"),
    ],
)
def test_an_amount_is_read_as_meant(text: str, amount: str | None) -> None:
    if amount is None:
        with pytest.raises(ValueError, match="金额"):
            parse_money(text)
    else:
        assert str(parse_money(text)) == amount


@pytest.mark.parametrize(
    "text",
    "|12,34|1,2345|,123|1.2.3|1.234|0.005|1.000002|--5|-(5)|(5|5)|+-5|1e5|1.2E+10|abc|五元|1万元|¥|-|.|元|1 234|16%"
    "|10000000000000000|12a|￥￥5|NaN|inf|1_000|٣".split("|"),
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="金额"):
        parse_money(text)


@given(CENTS)
def test_every_amount_is_read_back(cents: int) -> None:
    amount = from_cents(cents)
    for text in (f"{amount}", f"{amount:,}", f"¥{amount}", f"{amount}元"):
        assert parse_money(text) == amount


@given(st.integers(-(10**8), 10**8), st.floats(-4e-7, 4e-7))
def test_binary_noise_is_not_a_third_decimal(cents: int, noise: float) -> None:
    assert parse_money(f"{Decimal(cents) / 100 + Decimal(noise):.12f}") == from_cents(cents)


@given(st.decimals(-(10**9), 10**9, places=3).filter(lambda value: value * 100 % 1 != 0))
def test_a_third_decimal_is_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match="小数"):
        parse_money(f"{value:f}")


def test_cents_are_rounded_half_up() -> None:
    for value, rounded in (
        ("0.125", "0.13"),
        ("0.135", "0.14"),
        ("0.1249999", "0.12"),
        ("-0.125", "-0.13"),
        ("2", "2.00"),
    ):
        assert str(round_cent(Decimal(value))) == rounded


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("12.0", 12), ("012", 12), ("1,200", 1200), ("１２", 12), ("-3", -3), ("+3", 3), ("0", 0)],
)
def test_a_count_is_read_as_meant(text: str, number: int) -> None:
    assert parse_int(text) == number


@pytest.mark.parametrize("text", ["", "1.5", "12个月", "1,20", "2147483648", "-", "1e3", "一"])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="整数"):
        parse_int(text)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("0.16", "0.16"),
        ("0.1600", "0.16"),
        (".08", "0.08"),
        ("16%", "0.16"),
        ("１６％", "0.16"),
        ("16 %", "0.16"),
        ("8.5%", "0.085"),
        ("0.5%", "0.005"),
        ("2‰", "0.002"),
        ("1", "1"),
        ("1.0", "1"),
        ("100%", "1"),
        ("0", "0"),
        ("0%", "0"),
        ("0.16000000000000003", "0.16"),
        ("0.000001", "0.000001"),
        ("1e-05", "0.00001"),
    ],
)
def test_a_rate_has_one_spelling(text: str, rate: str) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "16", "1.01", "101%", "-0.08", "0.0000001", "0.1234567", "八", "8%%", "%", "0,16"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="比例"):
        parse_rate(text)


@given(st.integers(0, 10**6))
def test_a_rate_and_its_percentage_are_the_same(millionths: int) -> None:
    rate = Decimal(millionths).scaleb(-6)
    assert parse_rate(f"{rate:f}") == parse_rate(f"{rate * 100:f}%")
    assert Decimal(parse_rate(f"{rate:f}")) == rate
