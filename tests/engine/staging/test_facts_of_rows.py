"""Facts are pure functions of their own row."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from renshe.engine.schema import columns
from renshe.engine.staging.facts import compute_facts
from renshe.standards.dictionary import table


def facts(name: str, rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    kinds = columns(name)
    typed = {field: pa.array([row.get(field) for row in rows], kinds[field]) for field in table(name).names}
    return {fact: values.to_pylist() for fact, values in compute_facts(name, typed, date(2021, 5, 31)).items()}


def test_an_enrolment_without_payment_status_is_active_by_its_enrolment_status() -> None:
    rows = [
        {"status": "1", "enrol_status": "4"},
        {"status": "3", "enrol_status": "1"},
        {"enrol_status": "1"},
        {"enrol_status": "1", "end_month": 202001},
        {"enrol_status": "4"},
        {},
    ]
    assert facts("enrolment", rows)["_active"] == [True, False, True, False, False, False]
