"""Who comes in, from where, for how long; and who does not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import parse_qs, urlparse

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from tests.core.org.bureau import SETUP, YESTERDAY, Bureau

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org import totp
from renshe.core.org.access import network_register, place_stop, terminal_register
from renshe.core.org.actor import actor_of
from renshe.core.org.credentials import password_set, token_actor, token_issue, token_revoke, totp_enrol
from renshe.core.org.models import ApiToken, Credential, Operator, Session, SignInFailure, Terminal
from renshe.core.org.rights import may
from renshe.core.org.signing_in import SignedIn, password_change, session_actor, sign_in, sign_out

PASSWORD = "河西县经办 7 号窗口"
HERE = "10.22.8.15"


@dataclass
class Door:
    """The bureau with one registered network and terminal; ``clerk`` has a password, ``head`` a telephone besides."""

    bureau: Bureau
    clerk: Operator
    head: Operator
    secret: str

    def enter(self, **more: str | None) -> SignedIn:
        told = {"number": self.clerk.number, "password": PASSWORD, "address": HERE, **more}
        return sign_in(**told)  # type: ignore[arg-type]

    def code(self, steps: int = 0) -> str:
        return totp.code_at(self.secret, int(timezone.now().timestamp()) // 30 + steps)


@pytest.fixture
def door(bureau: Bureau) -> Door:
    admin = bureau.at("information")
    network_register(actor=admin, cidr="10.22.8.0/24", name="河西县局", region=bureau.regions["220822"])
    terminal_register(
        actor=admin, number="t-9", name="9号窗口", agency=bureau.agencies["220822"], region=bureau.regions["220822"],
        address=HERE, permitted_software=["浏览器"],
    )  # fmt: skip
    clerk, head = bureau.operator("entry"), bureau.operator("approve")
    for one in (clerk, head):
        password_set(actor=admin, operator=one, password=PASSWORD)
    told = totp_enrol(actor=admin, operator=head)
    return Door(bureau, clerk, head, parse_qs(urlparse(told).query)["secret"][0])


def refused(door: Door, why: str, refusal: str, /, **more: str | None) -> None:
    with pytest.raises(BusinessError) as said:
        door.enter(**more)
    assert said.value.code == refusal
    last = SignInFailure.objects.order_by("id").last()
    assert last is not None and last.why == why and not Session.objects.filter(ended_at=None).exists()


def later(monkeypatch: pytest.MonkeyPatch, minutes: float) -> None:
    at = timezone.now() + dt.timedelta(minutes=minutes)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)


def test_an_operator_comes_in_works_and_goes(door: Door) -> None:
    signed = door.enter()
    assert signed.actor == session_actor(signed.token, address=HERE)
    assert (signed.actor.operator, signed.actor.terminal, signed.actor.posts) == ("entry-220822", "t-9", {"entry"})
    sign_out(signed.token)
    with pytest.raises(BusinessError, match="登录已失效"):
        session_actor(signed.token, address=HERE)
    assert Session.objects.get().ending == "退出"


@pytest.mark.req("S2-61")
@pytest.mark.parametrize(
    ("address", "terminal"),
    [
        ("10.22.9.1", None),
        ("10.22.8.20", "t-9"),
        (HERE, "t-10"),
        ("::1", None),
        ("x", None),
        ("", None),
        (HERE, "\x00"),
    ],
)
def test_only_registered_places_and_others_are_logged(door: Door, address: str, terminal: str | None) -> None:
    refused(door, "place", "org.place_refused", address=address, terminal=terminal)
    last = SignInFailure.objects.get()
    assert (last.number, last.address, last.counted) == ("entry-220822", address, False)


@pytest.mark.req("S2-61", "S3-32")
def test_a_place_out_of_use_lets_nobody_in_and_ends_its_sessions(door: Door) -> None:
    signed = door.enter(terminal="t-9")
    admin, terminal = door.bureau.at("information"), Terminal.objects.get()
    with pytest.raises(BusinessError):
        place_stop(actor=door.bureau.at("information", "220802"), place=terminal, reason="x")
    place_stop(actor=admin, place=terminal, reason="报废")
    with pytest.raises(BusinessError, match="登录已失效"):
        session_actor(signed.token, address=HERE)
    refused(door, "place", "org.place_refused", terminal="t-9")
    terminal.refresh_from_db()
    assert (terminal.status, terminal.region_id) == ("stopped", "220822")


@pytest.mark.req("S2-62")
def test_the_register_of_terminals_tells_the_permitted_software(door: Door) -> None:
    assert Terminal.objects.get(number="t-9").permitted_software == ["浏览器"]
    assert Entry.objects.get(table_name="org_terminal").after["permitted_software"] == ["浏览器"]


@pytest.mark.parametrize(
    "more", [{"password": "x"}, {"number": "nobody"}, {"password": ""}, {"number": ""}, {"number": "\x00"}]
)
def test_a_wrong_number_and_a_wrong_password_read_the_same(door: Door, more: dict[str, str]) -> None:
    refused(door, "password", "org.sign_in_refused", **more)


@pytest.mark.parametrize("number", ["entry-220822", "nobody"])
def test_five_failures_lock_for_a_quarter_of_an_hour(door: Door, monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    for _ in range(5):
        refused(door, "password", "org.sign_in_refused", number=number, password="wrong")
    refused(door, "locked", "org.locked", number=number)
    if number == "entry-220822":
        with pytest.raises(BusinessError, match="已锁定"):
            actor_of(number)
        assert Entry.objects.filter(table_name="org_operator", reason__contains="自动锁定").count() == 1
        later(monkeypatch, 14.9)
        refused(door, "locked", "org.locked", number=number)
        later(monkeypatch, 0.2)
        assert door.enter().actor.operator == number


def test_failures_before_a_success_do_not_count(door: Door) -> None:
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(BusinessError, match="不正确"):
                door.enter(password="wrong")
        door.enter()


def test_whoever_approves_needs_the_code_and_each_works_once(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    number = door.head.number
    later(monkeypatch, 0)
    for code in (None, "", "000000" if door.code() != "000000" else "000001", door.code(-2)):
        refused(door, "code", "org.sign_in_refused", number=number, code=code)
    signed = door.enter(number=number, code=door.code())
    assert signed.actor.operator == number
    sign_out(signed.token)
    refused(door, "code", "org.sign_in_refused", number=number, code=door.code())
    later(monkeypatch, 1)
    assert door.enter(number=number, code=door.code()).actor.operator == number


def test_whoever_approves_without_a_telephone_does_not_come_in(door: Door) -> None:
    password_set(actor=door.bureau.at("information"), operator=door.bureau.operator("check"), password=PASSWORD)
    refused(door, "code", "org.sign_in_refused", number="check-220822")


def test_one_session_at_once_bound_to_its_place_idle_for_half_an_hour_at_most(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = door.enter(), door.enter()
    for token, address in (
        (first.token, HERE),
        (second.token, "10.22.8.16"),
        ("x", HERE),
        ("", HERE),
        ("\ud800", HERE),
    ):
        with pytest.raises(BusinessError, match="登录已失效"):
            session_actor(token, address=address)
    later(monkeypatch, 29)
    session_actor(second.token, address=HERE)
    later(monkeypatch, 29)
    session_actor(second.token, address=HERE)
    later(monkeypatch, 31)
    with pytest.raises(BusinessError, match="登录已失效"):
        session_actor(second.token, address=HERE)
    assert list(Session.objects.order_by("id").values_list("ending", flat=True)) == ["在别处登录", "超时"]


def test_no_session_lasts_longer_than_twelve_hours(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    token = door.enter().token
    for _ in range(25):
        later(monkeypatch, 28)
        session_actor(token, address=HERE)
    later(monkeypatch, 28)
    with pytest.raises(BusinessError, match="登录已失效"):
        session_actor(token, address=HERE)


def test_whoever_has_left_is_out_with_the_next_request(door: Door) -> None:
    token = door.enter().token
    with declared(SETUP):
        Operator.objects.filter(pk=door.clerk.pk).update(valid_until=YESTERDAY)
    with pytest.raises(BusinessError, match="已停用"):
        session_actor(token, address=HERE)
    with pytest.raises(BusinessError, match="已停用"):
        door.enter()
    with pytest.raises(BusinessError, match="没有工号"):
        actor_of("nobody")


def test_secrets_are_neither_in_the_tables_nor_in_the_journal(door: Door) -> None:
    token = door.enter().token
    kept = Credential.objects.get(pk=door.clerk.pk)
    assert kept.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert token.encode() not in bytes(Session.objects.get().digest)
    journal = str(list(Entry.objects.values("before", "after")))
    assert not any(secret in journal for secret in (PASSWORD, kept.password_hash, door.secret, token))


def test_a_new_password_is_recorded_and_ends_sessions_and_one_without_a_context_is_refused(door: Door) -> None:
    token = door.enter().token
    before = Entry.objects.filter(reason="设置登录密码").count()
    password_set(actor=door.bureau.at("entry"), operator=door.clerk, password=PASSWORD + "!")
    assert Entry.objects.filter(reason="设置登录密码").count() == before + 1
    with pytest.raises(BusinessError, match="登录已失效"):
        session_actor(token, address=HERE)
    kept = Credential.objects.get(pk=door.clerk.pk).password_hash
    with pytest.raises(DatabaseError, match="没有说明"), transaction.atomic():
        Credential.objects.filter(pk=door.clerk.pk).update(password_hash="x")
    for actor, password in ((door.bureau.at("check"), PASSWORD), (door.bureau.at("entry"), "short")):
        with pytest.raises(BusinessError):
            password_set(actor=actor, operator=door.clerk, password=password)
    assert Credential.objects.get(pk=door.clerk.pk).password_hash == kept


def test_a_token_opens_its_scopes_until_it_expires_or_is_revoked(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, region = door.bureau.at("information"), door.bureau.regions["220822"]
    soon = timezone.now() + dt.timedelta(days=1)
    for actor, scopes, expires, partner in (
        (door.bureau.at("entry"), ["toys.query"], soon, "税务"),
        (admin, [], soon, "税务"),
        (admin, ["toys.query"], timezone.now(), "税务"),
        (admin, ["toys.query"], soon, None),
    ):
        with pytest.raises(BusinessError):
            token_issue(actor=actor, region=region, scopes=scopes, expires_at=expires, partner=partner)
    assert not ApiToken.objects.exists()
    token = token_issue(
        actor=admin, region=region, scopes=["toys.query", "toys.check"], expires_at=soon, partner="税务"
    )
    program = token_actor(token)
    assert program.operator == "partner:税务"
    assert may(program, "toys.query", region) and may(program, "toys.query", door.bureau.regions["220822101"])
    # Neither another operation, nor another region, nor anything that decides.
    assert not may(program, "toys.enter", region) and not may(program, "toys.check", region)
    assert not may(program, "toys.query", door.bureau.regions["220802"])
    for tried in (token + "x", ""):
        with pytest.raises(BusinessError, match="令牌无效"):
            token_actor(tried)
    with monkeypatch.context() as patch:
        later(patch, 60 * 25)
        assert not may(program, "toys.query", region)
        with pytest.raises(BusinessError, match="令牌无效"):
            token_actor(token)
    token_revoke(actor=admin, token=ApiToken.objects.get(), reason="停止合作")
    assert not may(program, "toys.query", region)
    with pytest.raises(BusinessError, match="令牌无效"):
        token_actor(token)


def test_an_operators_token_opens_no_more_than_the_operator_may(door: Door) -> None:
    admin, region = door.bureau.at("information"), door.bureau.regions["220822101"]
    soon = timezone.now() + dt.timedelta(days=1)
    token = token_issue(
        actor=admin,
        region=region,
        scopes=["toys.enter", "toys.check"],
        expires_at=soon,
        operator=door.bureau.operator("entry"),
    )
    program = token_actor(token)
    assert program.operator == "entry-220822" and may(program, "toys.enter", region)
    for operation, where in (
        ("toys.check", region),
        ("toys.query", region),
        ("toys.enter", door.bureau.regions["220822"]),
    ):
        assert not may(program, operation, where)
    with declared(SETUP):
        Operator.objects.filter(number="entry-220822").update(valid_until=YESTERDAY)
    assert not may(program, "toys.enter", region)
    with pytest.raises(BusinessError, match="未启用或已停用"):
        token_actor(token)


def test_whoever_finds_a_session_open_guesses_no_more_often_than_at_the_door(door: Door) -> None:
    entered = door.enter()
    for _ in range(5):
        with pytest.raises(BusinessError) as refused_:
            password_change(actor=entered.actor, old="不对", new="另外一个长长的密码呀", address=HERE)
        assert refused_.value.code == "org.password_wrong"
    with pytest.raises(BusinessError) as over:
        session_actor(entered.token, address=HERE)
    assert over.value.code == "org.session_over"
    refused(door, "locked", "org.locked")
    assert Session.objects.get().ending == "连续输错密码"
