"""Accounts are opened for whom an officer saw, by a code that is told once, and end with whom they are of."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from tests.channels.desk.conftest import Browser, browser
from tests.channels.portal.conftest import PASSWORD, PHONE, Holder, holder, opened
from tests.core.casework.conftest import Office
from tests.core.org.bureau import SETUP
from tests.modules.registry.desk import done, registered

from renshe.channels.portal.accounts import account_close, account_open, account_renew
from renshe.channels.portal.models import Account, Secret
from renshe.channels.portal.sessions import first_sign_in, session_visitor, sign_in
from renshe.core.casework.applying import applications
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.modules.registry.models import Person, Unit

HERE = "127.0.0.1"


def over(one: Holder) -> bool:
    try:
        session_visitor(one.token)
    except BusinessError:
        return True
    return False


def test_an_account_is_opened_on_the_person_s_page_and_its_code_told_once(entry: Browser, person: Person) -> None:
    page = entry.get(f"/people/{person.pk}")
    assert "没有在用的账户" in page and "开通账户" in page
    for lacking in ({"phone": PHONE}, {"phone": "1384360", "ground": "身份证"}):
        told = entry.post(f"/people/{person.pk}/portal", lacking, status=422).content.decode()
        assert "请补全后再开通" in told and not Account.objects.exists()
    told = entry.post(f"/people/{person.pk}/portal", {"phone": PHONE, "ground": "居民身份证原件"}, status=200)
    code = re.search(r"一次性口令是 (\S+) ，", told.content.decode())
    assert code is not None
    account = Account.objects.get()
    assert (account.person_no, account.region_id, account.agency) == (person.pk, "220822", "ag-220822")
    [made] = Entry.objects.filter(table_name="portal_account", operation="I")
    assert (made.operator, made.person, made.reason) == (
        "entry-220822",
        person.pk,
        "开通网上服务账户：核验居民身份证原件",
    )
    assert account.number in entry.get(f"/people/{person.pk}") and code[1] not in entry.get(f"/people/{person.pk}")
    again = entry.post(f"/people/{person.pk}/portal", {"phone": PHONE, "ground": "居民身份证原件"}, status=409)
    assert "已有在用的网上服务账户" in again.content.decode()
    assert first_sign_in(login=account.number, code=code[1].lower(), password=PASSWORD, address=HERE)


def test_no_secret_is_in_the_journal_and_its_change_is(office: Office, citizen: Holder) -> None:
    kept = Secret.objects.get(account=citizen.account)
    assert kept.code is None and kept.password and kept.password.startswith("$argon2id$")
    entries = Entry.objects.filter(table_name__startswith="portal_")
    assert not entries.filter(table_name="portal_secret").exists() and "argon2" not in repr(list(entries.values()))
    changes = entries.filter(operation="U", key=str(citizen.account.pk))
    mine = f"portal:{citizen.account.number}"
    assert [one.operator for one in changes.order_by("pk")] == ["entry-220822", mine]
    with pytest.raises(DatabaseError), transaction.atomic():
        Secret.objects.filter(pk=kept.pk).update(password="x")


def test_who_may_not_opens_none(office: Office, person: Person) -> None:
    for group, region in (("check", "220822"), ("information", "220822"), ("entry", "220802")):
        with pytest.raises(BusinessError):
            account_open(actor=office.bureau.at(group, region), phone=PHONE, ground="身份证", person_no=person.pk)
    assert not Account.objects.exists()


def test_a_new_code_ends_what_was(office: Office, citizen: Holder) -> None:
    clerk = office.bureau.at("entry")
    with pytest.raises(BusinessError):
        account_renew(actor=clerk, account=citizen.account, ground=" ")
    assert not over(citizen)
    code = account_renew(actor=clerk, account=citizen.account, ground="身份证")
    assert over(citizen)
    with pytest.raises(BusinessError, match="不正确"):
        sign_in(login=citizen.account.number, password=PASSWORD, address=HERE)
    with declared(SETUP):
        Secret.objects.update(code_until=timezone.now() - dt.timedelta(minutes=1))
    with pytest.raises(BusinessError, match="不正确"):
        first_sign_in(login=citizen.account.number, code=code, password=PASSWORD, address=HERE)


def test_a_code_opens_once(office: Office, person: Person) -> None:
    account, code = opened(office, person_no=person.pk)
    with pytest.raises(BusinessError, match="至少 10 个字符"):
        first_sign_in(login=account.number, code=code, password="短", address=HERE)
    assert first_sign_in(login=account.number, code=code, password=PASSWORD, address=HERE)
    with pytest.raises(BusinessError, match="不正确"):
        first_sign_in(login=account.number, code=code, password=PASSWORD, address=HERE)


def test_what_is_closed_opens_nothing(office: Office, citizen: Holder, person: Person) -> None:
    clerk = office.bureau.at("entry")
    account_close(actor=clerk, account=citizen.account, reason="本人申请")
    assert over(citizen)
    with pytest.raises(BusinessError, match="不正确"):
        sign_in(login=citizen.account.number, password=PASSWORD, address=HERE)
    for service in (
        lambda: account_close(actor=clerk, account=citizen.account, reason="x"),
        lambda: account_renew(actor=clerk, account=citizen.account, ground="x"),
    ):
        with pytest.raises(BusinessError, match="已停用"):
            service()
    assert holder(office, person_no=person.pk).account.number != citizen.account.number


def test_a_death_closes_the_account_and_nobody_opens_another(office: Office, citizen: Holder, person: Person) -> None:
    done(office, "registry.person_death", {"person_no": person.pk, "death_date": "2024-05-01", "ground": "火化证明"})
    assert over(citizen) and Account.objects.get().closing == "死亡登记"
    with pytest.raises(BusinessError, match="死亡"):
        opened(office, person_no=person.pk)


def test_a_number_that_is_merged_has_no_account(office: Office, person: Person) -> None:
    old = registered(office, 3, sex="1", phone="13843600002", id_type="16", id_number="E90000001")
    stays, goes = holder(office, person_no=person.pk), holder(office, "13843600002", person_no=old.pk)
    form = {"old_no": old.pk, "person_no": person.pk, "ground": "同一人"}
    done(office, "registry.person_merge", form)
    assert over(goes) and not over(stays)
    assert stays.visitor.applicant.known_as == (person.pk, old.pk)


def test_a_unit_has_a_clerk_for_each_telephone(office: Office, clerk: Holder, unit: Unit) -> None:
    second = holder(office, "13843600005", unit_no=unit.pk, name="吴海棠")
    assert second.visitor.applicant.known_as == clerk.visitor.applicant.known_as == (unit.pk,)
    with pytest.raises(BusinessError, match="已有在用"):
        opened(office, PHONE, unit_no=unit.pk, name="周文博")
    assert not applications(clerk.visitor.applicant).exists()


def test_the_database_keeps_one_account_for_one(office: Office, citizen: Holder, unit: Unit) -> None:
    held = citizen.account
    told = {"region": held.region, "agency": "x", "name": "x", "phone": "x", "ground": "x"}
    for wrong in (
        {"number": "x", "kind": "person", "person_no": held.person_no},
        {"number": "x", "kind": "unit", "person_no": held.person_no, "unit_no": unit.pk},
        {"number": "x", "kind": "person"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), declared(SETUP):
            Account.objects.create(**told, **wrong)


def test_the_ledger_gives_codes_and_closes(office: Office, citizen: Holder, entry: Browser) -> None:
    page = entry.get("/books/portal-accounts")
    assert citizen.account.number in page and "张**" in page and PHONE not in page
    key = citizen.account.pk
    answer = entry.post(f"/books/portal-accounts/{key}/code", {"ground": "身份证"}, status=200)
    assert "一次性口令是" in answer.content.decode() and over(citizen)
    browser(office, "check").post(f"/books/portal-accounts/{key}/close", {"reason": "x"}, status=403)
    browser(office, "entry", "220802").post(f"/books/portal-accounts/{key}/close", {"reason": "x"}, status=404)
    entry.post(f"/books/portal-accounts/{key}/close", {"reason": "本人申请"})
    assert Account.objects.get(pk=key).closed_at is not None
