"""The rules of the house as data: complete, well formed, and proved by their own examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from renshe.engine.rules.catalogue import CLASSES, DIMENSIONS, Catalogue, Rule, load_catalogue
from renshe.engine.rules.testing import run_examples
from renshe.standards.dictionary import dictionary

PREFIXES = {
    "person": "PER",
    "unit": "UNI",
    "unit_enrolment": "UEN",
    "enrolment": "ENR",
    "change": "CHG",
    "contribution": "CON",
    "unit_ledger": "LED",
    "account": "ACC",
    "benefit": "BEN",
    "benefit_payment": "BPY",
    "transfer": "TRF",
}
DQ_ROWS = {f"DQ{number:03}" for number in range(1, 56)}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def rules(catalogue: Catalogue) -> list[Rule]:
    """Rules with a condition of their own; the generic ones are the engine's."""
    return [rule for rule in catalogue.rules.values() if rule.generic is None]


@pytest.mark.req("S1-8")
def test_the_catalogue_has_at_least_130_rules_of_both_severities_on_every_table(rules: list[Rule]) -> None:
    assert len(rules) >= 130
    for table in PREFIXES:
        assert {rule.severity for rule in rules if rule.table == table} == {"must_fix", "optional"}, table


def test_an_id_begins_with_its_table_and_says_what(rules: list[Rule]) -> None:
    odd = [rule.id for rule in rules if not re.fullmatch(rf"{PREFIXES[rule.table]}(-[A-Z0-9]+)+", rule.id)]
    assert odd == []


def test_a_rule_points_at_a_field_of_its_table(rules: list[Rule]) -> None:
    odd = [rule.id for rule in rules if rule.field not in dictionary()[rule.table].names]
    assert odd == []


def test_a_clerk_reads_a_short_title_a_source_and_a_concrete_remedy(rules: list[Rule]) -> None:
    chinese = re.compile("[一-鿿]")
    for rule in rules:
        assert len(rule.title) <= 20 and chinese.search(rule.title), rule.id
        assert re.search(r"GB[ /]|〔\d{4}〕\d+号|法|条例|实务|办法|方案|规则|规定|细则|决定", rule.source), rule.id
        assert len(rule.remedy) >= 8 and chinese.search(rule.remedy), rule.id
        assert rule.department.endswith("科"), rule.id
        assert not rule.title.endswith(("。", "，")) and not rule.remedy.endswith("。"), rule.id


def test_titles_tell_the_rules_of_a_table_apart(rules: list[Rule]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for rule in rules:
        assert seen.setdefault((rule.table, rule.title), rule.id) == rule.id


@pytest.mark.req("S1-64", "S0-2")
@pytest.mark.req("S2-5", part="classed")
def test_each_class_and_each_dimension_is_judged_by_some_rule(rules: list[Rule]) -> None:
    assert {rule.class_ for rule in rules} == set(CLASSES)
    assert {dimension for rule in rules for dimension in rule.dimensions} == set(DIMENSIONS)


@pytest.mark.req("S1-17")
def test_a_prerequisite_judges_the_same_table_and_comes_first(catalogue: Catalogue, rules: list[Rule]) -> None:
    order = list(catalogue.rules)
    for rule in rules:
        for needed in rule.requires:
            assert catalogue.rules[needed].table == rule.table, (rule.id, needed)
            assert order.index(needed) < order.index(rule.id), (rule.id, needed)


@pytest.mark.req("S1-34", part="detect")
def test_every_mandatory_field_has_a_must_fix_rule_for_being_empty(rules: list[Rule]) -> None:
    judged = {
        (rule.table, rule.field)
        for rule in rules
        if rule.class_ == "empty" and rule.severity == "must_fix" and f"empty({rule.field})" in (rule.fail or "")
    }
    mandatory = {(table, field.name) for table in PREFIXES for field in dictionary()[table].fields if field.mandatory}
    assert mandatory - judged == set()


def test_a_field_that_is_not_mandatory_is_never_must_fix_for_being_empty_alone(rules: list[Rule]) -> None:
    for rule in rules:
        if rule.fail == f"empty({rule.field})" and rule.severity == "must_fix" and rule.field is not None:
            assert dictionary()[rule.table].field(rule.field).mandatory, rule.id


def test_every_row_of_the_data_quality_list_is_a_rule_or_explained(rules: list[Rule]) -> None:
    implemented = {row for rule in rules for row in rule.dq}
    page = Path(__file__).parents[3].joinpath("docs", "rulebook.md").read_text("utf-8")
    explained = set(re.findall(r"^\| (DQ\d{3}) \| .{20,} \|$", page, flags=re.MULTILINE))
    assert implemented <= DQ_ROWS
    assert implemented | explained == DQ_ROWS
    assert implemented & explained == set()


@pytest.mark.req("S1-36", "S1-60", part="detect")
def test_what_a_backup_has_and_the_system_lost_is_looked_for_in_every_table(rules: list[Rule]) -> None:
    assert {rule.table for rule in rules if rule.judge == "backup"} == set(PREFIXES)


def test_no_amount_of_law_stands_in_a_due_rate_or_base_rule(rules: list[Rule]) -> None:
    """Rates, floors and ceilings are dated parameters; a rule that states one would judge old months by it."""
    guarded = [rule for rule in rules if rule.id.startswith(("CON-PRATE", "CON-URATE", "CON-BASE-F", "CON-BASE-C"))]
    assert len(guarded) >= 8
    for rule in guarded:
        if not rule.id.endswith(("-RANGE", "-410")):
            assert not re.search(r"\b0\.(08|16|2|20|02)\b", rule.fail or ""), rule.id


def test_each_rule_has_a_passing_and_a_failing_example(rules: list[Rule]) -> None:
    lacking = [rule.id for rule in rules if not (rule.examples.get("pass") and rule.examples.get("fail"))]
    assert lacking == []


@pytest.mark.req("S1-33")
@pytest.mark.parametrize("table", PREFIXES)
def test_the_examples_of_a_table_behave(catalogue: Catalogue, table: str) -> None:
    count, failures = run_examples(catalogue, [rule.id for rule in catalogue.of(table)])
    assert count > 0
    assert failures == []
