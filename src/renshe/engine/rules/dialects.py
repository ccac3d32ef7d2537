"""How each engine writes what the language of rules means.

The engines stand side by side: what they write alike is said once, in ``Dialect``; what differs has a method in each.
Nothing is translated from one engine's SQL to the other's (docs/decisions/0010-spark.md).

Invariant: for every method the two engines give the same value for the same arguments, nulls included, and no argument
within the bounds of ``typed`` makes either of them stop.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import Literal

from renshe.engine.rules.patterns import java_pattern
from renshe.engine.rules.rough import necessary
from renshe.engine.rules.typed import NARROW, Sql

_IN_AS_JOIN = 5
_COMPARED_ONE_BY_ONE = 20
_SHORT = 40
_NARROW_DIGITS = 18
_CENT_SCALE = 12
_ZEROS = "^(-?[0-9]+[.][0-9][0-9][0-9]*?)0+$"


def quote(text: str) -> str:
    """Return ``text`` as a string literal of DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def one_of(value: str, choices: Sequence[str]) -> str:
    """Return SQL for DuckDB that is true where ``value`` is one of ``choices``, both SQL.

    DuckDB turns a longer IN into a join of its own for every place it stands in; comparing a few values costs less.
    """
    if _IN_AS_JOIN <= len(choices) <= _COMPARED_ONE_BY_ONE and len(value) <= _SHORT:
        return "(" + " OR ".join(f"{value} = {choice}" for choice in choices) + ")"
    return f"({value} IN ({', '.join(choices)}))"


class Dialect(ABC):
    """What rules need of an engine's SQL, and how most engines write it."""

    name: Literal["duckdb", "spark"]

    @abstractmethod
    def quote(self, text: str) -> str:
        """Return ``text`` as a string literal."""

    @abstractmethod
    def column(self, alias: str, name: str) -> str:
        """Return the column ``name`` of ``alias``."""

    @abstractmethod
    def quotient(self, value: str, divisor: int) -> str:
        """Return an integer divided by a positive constant, towards zero."""

    @abstractmethod
    def one_of(self, value: str, choices: Sequence[str]) -> str:
        """Return SQL true where ``value`` is one of ``choices``."""

    @abstractmethod
    def starts_with(self, value: str, prefix: str) -> str:
        """Return SQL true where ``value`` begins with ``prefix``."""

    @abstractmethod
    def matches(self, value: str, pattern: str) -> str:
        """Return SQL true where a checked ``pattern`` is found in ``value``."""

    @abstractmethod
    def pinned(self, found: Sql) -> Sql:
        """Return a decimal whose type in the engine is that of its bound."""

    @abstractmethod
    def operands(self, left: Sql, right: Sql, limit: int) -> tuple[str, str]:
        """Return two decimals so that a result up to ``limit`` neither overflows nor loses a digit."""

    @abstractmethod
    def cent(self, value: Sql, result: Sql) -> str:
        """Return ``value`` rounded half up to the cent, in the type of ``result``."""

    @abstractmethod
    def as_of(self, alias: str, day: date) -> tuple[str, str]:
        """Return the month (yyyymm) and the day as of which the row ``alias`` is judged."""

    @abstractmethod
    def shown(self, value: Sql) -> str:
        """Return a value as people write it: amounts with two decimals, rates without trailing zeros."""

    @abstractmethod
    def array(self, values: Sequence[Sql]) -> str:
        """Return the JSON array (compact, nothing escaped that need not be) of texts and integers."""

    @abstractmethod
    def raw(self, alias: str, name: str) -> str:
        """Return the text of the field ``name`` that could not be typed, null where there is none."""

    @abstractmethod
    def has_raw(self, alias: str, name: str) -> str:
        """Return SQL true where the field ``name`` has text that could not be typed; null where no field has."""

    def compared(self, op: str, left: Sql, right: Sql) -> str:
        """Return SQL of a comparison."""
        return f"({left.text} {op} {right.text})"

    @staticmethod
    def text(value: str) -> str:
        """Return a typed value as text."""
        return f"CAST({value} AS STRING)"

    @staticmethod
    def wide(value: Sql, limit: int) -> str:
        """Return an integer that can be computed with up to ``limit``."""
        return f"CAST({value.text} AS BIGINT)" if limit >= NARROW else value.text


