"""The language: what may be written, and that a refusal points at its place."""

from __future__ import annotations

import pytest

from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.expression import ExpressionError, parse
from renshe.engine.rules.patterns import check_pattern, java_pattern
from renshe.engine.rules.scope import PlainScope


def sql(text: str, table: str = "contribution") -> str:
    return compile_expression(parse(text), PlainScope(table, "t")).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base > 0 and not insurance = '110'", '((t."base" > 0) AND (NOT (t."insurance" = \'110\')))'),
        ("base between 1 and 2", '((t."base" >= 1) AND (t."base" <= 2))'),
        ("insurance not in ('110', '120')", "(NOT (t.\"insurance\" IN ('110', '120')))"),
        ("base is not null", '(NOT (t."base" IS NULL))'),
        ("base / 4 is null", '((CAST(t."base" AS DECIMAL(19, 2)) * CAST(0.25 AS DECIMAL(3, 2))) IS NULL)'),
        ("unit_no = 'it''s'", "(t.\"unit_no\" = 'it''s')"),
    ],
)
def test_what_is_written_is_what_is_asked(text: str, expected: str) -> None:
    assert sql(text) == expected


@pytest.mark.req("S1-33", part="language")
@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("unit_no like '1%'", 9, "多余的内容"),
        ("base / person_due > 1", 6, "不为零的常数"),
        ("base / 0 > 1", 6, "不为零的常数"),
        ("base / 3 > 1", 6, "有限小数"),
        ("base = '1'", 6, "不能与"),
        ("nothing = 1", 1, "没有字段"),
        ("sqrt(base) > 1", 1, "没有函数"),
        ("matches(unit_no, '(?i)a')", 18, "正则"),
        ("matches(unit_no, insurance)", 18, "文本常量"),
        ("left(unit_no, 0) = ''", 15, "正整数"),
        ("base > (select 1)", 16, "应为"),
        ("cast(base as int) = 1", 11, "应为"),
        ("base >", 7, "结尾"),
        ("base ; drop", 6, "不认识的符号"),
        ("sum(base) > 1", 1, "聚合"),
        ("base = null", 8, "is null"),
        ("coalesce(null, null) = 1", 1, "不是 null"),
        ("months * months * months > 1", 17, "64 位"),
        ("months > 9223372036854775808", 10, "64 位"),
        ("base * base * base > 1", 13, "38 位"),
        ("base > 1000000000000000000000000000000000000.5", 6, "38 位"),
        ("param('base_floor', base) > 1", 1, "param"),
    ],
)
def test_what_engines_read_differently_is_refused_at_its_place(text: str, place: int, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        sql(text)
    assert caught.value.place == place
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    "pattern",
    ["^1[3-9][0-9]{9}$", "a|b|", "(ab?){2,4}", "[^a-z-]+", r"\d{18}", r"[\d-]*?", "𠀀[一-龥]{2,}", r"\.\-\/\$"],
)
def test_what_every_engine_reads_alike_may_be_matched(pattern: str) -> None:
    check_pattern(pattern, 1)


@pytest.mark.req("S1-33", part="language")
@pytest.mark.parametrize(
    "pattern",
    [
        *("a.b", "(a+)+", "(a|b)*", "a**", "a*+", "a{1001}", "(a{40}){40}", "(?:a)", r"\w", r"\1", "[[:alpha:]]"),
        *("[a&&b]", "[]a]", "[z-a]", "[a", "(a", "a)", "x{", "{2}", "^*", "a{3,2}", "a{0}", r"[\d-9]", "\\"),
        "(" * 30 + ")" * 30,
    ],
)
def test_patterns_that_engines_read_differently_or_slowly_are_refused(pattern: str) -> None:
    with pytest.raises(ExpressionError, match="正则"):
        check_pattern(pattern, 1)


@pytest.mark.parametrize(("pattern", "java"), [("^a$", r"^a\z"), (r"a\$$", r"a\$\z"), ("[a$]", "[a$]")])
def test_only_the_end_is_written_in_another_way_for_java(pattern: str, java: str) -> None:
    assert java_pattern(pattern) == java
