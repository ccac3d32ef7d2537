"""Serial numbers with a check digit, as an office gives them to people and units.

Source: GB/T 17710-2008 (ISO 7064:2003), system MOD 11,10: digits alone, one of them a check, which finds every single
wrong digit and nearly every exchange of two neighbours.

Invariant: a number with one digit wrong is never valid.
"""

from __future__ import annotations


def check_digit(digits: str) -> str:
    """Return the digit that follows ``digits``: ISO 7064 MOD 11,10."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def with_check_digit(serial: int) -> str:
    """Return the number that ``serial`` makes."""
    return f"{serial}{check_digit(str(serial))}"


def is_valid_serial(number: str | None) -> bool:
    """Whether ``number`` is digits of which the last is the check digit of the others."""
    if number is None or len(number) < 2 or not (number.isascii() and number.isdigit()):
        return False
    return check_digit(number[:-1]) == number[-1]
