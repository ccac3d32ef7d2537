"""Each department writes its own fields; what it shares it shares by field, purpose and day."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError
from tests.core.org.bureau import NEXT_YEAR, SETUP, TODAY, YESTERDAY, Bureau

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.attributes import attribute_group_add, readable_fields, require_owner, sharing_grant
from renshe.core.org.models import AttributeField, AttributeGroup, Department, Grant, Holding, Operator, Post, Sharing

FIELDS = {"person": ["title", "talent_level"]}


def seat(bureau: Bureau, group: str, kind: str) -> Actor:
    operator = bureau.operator(group)
    with declared(SETUP):
        department = Department.objects.get(agency=operator.agency, kind=kind)
        Operator.objects.filter(pk=operator.pk).update(department=department)
    return actor_of(operator.number)


@pytest.fixture
def talent(bureau: Bureau) -> AttributeGroup:
    return attribute_group_add(
        actor=bureau.at("information", "220000"),
        code="talent",
        name="人才属性",
        department_kind="planning",
        fields=FIELDS,
    )


@pytest.mark.req("S2-7", "S4-24")
def test_only_the_owning_department_writes(bureau: Bureau, talent: AttributeGroup) -> None:
    require_owner(seat(bureau, "entry", "planning"), "person", ["title", "name"])
    for actor in (seat(bureau, "check", "pension"), bureau.at("audit")):
        with pytest.raises(BusinessError, match="属于“人才属性”"):
            require_owner(actor, "person", ["name", "title"])
        require_owner(actor, "person", ["name"])
        require_owner(actor, "unit", ["title"])


def test_a_field_has_one_owner(bureau: Bureau, talent: AttributeGroup) -> None:
    with pytest.raises(BusinessError, match=r"person\.title 已有归口科室"):
        attribute_group_add(
            actor=bureau.at("information", "220000"), code="x", name="x", department_kind="pension",
            fields={"person": ["title"]},
        )  # fmt: skip
    with declared(SETUP):
        other = AttributeGroup.objects.create(code="y", name="y", department_kind="pension")
    with pytest.raises(IntegrityError, match="one_owner"), declared(SETUP):
        AttributeField.objects.create(group=other, table="person", field="title")
    assert AttributeField.objects.count() == 2 and not AttributeGroup.objects.filter(code="x").exists()


@pytest.mark.req("S4-25")
def test_another_department_reads_what_is_shared_for_its_time(bureau: Bureau, talent: AttributeGroup) -> None:
    reader, region = seat(bureau, "check", "pension"), bureau.regions["220822101"]
    asked = ["name", "title", "talent_level"]
    assert readable_fields(reader, "person", asked, region) == {"name"}
    assert readable_fields(seat(bureau, "entry", "planning"), "person", asked, region) == set(asked)

    def share(actor: Actor, **more: object) -> Sharing:
        terms = {"fields": ["person.title"], "purpose": "核定待遇", "valid_until": NEXT_YEAR, **more}
        return sharing_grant(
            actor=actor, group=talent, department_kind="pension", region=bureau.regions["220822"], **terms
        )  # type: ignore[arg-type]

    with pytest.raises(BusinessError, match="由归口科室管理"):
        share(bureau.at("approve"))
    head = seat(bureau, "approve", "planning")
    wrong: list[dict[str, object]] = [
        {"fields": []}, {"fields": ["person.name"]}, {"purpose": " "}, {"valid_until": YESTERDAY},
    ]  # fmt: skip
    for more in wrong:
        with pytest.raises(BusinessError, match="共享须写明"):
            share(head, **more)
    assert not Sharing.objects.exists()
    share(head)
    assert readable_fields(reader, "person", asked, region) == {"name", "title"}
    assert readable_fields(reader, "person", asked, bureau.regions["220802"]) == {"name"}
    with pytest.raises(BusinessError, match="属于“人才属性”"):
        require_owner(reader, "person", ["title"])
    with declared(SETUP):
        Sharing.objects.update(valid_from=TODAY - dt.timedelta(9), valid_until=YESTERDAY)
    assert readable_fields(reader, "person", asked, region) == {"name"}


def test_a_grant_that_names_fields_leaves_no_others(bureau: Bureau) -> None:
    reader, region = bureau.at("audit"), bureau.regions["220822101"]
    asked = ["name", "birth"]

    def read(operation: str = "toys.query") -> set[str]:
        return readable_fields(reader, "person", asked, region, operation=operation)

    assert read() == set(asked) and read("toys.enter") == set()
    with declared(SETUP):
        post = Post.objects.create(code="reader", name="查询", group_id="audit")
        Holding.objects.filter(operator__number=reader.operator).update(post=post)
        for fields in (["person.name"], ["person.sex"]):
            Grant.objects.create(
                post=post,
                operation="toys.query",
                kind="query",
                region=bureau.regions["220800"],
                valid_from=TODAY,
                valid_until=NEXT_YEAR,
                fields=fields,
            )
    assert read() == {"name"}
    assert readable_fields(reader, "person", asked, bureau.regions["220802"], operation="toys.query") == set()
