"""Files that vanish, may not be read or do not fit on the disk: one line that says so, and no half round."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from renshe.cli.errors import explain
from renshe.engine.project import ProjectError
from renshe.engine.rounds.clean import clean
from renshe.engine.rounds.store import FullDiskError, Store, file_digest, is_full_disk
from renshe.engine.sources.base import SourceError
from renshe.engine.staging.columns import ColumnError

GOLDEN = Path(__file__).parents[2] / "golden" / "project"
Copy = Callable[[Path, Path], object]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the golden project."""
    return Path(shutil.copytree(GOLDEN, tmp_path / "项目"))


def change(project: Path, old: str, new: str) -> None:
    toml = project / "project.toml"
    text = toml.read_text("utf-8")
    assert old in text
    toml.write_text(text.replace(old, new), "utf-8")


def nothing_is_left(project: Path) -> bool:
    left = [path for name in ("rounds", "sources", "cache/unfinished") for path in (project / name).glob("*")]
    return not [path for path in left if path.suffix == ".tmp" or path.parent.name == "rounds"]


def copying(monkeypatch: pytest.MonkeyPatch, trouble: Copy) -> None:
    monkeypatch.setattr("renshe.engine.rounds.store.copy_digested", trouble)


def test_a_file_that_vanishes_between_looking_and_reading_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def vanish(path: Path) -> str:
        if path.name == "单位.csv":
            path.unlink()
        return file_digest(path)

    monkeypatch.setattr("renshe.engine.rounds.store.file_digest", vanish)
    with pytest.raises(SourceError, match=r"单位\.csv：文件不存在，可能刚被移走或改名") as caught:
        clean(project)
    assert explain(caught.value) == 2
    assert "磁盘空间" not in capsys.readouterr().err
    assert nothing_is_left(project)


@pytest.mark.parametrize(("number", "said"), [(errno.EACCES, "没有读取权限"), (errno.EIO, "磁盘或网络盘读取出错")])
def test_a_file_that_cannot_be_read_is_the_users_to_mend(
    project: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number), str(source))

    copying(monkeypatch, refuse)
    with pytest.raises(SourceError, match=rf"人员\.csv：{said}"):
        clean(project)
    assert nothing_is_left(project)


def test_a_full_disk_says_what_is_free_and_what_may_go(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def half(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source))

    copying(monkeypatch, half)
    with pytest.raises(
        FullDiskError, match=r"项目：磁盘已满（清除本次没写完的部分后剩 [\d,]+ MB）.*cache.*rounds"
    ) as caught:
        clean(project)
    assert explain(caught.value) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert nothing_is_left(project)


def test_a_disk_that_fills_up_while_a_round_is_written_leaves_no_round(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise duckdb.IOException('Could not write file "x": No space left on device')

    monkeypatch.setattr("renshe.engine.rounds.clean.build_report", full)
    with pytest.raises(FullDiskError):
        clean(project)
    assert nothing_is_left(project)
    monkeypatch.undo()
    assert clean(project).number == 1


def test_every_writer_says_in_its_own_words_that_the_disk_is_full() -> None:
    with pytest.raises(OSError) as caught, open("/dev/full", "w") as stream:  # noqa: PTH123 - a device, not a file
        stream.write("x")
    assert is_full_disk(caught.value)
    assert is_full_disk(OSError("[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device"))
    assert is_full_disk(RuntimeError("No space left on device (os error 28)"))
    assert is_full_disk(
        duckdb.OutOfMemoryException("failed to offload data block of size 256.0 KiB (90 GiB/90 GiB used)")
    )
    assert is_full_disk(OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)))
    assert not is_full_disk(duckdb.OutOfMemoryException("failed to pin block of size 256.0 KiB (1.5 GiB/1.5 GiB used)"))
    assert not is_full_disk(OSError(errno.EACCES, os.strerror(errno.EACCES)))


def test_a_full_disk_outside_of_a_project_is_said_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) == 1
    assert "磁盘已满" in capsys.readouterr().err


def test_an_error_of_a_database_names_its_source(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(project / "a.db") as database:
        database.execute("create table ac01 (aac001 text)")
    database.close()
    monkeypatch.setenv("DB", f"sqlite:///{project / 'a.db'}")
    more = '\n[[source]]\nsystem = "medical"\ntable = "person"\nurl = "${DB}"\nquery = "select * from ac02"\n'
    toml = project / "project.toml"
    toml.write_text(toml.read_text("utf-8") + more, "utf-8")
    with pytest.raises(SourceError, match=r"^project\.toml 第 6 个 \[\[source\]\]（query-6）：数据库 sqlite") as caught:
        clean(project)
    assert str(project) not in str(caught.value)
    assert nothing_is_left(project)


def test_a_column_that_is_not_there_names_project_file_and_place(project: Path) -> None:
    change(project, 'payer_kind = "类别"', 'payer_kind = "种类"')
    with pytest.raises(
        ColumnError,
        match=r"^参保\.txt（project\.toml 第 3 个 \[\[source\]\]）：\[source\.columns\] 的 payer_kind = “种类”",
    ):
        clean(project)


@pytest.mark.parametrize("named", ["utf-8", "utf-16", "klingon"])
def test_a_wrong_encoding_is_named_as_the_cause_with_its_place(project: Path, named: str) -> None:
    change(project, '人员.csv"', f'人员.csv"\nencoding = "{named}"')
    with pytest.raises(SourceError, match=rf"^人员\.csv（project\.toml 第 1 个 \[\[source\]\]）：.*“{named}”.*删去"):
        clean(project)


def test_under_a_named_encoding_strange_columns_are_laid_to_it(project: Path) -> None:
    (project / "人员.csv").write_bytes("甲,乙\n1,2\n".encode("gb18030"))
    change(project, '人员.csv"', '人员.csv"\nencoding = "gbk"')
    with pytest.raises(ColumnError, match="也可能是 encoding = “gbk” 写错了"):
        clean(project)


def test_what_was_staged_is_found_again_when_sources_are_listed_in_another_order(project: Path) -> None:
    clean(project)
    staged = {path.name for path in Store(project).cache.iterdir()}
    toml = project / "project.toml"
    head, *sources = toml.read_text("utf-8").split("[[source]]")
    last, control = sources[-1].split("[[control]]")
    sources = [last, *sources[:-1]]
    toml.write_text("[[source]]".join([head, *sources]) + "\n[[control]]" + control, "utf-8")
    clean(project)
    assert {path.name for path in Store(project).cache.iterdir()} == staged


def test_a_folder_may_have_nearly_any_name(tmp_path: Path) -> None:
    project = Path(shutil.copytree(GOLDEN, tmp_path / "社保 '一期'[旧]{a,b}*"))
    assert [clean(project).number for _ in range(2)] == [1, 2]
    assert (project / "rounds/0002/report.xlsx").is_file()
    asking = Path(shutil.copytree(GOLDEN, tmp_path / "哪个？真的?"))
    with pytest.raises(ProjectError, match="不能有问号"):
        clean(asking)
    assert not (asking / "rounds").exists()
