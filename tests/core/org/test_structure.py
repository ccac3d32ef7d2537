"""Regions and agencies as they change, and who may change them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.core.org.bureau import Bureau

from renshe.core.errors import BusinessError
from renshe.core.org.access import network_register
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency, Network, Post, Region
from renshe.core.org.structure import agency_add, post_add, region_add, region_succeed


def paths() -> list[tuple[str, str]]:
    return list(Region.objects.order_by("pk").values_list("pk", "path"))


def test_a_region_is_added_below_its_parent(bureau: Bureau) -> None:
    made = region_add(actor=bureau.at("information"), code="220822102", name="杨树镇", parent=bureau.regions["220822"])
    assert (made.level, made.path) == (4, "220000/220800/220822/220822102")


@pytest.mark.parametrize(
    ("group", "code", "parent"),
    [
        ("information", "220802101", "220802"),
        ("entry", "220822102", "220822"),
        ("information", "220822101", "220822"),
        ("information", "22/822", "220822"),
        ("information", "2208221010010", "220822101"),
        ("information", "220822101002", "220822101001"),
    ],
)
def test_a_region_elsewhere_or_with_an_impossible_code_is_refused(
    bureau: Bureau, group: str, code: str, parent: str
) -> None:
    before = paths()
    with pytest.raises(BusinessError):
        region_add(actor=bureau.at(group), code=code, name="x", parent=bureau.regions[parent])
    assert paths() == before


def test_a_region_is_merged_once_with_all_below_and_never_into_its_own(bureau: Bureau) -> None:
    admin, regions = bureau.at("information", "220800"), bureau.regions
    for old, new in (("220822", "220822101"), ("220822", "220822"), ("220822", "220900"), ("220800", "220000")):
        before = paths()
        with pytest.raises(BusinessError):
            region_succeed(actor=admin, region=regions[old], successor=regions[new])
        assert paths() == before
    region_succeed(actor=admin, region=regions["220822"], successor=regions["220802"])
    assert dict(paths())["220822101001"] == "220000/220800/220802/220822/220822101/220822101001"
    before = paths()
    for old, new in (("220822", "220802"), ("220802", "220822")):
        with pytest.raises(BusinessError, match="不能并入"):
            region_succeed(actor=admin, region=regions[old], successor=regions[new])
    assert paths() == before


def test_agencies_and_posts_are_added_in_the_own_region(bureau: Bureau) -> None:
    admin = bureau.at("information")
    made = agency_add(actor=admin, number="new", name="河西县医保局", kind="medical", region=bureau.regions["220822"])
    post_add(actor=admin, code="new", name="受理", group="entry", agency=made)
    assert made.department_set.count() == 6 and Post.objects.get(code="new").agency == made
    before = (Agency.objects.count(), Post.objects.count())
    with pytest.raises(BusinessError, match="没有在“河东区”"):
        agency_add(actor=admin, number="x", name="x", kind="medical", region=bureau.regions["220802"])
    with pytest.raises(BusinessError, match="机构编号“new”不能使用"):
        agency_add(actor=admin, number="new", name="x", kind="medical", region=bureau.regions["220822"])
    with pytest.raises(BusinessError, match="没有在“河东区”"):
        post_add(actor=admin, code="x", name="x", group="entry", agency=bureau.agencies["220802"])
    assert (Agency.objects.count(), Post.objects.count()) == before


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda b, a: agency_add(actor=a, number="y", name="x", kind="x", region=b.regions["220822"]), "没有“x”这种"),
        (lambda b, a: post_add(actor=a, code="entry", name="x", group="entry", agency=b.agencies["220822"]), "已使用"),
        (lambda b, a: network_register(actor=a, cidr="10.1.0.0/16", name="x", region=b.regions["220822"]), "已登记"),
    ],
)
def test_what_is_used_or_unknown_is_refused_in_words(
    bureau: Bureau, attempt: Callable[[Bureau, Actor], object], said: str
) -> None:
    admin = bureau.at("information")
    network_register(actor=admin, cidr="10.1.0.0/16", name="河西县局", region=bureau.regions["220822"])
    before = (Agency.objects.count(), Post.objects.count(), Network.objects.count())
    with pytest.raises(BusinessError, match=said):
        attempt(bureau, admin)
    assert (Agency.objects.count(), Post.objects.count(), Network.objects.count()) == before
