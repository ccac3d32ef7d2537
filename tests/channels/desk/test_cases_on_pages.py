"""A case goes through the workbench: begun, handed in, decided; what is refused is told where it was asked."""

from __future__ import annotations

from tests.channels.api.conftest import Counter
from tests.channels.desk.conftest import Browser, browser
from tests.core.casework.conftest import FORM, HERE
from tests.core.toys.models import Shop

from renshe.core.casework.models import Case

START = {"region": HERE, **FORM, "then": "submit"}


def begun(entry: Browser, **more: str) -> Case:
    entry.post("/start/shop.open/form", {**START, **more})
    return Case.objects.order_by("-pk")[0]


def test_a_case_goes_from_desk_to_desk(entry: Browser, check: Browser) -> None:
    assert "单位开业" in entry.get("/start")
    assert "编号" in entry.get("/start/shop.open")
    case = begun(entry)
    assert case.number in entry.get("/")
    page = check.get("/inbox/waiting")
    assert case.number in page
    assert "同意" in check.get(f"/cases/{case.number}")
    assert check.post(f"/cases/{case.number}/decision", {"seen": case.digest, "verdict": "agree"})["Location"]
    assert Shop.objects.get().code == "s1"
    assert "办结" in entry.get(f"/cases/{case.number}")
    assert "办结单位开业" in check.get(f"/cases/{case.number}/trace")


def test_what_is_wrong_stands_beside_its_item_and_nothing_typed_is_lost(entry: Browser) -> None:
    answer = entry.post("/start/shop.open/form", {**START, "code": "s123456789"}, status=422)
    text = answer.content.decode()
    assert 'id="f-code-wrong"' in text and 'value="s123456789"' in text and f'value="{FORM["name"]}"' in text
    assert not Case.objects.exists()


def test_a_draft_is_kept_filled_and_handed_in(entry: Browser) -> None:
    entry.post("/start/shop.open/form", {"region": HERE, "code": "s1", "then": "keep"})
    case = Case.objects.get()
    assert case.state == "draft" and "修改表单" in entry.get(f"/cases/{case.number}")
    entry.get(f"/cases/{case.number}/edit")
    entry.post(f"/cases/{case.number}/form", {**FORM, "then": "submit"})
    case.refresh_from_db()
    assert (case.state, case.form["name"]) == ("open", FORM["name"])


def test_who_entered_does_not_check(entry: Browser, counter: Counter) -> None:
    case = begun(entry)
    answer = entry.post(f"/cases/{case.number}/decision", {"seen": case.digest, "verdict": "agree"}, status=403)
    assert "没有在" in answer.content.decode() and not Shop.objects.exists()


def test_of_another_region_nothing_is_shown(entry: Browser, counter: Counter) -> None:
    case = begun(entry)
    other = browser(counter.office, "check", "220802")
    assert "不在您的权限范围内" in other.get(f"/cases/{case.number}", 404)
    assert case.number not in other.get("/cases")
    other.post("/find", {"number": case.number}, status=404)


def test_nobody_comes_in_without_signing_in(counter: Counter) -> None:
    out = browser(counter.office, None)
    answer = out.client.get("/cases")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=%2Fcases")
    out.post("/start/shop.open/form", START, status=401)
    assert not Case.objects.exists()


def test_what_no_page_of_ours_sent_is_refused(entry: Browser) -> None:
    answer = entry.client.post("/start/shop.open/form", START)
    assert answer.status_code == 403 and "没有办理" in answer.content.decode() and not Case.objects.exists()


def test_many_are_agreed_to_at_once_and_each_is_told(entry: Browser, check: Browser) -> None:
    first, second = begun(entry), begun(entry, code="s2")
    marked = [f"{first.number}:{first.digest}", f"{second.number}:{'0' * 64}"]
    answer = check.post("/inbox/waiting/decisions", {"case": marked, "verdict": "agree"}, status=200)
    assert "已同意 1 笔" in answer.content.decode() and second.number in answer.content.decode()
    assert [one.code for one in Shop.objects.all()] == ["s1"]


def test_cases_are_found_and_exported(entry: Browser) -> None:
    case = begun(entry)
    assert case.number in entry.post("/cases/search", {"type": "shop.open"}, status=200).content.decode()
    assert case.number not in entry.post("/cases/search", {"state": "done"}, status=200).content.decode()
    assert "日期" in entry.post("/cases/search", {"since": "昨天"}, status=422).content.decode()
