"""The data dictionary: one name leads to one field, and the contracts' tables are all there."""

from __future__ import annotations

import pytest

from renshe.standards.dictionary import TABLES, dictionary, table
from renshe.standards.text import label_key


@pytest.mark.req("S0-1", part="detect")
@pytest.mark.parametrize("name", dictionary())
def test_no_name_leads_to_two_fields_of_a_table(name: str) -> None:
    owner: dict[str, str] = {}
    for field in table(name).fields:
        for text in {field.code, field.name, field.label, *field.aliases} - {""}:
            assert owner.setdefault(label_key(text), field.name) == field.name, text


@pytest.mark.req("S4-12", part="detect")
@pytest.mark.parametrize(
    ("name", "code", "field"),
    [
        ("person", "AAC001", "person_no"),
        ("person", "AAC002", "id_number"),
        ("person", "AIC162", "retire_date"),
        ("unit", "BAB010", "uscc"),
        ("enrolment", "AAC031", "status"),
        ("contribution", "AAE003", "period"),
        ("contribution", "AAE143", "kind"),
        ("account", "ZZB005", "closing"),
        ("benefit", "AIC161", "retire_kind"),
        ("transfer", "EAC071", "direction"),
    ],
)
def test_a_field_code_leads_to_its_field(name: str, code: str, field: str) -> None:
    found = table(name).field(field)
    assert code in (found.code, *found.aliases)


@pytest.mark.req("S2-1", "S2-2", "S2-3")
def test_every_field_has_a_protection_class() -> None:
    classes = {field.protection for item in dictionary().values() for field in item.fields}
    assert classes == {"A", "B", "C"}
    assert table("person").field("birth_date").protection == "A"
    assert table("account").field("closing").protection == "B"
    assert table("benefit").field("amount").protection == "C"


def test_keys_are_fields() -> None:
    for name in TABLES:
        for part in (*table(name).key, *table(name).key_else):
            assert table(name).field(part).name == part
    with pytest.raises(KeyError, match=r"person\.no_such_field"):
        table("person").field("no_such_field")
