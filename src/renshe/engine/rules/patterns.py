"""Which regular expressions a rule may use: those that every engine reads alike, and in linear time.

RE2 (DuckDB) and Java (Spark) agree on literals, classes, anchors, groups, alternatives and counted repeats; they part
on look-around, back references, possessive repeats, flags, Unicode classes, nested classes, what ``.`` leaves out and
where ``$`` stops. A pattern is read here by a grammar that knows the common part only.

Invariant: a pattern that passes ``check_pattern`` matches the same texts on every engine, and no engine refuses it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from renshe.engine.rules.expression import ExpressionError

_ESCAPED = frozenset("\\.^$*+?()[]{}|/-")
_COUNTED = re.compile(r"\{([0-9]{1,4})(,([0-9]{1,4})?)?\}")
# RE2 takes no more repeats than this, nested ones multiplied.
_REPEATS = 1000
_DEPTH = 20


class _Refused(ValueError):
    """A pattern that engines read differently; the text says what of it."""


class _Reader:
    """Reads a pattern by the common grammar and writes it as Java reads it."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.java: list[str] = []

    @property
    def here(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]

    def whole(self) -> str:
        self.alternatives(0)
        if self.here:
            raise _Refused("多余的“)”")
        return "".join(self.java)

    def alternatives(self, depth: int) -> int:
        """Read up to the end or a closing bracket; return the largest product of repeats inside."""
        if depth > _DEPTH:
            raise _Refused("过深的括号")
        most = 1
        while self.here and self.here != ")":
            if self.here == "|":
                self.java.append(self.take())
            else:
                most = max(most, self.piece(depth))
        return most

    def piece(self, depth: int) -> int:
        """Read one literal, class, group or anchor with its repeat; return how often it repeats at most."""
        first = self.take()
        inner, single = 1, True
        if first == "(":
            if self.here == "?":
                raise _Refused("“(?…)”形式的分组")
            self.java.append("(")
            inner, single = self.alternatives(depth + 1), False
            if not self.here:
                raise _Refused("没有闭合的“(”")
            self.java.append(self.take())
        elif first == "[":
            self.set()
        elif first == "\\":
            self.java.append("\\" + self.escaped())
        elif first in "^$":
            # Java's $ also stops before a last line feed; \z does not.
            self.java.append("^" if first == "^" else "\\z")
            if self.here and self.here in "*+?{":
                raise _Refused("“^”“$”之后的重复")
            return 1
        elif first in "*+?{}]":
            raise _Refused(f"此处的“{first}”（作为普通字符时请写成 \\{first}）")
        elif first == ".":
            raise _Refused("“.”（各引擎对换行含义不同；请写明字符类，如 [0-9A-Z]）")
        else:
            self.java.append(first)
        return inner * self.repeat(inner, single)

    def repeat(self, inner: int, single: bool) -> int:
        if not self.here or self.here not in "*+?{":
            return 1
        if self.here == "{":
            count = self.counted()
        else:
            count = {"?": 1, "*": 0, "+": 0}[self.take()]
            self.java.append(self.pattern[self.at - 1])
        if count == 0 and not single:
            raise _Refused("括号之后没有上限的重复（请写成 {1,20} 之类）")
        if inner * count > _REPEATS:
            raise _Refused(f"超过 {_REPEATS} 次的重复")
        if self.here == "?":
            self.java.append(self.take())
        if self.here and self.here in "*+?{":
            raise _Refused("连续的重复")
        return max(count, 1)

    def counted(self) -> int:
        """Read {n}, {n,} or {n,m}; return the upper bound, 0 where there is none."""
        match = _COUNTED.match(self.pattern, self.at)
        if match is None:
            raise _Refused("此处的“{”（重复写成 {2} 或 {2,4}）")
        low = int(match[1])
        high = low if match[2] is None else int(match[3]) if match[3] else 0
        if low > _REPEATS or (high and high < low) or (match[2] is None and low == 0) or match[3] == "0":
            raise _Refused(f"重复 {match[0]}")
        self.at = match.end()
        self.java.append(match[0])
        return high

    def escaped(self) -> str:
        if self.here == "d":
            return self.take()
        if self.here and self.here in _ESCAPED:
            return self.take()
        raise _Refused(f"转义“\\{self.here}”（各引擎含义不同；数字可写 \\d，字母可写 [A-Za-z]）")

    def set(self) -> None:
        """Read a class: single characters, ranges, \\d."""
        self.java.append("[")
        if self.here == "^":
            self.java.append(self.take())
        if self.here == "]":
            raise _Refused("空的字符类")
        while self.here != "]":
            low = self.member()
            if self.here == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.java.append(self.take())
                high = self.member()
                if len(low) != 1 or len(high) != 1 or low > high:
                    raise _Refused("字符类中的范围")
        self.java.append(self.take())

    def member(self) -> str:
        if not self.here:
            raise _Refused("没有闭合的“[”")
        char = self.take()
        if char == "\\":
            char = self.escaped()
            self.java.append("\\" + char)
            return "\\d" if char == "d" else char
        if char in "[&~^":
            raise _Refused(f"字符类中的“{char}”" + ("" if char != "^" else "（“^”只可写在最前）"))
        # Java reads a lone hyphen at either end as itself, as RE2 does.
        self.java.append(char)
        return char


@lru_cache(maxsize=256)
def java_pattern(pattern: str) -> str:
    """Return a checked ``pattern`` as Java reads it; ValueError where it is not of the common part."""
    return _Reader(pattern).whole()


def check_pattern(pattern: str, place: int) -> None:
    """Raise ExpressionError unless ``pattern`` is of the common part of all engines."""
    try:
        java_pattern(pattern)
    except _Refused as refused:
        raise ExpressionError(f"正则表达式不能用{refused}", place) from None
