"""PostgreSQL's own programs, which save and bring back what no SQL does as well.

Invariant: no password stands in a command line; what is brought back is there as a whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from renshe.core.database.embedded import programs

# Servers before 17 do not know it, and newer programs set it for every one.
_UNKNOWN = b"SET transaction_timeout = 0;"
_HEADER_LINES = 60


class ProgramError(Exception):
    """A program of PostgreSQL failed; the text is its own last word."""


def dump(login: str, target: Path, *, snapshot: str) -> None:
    """Write the database that ``login`` reaches to ``target``, as it was in ``snapshot``."""
    reached, environment = _reached(login)
    _run(
        [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
         f"--file={target}", f"--dbname={reached}"],
        environment,
    )  # fmt: skip


def restore(login: str, dumped: Path) -> None:
    """Bring ``dumped`` back into the empty database that ``login`` reaches, as its owner, in one transaction."""
    reached, environment = _reached(login)
    reading = [_program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dumped)]
    writing = [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={reached}"]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=complaints) as reader,
        subprocess.Popen(
            writing, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=complaints, env=environment
        ) as writer,
    ):
        assert reader.stdout is not None and writer.stdin is not None
        try:
            whole = _pass_on(reader.stdout, writer.stdin) and reader.wait() == 0
            if whole:
                # Whoever dies before this has brought nothing back.
                writer.stdin.write(b"\nCOMMIT;\n")
                writer.stdin.close()
        except BrokenPipeError:
            whole = False
        finally:
            reader.kill()
            if not writer.stdin.closed:
                writer.kill()
        if writer.wait() != 0 or not whole:
            raise ProgramError(_last_word(complaints))


def _pass_on(source: IO[bytes], target: IO[bytes]) -> bool:
    """Hand the script on, but for what old servers do not know."""
    target.write(b"BEGIN;\n")
    for _, line in zip(range(_HEADER_LINES), source, strict=False):
        if line.strip() != _UNKNOWN:
            target.write(line)
    shutil.copyfileobj(source, target, 1 << 20)
    target.flush()
    return True


def _run(command: list[str], environment: dict[str, str]) -> None:
    with tempfile.TemporaryFile() as complaints:
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=complaints, check=False)
        if done.returncode != 0:
            raise ProgramError(_last_word(complaints))


def _last_word(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    lines = complaints.read().decode("utf-8", "replace").strip().splitlines()
    told = [line for line in lines if "ERROR" in line or "error:" in line]
    return (told or lines or ["interrupted"])[0]


def _reached(login: str) -> tuple[str, dict[str, str]]:
    """Return ``login`` without its password, and the environment that holds it."""
    told = conninfo_to_dict(login)
    password = told.pop("password", None)
    environment = {**os.environ, "PGCLIENTENCODING": "UTF8", "LC_MESSAGES": "C"}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **told), environment


def _program(name: str) -> str:
    return str(programs() / name)
