"""The restore drill, as whoever lost a machine does it: by commands, in an empty home, with a server of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.core.backup.standing import PAPERS
from tests.ports import free_port

from renshe.core.journal.telling import Places

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.xdist_group("homes")


def environment(home: Path, server: str | None = None) -> dict[str, str]:
    other = ("RENSHE_", "DATABASE_", "LC_", "LANG")
    told = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    told |= {"RENSHE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "tests.core.settings", "RENSHE_SECRET_KEY": "x"}
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return told | {"PYTHONPATH": path} | ({"DATABASE_URL": server} if server else {})


def call(home: Path, *command: str, server: str | None = None, code: int = 0, keyless: bool = False) -> str:
    told = environment(home, server)
    if keyless:
        told.pop("RENSHE_SECRET_KEY")
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env=told,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    log = home / "database" / "log"
    why = log.read_text("utf-8", "replace")[-3000:] if log.is_file() and done.returncode != code else ""
    assert done.returncode == code, done.stdout + done.stderr + why
    return done.stdout + done.stderr


def renshe(home: Path, *arguments: str, server: str | None = None, code: int = 0) -> str:
    return call(home, "renshe.cli.main", *arguments, server=server, code=code)


def told(home: Path, server: str | None = None) -> dict[str, object]:
    found: dict[str, object] = json.loads(call(home, "tests.core.backup.standing", "tell", server=server))
    return found


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bureau that stands in a home of its own."""
    home = tmp_path_factory.mktemp("old")
    call(home, "tests.core.backup.standing", "furnish")
    return home


@pytest.fixture(scope="module")
def archive(old: Path) -> Path:
    """Last night's backup of it."""
    made: Path = Path(json.loads(renshe(old, "backup", "--json"))["archive"])
    return made


@contextmanager
def up(home: Path) -> Iterator[None]:
    """Have some process keep the server of ``home`` running."""
    code = "from renshe.core.database.connect import set_up; set_up(); print('up', flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, env=environment(home), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"up\n"
            yield
        finally:
            process.communicate(b"\n")


def login(home: Path, role: str = "app") -> str:
    """Return how the application, or the owner, reaches the server of ``home``, which some process keeps running."""
    lines = (home / "database" / "postmaster.pid").read_text("ascii").splitlines()
    password = (home / "secrets" / f"renshe_{role}").read_text("ascii").strip()
    return make_conninfo("", host=lines[4], port=lines[3], dbname="renshe", user=f"renshe_{role}", password=password)


