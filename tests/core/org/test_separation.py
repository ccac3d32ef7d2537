"""Posts that must not combine do not, whether a service, the ORM or raw SQL tries it."""

from __future__ import annotations

import datetime as dt
import threading

import psycopg
import pytest
from django.db import IntegrityError, connection
from tests.core.org.bureau import GROUPS, NEXT_YEAR, SETUP, TODAY, YESTERDAY, Bureau, hire

from renshe.core.database.roles import Logins
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.actor import actor_of
from renshe.core.org.models import Department, Grant, Holding, Operator, Post, PostConflict, PostGroup
from renshe.core.org.rights import may
from renshe.core.org.staffing import conflict_of, holding_begin, holding_end, operator_end, operator_register
from renshe.core.org.validity import in_force


def held(number: str) -> set[str]:
    return set(Holding.objects.filter(operator__number=number).values_list("post__code", flat=True))


@pytest.mark.req("S2-6")
@pytest.mark.parametrize(("one", "other"), [(a, b) for a in GROUPS for b in GROUPS if a < b])
def test_groups_that_must_not_combine_are_refused_by_service_and_database(bureau: Bureau, one: str, other: str) -> None:
    admin = bureau.at("information", "220800")
    with declared(SETUP):
        operator = hire("both", bureau.agencies["220822"])
    holding_begin(actor=admin, operator=operator, post=bureau.posts[one])
    if conflict_of(one, other) is None:
        holding_begin(actor=admin, operator=operator, post=bureau.posts[other])
        assert held("both") == {one, other}
        return
    with pytest.raises(BusinessError, match="不能同时担任"):
        holding_begin(actor=admin, operator=operator, post=bureau.posts[other])
    with pytest.raises(BusinessError, match="不相容"), declared(SETUP):
        Holding.objects.create(operator=operator, post=bureau.posts[other], valid_from=TODAY)
    with pytest.raises(BusinessError, match="不相容"), declared(SETUP), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO org_holding (operator_id, post_id, valid_from) VALUES (%s, %s, %s)",
            [operator.pk, bureau.posts[other].pk, NEXT_YEAR],
        )
    assert held("both") == {one}


def test_one_post_after_the_other_is_no_conflict_but_a_day_in_common_is(bureau: Bureau) -> None:
    admin, operator = bureau.at("information", "220800"), bureau.operator("entry")
    holding = Holding.objects.get(operator=operator)
    holding_end(actor=admin, holding=holding, last_day=TODAY, reason="轮岗")
    with pytest.raises(BusinessError, match="不能同时担任"):
        holding_begin(actor=admin, operator=operator, post=bureau.posts["check"])
    tomorrow = TODAY + dt.timedelta(days=1)
    holding_begin(actor=admin, operator=operator, post=bureau.posts["check"], valid_from=tomorrow)
    with pytest.raises(BusinessError, match="不相容"), declared(SETUP):
        Holding.objects.filter(pk=holding.pk).update(valid_until=None)
    holding.refresh_from_db()
    assert holding.valid_until == TODAY


def test_a_post_changes_its_group_and_groups_become_incompatible_only_where_nobody_holds_both(bureau: Bureau) -> None:
    with declared(SETUP):
        operator = hire("both", bureau.agencies["220822"])
        PostGroup.objects.create(code="desk", name="窗口", kinds=["entry"], second_factor=False)
        desk = Post.objects.create(code="desk", name="窗口", group_id="desk")
        Holding.objects.create(operator=operator, post=desk, valid_from=TODAY)
        Holding.objects.create(operator=operator, post=bureau.posts["check"], valid_from=TODAY)
    with pytest.raises(BusinessError, match="不相容"), declared(SETUP):
        Post.objects.filter(pk=desk.pk).update(group_id="entry")
    with pytest.raises(BusinessError, match="不相容"), declared(SETUP):
        PostConflict.objects.create(one_id="check", other_id="desk", ground="x")
    with pytest.raises(IntegrityError, match="org_postconflict_in_order"), declared(SETUP):
        PostConflict.objects.create(one_id="desk", other_id="check", ground="x")
    assert Post.objects.get(code="desk").group_id == "desk" and conflict_of("desk", "check") is None


