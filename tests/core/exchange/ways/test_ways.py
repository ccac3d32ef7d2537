"""Whichever way a package goes: it is there whole or not at all, and who cannot show who he is gets nothing."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import paramiko
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from renshe.core.exchange.ways.directory import Directory
from renshe.core.exchange.ways.https import Https
from renshe.core.exchange.ways.sftp import Sftp
from renshe.core.exchange.ways.way import Unreachable, Way
from renshe.peer.http_server import http_served
from renshe.peer.sftp_server import sftp_served

NAME, TOKEN = "XY-1-batch-000001.rsp", "t" * 40
FILE = bytes(range(256)) * 300


class Desk:
    """The other side of the interface, with a folder of what waits."""

    def __init__(self) -> None:
        self.came: list[bytes] = []
        self.lying: dict[str, bytes] = {}
        self.receipt: bytes | None = b"receipt"

    def take(self, file: bytes) -> bytes | None:
        self.came.append(file)
        return self.receipt

    def waiting(self) -> list[str]:
        return [*self.lying, "../x", "no"]

    def give(self, name: str) -> bytes | None:
        return self.lying.get(name)

    def given(self, name: str) -> bool:
        return self.lying.pop(name, None) is not None


def ssh_key(at: Path) -> Path:
    made = Ed25519PrivateKey.generate()
    at.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return at


def public(key: Path) -> str:
    read = paramiko.PKey.from_path(key)
    return f"{read.get_name()} {read.get_base64()}"


@contextmanager
def sftp(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve the folder; yield its address and our key."""
    ours, theirs = ssh_key(tmp_path / "ours"), ssh_key(tmp_path / "theirs")
    (tmp_path / "base").mkdir()
    with sftp_served(tmp_path / "base", paramiko.PKey.from_path(theirs), public(ours)) as served:
        yield f"sftp://county@127.0.0.1:{served.port}/#{served.fingerprint}", ours


@pytest.mark.parametrize("way", ["directory", "sftp"])
def test_what_is_put_into_the_others_folder_waits_there(way: str, tmp_path: Path) -> None:
    with sftp(tmp_path) as (address, key):

        def to(own: str, other: str) -> Way:
            return Directory(tmp_path / "base", own, other) if way == "directory" else Sftp(address, key, own, other)

        county, province = to("county", "province"), to("province", "county")
        assert province.names() == []
        for _ in range(2):
            assert county.put(NAME, FILE) is None
        (tmp_path / "base/province/.partial.rsp").write_bytes(b"x")
        (tmp_path / "base/province/other.txt").write_bytes(b"x")
        assert province.names() == [NAME] and province.get(NAME) == FILE and county.names() == []
        province.done(NAME)
        province.done(NAME)
        assert province.names() == []
        with pytest.raises(Unreachable, match="不能读取"):
            province.get(NAME)
        for name in ("../x.rsp", "x", ".x.rsp", "a/b.rsp"):
            with pytest.raises(Unreachable, match="不能使用"):
                county.put(name, FILE)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "province").write_text("no folder")
    with pytest.raises(Unreachable, match="不能写入"):
        Directory(tmp_path, "county", "province").put(NAME, FILE)
    with pytest.raises(Unreachable, match="不能读取"):
        Directory(tmp_path, "province", "county").names()


def test_a_host_with_another_key_gets_nothing_and_a_stranger_does_not_come_in(tmp_path: Path) -> None:
    with sftp(tmp_path) as (address, key):
        other = address.rpartition("#")[0] + "#SHA256:" + "A" * 43
        with pytest.raises(Unreachable, match="主机密钥与登记的不同"):
            Sftp(other, key, "county", "province").put(NAME, FILE)
        with pytest.raises(Unreachable, match="不接受本方的 SFTP 密钥"):
            Sftp(address, ssh_key(tmp_path / "stranger"), "county", "province").put(NAME, FILE)
    with pytest.raises(Unreachable, match="连接失败"):
        Sftp(address, key, "county", "province").names()
    for wrong in ("sftp://127.0.0.1/#SHA256:x", "ftp://u@h/#SHA256:x", "sftp://u@127.0.0.1/"):
        with pytest.raises(Unreachable, match="地址应为"):
            Sftp(wrong, key, "county", "province")


