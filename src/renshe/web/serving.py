"""``renshe serve``: database, background work and web, started and stopped together.

Rule (an agency without an administrator of its own): one command brings everything up and one key takes it down; what
hinders it is said in one line before anything is started.

Invariant: one ``serve`` for one home. When it ends, however it ends, nothing of it goes on: the others notice.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NoReturn

from renshe import __version__
from renshe.core.database.connect import server_of, set_up
from renshe.core.database.embedded import revive_embedded
from renshe.core.database.home import held, home
from renshe.core.database.roles import DATABASE
from renshe.core.errors import BusinessError

_AGAIN = 5.0
"""Seconds after which a worker that ended is started again."""
_LOOK = 2.0
"""Seconds after which it is seen that the database is gone."""
_PATIENCE = 30.0
"""Seconds that a worker has for ending what it is at."""
_THREADS = 32
"""Requests that are worked on at once, over all processes: each has a connection to the database."""

_REASONS = {
    errno.EADDRINUSE: "已被占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
    errno.EACCES: "没有权限",
    socket.EAI_NONAME: "找不到这台主机",
    socket.EAI_AGAIN: "找不到这台主机",
}
"""Why an address cannot be listened on, in words."""

_WORK = (sys.executable, "-m", "renshe.cli.main", "worker", "--with-parent")

Say = Callable[[str], None]


def serve(host: str, port: int, workers: int, say: Say) -> None:
    """Run until told to stop (Ctrl-C, SIGTERM); BusinessError where it cannot be started."""
    folder = home()
    with held(folder, "serve") as alone:
        if not alone:
            raise BusinessError("start.running", home=folder)
        _require_free(host, port)
        # Until the web is up, being told to stop means leaving as from any block.
        signal.signal(signal.SIGTERM, _leave)
        own = os.environ.get("DATABASE_URL")
        _bring_up(folder)
        with _database(folder, say) if own is None else nullcontext(), _background(say):
            _web(host, port, workers, say)
        say("已停止")


def _bring_up(folder: Path) -> None:
    set_up(begin=True)
    from django.db import connections

    from renshe.core.journal.installing import migrate

    migrate(f"{DATABASE}_app", __version__)
    connections.close_all()
    # This process alone holds the server that renshe brings along; the others find it as they would an own one.
    os.environ["DATABASE_URL"] = server_of(folder, os.environ.get("DATABASE_URL"))
    os.environ["RENSHE_HOME"] = str(folder)


def _web(host: str, port: int, workers: int, say: Say) -> None:
    """Serve pages and API; return when told to stop."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    # Forked processes would share this one's locks and connections.
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        "renshe.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=max(2, _THREADS // workers),
        respawn_failed_workers=True,
        workers_kill_timeout=int(_PATIENCE),
        log_level=LogLevels.error,
    )
    shown = f"[{host}]" if ":" in host else host
    server.on_startup(lambda: say(f"已启动：http://{shown}:{port}/（按 Ctrl-C 停止）"))
    server.serve()


@contextmanager
def _database(folder: Path, say: Say) -> Iterator[None]:
    """Have the server that renshe brings along run while the block does; one that was killed is started again."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK):
            try:
                if revive_embedded(folder):
                    say("自带的数据库已被终止，现已重新启动")
            except BusinessError as refused:
                say(str(refused))

    with _beside(watch, over.set):
        yield


@contextmanager
def _background(say: Say, command: Sequence[str] = _WORK) -> Iterator[None]:
    """Have a worker run while the block does; one that ends is started again."""
    worker, over = _Worker(command), threading.Event()

    def watch() -> None:
        while not over.is_set():
            code = worker.run()
            if not over.is_set():
                say(f"后台任务进程已退出（代码 {code}），{_AGAIN:.0f} 秒后重新启动")
                over.wait(_AGAIN)

    def end() -> None:
        over.set()
        worker.stop()

    with _beside(watch, end):
        yield


@contextmanager
def _beside(work: Callable[[], None], end: Callable[[], None]) -> Iterator[None]:
    """Have ``work`` run in a thread while the block does; ``end`` tells it to stop, and is waited for."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end()
        thread.join()


class _Worker:
    """The process that does background work. It has a pipe to this one, and ends when that breaks."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._changing = threading.Lock()

    def run(self) -> int:
        """Start it and return its code when it has ended."""
        with self._changing:
            if self._stopped:
                return 0
            # A group of its own: Ctrl-C comes to this process, which then tells the others in order.
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True)
        return self._process.wait()

    def stop(self) -> None:
        """Tell it to end what it is at; kill it where it does not."""
        with self._changing:
            self._stopped, process = True, self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


def stop_with_parent() -> None:
    """Have this process told to stop when whoever started it is gone."""

    def watch() -> None:
        # Not by ``sys.stdin``, whose lock would be in the way when the process ends first.
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _require_free(host: str, port: int) -> None:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            if os.name == "posix":
                # What is left of connections that ended does not count.
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except (OSError, OverflowError) as error:
        why = str(error)
        if isinstance(error, OSError):
            why = _REASONS.get(error.errno or 0, error.strerror or why)
        raise BusinessError("start.port_taken", host=host, port=port, why=why) from None


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)