def test_of_two_who_give_conflicting_posts_at_once_one_wins(bureau_committed: Bureau, logins: Logins) -> None:
    with declared(SETUP):
        operator = hire("both", bureau_committed.agencies["220822"])
    order = "INSERT INTO org_holding (operator_id, post_id, valid_from) VALUES (%s, %s, now())"
    failed: list[str] = []
    with psycopg.connect(logins.application) as one, psycopg.connect(logins.application) as other:
        for own in (one, other):
            own.execute("SELECT journal_declare(%s::jsonb)", [SETUP.told()])
        one.execute(order, [operator.pk, bureau_committed.posts["entry"].pk])

        def second() -> None:
            try:
                other.execute(order, [operator.pk, bureau_committed.posts["approve"].pk])
            except psycopg.Error as refused:
                failed.append(str(refused))

        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        one.commit()
        waiting.join(10)
        other.rollback()
    assert len(failed) == 1 and "不相容" in failed[0] and held("both") == {"entry"}


def test_a_right_that_the_group_may_not_have_is_refused_by_the_database(bureau: Bureau) -> None:
    before = Grant.objects.count()
    with pytest.raises(BusinessError, match="岗位组不允许"), declared(SETUP):
        Grant.objects.create(
            post=bureau.posts["information"], operation="toys.enter", kind="entry",
            region=bureau.regions["220000"], valid_from=TODAY, valid_until=NEXT_YEAR,
        )  # fmt: skip
    assert Grant.objects.count() == before


def test_the_groups_that_must_not_combine_stay_as_they_were_set(bureau: Bureau) -> None:
    before = sorted(PostConflict.objects.values_list("one", "other", "ground"))
    for order in ("DELETE FROM org_postconflict", "UPDATE org_postconflict SET other_id = 'information'"):
        with pytest.raises(BusinessError, match="只能追加"), declared(SETUP), connection.cursor() as cursor:
            cursor.execute(order)
    assert sorted(PostConflict.objects.values_list("one", "other", "ground")) == before


def test_a_post_that_was_given_today_or_for_later_is_taken_back_at_once(bureau: Bureau) -> None:
    admin = bureau.at("information")
    with declared(SETUP):
        operator = hire("both", bureau.agencies["220822"])
    for first in (TODAY, TODAY + dt.timedelta(days=9)):
        made = holding_begin(actor=admin, operator=operator, post=bureau.posts["entry"], valid_from=first)
        for last_day in (YESTERDAY - dt.timedelta(days=1), dt.date.max):
            with pytest.raises(BusinessError, match=r"不能早于昨天|过远"):
                holding_end(actor=admin, holding=made, last_day=last_day, reason="误录")
        holding_end(actor=admin, holding=made, last_day=YESTERDAY, reason="误录")
        made.refresh_from_db()
        assert made.valid_until == first - dt.timedelta(days=1)
        # What never held stands in nobody's way, for the service and for the database.
        other = holding_begin(actor=admin, operator=operator, post=bureau.posts["check"], valid_from=first)
        holding_end(actor=admin, holding=other, last_day=YESTERDAY, reason="误录")
    assert not Holding.objects.filter(in_force(on=TODAY + dt.timedelta(days=9)), operator=operator).exists()


def test_who_came_today_and_goes_today_has_no_rights_left_at_once(bureau: Bureau) -> None:
    admin = bureau.at("information")
    made = operator_register(actor=admin, number="g1", name="李伟", agency=bureau.agencies["220822"])
    for first in (TODAY, TODAY + dt.timedelta(days=9)):
        holding_begin(actor=admin, operator=made, post=bureau.posts["entry"], valid_from=first)
    operator_end(actor=admin, operator=made, reason="登记有误")
    made.refresh_from_db()
    assert made.valid_until == YESTERDAY
    assert all(one.valid_until == one.valid_from - dt.timedelta(days=1) for one in made.holding_set.all())
    with pytest.raises(BusinessError, match="已停用"):
        actor_of("g1")


