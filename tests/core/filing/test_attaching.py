"""Attachments: kept by digest, read whole or not at all, seen in their region alone, held while a change stands."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from tests.core.filing.conftest import HERE, a_jpeg, a_pdf, a_png
from tests.core.org.bureau import SETUP, Bureau

from renshe.core.errors import BusinessError
from renshe.core.filing import store
from renshe.core.filing.alarms import alarms_open
from renshe.core.filing.attachments import (
    attachment_add,
    attachment_read,
    attachment_remove,
    attachments_hold,
    attachments_of,
    attachments_release,
    kinds_attached,
)
from renshe.core.filing.limits import limits
from renshe.core.filing.models import Alarm, Attachment
from renshe.core.journal.context import Context, declared
from renshe.core.journal.models import Entry

pytestmark = pytest.mark.usefixtures("approved")

MATTER = "XG-220822-2026-000001"


def attach(bureau: Bureau, content: bytes | None = None, **more: str) -> Attachment:
    told = {"matter": MATTER, "region": HERE, "kind": "身份证", "name": "身份证.pdf", **more}
    return attachment_add(actor=bureau.at("entry"), content=a_pdf(2) if content is None else content, **told)


def files(papers: Path) -> list[Path]:
    return [one for one in papers.rglob("*") if one.is_file()]


def carry_out(matter: str = MATTER) -> int:
    with declared(Context(operator="check-220822", reason="办结", case=matter, approval=matter)):
        return attachments_hold(matter=matter)


@pytest.mark.req("S1-13", part="attachments by kind")
def test_a_file_is_kept_by_its_digest_and_read_as_it_was(bureau: Bureau, papers: Path) -> None:
    made = attach(bureau, name="C:\\扫描\\身份证.exe")
    assert (made.name, made.media_type, made.pages, made.scanned) == ("身份证.pdf", "application/pdf", 2, False)
    row, content = attachment_read(actor=bureau.at("entry"), attachment=made.pk)
    assert row == made and content == a_pdf(2)
    [file] = files(papers)
    assert file == papers / made.digest[:2] / made.digest[2:] == store.place_of(made.digest)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert kinds_attached(MATTER) == {"身份证"} and kinds_attached("X") == set()
    assert Entry.objects.get(table_name="filing_attachment").case_no == MATTER


def test_the_same_file_in_two_matters_lies_there_once(bureau: Bureau, papers: Path) -> None:
    one, other = attach(bureau), attach(bureau, matter="XG-220822-2026-000002")
    assert one.digest == other.digest and len(files(papers)) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"MZ\x90\x00", "paper.kind_refused"), (b"", "paper.empty"), (b"<html></html>", "paper.dangerous")],
)
def test_what_is_refused_leaves_nothing(bureau: Bureau, papers: Path, content: bytes, code: str) -> None:
    with pytest.raises(BusinessError) as refused:
        attach(bureau, content)
    assert refused.value.code == code and not Attachment.objects.exists() and files(papers) == []


@pytest.mark.parametrize(("group", "region"), [("entry", "220802"), ("audit", HERE), ("check", HERE)])
def test_who_may_not_attach_there_attaches_nothing(bureau: Bureau, papers: Path, group: str, region: str) -> None:
    with pytest.raises(BusinessError, match="没有在"):
        attachment_add(actor=bureau.at(group, region), matter=MATTER, region=HERE, kind="k", name="n", content=a_pdf())
    assert not Attachment.objects.exists() and files(papers) == []


def test_a_matter_is_of_one_region(bureau: Bureau) -> None:
    attach(bureau)
    with pytest.raises(BusinessError, match="属于其他地区"):
        attach(bureau, region="220822101")
    assert Attachment.objects.count() == 1


def test_a_matter_takes_so_many_files(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("renshe.core.filing.attachments.limits", lambda: type("L", (), {"files": 2}))
    attach(bureau)
    attach(bureau, a_png())
    with pytest.raises(BusinessError, match="已达 2 份"):
        attach(bureau, a_jpeg())
    assert Attachment.objects.count() == 2


def test_a_file_is_seen_in_its_region_alone(bureau: Bureau) -> None:
    made = attach(bureau)
    for group, region, seen in (
        ("check", HERE, True),
        ("entry", "220800", True),
        ("entry", "220802", False),
        ("entry", "220822101", False),
        ("audit", HERE, False),
    ):
        actor = bureau.at(group, region)
        assert list(attachments_of(actor, MATTER)) == ([made] if seen else [])
        if not seen:
            with pytest.raises(BusinessError, match=f"没有材料 {made.pk}"):
                attachment_read(actor=actor, attachment=made.pk)
            with pytest.raises(BusinessError, match=f"没有材料 {made.pk}"):
                attachment_remove(actor=actor, attachment=made.pk, reason="x")
    made.refresh_from_db()
    assert made.state == "attached"
    for tampered in (made.pk + 1, -1, 10**30, "x", None):
        with pytest.raises(BusinessError, match="没有材料"):
            attachment_read(actor=bureau.at("entry"), attachment=tampered)  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["altered", "longer", "gone", "link", "folder", "pipe"])
def test_a_file_that_was_altered_is_refused_and_alarmed(bureau: Bureau, tmp_path: Path, how: str) -> None:
    made = attach(bureau)
    file = store.place_of(made.digest)
    if how == "altered":
        file.write_bytes(a_pdf(2).replace(b"/Count 2", b"/Count 3"))
    elif how == "longer":
        file.write_bytes(a_pdf(2) + b"\n")
    else:
        file.unlink()
        if how == "link":
            (tmp_path / "same").write_bytes(a_pdf(2))
            file.symlink_to(tmp_path / "same")
        elif how == "folder":
            file.mkdir()
        elif how == "pipe":
            os.mkfifo(file)
    for _ in range(2):
        with pytest.raises(BusinessError, match="与存入时不符"):
            attachment_read(actor=bureau.at("entry"), attachment=made.pk)
    [alarm] = Alarm.objects.all()
    assert alarm.digest == made.digest and alarm.found == ("missing" if how == "gone" else "altered")
    assert list(alarms_open(bureau.at("information"))) == [alarm]
    assert not alarms_open(bureau.at("information", "220802")).exists()


def test_a_file_is_taken_out_with_a_reason_and_its_row_stays(bureau: Bureau) -> None:
    made = attach(bureau)
    with pytest.raises(BusinessError, match="须写明理由"):
        attachment_remove(actor=bureau.at("entry"), attachment=made.pk, reason=" ")
    with pytest.raises(BusinessError, match="没有在"):
        attachment_remove(actor=bureau.at("check"), attachment=made.pk, reason="x")
    assert kinds_attached(MATTER) == {"身份证"}
    gone = attachment_remove(actor=bureau.at("entry"), attachment=made.pk, reason="扫错了")
    assert (gone.state, gone.removed_by, gone.removal) == ("removed", "entry-220822", "扫错了")
    assert kinds_attached(MATTER) == set() and Attachment.objects.count() == 1
    with pytest.raises(BusinessError, match="已移除"):
        attachment_remove(actor=bureau.at("entry"), attachment=made.pk, reason="x")


@pytest.mark.req("S1-66", part="papers that are held")
@pytest.mark.parametrize(
    "order",
    [
        "DELETE FROM filing_attachment",
        "UPDATE filing_attachment SET state = 'removed'",
        "UPDATE filing_attachment SET held = false",
        "UPDATE filing_attachment SET held = false, released = matter",
        "UPDATE filing_attachment SET held = false, released = '随便写'",
        "UPDATE filing_attachment SET held = false, released = 'another', state = 'removed'",
        "UPDATE filing_attachment SET digest = repeat('0', 64)",
        "UPDATE filing_attachment SET matter = 'X'",
        "UPDATE filing_attachment SET region_id = '220802'",
        "UPDATE filing_attachment SET name = 'x'",
    ],
)
@pytest.mark.parametrize("approval", [None, MATTER, "批〔2026〕1号", "随便写"])
def test_evidence_is_changed_by_nobody_with_whatever_approval(bureau: Bureau, order: str, approval: str | None) -> None:
    made = attach(bureau)
    assert carry_out() == 1
    with pytest.raises((BusinessError, IntegrityError)), declared(Context("op-1", "x", approval=approval)):
        connection.cursor().execute(order)
    found = Attachment.objects.get()
    assert (found.held, found.state, found.digest, found.matter) == (True, "attached", made.digest, MATTER)


@pytest.mark.req("S1-66", part="papers that are held")
def test_evidence_stays_while_the_change_stands_and_goes_after_it_was_reverted(bureau: Bureau) -> None:
    made = attach(bureau)
    carry_out()
    later = attach(bureau, a_png(), name="补充.png")
    assert later.held
    with pytest.raises(BusinessError, match="是业务 XG-220822-2026-000001 的修改依据"):
        attachment_remove(actor=bureau.at("entry"), attachment=made.pk, reason="x")
    back = "CX-220822-2026-000001"
    for actor, approval, code in (
        (bureau.at("entry"), back, "paper.none_held"),
        (bureau.at("approve", "220802"), back, "paper.none_held"),
        (bureau.at("approve"), MATTER, "paper.release_approval"),
        (bureau.at("approve"), " ", "org.not_approved"),
        (bureau.at("approve"), "SLD-1", "org.not_approved"),
    ):
        with pytest.raises(BusinessError) as refused:
            attachments_release(actor=actor, matter=MATTER, approval=approval)
        assert refused.value.code == code
    assert Attachment.objects.filter(held=True).count() == 2
    assert attachments_release(actor=bureau.at("approve"), matter=MATTER, approval=back) == 2
    assert attachment_remove(actor=bureau.at("entry"), attachment=made.pk, reason="修改已撤销").released == back
    with pytest.raises(BusinessError, match="没有留存的材料"):
        attachments_release(actor=bureau.at("approve"), matter=MATTER, approval=back)


def test_a_file_of_a_draft_is_not_changed_behind_its_row(bureau: Bureau) -> None:
    made = attach(bureau)
    with pytest.raises(BusinessError, match="材料上传后不能改变"), declared(SETUP):
        Attachment.objects.update(kind="户口簿")
    attachment_remove(actor=bureau.at("entry"), attachment=made.pk, reason="x")
    with pytest.raises(BusinessError, match="材料上传后不能改变"), declared(SETUP):
        Attachment.objects.update(state="attached")
    assert Attachment.objects.get().state == "removed"


SCANNER = "import sys; sys.exit({0} if b'VIRUS' in open(sys.argv[-1], 'rb').read() else {1})"


def scanner(infected: int, clean: int) -> str:
    return f'{sys.executable} -c "{SCANNER.format(infected, clean)}"'


@pytest.mark.parametrize("required", [True, False])
def test_an_infected_file_is_never_kept(
    bureau: Bureau, papers: Path, monkeypatch: pytest.MonkeyPatch, required: bool
) -> None:
    monkeypatch.setattr(settings, "SCANNER", scanner(1, 0))
    monkeypatch.setattr(settings, "SCANNER_REQUIRED", required)
    assert attach(bureau).scanned
    with pytest.raises(BusinessError, match="含有病毒"):
        attach(bureau, a_pdf(1, "VIRUS"))
    assert Attachment.objects.count() == 1 and len(files(papers)) == 1


@pytest.mark.parametrize("told", ["", "no-such-scanner --x", "broken"])
def test_without_a_scanner_files_are_refused_or_say_so(
    bureau: Bureau, papers: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    monkeypatch.setattr(settings, "SCANNER", scanner(2, 2) if told == "broken" else told)
    assert not attach(bureau).scanned
    monkeypatch.setattr(settings, "SCANNER_REQUIRED", True)
    with pytest.raises(BusinessError, match="未能查毒"):
        attach(bureau, a_pdf(3))
    assert Attachment.objects.count() == 1 and len(files(papers)) == 1


def test_two_who_attach_the_same_file_at_once_both_have_it(bureau_committed: Bureau, papers: Path) -> None:
    told: list[str] = []

    def hand(matter: str) -> None:
        try:
            told.append(attach(bureau_committed, matter=matter).digest)
        finally:
            connection.close()

    hands = [Thread(target=hand, args=(f"XG-220822-2026-{at:06d}",)) for at in range(6)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert len(told) == 6 and len(set(told)) == 1 and Attachment.objects.count() == 6
    assert len(files(papers)) == 1 and store.state(told[0]) == "whole"


def test_an_attachment_that_is_taken_back_leaves_no_row(bureau_committed: Bureau, papers: Path) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        attach(bureau_committed)
        raise RuntimeError
    assert not Attachment.objects.exists() and len(files(papers)) == 1


def test_the_limit_holds_for_the_largest_file_that_may_come(bureau: Bureau) -> None:
    assert attach(bureau, os.urandom(0) + b"a" * limits().size).size == limits().size


def test_a_digest_from_a_row_leads_nowhere_else(papers: Path) -> None:
    for tampered in ("../../../etc/passwd", "a" * 63, "A" * 64, "", "/" * 64):
        with pytest.raises(ValueError, match="no digest"):
            store.place_of(tampered)
