"""Homes and servers as they are met: odd paths, other people's homes, wrong addresses, many processes at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.ports import free_port
from tests.web.test_serving import command, environment


def run(home: Path, *arguments: str, url: str | None = None, code: int = 0) -> str:
    """Run ``renshe``; return what it said: a refusal is one line, without a trace."""
    told = environment(home) | ({"DATABASE_URL": url} if url else {})
    done = subprocess.run(
        command(*arguments), env=told, capture_output=True, encoding="utf-8", check=False, timeout=200
    )
    assert done.returncode == code, done.stderr
    assert code == 0 or done.stderr.count("\n") == 1, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def server(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection
        connection.execute("DROP DATABASE IF EXISTS renshe WITH (FORCE)")
        for role in ("renshe_owner", "renshe_app", "starter"):
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def url_of(connection: psycopg.Connection, user: str, password: str) -> str:
    told = conninfo_to_dict(connection.info.dsn)
    return f"postgresql://{user}:{password}@/postgres?host={told['host']}"


def test_a_home_with_a_blank_and_a_quote_in_its_path_begins_for_four_at_once(tmp_path: Path) -> None:
    home = tmp_path / "王 局长's"
    told = environment(home)
    begun = [
        subprocess.Popen(command("migrate"), env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(4)
    ]
    said = [one.communicate(timeout=300)[0].decode() for one in begun]
    assert [one.returncode for one in begun] == [0] * 4, said
    assert "日志完整" in run(home, "journal", "verify")
    assert [path.name for path in home.glob(".*.lock") if path.stat().st_mode & 0o077] == []


def test_a_path_that_no_server_can_have_is_refused(tmp_path: Path) -> None:
    assert "不能使用的字符（$）" in run(tmp_path / "a$b", "migrate", code=2)


@pytest.mark.parametrize("arguments", [["check"], ["journal", "verify"], ["backup"], ["worker"]])
def test_where_nothing_was_begun_nothing_is_made(tmp_path: Path, arguments: list[str]) -> None:
    home = tmp_path / "mistyped"
    assert "中没有本系统的数据" in run(home, *arguments, code=2)
    assert not home.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root works in others' homes")
def test_root_does_not_take_the_home_of_another_user(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    os.chown(tmp_path / "secrets", 65534, 65534)
    assert "属于用户 nobody；请以该用户运行" in run(tmp_path, "check", code=2)
    assert not (tmp_path / "database").exists()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://root:TopSecret9@db/x", "写法不对"),
        ("postgres//root:TopSecret9@db/x", "写法不对"),
        ("postgres://u:Top%Secret9@db/x", "写法不对"),
        ("postgresql://root:TopSecret9@127.0.0.1:{port}/x", "该地址和端口上没有数据库在运行"),
        ("postgresql://root:TopSecret9@127.0.0.1:99999/x", "端口须是 1 至 65535 的整数"),
        ("postgresql://root:TopSecret9@127.0.0.1:abc/x", "端口须是 1 至 65535 的整数"),
        ("postgresql://root:TopSecret9@no-such-host.invalid/x", "找不到这台主机"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_in_words_and_without_its_password(
    tmp_path: Path, url: str, told: str
) -> None:
    said = run(tmp_path, "migrate", url=url.format(port=free_port()), code=2)
    assert told in said and "Secret9" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "abc"], "--port 的值应为整数"),
        (["--port", "65536"], "--port 的值不能大于 65535"),
        (["--host", "no-such-host.invalid"], "找不到这台主机"),
        (["--host", "192.0.2.1"], "本机没有这个地址"),
    ],
)
def test_a_place_that_cannot_be_served_at_is_told_in_words(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert said in run(tmp_path, "serve", *arguments, code=2)
    assert not (tmp_path / "secrets").exists()


KILLED = """
import atexit, os, signal, sys, time
import psutil
from renshe.core.database import connect

begun = connect.set_up_django

def kill(folder):
    pid = int((folder / "database" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)

def killed(folder, *more):
    kill(folder)
    # Who looks at that moment may still find it.
    atexit.register(lambda: setattr(psutil.Process, "is_running", lambda self: True))
    begun(folder, *more)

connect.set_up_django = killed
sys.argv = ["renshe", *sys.argv[1:]]
from renshe.cli.main import main
main()
"""


@pytest.mark.parametrize("arguments", [["check"], ["journal", "verify"], ["backup"], ["migrate"]])
def test_a_database_that_is_killed_under_a_command_is_told_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    run(tmp_path, "migrate")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments],
        env=environment(tmp_path), capture_output=True, encoding="utf-8", check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("错误：数据库没有运行或连接中断") and done.stderr.count("\n") == 1, done.stderr
    # The next one starts it again.
    assert "日志完整" in run(tmp_path, "journal", "verify")


def test_a_wrong_password_or_database_is_told_in_words(tmp_path: Path, server: psycopg.Connection) -> None:
    said = run(tmp_path, "migrate", url=url_of(server, "nobody-here", "x"), code=2)
    assert "用户名或密码不对" in said or "没有其中写的用户或库" in said


def test_who_makes_roles_and_databases_may_begin_and_needs_no_superuser(
    tmp_path: Path, server: psycopg.Connection
) -> None:
    server.execute("CREATE ROLE starter LOGIN CREATEROLE CREATEDB PASSWORD 'starter'")
    for _ in range(2):
        run(tmp_path, "migrate", url=url_of(server, "starter", "starter"))
    assert "日志完整" in run(tmp_path, "journal", "verify", url=url_of(server, "starter", "starter"))


def test_what_only_looks_makes_no_database_on_an_own_server(
    tmp_path: Path, server: psycopg.Connection, postgres_url: str
) -> None:
    (tmp_path / "secrets").mkdir(mode=0o700)
    for role in ("owner", "app"):
        (tmp_path / "secrets" / f"renshe_{role}").write_text("x")
    for arguments in (["check"], ["journal", "verify"]):
        assert "没有本系统的 renshe 库" in run(tmp_path, *arguments, url=postgres_url, code=2)
    assert not server.execute("SELECT FROM pg_database WHERE datname = 'renshe'").fetchall()
    assert not server.execute("SELECT FROM pg_roles WHERE starts_with(rolname, 'renshe')").fetchall()


def test_who_may_make_nothing_is_told_what_is_wanting(tmp_path: Path, server: psycopg.Connection) -> None:
    server.execute("CREATE ROLE starter LOGIN PASSWORD 'starter'")
    assert "CREATEROLE 和 CREATEDB" in run(tmp_path, "migrate", url=url_of(server, "starter", "starter"), code=2)


def test_a_second_home_does_not_shut_the_first_one_out(
    tmp_path: Path, server: psycopg.Connection, postgres_url: str
) -> None:
    run(tmp_path / "one", "migrate", url=postgres_url)
    assert "属于另一个数据文件夹" in run(tmp_path / "two", "migrate", url=postgres_url, code=2)
    assert "日志完整" in run(tmp_path / "one", "journal", "verify", url=postgres_url)
    # Its own folder is gone for good: whoever keeps the server says so.
    server.execute("COMMENT ON DATABASE renshe IS NULL")
    run(tmp_path / "two", "migrate", url=postgres_url)
