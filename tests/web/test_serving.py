"""One command brings everything up and takes it down; what hinders it is one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from tests.ports import free_port

from renshe.web import serving

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("homes")


def environment(home: Path) -> dict[str, str]:
    other = ("RENSHE_", "DATABASE_", "DJANGO_", "LC_", "LANG")
    told = {name: value for name, value in os.environ.items() if not name.startswith(other)}
    return told | {"RENSHE_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "renshe.cli.main", *arguments]


def refused(home: Path, *arguments: str) -> str:
    done = subprocess.run(
        command(*arguments), env=environment(home), capture_output=True, encoding="utf-8", check=False, timeout=100
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def status(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@contextmanager
def served(home: Path, port: int) -> Iterator[psutil.Popen]:
    """Have ``renshe serve`` run and answer."""
    process = psutil.Popen(
        command("serve", "--port", str(port), "--workers", "1"),
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        for _ in range(600):
            assert process.poll() is None, process.stderr.read()
            try:
                assert status(port) == 200
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        for one in [*process.children(recursive=True), process] if process.is_running() else []:
            one.kill()
        process.communicate()


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was begun once: beginning it anew for each test says nothing new."""
    made = tmp_path_factory.mktemp("begun") / "home"
    subprocess.run(command("migrate"), env=environment(made), check=True, capture_output=True, timeout=200)
    return made


@pytest.fixture
def home(begun: Path, tmp_path: Path) -> Path:
    """A home of the test's own, as its owner has it."""
    subprocess.run(["cp", "-a", str(begun), str(tmp_path / "home")], check=True)
    return tmp_path / "home"


def gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=60)
    return not alive


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_until_it_is_told_to_stop_and_leaves_nothing_running(home: Path, told: signal.Signals) -> None:
    port = free_port()
    with served(home, port) as process:
        others = process.children(recursive=True)
        server = psutil.Process(int((home / "database" / "postmaster.pid").read_text().splitlines()[0]))
        assert others and server.is_running()
        process.send_signal(told)
        output, _ = process.communicate(timeout=100)
        assert process.returncode == 0
        assert f"已启动：http://127.0.0.1:{port}/" in output and output.endswith("已停止\n")
        assert gone([*others, server])
    with pytest.raises(OSError, match="refused"):
        status(port)


def test_of_a_serve_that_was_killed_nothing_holds_the_port(home: Path) -> None:
    port = free_port()
    with served(home, port) as process:
        others = process.children(recursive=True)
        process.kill()
        assert gone(others)
    with served(home, port) as process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=100)
        assert process.returncode == 0


def server_process(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "database" / "postmaster.pid").read_text().split()[0]))


def test_a_database_that_was_killed_is_started_again(home: Path) -> None:
    port = free_port()
    with served(home, port) as process:
        server_process(home).kill()
        codes = []
        for _ in range(600):
            with suppress(TimeoutError):
                codes.append(status(port))
            if 503 in codes and codes[-1] == 200:
                break
            time.sleep(0.1)
        assert set(codes) <= {200, 503} and 503 in codes and codes[-1] == 200
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=100)
        assert process.returncode == 0 and "自带的数据库已被终止，现已重新启动" in out
    assert not (home / "database" / "postmaster.pid").exists()


def test_after_everything_was_killed_it_starts_at_once(home: Path) -> None:
    port = free_port()
    with served(home, port) as process:
        database = server_process(home)
        for one in [process, database, *process.children(recursive=True)]:
            one.kill()
    with served(home, port) as process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=100)
        assert process.returncode == 0


def test_one_home_is_served_once_and_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    port = free_port()
    home = tmp_path / "home"
    with served(home, port) as process:
        assert f"本系统已在 {home} 上运行" in refused(home, "serve", "--port", str(free_port()))
        assert "本系统已在" in refused(home, "restore", "none.tar")
        assert f"端口 127.0.0.1:{port} 不能使用" in refused(tmp_path / "other", "serve", "--port", str(port))
        assert not (tmp_path / "other" / "database").exists()
        assert status(port) == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=100)


def test_a_home_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "不能写入" in refused(tmp_path / "file" / "home", "serve")


def test_a_server_that_does_not_answer_is_told_in_one_line(tmp_path: Path) -> None:
    environment_ = environment(tmp_path) | {"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/postgres"}
    done = subprocess.run(
        command("migrate"), env=environment_, capture_output=True, encoding="utf-8", check=False, timeout=100
    )
    assert done.returncode == 2 and "连不上数据库" in done.stderr and done.stderr.count("\n") == 1


def test_a_worker_that_ends_is_started_again_and_stopped_with_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_AGAIN", 0.05)
    runs = tmp_path / "runs"
    code = (
        f"open({str(runs)!r}, 'a').write('x'); import time, os; time.sleep(600 * (os.path.getsize({str(runs)!r}) > 2))"
    )
    said: list[str] = []
    with serving._background(said.append, (sys.executable, "-c", code)):
        for _ in range(600):
            if runs.exists() and runs.stat().st_size > 2:
                break
            time.sleep(0.1)
    assert runs.read_text() == "xxx"
    assert len(said) == 2 and "后台任务进程已退出（代码 0）" in said[0]
