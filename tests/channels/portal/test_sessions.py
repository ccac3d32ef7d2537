"""Coming in: a password that is right, tries that are counted, and nothing told of who has an account."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from tests.channels.desk.conftest import Browser
from tests.channels.portal.conftest import PASSWORD, Holder, holder, nobody
from tests.core.casework.conftest import Office
from tests.modules.registry.desk import id_number, registered

from renshe.channels.portal.models import Failure, Session
from renshe.channels.portal.sessions import Visitor, password_change, session_visitor, sign_in
from renshe.core.errors import BusinessError
from renshe.core.org.models import Operator
from renshe.core.org.signing_in import session_actor
from renshe.core.org.staffing import operator_identify, operator_register
from renshe.modules.registry.models import Person

HERE, THERE = "127.0.0.1", "10.9.9.9"


def wrong(login: str, password: str = "错误的一个密码啊", address: str = HERE) -> str:
    with pytest.raises(BusinessError) as refused:
        sign_in(login=login, password=password, address=address)
    return str(refused.value)


def test_one_comes_in_with_the_identity_card_or_the_account(citizen: Holder) -> None:
    card = id_number(1)
    for login in (citizen.account.number, card, f" {card.lower()} ", card[:6] + card[8:17]):
        token = sign_in(login=login, password=PASSWORD, address=THERE)
        assert session_visitor(token).account == citizen.account


def test_a_refusal_tells_nothing_and_locks_alike(citizen: Holder) -> None:
    for _ in range(5):
        assert wrong(citizen.account.number) == wrong("999999")
    told = [wrong(login, PASSWORD) for login in (citizen.account.number, id_number(1), "999999")]
    assert all("已锁定至" in one for one in told) and len({one[:8] for one in told}) == 1
    Failure.objects.filter(locked_until__isnull=False).update(locked_until=timezone.now())
    assert sign_in(login=citizen.account.number, password=PASSWORD, address=HERE)


def test_a_right_password_forgets_wrong_ones(citizen: Holder) -> None:
    for _ in range(3):
        for _ in range(4):
            wrong(citizen.account.number)
        assert sign_in(login=citizen.account.number, password=PASSWORD, address=HERE)


def test_an_address_that_tries_many_names_is_kept_out(citizen: Holder) -> None:
    for serial in range(60):
        wrong(f"9{serial:05d}", address=THERE)
    assert "已锁定" in wrong(citizen.account.number, PASSWORD, THERE)
    assert sign_in(login=citizen.account.number, password=PASSWORD, address=HERE)


def test_a_session_ends(citizen: Holder) -> None:
    tokens = [sign_in(login=citizen.account.number, password=PASSWORD, address=HERE) for _ in range(2)]
    for token in (citizen.token, citizen.token + "x", "", "portal_"):
        with pytest.raises(BusinessError, match="过期"):
            session_visitor(token)
    idle, old = timezone.now() - dt.timedelta(minutes=21), timezone.now() - dt.timedelta(hours=5)
    for past in ({"seen_at": idle}, {"started_at": old}):
        token = tokens.pop()
        Session.objects.filter(pk=Session.objects.filter(ended_at=None).latest("pk").pk).update(**past)
        with pytest.raises(BusinessError, match="过期"):
            session_visitor(token)


def test_doors_are_apart(citizen: Holder, entry: Browser) -> None:
    with pytest.raises(BusinessError):
        session_actor(citizen.token, address=HERE)
    with pytest.raises(BusinessError):
        session_visitor(entry.client.cookies["renshe_session"].value)
    answer = entry.client.get(
        "/api/v1/cases/KY-220822-2026-000001", headers={"Authorization": f"Bearer {citizen.token}"}
    )
    assert answer.status_code == 401


def test_the_cookie_is_the_portal_s_alone(citizen: Holder) -> None:
    door = nobody()
    answer = door.post(
        "/portal/sign-in", {"login": citizen.account.number, "password": PASSWORD, "next": "/portal/data"}
    )
    cookie = answer.cookies["renshe_portal"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/portal/")
    assert answer["Location"] == "/portal/data"
    for elsewhere in ("//x.example", "https://x.example/portal/", "/cases", "/portal/../cases\n"):
        answer = nobody().post(
            "/portal/sign-in", {"login": citizen.account.number, "password": PASSWORD, "next": elsewhere}
        )
        assert answer["Location"].startswith("/portal/")
    refused = nobody().post("/portal/sign-in", {"login": "x", "password": "y"}, status=401).content.decode()
    assert "不正确" in refused and 'value="y"' not in refused
    assert nobody().client.get("/portal/data")["Location"] == "/portal/sign-in?next=%2Fportal%2Fdata"


def test_signing_out_ends_the_session(citizen: Holder) -> None:
    mine = citizen.browser()
    assert mine.post("/portal/sign-out")["Location"] == "/portal/sign-in"
    with pytest.raises(BusinessError):
        session_visitor(citizen.token)


def test_the_password_is_changed_by_who_knows_it(citizen: Holder) -> None:
    visitor: Visitor = citizen.visitor
    with pytest.raises(BusinessError, match="不正确"):
        password_change(visitor=visitor, old="不是这一个密码吧", new="另外一个长长的密码呀", address=HERE)
    mine = citizen.browser()
    told = {"old": PASSWORD, "new": "另外一个长长的密码呀", "again": "另外一个长长的密码啊"}
    mine.post("/portal/me/password", told, status=422)
    mine.post("/portal/me/password", {**told, "again": told["new"]})
    with pytest.raises(BusinessError):
        session_visitor(citizen.token)
    assert sign_in(login=citizen.account.number, password=told["new"], address=HERE)


def test_who_works_here_is_known_when_he_applies(office: Office, citizen: Holder, person: Person) -> None:
    assert citizen.visitor.applicant.operator is None
    manager = office.bureau.at("information")
    operator = Operator.objects.get(number="entry-220822")
    operator_identify(actor=manager, operator=operator, id_number=person.id_number)
    assert citizen.visitor.applicant.operator == "entry-220822"
    with pytest.raises(BusinessError, match="冒号"):
        operator_register(
            actor=manager, number=citizen.visitor.applicant.number, name="x", agency=office.bureau.agencies["220822"]
        )


def test_a_passport_has_nobody_who_works_here(office: Office) -> None:
    abroad = registered(office, 7, id_type="16", id_number="E90000009")
    assert holder(office, "13843600009", person_no=abroad.pk).visitor.applicant.operator is None
