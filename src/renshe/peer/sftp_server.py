"""An SFTP server over one folder, for one key: how partners are reached that keep one.

Invariant: nothing outside the folder is reached, whatever path is asked for; who shows another key does not come in.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko


@dataclass(frozen=True, slots=True)
class Served:
    """Where a server listens, and the fingerprint of its key."""

    port: int
    fingerprint: str


class _Gate(paramiko.ServerInterface):  # type: ignore[misc]
    """Lets in who shows the one key."""

    def __init__(self, allowed: str) -> None:
        self._allowed = allowed

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> Any:
        known = f"{key.get_name()} {key.get_base64()}" == self._allowed
        return paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> Any:
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class _File(paramiko.SFTPHandle):  # type: ignore[misc]
    """One open file."""

    def __init__(self, file: Any, flags: int) -> None:
        super().__init__(flags)
        self.readfile = self.writefile = file

    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Folder(paramiko.SFTPServerInterface):  # type: ignore[misc]
    """What may be done in the folder."""

    def __init__(self, server: Any, base: Path) -> None:
        super().__init__(server)
        self._base = base

    def _at(self, path: str) -> Path:
        return self._base / str(self.canonicalize(path)).lstrip("/")

    def list_folder(self, path: str) -> Any:
        try:
            return [paramiko.SFTPAttributes.from_stat(one.stat(), one.name) for one in sorted(self._at(path).iterdir())]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._at(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        mode = "rb" if flags & (os.O_WRONLY | os.O_RDWR) == 0 else "wb" if flags & os.O_TRUNC else "r+b"
        try:
            return _File(self._at(path).open(mode), flags)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def remove(self, path: str) -> int:
        return self._done(lambda: self._at(path).unlink())

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return self._done(lambda: self._at(oldpath).replace(self._at(newpath)))

    def mkdir(self, path: str, attr: Any) -> int:
        return self._done(lambda: self._at(path).mkdir())

    @staticmethod
    def _done(what: Any) -> int:
        try:
            what()
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno))
        return int(paramiko.SFTP_OK)


@contextmanager
def sftp_served(base: Path, host_key: paramiko.PKey, allowed: str, port: int = 0) -> Iterator[Served]:
    """Serve the folder ``base`` on the loopback while the block runs, to whom the public key ``allowed`` is of
    (``ssh-ed25519 AAAA…``, without a comment)."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        lines: list[paramiko.Transport] = []
        thread = threading.Thread(target=_accept, args=(listening, base, host_key, allowed, lines), daemon=True)
        thread.start()
        try:
            yield Served(listening.getsockname()[1], host_key.fingerprint)
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for one in lines:
                one.close()
            thread.join(5)


def _accept(
    listening: socket.socket, base: Path, host_key: paramiko.PKey, allowed: str, lines: list[paramiko.Transport]
) -> None:
    while True:
        try:
            line, _ = listening.accept()
        except OSError:
            return
        transport = paramiko.Transport(line)
        transport.add_server_key(host_key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, base)
        lines.append(transport)
        try:
            transport.start_server(server=_Gate(allowed))
        except (paramiko.SSHException, EOFError, OSError):
            # Whoever came went before he said who he is.
            transport.close()
