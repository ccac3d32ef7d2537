"""What an agreement may name instead: Ed25519 (RFC 8032), SHA-256, X25519 (RFC 7748) with HKDF and AES-256 in GCM.

A seal is the public half of a key that was drawn for this content alone, then the nonce, then what AES-GCM makes of the
content under what both halves agree on.

Invariant: no key is used for two contents.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from renshe.core.exchange.packages.suites import Purpose, Suite, Unopened

_HALF, _NONCE, _TAG = 32, 12, 16
_FOR = b"renshe exchange 1"


def _digest(text: bytes) -> bytes:
    made = hashes.Hash(hashes.SHA256())
    made.update(text)
    return made.finalize()


def _draw(purpose: Purpose) -> tuple[bytes, bytes]:
    key = Ed25519PrivateKey.generate() if purpose == "sign" else X25519PrivateKey.generate()
    return key.private_bytes_raw(), key.public_key().public_bytes_raw()


def _is_key(public: bytes) -> bool:
    return len(public) == _HALF


def _sign(private: bytes, text: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).sign(text)


def _verify(public: bytes, text: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _seal(public: bytes, content: bytes, bound: bytes) -> bytes:
    once, nonce = X25519PrivateKey.generate(), secrets.token_bytes(_NONCE)
    half = once.public_key().public_bytes_raw()
    key = _agreed(once.exchange(X25519PublicKey.from_public_bytes(public)), half, public)
    return half + nonce + AESGCM(key).encrypt(nonce, content, bound)


def _open(private: bytes, sealed: bytes, bound: bytes) -> bytes:
    if len(sealed) < _HALF + _NONCE + _TAG:
        raise Unopened
    half, nonce, rest = sealed[:_HALF], sealed[_HALF : _HALF + _NONCE], sealed[_HALF + _NONCE :]
    own = X25519PrivateKey.from_private_bytes(private)
    try:
        agreed = own.exchange(X25519PublicKey.from_public_bytes(half))
        return AESGCM(_agreed(agreed, half, own.public_key().public_bytes_raw())).decrypt(nonce, rest, bound)
    except (InvalidTag, ValueError):
        raise Unopened from None


def _agreed(secret: bytes, half: bytes, public: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=half + public, info=_FOR).derive(secret)


SUITE = Suite("intl", _digest, _draw, _is_key, _sign, _verify, _seal, _open)
