"""What takes several people, in the browser, each doing one thing: closed data changed by six, from the request to the
printed log; a batch prepared, let go, answered by a partner; a difference that the partner is asked to correct."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page
from tests.core.filing.conftest import a_pdf
from tests.web.browser.conftest import Visitor, visitor

from renshe.cli.exchange_sample import OWN, exchange_sample
from renshe.core.affairs.months import months_file
from renshe.core.casework.models import Case
from renshe.core.exchange.dispatching import fetch, send_due
from renshe.core.exchange.models import Batch, Difference
from renshe.core.exchange.ways.directory import Directory
from renshe.core.filing.forms import CHANGE_REQUEST
from renshe.core.filing.models import Document
from renshe.core.journal.models import Unsealing
from renshe.modules.registry.models import Modification, Person
from renshe.peer.folder import Folder
from renshe.peer.side import Side

pytestmark = pytest.mark.xdist_group("several people")


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


@pytest.mark.req("S2-51", "S3-7", part="in the browser")
def test_a_batch_goes_from_its_order_to_its_last_answer(chromium: Browser, site: str) -> None:
    home = Path(os.environ["RENSHE_HOME"])
    assert len(exchange_sample(home)) == 2
    clerk = visitor(chromium, site, "jb220822").to("/books/exchange-batches")
    clerk.page.locator("summary", has_text="生成批次").click()
    clerk.page.select_option("#prepare-agreement", "XY-2026-01")
    press(clerk.page, "生成批次")
    batch = Batch.objects.filter(agreement_number="XY-2026-01").order_by("-pk")[0]
    assert f"已生成 {batch.number}" in clerk.page.inner_text("main") and clerk.looked_over() == []

    keeper = visitor(chromium, site, "xx220822").to(f"/books/exchange-batches/{batch.pk}")
    assert "尚未发送" in keeper.page.inner_text("main") and "**" in keeper.page.inner_text("main")
    press(keeper.page, "检查无误，放行")
    _carry(home, "province")
    shown = keeper.to(f"/books/exchange-batches/{batch.pk}").page.inner_text("main")
    assert "已全部答复" in shown and f"已入库 {batch.rows}" in shown and keeper.looked_over() == []

    found = Difference.objects.filter(column="name").order_by("pk")[0]
    clerk.to(f"/people/{found.subject}")
    assert "外部门信息" in clerk.page.inner_text("main") and clerk.looked_over() == []
    clerk.to(f"/books/exchange-differences/{found.pk}")
    clerk.page.fill("#doubt-reason", "以身份证为准")
    press(clerk.page, "我方的对，请对方更正")
    clerk.to("/books/exchange-batches").page.locator("summary", has_text="生成更正请求").click()
    clerk.page.select_option("#corrections-agreement", "XY-2026-02")
    press(clerk.page, "生成更正请求")
    request = Batch.objects.get(kind="correction")
    press(keeper.to(f"/books/exchange-batches/{request.pk}").page, "检查无误，放行")
    _carry(home, "police-220822")
    told = clerk.to(f"/books/exchange-differences/{found.pk}").page.inner_text("main")
    assert "已核实" in told and "对方已更正" in told and clerk.looked_over() == []


def _carry(home: Path, partner: str) -> None:
    """Let both sides do what is due."""
    side = Side(Folder(home / "peers" / partner), again=0)
    for _ in range(2):
        send_due()
        side.turn(Directory(home / "exchange", partner, OWN))
        fetch()
    side.books.close()
