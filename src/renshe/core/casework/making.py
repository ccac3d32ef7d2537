"""A case comes into being: its number, its region, its form, the terms that stand.

Rule (S2-10): by whom it was begun and from where stands in it; a number is drawn with it and given once.

Invariant: it begins as a draft, or as something that waits to be taken up, and as nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from renshe.core.casework.held import digest, read_form, subject
from renshe.core.casework.local import terms_of
from renshe.core.casework.models import Case
from renshe.core.casework.types import CaseType
from renshe.core.errors import BusinessError
from renshe.core.filing.numbering import draw
from renshe.core.org.models import Region


def region_standing(code: str) -> Region:
    """Return a region in which cases begin; BusinessError where there is none of today."""
    found = None if "\x00" in code else Region.objects.filter(pk=code).first()
    if found is None or found.valid_to is not None:
        raise BusinessError("case.no_such_region", region=code.replace("\x00", ""))
    return found


def number_drawn(kind: CaseType, region: Region) -> str:
    """Return the number of a new case."""
    return draw(kind.prefix, region.pk, timezone.localdate().year)


def made(
    number: str, kind: CaseType, region: Region, form: Mapping[str, Any], agency: str, channel: str, **more: Any
) -> Case:
    """Return a new case whose form says ``form``; it may have gaps."""
    filled = read_form(kind, form, whole=False)
    return Case.objects.create(
        number=number,
        type=kind.name,
        version=kind.version,
        region=region,
        agency=agency,
        channel=channel,
        needed=kind.needed,
        terms=terms_of(kind, region),
        form=dict(filled.json),
        digest=digest(filled.json),
        **subject(kind, filled),
        **more,
    )