@contextmanager
def cut_after(port: int, many: int) -> Iterator[int]:
    """Stand between us and ``port``; cut both lines after so many bytes of ours."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def carry() -> None:
            try:
                ours, _ = listening.accept()
            except OSError:
                return
            with ours, socket.create_connection(("127.0.0.1", port)) as theirs:
                threading.Thread(target=_back, args=(theirs, ours), daemon=True).start()
                left = many
                while left > 0 and (block := ours.recv(min(left, 4096))):
                    theirs.sendall(block)
                    left -= len(block)
                theirs.shutdown(socket.SHUT_RDWR)

        thread = threading.Thread(target=carry, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
    thread.join(5)


def _back(theirs: socket.socket, ours: socket.socket) -> None:
    try:
        while block := theirs.recv(4096):
            ours.sendall(block)
        ours.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


@pytest.mark.parametrize("many", [0, 30, 900, 2500, 5000, 20_000, 60_000, 76_000])
def test_a_line_that_is_cut_leaves_nothing_under_the_name(many: int, tmp_path: Path) -> None:
    with sftp(tmp_path) as (address, key):
        port = int(address.partition("@127.0.0.1:")[2].partition("/")[0])
        with cut_after(port, many) as through:
            way = Sftp(address.replace(f":{port}/", f":{through}/"), key, "county", "province")
            with pytest.raises(Unreachable):
                way.put(NAME, FILE)
        assert Directory(tmp_path / "base", "province", "county").names() == []
    desk = Desk()
    with http_served(desk, TOKEN) as port, cut_after(port, many) as through, pytest.raises(Unreachable):
        Https(f"http://127.0.0.1:{through}", TOKEN).put(NAME, FILE)
    assert desk.came == []


def test_the_interface_takes_packages_and_hands_them_out() -> None:
    desk = Desk()
    with http_served(desk, TOKEN) as port:
        way = Https(f"http://127.0.0.1:{port}/", TOKEN)
        assert way.put(NAME, FILE) == b"receipt" and desk.came == [FILE]
        desk.receipt = None
        assert way.put(NAME, FILE) is None
        desk.lying = {NAME: FILE}
        assert way.names() == [NAME] and way.get(NAME) == FILE
        way.done(NAME)
        way.done(NAME)
        assert desk.lying == {} and way.names() == []
        with pytest.raises(Unreachable, match="404：没有这个数据包"):
            way.get(NAME)
        with pytest.raises(Unreachable, match="不能使用"):
            way.get("../x.rsp")
        for asked in (lambda other: other.names(), lambda other: other.put(NAME, FILE)):
            with pytest.raises(Unreachable, match="401"):
                asked(Https(f"http://127.0.0.1:{port}", "no"))
    with pytest.raises(Unreachable, match="连接失败"):
        way.names()


def test_a_certificate_is_verified_and_plain_talk_stays_on_the_machine(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="https://"):
        Https("http://example.org", TOKEN)
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False).sign(key, hashes.SHA256())
    )  # fmt: skip
    shown, both = tmp_path / "shown.pem", tmp_path / "both.pem"
    shown.write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    both.write_bytes(shown.read_bytes() + private)
    desk = Desk()
    with http_served(desk, TOKEN, certificate=both) as port:
        assert Https(f"https://localhost:{port}", TOKEN, shown).put(NAME, FILE) == b"receipt"
        with pytest.raises(Unreachable, match="证书不能核实"):
            Https(f"https://localhost:{port}", TOKEN).put(NAME, FILE)
    assert desk.came == [FILE]
