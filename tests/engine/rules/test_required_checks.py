"""Checks that the requirements name: the rules are there, and their own examples behave."""

from __future__ import annotations

import pytest

from renshe.engine.rules.catalogue import load_catalogue
from renshe.engine.rules.testing import run_examples


def proved(*rules: str) -> None:
    catalogue = load_catalogue()
    assert set(rules) <= set(catalogue.rules)
    count, failures = run_examples(catalogue, rules)
    assert failures == []
    assert count >= 2 * len(rules), "each rule has an example that passes and one that fails"


@pytest.mark.req("S1-37")
def test_unit_assessments_without_persons_and_persons_without_unit_assessment() -> None:
    proved("LED-NODETAIL", "CON-LEDGER")


@pytest.mark.req("S1-39")
def test_unit_ledger_equals_its_persons_to_the_cent() -> None:
    proved("LED-HEADCOUNT", "LED-BASE", "LED-UDUE", "LED-PDUE", "LED-UPAID", "LED-PPAID")


@pytest.mark.req("S0-26", part="check")
def test_no_overlapping_or_exclusive_relations() -> None:
    proved("ENR-OVERLAP", "ENR-OVERLAP-M", "ENR-EXCLUSIVE-PENSION", "ENR-EXCLUSIVE-MEDICAL", "CON-EXCLUSIVE")


@pytest.mark.req("S1-28", part="detect")
def test_test_persons_and_units_are_found() -> None:
    proved("PER-NAME-TEST", "UNI-NAME-TEST")


@pytest.mark.req("S1-30", part="detect")
def test_terminations_without_operation_or_condition_are_found() -> None:
    proved("ENR-TERM-NOOP", "ENR-TERM-DEATH", "ENR-TERM-RETIRE", "UEN-TERM-UNSEEN")


@pytest.mark.req("S1-36", part="detect")
def test_rows_that_a_backup_has_and_the_system_lost_are_found() -> None:
    proved("PER-LOST", "CON-LOST")
