"""Our card: what a partner needs to know of us, public all of it.

Invariant: no private half of a key, no agreement with anybody else is on it.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Agreement, Key, Partner


def card_for(partner: str) -> dict[str, Any]:
    """Return our card for the partner of this code: our code, our public keys, what was agreed on with it, each version
    that still counts; BusinessError where there is no such partner, or no agreement with it."""
    other = Partner.objects.filter(code=partner, own=False).first()
    versions = Agreement.objects.filter(partner=other).select_related("own").order_by("number", "version")
    if other is None or not versions:
        raise BusinessError("exchange.no_card", partner=partner)
    own = versions[0].own
    counts = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    return {
        "code": own.code,
        "name": own.name,
        "keys": [
            {"suite": one.suite, "purpose": one.purpose, "public": bytes(one.public).hex()}
            for one in Key.objects.filter(counts, partner=own).order_by("valid_from", "pk")
        ],
        "agreements": [
            {"number": one.number, "version": one.version, "title": one.title, "text": one.text}
            for one in versions
            if one.own_id == own.pk
        ],
    }
