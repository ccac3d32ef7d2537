"""What stands in a field for nothing: 无, 不详, 000000, 13800000000. Two records that both say so agree in nothing.

Rule: a value counts as told where it could be somebody's own. Numbers that hold by themselves (region, date, check
digit) always count, and so do those of the shape of one; others not where they have too few digits or letters, a run
of one digit, digits counted up, or the form that a spreadsheet gives to long numbers (2.20802E+17). The beginning of
an identity number tells no more than where and when somebody was born; an address that ends with a county or a town
no more than that. What no list can know (the telephone of an office) is found by how many bear it (linking).

Invariant: what is told stays as it is; all else is null.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

NO_DATES = ("19000101", "18991231", "19000102", "11110101", "19010101")
"""Dates (yyyymmdd) that stand for "not known" in many systems."""
_RUN = 6
_RUNS = "|".join(f"{digit}{{{_RUN},}}" for digit in range(10))
_NOT_OWN = f"{_RUNS}|1234567|7654321|[Ee]\\+"
_DATE = r"(18|19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
# A date in its place and a serial number; of 15 digits hardly anything would fail.
_SHAPE_OF_ID = f"^[1-9][0-9]{{5}}{_DATE}[0-9]{{3}}[0-9Xx]$"
# Region, or region and the beginning of a date: what is left where a number was cut off; or a date alone.
_HEAD_OF_ID = f"^[1-9][0-9]{{5}}((18|19|20)[0-9]{{2,6}})?$|^{_DATE}$"
# Mobile numbers with eight digits that nobody chose: zeros, counted up, the operator's own. 13888888888 is somebody's.
_MOBILE, _NO_MOBILE = "^1[3-9][0-9]{9}$", "^1[3-9][0-9](0{8}|12345678|00138000)$"
# Banks number accounts with long runs of zeros, but not to the end.
_NO_ACCOUNT = "|".join(
    [
        "^[^1-9A-Za-z]*$",
        *(f"^{digit}+$" for digit in range(1, 10)),
        "^[0-9]{4,8}0{8,}$",
        "^0?12345678[0-9]*$",
        "[Ee]\\+",
    ]
)
# Ends with the name of a district, a town or a street's office; 小区 and the like are places to live at.
_ENDS_WITH_TOWN = "(省|市|县|旗|盟|州|镇|乡|街道|街道办|办事处|(^|[^小社校厂园])区)$"
# What systems call the unit of those who have none, whatever place or office stands before it.
_NO_UNIT = (
    "灵活就业 灵活就业人员 灵活就业参保 灵活就业参保人员 个体参保 个体参保人员 自由职业 自由职业者 无单位 失业人员 "
    "城乡居民 居民参保 个人参保 个人缴费 托管人员 挂靠人员"
).split()
_NO_UNIT_ALONE = (
    "个体 个体户 个体工商户 无 无业 失业 居民 农民 学生 其他 其它 其他单位 未知 不详 待定 退休人员 社会人员 个人"
).split()
# What is written for the name of somebody who is not known or has none yet.
_NO_NAME = (
    "无 不详 不明 未知 无名 无名氏 佚名 待查 待定 待补 暂无 测试 测试人员 死亡 已死亡 注销 新生儿 婴儿 男婴 女婴 "
    "本人 空 空白"
).split()
_NO_NAMES = f"^({'|'.join(_NO_NAME)})$|某|[*]|.之(子|女|婴|长子|次子|长女|次女|大宝|二宝)$"
_NO_UNITS = f"^(.*({'|'.join(_NO_UNIT)})|(.*[省市县区旗镇乡])?({'|'.join(_NO_UNIT_ALONE)}))$"
# How many digits and letters somebody's own number has at least, and how many characters an address.
_LEAST_OF_ID, _LEAST_OF_PHONE, _LEAST_OF_ACCOUNT, _LEAST_OF_ADDRESS = 6, 7, 8, 5
_NOTHING = pa.scalar(None, pa.string())


def told_ids(text: pa.Array, holding: pa.Array) -> pa.Array:
    """Return identity numbers; null for placeholders and mere beginnings. ``holding``: which hold by themselves."""
    # Most hold: the others alone are looked at.
    other = pc.invert(holding)
    rest = text.filter(other)
    own = pc.and_not(_own(rest, _LEAST_OF_ID), pc.match_substring_regex(rest, _HEAD_OF_ID))
    own = pc.or_(own, pc.match_substring_regex(rest, _SHAPE_OF_ID))
    return pc.replace_with_mask(text, other, pc.if_else(own, rest, _NOTHING))


def told_names(names: pa.Array) -> pa.Array:
    """Return names of people, simplified ones; null for what stands for none, or for a child by its parent's."""
    return pc.if_else(pc.match_substring_regex(names, _NO_NAMES), _NOTHING, names)


def told_phones(text: pa.Array) -> pa.Array:
    """Return telephone numbers; null for placeholders."""
    mobile = pc.fill_null(pc.match_substring_regex(text, _MOBILE), False)
    own = pc.invert(pc.match_substring_regex(text, _NO_MOBILE))
    # Nearly all are mobile: the others alone are looked at for runs.
    other = pc.invert(mobile)
    own = pc.replace_with_mask(own, other, _own(text.filter(other), _LEAST_OF_PHONE))
    return pc.if_else(own, text, _NOTHING)


def told_accounts(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return bank accounts; null for placeholders."""
    long = pc.match_substring_regex(text, f"(?:[0-9A-Za-z][^0-9A-Za-z]*){{{_LEAST_OF_ACCOUNT},}}")
    return pc.if_else(pc.and_not(long, pc.match_substring_regex(text, _NO_ACCOUNT)), text, _NOTHING)


def told_addresses(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return addresses; null for placeholders and for what names a town or county alone."""
    long = pc.greater_equal(pc.utf8_length(text), _LEAST_OF_ADDRESS)
    return pc.if_else(pc.and_not(long, pc.match_substring_regex(text, _ENDS_WITH_TOWN)), text, _NOTHING)


def told_units(names: pa.Array) -> pa.Array:
    """Return names of units, simplified ones; null for what systems call those who have none."""
    bare = pc.replace_substring_regex(names, "[^一-鿿]", "")
    return pc.if_else(pc.match_substring_regex(bare, _NO_UNITS), _NOTHING, names)


def _own(text: pa.Array | pa.ChunkedArray, least: int) -> pa.Array | pa.ChunkedArray:
    digits = pc.match_substring_regex(text, f"(?:[0-9][^0-9]*){{{least},}}")
    return pc.and_not(digits, pc.match_substring_regex(text, _NOT_OWN))


_TOLD = {"phone": told_phones, "bank_account": told_accounts, "address": told_addresses, "name": told_names}


def stands_for_nothing(field: str, value: str) -> bool:
    """Return whether ``value`` is what systems write in ``field`` of the dictionary where they know none; a date as
    yyyy-mm-dd or yyyymmdd."""
    if field.endswith("_date"):
        return value.replace("-", "") in NO_DATES
    told = _TOLD.get(field)
    return told is not None and not told(pa.array([value], pa.string()))[0].is_valid
