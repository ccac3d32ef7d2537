"""Which regular expressions a rule may use: those that every engine reads alike.

RE2, Java and Python agree on literals, classes, anchors, groups, alternatives and counted repeats; they part on
look-around, back references, possessive repeats, flags and Unicode classes, so those are refused.
"""

from __future__ import annotations

import re

from renshe.engine.rules.expression import ExpressionError

_FORBIDDEN = (
    (re.compile(r"\(\?"), "(?…) 形式的分组"),
    (re.compile(r"\\[1-9]"), "反向引用"),
    (re.compile(r"\\[^\\dwst.^$*+?()\[\]{}|/-]"), "不通用的转义"),
    (re.compile(r"\\[wst]"), "各引擎含义不同的转义（可写 [A-Za-z0-9_]）"),
    (re.compile(r"[*+?}][+]"), "占有量词"),
    (re.compile(r"\[\[|&&"), "嵌套字符类"),
)


def check_pattern(pattern: str, place: int) -> None:
    """Raise ExpressionError unless ``pattern`` is of the common part of all engines."""
    for forbidden, what in _FORBIDDEN:
        if forbidden.search(pattern):
            raise ExpressionError(f"正则表达式不能用{what}", place)
    try:
        re.compile(pattern)
    except re.error as error:
        raise ExpressionError(f"正则表达式有误：{error}", place) from None
