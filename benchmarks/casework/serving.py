"""A bureau that is served, for the time of a measurement, and what its processes cost."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.measure import RENSHE

_PATIENCE = 60


@dataclass
class Served:
    """``home`` is served at ``port`` to ``people`` (number, group, token)."""

    home: Path
    port: int
    people: list[dict[str, str]]
    process: psutil.Process

    def cpu(self) -> float:
        """Return the CPU seconds that web, background work and PostgreSQL have used so far."""
        total = 0.0
        database = list(self._database())
        if len(database) < 3:
            raise RuntimeError("the database's processes were not found")
        for one in [self.process, *self.process.children(recursive=True), *database]:
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                # PostgreSQL's backends that ended are counted by whoever started them.
                total += times.user + times.system + times.children_user + times.children_system
        return total

    def _database(self) -> Iterator[psutil.Process]:
        folder = str(self.home / "database")
        for one in psutil.process_iter(["name", "cmdline"]):
            if folder in " ".join(one.info["cmdline"] or []):
                yield one
                yield from one.children()

    def look(self) -> dict[str, Any]:
        """Return what the database holds."""
        return dict(_ask(self.home, "look"))


def _ask(home: Path, *words: str) -> Any:
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.casework.bureau", *words],
        env={**os.environ, "RENSHE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(told.stdout.splitlines()[-1])


@contextmanager
def served(people: int, workers: int) -> Iterator[Served]:
    """Serve a sample bureau with ``people`` signed in, by ``workers`` processes."""
    home = Path(tempfile.mkdtemp(prefix="renshe-load-"))
    home.chmod(0o755)
    try:
        told = _ask(home, "fill", str(people))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        run = subprocess.Popen(
            [*RENSHE, "serve", "--port", str(port), "--workers", str(workers)],
            env={**os.environ, "RENSHE_HOME": str(home)},
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait(port)
            yield Served(home, port, told, psutil.Process(run.pid))
        finally:
            run.terminate()
            run.wait(_PATIENCE)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait(port: int) -> None:
    for _ in range(_PATIENCE * 5):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError("the bureau was not up in a minute")
