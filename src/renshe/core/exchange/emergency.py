"""Who acts when a plan for emergencies is in force.

Rule (S2-55 启动应急预案时…应保证信息数据及时发送、接收): what waits can still be sent and received by one designated
person, without the network and without the post that would do it otherwise; what was done so says under which plan.

Invariant: a person is designated by a case, for a time, and for nothing but exchange; who prepared a batch does not let
it go, not even then.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.exchange.models import Emergency
from renshe.core.org.actor import Actor
from renshe.core.org.models import Region
from renshe.core.org.rights import holds_path, may, require

MOST_HOURS = 30 * 24


def require_or_designated(actor: Actor, operation: str, region: Region) -> str | None:
    """Refuse with BusinessError who neither holds ``operation`` in ``region`` nor is designated there; return the plan
    under which he acts (None: by his own right)."""
    if may(actor, operation, region):
        return None
    plan = plan_for(actor, region)
    if plan is None:
        require(actor, operation, region)
    return plan


def plan_for(actor: Actor, region: Region) -> str | None:
    """Return the plan in force that designates ``actor`` for ``region``; None where none does."""
    found = next((one for one in _in_force(actor) if holds_path(one.region.path, region.path)), None)
    return found.plan if found else None


def designated(actor: Actor) -> bool:
    """Whether some plan in force designates ``actor``."""
    return _in_force(actor).exists()


def _in_force(actor: Actor) -> QuerySet[Emergency]:
    now = timezone.now()
    return Emergency.objects.filter(person=actor.operator, since__lte=now, until__gt=now).select_related("region")
