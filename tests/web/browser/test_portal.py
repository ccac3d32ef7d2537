"""A citizen with a telephone and the officers at their screens: from the application to its result."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.core.filing.conftest import a_pdf
from tests.web.browser.conftest import TELEPHONE, Visitor, visitor
from tests.web.browser.test_pages import pages_of

from renshe.channels.portal.models import Account
from renshe.core.casework.models import Case
from renshe.modules.registry.models import Contact, Person

pytestmark = pytest.mark.xdist_group("portal")

WIDTHS = (375, 1366)
PASSWORD = "井台村东头第三家瓦房"


def press(page: Page, name: str) -> None:
    """Press a button, and wait until what it leads to is there."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def account(kind: str, at: int = 1) -> str:
    return Account.objects.filter(kind=kind).order_by("pk")[at].number


def found_by(clerk: Visitor, number: str) -> Visitor:
    clerk.page.fill("#find", number)
    with clerk.page.expect_navigation():
        clerk.page.keyboard.press("Enter")
    return clerk


def fits(one: Visitor) -> list[str]:
    """Return what is wrong with the page that is open, on a telephone and on a screen."""
    wrong = one.looked_over()
    for width in WIDTHS:
        one.page.set_viewport_size({"width": width, "height": 700})
        broad = one.page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{one.page.url} is {broad} wide on {width}"] if broad > width else []
    return wrong


@pytest.mark.req("S4-83", part="a declaration from the application to its result, in the browser")
def test_a_citizen_applies_and_follows_his_case_on_a_telephone(chromium: Browser, site: str, downloads: Path) -> None:
    mine = visitor(chromium, site, account("person"), TELEPHONE)
    mine.page.get_by_role("link", name="人员一般信息变更").first.click()
    assert mine.page.input_value("#f-phone").startswith("138436")
    assert fits(mine) == []
    mine.page.set_viewport_size({"width": 375, "height": 667})
    mine.page.fill("#f-address", "河西县柳树镇新街 12 号")
    mine.page.fill("#f-ground", "搬家")
    press(mine.page, "提交申请")
    assert "已提交，等待受理" in mine.page.inner_text("main") and fits(mine) == []
    case = Case.objects.filter(applicant__isnull=False).latest("pk")

    clerk = visitor(chromium, site, "jb220822").to("/inbox/proposed")
    clerk.page.get_by_role("link", name=case.number).click()
    press(clerk.page, "认领")
    clerk.to(f"/cases/{case.number}")
    clerk.page.get_by_text("请申请人补正", exact=True).first.click()
    clerk.page.fill("#t-told", "请上传新住址的证明")
    clerk.page.fill("#t-due_on", "2099-01-31")
    press(clerk.page, "请申请人补正")

    mine.to("/portal/")
    assert "等您办理" in mine.page.inner_text("main") and fits(mine) == []
    mine.page.get_by_role("link", name="人员一般信息变更").first.click()
    assert "请上传新住址的证明" in mine.page.inner_text("main")
    proof = downloads / "租房合同.pdf"
    proof.write_bytes(a_pdf(3))
    mine.page.set_input_files("#file", proof)
    press(mine.page, "上传")
    assert fits(mine) == []
    press(mine.page, "提交申请")

    found_by(clerk, case.number)
    assert "租房合同.pdf" in clerk.page.inner_text("main") and clerk.looked_over() == []
    press(clerk.page, "提交")
    checker = found_by(visitor(chromium, site, "fh220822"), case.number)
    press(checker.page, "同意")

    mine.to(f"/portal/cases/{case.number}")
    assert "办结" in mine.page.inner_text(".badge") and fits(mine) == []
    with mine.page.expect_download() as handed:
        mine.page.get_by_role("button", name="下载办理结果告知书").click()
    assert Path(handed.value.path()).read_bytes().startswith(b"%PDF")
    assert Contact.objects.get(person=case.person).address == "河西县柳树镇新街 12 号"
    assert (mine.outside, mine.complaints) == ([], [])


@pytest.mark.parametrize("kind", ["person", "unit"])
def test_the_portal_s_pages_are_whole_quiet_and_for_everybody(chromium: Browser, site: str, kind: str) -> None:
    one = visitor(chromium, site, account(kind, 0), TELEPHONE)
    wrong, seen = [], 0
    for _ in pages_of(one, "/portal/"):
        seen += 1
        one.page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
        wrong += fits(one)
    assert seen >= 4 and (wrong, one.outside, one.complaints) == ([], [], [])


def test_an_account_is_opened_at_the_counter_and_first_used_by_the_keyboard(chromium: Browser, site: str) -> None:
    held = Account.objects.exclude(person_no=None).values("person_no")
    person = Person.objects.exclude(pk__in=held).order_by("pk")[12]
    clerk = visitor(chromium, site, "jb220822").to(f"/people/{person.pk}")
    clerk.page.get_by_text("开通账户").click()
    clerk.page.fill("#t-phone", "13843619999")
    clerk.page.fill("#t-ground", "居民身份证原件")
    press(clerk.page, "开通")
    code = clerk.page.inner_text("dd b")
    assert clerk.looked_over() == []

    mine = visitor(chromium, site, None, TELEPHONE).to("/portal/data")
    assert mine.page.url.endswith("/portal/sign-in?next=%2Fportal%2Fdata") and fits(mine) == []
    mine.page.get_by_role("link", name="首次登录").click()
    assert fits(mine) == []
    mine.page.focus("#t-login")
    for typed in (str(person.id_number), code, PASSWORD, PASSWORD):
        mine.page.keyboard.insert_text(typed)
        mine.page.keyboard.press("Tab")
    with mine.page.expect_navigation():
        mine.page.keyboard.press("Enter")
    mine.page.wait_for_url(f"{site}/portal/")
    assert person.name in mine.page.inner_text("header")
    assert (mine.outside, mine.complaints) == ([], [])
