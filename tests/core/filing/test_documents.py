"""Documents: numbered without gaps, kept as issued, voided and never changed; data are shown, never obeyed."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from pathlib import Path
from threading import Thread

import pytest
import typst
from django.db import connection, transaction
from django.utils import timezone
from tests.core.filing.conftest import HERE
from tests.core.org.bureau import SETUP, Bureau

from renshe.core.errors import BusinessError
from renshe.core.filing import store
from renshe.core.filing.documents import document, document_issue, document_read, document_void
from renshe.core.filing.forms import CATALOGUE, CHANGE_LOG, CHANGE_REQUEST, RECEIPT, RESULT
from renshe.core.filing.models import Document
from renshe.core.filing.selectors import documents_by_code, documents_of
from renshe.core.filing.typesetting import template_digest, typeset
from renshe.core.journal.context import declared

YEAR = timezone.localdate().year
CASE = {
    "matter": "KY-220822-2026-000001",
    "subject": "单位开业",
    "fields": [["编号", "s1"], ["名称", "白杨市第一中学"]],
}
CHANGE = {
    "matter": "XG-220822-2026-000003",
    "unit": "河西县社会保险局",
    "applied_on": "2026-11-05",
    "person": "张丽华",
    "person_no": "1000123456",
    "id_number": "220822196403180123",
    "changes": [{"table": "个人基本信息", "field": "出生日期", "before": "1964-08-13", "after": "1964-03-18"}],
    "reason": "原录入时误读档案",
    "papers": ["原始档案首页"],
    "signatures": {"applicant": {"name": "王建国", "date": "2026-11-05"}, "head": {"said": "同意上报", "name": "孙立"}},
}
ROW = {
    "at": "2026-11-09 10:22",
    "operator": "周海燕",
    "matter": "XGS-220822-2026-000001",
    "person": "1000123456",
    "name": "张丽华",
    "table": "个人基本信息",
    "field": "出生日期",
    "before": "1964-08-13",
    "after": "1964-03-18",
}
ENTRY = {"position": 1, "number": "XGS-1", "title": "申请表", "first_page": 1, "pages": 2, "digest": "ab" * 32}
VOLUME = {"volume": "AJ-1", "title": "卷", "kind": "k", "region": "r", "period": "2026-11", "place": "p", "pages": 2,
          "entries": [ENTRY]}  # fmt: skip


def issue(bureau: Bureau, name: str = RECEIPT.name, **more: object) -> Document:
    told = {"region": HERE, "data": CASE, "matter": CASE["matter"], **more}
    return document_issue(actor=bureau.at("entry"), name=name, **told)  # type: ignore[arg-type]


def words(pdf: bytes, tmp_path: Path) -> str:
    """Return the text of a PDF, as poppler reads it, without spaces."""
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler is not here")
    file = tmp_path / "x.pdf"
    file.write_bytes(pdf)
    told = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True).stdout.decode()
    return "".join(told.split())


def test_a_document_is_numbered_kept_and_printed_the_same_again(bureau: Bureau) -> None:
    made = issue(bureau)
    assert made.number == f"SLD-220822-{YEAR}-000001" and made.pages == 1 and made.issued_by == "entry-220822"
    row, content = document_read(actor=bureau.at("check"), number=made.number)
    assert row == made and content.startswith(b"%PDF-") and content == store.read(made.digest)
    told = {"number": made.number, "label": made.label, "agency": "河西县社会保险局", "code": made.code,
            "issued_on": f"{timezone.localdate(made.issued_at):%Y-%m-%d}", "data": made.data}  # fmt: skip
    assert typeset(RECEIPT.template, told, made.issued_at) == content
    assert made.template == template_digest(RECEIPT.template)
    assert list(documents_by_code(bureau.at("check"), f" {made.code.lower()} ")) == [made]
    assert list(documents_of(bureau.at("check"), str(CASE["matter"]))) == [made]


@pytest.mark.req("S2-38", part="the form")
@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (
            RECEIPT.name,
            {**CASE, "papers": [["身份证", "a.pdf", 2]], "due_on": "2026-12-30"},
            ["业务受理单", "身份证", "s1", "盖章处"],
        ),
        (
            RESULT.name,
            {**CASE, "result": "已登记", "decisions": [{"step": "复核", "verdict": "同意"}]},
            ["办理结果告知书", "已登记", "复核"],
        ),
        (
            CHANGE_REQUEST.name,
            CHANGE,
            ["业务数据修改申请表", "出生日期", "1964-08-13", "1964-03-18", "220822196403180123", "原录入时误读档案",
             "机构负责人审核", "信息系统负责人解封", "同意上报"],
        ),
        (CATALOGUE.name, VOLUME, ["卷内目录", "AJ-1", "申请表", "abababababab"]),
    ],
)  # fmt: skip
def test_the_forms_say_what_they_are_given(
    bureau: Bureau, tmp_path: Path, name: str, data: dict[str, object], said: list[str]
) -> None:
    made = issue(bureau, name, data=data)
    read = words(document_read(actor=bureau.at("entry"), number=made.number)[1], tmp_path)
    assert [one for one in [*said, f"编号{made.number}", f"核验码{made.code}", "第1页共1页"] if one not in read] == []


@pytest.mark.req("S2-46", part="the form")
@pytest.mark.parametrize(("rows", "pages"), [(0, 1), (3, 1), (120, 4)])
def test_a_long_log_goes_on_over_pages_that_carry_its_head_number_and_code(
    bureau: Bureau, tmp_path: Path, rows: int, pages: int
) -> None:
    data = {"region": "白杨市", "period": "2026-11", "rows": [{**ROW, "name": f"张{at}"} for at in range(rows)]}
    made = issue(bureau, CHANGE_LOG.name, data=data)
    read = words(document_read(actor=bureau.at("entry"), number=made.number)[1], tmp_path)
    assert made.pages >= pages and read.count(made.number) == made.pages == read.count(made.code)
    assert f"第{made.pages}页共{made.pages}页" in read
    assert ("本月没有修改" in read) == (rows == 0) and (not rows or f"张{rows - 1}" in read)


NASTY = [
    "#text(red)[x]", '"); #panic("x")', '#import "/core/errors.yaml"', '#read("/core/errors.yaml")', "$x^2$", "*粗*",
    "<标签> @引用", "\\u{41}\\", "`code`", "// 注释", "/* 注释", "= 标题", "#", "]", "}", "'", "{{x}}", "{number}",
]  # fmt: skip


@pytest.mark.parametrize("nasty", NASTY)
def test_whatever_stands_in_the_data_is_shown_and_not_obeyed(bureau: Bureau, tmp_path: Path, nasty: str) -> None:
    fields = [[nasty, nasty], ["长", nasty + "，" * 20]]
    data = {
        **CASE,
        "subject": nasty,
        "fields": fields,
        "result": nasty,
        "note": f"一\n{nasty}",
        "papers": [[nasty] * 3],
    }
    made = issue(bureau, data=data)
    read = words(document_read(actor=bureau.at("entry"), number=made.number)[1], tmp_path)
    assert read.count("".join(nasty.split())) >= 7


def test_values_of_every_sort_are_shown(bureau: Bureau, tmp_path: Path) -> None:
    made = issue(
        bureau,
        data={
            **CASE,
            "fields": [
                ["空", None],
                ["数", 12],
                ["负", -3.5],
                ["真", True],
                ["几", [1, "二"]],
                ["表", {"a": 1}],
                ["白", ""],
            ],
        },
    )
    read = words(document_read(actor=bureau.at("entry"), number=made.number)[1], tmp_path)
    for said in ("数12", "空—", "负−3.5", "真是", "几1、二", '表{"a":1}', "白—"):
        assert said in read


def test_a_character_that_the_font_lacks_is_shown_by_its_code(bureau: Bureau, tmp_path: Path) -> None:
    made = issue(bureau, data={**CASE, "fields": [["姓名", "张\U0002a6a5堃\u202e"], ["备注", "☑是"]]})
    read = words(document_read(actor=bureau.at("entry"), number=made.number)[1], tmp_path)
    assert "张〔U+2A6A5〕堃" in read and "〔U+2611〕是" in read and "\u202e" not in read
    assert made.data["fields"][0][1] == "张\U0002a6a5堃\u202e"


def test_numbers_have_no_gaps_though_a_document_fails(bureau: Bureau) -> None:
    issue(bureau)
    with pytest.raises(typst.TypstError), transaction.atomic():
        issue(bureau, CATALOGUE.name, data={"title": "没有其他内容"})
    with pytest.raises(typst.TypstError), transaction.atomic():
        issue(bureau, data={"fields": 7})
    assert issue(bureau).number.endswith("000002") and issue(bureau, CATALOGUE.name, data=VOLUME).number.endswith(
        "000001"
    )
    assert Document.objects.count() == 3


def test_two_who_issue_at_once_get_two_numbers(bureau_committed: Bureau) -> None:
    told: list[str] = []

    def hand() -> None:
        try:
            told.append(issue(bureau_committed).number)
        finally:
            connection.close()

    hands = [Thread(target=hand) for _ in range(5)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert sorted(told) == [f"SLD-220822-{YEAR}-{at:06d}" for at in range(1, 6)]


@pytest.mark.parametrize(
    ("group", "at", "region"), [("entry", HERE, "220802"), ("check", HERE, HERE), ("audit", HERE, HERE)]
)
def test_who_may_not_issue_there_issues_nothing(bureau: Bureau, group: str, at: str, region: str) -> None:
    with pytest.raises(BusinessError, match="没有在"):
        document_issue(actor=bureau.at(group, at), name=RECEIPT.name, region=region, data=CASE)
    assert not Document.objects.exists()


def test_a_document_is_seen_in_its_region_alone(bureau: Bureau) -> None:
    made = issue(bureau)
    for actor in (bureau.at("entry", "220802"), bureau.at("audit")):
        for act in (document_read, lambda **told: document_void(reason="x", **told)):
            with pytest.raises(BusinessError, match="没有文书"):
                act(actor=actor, number=made.number)
        assert not documents_of(actor, str(CASE["matter"])).exists()
        assert not documents_by_code(actor, made.code).exists()
    for tampered in ("\x00", "", "SLD' --", made.number + " "):
        with pytest.raises(BusinessError, match="没有文书"):
            document_read(actor=bureau.at("entry"), number=tampered)
    with pytest.raises(BusinessError, match="没有“nothing”这种文书"):
        issue(bureau, "nothing")


def test_a_document_is_voided_once_with_a_reason_and_stays(bureau: Bureau) -> None:
    made = issue(bureau)
    with pytest.raises(BusinessError, match="没有在"):
        document_void(actor=bureau.at("entry"), number=made.number, reason="x")
    with pytest.raises(BusinessError, match="须写明理由"):
        document_void(actor=bureau.at("approve"), number=made.number, reason="")
    assert document_void(actor=bureau.at("approve"), number=made.number, reason="姓名有误").voided_for == "姓名有误"
    with pytest.raises(BusinessError, match="已作废"):
        document_void(actor=bureau.at("approve"), number=made.number, reason="x")
    assert document_read(actor=bureau.at("entry"), number=made.number)[1].startswith(b"%PDF-")


@pytest.mark.parametrize(
    "order",
    [
        "DELETE FROM filing_document",
        "UPDATE filing_document SET data = '{}'",
        "UPDATE filing_document SET digest = repeat('0', 64)",
        "UPDATE filing_document SET number = 'x'",
        "UPDATE filing_document SET issued_at = now()",
    ],
)
def test_what_was_issued_is_changed_by_nobody(bureau: Bureau, order: str) -> None:
    made = issue(bureau)
    with pytest.raises(BusinessError, match="已出具，不能修改或删除"), declared(SETUP):
        connection.cursor().execute(order)
    assert Document.objects.get() == made


def test_an_altered_document_is_not_printed(bureau: Bureau) -> None:
    made = issue(bureau)
    file = store.place_of(made.digest)
    file.write_bytes(file.read_bytes().replace(b"%PDF-1.7", b"%PDF-1.6"))
    with pytest.raises(BusinessError, match="与存入时不符"):
        document_read(actor=bureau.at("entry"), number=made.number)


def test_a_kind_of_document_has_a_name_a_prefix_and_a_template_of_its_own(tmp_path: Path) -> None:
    assert document(RECEIPT.name, RECEIPT.label, template=RECEIPT.template, prefix=RECEIPT.prefix) == RECEIPT
    for name, prefix, template in (
        (RECEIPT.name, "OTHER", RECEIPT.template),
        ("other", RECEIPT.prefix, RECEIPT.template),
        ("other", "OTHER", tmp_path / "none.typ"),
    ):
        with pytest.raises(ValueError, match="declared twice"):
            document(name, "x", template=template, prefix=prefix)


def test_a_document_depends_on_nothing_but_its_template_its_data_and_its_moment() -> None:
    told = {"number": "1", "label": "x", "code": "c", "agency": "a", "issued_on": "2026-01-02", "data": CASE}
    at = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    one = typeset(RECEIPT.template, told, at)
    assert one == typeset(RECEIPT.template, dict(reversed(told.items())), at)
    assert one != typeset(RECEIPT.template, told, at + dt.timedelta(days=1))
    assert typeset(RECEIPT.template, told, at, format="png").startswith(b"\x89PNG")
