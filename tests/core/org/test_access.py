"""Access cut off at once, reported, and lifted on record."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError
from django.utils import timezone
from tests.core.org.bureau import SETUP, Bureau

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.access import (
    cut_off,
    cut_off_lift,
    cut_off_read,
    cut_offs_reported,
    network_register,
    place_of,
    terminal_register,
)
from renshe.core.org.actor import actor_of
from renshe.core.org.credentials import password_set
from renshe.core.org.models import Agency, CutOff, Network, Operator, Session, Terminal
from renshe.core.org.rights import may
from renshe.core.org.signing_in import session_actor, sign_in

PASSWORD = "河西县经办 7 号窗口"
HERE = "10.22.8.15"


@pytest.fixture
def token(bureau: Bureau) -> str:
    """A clerk at work."""
    admin = bureau.at("information")
    network_register(actor=admin, cidr="10.22.8.0/24", name="河西县局", region=bureau.regions["220822"])
    terminal_register(
        actor=admin, number="t-9", name="9号窗口", agency=bureau.agencies["220822"], region=bureau.regions["220822"],
        address=HERE,
    )  # fmt: skip
    password_set(actor=admin, operator=bureau.operator("entry"), password=PASSWORD)
    return sign_in(number="entry-220822", password=PASSWORD, address=HERE).token


def target(bureau: Bureau, kind: str) -> Operator | Agency | Terminal | Network:
    return {
        "operator": bureau.operator("entry"),
        "agency": bureau.agencies["220822"],
        "terminal": Terminal.objects.get(),
        "network": Network.objects.get(),
    }[kind]


@pytest.mark.req("S2-59", "S2-60")
@pytest.mark.parametrize("kind", ["operator", "agency", "terminal", "network"])
def test_access_is_cut_at_once_reported_and_lifted_on_record(
    bureau: Bureau, token: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, leader = bureau.at("information", "220800"), bureau.operator("approve", "220800")
    clerk = bureau.at("entry")
    cut = cut_off(actor=admin, target=target(bureau, kind), reason="发现病毒", leader=leader)
    with pytest.raises(BusinessError, match="登录已失效"):
        session_actor(token, address=HERE)
    with pytest.raises(BusinessError, match=r"接入已被切断|未登记"):
        sign_in(number="entry-220822", password=PASSWORD, address=HERE)
    assert Session.objects.get().ending == "接入已被切断"
    if kind in ("operator", "agency"):
        assert not may(clerk, "toys.enter", "220822")
        with pytest.raises(BusinessError, match="接入已被切断"):
            actor_of("entry-220822")
    heard = actor_of(leader.number)
    assert [one.reason for one in cut_offs_reported(heard)] == ["发现病毒"] and not cut_offs_reported(admin).exists()
    cut_off_read(actor=heard, cut=cut)
    assert not cut_offs_reported(heard).exists()

    at = timezone.now() + dt.timedelta(hours=2)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)
    lasted = cut_off_lift(actor=admin, cut=cut, note="病毒已清除")
    assert dt.timedelta(hours=2) <= lasted < dt.timedelta(hours=2, minutes=5)
    sign_in(number="entry-220822", password=PASSWORD, address=HERE)
    with pytest.raises(BusinessError, match="已恢复的不再办理"):
        cut_off_lift(actor=admin, cut=cut, note="x")
    reasons = Entry.objects.filter(table_name="org_cutoff").order_by("id").values_list("reason", flat=True)
    assert list(reasons) == ["切断接入：发现病毒", "阅知切断接入报告", "恢复接入：病毒已清除"]


@pytest.mark.req("S2-59")
@pytest.mark.parametrize(
    ("group", "region", "reason", "leader", "code"),
    [
        ("entry", "220822", "x", "approve", "org.not_granted"),
        ("approve", "220822", "x", "check", "org.not_granted"),
        ("information", "220802", "x", "approve", "org.not_granted"),
        ("information", "220822", " ", "approve", "org.cut_off_terms"),
        ("information", "220822", "x", "information", "org.cut_off_terms"),
    ],
)
def test_nobody_is_cut_off_without_right_reason_or_leader(
    bureau: Bureau, token: str, group: str, region: str, reason: str, leader: str, code: str
) -> None:
    with pytest.raises(BusinessError) as refused:
        cut_off(
            actor=bureau.at(group, region), target=bureau.operator("entry"), reason=reason,
            leader=bureau.operator(leader),
        )  # fmt: skip
    assert refused.value.code == code and not CutOff.objects.exists()
    assert session_actor(token, address=HERE).operator == "entry-220822"


def test_the_database_refuses_a_cut_off_of_nobody_or_without_reason(bureau: Bureau) -> None:
    own = bureau.operator("information")
    told = {"region": bureau.regions["220822"], "by": own, "leader": own, "at": timezone.now()}
    for more in (
        {"reason": "x"},
        {"reason": "", "operator": own},
        {"reason": "x", "operator": own, "agency": own.agency},
    ):
        with pytest.raises(IntegrityError), declared(SETUP):
            CutOff.objects.create(**told, **more)
    assert not CutOff.objects.exists()


@pytest.mark.req("S3-32")
def test_terminals_and_networks_are_registered_down_to_the_township(bureau: Bureau) -> None:
    admin, town = bureau.at("information"), "220822101"
    network_register(actor=admin, cidr="10.22.101.0/28", name="柳树镇", region=bureau.regions[town])
    for number, address in (("x-1", None), ("x-2", "10.22.200.7")):
        terminal_register(
            actor=admin, number=number, name="服务站", agency=bureau.agencies[town], region=bureau.regions[town],
            address=address,
        )  # fmt: skip
    inside = place_of("10.22.101.3", "x-1")
    assert inside is not None and (inside.number, inside.network is not None) == ("x-1", True)
    alone = place_of("10.22.200.7")
    assert alone is not None and alone.network is None and alone.terminal is not None
    assert place_of("10.22.200.8", "x-1") is None and place_of("10.22.101.3", "x-2") is None


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "::/0", "10.22.8.15/24", "x", ""])
def test_a_network_of_everybody_or_none_is_refused(bureau: Bureau, cidr: str) -> None:
    with pytest.raises(BusinessError, match="不正确"):
        network_register(actor=bureau.at("information"), cidr=cidr, name="x", region=bureau.regions["220822"])
    assert not Network.objects.exists()


def test_nobody_registers_elsewhere_or_twice(bureau: Bureau) -> None:
    def register(region: str, agency: str) -> None:
        terminal_register(
            actor=bureau.at("information"), number="t-9", name="x", agency=bureau.agencies[agency],
            region=bureau.regions[region],
        )  # fmt: skip

    for region, agency in (("220802", "220822"), ("220822", "220802")):
        with pytest.raises(BusinessError, match="没有在“河东区”"):
            register(region, agency)
    register("220822", "220822")
    with pytest.raises(BusinessError, match="已使用"):
        register("220822", "220822")
    assert Terminal.objects.count() == 1


def test_a_network_that_is_cut_off_lets_nobody_in_by_a_smaller_one_within_it(bureau: Bureau) -> None:
    admin, leader = bureau.at("information", "220800"), bureau.operator("approve", "220800")
    for cidr in ("10.22.8.15/32", "10.22.0.0/16"):
        network_register(actor=admin, cidr=cidr, name="河西县局", region=bureau.regions["220822"])
    assert place_of(HERE, None) is not None
    cut_off(actor=admin, target=Network.objects.get(cidr="10.22.0.0/16"), reason="发现病毒", leader=leader)
    assert place_of(HERE, None) is None
