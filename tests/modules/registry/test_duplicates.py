"""Possible duplicates while somebody is entered."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.core.casework.conftest import Office
from tests.modules.registry.desk import id_number, person_form, registered

from renshe.modules.registry.duplicates import possible_duplicates


def entered(serial: int = 1, **more: object) -> dict[str, object]:
    form = person_form(serial, **more)
    return {**form, "birth_date": dt.date.fromisoformat(form["birth_date"])}


@pytest.mark.req("S1-38", part="while entering")
def test_who_may_be_here_already_is_shown_with_why(registry: Office) -> None:
    person = registered(registry, 1)
    registered(registry, 3, name="李秀英", phone="13900000077", birth_date="1950-05-05")
    [same] = possible_duplicates(actor=registry.maker, values=entered(1))
    assert (same.row["person_no"], same.row["name"], same.decision) == (person.pk, "张**", "same")
    assert "有效号码与姓名均相同" in same.why
    [sound] = possible_duplicates(actor=registry.maker, values=entered(5, name="张莉华"))
    assert sound.decision == "review" and "同音" in sound.why
    old = id_number(1)[:6] + id_number(1)[8:17]
    assert possible_duplicates(actor=registry.maker, values={**entered(1), "id_number": old})[0].decision == "same"
    assert possible_duplicates(actor=registry.maker, values=entered(1), besides=person.pk) == []


def test_who_may_not_be_looked_at_is_not_told_of(registry: Office) -> None:
    registered(registry, 1)
    elsewhere = registry.bureau.at("entry", "220802")
    assert possible_duplicates(actor=elsewhere, values=entered(1)) == []
    assert possible_duplicates(actor=registry.maker, values={"name": "王五"}) == []
