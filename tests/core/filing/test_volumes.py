"""Archive volumes: listed, counted, closed for good, copied, and compared with what was closed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from io import BytesIO
from threading import Thread

import pytest
from django.db import connection
from tests.core.county import LAST_MONTH
from tests.core.filing.conftest import HERE, a_pdf, an_office_file
from tests.core.filing.test_attaching import attach
from tests.core.filing.test_documents import CHANGE, ROW, issue
from tests.core.org.bureau import SETUP, TODAY, Bureau

from renshe.core.errors import BusinessError
from renshe.core.filing import store
from renshe.core.filing.attachments import attachment_remove
from renshe.core.filing.copying import volume_copy
from renshe.core.filing.documents import document_read, document_void
from renshe.core.filing.forms import CHANGE_LOG, CHANGE_REQUEST
from renshe.core.filing.models import Document, Volume, VolumeEntry
from renshe.core.filing.selectors import person_file
from renshe.core.filing.volumes import (
    volume_add,
    volume_close,
    volume_get,
    volume_month_end,
    volume_move,
    volume_open,
    volume_verify,
    volumes,
)
from renshe.core.journal.context import declared


def opened(bureau: Bureau) -> Volume:
    return volume_open(
        actor=bureau.at("entry"),
        region=HERE,
        kind="登记表",
        title="2026 年 11 月登记表",
        period="2026-11",
        place="3 架 2 层",
    )


def closed(bureau: Bureau) -> Volume:
    volume = opened(bureau)
    one, two = issue(bureau).number, issue(bureau, CHANGE_LOG.name, data={"rows": [ROW] * 60}).number
    scan = attach(bureau, a_pdf(3), kind="登记表", name="扫描.pdf").pk
    table = attach(bureau, an_office_file("xlsx"), kind="明细", name="明细.xlsx").pk
    volume_add(actor=bureau.at("entry"), number=volume.number, documents=[one, two], attachments=[scan, table])
    return volume_close(actor=bureau.at("entry"), number=volume.number)


@pytest.mark.req("S2-15", "S2-36", "S2-25", part="volume, catalogue, page count, place, digests, lock")
def test_a_volume_has_a_catalogue_page_numbers_a_place_and_digests(bureau: Bureau) -> None:
    volume = closed(bureau)
    entries = list(volume.entries.order_by("position"))
    long = entries[1].pages
    assert [(one.position, one.first_page, one.pages) for one in entries] == [
        (1, 1, 1), (2, 2, long), (3, 2 + long, 3), (4, None, 0),
    ]  # fmt: skip
    assert volume.pages == 4 + long and volume.state == "closed" and volume.place == "3 架 2 层"
    listed = volume.catalogue
    assert listed is not None and listed.data["pages"] == volume.pages
    assert [one["digest"] for one in listed.data["entries"]] == [one.digest for one in entries]
    assert document_read(actor=bureau.at("check"), number=listed.number)[1].startswith(b"%PDF-")
    assert volume_verify(actor=bureau.at("check"), number=volume.number).whole


@pytest.mark.req("S2-15", part="electronic copy with digests")
def test_the_copy_for_a_disc_checks_itself_and_is_always_the_same(bureau: Bureau) -> None:
    volume = closed(bureau)
    copy = volume_copy(actor=bureau.at("check"), number=volume.number)
    assert copy == volume_copy(actor=bureau.at("entry"), number=volume.number)
    with zipfile.ZipFile(BytesIO(copy)) as archive:
        assert archive.testzip() is None
        held = {name.removeprefix(f"{volume.number}/"): archive.read(name) for name in archive.namelist()}
    lines = [line.split("  ", 1) for line in held.pop("摘要.sha256").decode().splitlines()]
    assert {name: hashlib.sha256(content).hexdigest() for name, content in held.items()} == {
        name: digest for digest, name in lines
    }
    assert {name.split(" ")[0] for name in held if name.startswith("材料/")} == {f"材料/00{at}" for at in range(1, 5)}
    assert json.loads(held["卷内目录.json"])["digest"] == volume.digest


def test_a_volume_names_what_was_altered_or_lost(bureau: Bureau) -> None:
    volume = closed(bureau)
    two, three = (volume.entries.get(position=at).digest for at in (2, 3))
    store.place_of(two).write_bytes(b"x")
    store.remove(three)
    found = volume_verify(actor=bureau.at("check"), number=volume.number)
    assert (found.altered, found.missing, found.listed, found.catalogue, found.whole) == ([2], [3], True, True, False)
    with pytest.raises(BusinessError, match="与存入时不符"):
        volume_copy(actor=bureau.at("check"), number=volume.number)


def test_a_list_that_was_altered_behind_the_databases_back_is_found(bureau: Bureau) -> None:
    volume = closed(bureau)
    found = VolumeEntry.objects.get(volume=volume, position=1)
    found.title = "另一份"
    with pytest.MonkeyPatch.context() as patch:
        from renshe.core.filing import volumes as room

        patch.setattr(room, "entries_closed", lambda _: [found])
        assert not volume_verify(actor=bureau.at("check"), number=volume.number).listed


@pytest.mark.req("S2-25", part="archived and locked")
@pytest.mark.parametrize(
    "order",
    [
        "UPDATE filing_volume SET title = 'x'",
        "UPDATE filing_volume SET state = 'open', digest = NULL, closed_at = NULL",
        "DELETE FROM filing_volumeentry",
        "UPDATE filing_volumeentry SET position = position + 10",
        "UPDATE filing_volumeentry SET digest = repeat('0', 64)",
        "INSERT INTO filing_volumeentry (volume_id, position, document_id, title, number, digest, pages)"
        " SELECT volume_id, 99, d.id, 'x', 'x', d.digest, 1 FROM filing_volumeentry, filing_document d LIMIT 1",
        "UPDATE filing_attachment SET state = 'removed'",
        "DELETE FROM filing_attachment",
    ],
)
def test_a_closed_volume_is_changed_by_nobody(bureau: Bureau, order: str) -> None:
    volume = closed(bureau)
    with pytest.raises(BusinessError, match="已归档，不能"), declared(SETUP):
        connection.cursor().execute(order)
    assert volume_verify(actor=bureau.at("check"), number=volume.number).whole


def test_an_entry_is_not_moved_into_a_closed_volume_nor_out_of_one(bureau: Bureau) -> None:
    volume, other = closed(bureau), opened(bureau)
    document = issue(bureau)
    volume_add(actor=bureau.at("entry"), number=other.number, documents=[document.number])
    for sets, where in ((volume, other), (other, volume)):
        with pytest.raises(BusinessError, match="已归档"), declared(SETUP):
            VolumeEntry.objects.filter(volume=where).update(volume=sets, position=50)
    assert other.entries.count() == 1 and volume.entries.count() == 4


def test_a_closed_volume_may_stand_elsewhere(bureau: Bureau) -> None:
    volume = closed(bureau)
    with pytest.raises(BusinessError, match="没有在"):
        volume_move(actor=bureau.at("check"), number=volume.number, place="地下室")
    with pytest.raises(BusinessError, match="存放位置"):
        volume_move(actor=bureau.at("entry"), number=volume.number, place=" ")
    assert volume_move(actor=bureau.at("entry"), number=volume.number, place="市档案馆").place == "市档案馆"
    assert volume_verify(actor=bureau.at("check"), number=volume.number).whole


def test_what_cannot_be_filed_is_refused_and_nothing_is_put_in(bureau: Bureau) -> None:
    actor, volume = bureau.at("entry"), opened(bureau)
    document, paper = issue(bureau), attach(bureau)
    gone = attachment_remove(actor=actor, attachment=attach(bureau, a_pdf(5)).pk, reason="x")
    elsewhere = bureau.at("entry", "220802")
    for told, code in (
        ({"documents": [document.number, "SLD-0"]}, "document.not_there"),
        ({"documents": [document.number], "attachments": [gone.pk]}, "paper.not_there"),
        ({"documents": [document.number, document.number]}, "volume.already_in"),
        ({"attachments": [paper.pk, paper.pk]}, "volume.already_in"),
    ):
        with pytest.raises(BusinessError) as refused:
            volume_add(actor=actor, number=volume.number, **told)  # type: ignore[arg-type]
        assert refused.value.code == code and not VolumeEntry.objects.exists()
    with pytest.raises(BusinessError, match="没有材料，不能归档"):
        volume_close(actor=actor, number=volume.number)
    for act in (volume_add, volume_close, volume_verify, volume_copy, volume_get):
        with pytest.raises(BusinessError, match="没有案卷"):
            act(actor=elsewhere, number=volume.number)
        with pytest.raises(BusinessError, match="没有案卷"):
            act(actor=actor, number="\x00")
    for act in (volume_add, volume_close):
        with pytest.raises(BusinessError, match="没有在"):
            act(actor=bureau.at("check"), number=volume.number)
    for act in (volume_verify, volume_copy):
        with pytest.raises(BusinessError, match="还在组卷"):
            act(actor=actor, number=volume.number)
    assert not volumes(elsewhere).exists() and not VolumeEntry.objects.exists()
    with pytest.raises(BusinessError, match="须写明题名"):
        volume_open(actor=actor, region=HERE, kind="k", title=" ", period="2026", place="x")
    with pytest.raises(BusinessError, match="没有在"):
        volume_open(actor=elsewhere, region=HERE, kind="k", title="t", period="2026", place="x")


def test_a_paper_that_was_altered_or_taken_out_keeps_its_volume_open(bureau: Bureau) -> None:
    volume, actor = opened(bureau), bureau.at("entry")
    paper, other = attach(bureau), attach(bureau, a_pdf(4))
    volume_add(actor=actor, number=volume.number, attachments=[paper.pk, other.pk])
    attachment_remove(actor=actor, attachment=other.pk, reason="x")
    with pytest.raises(BusinessError, match="已移除，不能归档"):
        volume_close(actor=actor, number=volume.number)
    store.place_of(paper.digest).write_bytes(b"x")
    with pytest.raises(BusinessError, match="与存入时不符"):
        volume_close(actor=actor, number=volume.number)
    volume.refresh_from_db()
    assert volume.state == "open" and not Document.objects.exists()


@pytest.mark.req("S2-47")
def test_at_the_months_end_requests_and_log_are_one_closed_volume(bureau: Bureau) -> None:
    requests = [
        issue(bureau, CHANGE_REQUEST.name, data={**CHANGE, "person": name}).number for name in ("张丽华", "李伟")
    ]
    log = issue(bureau, CHANGE_LOG.name, data={"region": "河西县", "period": LAST_MONTH, "rows": [ROW]}).number
    told = {"region": HERE, "period": LAST_MONTH, "place": "3 架", "requests": requests, "log": log}
    volume = volume_month_end(actor=bureau.at("entry"), **told)  # type: ignore[arg-type]
    assert [one.number for one in volume.entries.order_by("position")] == [*requests, log]
    assert volume.state == "closed" and volume_verify(actor=bureau.at("entry"), number=volume.number).whole
    with pytest.raises(BusinessError, match="没有文书"):
        volume_month_end(actor=bureau.at("entry"), **{**told, "log": "XGR-0"})  # type: ignore[arg-type]
    running = f"{TODAY:%Y%m}"
    wrong: tuple[dict[str, object], ...] = (
        {"period": running},
        {"period": "随便"},
        {"period": "202001"},
        {"requests": [log]},
        {"log": requests[0]},
    )
    for more in wrong:
        with pytest.raises(BusinessError, match="已结束的月份"):
            volume_month_end(actor=bureau.at("entry"), **{**told, **more})  # type: ignore[arg-type]
    assert Volume.objects.count() == 1


def test_of_two_who_close_and_fill_at_once_nothing_slips_in(bureau_committed: Bureau) -> None:
    volume, actor = opened(bureau_committed), bureau_committed.at("entry")
    numbers = [issue(bureau_committed).number for _ in range(8)]
    volume_add(actor=actor, number=volume.number, documents=numbers[:1])
    told: list[str] = []

    def hand(number: str | None) -> None:
        try:
            if number is None:
                volume_close(actor=actor, number=volume.number)
            else:
                volume_add(actor=actor, number=volume.number, documents=[number])
            told.append("done")
        except BusinessError as refused:
            told.append(refused.code)
        finally:
            connection.close()

    hands = [Thread(target=hand, args=(one,)) for one in [*numbers[1:4], None, *numbers[4:], None]]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    volume.refresh_from_db()
    listed = volume.catalogue
    assert listed is not None and set(told) <= {"done", "volume.closed"} and "volume.closed" in told
    assert len(listed.data["entries"]) == volume.entries.count() == told.count("done")
    assert volume_verify(actor=actor, number=volume.number).whole


@pytest.mark.req("S4-42", part="documents of a person's matters with catalogue")
def test_a_persons_file_holds_what_was_handed_in_and_issued_in_the_order_of_time(bureau: Bureau) -> None:
    paper = attach(bureau, person="P1", kind="学历证书", name="证书.pdf")
    document = issue(bureau, person="P1")
    voided = document_void(actor=bureau.at("approve"), number=issue(bureau, person="P1").number, reason="x")
    attach(bureau, a_pdf(4), person="P2")
    attach(bureau, a_pdf(5))
    gone = attach(bureau, a_pdf(6), person="P1")
    attachment_remove(actor=bureau.at("entry"), attachment=gone.pk, reason="x")
    lines = person_file(bureau.at("check"), "P1")
    assert [(one.title, one.number, one.pages) for one in sorted(lines, key=lambda one: one.title)] == [
        ("业务受理单", document.number, 1),
        ("业务受理单（已作废）", voided.number, 1),
        ("学历证书", "证书.pdf", 2),
    ]
    assert [one.at for one in lines] == sorted(one.at for one in lines)
    assert {one.digest for one in lines} == {paper.digest, document.digest, voided.digest}
    assert person_file(bureau.at("check", "220802"), "P1") == [] and person_file(bureau.at("audit"), "P1") == []
    assert person_file(bureau.at("check"), "P3") == []
