"""The program of a peer: it opens what it has, and moves packages until it is told to stop.

Invariant: one process works in a folder at a time; what is in the books survives being killed.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from filelock import FileLock, Timeout

from renshe.core.exchange.ways.directory import Directory
from renshe.core.exchange.ways.https import Https
from renshe.core.exchange.ways.way import Unreachable, Way
from renshe.peer.folder import Folder, PeerError
from renshe.peer.http_server import http_served
from renshe.peer.sftp_server import sftp_served
from renshe.peer.side import Side

_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Ways:
    """How a peer talks to ``other``: through a ``directory``; ``port`` on which it opens the interface for packages, to
    whom shows ``token``; ``address`` of the other's; ``sftp``: port of a server over the directory, for the public key
    ``allowed``."""

    other: str
    directory: Path | None = None
    port: int | None = None
    address: str | None = None
    token: str = ""
    sftp: int | None = None
    allowed: str = ""


@contextmanager
def held(folder: Folder) -> Iterator[Side]:
    """Yield the peer of ``folder``; PeerError where another process has it."""
    lock = FileLock(folder.path / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise PeerError(f"{folder.path} 正由另一个进程使用") from None
    side = Side(folder)
    try:
        yield side
    finally:
        side.books.close()
        lock.release()


def mover(side: Side, ways: Ways, say: Callable[[str], object]) -> Callable[[], int]:
    """Return what moves packages once, both ways; what is not reached is told, and tried again the next time."""
    reached: list[Way] = []
    if ways.directory is not None:
        reached.append(Directory(ways.directory, side.folder.code, ways.other))
    if ways.address is not None:
        reached.append(Https(ways.address, ways.token))

    def turn() -> int:
        many = 0
        for one in reached:
            try:
                many += side.turn(one)
            except Unreachable as refused:
                say(str(refused))
        return many

    return turn


def run(side: Side, ways: Ways, say: Callable[[str], object]) -> None:
    """Open what the peer has and work until the process is told to stop."""
    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    with opened(side, ways, say):
        turn = mover(side, ways, say)
        while not stop.wait(_PAUSE):
            if many := turn():
                say(f"收发 {many} 个数据包")


@contextmanager
def opened(side: Side, ways: Ways, say: Callable[[str], object]) -> Iterator[None]:
    """Serve what the peer opens to the other side, while the block runs."""
    with ExitStack() as stack:
        if ways.port is not None:
            port = stack.enter_context(http_served(side, ways.token, ways.port))
            say(f"接口地址 http://127.0.0.1:{port}")
        if ways.sftp is not None:
            if ways.directory is None:
                raise PeerError("开放 SFTP 要有交换目录（--directory）")
            key = _host_key(side.folder.path / "ssh_host")
            served = stack.enter_context(sftp_served(ways.directory, key, ways.allowed, ways.sftp))
            say(f"SFTP 地址 sftp://{ways.other}@127.0.0.1:{served.port}/#{served.fingerprint}")
        yield


def _host_key(path: Path) -> paramiko.PKey:
    if not path.exists():
        path.touch(0o600)
        made = Ed25519PrivateKey.generate()
        path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return paramiko.PKey.from_path(path)
