"""The state's commercial cryptography: SM2 (GB/T 32918), SM3 (GB/T 32905), SM4 (GB/T 32907) in GCM.

Signatures are r and s, 32 bytes each, over SM3 of the signer's default identity and the text (GM/T 0009). A seal is the
content's key, wrapped by SM2 as C1 C3 C2, then the nonce, then what SM4-GCM makes of the content.

Invariant: no key and no nonce is used for two contents.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from gmalg import SM2
from gmalg.errors import GMError

from renshe.core.exchange.packages.suites import Purpose, Suite, Unopened

_IDENTITY = b"1234567812345678"
_KEY, _NONCE, _TAG, _HALF = 16, 12, 16, 32
# An uncompressed point, a digest, the key.
_WRAPPED = 65 + 32 + _KEY


def _digest(text: bytes) -> bytes:
    made = hashes.Hash(hashes.SM3())
    made.update(text)
    return made.finalize()


def _draw(purpose: Purpose) -> tuple[bytes, bytes]:
    private, public = SM2().generate_keypair()
    return private, public


def _sign(private: bytes, text: bytes) -> bytes:
    return b"".join(part.rjust(_HALF, b"\0") for part in SM2(private, _IDENTITY).sign(text))


def _verify(public: bytes, text: bytes, signature: bytes) -> bool:
    if len(signature) != 2 * _HALF:
        return False
    try:
        return bool(SM2(uid=_IDENTITY, pk=public).verify(text, signature[:_HALF], signature[_HALF:]))
    except (GMError, ValueError, ArithmeticError):
        return False


def _seal(public: bytes, content: bytes, bound: bytes) -> bytes:
    key, nonce = secrets.token_bytes(_KEY), secrets.token_bytes(_NONCE)
    wrapped = SM2(pk=public).encrypt(key)
    cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(bound)
    sealed = cipher.update(content) + cipher.finalize()
    return b"".join((wrapped, nonce, sealed, cipher.tag))


def _open(private: bytes, sealed: bytes, bound: bytes) -> bytes:
    if len(sealed) < _WRAPPED + _NONCE + _TAG:
        raise Unopened
    wrapped, nonce = sealed[:_WRAPPED], sealed[_WRAPPED : _WRAPPED + _NONCE]
    try:
        key: bytes = SM2(private).decrypt(wrapped)
        cipher = Cipher(algorithms.SM4(key), modes.GCM(nonce, sealed[-_TAG:])).decryptor()
        cipher.authenticate_additional_data(bound)
        return cipher.update(sealed[_WRAPPED + _NONCE : -_TAG]) + cipher.finalize()
    except (GMError, InvalidTag, ValueError, ArithmeticError):
        raise Unopened from None


def _is_key(public: bytes) -> bool:
    try:
        return len(public) == 1 + 2 * _HALF and bool(SM2().verify_pk(public))
    except (GMError, ValueError, ArithmeticError):
        return False


SUITE = Suite("sm", _digest, _draw, _is_key, _sign, _verify, _seal, _open)
