"""What is taken out through the API: masked, in the register, refused without reason or right."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from openpyxl import load_workbook
from tests.channels.api.conftest import Counter, allow
from tests.channels.api.people import PERSON, declare_person
from tests.channels.api.test_cases import begun
from tests.core.casework.conftest import HERE

from renshe.core.casework import exporting
from renshe.core.casework.exporting import COPY, EXPORT
from renshe.core.filing.attachments import READ
from renshe.core.filing.documents import ISSUE, document_issue
from renshe.core.filing.forms import CHANGE_LOG
from renshe.core.filing.volumes import ARCHIVE, volume_add, volume_close, volume_open
from renshe.core.registers.models import BulkWork


def sheets(content: bytes) -> list[list[tuple[object, ...]]]:
    book = load_workbook(BytesIO(content), read_only=True)
    return [[tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]


@pytest.fixture
def head(counter: Counter) -> Counter:
    """The heads' auditors, who may look and take out."""
    declare_person(counter.office)
    allow(counter, "audit", EXPORT, "case.query")
    return counter


@pytest.mark.req("S2-63", "S3-24")
def test_an_export_of_cases_is_masked_and_in_the_register(head: Counter) -> None:
    begun(head, type="people.register", form=PERSON)
    for at in range(60):
        begun(head, form={"code": f"s{at}", "name": "=1+1"})
    answer = head.desk("audit").ask("POST", "/cases/export", {"reason": "年度检查", "type": "people.register"})
    content = b"".join(answer.streaming_content)
    assert answer.status_code == 200 and PERSON["id_number"].encode() not in content
    [[title, row]] = sheets(content)
    assert title[:3] == ("业务编号", "业务名称", "地区") and row[1] == "人员登记" and row[3] == "220802********0173"
    kept = BulkWork.objects.get()
    assert (kept.kind, kept.count, kept.whole, kept.operator) == ("export", 1, True, "audit-220822")
    assert (kept.reason, kept.filter) == ("年度检查", {"type": "people.register"}) and kept.at <= kept.ended_at
    # Whatever the pages of lists hold: an export holds all.
    answer = head.desk("audit").ask("POST", "/cases/export", {"reason": "年度检查"})
    assert len(sheets(b"".join(answer.streaming_content))[0]) == 62


def test_a_workbook_goes_on_in_another_sheet(head: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "SHEET", 2)
    for at in range(3):
        begun(head, form={"code": f"s{at}", "name": "一"})
    answer = head.desk("audit").ask("POST", "/cases/export", {"reason": "年度检查"})
    assert [len(sheet) for sheet in sheets(b"".join(answer.streaming_content))] == [3, 2]


@pytest.mark.req("S2-63", "S3-24")
@pytest.mark.parametrize(
    ("group", "reason", "status", "code"),
    [
        ("audit", " ", 422, "registers.bulk_reason"),
        ("audit", None, 422, "api.unreadable"),
        ("entry", "x", 403, "org.not_granted"),
        ("check", "x", 403, "registers.data_set_risk"),
    ],
)
def test_an_export_without_reason_or_right_is_refused_and_nothing_leaves(
    head: Counter, group: str, reason: str | None, status: int, code: str
) -> None:
    begun(head)
    # A right does not help where the risk of the data is too high for the post's group.
    allow(head, "check", EXPORT)
    body = {} if reason is None else {"reason": reason}
    answer = head.desk(group).ask("POST", "/cases/export", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code) and not BulkWork.objects.exists()


def test_nobody_takes_out_cases_of_regions_that_he_does_not_see(head: Counter) -> None:
    begun(head)
    answer = head.desk("audit", "220802").ask("POST", "/cases/export", {"reason": "检查"})
    assert len(sheets(b"".join(answer.streaming_content))[0]) == 1
    assert BulkWork.objects.get().count == 0


@pytest.mark.req("S2-63")
def test_a_copy_of_a_volume_is_an_export(counter: Counter) -> None:
    allow(counter, "entry", ARCHIVE, ISSUE)
    for group in ("entry", "audit"):
        allow(counter, group, READ)
    maker = counter.office.maker
    paper = document_issue(actor=maker, name=CHANGE_LOG.name, region=HERE, data={"rows": []})
    volume = volume_open(actor=maker, region=HERE, kind="x", title="修改日志表", period="2026-10", place="库房 1")
    volume_add(actor=maker, number=volume.number, documents=[paper.number])
    volume_close(actor=maker, number=volume.number)
    desk, at = counter.desk("audit"), f"/volumes/{volume.number}"
    assert [one["number"] for one in desk.get("/volumes")["items"]] == [volume.number]
    assert [one["number"] for one in desk.get(at)["entries"]] == [paper.number]
    refused = desk.ask("POST", f"{at}/export", {"reason": "刻录光盘"})
    assert refused.status_code == 403 and not BulkWork.objects.exists()
    allow(counter, "audit", COPY)
    answer = desk.ask("POST", f"{at}/export", {"reason": "刻录光盘"})
    assert answer.status_code == 200 and len(zipfile.ZipFile(BytesIO(answer.content)).namelist()) == 4
    assert (BulkWork.objects.get().count, BulkWork.objects.get().filter) == (1, {"volume": volume.number})
    assert counter.desk("audit", "220802").ask("GET", at).status_code == 404