@pytest.mark.req("S0-17")
def test_temporary_staff_end_and_hold_no_post_that_decides(bureau: Bureau) -> None:
    admin, agency = bureau.at("information"), bureau.agencies["220822"]
    with pytest.raises(BusinessError, match="须填写停用日期"):
        operator_register(actor=admin, number="g1", name="李伟", agency=agency, temporary=True)
    with pytest.raises(IntegrityError, match="org_operator_temporary_ends"), declared(SETUP):
        hire("g1", agency, kind="temporary")
    assert not Operator.objects.filter(number="g1").exists()
    made = operator_register(
        actor=admin, number="g1", name="李伟", agency=agency, temporary=True, valid_until=NEXT_YEAR
    )
    for group in ("check", "approve", "information", "audit"):
        with pytest.raises(BusinessError, match="临时人员不能担任"):
            holding_begin(actor=admin, operator=made, post=bureau.posts[group])
    holding_begin(actor=admin, operator=made, post=bureau.posts["entry"])
    assert held("g1") == {"entry"}


@pytest.mark.req("S0-16")
def test_whoever_is_lent_out_has_a_home_agency_of_one_of_the_seven_kinds(bureau: Bureau) -> None:
    home = bureau.agencies["220802"]
    made = operator_register(
        actor=bureau.at("information", "220800"), number="l1", name="王强",
        agency=bureau.agencies["220822"], home_agency=home,
    )  # fmt: skip
    assert (made.home_agency, home.kind, home.get_kind_display()) == (home, "pension", "养老保险经办机构")
    assert [label for _, label in home._meta.get_field("kind").choices[:7]] == [
        "医疗保险经办机构", "工伤保险经办机构", "生育保险经办机构", "社会保险公共业务机构",
        "失业保险经办机构", "劳动就业机构", "养老保险经办机构",
    ]  # fmt: skip


@pytest.mark.req("S1-57")
def test_an_agency_begins_with_the_six_departments_and_their_duties(bureau: Bureau) -> None:
    found = {one.name: one.duties for one in Department.objects.filter(agency=bureau.agencies["220822"])}
    assert set(found) == {
        "综合计划管理科", "养老保险管理科", "失业保险管理科", "经办服务科", "信息管理科", "审计内控科",
    }  # fmt: skip
    assert all(found.values()) and found["审计内控科"] == ["对数据整理结果跟踪检查，避免前清后错"]


def test_nobody_manages_people_elsewhere_or_himself_or_without_the_right(bureau: Bureau) -> None:
    here, there = bureau.operator("entry"), bureau.operator("entry", "220802")
    admin = bureau.at("information")
    for actor, operator, code in (
        (admin, there, "org.not_granted"),
        (bureau.at("approve"), here, "org.not_granted"),
        (admin, bureau.operator("information"), "org.not_for_oneself"),
    ):
        before = (Holding.objects.count(), Entry.objects.count())
        with pytest.raises(BusinessError) as refused:
            operator_end(actor=actor, operator=operator, reason="调离")
        assert refused.value.code == code
        with pytest.raises(BusinessError) as refused:
            holding_begin(actor=actor, operator=operator, post=bureau.posts["audit"])
        assert refused.value.code == code
        assert (Holding.objects.count(), Entry.objects.count()) == before


def test_whoever_ends_has_no_rights_left_at_once(bureau: Bureau) -> None:
    clerk, operator = bureau.at("entry"), bureau.operator("entry")
    operator_end(actor=bureau.at("information"), operator=operator, reason="调离")
    assert not may(clerk, "toys.enter", "220822")
    assert Holding.objects.get(operator=operator).valid_until == YESTERDAY
    changed = Entry.objects.filter(table_name="org_operator", operation="U").last()
    assert changed is not None and (changed.operator, changed.reason) == ("information-220822", "调离")
