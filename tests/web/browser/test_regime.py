"""Closed data is changed in the browser by six people, from the request to the printed request; each does one thing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from tests.core.filing.conftest import a_pdf
from tests.web.browser.conftest import Visitor, visitor

from renshe.core.affairs.months import months_file
from renshe.core.casework.models import Case
from renshe.core.filing.forms import CHANGE_REQUEST
from renshe.core.filing.models import Document
from renshe.core.journal.models import Unsealing
from renshe.modules.registry.models import Modification, Person

pytestmark = pytest.mark.xdist_group("regime")


@pytest.fixture
def evidence(downloads: Path) -> list[Path]:
    files = [downloads / "原登记表.pdf", downloads / "户口簿.pdf"]
    for at, file in enumerate(files):
        file.write_bytes(a_pdf(at + 1))
    return files


def press(page: Page, name: str) -> None:
    """Press a button, and wait until what it leads to is there."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def open_case(chromium: Browser, site: str, number: str, who: str) -> Visitor:
    """Sign somebody in, who opens a case from what waits, or by its number."""
    one = visitor(chromium, site, who)
    one.page.fill("#find", number)
    with one.page.expect_navigation():
        one.page.keyboard.press("Enter")
    return one


@pytest.mark.req("S2-45", part="the check in the browser")
def test_six_people_change_what_is_closed(
    chromium: Browser, site: str, evidence: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Modification.objects.values("person")
    asked = Case.objects.filter(type="registry.modify").values("person")
    closed = Case.objects.filter(type="registry.person_register", state="done").values("person")
    free = Person.objects.filter(pk__in=closed, ethnicity="01").exclude(pk__in=busy).exclude(pk__in=asked)
    person = free.order_by("pk")[5]

    clerk = visitor(chromium, site, "jb220822").to("/people")
    clerk.page.fill("#t-name", person.name)
    press(clerk.page, "查询")
    clerk.page.get_by_role("link", name=person.pk).click()
    clerk.page.get_by_role("link", name="业务数据修改申请").click()
    assert clerk.page.input_value("#f-person_no") == person.pk
    clerk.page.select_option("#f-old_ethnicity", "01")
    clerk.page.select_option("#f-new_ethnicity", "02")
    clerk.page.fill("#f-ground", "户口簿记载为蒙古族")
    press(clerk.page, "存为草稿")
    for kind, file in zip(("original", "evidence"), evidence, strict=True):
        clerk.page.select_option("#kind", kind)
        clerk.page.set_input_files("#file", file)
        press(clerk.page, "上传")
    press(clerk.page, "提交")
    number = Case.objects.filter(person=person.pk, type="registry.modify").get().number

    for who in ("sp220822", "fh220800"):
        press(open_case(chromium, site, number, who).page, "同意")
    director = open_case(chromium, site, number, "sp220800")
    director.page.fill("#designated", "jb220800")
    press(director.page, "指定")
    press(director.page, "同意")
    press(open_case(chromium, site, number, "xx220800").page, "解封")
    assert Unsealing.objects.get(key=person.pk, closed_at=None).operator == "jb220800"

    editor = open_case(chromium, site, number, "jb220800")
    editor.page.select_option("#f-ethnicity", "02")
    press(editor.page, "修改并送核对")
    check = Modification.objects.get(case_no=number).check_no
    assert check is not None
    head = open_case(chromium, site, check, "fh220800")
    assert "修改日志与申请一致" in head.page.inner_text("main")
    assert head.looked_over() == []
    press(head.page, "同意")
    person.refresh_from_db()
    assert person.ethnicity == "02" and not Unsealing.objects.filter(key=person.pk, closed_at=None).exists()
    assert "业务数据修改申请表" in head.to(f"/cases/{check}").page.inner_text("main")
    _the_month_is_checked_printed_and_filed(chromium, site, check, monkeypatch)


def _the_month_is_checked_printed_and_filed(
    chromium: Browser, site: str, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = f"{timezone.localdate():%Y%m}"
    later = timezone.now() + dt.timedelta(days=32)
    monkeypatch.setattr(timezone, "now", lambda: later)
    head = visitor(chromium, site, "fh220822").to(f"/months/{month}/220822")
    press(head.page, "核对无误")
    assert "核对无误" in head.page.inner_text("main") and head.looked_over() == []
    lead = visitor(chromium, site, "xx220822").to(f"/months/{month}/220822")
    with lead.page.expect_response("**/documents/*") as printed:
        lead.page.get_by_role("button", name="打印", exact=True).click()
    assert printed.value.headers["content-type"] == "application/pdf"
    [volume] = months_file()
    lead = visitor(chromium, site, "xx220822").to("/books/volumes")
    lead.page.get_by_role("link", name=volume.number).click()
    listed = lead.page.inner_text("main")
    request = Document.objects.get(matter=check, name=CHANGE_REQUEST.name).number
    assert "业务数据修改日志表" in listed and request in listed
    press(lead.page, "核对案卷")
    assert "案卷与归档时一致" in lead.page.inner_text("main") and lead.looked_over() == []


def test_possible_duplicates_are_shown_while_somebody_is_entered(chromium: Browser, site: str) -> None:
    known = Person.objects.exclude(id_number=None).order_by("pk")[10]
    clerk = visitor(chromium, site, "jb220822").to("/start/registry.person_register")
    clerk.page.fill("#f-name", known.name)
    clerk.page.fill("#f-id_number", str(known.id_number))
    clerk.page.locator("#f-id_number").blur()
    clerk.page.get_by_text("可能已经登记过").wait_for()
    # What the number says needs not be typed.
    held = [clerk.page.input_value(f"#f-{name}") for name in ("id_type", "birth_date", "sex")]
    assert held == ["01", str(known.birth_date), known.sex]
    assert clerk.looked_over() == []
    assert (clerk.outside, clerk.complaints) == ([], [])
