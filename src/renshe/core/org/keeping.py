"""Secrets at rest, and who somebody is without saying it.

Rule (002 七 (三); S2-10): whoever has a copy of the database has no way in: secrets of telephones are encrypted. Of an
operator's identity number only a digest under a key is kept, by which one person with two accounts is noticed, who
could else check what he entered himself.

Invariant: the key is not in the database; it lies under ``RENSHE_HOME``/secrets with the others.
"""

from __future__ import annotations

import base64
import hmac
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from renshe.core.database.home import home, secret
from renshe.core.errors import BusinessError
from renshe.standards.identity import canonical17


def sealed(text: str) -> str:
    """Return ``text`` encrypted."""
    return _box().encrypt(text.encode()).decode("ascii")


def unsealed(kept: str) -> str:
    """Return what was encrypted; BusinessError where it was so under another key."""
    try:
        return _box().decrypt(kept.encode()).decode()
    except InvalidToken:
        raise BusinessError("org.secret_unreadable") from None


def identity_digest(id_number: str) -> str:
    """Return what stands for the person with ``id_number``, of 15 or 18 digits; BusinessError where it is none."""
    person = canonical17(id_number)
    if person is None:
        raise BusinessError("org.identity_number")
    return hmac.digest(_key("identity"), person.encode(), "sha256").hex()


@cache
def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key("totp")))


@cache
def _key(purpose: str) -> bytes:
    """Return the key for one ``purpose``; from the settings where they name one."""
    told = getattr(settings, "RENSHE_CREDENTIAL_KEY", None) or secret(home(), "credentials")
    return hmac.digest(told.encode(), purpose.encode(), "sha256")
