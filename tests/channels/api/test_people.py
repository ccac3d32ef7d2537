"""People and units through the API: masked, found by what stands in a body, whole only for a reason."""

from __future__ import annotations

import pytest
from tests.channels.api.conftest import Counter
from tests.modules.registry.desk import done, grant_all, id_number, registered

from renshe.core.org.models import Disclosure


@pytest.fixture
def desk(counter: Counter) -> Counter:
    grant_all(counter.office)
    return counter


def test_people_are_found_masked_and_shown_whole_for_a_reason(desk: Counter) -> None:
    person = registered(desk.office, 1)
    clerk = desk.desk("entry")
    page = clerk.post("/people/search", {"region": "220822", "name": "张"})
    assert page["total"] == 1 and page["after"] is None
    [row] = page["items"]
    assert (row["person_no"], row["name"], row["phone"]) == (person.pk, "张**", "****0001")
    assert clerk.post("/people/numbers/search", {"value": id_number(1)}) == [row]
    whole = clerk.get(f"/people/{person.pk}")
    assert (whole["numbers"], whole["states"], whole["sealed"]) == ([person.pk], ["出生"], False)
    shown = clerk.post(f"/people/{person.pk}/disclosure", {"items": ["name", "phone"], "reason": "核对本人"})
    assert shown == {"name": "张丽华", "phone": "13843600001"} and Disclosure.objects.count() == 2
    for body in ({"items": ["name"], "reason": " "}, {"items": ["region"], "reason": "核对"}):
        assert clerk.ask("POST", f"/people/{person.pk}/disclosure", body).status_code == 422
    assert desk.desk("entry", "220802").ask("GET", f"/people/{person.pk}").status_code == 404


def test_a_clerk_who_enters_somebody_is_shown_who_may_be_here(desk: Counter) -> None:
    person = registered(desk.office, 1)
    told = {"name": "张莉华", "birth_date": "1980-01-01", "phone": "13843600001"}
    [found] = desk.desk("entry").post("/people/duplicates/search", told)
    assert found["row"]["person_no"] == person.pk and "姓名同音" in found["why"]


def test_a_unit_is_found_by_an_old_number_with_its_accounts(desk: Counter) -> None:
    done(desk.office, "registry.unit_register", {"name": "河西县粮库", "name_source": "provisional", "unit_type": "10"})
    clerk = desk.desk("entry")
    [unit] = clerk.post("/units/search", {"name": "河西县"})["items"]
    form = {"unit_no": unit["unit_no"], "system": "旧", "old_unit_no": "0431-77", "ground": "迁移"}
    done(desk.office, "registry.unit_account", form)
    assert clerk.post("/units/numbers/search", {"value": "0431-77"}) == [unit]
    [account] = clerk.get(f"/units/{unit['unit_no']}")["accounts"]
    assert account["default"] and account["old_numbers"] == ["0431-77"]
    assert clerk.get("/units/missing-codes")["outstanding"] == 1
    assert [one["unit_no"] for one in clerk.get("/units/provisional")] == [unit["unit_no"]]
