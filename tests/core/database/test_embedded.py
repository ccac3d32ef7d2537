"""The server that renshe brings along: begun wholly or not at all, open to nobody without a password."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from renshe.core.database.embedded import start_embedded
from renshe.core.errors import BusinessError

START = """
import sys
from pathlib import Path
from renshe.core.database.embedded import start_embedded
print(start_embedded(Path(sys.argv[1])), flush=True)
input()
"""
PATIENCE = 120


def starting(folder: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # The server may run as a user of its own, who must come through.
    for path in (tmp_path, *tmp_path.parents):
        if path.owner() == Path.home().owner() and path != path.parent:
            path.chmod(path.stat().st_mode | 0o011)
    return tmp_path


def test_who_was_killed_while_data_were_made_has_begun_nothing(folder: Path) -> None:
    killed = starting(folder)
    end = time.monotonic() + PATIENCE
    while not list(folder.glob(".database.new-*/PG_VERSION")):
        assert time.monotonic() < end
        time.sleep(0.005)
    killed.kill()
    killed.wait()
    assert list((folder / "database").iterdir()) == []

    # A language whose characters the database does not take says nothing about the data.
    again = starting(folder, LC_ALL="zh_CN.GB18030")
    assert again.stdout is not None
    url = again.stdout.readline().strip()
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW lc_messages").fetchone() == ("C",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(make_conninfo("", **{**conninfo_to_dict(url), "password": "guessed"}))
    again.communicate("\n")
    assert {path.name for path in folder.iterdir()} == {".database.lock", "database", "secrets"}


def test_a_folder_with_something_else_in_it_is_left_alone(folder: Path) -> None:
    other = folder / "database" / "notes.txt"
    other.parent.mkdir()
    other.write_text("somebody's")
    with pytest.raises(BusinessError, match="已有别的文件"):
        start_embedded(folder)
    assert other.read_text() == "somebody's"
