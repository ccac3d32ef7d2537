"""The way to a partner, by what its agreement says and where it is reached.

Rule (商用密码管理条例; 002 七 (三)): what opens the way is not in the database: it lies with the secrets of the home,
under ``exchange``: ``<code>.token``, the token that a partner gave us, and ``<code>.pem``, by whose certificate it is
known, where that is none that the machine trusts; ``ssh``, our own key for SFTP.

Invariant: where no address is known for a way, nothing goes it; what is carried by hand or picked up is not sent.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)

from renshe.core.database.home import home
from renshe.core.exchange.models import Partner
from renshe.core.exchange.standing import Standing
from renshe.core.exchange.ways.directory import Directory
from renshe.core.exchange.ways.https import Https
from renshe.core.exchange.ways.sftp import Sftp
from renshe.core.exchange.ways.way import Unreachable, Way


def is_sent(standing: Standing) -> bool:
    """Whether we bring packages to the partner of an agreement: not by hand, nor where it picks them up over HTTPS."""
    channel = standing.terms.channel
    return channel != "hand" and (channel != "https" or _address(standing.agreement.partner, channel) is not None)


def is_fetched(standing: Standing) -> bool:
    """Whether the partner of an agreement picks packages up over HTTPS: it has no address of its own."""
    return standing.terms.channel == "https" and not is_sent(standing)


def way_to(standing: Standing) -> Way:
    """Return the way to the partner of an agreement; Unreachable where there is none."""
    agreement, channel = standing.agreement, standing.terms.channel
    own, other = agreement.own.code, agreement.partner.code
    address = _address(agreement.partner, channel)
    if not address:
        raise Unreachable(f"没有登记“{agreement.partner.name}”的 {channel} 地址")
    if channel == "directory":
        return Directory(Path(address), own, other)
    if channel == "sftp":
        return Sftp(address, ssh_key(), own, other)
    if channel == "https":
        token, authority = _folder() / f"{other}.token", _folder() / f"{other}.pem"
        if not token.exists():
            raise Unreachable(f"没有“{agreement.partner.name}”给的令牌，请放入 secrets/exchange/{token.name}")
        return Https(address, token.read_text("ascii").strip(), authority if authority.exists() else None)
    raise Unreachable(f"{channel} 不由系统收发")


def _address(partner: Partner, channel: str) -> str | None:
    """Return where a partner is reached: itself, or through the platform that it is a unit of (S4-97)."""
    own: str | None = partner.addresses.get(channel)
    return own or (_address(partner.above, channel) if partner.above else None)


def ssh_key() -> Path:
    """Return where our own key for SFTP lies, drawn the first time."""
    key = _folder() / "ssh"
    if not key.exists():
        made = Ed25519PrivateKey.generate()
        draft = key.with_name(f".ssh.{os.getpid()}")
        draft.touch(0o600)
        draft.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
        try:
            os.link(draft, key)
        except FileExistsError:
            # Another process drew one at the same time.
            pass
        finally:
            draft.unlink()
    return key


def ssh_public() -> str:
    """Return the public half of our own key for SFTP, as partners enter it."""
    made = load_ssh_private_key(ssh_key().read_bytes(), None).public_key()
    return made.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")


def _folder() -> Path:
    folder = home() / "secrets" / "exchange"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
