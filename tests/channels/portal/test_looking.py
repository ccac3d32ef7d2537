"""One's own data: masked until one asks for the whole, and each look is kept."""

from __future__ import annotations

import pytest
from tests.channels.portal.conftest import Holder
from tests.modules.registry.desk import id_number

from renshe.channels.portal.models import Look
from renshe.core.journal.models import Entry
from renshe.modules.registry.models import Person, Unit


@pytest.mark.req("S4-83", part="one's own data are looked at online")
def test_one_sees_what_is_held_and_each_look_is_in_the_journal(citizen: Holder, person: Person) -> None:
    mine = citizen.browser()
    page = mine.get("/portal/data")
    assert id_number(1) not in page and "220822********" in page and "出生" in page
    whole = mine.post("/portal/data/whole", status=200).content.decode()
    assert id_number(1) in whole and "13843600001" in whole
    assert id_number(1) not in mine.get("/portal/data")
    assert [one.what for one in Look.objects.order_by("pk")] == ["全部信息", "全部信息（未脱敏）", "全部信息"]
    looks = Entry.objects.filter(table_name="portal_look", person=person.pk)
    assert {one.operator for one in looks} == {f"portal:{citizen.account.number}"} and looks.count() == 3


@pytest.mark.req("S4-83", part="a unit's own data are looked at online")
def test_a_unit_sees_its_data_accounts_and_names(clerk: Holder, unit: Unit) -> None:
    page = clerk.browser().get("/portal/data")
    assert "河西县粮库" in page and f"{unit.pk}01" in page and "本单位信息" in page
    assert Entry.objects.get(table_name="portal_look").unit == unit.pk
