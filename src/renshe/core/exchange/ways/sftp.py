"""Folders on a server that is reached by SFTP, laid out as ``directory`` does.

An address is ``sftp://user@host:port/base#SHA256:…``: the part after ``#`` is the fingerprint of the host's key, which
is agreed on beside the address; who shows another is not talked to. We show a key of our own; no password is kept.

Rule (S2-52 存在安全隐患的应拒绝发送): a host that cannot show who it is gets nothing.

Invariant: a file appears by one rename, after all its bytes are there; every failure is ``Unreachable``.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import paramiko

from renshe.core.exchange.ways.way import ENDING, Unreachable, is_name

_CONNECT, _IDLE = 15, 60
_PORT = 22


class Sftp:
    """The way between ``own`` and ``other`` through the folders at ``address``, as whom the private ``key`` is of."""

    def __init__(self, address: str, key: Path, own: str, other: str) -> None:
        parts = urlsplit(address)
        if parts.scheme != "sftp" or not parts.hostname or not parts.username or not parts.fragment:
            raise Unreachable("SFTP 地址应为 sftp://用户@主机:端口/目录#SHA256:主机密钥指纹")
        self._host, self._port, self._user = parts.hostname, parts.port or _PORT, unquote(parts.username)
        self._pinned, self._key = parts.fragment, key
        base = PurePosixPath(unquote(parts.path) or "/")
        self._into, self._from = base / other, base / own

    def put(self, name: str, file: bytes) -> None:
        """Put ``file`` into the other side's folder."""
        _require_name(name)
        partial, whole = str(self._into / f".{name}.tmp"), str(self._into / name)
        with self._reached(f"不能写入 {name}") as sftp:
            with suppress(OSError):
                # It is there already, but the first time.
                sftp.mkdir(str(self._into))
            with sftp.open(partial, "wb") as written:
                written.set_pipelined(True)
                written.write(file)
            if sftp.stat(partial).st_size != len(file):
                raise Unreachable(f"不能写入 {name}：对方收到的字节数不符")
            sftp.posix_rename(partial, whole)

    def names(self) -> list[str]:
        """Return the names of the files that wait for us, in order."""
        with self._reached("不能读取目录") as sftp:
            try:
                return sorted(one for one in sftp.listdir(str(self._from)) if one.endswith(ENDING) and is_name(one))
            except FileNotFoundError:
                return []

    def get(self, name: str) -> bytes:
        """Return a file that waits for us."""
        _require_name(name)
        with self._reached(f"不能读取 {name}") as sftp, sftp.open(str(self._from / name), "rb") as file:
            file.prefetch()
            found: bytes = file.read()
            return found

    def done(self, name: str) -> None:
        """Take a file that was dealt with out of those that wait."""
        _require_name(name)
        with self._reached(f"不能删除 {name}") as sftp:
            try:
                sftp.remove(str(self._from / name))
            except FileNotFoundError:
                return

    @contextmanager
    def _reached(self, what: str) -> Iterator[paramiko.SFTPClient]:
        """Yield the server's folders; Unreachable, which says ``what`` could not be done, where something fails."""
        try:
            key = paramiko.PKey.from_path(self._key)
            with socket.create_connection((self._host, self._port), _CONNECT) as line:
                transport = paramiko.Transport(line)
                try:
                    transport.start_client(timeout=_CONNECT)
                    if transport.get_remote_server_key().fingerprint != self._pinned:
                        raise Unreachable(f"{what}：{self._host} 的主机密钥与登记的不同，请与对方核对后变更地址")
                    transport.auth_publickey(self._user, key)
                    with paramiko.SFTPClient.from_transport(transport) as sftp:
                        sftp.get_channel().settimeout(_IDLE)
                        yield sftp
                finally:
                    transport.close()
        except paramiko.AuthenticationException:
            raise Unreachable(f"{what}：{self._host} 不接受本方的 SFTP 密钥，请把公钥交给对方") from None
        except (OSError, EOFError, paramiko.SSHException, ValueError) as error:
            raise Unreachable(f"{what}：{_said(error)}") from None


def _require_name(name: str) -> None:
    if not is_name(name):
        raise Unreachable(f"文件名 {name} 不能使用")


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "对方没有响应"
    return f"连接失败或中断（{type(error).__name__}）"
