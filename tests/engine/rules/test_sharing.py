"""What rules have in common is computed once, and nothing else moves."""

from __future__ import annotations

from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.expression import parse
from renshe.engine.rules.scope import PlainScope
from renshe.engine.rules.sharing import conjuncts, share


def parts(text: str) -> list[str]:
    scope = PlainScope("contribution", "t")
    return [compile_expression(node, scope).text for node in conjuncts(parse(text))]


def test_conditions_joined_by_and_are_told_apart_and_others_kept_whole() -> None:
    assert len(parts("(base > 0 and months = 1) and (_kind = 'normal' or base is null)")) == 3
    assert len(parts("not (base > 0 and months = 1)")) == 1


def test_a_condition_of_two_rules_is_a_column_and_comes_first() -> None:
    both = share("j_x", [parts("months = 1 and _kind = 'normal'"), parts("_kind = 'normal' and base > 0")])
    assert both.rows == "(SELECT t.*, (t.\"_kind\" = 'normal') AS _is0 FROM j_x t) t"
    assert both.tests == ('t._is0 AND (t."months" = 1)', 't._is0 AND (t."base" > 0)')


def test_what_is_looked_up_or_dear_or_single_is_not_moved() -> None:
    tests = [["x0.found", "a", "t.raw IS NULL"], ["x0.found", "b", "t.raw IS NULL"], []]
    assert share("j_x", tests).rows == "j_x t"
    assert share("j_x", tests).tests == ("x0.found AND a AND t.raw IS NULL", "x0.found AND b AND t.raw IS NULL", "TRUE")


def test_an_amount_as_a_double_is_computed_once_wherever_it_stands() -> None:
    test = parts("abs(unit_due - base * 0.16) > 0.05")
    shared = share("j_x", [test, [*test, "x0.found"]])
    assert shared.rows.count("CAST") == 2 and 'CAST(t."base" AS DOUBLE)' not in "".join(shared.tests)
