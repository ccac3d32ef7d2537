"""Papers that are not what they were, told once and kept until they are whole again.

Rule (S1-66; 防止恶意篡改生产数据): what was altered behind the program's back is not shown, and whoever answers for the
region learns of it.

Invariant: one open alarm for each paper and finding; it is cleared by a check that found the paper whole.
"""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import QuerySet

from renshe.core.filing.models import Alarm
from renshe.core.org.actor import Actor
from renshe.core.org.operations import Operation, declare
from renshe.core.org.scope import Scope

log = logging.getLogger(__name__)

CHECK = "filing.check"
declare(Operation(CHECK, "检查材料完整", "admin"))


def alarm(digest: str, found: str, *, region: str, by: str) -> None:
    """Tell that a paper is missing or altered, inside ``declared``."""
    log.error("paper %s is %s", digest, found)
    with transaction.atomic():
        Alarm.objects.get_or_create(
            digest=digest, region_id=region, found=found, cleared_at=None, defaults={"found_by": by}
        )


def alarms_open(actor: Actor) -> QuerySet[Alarm]:
    """Return what is wrong with papers of the actor's regions."""
    return Scope(actor, CHECK).filter(Alarm.objects.filter(cleared_at=None)).order_by("pk")
