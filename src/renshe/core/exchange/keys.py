"""Keys as they count at a moment: ours to sign and to open with, partners' to verify and to seal for.

Rule (商用密码管理条例 第四十一条; issue 7: keys with validity and rotation): one key of ours signs, the newest that
counts; what was sealed for a key that has ended since still opens while that key is kept, for what is under way must
not be lost.

Invariant: a private half leaves the database sealed, and is opened in memory alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Key, Partner, Secret
from renshe.core.exchange.packages.package import Signer
from renshe.core.exchange.packages.suites import fingerprint, suite
from renshe.core.org.keeping import sealed, unsealed

LENIENT = dt.timedelta(hours=1)
"""By so much clocks may differ: a key counts so much earlier and later than it says."""


def own_key_draw(side: Partner, now: dt.datetime, **about: Any) -> Key:
    """Return a new key of ours, ``about`` which suite, purpose and case it is."""
    private, public = suite(about["suite"]).draw(about["purpose"])
    made = Key.objects.create(partner=side, public=public, fingerprint=fingerprint(public), valid_from=now, **about)
    Secret.objects.create(key=made, sealed=sealed(private.hex()))
    return made


def signer_of(side: Partner, used: str) -> Signer:
    """Return with what ``side``, which we are, signs now in the suite ``used``; BusinessError where it has no key."""
    found = _counting(side, used, "sign")
    return Signer(used, _private(found), bytes(found.public))


def sealing_for(partner: Partner, used: str) -> bytes:
    """Return the public key for which is sealed what goes to ``partner``; BusinessError where it has none."""
    return bytes(_counting(partner, used, "seal").public)


class Ring:
    """What we know of keys when something comes in."""

    def signer(self, fingerprint: str) -> tuple[str, bytes] | None:
        """Return whose key this is and the public key, where it counts now, or did within the last hour."""
        now = timezone.now()
        ended = Q(valid_until=None) | Q(valid_until__gt=now - LENIENT)
        found = Key.objects.filter(ended, fingerprint=fingerprint, purpose="sign", valid_from__lte=now + LENIENT)
        key = found.select_related("partner").first()
        return (key.partner.code, bytes(key.public)) if key else None

    def opener(self, fingerprint: str) -> bytes | None:
        """Return the private half of a key of ours."""
        found = Secret.objects.select_related("key").filter(key__fingerprint=fingerprint, key__purpose="seal").first()
        return _private(found.key) if found else None


def _counting(side: Partner, used: str, purpose: str) -> Key:
    now = timezone.now()
    counts = Q(valid_until=None) | Q(valid_until__gt=now)
    found = Key.objects.filter(counts, partner=side, suite=used, purpose=purpose, valid_from__lte=now)
    key = found.order_by("-valid_from", "-pk").first()
    if key is None:
        raise BusinessError("exchange.no_key", partner=side.name, purpose=Key.Purpose(purpose).label)
    return key


def _private(key: Key) -> bytes:
    return bytes.fromhex(unsealed(key.secret.sealed))
