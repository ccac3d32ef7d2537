"""Every ledger can be looked into by whom it is for, and written into by services that refuse by themselves."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from tests.channels.api.conftest import Counter, allow
from tests.channels.desk.conftest import browser
from tests.core.org.bureau import GROUPS

from renshe.core.journal.models import Entry
from renshe.core.org.models import Operator
from renshe.core.org.operations import operations
from renshe.core.pages.books import books
from renshe.core.registers.models import Fault, RunningLog


@pytest.fixture
def all_rights(counter: Counter) -> Counter:
    """Everybody has every right of the kinds of his posts."""
    for group in GROUPS:
        kinds = counter.office.bureau.posts[group].group.kinds
        had = set()
        for one in operations():
            if one.kind in kinds and one.name not in had:
                had.add(one.name)
        granted = {"shop.open", "shop.close"}
        allow(
            counter, group, *(name for name in had if name.rpartition(".")[0] not in granted and name != "case.query")
        )
    return counter


@pytest.mark.parametrize("group", ["entry", "check", "approve", "information", "audit"])
def test_every_ledger_is_shown_and_what_is_left_empty_changes_nothing(all_rights: Counter, group: str) -> None:
    desk = browser(all_rights.office, group)
    menu = set(re.findall(r'href="/books/([a-z-]+)"', desk.get("/")))
    assert menu >= {"operators", "bulk", "running-logs"}
    for one in books():
        desk.get(f"/books/{one.name}", 200 if one.name in menu else 404)
        before = Entry.objects.count()
        for deed in one.deeds:
            if not deed.rowed:
                answer = desk.client.post(f"/books/{one.name}/do/{deed.name}", {"csrfmiddlewaretoken": desk.mark()})
                assert answer.status_code in (403, 404, 422), (one.name, deed.name, answer.status_code)
        assert Entry.objects.count() == before


@pytest.mark.req("S2-49", part="the form in the workbench")
def test_a_log_is_entered_with_a_fault_that_stays_open_until_it_is_cleared(all_rights: Counter) -> None:
    desk = browser(all_rights.office, "information")
    today = dt.date.today().isoformat()
    whole = {"day": today, "ports": "正常", "servers": "正常", "communications": "正常", "faults": "断网一次"}
    desk.post("/books/running-logs/do/enter", whole, status=403)
    named = {"kind": "network", "operator": "information-220822", "every_days": "1"}
    browser(all_rights.office, "approve").post("/books/duties/do/name", named)
    desk.post("/books/running-logs/do/enter", {**whole, "ports": ""}, status=422)
    assert not RunningLog.objects.exists()
    desk.post("/books/running-logs/do/enter", {**whole, "new_faults": "三楼交换机；备用线路"})
    first, second = Fault.objects.order_by("pk")
    assert (first.what, second.what) == ("三楼交换机", "备用线路")
    desk.get(f"/books/faults/{first.pk}")
    desk.post(f"/books/faults/{first.pk}/resolve", {"resolution": "已更换"})
    assert "三楼交换机" not in desk.get("/books/faults")
    other = browser(all_rights.office, "information", "220802")
    other.get(f"/books/faults/{second.pk}", 404)
    other.post(f"/books/faults/{second.pk}/resolve", {"resolution": "已更换"}, status=404)
    second.refresh_from_db()
    assert second.resolution is None


def test_somebody_is_registered_and_gets_a_password_that_is_told_once(all_rights: Counter) -> None:
    desk = browser(all_rights.office, "information")
    desk.post("/books/operators/do/register", {"number": "zhang01", "name": "张晓"})
    made = Operator.objects.get(number="zhang01")
    told = desk.post(f"/books/operators/{made.pk}/password", status=200).content.decode()
    password = re.search(r"新密码是 (\S+) ", told)
    assert password is not None
    assert password[1] not in desk.get(f"/books/operators/{made.pk}")
    head = browser(all_rights.office, "check")
    head.post(f"/books/operators/{made.pk}/password", status=403)
