"""Suites of algorithms, by name: what a digest, a signature and a seal are.

Rule (商用密码管理条例 第四十一条: agencies use the commercial cryptography of the state; an agreement may name the
other suite): ``sm`` is SM3, SM2 and SM4, ``intl`` is SHA-256, Ed25519 and X25519 with AES-256. Content is sealed by a
key drawn for it, which the receiver's key wraps, and is bound to what it is said to be: sealed content under another
manifest does not open.

Invariant: what is altered by one bit neither verifies nor opens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Purpose = Literal["sign", "seal"]


class Unopened(Exception):
    """What was sealed does not open with this key, or was altered."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite. ``draw`` returns a new private key and its public key; ``is_key`` says whether a public key can be one
    and ``verify`` whether a signature is that of the text: neither raises; ``open`` raises Unopened. ``seal`` and
    ``open`` take last what the content is bound to."""

    name: str
    digest: Callable[[bytes], bytes]
    draw: Callable[[Purpose], tuple[bytes, bytes]]
    is_key: Callable[[bytes], bool]
    sign: Callable[[bytes, bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]
    seal: Callable[[bytes, bytes, bytes], bytes]
    open: Callable[[bytes, bytes, bytes], bytes]


def suite(name: str) -> Suite:
    """Return the suite called ``name``; KeyError where there is none."""
    from renshe.core.exchange.packages import intl, sm

    return {"sm": sm.SUITE, "intl": intl.SUITE}[name]


def fingerprint(public: bytes) -> str:
    """Return how a public key is named: half of its SM3, whichever suite it is of."""
    return suite("sm").digest(public)[:16].hex()
