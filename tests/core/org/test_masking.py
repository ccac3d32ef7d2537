"""Lists are masked; whoever looks behind the mask has the right and is recorded."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.core.org.bureau import SETUP, Bureau

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.masking import masked, reveal
from renshe.core.org.models import Disclosure


@pytest.mark.req("S3-24", part="masking")
def test_names_and_identity_numbers_are_masked_in_lists() -> None:
    rows = [{"name": "张丽华", "id_number": "220802196403180123", "person_no": "1001", "birth": None}]
    assert list(masked("person", rows)) == [
        {"name": "张**", "id_number": "220802********0123", "person_no": "1001", "birth": ""}
    ]


def test_looking_behind_the_mask_is_recorded(bureau: Bureau) -> None:
    told = reveal(actor=bureau.at("audit"), row=bureau.operator("entry"), fields=["name"], reason="核实投诉")
    assert told == {"name": "张丽华"}
    seen = Disclosure.objects.get()
    assert (seen.operator.number, seen.table, seen.fields, seen.reason) == (
        "audit-220822", "org_operator", ["name"], "核实投诉",
    )  # fmt: skip
    assert seen.key == str(bureau.operator("entry").pk) and seen.region_id == "220822"
    assert Entry.objects.filter(table_name="org_disclosure", operator="audit-220822").count() == 1
    for order in ("DELETE FROM org_disclosure", "UPDATE org_disclosure SET reason = 'x'"):
        with pytest.raises(BusinessError, match="只能追加"), declared(SETUP), connection.cursor() as cursor:
            cursor.execute(order)
    assert Disclosure.objects.get().reason == seen.reason


@pytest.mark.parametrize(
    ("region", "fields", "reason", "code"),
    [
        ("220802", ["name"], "x", "org.out_of_scope"),
        ("220822", ["name"], " ", "org.reveal_terms"),
        ("220822", [], "x", "org.reveal_terms"),
        ("220822", ["credential"], "x", "org.reveal_terms"),
    ],
)
def test_nobody_looks_behind_it_elsewhere_or_without_a_reason(
    bureau: Bureau, region: str, fields: list[str], reason: str, code: str
) -> None:
    with pytest.raises(BusinessError) as refused:
        reveal(actor=bureau.at("audit", region), row=bureau.operator("entry"), fields=fields, reason=reason)
    assert refused.value.code == code and not Disclosure.objects.exists()
