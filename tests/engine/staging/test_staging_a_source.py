"""A source becomes a staged table, or is refused by its own name."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from renshe.engine.sources.base import SourceError
from renshe.engine.staging.columns import ColumnError
from renshe.engine.staging.stage import StageTask, stage


def task(path: Path, table: str = "person") -> StageTask:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return StageTask(
        table=table, system="pension", source_file="人员.csv", path=path, sha256=digest, as_of=date(2021, 5, 31)
    )


def test_a_file_in_which_no_column_is_known_is_refused_with_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_text("甲,乙\n1,2\n", "utf-8")
    with pytest.raises(ColumnError, match=r"人员\.csv：没有一列.*甲、乙.*inspect"):
        stage(task(path), tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*"))


def test_an_unreadable_file_is_named_as_the_user_named_it(tmp_path: Path) -> None:
    path = tmp_path / "0123456789abcdef"
    path.write_bytes(b"")
    with pytest.raises(SourceError, match=r"人员\.csv") as caught:
        stage(task(path), tmp_path / "cache")
    assert str(path) not in str(caught.value)


def test_a_staged_source_is_taken_from_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_text("个人编号,姓名\n1,王建国\n", "utf-8")
    first = stage(task(path), tmp_path / "cache")
    before = first.rows.stat().st_mtime_ns
    assert stage(task(path), tmp_path / "cache").rows.stat().st_mtime_ns == before
