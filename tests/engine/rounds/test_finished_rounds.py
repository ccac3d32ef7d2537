"""What is found out about a round afterwards: read from its files, and stood beside them whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from filelock import FileLock

from renshe.engine.precedence import is_backup, precedence
from renshe.engine.project import ProjectError
from renshe.engine.rounds.finished import newest_round
from renshe.engine.rounds.store import Store
from renshe.engine.schema import system_family


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A project with one round."""
    store = Store(tmp_path / "项目")
    store.project.mkdir()
    (store.project / "project.toml").touch()
    with store.locked(), store.new_round() as (_, partial):
        (partial / "manifest.json").write_text('{"round": 1, "sources": []}')
    return store


def write(store: Store, text: str) -> None:
    with store.locked(), store.new_beside(1, "compare/甲__乙") as partial:
        (partial / "lists").mkdir()
        (partial / "lists/a.txt").write_text(text)


def test_a_folder_beside_a_rounds_files_is_replaced_whole(store: Store) -> None:
    write(store, "先")
    write(store, "后")
    folder = store.folder(1) / "compare/甲__乙"
    assert (folder / "lists/a.txt").read_text() == "后"
    assert (folder / "lists/a.txt").stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    assert list(store.unfinished.iterdir()) == [] and store.numbers() == [1]


def test_what_fails_leaves_what_was_there(store: Store) -> None:
    write(store, "先")
    with pytest.raises(ValueError, match="middle"), store.locked(), store.new_beside(1, "compare/甲__乙") as partial:
        (partial / "half").write_text("半")
        raise ValueError("in the middle")
    assert [path.name for path in (store.folder(1) / "compare/甲__乙").iterdir()] == ["lists"]
    assert list(store.unfinished.iterdir()) == []


def test_without_a_round_there_is_nothing_to_read(store: Store, tmp_path: Path) -> None:
    assert newest_round(store.project).number == 1
    (tmp_path / "project.toml").touch()
    with pytest.raises(ProjectError, match="请先运行 renshe clean"):
        newest_round(tmp_path)
    (store.folder(1) / "manifest.json").write_text("{")
    with pytest.raises(ProjectError, match=r"manifest\.json 损坏"):
        newest_round(store.project)


def test_sources_are_believed_in_the_declared_order() -> None:
    mixed = ["backup_2020", "medical", "police", "monitor", "pension"]
    assert sorted(mixed, key=precedence) == ["police", "pension", "medical", "monitor", "backup_2020"]
    assert precedence("civil") == precedence("medical") == precedence("医保")
    assert is_backup("backup2019") and not is_backup("pension")
    assert system_family("backup_2020") == "backup" and system_family("医保") == "医保"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("没有", "没有：没有这个文件夹；请核对路径"),
        ("空", "空：没有 project.toml，不是项目文件夹"),
        ("文件", "文件：不是文件夹；请写项目文件夹"),
    ],
)
def test_a_path_that_is_no_project_is_refused_and_nothing_is_made_there(tmp_path: Path, path: str, said: str) -> None:
    # What a run before this was refused may have left there makes no project of it.
    (tmp_path / "空" / "rounds").mkdir(parents=True)
    (tmp_path / "文件").write_text("x", "utf-8")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ProjectError, match=said), Store(tmp_path / path).locked():
        pass
    with pytest.raises(ProjectError, match=said):
        newest_round(tmp_path / path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_project_that_may_not_be_written_to_is_refused_in_one_chinese_line(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_args: object, **_more: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(store.project / ".renshe.lock"))

    monkeypatch.setattr(FileLock, "acquire", closed)
    with pytest.raises(ProjectError, match="没有写入的权限，不能处理；请换有权限的用户运行"), store.locked():
        pass