class _DuckDB(Dialect):
    name = "duckdb"

    def quote(self, text: str) -> str:
        return quote(text)

    def column(self, alias: str, name: str) -> str:
        return f'{alias}."{name}"'

    def quotient(self, value: str, divisor: int) -> str:
        return f"({value}) // {divisor}"

    def one_of(self, value: str, choices: Sequence[str]) -> str:
        return one_of(value, choices)

    def starts_with(self, value: str, prefix: str) -> str:
        return f"starts_with({value}, {prefix})"

    def matches(self, value: str, pattern: str) -> str:
        return f"regexp_matches({value}, {quote(pattern)})"

    def pinned(self, found: Sql) -> Sql:
        return found

    def compared(self, op: str, left: Sql, right: Sql) -> str:
        exact = super().compared(op, left, right)
        rough = necessary(op, left.as_rough, right.as_rough)
        # A CASE computes its result for chosen rows only, wherever it stands; AND does so only as a filter.
        return exact if rough is None else f"(CASE WHEN NOT {rough} THEN FALSE ELSE {exact} END)"

    def operands(self, left: Sql, right: Sql, limit: int) -> tuple[str, str]:
        # Two decimals of 64 bits stay so, and overflow, unless one of them is wider.
        wanted = len(str(limit)) > _NARROW_DIGITS and max(left.digits, right.digits) <= _NARROW_DIGITS
        first = f"CAST({left.text} AS DECIMAL({_NARROW_DIGITS + 1}, {left.scale}))" if wanted else left.text
        return first, right.text

    def cent(self, value: Sql, result: Sql) -> str:
        plain = f"CAST(round({value.text}, 2) AS {result.decimal})"
        if value.scale > _CENT_SCALE or value.digits <= _NARROW_DIGITS:
            return plain
        # 128 bits are divided bit by bit; below a million yuan 64 bits hold twelve decimals and cost a twentieth.
        narrow = f"CAST(round(CAST({value.text} AS DECIMAL(18, {_CENT_SCALE})), 2) AS {result.decimal})"
        return f"(CASE WHEN abs({value.text}) < 1000000 THEN {narrow} ELSE {plain} END)"

    def as_of(self, alias: str, day: date) -> tuple[str, str]:
        return str(day.year * 100 + day.month), f"DATE '{day.isoformat()}'"

    def shown(self, value: Sql) -> str:
        text = self.text(value.text)
        return f"regexp_replace({text}, '{_ZEROS}', '\\1')" if value.kind == "decimal" else text

    def array(self, values: Sequence[Sql]) -> str:
        return f"CAST(json_array({', '.join(value.text for value in values)}) AS VARCHAR)"

    def raw(self, alias: str, name: str) -> str:
        return f"{alias}.raw[{quote(name)}]"

    def has_raw(self, alias: str, name: str) -> str:
        return f"map_contains({alias}.raw, {quote(name)})"


class _Spark(Dialect):
    name = "spark"

    def quote(self, text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def column(self, alias: str, name: str) -> str:
        return f"{alias}.`{name}`"

    def quotient(self, value: str, divisor: int) -> str:
        return f"({value}) div {divisor}"

    def one_of(self, value: str, choices: Sequence[str]) -> str:
        return f"({value} IN ({', '.join(choices)}))"

    def starts_with(self, value: str, prefix: str) -> str:
        return f"startswith({value}, {prefix})"

    def matches(self, value: str, pattern: str) -> str:
        return f"({value} RLIKE {self.quote(java_pattern(pattern))})"

    def pinned(self, found: Sql) -> Sql:
        return found.cast

    def operands(self, left: Sql, right: Sql, limit: int) -> tuple[str, str]:
        return left.text, right.text

    def cent(self, value: Sql, result: Sql) -> str:
        # A cast to fewer decimals rounds half up.
        return f"CAST({value.text} AS {result.decimal})"

    def as_of(self, alias: str, day: date) -> tuple[str, str]:
        # Many data sets are judged in one go, each as of its own day: the row knows.
        return f"{alias}._as_of_month", f"{alias}._as_of"

    def shown(self, value: Sql) -> str:
        text = self.text(value.text)
        return f"regexp_replace({text}, '{_ZEROS}', '$1')" if value.kind == "decimal" else text

    def array(self, values: Sequence[Sql]) -> str:
        if all(value.kind == "text" for value in values):
            return f"to_json(array({', '.join(value.text for value in values)}))"
        listed = ", ',', ".join(self._element(value) for value in values)
        return f"concat('[', {listed}, ']')"

    @staticmethod
    def _element(value: Sql) -> str:
        if value.kind == "int":
            return f"coalesce(CAST({value.text} AS STRING), 'null')"
        listed = f"to_json(array({value.text}))"
        return f"substr({listed}, 2, length({listed}) - 2)"

    def raw(self, alias: str, name: str) -> str:
        return f"try_element_at({alias}.raw, {self.quote(name)})"

    def has_raw(self, alias: str, name: str) -> str:
        return f"map_contains_key({alias}.raw, {self.quote(name)})"


DUCKDB: Dialect = _DuckDB()
SPARK: Dialect = _Spark()
