"""The sample bureau works as any bureau does, and keeps away from one that is somebody's."""

from __future__ import annotations

import time

import pytest
from tests.core.org.bureau import make

from renshe.core.errors import BusinessError
from renshe.core.org import totp
from renshe.core.org.actor import actor_of
from renshe.core.org.models import Agency, Credential, Department, Grant, Holding, Operator, Post, PostGroup, Region
from renshe.core.org.operations import operations
from renshe.core.org.rights import may
from renshe.core.org.sample import sample_install
from renshe.core.org.signing_in import sign_in


def test_there_is_somebody_in_every_post_at_every_level(db: None) -> None:
    sample = sample_install()
    assert set(Region.objects.values_list("level", flat=True)) == {1, 2, 3, 4, 5}
    assert Region.objects.filter(level=3).count() == 2
    groups = set(PostGroup.objects.values_list("code", flat=True))
    for agency in Agency.objects.all():
        held = Holding.objects.filter(operator__agency=agency).values_list("post__group", flat=True)
        assert set(held) == groups, agency.name
        assert Department.objects.filter(agency=agency).count() == 6
    assert set(Agency.objects.values_list("region__level", flat=True)) == {1, 2, 3, 4}
    assert len(sample.operators) == Operator.objects.count()
    assert Operator.objects.filter(kind="temporary").count() == 1


def test_every_declared_operation_may_be_done_by_somebody(db: None) -> None:
    sample_install()
    granted = set(Grant.objects.values_list("operation", flat=True))
    assert {one.name for one in operations() if not one.name.startswith(("toys.", "shop."))} <= granted
    assert may(actor_of("jb220822"), "org.grant.apply", "220822101")
    assert not may(actor_of("jb220822"), "org.grant.apply", "220802")
    assert not may(actor_of("jb220822"), "org.grant.approve", "220822")


def test_people_sign_in_with_the_password_and_approvers_with_a_code_besides(db: None) -> None:
    sample = sample_install()
    who = {"number": "jb220822101", "password": sample.password, "address": "127.0.0.1"}
    assert sign_in(**who).actor.operator == "jb220822101"
    who["number"] = "sp220822"
    with pytest.raises(BusinessError):
        sign_in(**who)
    code = totp.code_at(sample.secret, int(time.time()) // totp.STEP)
    assert sign_in(**who, code=code, terminal="demo-1").actor.terminal == "demo-1"
    with pytest.raises(BusinessError, match="未登记"):
        sign_in(**{**who, "address": "10.0.0.1"})


def test_it_is_made_once(db: None) -> None:
    first = sample_install()
    before = (Operator.objects.count(), Grant.objects.count(), list(Credential.objects.values_list("password_hash")))
    assert sample_install() == first
    assert before == (
        Operator.objects.count(),
        Grant.objects.count(),
        list(Credential.objects.values_list("password_hash")),
    )


def test_it_stays_out_of_a_bureau_of_somebodys(db: None) -> None:
    make()
    before = (Operator.objects.count(), Post.objects.count(), Grant.objects.count())
    with pytest.raises(BusinessError, match="不能放入示范人员"):
        sample_install()
    assert before == (Operator.objects.count(), Post.objects.count(), Grant.objects.count())
    assert not Credential.objects.exists()
