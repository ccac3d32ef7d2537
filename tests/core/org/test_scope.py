"""Nothing outside an actor's subtree is seen, counted, chosen or written; what is not seen looks like what is not."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from tests.core.org.bureau import GROUPS, NEXT_YEAR, PLACES, SETUP, TODAY, Bureau, hire, make
from tests.core.toys.models import Shop

from renshe.core.database.roles import Logins
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency, CrossRegion, Holding, Network, Operator, Region, Terminal
from renshe.core.org.scope import UNSCOPED, Scope, lookups
from renshe.core.org.structure import region_succeed


def test_every_model_says_where_its_rows_belong_or_why_nowhere() -> None:
    silent = []
    for model in apps.get_models():
        if model.__module__.startswith("renshe.core"):
            told = bool(getattr(model, "scope_region", None))
            if told == (model._meta.label in UNSCOPED):
                silent.append(model._meta.label)
            for way in lookups(model) if told else ():
                model.objects.filter(**{f"{way}__in": ["220000"]})
    assert silent == []


def test_a_model_that_says_nothing_is_refused(bureau: Bureau) -> None:
    with pytest.raises(TypeError, match="scope_region"):
        Scope(bureau.at("entry"), "toys.query").filter(Shop.objects.all())


@pytest.mark.req("S4-11")
def test_lists_counts_and_choices_hold_the_subtree_only(bureau: Bureau) -> None:
    scope = Scope(bureau.at("entry"), "toys.query")
    expected = {"ag-220822", "ag-220822101", "ag-220822101001"}
    assert set(scope.filter(Agency.objects.all()).values_list("number", flat=True)) == expected
    assert set(scope.choices(Agency.objects.all()).values_list("number", flat=True)) == expected
    assert scope.count(Agency.objects.all()) == 3
    assert {one.agency.region_id for one in scope.filter(Operator.objects.all())} == {"220822", "220822101"}
    assert scope.count(Holding.objects.all()) == 2 * len(GROUPS)
    assert Scope(bureau.at("audit"), "toys.enter").count(Agency.objects.all()) == 0


@pytest.mark.parametrize("tampered", ["other", "0", -1, 10**30, "1 OR 1=1", "abc", "", None, "\x00", [], {}])
def test_out_of_scope_looks_exactly_like_not_there(bureau: Bureau, tampered: object) -> None:
    scope = Scope(bureau.at("entry"), "toys.query")
    key = bureau.agencies["220802"].pk if tampered == "other" else tampered
    with pytest.raises(Agency.DoesNotExist) as refused:
        scope.get(Agency.objects.all(), pk=key)
    with pytest.raises(Agency.DoesNotExist) as missing:
        scope.get(Agency.objects.all(), pk=999_999)
    assert str(refused.value) == str(missing.value)
    assert scope.get(Agency.objects.all(), pk=bureau.agencies["220822"].pk).name == "河西县社会保险局"


@pytest.mark.parametrize("number", ["\x00", "ag-220802", "ag-220822' --"])
def test_a_tampered_text_is_no_row_and_spoils_no_transaction(bureau: Bureau, number: str) -> None:
    with pytest.raises(Agency.DoesNotExist):
        Scope(bureau.at("entry"), "toys.query").get(Agency.objects.all(), number=number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_values_out_of_scope_are_not_written(bureau: Bureau) -> None:
    scope = Scope(bureau.at("entry"), "toys.enter")
    own, foreign = bureau.agencies["220822"], bureau.agencies["220802"]
    scope.check(Operator(number="x", name="x", agency=own, valid_from=TODAY))
    scope.check({"region": bureau.regions["220822101"], "agency": own})
    refused: list[object] = [
        Operator(number="x", name="x", agency=foreign, valid_from=TODAY),
        {"region": "220802"},
        {"region": "220822", "agency": foreign},
        {"region": None},
        {"name": "x"},
        {"region": ""},
        {"region": "220822", "terminal": Terminal(number="t")},
        Network(cidr="10.0.0.0/8"),
        Operator(number="x", name="x", valid_from=TODAY),
    ]
    for one in refused:
        with pytest.raises(BusinessError, match="超出您的数据权限范围"):
            scope.check(one)  # type: ignore[arg-type]


@pytest.mark.req("S4-4")
def test_a_permission_for_another_region_is_seen_by_its_owner_and_by_its_holder(bureau: Bureau) -> None:
    with declared(SETUP):
        CrossRegion.objects.create(
            agency=bureau.agencies["220802"], region=bureau.regions["220822"], operation="toys.enter",
            ground="异地经办协议", permitted_by=bureau.operator("approve", "220800"),
            valid_from=TODAY, valid_until=NEXT_YEAR,
        )  # fmt: skip
    for region, seen in (("220802", 1), ("220822", 1), ("220800", 1), ("220822101", 0)):
        assert Scope(bureau.at("entry", region), "toys.query").count(CrossRegion.objects.all()) == seen


def test_whoever_takes_a_region_over_sees_its_rows_and_whoever_gave_it_no_longer(bureau: Bureau) -> None:
    before = bureau.at("entry", "220800")
    with declared(SETUP):
        other = Region.objects.create(
            code="220901", name="新城区", level=3, parent=bureau.regions["220900"],
            path="220000/220900/220901", valid_from=TODAY,
        )  # fmt: skip
        agency = Agency.objects.create(number="ag-220901", name="新城区", kind="pension", region=other)
        Holding.objects.create(operator=hire("new", agency), post=bureau.posts["entry"], valid_from=TODAY)
    region_succeed(actor=bureau.at("information", "220000"), region=bureau.regions["220822"], successor=other)
    new = Actor("new", "张丽华", "ag-220901", "220901", None, frozenset(), None)
    seen = set(Scope(new, "toys.query").filter(Agency.objects.all()).values_list("number", flat=True))
    assert seen == {"ag-220901", "ag-220822", "ag-220822101", "ag-220822101001"}
    assert "ag-220822" not in set(
        Scope(before, "toys.query").filter(Agency.objects.all()).values_list("number", flat=True)
    )
    abolished = Region.objects.get(pk="220822")
    assert (abolished.successor_id, abolished.parent_id, abolished.valid_to) == ("220901", "220800", TODAY)


@pytest.fixture(scope="module")
def lasting(logins: Logins) -> list[str]:
    """Codes of the regions; the bureau itself is made in each example."""
    return [code for code, _, _ in PLACES]


@given(data=st.data())
def test_scope_never_shows_a_row_outside_the_subtree(lasting: list[str], data: st.DataObject) -> None:
    from django.db import transaction

    rows = data.draw(st.lists(st.sampled_from(lasting), max_size=8))
    at = data.draw(st.sampled_from(["220000", "220800", "220802", "220822", "220822101"]))
    above = {code: parent for code, _, parent in PLACES}

    def under(code: str | None) -> bool:
        return code is not None and (code == at or under(above[code]))

    with transaction.atomic():
        bureau = make()
        with declared(SETUP):
            for number, code in enumerate(rows):
                Network.objects.create(cidr=f"10.0.{number}.0/24", name="网", region=bureau.regions[code])
        seen = Scope(bureau.at("entry", at), "toys.query").filter(Network.objects.all())
        assert sorted(seen.values_list("region_id", flat=True)) == sorted(code for code in rows if under(code))
        transaction.set_rollback(True)
