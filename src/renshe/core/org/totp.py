"""Codes from a telephone: time-based one-time passwords (RFC 6238; HMAC-SHA-1, 6 digits, 30 seconds).

Invariant: a code is taken once; one of the same or an earlier step is refused.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
from urllib.parse import quote

STEP = 30
DIGITS = 6


def secret_draw() -> str:
    """Return a new secret of 160 bits, in base 32 as telephones read it."""
    return base64.b32encode(secrets.token_bytes(20)).decode("ascii")


def code_at(secret: str, step: int, *, digits: int = DIGITS) -> str:
    """Return the code of ``secret`` (base 32) in the ``step``."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    at = digest[-1] & 15
    number: int = struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: str, code: str, *, now: float, after: int, drift: int) -> int | None:
    """Return the step of which ``code`` is, ``drift`` steps about ``now`` and later than step ``after``; None if
    none."""
    for step in range(int(now) // STEP - drift, int(now) // STEP + drift + 1):
        if step > after and hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None


def enrolment(secret: str, number: str) -> str:
    """Return the address that a telephone reads to take up the secret of operator ``number``."""
    return f"otpauth://totp/renshe:{quote(number)}?secret={secret}&issuer=renshe&digits={DIGITS}&period={STEP}"