@pytest.mark.req("S0-47", part="brought back in another home")
@pytest.mark.req("S0-45", part="brought back")
def test_the_bureau_comes_back_in_an_empty_home(old: Path, archive: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    before = told(old)
    output = renshe(home, "restore", str(archive))
    assert "已恢复" in output and "材料 2 份" in output
    after = told(home)
    assert after == before and before["whole"] and before["entries"] and before["unsealed"] == 1
    assert {path.read_bytes() for path in (home / "papers").rglob("*") if path.is_file()} == set(PAPERS)
    # Of the types that only these tests declare the command knows nothing, and says that their cases cannot go on.
    [found] = renshe(home, "check", code=2).splitlines()
    assert "有 2 笔业务属于“shop.open”" in found
    # Passwords of the database are the new home's own.
    for role in ("owner", "app"):
        names = [(one / "secrets" / f"renshe_{role}").read_text() for one in (old, home)]
        assert names[0] != names[1]


def register(home: Path) -> list[tuple[str, list[bool]]]:
    return [(one, proofs) for one, proofs in json.loads(call(home, "tests.core.backup.standing", "register"))]


@pytest.mark.req("S0-45", "S2-58", part="by the commands")
def test_commands_enter_what_they_save_prove_and_bring_back(tmp_path: Path) -> None:
    home, new, place = tmp_path / "old", tmp_path / "new", tmp_path / "share"
    call(home, "tests.core.backup.standing", "furnish")
    made = json.loads(renshe(home, "backup", "--to", str(place), "--json"))
    archive = Path(made["archive"])
    assert register(home) == [(made["sha256"], [])]
    renshe(home, "verify-backup", str(archive))
    assert register(home) == [(made["sha256"], [True])]
    whole = archive.read_bytes()
    archive.write_bytes(whole[:20_000])
    assert "错误" in renshe(home, "verify-backup", str(archive), code=2)
    assert register(home) == [(made["sha256"], [True, False])]
    archive.write_bytes(whole)
    # What was told to the second place by the home that was lost goes on in the new one.
    renshe(new, "restore", str(archive))
    assert register(new) == [(made["sha256"], [True])]
    assert re.search(r"^restored 1 ", Places(new).kept.read_text(), re.MULTILINE)
    # An archive of this bureau that has no row gets one; another's gets none.
    later = Path(json.loads(renshe(home, "backup", "--to", str(place), "--json"))["archive"])
    renshe(new, "verify-backup", str(later))
    assert [proofs for _, proofs in register(new)] == [[True], [True]]


@pytest.mark.req("S0-47", part="who works there is kept as short")
def test_who_works_in_a_bureau_that_came_back_may_no_more_than_before(archive: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    renshe(home, "restore", str(archive))
    with up(home), psycopg.connect(login(home), autocommit=True) as own:
        for order in (
            "TRUNCATE toys_shop",
            "ALTER TABLE toys_shop DISABLE TRIGGER USER",
            "DELETE FROM journal_entry",
            "UPDATE journal_block SET chain = ''",
            "CREATE TABLE mine (x int)",
            "DROP TABLE toys_shop",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                own.execute(order)  # type: ignore[arg-type]
        with pytest.raises(psycopg.DatabaseError) as refused:
            own.execute("UPDATE toys_shop SET name = 'x'")
        assert refused.value.sqlstate == "RS001"
        [(count,)] = own.execute("SELECT count(*) FROM toys_shop").fetchall()
        assert count == 2
        # It goes on: what is written is journalled behind what was there, and sealed after what was sealed.
        before = own.execute("SELECT max(id) FROM journal_entry").fetchone()
        with own.transaction():
            own.execute('SELECT journal_declare(\'{"operator": "op", "reason": "x"}\')')
            own.execute("INSERT INTO toys_shop VALUES ('new', 'x')")
        [(entry, name)] = own.execute("SELECT id, key FROM journal_entry ORDER BY id DESC LIMIT 1").fetchall()
        assert before is not None and entry > before[0] and name == "new"
        own.execute("SELECT journal_mark()")
        assert own.execute("SELECT journal_seal(1)").fetchone() == (2,)
    assert told(home)["whole"] is True


def test_nothing_is_brought_back_over_a_bureau(old: Path, archive: Path) -> None:
    before, keys = told(old), {path.name: path.read_text() for path in (old / "secrets").iterdir()}
    output = renshe(old, "restore", str(archive), code=2)
    assert "已有业务数据" in output and output.count("\n") == 1
    assert told(old) == before
    assert {path.name: path.read_text() for path in (old / "secrets").iterdir()} == keys


def test_a_restoration_that_was_killed_leaves_a_home_where_only_another_runs(
    old: Path, archive: Path, tmp_path: Path
) -> None:
    home = tmp_path / "new"
    running = subprocess.Popen(
        [sys.executable, "-m", "renshe.cli.main", "restore", str(archive)], env=environment(home)
    )
    while not (home / ".restoring").exists():
        assert running.poll() is None
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    for command in (
        ["check"],
        ["backup"],
        ["migrate"],
        ["serve", "--port", str(free_port())],
        ["verify-backup", str(archive)],
    ):
        assert "恢复没有完成" in renshe(home, *command, code=2)
    assert "已恢复" in renshe(home, "restore", str(archive))
    assert told(home) == told(old)


def test_an_archive_that_is_altered_is_not_begun_with(archive: Path, tmp_path: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[len(content) // 3] ^= 1
    altered = tmp_path / "altered.tar"
    altered.write_bytes(content)
    assert "不完整或被改动" in renshe(tmp_path / "new", "restore", str(altered), code=2)
    assert not (tmp_path / "new" / ".restoring").exists() and not (tmp_path / "new" / "papers").exists()
    # Nor is a key drawn before the mark is made, though none is told.
    call(tmp_path / "two", "renshe.cli.main", "restore", str(altered), code=2, keyless=True)
    assert {path.name for path in (tmp_path / "two").iterdir()} <= {".serve.lock"}


def test_nothing_is_made_of_a_restoration_before_its_mark(archive: Path, tmp_path: Path) -> None:
    home = tmp_path / "new"
    told = environment(home)
    told.pop("RENSHE_SECRET_KEY")
    running = subprocess.Popen([sys.executable, "-m", "renshe.cli.main", "restore", str(archive)], env=told)
    while not {"secrets", "database", "papers"} & (seen := {one.name for one in home.glob("*")}):
        assert running.poll() is None
        time.sleep(0.002)
    marked = (home / ".restoring").exists()
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert marked, seen
    assert "恢复没有完成" in renshe(home, "migrate", code=2)


@pytest.mark.parametrize("left", [[], ["secrets/django"], ["secrets/renshe_owner", "secrets/renshe_app"]])
def test_what_only_looks_makes_nothing_of_a_home_that_was_not_begun(left: list[str], tmp_path: Path) -> None:
    home = tmp_path / "new"
    for name in left:
        (home / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / name).write_text("x")
    before = sorted(tmp_path.rglob("*"))
    for command in (["check"], ["backup"], ["journal", "verify"]):
        output = renshe(home, *command, code=2)
        assert "没有本系统的数据" in output and output.count("\n") == 1, output
    assert sorted(tmp_path.rglob("*")) == before


def test_a_backup_that_was_killed_leaves_no_archive_and_is_not_in_the_way(old: Path, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    with up(old), psycopg.connect(login(old, "owner")) as own:
        own.execute("LOCK TABLE toys_shop IN ACCESS EXCLUSIVE MODE")
        running = subprocess.Popen(
            [sys.executable, "-m", "renshe.cli.main", "backup", "--to", str(place)], env=environment(old)
        )
        while not list(place.glob(".*.part")):
            assert running.poll() is None
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert list(place.glob("*.tar")) == []
    renshe(old, "backup", "--to", str(place))
    assert re.fullmatch(r"renshe-\d{8}-\d{6}-[0-9a-f]{8}\.tar", " ".join(path.name for path in place.iterdir()))


@pytest.mark.req("S0-47", part="brought back on an agency's own server")
def test_the_bureau_comes_back_on_a_server_of_the_agencys_own(
    old: Path, archive: Path, tmp_path: Path, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as server:
        try:
            assert "已恢复" in renshe(tmp_path / "one", "restore", str(archive), server=postgres_url)
            found = told(tmp_path / "one", postgres_url)
            assert found == told(old)
            # Who tries it again from another home neither overwrites it nor shuts its people out.
            output = renshe(tmp_path / "two", "restore", str(archive), server=postgres_url, code=2)
            assert "已有业务数据" in output
            assert told(tmp_path / "one", postgres_url) == found
            proof = json.loads(renshe(tmp_path / "one", "verify-backup", str(archive), "--json", server=postgres_url))
            assert proof["good"] and proof["problems"] == [] and proof["papers"] == 2
        finally:
            server.execute("DROP DATABASE IF EXISTS renshe WITH (FORCE)")
            for role in ("renshe_owner", "renshe_app"):
                server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
