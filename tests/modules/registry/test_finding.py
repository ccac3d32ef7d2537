"""People found, looked at, and their rows closed by month."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.core.casework.conftest import HERE, Office
from tests.core.org.bureau import SETUP
from tests.modules.registry.desk import done, handed_in, id_number, registered

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import SealedRow
from renshe.core.org.actor import Actor
from renshe.modules.registry import selectors
from renshe.modules.registry.lifeline import _TELLERS, Moment, life_line, tells
from renshe.modules.registry.models import Merged, Person
from renshe.modules.registry.naming import name_key
from renshe.modules.registry.numbering import person_numbers
from renshe.modules.registry.selectors import people_counted, people_found, people_identified, person_whole

NAMES = ["张三", "张丽华", "张丽", "李秀英", "张", "李四", "欧阳修", "张𠮷"]


def put(office: Office, region: str, *names: str, since: str = "2020-01-01") -> list[Person]:
    with declared(SETUP):
        numbers = person_numbers(len(names))
        return [
            Person.objects.create(
                person_no=number,
                region=office.bureau.regions[region],
                id_type="01",
                id_number=number,
                name=name,
                name_key=name_key(name),
                sex="1",
                birth_date=dt.date(1980, 1, 1),
                registered_on=dt.date.fromisoformat(since),
            )
            for number, name in zip(numbers, names, strict=True)
        ]


def names_of(actor: Actor, limit: int = 2, **asked: str) -> list[str]:
    """Return the names page by page."""
    found: list[str] = []
    after = None
    while True:
        rows, after = people_found(actor=actor, after=after, limit=limit, **asked)
        assert len(rows) <= limit
        found += [Person.objects.get(pk=row["person_no"]).name for row in rows]
        if after is None:
            return found


@pytest.mark.parametrize("wide", [False, True])
def test_a_list_goes_by_region_and_the_beginning_of_a_name(
    registry: Office, wide: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wide:
        monkeypatch.setattr(selectors, "_SUBTREES", 0)
    put(registry, HERE, *NAMES)
    put(registry, "220822101", *NAMES)
    put(registry, "220802", *NAMES)
    mine = registry.maker
    assert names_of(mine, name="张") == sorted(name for name in NAMES * 2 if name.startswith("张"))
    assert names_of(mine, name="张丽", region="220822101") == ["张丽", "张丽华"]
    assert names_of(mine, limit=200) == sorted(NAMES * 2)
    assert names_of(mine, region="220802") == names_of(mine, name="无此") == []
    assert people_counted(actor=mine, name="张") == 10
    assert len(names_of(registry.bureau.at("entry", "220800"), limit=200)) == 24


def test_lists_are_masked_and_leave_out_what_was_merged(registry: Office) -> None:
    old, kept = put(registry, HERE, "张丽华", "张莉华")
    with declared(SETUP):
        Merged.objects.create(old=old, kept=kept, case_no="x")
    rows, _ = people_found(actor=registry.maker, name="张")
    assert [(row["person_no"], row["name"]) for row in rows] == [(kept.pk, "张**")]
    assert person_whole(actor=registry.maker, person_no=old.pk).numbers == [kept.pk, old.pk]


def test_a_page_begins_after_somebody_whom_one_may_see(registry: Office) -> None:
    [other] = put(registry, "220802", "张三")
    for after in (other.pk, "1"):
        with pytest.raises(BusinessError, match="个人编号"):
            people_found(actor=registry.maker, after=after)


def test_somebody_is_found_by_either_spelling_of_his_number(registry: Office) -> None:
    person = registered(registry, 1)
    old = id_number(1)[:6] + id_number(1)[8:17]
    for value in (id_number(1), id_number(1).lower(), old):
        [row] = people_identified(actor=registry.maker, value=value)
        assert row["person_no"] == person.pk and row["id_number"] == f"220822********{id_number(1)[-4:]}"
    assert people_identified(actor=registry.bureau.at("entry", "220802"), value=id_number(1)) == []
    assert people_identified(actor=registry.maker, value="999999999999999") == []


@pytest.mark.req("S4-26", "S4-20")
def test_a_life_line_tells_of_every_line_and_none_that_was_taken_out(registry: Office) -> None:
    person = registered(registry, 1)
    form = {"person_no": person.pk, "state": "employed", "since": "2000-07-01", "ground": "合同"}
    done(registry, "registry.person_life", form)
    tells("zz")(lambda numbers: [Moment(dt.date(2001, 1, 1), "zz", f"参保 {numbers[0]}")])
    try:
        told = [(one.on.year, one.line, one.what) for one in life_line(actor=registry.maker, person_no=person.pk)]
    finally:
        _TELLERS.pop("zz")
    assert told[:5] == [
        (1980, "registry", "出生"),
        (2000, "registry", "出生结束"),
        (2000, "registry", "就业"),
        (2001, "zz", f"参保 {person.pk}"),
        (dt.date.today().year, "registry", f"登记证件：居民身份证 220822********{id_number(1)[-4:]}"),
    ]
    assert [one.line for one in life_line(actor=registry.maker, person_no=person.pk)].count("zz") == 0
    with pytest.raises(BusinessError, match="个人编号"):
        life_line(actor=registry.bureau.at("entry", "220802"), person_no=person.pk)


@pytest.mark.req("S2-37")
def test_what_was_registered_up_to_a_month_is_closed_in_its_region(registry: Office) -> None:
    early = put(registry, HERE, "张三", "李四", since="2020-05-31")
    put(registry, HERE, "王五", since="2020-06-01")
    put(registry, "220802", "赵六", since="2020-05-01")
    with pytest.raises(BusinessError, match="尚未结束"):
        handed_in(registry.maker, "registry.seal", {"month": f"{dt.date.today():%Y%m}", "ground": "x"})
    done(registry, "registry.seal", {"month": "202005", "ground": "按月审核"})
    assert set(SealedRow.objects.values_list("key", flat=True)) == {one.pk for one in early}
    assert person_whole(actor=registry.maker, person_no=early[0].pk).sealed
