"""Money, counts and rates: how amounts are written and how they are kept.

Rules: an amount is a decimal of 18 digits, two of them fen (GB/T 40217-2021, D16.2 and wider); a rate is a decimal
fraction (0.16), never a percentage without its sign. Spreadsheets add binary noise (336.00000000000006): up to a
millionth of a yuan is noise, anything more is a third decimal, which money does not have. Nothing is rounded by guess.

Invariant: no amount ever passes through binary floating point unless the source itself stored it so; the bulk twins
agree with their scalars.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from renshe.standards.bulk import Mask, Numbers, flat, numbers, present, text_of
from renshe.standards.text import clean

CENT = Decimal("0.01")
_MONEY_LIMIT = 10**18  # fen: decimal(18,2)
_COUNT_LIMIT = 2**31
_RATE_UNIT = 10**6  # rates keep six decimals

_SIGNS = str.maketrans("。−–—￥", ".---¥")
_NUMBER = r"(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE]-\d{1,2})?"
_MONEY = re.compile(
    r"(?P<open>\()? *(?P<sign>[+-]?) *(?:人民币|RMB|CNY)? *¥? *(?P<sign2>[+-]?) *"
    rf"(?P<number>{_NUMBER}) *(?:[元圆]整?)? *(?P<close>\))?",
    re.ASCII,
)
_INT = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.0*)?", re.ASCII)
_RATE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([eE]-\d{1,2})? *([%‰]?)", re.ASCII)


def round_cent(value: Decimal) -> Decimal:
    """Return ``value`` in yuan rounded to the fen, half away from zero (四舍五入)."""
    return value.quantize(CENT, ROUND_HALF_UP)


def from_cents(cents: int) -> Decimal:
    """Return fen as yuan with two decimals."""
    return Decimal(cents).scaleb(-2).quantize(CENT)


def parse_money(text: str) -> Decimal:
    """Return the amount in yuan that ``text`` means, two decimals; ValueError for anything else, empty text included.

    Takes thousands separators, ¥ and 元, a sign, and brackets for negative amounts: ¥1,234.00, (1,234.00), -5元.
    """
    return from_cents(_cents(text))


def _cents(text: str) -> int:
    found = _MONEY.fullmatch((clean(text) or "").translate(_SIGNS))
    if not found or bool(found["open"]) != bool(found["close"]):
        raise ValueError(f"不是金额：{text}")
    signs = found["sign"] + found["sign2"] + ("(" if found["open"] else "")
    if len(signs) > 1:
        raise ValueError(f"金额正负号重复：{text}")
    exact = Decimal(found["number"].replace(",", "")) * 100
    cents = int(exact.quantize(Decimal(1), ROUND_HALF_UP)) if exact < _MONEY_LIMIT else _MONEY_LIMIT
    if cents >= _MONEY_LIMIT or abs(exact - cents) > Decimal("0.0001"):
        raise ValueError(f"金额超出范围或超过两位小数：{text}")
    return -cents if signs in ("-", "(") else cents


def parse_int(text: str) -> int:
    """Return the count that ``text`` means (12, 12.0, 1,200); ValueError for anything else or beyond 32 bits."""
    found = _INT.fullmatch((clean(text) or "").translate(_SIGNS))
    if not found:
        raise ValueError(f"不是整数：{text}")
    number = int(found[1] + found[2].replace(",", ""))
    if abs(number) >= _COUNT_LIMIT:
        raise ValueError(f"整数过大：{text}")
    return number


def parse_rate(text: str) -> str:
    """Return a rate as canonical decimal text: 0.16, 16% and 0.1600 are all "0.16"; at most six decimals.

    ValueError for a rate above 1 (16 without % is not guessed to be 16 %), a negative one, and anything else.
    """
    return _rate_text(_millionths(text))


def _millionths(text: str) -> int:
    found = _RATE.fullmatch((clean(text) or "").translate(_SIGNS))
    if not found:
        raise ValueError(f"不是比例：{text}")
    exact = Decimal(found[1] + (found[2] or "")).scaleb({"": 6, "%": 4, "‰": 3}[found[3]])
    if exact > _RATE_UNIT:
        raise ValueError(f"比例大于1：{text}（百分数请带%）")
    millionths = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    if abs(exact - millionths) > Decimal("0.001"):
        raise ValueError(f"比例超过六位小数：{text}")
    return millionths


def _rate_text(millionths: int) -> str:
    whole, rest = divmod(millionths, _RATE_UNIT)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def parse_moneys(array: Any) -> tuple[pa.Decimal128Array, pa.BooleanArray]:
    """Bulk twin of ``parse_money``: decimal(18,2), and a mask that is true where a value is present but is no amount.

    Takes text, integers, decimals, floats (only where a cent is meant within a millionth of a yuan) and dictionaries.
    Text that means nothing is null and not in the mask.
    """
    result = _typed(array, lambda texts: numbers(texts, _fast_cents, _unless_nothing(_cents)), 100, _MONEY_LIMIT)
    return _decimals(result, pa.decimal128(18, 2)), pa.array(result.bad)


def parse_ints(array: Any) -> tuple[pa.Int32Array, pa.BooleanArray]:
    """Bulk twin of ``parse_int``; inputs and mask as for ``parse_moneys``."""
    result = _typed(array, lambda texts: numbers(texts, _fast_ints, _unless_nothing(parse_int)), 1, _COUNT_LIMIT)
    return pa.array(result.values.astype(np.int32), pa.int32(), mask=result.unknown), pa.array(result.bad)


def parse_rates(array: Any) -> tuple[pa.StringArray, pa.Decimal128Array, pa.BooleanArray]:
    """Bulk twin of ``parse_rate``: canonical text, the same as decimal(9,6), and the mask of ``parse_moneys``."""
    result = _typed(array, lambda texts: numbers(texts, _nothing_fast, _unless_nothing(_millionths)), _RATE_UNIT, None)
    known, codes = np.unique(result.values, return_inverse=True)
    texts = pa.array([_rate_text(int(value)) for value in known], pa.string())
    indices = pa.array(codes.astype(np.int32), mask=result.unknown)
    return texts.take(indices), _decimals(result, pa.decimal128(9, 6)), pa.array(result.bad)


def _unless_nothing(parse: Callable[[str], int]) -> Callable[[str], int | None]:
    return lambda text: None if clean(text) is None else parse(text)


def _typed(array: Any, of_text: Callable[[pa.StringArray], Numbers], unit: int, limit: int | None) -> Numbers:
    array = flat(array)
    if pa.types.is_dictionary(array.type):
        return _typed(array.dictionary, of_text, unit, limit).take(array.indices)
    if pa.types.is_floating(array.type) and limit is not None:
        return _of_floats(array, unit, limit)
    return of_text(text_of(array))


def _of_floats(array: pa.Array, unit: int, limit: int) -> Numbers:
    """Binary floats: a number of units within a millionth of the value is what was meant; more cannot be told."""
    here = present(array)
    value = np.where(here, array.cast(pa.float64()).to_numpy(zero_copy_only=False), np.nan)
    missing = np.isnan(value)
    # Beyond this size a double no longer tells two cents apart.
    clear = np.abs(np.where(missing, 0.0, value)) < min(limit / unit, 2.0**53 / 1000)
    value = np.where(missing | ~clear, 0.0, value)
    units = np.rint(value * unit)
    clear &= np.abs(value - units / unit) <= 1e-6
    return Numbers(units.astype(np.int64), missing, ~missing & ~clear)


def _decimals(result: Numbers, kind: pa.Decimal128Type) -> pa.Decimal128Array:
    """Build decimals from scaled integers: 128-bit little-endian, the upper half is the sign."""
    count = len(result.values)
    words = np.empty((count, 2), np.int64)
    words[:, 0] = np.where(result.unknown, 0, result.values)
    words[:, 1] = words[:, 0] >> 63
    validity = pa.array(~result.unknown).buffers()[1] if result.unknown.any() else None
    return pa.Array.from_buffers(kind, count, [validity, pa.py_buffer(words)])


def _nothing_fast(starts: NDArray[np.int32], data: NDArray[np.uint8], out: NDArray[np.int64]) -> Mask:
    return np.zeros(len(out), np.bool_)


def _fast_ints(starts: NDArray[np.int32], data: NDArray[np.uint8], out: NDArray[np.int64]) -> Mask:
    """Read ``-?digits``, all texts of one width together."""
    done = np.zeros(len(out), np.bool_)
    for rows, begin, size in _by_width(starts, 9):
        out[rows], done[rows] = _digits(data, begin, range(size))
    return done


def _fast_cents(starts: NDArray[np.int32], data: NDArray[np.uint8], out: NDArray[np.int64]) -> Mask:
    """Read ``-?digits[.d[d]]`` as fen, all texts of one width and one place of the point together."""
    done = np.zeros(len(out), np.bool_)
    for rows, begin, size in _by_width(starts, 15):
        rest = np.ones(len(rows), np.bool_)
        for places in (2, 1, 0):
            point = size - places - 1
            here = rest if places == 0 else rest & (data[begin + point] == 46) if point >= 0 else rest & False
            rest &= ~here
            if here.any():
                at = [k for k in range(size) if places == 0 or k != point]
                value, sure = _digits(data, begin[here], at)
                out[rows[here]], done[rows[here]] = value * 10 ** (2 - places), sure
    return done


def _by_width(starts: NDArray[np.int32], widest: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int32], int]]:
    width = np.diff(starts)
    for size in range(1, widest + 1):
        rows = np.flatnonzero(width == size)
        if rows.size:
            yield rows, starts[rows], size


def _digits(
    data: NDArray[np.uint8], begin: NDArray[np.int32], positions: Sequence[int]
) -> tuple[NDArray[np.int64], Mask]:
    """Read the bytes at ``positions`` as a number with or without a minus; the mask tells where they are one."""
    negative = data[begin] == 45
    value = np.zeros(len(begin), np.int64)
    sure = ~negative if len(positions) == 1 else np.ones(len(begin), np.bool_)
    for at in positions:
        digit = data[begin + at] - np.uint8(48)
        if at == 0:
            digit[negative] = 0
        sure &= digit < 10
        value *= 10
        value += digit
    return np.where(negative, -value, value), sure
