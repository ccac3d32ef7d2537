"""Which names cannot be the name of a person or unit, and what is wrong with them.

Rules: GB/T 40217-2021 §4.2 DQ004 and DQ021 (a person's name is that of the identity document; a unit's name is not
letters and digits only and has no illegal characters); the Baicheng plan, class one: test data and invented persons.

States: ``test`` an invented name; ``latin`` letters and digits only; ``private`` a private-use character, which every
system shows differently; ``question`` a character was lost on the way (?, U+FFFD, □); ``chars`` a digit or sign that no
name has. Only obvious inventions are ``test``: people are really called 张三, 王五 or 丽丽, so a model name counts only
with digits behind it (张三1), and one repeated character only from three on. 口 is a character of real names and
never counts as a lost one. Foreigners have Latin names: the caller leaves the holders of foreign numbers out.

Invariant: a state is named only for what stands in the text; the bulk twins agree with the scalars.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from renshe.standards.bulk import Mask, bytes_of, map_text, present, text_of
from renshe.standards.text import clean_name, half_width

_LOST = re.compile("[?\ufffd□■▢▯〓]")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_LATIN = re.compile(r"[0-9a-zß-ɏ .'’·&,()/-]*[0-9a-zß-ɏ][0-9a-zß-ɏ .'’·&,()/-]*")

# Runs that fingers make on a keyboard, and signs that stand for "somebody".
_RUNS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEYED = re.compile(r"(?:abc|asd|qwe|zxc|xyz|123)")
_REPEATED = re.compile(r"([0-9a-z×*#@_.\-])\1+|([㐀-鿿])\2{2,}")
_LATIN_TEST = re.compile(
    r"(?:test(?:er|ing|user)?|demo|sample|admin|user|guest)[\W_]*[0-9]*|.*(?<![a-z])test(?![a-z]).*"
)

_PERSON_INSIDE = "测试|假人|虚拟|虚构|模拟|演示|示例|样例|无名氏|不详|某某"
_PERSON_WHOLE = (
    "无|空|无名|未知|未命名|无姓名|姓名|佚名|待定|待补|待补充|待查|待核实|暂无|某人"
    "|用户|人员|员工|职工|新员工|临时|临时工|临时人员"
)
_MODEL = "张三|李四|王五|赵六|孙七|周八|吴九|郑十"
_INVENTED_PERSON = re.compile(
    f".*(?:{_PERSON_INSIDE}).*|(?:{_PERSON_WHOLE})[0-9a-z]*|(?:{_MODEL})[0-9a-z]+|.{{1,2}}某|[㐀-鿿]*[x×]{{2,}}"
)

_UNIT_INSIDE = (
    "测试单位|测试公司|测试企业|测试专用|测试数据|测试户|虚拟户|假单位|假公司|示例单位|演示单位|模拟单位"
    "|某某|某公司|某单位"
)
_INVENTED_UNIT = re.compile(
    f".*(?:{_UNIT_INSIDE}).*"
    "|测试(?:有限公司|用户|机构|部门|组织|学校|社区|村|账号)?[0-9a-z一二三四五六七八九十]*"
    r"|.*测试[0-9]*|.*[(]测试[0-9]*[)].*"
    "|(?:虚拟|假|示例|演示|模拟)(?:单位|公司|企业)[0-9a-z]*"
    "|[x×*]{2,}(?![a-z]).*"
    "|(?:无|空|未知|不详|待定|待补|待查|暂无|单位|公司|企业|单位名称|无单位|未命名)[0-9]*"
)

# Signs that names of units carry.
_UNIT_SIGNS = frozenset("()[]【】〔〕《》〈〉“”‘’\"'「」·-—–、,.&+/ 〇")

# Ordinary names (RE2): nothing but common characters, and no word that a closer look might call invented.
_PLAIN_PERSON = "^[㐀-䶿一-鿿]{2,}$"
_PLAIN_UNIT = "^[㐀-䶿一-鿿（）]{2,}$"
_SUSPECT_PERSON = f"{_PERSON_INSIDE}|某|^(?:{_PERSON_WHOLE})$"
_SUSPECT_UNIT = (
    "测试|虚拟|假|示例|演示|模拟|某|^(?:未知|不详|待定|待补|待查|暂无|单位|公司|企业|单位名称|无单位|未命名)$"
)


def name_state(text: str | None) -> str | None:
    """Return what is wrong with the name of a person (see the module), or None for a clean or empty one."""
    name = clean_name(text)
    if name is None:
        return None
    folded = half_width(name).lower()
    if _invented(folded) or _INVENTED_PERSON.fullmatch(folded):
        return "test"
    # A unit may be called 3M; a person's number in the name's place is no name, whatever letters stand beside it.
    return "chars" if any(map(str.isdigit, folded)) else _damage(folded, _person_char)


def unit_name_state(text: str | None) -> str | None:
    """Return what is wrong with the name of a unit (see the module), or None for a clean or empty one."""
    name = clean_name(text)
    if name is None:
        return None
    folded = half_width(name).lower()
    if _invented(folded) or _INVENTED_UNIT.fullmatch(folded):
        return "test"
    return _damage(folded, _unit_char)


def name_states(array: Any) -> pa.StringArray:
    """Bulk twin of ``name_state``: a column of states, null for clean names."""
    return _states(array, name_state, _PLAIN_PERSON, _SUSPECT_PERSON)


def unit_name_states(array: Any) -> pa.StringArray:
    """Bulk twin of ``unit_name_state``."""
    return _states(array, unit_name_state, _PLAIN_UNIT, _SUSPECT_UNIT)


def _invented(folded: str) -> bool:
    """Whether a half-width, lower-case name is a repeated key, a run of keys or a test word."""
    if _REPEATED.fullmatch(folded) or _KEYED.fullmatch(folded) or _LATIN_TEST.fullmatch(folded):
        return True
    return len(folded) >= 4 and any(folded in run for run in _RUNS)


def _damage(folded: str, allowed: Callable[[str], bool]) -> str | None:
    if _LATIN.fullmatch(folded):
        return "latin"
    if _PRIVATE.search(folded):
        return "private"
    if _LOST.search(folded):
        return "question"
    return None if all(map(allowed, folded)) else "chars"


def _letter(char: str) -> bool:
    # Planes 2 and 3 hold Chinese characters only, some newer than Python's tables; to Unicode 〇 is a numeral.
    return 0x20000 <= ord(char) < 0x40000 or char == "〇" or unicodedata.category(char)[0] in "LM"


def _person_char(char: str) -> bool:
    # A Tibetan name has its own separator; Latin letters inside a Chinese name are not part of it.
    return char in "·་" or (ord(char) > 0x24F and _letter(char))


def _unit_char(char: str) -> bool:
    return char in _UNIT_SIGNS or char.isdecimal() or _letter(char)


def _states(array: Any, state: Callable[[str | None], str | None], plain: str, suspect: str) -> pa.StringArray:
    names = text_of(array)
    ordinary = pc.and_not(pc.match_substring_regex(names, plain), pc.match_substring_regex(names, suspect))
    odd = ~pc.fill_null(ordinary, True).to_numpy(zero_copy_only=False) | _doubled(names)
    clean = pa.nulls(len(names), pa.string())
    mask = pa.array(odd)
    return pc.replace_with_mask(clean, mask, map_text(names.filter(mask), state)) if odd.any() else clean


def _doubled(names: pa.StringArray) -> Mask:
    """Rows whose first two Chinese characters (three bytes each) are the same: they may be one character repeated."""
    starts, data = bytes_of(names)
    rows = np.flatnonzero((np.diff(starts) >= 9) & present(names)) if len(names) else np.zeros(0, np.intp)
    same = np.zeros(len(names), np.bool_)
    if rows.size:
        begin = starts[rows]
        same[rows] = np.logical_and.reduce([data[begin + k] == data[begin + k + 3] for k in range(3)])
    return same
