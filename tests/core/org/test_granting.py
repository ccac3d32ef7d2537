"""A right is made by four people in four steps, and by nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError
from django.utils import timezone
from tests.core.org.bureau import NEXT_YEAR, SETUP, TODAY, YESTERDAY, Bureau, hire

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.granting import (
    cross_region_end,
    cross_region_permit,
    grant_apply,
    grant_approve,
    grant_end,
    grant_open,
    grant_refuse,
    grant_review,
)
from renshe.core.org.models import CrossRegion, Grant, GrantRequest, Holding, Post
from renshe.core.org.rights import may
from renshe.core.org.setting_up import grant_install
from renshe.core.org.validity import in_force

STEPS = ("applied_by_id", "reviewed_by_id", "approved_by_id", "opened_by_id", "refused_by_id")


@pytest.fixture
def post(bureau: Bureau) -> Post:
    with declared(SETUP):
        post = Post.objects.create(code="window", name="窗口", group_id="entry")
        Holding.objects.create(operator=hire("w1", bureau.agencies["220822"]), post=post, valid_from=TODAY)
    return post


def applied(bureau: Bureau, post: Post) -> GrantRequest:
    return grant_apply(
        actor=bureau.at("entry"), post=post, operation_name="toys.enter", region=bureau.regions["220822"],
        valid_until=NEXT_YEAR, purpose="窗口受理",
    )  # fmt: skip


def state(request: GrantRequest) -> tuple[object, ...]:
    return (*GrantRequest.objects.values_list(*STEPS).get(pk=request.pk), Grant.objects.count())


def test_four_people_in_four_steps_make_a_right(bureau: Bureau, post: Post) -> None:
    window = actor_of("w1")
    request = applied(bureau, post)
    grant_review(actor=bureau.at("check"), request=request)
    grant_approve(actor=bureau.at("approve"), request=request)
    assert not may(window, "toys.enter", "220822")
    made = grant_open(actor=bureau.at("information"), request=request)
    assert may(window, "toys.enter", "220822") and made.request.pk == request.pk
    found = GrantRequest.objects.get()
    assert len({getattr(found, step) for step in STEPS[:4]}) == 4 and found.opened_at is not None
    grant_end(actor=bureau.at("information"), grant=made, last_day=TODAY, reason="到期前收回")
    with pytest.raises(BusinessError, match="只能提前终止"):
        grant_end(actor=bureau.at("information"), grant=made, last_day=NEXT_YEAR + dt.timedelta(1), reason="x")
    with pytest.raises(BusinessError, match="只能提前终止"), declared(SETUP):
        Grant.objects.filter(pk=made.pk).update(valid_until=NEXT_YEAR)


def test_a_right_is_ended_at_once_though_it_began_today_or_has_not_begun(bureau: Bureau, post: Post) -> None:
    window, admin = actor_of("w1"), bureau.at("information")
    for first in (TODAY, TODAY + dt.timedelta(days=30)):
        request = grant_apply(
            actor=bureau.at("entry"), post=post, operation_name="toys.enter", region=bureau.regions["220822"],
            valid_from=first, valid_until=NEXT_YEAR, purpose="窗口受理",
        )  # fmt: skip
        grant_review(actor=bureau.at("check"), request=request)
        grant_approve(actor=bureau.at("approve"), request=request)
        made = grant_open(actor=admin, request=request)
        assert may(window, "toys.enter", "220822") == (first == TODAY)
        with pytest.raises(BusinessError, match="不能早于昨天"):
            grant_end(actor=admin, grant=made, last_day=YESTERDAY - dt.timedelta(1), reason="误开")
        grant_end(actor=admin, grant=made, last_day=YESTERDAY, reason="误开")
        made.refresh_from_db()
        assert made.valid_until == first - dt.timedelta(days=1) and not may(window, "toys.enter", "220822")
    assert not Grant.objects.filter(in_force(on=TODAY + dt.timedelta(days=40)), post=post).exists()


def test_a_step_out_of_turn_twice_or_by_the_wrong_post_is_refused(bureau: Bureau, post: Post) -> None:
    request = applied(bureau, post)
    turns = {
        "check": lambda actor: grant_review(actor=actor, request=request),
        "approve": lambda actor: grant_approve(actor=actor, request=request),
        "information": lambda actor: grant_open(actor=actor, request=request),
    }
    for turn in ("check", "approve", "information"):
        for tried, step in turns.items():
            for region in ("220822", "220802"):
                for group in ("entry", "check", "approve", "information", "audit"):
                    if tried == turn and group == turn and region == "220822":
                        continue
                    before = state(request)
                    with pytest.raises(BusinessError):
                        step(bureau.at(group, region))
                    assert state(request) == before
        turns[turn](bureau.at(turn))
    assert state(request)[-2] is None and Grant.objects.filter(request=request).count() == 1


def test_one_person_takes_one_step_though_his_posts_allow_two(bureau: Bureau, post: Post) -> None:
    request = applied(bureau, post)
    with declared(SETUP):
        # The bureau is so small that a clerk of yesterday checks today.
        Holding.objects.filter(operator__number="entry-220822").update(valid_until=YESTERDAY)
        Holding.objects.create(operator=bureau.operator("entry"), post=bureau.posts["check"], valid_from=TODAY)
    before = state(request)
    with pytest.raises(BusinessError, match="须由不同人员办理"):
        grant_review(actor=bureau.at("entry"), request=request)
    assert state(request) == before
    with pytest.raises(IntegrityError, match="org_grantrequest_four_people"), declared(SETUP):
        again = {"reviewed_by": bureau.operator("entry"), "reviewed_at": timezone.now()}
        GrantRequest.objects.filter(pk=request.pk).update(**again)
    assert state(request) == before


def test_nobody_agrees_to_rights_of_his_own_post(bureau: Bureau) -> None:
    request = grant_apply(
        actor=bureau.at("entry"), post=bureau.posts["check"], operation_name="toys.check",
        region=bureau.regions["220822"], valid_until=NEXT_YEAR, purpose="复核",
    )  # fmt: skip
    before = state(request)
    with pytest.raises(BusinessError, match="不能为本人办理"):
        grant_review(actor=bureau.at("check", "220822"), request=request)
    assert state(request) == before


def test_what_was_asked_for_and_stamped_stays_as_it_was(bureau: Bureau, post: Post) -> None:
    request = applied(bureau, post)
    grant_review(actor=bureau.at("check"), request=request)
    before = state(request)
    for change in ({"operation": "toys.query"}, {"reviewed_by": None}, {"region": "220000"}, {"fields": ["x"]}):
        with pytest.raises(BusinessError, match="提交后不能修改"), declared(SETUP):
            GrantRequest.objects.filter(pk=request.pk).update(**change)
    with pytest.raises(IntegrityError, match="steps_in_order"), declared(SETUP):
        GrantRequest.objects.filter(pk=request.pk).update(opened_by=bureau.operator("audit"), opened_at=timezone.now())
    assert state(request) == before


def test_a_right_without_its_request_is_refused_by_the_database(bureau: Bureau, post: Post) -> None:
    request = applied(bureau, post)
    before = state(request)
    values = {
        "post": post, "operation": "toys.enter", "kind": "entry", "region": bureau.regions["220822"],
        "valid_from": TODAY, "valid_until": NEXT_YEAR,
    }  # fmt: skip
    with pytest.raises(BusinessError, match="四个环节"), declared(SETUP):
        Grant.objects.create(**values, request=request)
    assert state(request) == before
    grant_review(actor=bureau.at("check"), request=request)
    grant_approve(actor=bureau.at("approve"), request=request)
    grant_open(actor=bureau.at("information"), request=request)
    before = state(request)
    with pytest.raises(BusinessError, match="四个环节"), declared(SETUP):
        grant_install(post=post, operation_name="toys.query", region=bureau.regions["220000"], valid_until=NEXT_YEAR)
    assert state(request) == before


def test_a_request_that_is_refused_goes_no_further(bureau: Bureau, post: Post) -> None:
    request = applied(bureau, post)
    with pytest.raises(BusinessError, match="须写明理由"):
        grant_refuse(actor=bureau.at("check"), request=request, reason=" ")
    grant_refuse(actor=bureau.at("check"), request=request, reason="岗位已有此权限")
    before = state(request)
    with pytest.raises(BusinessError, match="不在此环节"):
        grant_review(actor=bureau.at("check"), request=request)
    assert state(request) == before and before[-2] == bureau.operator("check").pk


@pytest.mark.parametrize(
    ("operation", "until", "purpose", "code"),
    [
        ("toys.approve", NEXT_YEAR, "x", "org.group_may_not"),
        ("toys.enter", YESTERDAY, "x", "org.grant_end_and_purpose"),
        ("toys.enter", NEXT_YEAR, " ", "org.grant_end_and_purpose"),
        ("toys.enter", dt.date.max, "x", "org.too_far_ahead"),
        ("toys.enter", TODAY + dt.timedelta(days=3660), "x", "org.too_far_ahead"),
    ],
)
def test_a_request_that_cannot_be_is_not_made(
    bureau: Bureau, post: Post, operation: str, until: dt.date, purpose: str, code: str
) -> None:
    with pytest.raises(BusinessError) as refused:
        grant_apply(
            actor=bureau.at("entry"), post=post, operation_name=operation, region=bureau.regions["220822"],
            valid_until=until, purpose=purpose,
        )  # fmt: skip
    assert refused.value.code == code and not GrantRequest.objects.exists()


@pytest.mark.req("S4-4")
def test_the_owning_region_permits_another_agency(bureau: Bureau) -> None:
    def permit(actor: Actor) -> CrossRegion:
        return cross_region_permit(
            actor=actor, agency=bureau.agencies["220802"], region=bureau.regions["220822"],
            operation_name="toys.enter", ground="异地经办协议", valid_until=NEXT_YEAR,
        )  # fmt: skip

    with pytest.raises(BusinessError, match="没有在“河西县”"):
        permit(bureau.at("approve", "220802"))
    assert not CrossRegion.objects.exists() and not may(bureau.at("entry", "220802"), "toys.enter", "220822")
    made = permit(bureau.at("approve", "220822"))
    assert may(bureau.at("entry", "220802"), "toys.enter", "220822101")
    for region in ("220802", "220822101"):
        with pytest.raises(BusinessError, match="没有在“河西县”"):
            cross_region_end(actor=bureau.at("approve", region), permission=made, last_day=YESTERDAY, reason="协议终止")
    for last_day in (YESTERDAY - dt.timedelta(1), NEXT_YEAR + dt.timedelta(1)):
        with pytest.raises(BusinessError, match="只能提前终止"):
            cross_region_end(actor=bureau.at("approve"), permission=made, last_day=last_day, reason="协议终止")
    assert may(bureau.at("entry", "220802"), "toys.enter", "220822101")
    cross_region_end(actor=bureau.at("approve"), permission=made, last_day=YESTERDAY, reason="协议终止")
    assert not may(bureau.at("entry", "220802"), "toys.enter", "220822101")
    made.refresh_from_db()
    with pytest.raises(BusinessError, match="只能提前终止"):
        cross_region_end(actor=bureau.at("approve"), permission=made, last_day=TODAY, reason="协议终止")
    assert (made.valid_from, made.valid_until) == (TODAY, YESTERDAY)
