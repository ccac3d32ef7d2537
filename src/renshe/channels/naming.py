"""What requests name by code or number, found: the caller's own where nothing is named.

Invariant: what is not there, or nothing to the caller, is refused in words, never a fault.
"""

from __future__ import annotations

from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency, Operator, Region
from renshe.core.org.scope import Scope


def region_named(actor: Actor, code: str | None) -> Region:
    """Return the region ``code``; BusinessError where there is none. What the caller may there, services ask."""
    found = Region.objects.filter(pk=code or actor.region).first()
    if found is None:
        raise BusinessError("case.no_such_region", region=code)
    return found


def agency_named(actor: Actor, operation: str, number: str | None) -> Agency:
    """Return the agency ``number``; BusinessError where there is none in which ``actor`` may do ``operation``."""
    found = Scope(actor, operation).filter(Agency.objects.filter(number=number or actor.agency)).first()
    if found is None:
        raise BusinessError("org.agency_not_there", number=number or actor.agency)
    return found


def operator_named(agency: Agency, number: str) -> Operator:
    """Return the operator ``number`` of ``agency``; BusinessError where there is none."""
    found = Operator.objects.filter(agency=agency, number=number).first()
    if found is None:
        raise BusinessError("org.operator_not_there", number=number, agency=agency.number)
    return found
