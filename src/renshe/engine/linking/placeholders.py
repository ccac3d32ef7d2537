"""What stands in a field for nothing: 无, 不详, 000000, 13800000000. Two records that both say so agree in nothing.

Rule: a value counts as told where it could be somebody's own. Numbers that hold by themselves (region, date, check
digit) always count; other values not where they have too few digits or letters, a run of one digit, digits counted up,
or the form that a spreadsheet gives to long numbers (2.20802E+17).

Invariant: what is told stays as it is; all else is null.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

_RUN = 6
_RUNS = "|".join(f"{digit}{{{_RUN},}}" for digit in range(10))
_COUNTED = "1234567|7654321"
_NOT_OWN = f"{_RUNS}|{_COUNTED}|[Ee]\\+"
_NO_UNITS = (
    "灵活就业 灵活就业人员 灵活就业参保 个体 个体户 个体工商户 个体参保 个体参保人员 自由职业 自由职业者 "
    "无 无单位 无业 失业 失业人员 城乡居民 居民 居民参保 农民 学生 其他 其它 其他单位 未知 不详 待定 退休人员 社会人员 "
    "个人 个人参保 个人缴费 托管人员 挂靠人员"
).split()
# How many digits and letters somebody's own number has at least.
_LEAST_OF_ID, _LEAST_OF_PHONE, _LEAST_OF_ACCOUNT = 6, 7, 8
# An address without a number names a village: with less than this it is a town or a county.
_LEAST_OF_PLACE, _LEAST_WITH_NUMBER = 7, 5


def told_ids(text: pa.Array, holding: pa.Array) -> pa.Array:
    """Return identity numbers; null for placeholders. ``holding``: which hold by themselves."""
    own = _own(text, _LEAST_OF_ID)
    return pc.if_else(pc.or_(holding, own), text, pa.scalar(None, pa.string()))


def told_phones(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return telephone numbers; null for placeholders."""
    return pc.if_else(_own(text, _LEAST_OF_PHONE), text, pa.scalar(None, pa.string()))


def told_accounts(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return bank accounts; null for placeholders."""
    # Banks number accounts with long runs of zeros.
    own = pc.match_substring_regex(text, f"(?:[0-9A-Za-z][^0-9A-Za-z]*){{{_LEAST_OF_ACCOUNT},}}")
    empty = pc.match_substring_regex(text, f"^[^1-9A-Za-z]*$|{_COUNTED}|[Ee]\\+")
    return pc.if_else(pc.and_not(own, empty), text, pa.scalar(None, pa.string()))


def told_addresses(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return addresses; null for placeholders and for what names a town or county alone."""
    length = pc.utf8_length(text)
    numbered = pc.match_substring_regex(text, "[0-9０-９]")
    place = pc.greater_equal(length, _LEAST_OF_PLACE)
    own = pc.or_(place, pc.and_(numbered, pc.greater_equal(length, _LEAST_WITH_NUMBER)))
    return pc.if_else(own, text, pa.scalar(None, pa.string()))


def told_units(names: pa.Array) -> pa.Array:
    """Return names of units, simplified ones; null for what systems call those who have none."""
    bare = pc.replace_substring_regex(names, "[^一-鿿]", "")
    nobody = pc.is_in(bare, value_set=pa.array(_NO_UNITS))
    return pc.if_else(nobody, pa.scalar(None, pa.string()), names)


def _own(text: pa.Array | pa.ChunkedArray, least: int) -> pa.Array | pa.ChunkedArray:
    digits = pc.match_substring_regex(text, f"(?:[0-9][^0-9]*){{{least},}}")
    return pc.and_not(digits, pc.match_substring_regex(text, _NOT_OWN))
