"""The log of decisions: every line is understood or refused with its place; what stands follows from the lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.decisions.log import (
    Decision,
    DecisionError,
    append_decisions,
    effective,
    log_digest,
    normal_key,
    read_decisions,
)

LINE = {"id": "a", "at": "2026-01-01T08:00:00+08:00", "by": "甲", "kind": "remove", "table": "person", "key": ["1"]}
PAIR = LINE | {"kind": "same", "system": "pension", "related": ["medical", "2"], "checked_by": "乙"}


def write(project: Path, *lines: object, name: str = "b.jsonl") -> None:
    (project / "decisions").mkdir(exist_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    (project / "decisions" / name).write_text("\n".join(texts) + "\n", "utf-8")


def test_decisions_come_in_the_order_in_which_they_were_made_whatever_file_holds_them(tmp_path: Path) -> None:
    write(tmp_path, LINE | {"id": "late", "at": "2026-01-03"}, name="a.jsonl")
    write(
        tmp_path, LINE | {"id": "early", "at": "2026-01-01"}, LINE | {"id": "next", "at": "2026-01-01"}, name="b.jsonl"
    )
    assert [decision.id for decision in read_decisions(tmp_path)] == ["early", "next", "late"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "第 1 行：不是合法的 JSON"),
        ("[]", "应是一个 JSON 对象"),
        ({"id": "a", "at": "2026-01-01", "kind": "remove"}, "缺少 by"),
        (LINE | {"kind": "delete"}, "没有种类 delete；可用的有 fill"),
        (LINE | {"key": "1001"}, "key 应是键值的 JSON 数组"),
        (LINE | {"key": [["1"]]}, "key 应是键值的 JSON 数组"),
        (LINE | {"source_row": "7"}, "source_row 应是整数"),
        (LINE | {"kind": "accept", "key": None}, "要写明规则（rule）或是哪一行、哪个人（key）"),
        (PAIR | {"related": None}, "要写明两条记录"),
        (PAIR | {"related": ["2"]}, "要写明两条记录"),
        (PAIR | {"system": None}, "要写明两条记录"),
        (PAIR | {"checked_by": None}, "要有复核人（checked_by）"),
        (PAIR | {"kind": "different", "checked_by": "甲"}, "且与经办人（by）不是同一人"),
    ],
)
def test_a_line_that_cannot_be_understood_is_refused_with_its_place(tmp_path: Path, line: object, said: str) -> None:
    write(tmp_path, line)
    with pytest.raises(DecisionError, match=r"decisions/b\.jsonl 第 1 行") as refused:
        read_decisions(tmp_path)
    assert said in str(refused.value)


def test_what_is_said_of_a_pair_of_records_is_understood(tmp_path: Path) -> None:
    write(tmp_path, PAIR, PAIR | {"id": "b", "kind": "unsure", "checked_by": None})
    assert [(one.kind, one.related) for one in read_decisions(tmp_path)] == [
        ("same", '["medical","2"]'),
        ("unsure", '["medical","2"]'),
    ]


def test_two_decisions_of_one_number_are_refused(tmp_path: Path) -> None:
    write(tmp_path, LINE, LINE)
    with pytest.raises(DecisionError, match=r"编号 a 与decisions/b\.jsonl 第 1 行重复"):
        read_decisions(tmp_path)


@pytest.mark.req("S1-61", part="record")
def test_a_batch_is_written_once_and_read_back_as_it_was(tmp_path: Path) -> None:
    made = [
        Decision("1", "2026-01-01", "甲", "correct", "乙", "person", "pension", '["1"]', "name", "王芳", "王方"),
        Decision("2", "2026-01-02", "甲", "revoke", ground="记错", revokes="1"),
    ]
    path = append_decisions(tmp_path, "batch", made)
    assert path.stat().st_mode & 0o777 == 0o600
    again = read_decisions(tmp_path)
    assert [decision.line() for decision in again] == [decision.line() for decision in made]
    assert log_digest(again) == log_digest(made) != log_digest(made[:1])
    with pytest.raises(FileExistsError):
        append_decisions(tmp_path, "batch", made)
    assert [file.name for file in (tmp_path / "decisions").iterdir()] == ["batch.jsonl"]


def test_a_revocation_can_be_revoked() -> None:
    log = [
        Decision("a", "1", "甲", "remove"),
        Decision("b", "2", "甲", "revoke", revokes="a"),
        Decision("c", "3", "甲", "revoke", revokes="b"),
    ]
    assert [d.id for d in effective(log[:1])] == ["a"]
    assert [d.id for d in effective(log[:2])] == []
    assert [d.id for d in effective(log)] == ["a"]


@given(st.lists(st.one_of(st.none(), st.integers(0, 999912), st.text(max_size=8)), min_size=1, max_size=6))
def test_a_key_is_the_same_as_array_and_as_text(parts: list[str | int | None]) -> None:
    text = normal_key(parts)
    assert text is not None and normal_key(text) == text
    assert json.loads(text) == parts
