"""Who may do what where: by grants of today to posts of today, inside two subtrees, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.core.org.bureau import NEXT_YEAR, SETUP, TODAY, YESTERDAY, Bureau, hire

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import actor_of
from renshe.core.org.models import CrossRegion, Grant, Holding, Operator, PostGroup, Region
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import may, require, visible_regions


@pytest.mark.req("S4-11", "S4-10")
@pytest.mark.parametrize(
    ("at", "seen"),
    [
        ("220000", {"220000", "220800", "220802", "220822", "220822101", "220822101001", "220900"}),
        ("220800", {"220800", "220802", "220822", "220822101", "220822101001"}),
        ("220802", {"220802"}),
        ("220822", {"220822", "220822101", "220822101001"}),
        ("220822101", {"220822101", "220822101001"}),
    ],
)
def test_each_level_sees_its_own_subtree_only(bureau: Bureau, at: str, seen: set[str]) -> None:
    actor = bureau.at("entry", at)
    assert set(visible_regions(actor, "toys.query").values_list("code", flat=True)) == seen
    assert {code for code in bureau.regions if may(actor, "toys.query", code)} == seen


def test_what_is_not_granted_is_refused_with_the_way_to_get_it(bureau: Bureau) -> None:
    with pytest.raises(BusinessError, match="没有在“河西县”办理“审批”的权限"):
        require(bureau.at("entry"), "toys.approve", bureau.regions["220822"])
    require(bureau.at("approve"), "toys.approve", bureau.regions["220822"])


@pytest.mark.parametrize("code", ["", "999999", "22082", "220822/", "220822\x00", "%", "220822101001 "])
def test_a_region_that_is_none_is_nobodys(bureau: Bureau, code: str) -> None:
    assert not may(bureau.at("entry", "220000"), "toys.query", code)


def test_an_operation_that_nobody_declared_is_a_fault(bureau: Bureau) -> None:
    with pytest.raises(LookupError):
        may(bureau.at("entry"), "toys.unheard_of", "220822")
    with pytest.raises(ValueError, match="declared twice"):
        declare(Operation("toys.enter", "另一件", "approve"))


def test_rights_end_with_the_grant_the_holding_and_the_operator(bureau: Bureau) -> None:
    actor = bureau.at("entry")
    assert may(actor, "toys.enter", "220822")
    ending: list[tuple[type[Grant] | type[Holding] | type[Operator], dict[str, object]]] = [
        (Grant, {}), (Holding, {}), (Operator, {"number": actor.operator}),
    ]  # fmt: skip
    for model, which in ending:
        rows = model.objects.filter(**which)
        with pytest.raises(RuntimeError), declared(SETUP):
            if model is Grant:
                Grant.objects.all().delete()
            else:
                rows.update(valid_until=YESTERDAY)
            assert not may(actor, "toys.enter", "220822")
            raise RuntimeError
        assert may(actor, "toys.enter", "220822")


def test_a_grant_begins_and_ends_on_its_days(bureau: Bureau) -> None:
    with declared(SETUP):
        Grant.objects.all().delete()
        for days, expected in (((-5, -1), False), ((1, 5), False), ((-5, 0), True), ((0, 5), True)):
            start, end = (TODAY + dt.timedelta(days=at) for at in days)
            made = Grant.objects.create(
                post=bureau.posts["entry"], operation="toys.enter", kind="entry",
                region=bureau.regions["220000"], valid_from=start, valid_until=end,
            )  # fmt: skip
            assert may(bureau.at("entry"), "toys.enter", "220822") is expected
            made.delete()


def test_a_grant_for_a_region_below_reaches_no_further(bureau: Bureau) -> None:
    with declared(SETUP):
        Grant.objects.filter(operation="toys.query").delete()
        Grant.objects.create(
            post=bureau.posts["entry"], operation="toys.query", kind="query",
            region=bureau.regions["220822101"], valid_from=TODAY, valid_until=NEXT_YEAR,
        )  # fmt: skip
    city = bureau.at("entry", "220800")
    assert set(visible_regions(city, "toys.query").values_list("pk", flat=True)) == {"220822101", "220822101001"}
    assert not may(bureau.at("entry", "220802"), "toys.query", "220822101")


@pytest.mark.req("S0-17")
def test_temporary_staff_enter_and_query_and_nothing_else(bureau: Bureau) -> None:
    with declared(SETUP):
        helper = hire("helper", bureau.agencies["220822"], kind="temporary", valid_until=NEXT_YEAR)
        Holding.objects.create(operator=helper, post=bureau.posts["entry"], valid_from=TODAY)
    actor = actor_of("helper")
    assert may(actor, "toys.enter", "220822") and may(actor, "toys.query", "220822")
    assert not may(actor, "toys.export", "220822") and may(bureau.at("entry"), "toys.export", "220822")
    with declared(SETUP):
        Operator.objects.filter(pk=helper.pk).update(valid_until=YESTERDAY, valid_from=YESTERDAY)
    assert not may(actor, "toys.enter", "220822")
    with pytest.raises(BusinessError, match="已停用"):
        actor_of("helper")


@pytest.mark.req("S2-6")
def test_information_staff_neither_enter_nor_approve_though_a_row_said_so(bureau: Bureau) -> None:
    actor = bureau.at("information")
    assert may(actor, "org.manage", "220822")
    assert not any(may(actor, name, "220822") for name in ("toys.enter", "toys.check", "toys.approve"))
    group = PostGroup.objects.get(code="information")
    with declared(SETUP):
        PostGroup.objects.filter(pk=group.pk).update(kinds=[*group.kinds, "entry"])
        Grant.objects.create(
            post=bureau.posts["information"], operation="toys.enter", kind="entry",
            region=bureau.regions["220000"], valid_from=TODAY, valid_until=NEXT_YEAR,
        )  # fmt: skip
        PostGroup.objects.filter(pk=group.pk).update(kinds=group.kinds)
    assert not may(actor, "toys.enter", "220822")


@pytest.mark.req("S4-86")
def test_an_operation_belongs_to_the_levels_that_carry_it_out(bureau: Bureau) -> None:
    assert may(bureau.at("entry", "220800"), "toys.city", "220822")
    assert not may(bureau.at("entry", "220822"), "toys.city", "220822")
    assert not may(bureau.at("entry", "220000"), "toys.city", "220822")


@pytest.mark.req("S4-4")
def test_into_another_region_leads_only_a_permission_for_that_operation(bureau: Bureau) -> None:
    actor = bureau.at("entry", "220802")
    assert not may(actor, "toys.enter", "220900")
    with declared(SETUP):
        CrossRegion.objects.create(
            agency=bureau.agencies["220802"], region=bureau.regions["220900"], operation="toys.enter",
            ground="异地经办协议", permitted_by=bureau.operator("approve", "220000"),
            valid_from=TODAY, valid_until=NEXT_YEAR,
        )  # fmt: skip
    assert may(actor, "toys.enter", "220900") and not may(actor, "toys.query", "220900")
    # A colleague without the right at home has it nowhere, and another agency has no permission.
    assert not may(bureau.at("check", "220802"), "toys.enter", "220900")
    assert not may(bureau.at("entry", "220822"), "toys.enter", "220900")
    with declared(SETUP):
        CrossRegion.objects.update(valid_from=YESTERDAY, valid_until=YESTERDAY)
    assert not may(actor, "toys.enter", "220900")


def test_an_actor_of_yesterday_who_changed_agency_has_no_rights_left(bureau: Bureau) -> None:
    actor = bureau.at("entry")
    with declared(SETUP):
        Operator.objects.filter(number=actor.operator).update(agency=bureau.agencies["220802"])
    assert not may(actor, "toys.enter", "220822") and not may(actor, "toys.enter", "220802")
    assert may(actor_of(actor.operator), "toys.enter", "220802")


def test_region_paths_are_not_mistaken_for_longer_ones(bureau: Bureau) -> None:
    with declared(SETUP):
        Region.objects.create(
            code="2208221", name="别处", level=4, parent=bureau.regions["220800"],
            path="220000/220800/2208221", valid_from=TODAY,
        )  # fmt: skip
    assert not may(bureau.at("entry"), "toys.query", "2208221")
