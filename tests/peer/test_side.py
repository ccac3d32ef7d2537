"""The peer keeps to what was agreed, and behaves as it is told: it refuses, answers late and twice, goes down."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.core.exchange.conftest import ROWS, Exchange
from tests.peer.meeting import IN, OUT, Meeting, books_agree, met

from renshe.core.exchange.dispatching import send_due
from renshe.core.exchange.models import Batch, Passage, Stage
from renshe.core.exchange.ways.https import Https
from renshe.peer.folder import Folder, PeerError, begun
from renshe.peer.http_server import http_served
from renshe.peer.joint import recorded, replayed

TOLD = [(ROWS[0][0], "王建国", "男", "12.50"), (ROWS[1][0], "李秀英", "女", "7.50")]


@pytest.fixture
def meeting(exchange: Exchange, tmp_path: Path) -> Meeting:
    return met(exchange, tmp_path)


def behave(meeting: Meeting, **how: object) -> None:
    (meeting.peer.folder.path / "behaviour.yaml").write_text(yaml.safe_dump(how, allow_unicode=True), "utf-8")


@pytest.mark.req("S3-7", "S1-3", "S2-4", "S2-53")
def test_both_ways_and_back_both_books_say_the_same(meeting: Meeting) -> None:
    behave(meeting, refuse=[{"column": "姓名", "is": "李秀英", "said": "查无此人"}])
    out = meeting.release()
    meeting.send(TOLD)
    meeting.send([*TOLD, ("", "无", "未知", "1")])
    meeting.carry(3)
    out.refresh_from_db()
    assert out.stage == Stage.ANSWERED
    assert list(out.records.order_by("place").values_list("fate", "said")) == [("applied", ""), ("refused", "查无此人")]
    assert [one.state for one in meeting.peer.books.find(direction="out", kind="batch")] == ["receipted"] * 2
    assert books_agree(meeting) == []
    for one in Batch.objects.all():
        told = (
            one.direction in ("in", "out"),
            one.agreement.partner.code,
            one.rows > 0,
            bool(one.digest),
            bool(one.sent_at),
        )
        assert told == (True, "ministry", True, True, True) and one.received_at is not None


def test_a_batch_that_it_refuses_comes_back_with_the_reason(meeting: Meeting) -> None:
    behave(meeting, refuse_batch="系统升级，暂不接收")
    out = meeting.release()
    meeting.carry(2)
    out.refresh_from_db()
    assert (out.stage, out.sequence) == (Stage.REFUSED, None) and "系统升级" in out.reason
    assert meeting.peer.books.find(direction="in") == []
    behave(meeting)
    again = meeting.release()
    meeting.carry(2)
    again.refresh_from_db()
    assert (again.stage, again.sequence) == (Stage.ANSWERED, 1) and books_agree(meeting) == []


def test_answers_that_are_late_or_come_twice_change_nothing_that_is_settled(meeting: Meeting) -> None:
    behave(meeting, answer_twice=True)
    out = meeting.release()
    meeting.carry(4)
    assert set(out.records.values_list("fate", flat=True)) == {"applied"}
    assert Batch.objects.filter(kind="answers", direction="in").count() == 2 and books_agree(meeting) == []
    behave(meeting, answer_after=3600)
    late = meeting.release()
    send_due()
    meeting.peer.turn(meeting.way)
    assert [one.name for one in meeting.peer.books.find(kind="answers", state="waiting")] != []
    assert meeting.peer.waiting() == [] and not late.records.exclude(fate=None).exists()


def test_while_it_is_down_or_silent_nothing_is_lost(meeting: Meeting) -> None:
    behave(meeting, down=True)
    out = meeting.release()
    meeting.carry(2)
    assert meeting.peer.books.find() == []
    behave(meeting, silent=True)
    meeting.carry(2)
    out.refresh_from_db()
    # It does not say that it has the batch, but its answers do.
    assert out.stage == Stage.ANSWERED and not Passage.objects.filter(kind="receipt").exists()
    assert len(meeting.peer.books.find(direction="in", kind="batch")) == 1
    behave(meeting)
    meeting.carry(3)
    assert books_agree(meeting) == []
    assert Passage.objects.filter(outcome="sent", kind="batch").count() > 1


def test_it_takes_and_hands_out_over_the_interface(exchange: Exchange, tmp_path: Path) -> None:
    meeting = met(exchange, tmp_path)
    with http_served(meeting.peer, "t" * 40) as port:
        way = Https(f"http://127.0.0.1:{port}", "t" * 40)
        batch = meeting.release()
        receipt = way.put("x.rsp", meeting.exchange.package(batch))
        assert receipt is not None
        meeting.send(TOLD)
        assert len(way.names()) == 2
        (name,) = (one for one in way.names() if one.startswith(IN))
        assert way.get(name) == next(one.file for one in meeting.peer.books.find(kind="batch", direction="out"))
        way.done(name)
        assert OUT in meeting.peer.books.find(kind="answers")[0].agreement


@pytest.mark.req("S3-30")
def test_what_was_exchanged_is_recorded_replayed_and_each_mismatch_told(meeting: Meeting, tmp_path: Path) -> None:
    meeting.send([*TOLD, ("", "无", "未知", "1")])
    meeting.carry(3)
    script = tmp_path / "joint.yaml"
    script.write_text(recorded(meeting.peer), "utf-8")
    told = yaml.safe_load(script.read_text("utf-8"))
    assert told["steps"][0]["receipt"] == "taken" and told["steps"][0]["answers"][3][0] == "refused"
    assert list(replayed(meeting.peer, script, meeting.carry, patience=5)) == []
    told["steps"][0]["answers"][1] = ["refused", ""]
    told["steps"].append({"agreement": IN, "rows": told["steps"][0]["rows"][:1], "receipt": "refused"})
    told["steps"].append({"agreement": "NO", "rows": []})
    script.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    assert list(replayed(meeting.peer, script, lambda: meeting.carry(3), patience=0)) == [
        "第 1 步：第 1 条应为 refused，实为 accepted",
        "第 2 步：回执应为 refused，实为 taken",
        "第 3 步：没有协议 NO",
    ]


def test_a_folder_that_is_no_peers_is_told(meeting: Meeting, tmp_path: Path) -> None:
    with pytest.raises(PeerError, match="renshe peer begin"):
        Folder(tmp_path / "nowhere")
    with pytest.raises(PeerError, match="已有交换对方"):
        begun(meeting.peer.folder.path, "x", "x")
    behave(meeting, dwon=True)
    with pytest.raises(PeerError, match="没有“dwon”"):
        meeting.peer.turn(meeting.way)
    with pytest.raises(PeerError, match="名片不可读"):
        meeting.peer.folder.meet({"code": "x"})
