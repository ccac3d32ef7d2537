"""People and units of the county with accounts, and the officers who handle what they apply for."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client
from tests.channels.api import conftest as api
from tests.channels.desk.conftest import Browser, browser
from tests.core.casework.conftest import Office
from tests.modules.registry.desk import done, grant_all, registered

from renshe.channels.portal.accounts import account_open
from renshe.channels.portal.door import COOKIE
from renshe.channels.portal.models import Account
from renshe.channels.portal.sessions import Visitor, first_sign_in, session_visitor
from renshe.core.casework.models import Case
from renshe.modules.registry.models import Person, Unit

logins, db, committed, papers = api.logins, api.db, api.committed, api.papers
counter = api.counter
PASSWORD = "我家门前有两棵老枣树"
PHONE = "13843600001"


@dataclass
class Holder:
    """Somebody with an account, signed in."""

    account: Account
    token: str

    @property
    def visitor(self) -> Visitor:
        return session_visitor(self.token)

    def browser(self) -> Browser:
        client = Client(raise_request_exception=False, HTTP_HOST="localhost", enforce_csrf_checks=True)
        client.cookies[COOKIE] = self.token
        return Browser(client, door="/portal/sign-in")


def opened(office: Office, phone: str = PHONE, region: str = "220822", **whose: str) -> tuple[Account, str]:
    """Return an account that was just opened, and its code."""
    return account_open(actor=office.bureau.at("entry", region), phone=phone, ground="居民身份证原件", **whose)


def holder(office: Office, phone: str = PHONE, region: str = "220822", **whose: str) -> Holder:
    """Return somebody who signed in the first time."""
    account, code = opened(office, phone, region, **whose)
    return Holder(account, first_sign_in(login=account.number, code=code, password=PASSWORD, address=api.ADDRESS))


def nobody() -> Browser:
    """A browser in which nobody is signed in."""
    client = Client(raise_request_exception=False, HTTP_HOST="localhost", enforce_csrf_checks=True)
    return Browser(client, door="/portal/sign-in")


@pytest.fixture
def office(counter: api.Counter) -> Office:
    grant_all(counter.office)
    return counter.office


@pytest.fixture
def person(office: Office) -> Person:
    return registered(office)


@pytest.fixture
def citizen(office: Office, person: Person) -> Holder:
    return holder(office, person_no=person.pk)


@pytest.fixture
def neighbour(office: Office) -> Holder:
    return holder(office, "13843600002", person_no=registered(office, 3, name="李国栋").pk)


@pytest.fixture
def unit(office: Office) -> Unit:
    form = {"name": "河西县粮库", "name_source": "provisional", "unit_type": "10"}
    return Unit.objects.get(pk=Case.objects.get(pk=done(office, "registry.unit_register", form).pk).unit)


@pytest.fixture
def clerk(office: Office, unit: Unit) -> Holder:
    return holder(office, unit_no=unit.pk, name="周文博")


@pytest.fixture
def entry(office: Office) -> Browser:
    return browser(office, "entry")


@pytest.fixture
def check(office: Office) -> Browser:
    return browser(office, "check")
